"""The actions, and the one place where the library's errors become translated ones."""

import asyncio
from collections.abc import Container, Mapping
from contextlib import suppress
import logging
import reprlib
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_TIMEOUT
from homeassistant.core import (
    HassJob,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers import (
    config_validation as cv,
    entity_registry as er,
    service,
)

from .const import (
    CONF_ADMINISTRATORS_ONLY,
    CONF_CALLER,
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_COUNTRY_PREFIX,
    CONF_NATIONAL_PREFIX,
    CONF_TRUNK_NAME,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_EXTENSION,
)
from .coordinator import PbxConfigEntry, PbxData
from .dialing.guard import (
    CallRefusedError,
    DialRules,
    NumberNotAllowedError,
    RateLimitedError,
    Rule,
    SameNumberError,
)
from .directory import Contact, contact_of, extension_of
from .makes import make_of
from .telephony.calls import Call, Step
from .telephony.errors import (
    AddressNotPermittedError,
    AuthenticationError,
    CannotConnectError,
    InvalidNumberError,
    InvalidResponseError,
    InvalidTextError,
    PbxError,
    PermissionDeniedError,
    RefusedError,
)
from .telephony.models import (
    DEFAULT_TIMEOUT,
    LONGEST_CALL_LIMIT,
    LONGEST_TIMEOUT,
    SHORTEST_CALL_LIMIT,
    SHORTEST_TIMEOUT,
    CallRequest,
)
from .telephony.numbers import (
    clean_caller_id,
    clean_number,
    clean_text,
    in_national_form,
)
from .telephony.pbx import Pbx
from .telephony.shared_search import found_or_nothing

_LOGGER = logging.getLogger(__name__)

ATTR_ALLOW_REPEAT: Final = "allow_repeat"
ATTR_CALL_LIMIT: Final = "call_limit"
ATTR_CALLEE: Final = "callee"
ATTR_CALLEE_ENTITY_ID: Final = "callee_entity_id"
ATTR_CALLER: Final = CONF_CALLER
ATTR_CALLER_ENTITY_ID: Final = "caller_entity_id"
ATTR_CALLER_ID: Final = CONF_CALLER_ID
ATTR_CONTEXT: Final = CONF_CONTEXT
ATTR_CONTINUE_IF_NOT_PLACED: Final = "continue_if_not_placed"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_ERROR: Final = "error"
ATTR_ORIGINATED_CALL_ID: Final = "originated_call_id"
ATTR_OUTCOME: Final = "outcome"
ATTR_RECORDING: Final = "recording"
ATTR_REFUSED: Final = "refused"
ATTR_REQUEST: Final = "request"
ATTR_TALK: Final = "talk"
ATTR_TIMEOUT: Final = CONF_TIMEOUT
ATTR_TRUNK_NAME: Final = CONF_TRUNK_NAME
ATTR_WAIT: Final = "wait"
ATTR_WAIT_FOR: Final = "wait_for"

OUTCOME_ACCEPTED: Final = "accepted"
OUTCOME_DRY_RUN: Final = "dry_run"
OUTCOME_NOT_PLACED: Final = "not_placed"
SERVICE_ORIGINATE: Final = "originate"

WAIT_FOR_ACCEPTED: Final = "accepted"
WAIT_FOR_ANSWERED: Final = "answered"
WAIT_FOR_ENDED: Final = "ended"
# What is waited for, and the step of the call that is the end of it.
_WAITS: Final[dict[str, Step | None]] = {
    WAIT_FOR_ACCEPTED: None,
    WAIT_FOR_ANSWERED: Step.ANSWERED,
    WAIT_FOR_ENDED: Step.ENDED,
}


def whole_seconds(value: object) -> int:
    """Validate whole seconds; a text of digits is one, a half or a yes is not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise vol.Invalid("expected whole seconds")


def _seconds(*, shortest: int, longest: int) -> vol.Any:
    bounds = vol.Range(min=shortest, max=longest)
    return vol.Any(None, vol.All(whole_seconds, bounds))


def _text(value: object) -> str:
    try:
        return clean_text(value)
    except InvalidTextError as err:
        raise vol.Invalid("expected a short text without control characters") from err


def _caller_id(value: object) -> str:
    try:
        return clean_caller_id(value)
    except InvalidTextError as err:
        raise vol.Invalid("expected a number or a short text") from err


# A text cannot have words for each rule, since a placeholder is not translated.
_MARKS: Final = {Rule.DENIED: "✗", Rule.NOT_ALLOWED: "✓", Rule.EMERGENCY: "SOS"}

# Numbers are not validated here but by the handler, which says what is wrong with them
# in the user's language; a schema cannot.
_ORIGINATE_FIELDS = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Exclusive(ATTR_CALLER, ATTR_CALLER): object,
        vol.Exclusive(ATTR_CALLER_ENTITY_ID, ATTR_CALLER): cv.entity_id,
        vol.Exclusive(ATTR_CALLEE, ATTR_CALLEE): object,
        vol.Exclusive(ATTR_CALLEE_ENTITY_ID, ATTR_CALLEE): cv.entity_id,
        vol.Optional(ATTR_CONTEXT): vol.Any(None, _text),
        vol.Optional(ATTR_CALLER_ID): vol.Any(None, _caller_id),
        vol.Optional(ATTR_TRUNK_NAME): vol.Any(None, _text),
        vol.Optional(ATTR_TIMEOUT): _seconds(
            shortest=SHORTEST_TIMEOUT, longest=LONGEST_TIMEOUT
        ),
        vol.Optional(ATTR_CALL_LIMIT): _seconds(
            shortest=SHORTEST_CALL_LIMIT, longest=LONGEST_CALL_LIMIT
        ),
        vol.Optional(ATTR_WAIT_FOR, default=WAIT_FOR_ACCEPTED): vol.In(list(_WAITS)),
        vol.Optional(ATTR_ALLOW_REPEAT, default=False): cv.boolean,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        vol.Optional(ATTR_CONTINUE_IF_NOT_PLACED, default=False): cv.boolean,
    }
)
ORIGINATE_SCHEMA = vol.All(
    cv.has_at_least_one_key(ATTR_CALLEE, ATTR_CALLEE_ENTITY_ID),
    # A contact may have a telephone of its own that is rung first.
    cv.has_at_least_one_key(ATTR_CALLER, ATTR_CALLER_ENTITY_ID, ATTR_CALLEE_ENTITY_ID),
    _ORIGINATE_FIELDS,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_ORIGINATE,
        _async_handle_originate,
        schema=ORIGINATE_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_handle_originate(call: ServiceCall) -> ServiceResponse:
    """Place a call, and answer with the error if nothing was placed and that is wanted.

    A script cannot tell one error from another: it can go on after all of them or after
    none, though a phone may be ringing after some.
    """
    try:
        return await _async_answer(call)
    except Unauthorized:
        raise
    except HomeAssistantError as err:
        if not call.data[ATTR_CONTINUE_IF_NOT_PLACED] or _may_ring(err):
            raise
        _LOGGER.warning("The action goes on, though nothing was called: %s", err)
        return _response(None, None) | {
            ATTR_OUTCOME: OUTCOME_NOT_PLACED,
            ATTR_ERROR: err.translation_key,
        }


def _may_ring(err: HomeAssistantError) -> bool:
    """Return whether the PBX may have placed the call in spite of an error."""
    cause = err.__cause__
    return isinstance(cause, PbxError) and cause.may_have_acted


async def _async_answer(call: ServiceCall) -> ServiceResponse:
    """Place a call and tell which one it is, and how it ended where that is waited for."""
    entry, fields = _resolved(call.hass, call.data)
    # The entry may be unloaded whenever something is awaited.
    data = entry.runtime_data
    await _async_check_user(call, entry)
    request = request_from(fields, entry)
    allow_repeat = call.data[ATTR_ALLOW_REPEAT]
    if call.data[ATTR_DRY_RUN]:
        preview = data.client.preview(request)
        refused = None
        try:
            await _async_check(data, request, allow_repeat=allow_repeat)
        except ServiceValidationError as err:
            refused = err.translation_key
        return _response(entry, request) | {
            ATTR_OUTCOME: OUTCOME_DRY_RUN,
            ATTR_REQUEST: preview,
            ATTR_REFUSED: refused,
        }
    placed = await async_originate(call.hass, entry, request, allow_repeat=allow_repeat)
    step = _WAITS[call.data[ATTR_WAIT_FOR]]
    response = _response(entry, request) | {
        ATTR_ORIGINATED_CALL_ID: placed.originated_call_id,
        ATTR_OUTCOME: OUTCOME_ACCEPTED,
    }
    if step:
        ending = await data.monitor.async_wait(placed, step)
        response |= {
            ATTR_OUTCOME: ending.outcome,
            ATTR_WAIT: ending.wait,
            ATTR_TALK: ending.talk,
            ATTR_RECORDING: ending.recording or None,
        }
    return response


def _response(
    entry: PbxConfigEntry | None, request: CallRequest | None
) -> dict[str, Any]:
    """Return what the action answers before anything is known of a call."""
    return {
        ATTR_CONFIG_ENTRY_ID: entry.entry_id if entry else None,
        ATTR_ORIGINATED_CALL_ID: None,
        ATTR_OUTCOME: None,
        ATTR_CALLER: request.caller if request else None,
        ATTR_CALLEE: request.callee if request else None,
        ATTR_WAIT: None,
        ATTR_TALK: None,
        ATTR_RECORDING: None,
    }


async def _async_check_user(call: ServiceCall, entry: PbxConfigEntry) -> None:
    """See whether the user may use the action; automations have no user.

    Raises Unauthorized or UnknownUser.
    """
    if not entry.options.get(CONF_ADMINISTRATORS_ONLY):
        return
    user_id = call.context.user_id
    if user_id is None:
        return
    user = await call.hass.auth.async_get_user(user_id)
    if user is None:
        raise UnknownUser(context=call.context, permission=POLICY_CONTROL)
    if not user.is_admin:
        raise Unauthorized(
            context=call.context,
            user_id=user_id,
            config_entry_id=entry.entry_id,
            permission=POLICY_CONTROL,
        )


async def async_originate(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    request: CallRequest,
    *,
    allow_repeat: bool = False,
) -> Call:
    """Place a call and return it as it is followed; the PBX has accepted it.

    The request runs in a task of its own: cancelling the caller of this function, as
    restarting a script does, leaves it in peace, and Home Assistant waits for it when
    it stops. It ends by the client's time limit.

    Raises HomeAssistantError with a translation key that tells whether a call may have
    been placed.
    """
    # A button that waited for another one may be pressed when its entry is unloaded.
    service.async_get_config_entry(hass, DOMAIN, entry.entry_id)
    task = hass.async_create_task(
        _async_place(hass, entry, request, allow_repeat=allow_repeat),
        name=f"{DOMAIN} originate",
    )

    async def finish() -> None:
        await asyncio.wait([task])

    remove_shutdown_job = hass.async_add_shutdown_job(
        HassJob(finish, f"{DOMAIN} originate")
    )

    @callback
    def finished(task: asyncio.Task[Call]) -> None:
        remove_shutdown_job()
        # Nobody may be left to ask for the error.
        with suppress(asyncio.CancelledError):
            task.exception()

    task.add_done_callback(finished)
    await finish()
    return task.result()


async def async_call_contact(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    contact: Contact,
    *,
    caller: str | None = None,
) -> Call:
    """Call a contact, the caller's telephone first, or else the contact's own.

    Raises HomeAssistantError as `async_originate` does, and where no telephone is known
    that could be rung first.
    """
    fields = fields_of(contact)
    if caller is not None:
        fields[ATTR_CALLER] = caller
    if ATTR_CALLER not in fields:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="caller_missing"
        )
    return await async_originate(hass, entry, request_from(fields, entry))


async def _async_place(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    request: CallRequest,
    *,
    allow_repeat: bool,
) -> Call:
    """Place a call, if the guard lets it, and learn from the PBX's answer."""
    data = entry.runtime_data
    client, monitor = data.client, data.monitor
    await _async_check(data, request, allow_repeat=allow_repeat)
    # Nothing may be awaited before the call is followed, else the guard would not know
    # of it when it is asked for the next one.
    monitor.guard.count()
    call = monitor.async_place(
        caller=request.caller,
        callee=request.callee,
        caller_id=request.caller_id,
        timeout=request.timeout,
        call_limit=request.call_limit,
        trunk_name=request.trunk_name,
    )
    try:
        call_id = await client.originate(request)
    except PbxError as err:
        monitor.async_give_up(call, may_ring=err.may_have_acted)
        _learn_from(hass, entry, client, err)
        raise _translated(err) from err
    monitor.async_accept(call, call_id)
    _learn_from(hass, entry, client, None)
    return call


async def _async_check(
    data: PbxData, request: CallRequest, *, allow_repeat: bool
) -> None:
    """Ask the guard whether a call may be placed.

    Where a rule spares extensions, the PBX is asked which it has; else nothing is
    awaited after the guard's last word. A PBX that does not say is believed to ring
    nobody outside without a trunk.

    Raises ServiceValidationError.
    """

    def check(extensions: Container[str], *, outside_caller: bool) -> None:
        data.monitor.guard.check(
            caller=request.caller,
            callee=request.callee,
            outside_caller=outside_caller,
            rules=data.rules,
            is_extension=extensions.__contains__,
            in_progress=data.monitor.tracker.open_calls,
            allow_repeat=allow_repeat,
        )

    try:
        try:
            check(data.extensions, outside_caller=True)
        except NumberNotAllowedError as err:
            if not err.spares_extensions:
                raise
            users = await found_or_nothing(data.users.rows())
            check(
                data.extensions | {user.number for user in users},
                outside_caller=bool(users or request.trunk_name),
            )
    except CallRefusedError as err:
        raise _refused(err, data.rules, request) from err


@callback
def _learn_from(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    client: Pbx,
    error: PbxError | None,
) -> None:
    """Tell the entry what the result of a call shows, if it still uses that client."""
    if not hass.is_running or entry.state is not ConfigEntryState.LOADED:
        return
    if entry.runtime_data.client is not client:
        return
    entry.runtime_data.coordinator.async_note_result(error)
    if isinstance(error, AuthenticationError):
        entry.async_start_reauth(hass)


def _resolved(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[PbxConfigEntry, Mapping[str, Any]]:
    """Return the PBX, and the fields with the numbers of the entities that are named.

    An entity decides which PBX it is. What a contact has of its own counts where the
    field is not given.

    Raises ServiceValidationError.
    """
    named = [
        (key, _registered(hass, data[key]))
        for key in (ATTR_CALLER_ENTITY_ID, ATTR_CALLEE_ENTITY_ID)
        if key in data
    ]
    entry_ids = {entity.config_entry_id for _, entity in named}
    if given := data.get(ATTR_CONFIG_ENTRY_ID):
        entry_ids.add(given)
    if len(entry_ids) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="several_pbxs"
        )
    entry: PbxConfigEntry = service.async_get_config_entry(
        hass, DOMAIN, next(iter(entry_ids), None)
    )
    resolved = dict(data)
    for key, entity in named:
        subentry = entry.subentries.get(entity.config_subentry_id or "")
        kind = (subentry.subentry_type, entity.translation_key) if subentry else None
        if subentry and kind == (SUBENTRY_EXTENSION, "state"):
            number = extension_of(subentry).number
            resolved[ATTR_CALLER if key == ATTR_CALLER_ENTITY_ID else ATTR_CALLEE] = (
                number
            )
        elif (
            subentry
            and kind == (SUBENTRY_CONTACT, "call")
            and key == ATTR_CALLEE_ENTITY_ID
        ):
            resolved = fields_of(contact_of(subentry)) | {
                field: value
                for field, value in resolved.items()
                if value not in (None, "") or field == ATTR_TRUNK_NAME
            }
        else:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_telephone",
                translation_placeholders={"field": key, "entity_id": data[key]},
            )
    return entry, resolved


def _registered(hass: HomeAssistant, entity_id: str) -> er.RegistryEntry:
    """Return an entity of ours.

    Raises ServiceValidationError where it is none.
    """
    entity = er.async_get(hass).async_get(entity_id)
    if entity is None or entity.platform != DOMAIN:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_ours",
            translation_placeholders={"entity_id": entity_id},
        )
    return entity


def fields_of(contact: Contact) -> dict[str, Any]:
    """Return the fields of a call to a contact, those only that the contact has."""
    fields = {
        ATTR_CALLEE: contact.number,
        ATTR_CALLER: contact.caller,
        ATTR_CONTEXT: contact.context,
        ATTR_CALLER_ID: contact.caller_id,
        ATTR_TRUNK_NAME: contact.trunk_name,
        ATTR_TIMEOUT: contact.timeout,
    }
    return {field: value for field, value in fields.items() if value is not None}


def request_from(data: Mapping[str, Any], entry: PbxConfigEntry) -> CallRequest:
    """Put a call together: what is given wins, then the entry's option.

    Raises ServiceValidationError for what is no telephone number, and where nobody is
    named who is rung first.
    """
    if data.get(ATTR_CALLER) is None and ATTR_CALLEE_ENTITY_ID in data:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="caller_missing"
        )
    options = entry.options
    trunk_name = data.get(ATTR_TRUNK_NAME)
    if trunk_name is None:
        trunk_name = options.get(CONF_TRUNK_NAME, "")
    return CallRequest(
        caller=localised(_number(data, ATTR_CALLER), options),
        callee=localised(_number(data, ATTR_CALLEE), options),
        context=(
            data.get(ATTR_CONTEXT)
            or options.get(CONF_CONTEXT)
            or make_of(entry.data).default_context
        ),
        caller_id=data.get(ATTR_CALLER_ID) or options.get(CONF_CALLER_ID, ""),
        trunk_name=trunk_name,
        timeout=int(
            data.get(ATTR_TIMEOUT) or options.get(CONF_TIMEOUT, DEFAULT_TIMEOUT)
        ),
        call_limit=data.get(ATTR_CALL_LIMIT),
    )


def localised(number: str, options: Mapping[str, Any]) -> str:
    """Return a number as the PBX dials it, without the prefix of its own country."""
    return in_national_form(
        number,
        country_prefix=options.get(CONF_COUNTRY_PREFIX, ""),
        national_prefix=options.get(CONF_NATIONAL_PREFIX, ""),
    )


def _number(data: Mapping[str, Any], field: str) -> str:
    try:
        return clean_number(data[field])
    except InvalidNumberError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_number",
            translation_placeholders={
                "field": field,
                "value": reprlib.repr(data[field]),
            },
        ) from err


def _refused(
    err: CallRefusedError, rules: DialRules, request: CallRequest
) -> ServiceValidationError:
    """Return the error that the user sees for one of the guard."""
    match err:
        case NumberNotAllowedError():
            translation_key = "number_not_allowed"
            placeholders = {
                "number": err.number,
                "rule": f"{_MARKS[err.rule]} {', '.join(err.patterns)}",
            }
        case RateLimitedError():
            translation_key = "rate_limited"
            placeholders = {
                "placed": str(err.placed),
                "calls_per_minute": _limit(rules.calls_per_minute),
                "in_progress": str(err.in_progress),
                "calls_at_once": _limit(rules.calls_at_once),
            }
        case SameNumberError():
            translation_key = "same_number"
            placeholders = {"number": request.callee}
        case _:
            translation_key = "repeated_call"
            placeholders = {
                "caller": request.caller,
                "callee": request.callee,
                "seconds": str(rules.repeat_seconds),
            }
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=translation_key,
        translation_placeholders=placeholders,
    )


def _limit(limit: int) -> str:
    return str(limit or "∞")


def _translated(err: PbxError) -> HomeAssistantError:
    """Return the error that the user sees for one of the library."""
    match err:
        case AuthenticationError():
            translation_key = "authentication_failed"
        case PermissionDeniedError():
            translation_key = "permission_denied"
        case AddressNotPermittedError():
            translation_key = "address_not_permitted"
        case RefusedError():
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="call_rejected",
                translation_placeholders={"message": err.message},
            )
        case CannotConnectError():
            translation_key = "cannot_connect"
        case InvalidResponseError():
            translation_key = "invalid_response"
        case _:
            translation_key = "call_status_unknown"
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=translation_key
    )
