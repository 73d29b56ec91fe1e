"""The sensors: the last call, the calls in progress, the trunks."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from simulator.server import Simulator

from .common import elapse, originate, originate_and_wait, setup_integration
from .test_event import ANSWERED, send

LAST_CALL = "sensor.office_last_call"
IN_PROGRESS = "sensor.office_calls_in_progress"
TRUNK = "sensor.office_trunk_cisco"


def trunk_event(name: str = "TrunkNewState", **fields: Any) -> dict[str, Any]:
    """Return an event about a trunk, as the PBX documents it."""
    return {
        "event_name": name,
        "trunk_name": "cisco",
        "trunk_type": "SIP",
        "last_time": 1703145054.787335,
        "last_time_sec": 0,
        "date": 1703145054.787335,
        **fields,
    }


async def test_last_call_is_the_outcome_of_the_last_call_of_ours(
    hass: HomeAssistant, connected: Simulator, webhook_url: str
) -> None:
    """Not known before there was one; a stranger's call is none of ours."""
    assert hass.states.is_state(LAST_CALL, "unknown")
    connected.pbx.change(phones=[{"number": "552", "behaviour": "busy"}])
    await originate_and_wait(hass, connected, wait_for="ended")
    assert hass.states.is_state(LAST_CALL, "busy")
    await send(hass, webhook_url, ANSWERED)
    assert hass.states.is_state(LAST_CALL, "busy")


async def test_last_call_is_known_though_nobody_waited(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Each call is followed."""
    await originate_and_wait(hass, connected)
    await elapse(hass)
    assert hass.states.is_state(LAST_CALL, "answered")


@pytest.mark.parametrize(
    ("stored", "restored"),
    [
        ("busy", "busy"),
        ("unknown", "undetermined"),
        ("undetermined", "undetermined"),
        ("eaten", "unknown"),
        (None, "unknown"),
    ],
)
async def test_last_call_is_there_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, stored: str | None, restored: str
) -> None:
    """Unless it is none of the outcomes that there are."""
    extra = {"native_value": stored, "native_unit_of_measurement": None}
    mock_restore_cache_with_extra_data(hass, [(State(LAST_CALL, "busy"), extra)])
    await setup_integration(hass, entry)
    assert hass.states.is_state(LAST_CALL, restored)
    assert hass.states.is_state(IN_PROGRESS, "0")


async def test_calls_in_progress_are_counted(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """From the PBX's yes to the end; a reload of the entry does not end them."""
    connected.pbx.change(
        extension_phone={"behaviour": "manual", "talk": 0.0}, webhook={"enabled": False}
    )
    for caller in ("557", "553"):
        await originate(hass, caller=caller)
    assert hass.states.is_state(IN_PROGRESS, "2")
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert hass.states.is_state(IN_PROGRESS, "2")
    await elapse(hass)
    await elapse(hass)
    assert hass.states.is_state(IN_PROGRESS, "0")


@pytest.fixture
def enabled_by_default() -> Iterator[None]:
    """Have entities be enabled that are not at first."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


@pytest.mark.usefixtures("enabled_by_default")
@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("Ok", "ok"),
        ("OK", "ok"),
        ("Unavailable", "unreachable"),
        ("Deactivate", "deactivated"),
        ("Dancing", "unknown"),
    ],
)
async def test_trunk_has_a_sensor_once_it_is_heard_of(
    hass: HomeAssistant, webhook_url: str, sent: str, state: str
) -> None:
    """With the state that the PBX tells; a word that is not documented is no state."""
    assert hass.states.get(TRUNK) is None
    await send(hass, webhook_url, trunk_event(state="Ok"), trunk_event(state=sent))
    assert hass.states.is_state(TRUNK, state)
    await send(hass, webhook_url, trunk_event("TrunkRemoved"))
    assert hass.states.is_state(TRUNK, "unknown")


async def test_trunk_is_disabled_at_first_and_remembered(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """Who enables it finds it after a restart as well, its state unknown until heard."""
    await send(hass, webhook_url, trunk_event("TrunkAdded", state="Ok"))
    registered = entity_registry.async_get(TRUNK)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert registered.entity_category == "diagnostic"
    assert registered.unique_id == f"{loaded_entry.entry_id}_trunk_cisco"
    entity_registry.async_update_entity(TRUNK, disabled_by=None)
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    await hass.config_entries.async_setup(loaded_entry.entry_id)
    assert hass.states.is_state(TRUNK, "ok")
    other = {"trunk_name": "spare", "state": "Unavailable"}
    await send(
        hass, webhook_url, trunk_event(state="Unavailable"), trunk_event(**other)
    )
    assert hass.states.is_state(TRUNK, "unreachable")


async def test_strangers_trunks_are_bounded(
    hass: HomeAssistant, webhook_url: str, entity_registry: er.EntityRegistry
) -> None:
    """Who has the address must not be able to fill the registry."""
    events = [trunk_event(trunk_name=f"t{number}", state="Ok") for number in range(60)]
    await send(hass, webhook_url, *events, trunk_event(trunk_name="", state="Ok"))
    assert len([key for key in entity_registry.entities if "_trunk_" in key]) == 50
