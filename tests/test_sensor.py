"""The sensors of calls: how the last one ended, and how many go on."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)

from homeassistant.core import HomeAssistant, State
from simulator.server import Simulator

from .common import elapse, originate, originate_and_wait, setup_integration
from .test_event import ANSWERED, send

LAST_CALL = "sensor.office_last_call"
IN_PROGRESS = "sensor.office_calls_in_progress"


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


async def test_last_call_may_end_while_the_entry_is_not_loaded(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Then that is what the sensor shows, and not how an earlier one ended."""
    connected.pbx.change(phones=[{"number": "552", "behaviour": "busy"}])
    await originate_and_wait(hass, connected, wait_for="ended")
    assert hass.states.is_state(LAST_CALL, "busy")
    connected.pbx.change(
        extension_phone={"behaviour": "manual"}, webhook={"enabled": False}
    )
    await originate(hass, callee="553")
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    await elapse(hass)
    await hass.config_entries.async_setup(loaded_entry.entry_id)
    assert hass.states.is_state(LAST_CALL, "undetermined")
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert hass.states.is_state(LAST_CALL, "undetermined")


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
