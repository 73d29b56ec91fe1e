"""Setting an entry up and unloading it, and whether the PBX counts as reachable."""

from contextlib import suppress
from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.pbx.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryDisabler,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.server import Simulator
from simulator.settings import Fault

from .common import PING, setup_integration
from .raw_server import Step, http_reply, raw_server, self_signed

SENSOR = "binary_sensor.office_connectivity"
MINUTE = timedelta(minutes=1)


def pings(simulator: Simulator) -> int:
    """Return how many pings a simulator received."""
    return sum(record.operation == PING for record in simulator.pbx.requests)


async def elapse(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta
) -> None:
    """Let time go by."""
    freezer.tick(time)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of the integration's own at info level or above."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.pbx")
        and record.levelno >= logging.INFO
    ]


async def test_entry_is_set_up_and_unloaded(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The PBX is one device with one sensor, which goes with the entry."""
    assert hass.states.is_state(SENSOR, "on")
    (device,) = dr.async_entries_for_config_entry(
        device_registry, loaded_entry.entry_id
    )
    assert device.identifiers == {(DOMAIN, loaded_entry.entry_id)}
    assert (device.name, device.manufacturer, device.model) == (
        "Office",
        "Nasim Telecom",
        "Simotel",
    )
    assert device.configuration_url == simulator.url
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    registered = entity_registry.async_get(SENSOR)
    assert registered is not None
    assert registered.unique_id == f"{loaded_entry.entry_id}_connectivity"
    assert registered.entity_category == "diagnostic"

    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert loaded_entry.state is ConfigEntryState.NOT_LOADED
    assert hass.states.is_state(SENSOR, "unavailable")
    assert hass.services.has_service(DOMAIN, "originate")


async def test_entry_can_be_reloaded(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """As often as wanted."""
    for _ in range(3):
        assert await hass.config_entries.async_reload(loaded_entry.entry_id)
        assert hass.states.is_state(SENSOR, "on")


@pytest.mark.parametrize("loads", [True, False])
async def test_entry_can_be_removed(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, loads: bool
) -> None:
    """Whether or not it was ever loaded, and though there was never a call."""
    simulator.pbx.change(faults=[] if loads else [Fault(path=PING, status=503)])
    await setup_integration(hass, entry)
    assert (entry.state is ConfigEntryState.LOADED) is loads
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.states.async_entity_ids()


async def test_entry_that_was_never_set_up_can_be_removed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """One that is disabled has nothing to forget."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_action_is_there_before_any_entry(hass: HomeAssistant) -> None:
    """So that automations can be checked whether or not the PBX is up."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "originate")


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({}, ConfigEntryState.LOADED, None),
        (
            {"account": {"permitted_requests": ["/call/originate/act"]}},
            ConfigEntryState.LOADED,
            None,
        ),
        (
            {"account": {"token": "another"}},
            ConfigEntryState.SETUP_ERROR,
            "ping_authentication_failed",
        ),
        (
            {"allowed_addresses": ["192.0.2.1"]},
            ConfigEntryState.SETUP_RETRY,
            "ping_address_not_permitted",
        ),
        (
            {"faults": [Fault(status=503)]},
            ConfigEntryState.SETUP_RETRY,
            "ping_cannot_connect",
        ),
        (
            {"faults": [Fault(status=404)]},
            ConfigEntryState.SETUP_RETRY,
            "ping_not_simotel",
        ),
        (
            {"faults": [Fault(status=200, body="<html>")]},
            ConfigEntryState.SETUP_RETRY,
            "ping_not_simotel",
        ),
    ],
)
async def test_start_says_why_it_failed(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    change: dict[str, Any],
    state: ConfigEntryState,
    reason: str | None,
) -> None:
    """In the user's language, and wrong credentials ask for new ones."""
    simulator.pbx.change(change)
    await setup_integration(hass, entry)
    assert entry.state is state
    assert entry.error_reason_translation_key == reason
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH] * (
        state is ConfigEntryState.SETUP_ERROR
    )


async def test_pbx_that_starts_late_is_found(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After a power cut Home Assistant is often up first."""
    await simulator.stop()
    await setup_integration(hass, entry)
    assert not hass.states.async_entity_ids()
    await simulator.start()
    await elapse(hass, freezer, MINUTE)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.is_state(SENSOR, "on")


async def test_down_is_quiet(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line when the PBX goes, one when it is back, and ever fewer questions."""
    caplog.clear()
    await elapse(hass, freezer, 5 * MINUTE)
    assert pings(simulator) == 2
    assert not lines(caplog)

    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass, freezer, 5 * MINUTE)
    assert hass.states.is_state(SENSOR, "off")
    asked = pings(simulator)
    for _ in range(60):
        await elapse(hass, freezer, MINUTE)
    assert hass.states.is_state(SENSOR, "off")
    # After 1, 2, 4, 8, 15 and then every 30 minutes.
    assert pings(simulator) - asked == 6
    (line,) = lines(caplog)
    assert "Office" in line

    simulator.pbx.reset()
    await elapse(hass, freezer, 30 * MINUTE)
    assert hass.states.is_state(SENSOR, "on")
    assert len(lines(caplog)) == 2
    for _ in range(10):
        await elapse(hass, freezer, MINUTE)
    assert pings(simulator) == 3
    assert len(lines(caplog)) == 2


async def test_backing_off_begins_anew_with_each_outage(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A PBX that was back is asked soon again when it goes."""
    for _ in range(2):
        simulator.pbx.change(faults=[Fault(path=PING, status=503)])
        await elapse(hass, freezer, 5 * MINUTE)
        assert hass.states.is_state(SENSOR, "off")
        simulator.pbx.reset()
        await elapse(hass, freezer, MINUTE)
        assert hass.states.is_state(SENSOR, "on")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"account": {"permitted_requests": []}}, "on"),
        ({"allowed_addresses": ["192.0.2.1"]}, "off"),
        ({"account": {"enabled": False}}, "off"),
        ({"faults": [Fault(path=PING, drop="after")]}, "off"),
        ({"faults": [Fault(path=PING, status=404)]}, "off"),
        ({"verbs": ["POST"]}, "on"),
    ],
)
async def test_what_a_ping_proves(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    change: dict[str, Any],
    state: str,
) -> None:
    """The sensor is on or off, and never unavailable while the entry is loaded."""
    simulator.pbx.change(change)
    await elapse(hass, freezer, 5 * MINUTE)
    assert hass.states.is_state(SENSOR, state)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "on"),
        ({"contexts": ["other"]}, "on"),
        ({"account": {"permitted_requests": [PING]}}, "on"),
        ({"allowed_addresses": ["192.0.2.1"]}, "off"),
        ({"faults": [Fault(status=500)]}, "off"),
        ({"faults": [Fault(status=403)]}, "off"),
    ],
)
async def test_reply_to_a_call_proves_as_much_as_a_ping(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
    state: str,
) -> None:
    """An action tries whatever the last ping said, and what it learns counts."""
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass, freezer, 5 * MINUTE)
    assert hass.states.is_state(SENSOR, "off")

    simulator.pbx.reset()
    simulator.pbx.change(change)
    caplog.clear()
    for _ in range(2):
        with suppress(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN, "originate", {"caller": "557", "callee": "552"}, blocking=True
            )
    assert hass.states.is_state(SENSOR, state)
    assert len(lines(caplog)) == (1 if state == "on" else 0)


async def test_refused_address_is_noticed_by_a_call(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next ping would only find the same, minutes later."""
    simulator.pbx.change(allowed_addresses=["192.0.2.1"])
    caplog.clear()
    for _ in range(3):
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN, "originate", {"caller": "557", "callee": "552"}, blocking=True
            )
        await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.is_state(SENSOR, "off")
    assert len(lines(caplog)) == 1


async def test_calls_that_fail_do_not_spoil_the_backing_off(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """However many there were, a PBX that is back is found within minutes."""
    await simulator.stop()
    for _ in range(6):
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN, "originate", {"caller": "557", "callee": "552"}, blocking=True
            )
        await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.is_state(SENSOR, "off")
    await simulator.start()
    await elapse(hass, freezer, MINUTE)
    assert hass.states.is_state(SENSOR, "on")


@pytest.mark.parametrize(
    ("verify_ssl", "state"),
    [(True, ConfigEntryState.SETUP_RETRY), (False, ConfigEntryState.LOADED)],
)
async def test_certificate_is_verified_as_configured(
    hass: HomeAssistant, verify_ssl: bool, state: ConfigEntryState
) -> None:
    """A PBX that issued its certificate to itself is let in only where that is said."""
    pong = http_reply(b'{"success": 1, "message": "", "data": null}')
    async with raw_server([Step(reply=pong)], tls=self_signed()) as server:
        entry = MockConfigEntry(
            domain=DOMAIN,
            data={"url": server.url, "api_key": "key", "verify_ssl": verify_ssl},
        )
        await setup_integration(hass, entry)
        assert entry.state is state
        assert len(server.received) == int(not verify_ssl)
        await hass.config_entries.async_unload(entry.entry_id)
