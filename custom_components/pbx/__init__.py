"""The PBX integration: places telephone calls through a Simotel PBX."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .assist.voice import async_prepare_voice, async_setup_voice
from .const import CONF_MAKE, DOMAIN, MAKE_SIMOTEL
from .coordinator import (
    PbxConfigEntry,
    PbxCoordinator,
    PbxData,
    create_client,
    essentials_of,
)
from .directory import extensions_of
from .entity import async_setup_device
from .flows.limits import rules_of
from .monitor import async_forget_monitor, async_get_monitor
from .services import async_setup_services
from .telephony.shared_search import SharedSearch
from .trunks import Trunks
from .webhook import async_setup_webhook

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what is there whether or not an entry is loaded."""
    async_setup_services(hass)
    async_setup_voice(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PbxConfigEntry) -> bool:
    """Set up one PBX."""
    client = create_client(hass, entry.data)
    coordinator = PbxCoordinator(hass, entry, client)
    monitor = async_get_monitor(hass, entry.entry_id)
    if monitor.was_reachable is None:
        await coordinator.async_config_entry_first_refresh()
    else:
        # Events would pass by while a ping is waited for.
        coordinator.async_carry_on(was_reachable=monitor.was_reachable)
    entry.runtime_data = PbxData(
        client=client,
        coordinator=coordinator,
        monitor=monitor,
        users=SharedSearch(client.search_users),
        trunks=Trunks(hass, entry, SharedSearch(client.search_trunks), monitor.trunks),
        essentials=essentials_of(entry),
        rules=rules_of(entry.options),
        extensions=frozenset(extension.number for extension in extensions_of(entry)),
    )
    async_setup_device(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    monitor.async_start(entry, client)
    async_setup_webhook(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    async_prepare_voice(hass, entry)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: PbxConfigEntry) -> bool:
    """Say of an older entry which make its PBX is of."""
    if entry.minor_version < 2:
        hass.config_entries.async_update_entry(
            entry, data={CONF_MAKE: MAKE_SIMOTEL, **entry.data}, minor_version=2
        )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: PbxConfigEntry) -> bool:
    """Unload one PBX."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Forget the calls of a PBX that is removed."""
    async_forget_monitor(hass, entry.entry_id)


async def _async_reload(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Reload an entry of which something has changed.

    A contact that has changed is no reason to end what waits for a call.
    """
    data = entry.runtime_data
    is_small = data.essentials == essentials_of(entry)
    data.monitor.async_prepare_reload(
        was_reachable=data.coordinator.last_update_success if is_small else None
    )
    hass.config_entries.async_schedule_reload(entry.entry_id)
