"""The actions, and the one place where the library's errors become translated ones."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import reprlib
from typing import Any, Final

import voluptuous as vol

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
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service

from .calls import Call, Step
from .const import CONF_CALLER_ID, CONF_CONTEXT, CONF_TRUNK_NAME, DOMAIN
from .coordinator import PbxConfigEntry
from .simotel import OriginateRequest, clean_number
from .simotel.errors import (
    AddressNotPermittedError,
    AuthenticationError,
    CannotConnectError,
    InvalidNumberError,
    InvalidResponseError,
    InvalidTextError,
    PermissionDeniedError,
    RefusedError,
    SimotelError,
)
from .simotel.models import (
    DEFAULT_CONTEXT,
    DEFAULT_TIMEOUT,
    LONGEST_CALL_LIMIT,
    LONGEST_TIMEOUT,
    SHORTEST_CALL_LIMIT,
    SHORTEST_TIMEOUT,
)
from .simotel.numbers import clean_caller_id, clean_text

ATTR_CALL_LIMIT: Final = "call_limit"
ATTR_CALLEE: Final = "callee"
ATTR_CALLER: Final = "caller"
ATTR_CALLER_ID: Final = CONF_CALLER_ID
ATTR_CONTEXT: Final = CONF_CONTEXT
ATTR_ORIGINATED_CALL_ID: Final = "originated_call_id"
ATTR_OUTCOME: Final = "outcome"
ATTR_RECORDING: Final = "recording"
ATTR_TALK: Final = "talk"
ATTR_TIMEOUT: Final = CONF_TIMEOUT
ATTR_TRUNK_NAME: Final = CONF_TRUNK_NAME
ATTR_WAIT: Final = "wait"
ATTR_WAIT_FOR: Final = "wait_for"

OUTCOME_ACCEPTED: Final = "accepted"
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


# Numbers are not validated here but by the handler, which says what is wrong with them
# in the user's language; a schema cannot.
ORIGINATE_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_CALLER): object,
        vol.Required(ATTR_CALLEE): object,
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
    }
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
    """Place a call and tell which one it is, and how it ended where that is waited for."""
    entry: PbxConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    request = request_from(call.data, entry.options)
    monitor = entry.runtime_data.monitor
    placed = await async_originate(call.hass, entry, request)
    step = _WAITS[call.data[ATTR_WAIT_FOR]]
    ending = await monitor.async_wait(placed, step) if step else None
    if not call.return_response:
        return None
    return {
        ATTR_CONFIG_ENTRY_ID: entry.entry_id,
        ATTR_ORIGINATED_CALL_ID: placed.originated_call_id,
        ATTR_OUTCOME: ending.outcome if ending else OUTCOME_ACCEPTED,
        ATTR_CALLER: request.caller,
        ATTR_CALLEE: request.callee,
        ATTR_WAIT: ending.wait if ending else None,
        ATTR_TALK: ending.talk if ending else None,
        ATTR_RECORDING: (ending.recording or None) if ending else None,
    }


async def async_originate(
    hass: HomeAssistant, entry: PbxConfigEntry, request: OriginateRequest
) -> Call:
    """Place a call and return it as it is followed; the PBX has accepted it.

    The request runs in a task of its own: cancelling the caller of this function, as
    restarting a script does, leaves it in peace, and Home Assistant waits for it when
    it stops. It ends by the client's time limit.

    Raises HomeAssistantError with a translation key that tells whether a call may have
    been placed.
    """
    task = hass.async_create_task(
        _async_place(hass, entry, request), name=f"{DOMAIN} originate"
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


async def _async_place(
    hass: HomeAssistant, entry: PbxConfigEntry, request: OriginateRequest
) -> Call:
    """Place a call and learn from the PBX's answer."""
    client, monitor = entry.runtime_data.client, entry.runtime_data.monitor
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
    except SimotelError as err:
        monitor.async_give_up(call, may_ring=err.may_have_acted)
        _learn_from(hass, entry, err)
        raise _translated(err) from err
    monitor.async_accept(call, call_id)
    _learn_from(hass, entry, None)
    return call


@callback
def _learn_from(
    hass: HomeAssistant, entry: PbxConfigEntry, error: SimotelError | None
) -> None:
    """Tell the entry what the result of a call shows, if it is still there."""
    if entry.state is not ConfigEntryState.LOADED:
        return
    entry.runtime_data.coordinator.async_note_result(error)
    if isinstance(error, AuthenticationError):
        entry.async_start_reauth(hass)


def request_from(
    data: Mapping[str, Any], options: Mapping[str, Any]
) -> OriginateRequest:
    """Put a call together: what is given wins, then the entry's option.

    Raises ServiceValidationError for what is no telephone number.
    """
    trunk_name = data.get(ATTR_TRUNK_NAME)
    if trunk_name is None:
        trunk_name = options.get(CONF_TRUNK_NAME, "")
    return OriginateRequest(
        caller=_number(data, ATTR_CALLER),
        callee=_number(data, ATTR_CALLEE),
        context=(
            data.get(ATTR_CONTEXT) or options.get(CONF_CONTEXT) or DEFAULT_CONTEXT
        ),
        caller_id=data.get(ATTR_CALLER_ID) or options.get(CONF_CALLER_ID, ""),
        trunk_name=trunk_name,
        timeout=int(
            data.get(ATTR_TIMEOUT) or options.get(CONF_TIMEOUT, DEFAULT_TIMEOUT)
        ),
        call_limit=data.get(ATTR_CALL_LIMIT),
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


def _translated(err: SimotelError) -> HomeAssistantError:
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
