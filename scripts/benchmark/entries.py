"""Config entries of the integration with as many extensions as are wanted."""

from collections.abc import Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

from custom_components.pbx.const import CONF_NUMBER, DOMAIN, SUBENTRY_EXTENSION
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.core import HomeAssistant
from homeassistant.util.ulid import ulid_now
from simulator.server import Simulator
from simulator.settings import Account

ACCOUNT = Account()
# No limit of the dial guard, so that what is measured is not a refusal.
OPTIONS = {"calls_per_minute": 0, "calls_at_once": 0}
_FIRST_EXTENSION = 1000

_numbers = count(1)


def numbers_of_extensions(extensions: int) -> list[str]:
    """Return the numbers of so many extensions."""
    return [str(_FIRST_EXTENSION + index) for index in range(extensions)]


def new_entry(
    simulator: Simulator,
    *,
    extensions: int = 0,
    options: Mapping[str, Any] = OPTIONS,
) -> ConfigEntry[Any]:
    """Return an entry for a simulated PBX, as its flows would have made it."""
    number = next(_numbers)
    return ConfigEntry(
        data={
            "url": simulator.api_url,
            "api_key": ACCOUNT.token,
            "username": ACCOUNT.username,
            "password": ACCOUNT.password,
            "verify_ssl": True,
            "webhook_id": f"{number:064x}",
        },
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        options=options,
        source=SOURCE_USER,
        subentries_data=[
            ConfigSubentryDataWithId(
                data={CONF_NUMBER: extension},
                subentry_id=ulid_now(),
                subentry_type=SUBENTRY_EXTENSION,
                title=f"Extension {extension}",
                unique_id=extension,
            )
            for extension in numbers_of_extensions(extensions)
        ],
        title=f"PBX {number}",
        unique_id=None,
        version=1,
    )


async def add(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Add an entry and wait until it is set up with all of its entities."""
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    require_loaded(entry)


async def reload(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Reload an entry and wait until it is set up with all of its entities."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    require_loaded(entry)


async def remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove an entry with everything that it brought."""
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()


def require_loaded(entry: ConfigEntry[Any]) -> None:
    """Raise RuntimeError for an entry that is not set up."""
    if entry.state is not ConfigEntryState.LOADED:
        raise RuntimeError(f"The entry is {entry.state.value}: {entry.reason}")
