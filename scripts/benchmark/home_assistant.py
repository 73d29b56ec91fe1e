"""A real Home Assistant core in this process, with its web server on loopback."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, config_entries, loader
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.setup import async_setup_component
from scripts.demonstration.configuration import (
    listening_here_only,
    store,
    this_machine_only,
)
from scripts.demonstration.processes import free_port


@asynccontextmanager
async def running(
    folder: Path, config: dict[str, Any]
) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant in the event loop, with the components of a configuration.

    Nothing else is set up: no frontend, no recorder, and nothing that looks for devices.
    """
    store(folder, listening_here_only(free_port()))
    store(folder, this_machine_only())
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = config_entries.ConfigEntries(hass, config)
    await loader.async_get_custom_components(hass)
    await bootstrap.async_load_base_functionality(hass)
    for component in bootstrap.CORE_INTEGRATIONS:
        await _set_up(hass, component, config)
    await async_process_ha_core_config(hass, {})
    for component in config:
        await _set_up(hass, component, config)
    await hass.async_start()
    try:
        yield hass
    finally:
        await hass.async_stop(force=True)


def address_of(hass: HomeAssistant) -> str:
    """Return the address of its web server."""
    assert hass.config.api is not None
    return f"http://{hass.config.api.host}:{hass.config.api.port}"


async def _set_up(hass: HomeAssistant, component: str, config: dict[str, Any]) -> None:
    if not await async_setup_component(hass, component, config):
        raise RuntimeError(f"{component} cannot be set up")
