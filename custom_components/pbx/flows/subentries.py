"""Adding and changing a PBX's extensions and contacts."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..assist.names import plain_name
from ..const import (
    CONF_ALIASES,
    CONF_CALLER,
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_NUMBER,
    CONF_TRUNK_NAME,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_EXTENSION,
)
from ..coordinator import create_client
from ..dialing.guard import calls_itself
from ..services import localised
from ..telephony.errors import InvalidNumberError, InvalidTextError
from ..telephony.models import User
from ..telephony.numbers import clean_number, clean_text
from ..telephony.shared_search import found_or_nothing
from ..webhook import NO_TEXT, placeholders_of
from .forms import DEFAULTS, NUMBER, TEXT, TIMEOUT, async_search, choice, cleaned

# Given to the flow that follows the set-up of a PBX.
AFTER_SET_UP: Final = {"after_set_up": True}

_ALIASES: Final = TextSelector(TextSelectorConfig(multiple=True))
_MOST_ALIASES: Final = 20
# How numbers begin that a PBX bars as it is delivered.
_BARRED: Final = ("+", "00")


class _SubentryFlow(ConfigSubentryFlow):
    """What both kinds have in common."""

    @property
    def _changed(self) -> ConfigSubentry | None:
        """The subentry that is being changed, None while one is added."""
        if self.source == SOURCE_USER:
            return None
        return self._get_reconfigure_subentry()

    @property
    def _step_id(self) -> str:
        return "reconfigure" if self._changed else "user"

    def _save(
        self, *, title: str, data: dict[str, Any], unique_id: str
    ) -> SubentryFlowResult:
        """Add the subentry, or change it."""
        if self._changed is None:
            return self.async_create_entry(title=title, data=data, unique_id=unique_id)
        return self.async_update_and_abort(
            self._get_entry(),
            self._changed,
            title=title,
            data=data,
            unique_id=unique_id,
        )


class ExtensionSubentryFlow(_SubentryFlow):
    """Adds or changes a telephone of the PBX."""

    def __init__(self) -> None:
        """Start with the form that asks for the extension alone."""
        self._placeholders: dict[str, str] | None = None

    @property
    @override
    def _step_id(self) -> str:
        if self._placeholders is None:
            return super()._step_id
        no_address = self._placeholders["webhook_url"] == NO_TEXT
        return "no_address" if no_address else "connect_events"

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which extension it is, and how it is called here."""
        entry = self._get_entry()
        if user_input == AFTER_SET_UP:
            user_input = None
            self._placeholders = placeholders_of(self.hass, entry)
        users = await found_or_nothing(
            create_client(self.hass, entry.data).search_users()
        )
        errors: dict[str, str] = {}
        if user_input is not None:
            names = {user.number: user.name for user in users}
            extension, errors = _cleaned_extension(user_input, names)
            if not errors:
                number = extension[CONF_NUMBER]
                if any(
                    subentry is not self._changed
                    and subentry.data[CONF_NUMBER] == number
                    for subentry in entry.get_subentries_of_type(SUBENTRY_EXTENSION)
                ):
                    return self.async_abort(reason="already_configured")
                return self._save(
                    title=extension[CONF_NAME], data=extension, unique_id=number
                )
        schema = vol.Schema(
            {
                vol.Required(CONF_NUMBER): _choice_of_users(users),
                vol.Optional(CONF_NAME): TEXT,
            }
        )
        suggested = user_input or (self._changed.data if self._changed else None)
        return self.async_show_form(
            step_id=self._step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=self._placeholders,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change it, by the same form."""
        return await self.async_step_user(user_input)

    # After the set-up of a PBX the form also says how to connect its events.
    async_step_connect_events = async_step_user
    async_step_no_address = async_step_user


class ContactSubentryFlow(_SubentryFlow):
    """Adds or changes somebody who can be called."""

    def __init__(self) -> None:
        """Start with no number that was warned of."""
        self._warned_of: str | None = None

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask who it is, and how calls to him are placed."""
        entry = self._get_entry()
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            contact, errors = _cleaned_contact(user_input)
            if not errors:
                taken = dict(_names_of_others(self.hass, self._changed))
                errors, placeholders = _refused_names(contact, taken)
            if not errors and _calls_itself(contact, entry):
                errors[CONF_CALLER] = "same_number"
            number = contact.get(CONF_NUMBER, "")
            barred = localised(number, entry.options).startswith(_BARRED)
            if not errors and barred and number != self._warned_of:
                # Sent once more, it is taken: this PBX may let it through.
                self._warned_of = number
                errors[CONF_NUMBER] = "barred_prefix"
            if not errors:
                return self._save(
                    title=contact[CONF_NAME],
                    data=contact,
                    unique_id=plain_name(contact[CONF_NAME]),
                )
        contexts, trunks = await async_search(create_client(self.hass, entry.data))
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TEXT,
                vol.Required(CONF_NUMBER): NUMBER,
                vol.Optional(CONF_ALIASES): _ALIASES,
                vol.Optional(CONF_CALLER): _choice_of_extensions(entry),
                vol.Optional(CONF_CONTEXT): choice(contexts),
                vol.Optional(CONF_CALLER_ID): TEXT,
                vol.Optional(CONF_TRUNK_NAME): choice(trunks),
                vol.Optional(CONF_TIMEOUT): TIMEOUT,
            }
        )
        suggested = user_input or (self._changed.data if self._changed else None)
        return self.async_show_form(
            step_id=self._step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change it, by the same form."""
        return await self.async_step_user(user_input)


def _cleaned_extension(
    user_input: Mapping[str, Any], names: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an extension as it is stored, and the form's errors.

    Without a name it is called as the PBX calls it, else by its number.
    """
    try:
        number = clean_number(user_input[CONF_NUMBER])
    except InvalidNumberError:
        return {}, {CONF_NUMBER: "invalid_number"}
    try:
        name = clean_text(user_input.get(CONF_NAME, ""))
    except InvalidTextError:
        return {}, {CONF_NAME: "invalid_text"}
    name = name or names.get(number, "") or number
    return {CONF_NUMBER: number, CONF_NAME: name}, {}


def _cleaned_contact(
    user_input: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a contact as it is stored, and the form's errors."""
    contact, errors = cleaned(user_input, DEFAULTS)
    for key, required in ((CONF_NUMBER, True), (CONF_CALLER, False)):
        value = user_input.get(key, "")
        if not required and not value:
            continue
        try:
            contact[key] = clean_number(value)
        except InvalidNumberError:
            errors[key] = "invalid_number"
    try:
        contact[CONF_NAME] = clean_text(user_input[CONF_NAME])
    except InvalidTextError:
        errors[CONF_NAME] = "invalid_text"
    else:
        if not _has_letters(contact[CONF_NAME]):
            errors[CONF_NAME] = "name_missing"
    try:
        aliases = [clean_text(alias) for alias in user_input.get(CONF_ALIASES, [])]
    except InvalidTextError:
        errors[CONF_ALIASES] = "invalid_text"
    else:
        if aliases := [alias for alias in aliases if _has_letters(alias)]:
            contact[CONF_ALIASES] = aliases
        if len(aliases) > _MOST_ALIASES:
            errors[CONF_ALIASES] = "too_many_aliases"
    return contact, errors


def _calls_itself(contact: Mapping[str, Any], entry: ConfigEntry) -> bool:
    """Return whether the telephone that is rung first is the contact's own number."""
    if CONF_CALLER not in contact:
        return False
    caller, callee = (
        localised(contact[key], entry.options) for key in (CONF_CALLER, CONF_NUMBER)
    )
    return calls_itself(caller, callee)


def _has_letters(name: str) -> bool:
    """Tell whether a name can be spoken."""
    return any(character.isalnum() for character in name)


def _names_of_others(
    hass: HomeAssistant, changed: ConfigSubentry | None
) -> Iterator[tuple[str, str]]:
    """Yield the names and aliases of the contacts of all PBXs, and whose each is."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT):
            if changed and subentry.subentry_id == changed.subentry_id:
                continue
            for name in (
                subentry.data[CONF_NAME],
                *subentry.data.get(CONF_ALIASES, ()),
            ):
                yield plain_name(name), subentry.title


def _refused_names(
    contact: Mapping[str, Any], taken: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the form's errors for names that another contact has, and whose they are.

    Somebody who is called by voice must not be taken for somebody else.
    """
    if owner := taken.get(plain_name(contact[CONF_NAME])):
        return {CONF_NAME: "name_taken"}, {"owner": owner}
    for alias in contact.get(CONF_ALIASES, ()):
        if owner := taken.get(plain_name(alias)):
            return {CONF_ALIASES: "name_taken"}, {"owner": owner}
    return {}, {}


def _choice_of_users(users: list[User]) -> SelectSelector | TextSelector:
    """Offer the extensions that the PBX lists, and any other number."""
    if not users:
        return NUMBER
    return _choice_of({user.number: user.name for user in users})


def _choice_of_extensions(entry: ConfigEntry) -> SelectSelector | TextSelector:
    """Offer the extensions that were added here, and any other number."""
    extensions = entry.get_subentries_of_type(SUBENTRY_EXTENSION)
    if not extensions:
        return NUMBER
    return _choice_of(
        {subentry.data[CONF_NUMBER]: subentry.title for subentry in extensions}
    )


def _choice_of(names: Mapping[str, str]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(
                    value=number,
                    label=number if name in ("", number) else f"{name} ({number})",
                )
                for number, name in names.items()
            ],
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
