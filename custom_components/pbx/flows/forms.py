"""What the forms of the set-up and of the options have in common."""

import asyncio
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import CONF_TIMEOUT
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_COUNTRY_PREFIX,
    CONF_NATIONAL_PREFIX,
    CONF_TRUNK_NAME,
)
from ..coordinator import proves_reachable
from ..telephony.errors import (
    AddressNotPermittedError,
    AuthenticationError,
    CannotConnectError,
    InvalidNumberError,
    InvalidTextError,
    OutcomeUnknownError,
    PbxError,
)
from ..telephony.models import LONGEST_TIMEOUT, SHORTEST_TIMEOUT
from ..telephony.numbers import clean_caller_id, clean_number, clean_text
from ..telephony.pbx import Pbx
from ..telephony.shared_search import found_or_nothing

TEXT: Final = TextSelector()
NUMBER: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.TEL))
USERNAME: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="off")
)
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
TIMEOUT: Final = vol.All(
    NumberSelector(
        NumberSelectorConfig(
            min=SHORTEST_TIMEOUT,
            max=LONGEST_TIMEOUT,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement="s",
        )
    ),
    vol.Coerce(int),
)

# What a call uses where an action says nothing else, and how each is cleaned.
DEFAULTS: Final[dict[str, Callable[[Any], str | int]]] = {
    CONF_CONTEXT: clean_text,
    CONF_CALLER_ID: clean_caller_id,
    CONF_TRUNK_NAME: clean_text,
    CONF_TIMEOUT: int,
}
# How a number of one's own country is dialled; asked for in the options only.
PREFIXES: Final[dict[str, Callable[[Any], str | int]]] = {
    CONF_COUNTRY_PREFIX: clean_number,
    CONF_NATIONAL_PREFIX: clean_number,
}


def without(stored: Mapping[str, Any], fields: Container[object]) -> dict[str, Any]:
    """Return what is stored beside the fields of a form."""
    return {key: value for key, value in stored.items() if key not in fields}


def cleaned(
    user_input: Mapping[str, Any], fields: Mapping[str, Callable[[Any], str | int]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields that are filled in, and the form's errors."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for key, clean in fields.items():
        if (value := user_input.get(key)) in (None, ""):
            continue
        try:
            value = clean(value)
        except InvalidTextError:
            errors[key] = "invalid_text"
            continue
        except InvalidNumberError:
            errors[key] = "invalid_prefix"
            continue
        if value != "":
            values[key] = value
    return values, errors


async def async_search(pbx: Pbx) -> tuple[list[str], list[str]]:
    """Return the contexts and the trunks that the account may search."""
    users, trunks = await asyncio.gather(
        found_or_nothing(pbx.search_users()), found_or_nothing(pbx.search_trunks())
    )
    contexts = dict.fromkeys(user.context for user in users if user.context)
    return list(contexts), list(dict.fromkeys(trunk.name for trunk in trunks))


def choice(names: list[str]) -> SelectSelector | TextSelector:
    """Offer the names that the PBX lists, and free text always."""
    if not names:
        return TEXT
    return SelectSelector(
        SelectSelectorConfig(
            options=names, custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def error_key(error: PbxError) -> str | None:
    """Return a form's error for a ping that failed, None where the PBX is there."""
    match error:
        case AuthenticationError():
            return "invalid_auth"
        case AddressNotPermittedError():
            return "address_not_permitted"
        case CannotConnectError() | OutcomeUnknownError():
            return "cannot_connect"
    return None if proves_reachable(error) else "not_simotel"
