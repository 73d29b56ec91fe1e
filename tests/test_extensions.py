"""The entities of an extension: what its telephone is doing, as far as the PBX tells."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from simulator.server import Simulator

from .common import office
from .test_contacts import RECEPTION
from .test_event import send
from .test_trunks import enabled_by_default

__all__ = ["enabled_by_default"]

STATE = "sensor.reception_state"
OTHER_PARTY = "sensor.reception_other_party"
CALLS = "event.reception_calls"


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with an extension, not set up."""
    return office(simulator, subentries_data=[RECEPTION])


def new_state(state: str, **more: str) -> dict[str, Any]:
    """Return an event that tells what 557 does."""
    return {"event_name": "NewState", "exten": "557", "state": state, **more}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Idle", "idle"),
        ("ringing", "ringing"),
        ("In-Use", "in_use"),
        ("Hold", "in_use"),
        ("Pause", "paused"),
        ("Unavailable", "unreachable"),
    ],
)
async def test_state_is_what_the_pbx_told_last(
    hass: HomeAssistant, webhook_url: str, sent: str, shown: str
) -> None:
    """And unknown before it told anything; other telephones do not matter."""
    assert hass.states.is_state(STATE, "unknown")
    await send(hass, webhook_url, {**new_state("Ringing"), "exten": "552"})
    assert hass.states.is_state(STATE, "unknown")
    await send(hass, webhook_url, new_state(sent))
    assert hass.states.is_state(STATE, shown)


@pytest.mark.parametrize(
    ("before", "step", "end"),
    [("Ringing", "incoming", "missed"), ("InUse", "answered", "ended")],
)
async def test_state_that_is_not_known_ends_no_call(
    hass: HomeAssistant, webhook_url: str, before: str, step: str, end: str
) -> None:
    """What comes after it is compared with what was known before."""
    for state, told in ((before, step), ("Dancing", step), ("Idle", end)):
        await send(hass, webhook_url, new_state(state, direction="in"))
        shown = hass.states.get(CALLS)
        assert shown is not None
        assert shown.attributes["event_type"] == told


async def test_state_that_is_not_known_is_kept_out(
    hass: HomeAssistant, webhook_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With one line in the log for each, and not for any number of them."""
    for state in ["Dancing", "Dancing", *(f"Word {number}" for number in range(20))]:
        await send(hass, webhook_url, new_state("Idle"), new_state(state))
        assert hass.states.is_state(STATE, "unknown")
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name == "custom_components.pbx.sensor"
    ]
    assert len(lines) == 10
    assert "Dancing" in lines[0]


async def test_state_survives_a_reload_and_nothing_else(
    hass: HomeAssistant, webhook_url: str, loaded_entry: MockConfigEntry
) -> None:
    """What was heard stays true; after a restart nothing has been heard."""
    await send(hass, webhook_url, new_state("Idle"))
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert hass.states.is_state(STATE, "idle")


@pytest.mark.usefixtures("enabled_by_default")
async def test_other_party_is_shown_while_there_is_one(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """From the first ring to the end."""
    assert hass.states.is_state(OTHER_PARTY, "unknown")
    await send(hass, webhook_url, new_state("Ringing", participant="0912"))
    assert hass.states.is_state(OTHER_PARTY, "0912")
    await send(hass, webhook_url, new_state("InUse"))
    assert hass.states.is_state(OTHER_PARTY, "0912")
    await send(hass, webhook_url, new_state("Idle"))
    assert hass.states.is_state(OTHER_PARTY, "unknown")


@pytest.mark.usefixtures("loaded_entry")
def test_other_party_is_disabled_at_first(
    entity_registry: er.EntityRegistry,
) -> None:
    """Not everybody wants numbers in his history."""
    registered = entity_registry.async_get(OTHER_PARTY)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_calls_of_the_telephone_are_told(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """With the other one's number, to the end."""
    told = []
    for event in (
        new_state("Ringing", participant="0912", unique_id="1.1", queue="902"),
        new_state("InUse", unique_id="1.1"),
        new_state("Idle", unique_id="1.1"),
    ):
        await send(hass, webhook_url, event)
        state = hass.states.get(CALLS)
        assert state is not None
        told.append(
            [
                state.attributes[key]
                for key in ("event_type", "other_party", "queue", "call_id")
            ]
        )
    assert told == [
        ["incoming", "0912", "902", "1.1"],
        ["answered", "0912", "902", "1.1"],
        ["ended", "0912", "902", "1.1"],
    ]


@pytest.mark.parametrize(
    ("events", "steps", "shown"),
    [
        (["InUse A", "Ringing B", "InUse A"], ["answered", "incoming"], "in_use"),
        (
            ["InUse A", "Ringing B", "InUse A", "Idle B"],
            ["answered", "incoming", "missed"],
            "in_use",
        ),
        (
            ["InUse A", "Ringing B", "Idle B", "Idle A"],
            ["answered", "incoming", "missed", "ended"],
            "idle",
        ),
        (["Ringing U", "Ringing V"], ["incoming", "incoming"], "ringing"),
        (
            ["InUse A", "Ringing B", "Idle"],
            ["answered", "incoming", "ended", "missed"],
            "idle",
        ),
    ],
)
async def test_telephone_with_call_waiting(
    hass: HomeAssistant,
    webhook_url: str,
    events: list[str],
    steps: list[str],
    shown: str,
) -> None:
    """It is in use until the last call ends, and each call is told of by itself."""
    told: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if state := event.data["new_state"]:
            told.append(state.attributes["event_type"])

    async_track_state_change_event(hass, CALLS, note)
    for item in events:
        state, _, call_id = item.partition(" ")
        await send(hass, webhook_url, new_state(state, unique_id=call_id))
    assert told == steps
    assert hass.states.is_state(STATE, shown)


async def test_who_dials_calls_out(hass: HomeAssistant, webhook_url: str) -> None:
    """Though the PBX says no direction."""
    await send(hass, webhook_url, new_state("InUse", dialer="yes"))
    state = hass.states.get(CALLS)
    assert state is not None
    assert state.attributes["event_type"] == "outgoing"


async def test_event_of_a_telephone_is_no_doorbell(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """A telephone that rings rings for itself."""
    state = hass.states.get(CALLS)
    assert state is not None
    assert "device_class" not in state.attributes
    await send(hass, webhook_url, new_state("Idle"), new_state("Idle"))
    state = hass.states.get(CALLS)
    assert state is not None
    assert state.state == "unknown"
