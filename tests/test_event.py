"""The event entity: what happens to the calls of a PBX."""

from datetime import timedelta
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    mock_restore_cache_with_extra_data,
)

from custom_components.pbx.event import KEPT_MISSED_NUMBERS
from custom_components.pbx.telephony.call_record import HOLD
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from simulator.server import Simulator
from simulator.settings import Fault

from .common import ORIGINATE, PING, elapse, originate_and_wait, setup_integration

ENTITY = "event.office_calls"
CALL_ID = "1610778618.378"
ATTRIBUTES = [
    "caller",
    "callee",
    "outcome",
    "wait",
    "talk",
    "trunk",
    "recording",
    "call_id",
    "originated_call_id",
    "placed_here",
]
INCOMING = {
    "event_name": "IncomingCall",
    "number": "09120000004",
    "unique_id": CALL_ID,
    "entry_point": "to_simo",
}
OUTGOING = {
    "event_name": "OutgoingCall",
    "number": "999",
    "unique_id": CALL_ID,
    "outgoing_point": "to_simo",
}
TAKEN = {
    "event_name": "NewState",
    "exten": "993",
    "state": "InUse",
    "participant": "09120000004",
    "direction": "in",
    "unique_id": CALL_ID,
}
ANSWERED = {
    "event_name": "Cdr",
    "src": "991",
    "dst": "993",
    "type": "local",
    "disposition": "ANSWERED",
    "billsec": 9,
    "wait": 11,
    "record": "20210116_1610778618.378.mp3",
    "unique_id": CALL_ID,
}
UNANSWERED = {
    "event_name": "Cdr",
    "src": "09120000004",
    "dst": "993",
    "type": "incoming",
    "disposition": "NO ANSWER",
    "duration": 20,
    "wait": 20,
    "entry_point": "to_simo",
    "unique_id": CALL_ID,
}


@pytest.fixture
def told(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Collect what the event entity tells; what it does not know is left out."""
    told: list[dict[str, Any]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or "event_type" not in state.attributes:
            return
        if state.attributes["event_type"] is None:
            return
        assert set(ATTRIBUTES) <= state.attributes.keys()
        attributes = {key: state.attributes[key] for key in ATTRIBUTES}
        known = {key: value for key, value in attributes.items() if value is not None}
        told.append({"event_type": state.attributes["event_type"], **known})

    async_track_state_change_event(hass, ENTITY, note)
    return told


async def send(hass: HomeAssistant, address: str, *events: dict[str, Any]) -> None:
    """Send events as the PBX would."""
    async with ClientSession() as session:
        for event in events:
            async with session.post(address, json=event) as response:
                assert response.status == 200
    await hass.async_block_till_done()


async def test_call_of_ours_is_told_from_beginning_to_end(
    hass: HomeAssistant, connected: Simulator, told: list[dict[str, Any]]
) -> None:
    """With the numbers of the request, and in the end with what is known of it."""
    connected.pbx.change(calls={"recording": True})
    response = await originate_and_wait(
        hass, connected, callee="09121234567", wait_for="ended"
    )
    ours = {
        "caller": "557",
        "callee": "09121234567",
        "originated_call_id": response["originated_call_id"],
        "placed_here": True,
    }
    call_id = connected.pbx.traffic[-1].cuid
    assert told == [
        {"event_type": "originated", **ours},
        {"event_type": "caller_answered", **ours},
        {"event_type": "answered", "call_id": call_id, **ours},
        {
            "event_type": "ended",
            "outcome": "answered",
            "wait": 2,
            "talk": 10,
            "trunk": "cisco",
            "recording": response["recording"],
            "call_id": call_id,
            **ours,
        },
    ]
    assert response["recording"]


async def test_call_that_was_not_placed_is_not_told_of(
    hass: HomeAssistant, connected: Simulator, told: list[dict[str, Any]]
) -> None:
    """Nor one of which nobody knows whether it was placed."""
    for status in (400, 503):
        connected.pbx.change(faults=[Fault(path=ORIGINATE, status=status, acts=False)])
        with pytest.raises(Exception, match="placed"):
            await originate_and_wait(hass, connected)
    assert not told
    assert hass.states.is_state("sensor.office_calls_in_progress", "0")


async def test_strangers_call_from_outside(
    hass: HomeAssistant, webhook_url: str, told: list[dict[str, Any]]
) -> None:
    """It comes in, an extension takes it, and it ends."""
    ended = {**ANSWERED, "src": "09120000004", "type": "incoming"}
    await send(hass, webhook_url, INCOMING, INCOMING, TAKEN, TAKEN, ended, ended)
    call = {"caller": "09120000004", "call_id": CALL_ID, "placed_here": False}
    assert told == [
        {"event_type": "incoming", "trunk": "to_simo", **call},
        {"event_type": "answered", "callee": "993", "trunk": "to_simo", **call},
        {
            "event_type": "ended",
            "callee": "993",
            "outcome": "answered",
            "wait": 11,
            "talk": 9,
            "recording": "20210116_1610778618.378.mp3",
            **call,
        },
    ]


async def test_missed_call(
    hass: HomeAssistant, webhook_url: str, told: list[dict[str, Any]]
) -> None:
    """It ends, and was missed: both once, however often the PBX says so."""
    await send(hass, webhook_url, INCOMING, UNANSWERED, UNANSWERED)
    assert [event["event_type"] for event in told] == ["incoming"]
    await elapse(hass)
    assert [event.pop("event_type") for event in told] == [
        "incoming",
        "ended",
        "missed",
    ]
    assert told[1] == told[2]
    assert told[2] == {
        "caller": "09120000004",
        "callee": "993",
        "outcome": "no_answer",
        "wait": 20,
        "trunk": "to_simo",
        "call_id": CALL_ID,
        "placed_here": False,
    }


async def test_who_was_missed_is_remembered(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, webhook_url: str
) -> None:
    """Each number once and not too many, also after a reload."""
    numbers = [f"0912000{number:04}" for number in range(KEPT_MISSED_NUMBERS + 2)]
    for index, number in enumerate([*numbers, numbers[-2], None]):
        missed = {**UNANSWERED, "src": number, "unique_id": f"1.{index}"}
        await send(hass, webhook_url, missed, {**INCOMING, "unique_id": "0.1"})
        await elapse(hass)
    for _ in range(2):
        state = hass.states.get(ENTITY)
        assert state is not None
        remembered = state.attributes["missed_numbers"]
        assert remembered == [*numbers[2:-2], numbers[-1], numbers[-2]]
        await hass.config_entries.async_reload(loaded_entry.entry_id)


async def test_call_that_somebody_took_was_not_missed(
    hass: HomeAssistant, webhook_url: str, told: list[dict[str, Any]]
) -> None:
    """Of a call that rings several telephones there is an account for each."""
    taken = {**UNANSWERED, "disposition": "ANSWERED", "billsec": 5}
    first = {**TAKEN, "exten": "992", "state": "Ringing"}
    early = {**UNANSWERED, "dst": "992"}
    await send(hass, webhook_url, INCOMING, first, {**first, "state": "Idle"}, early)
    await send(hass, webhook_url, {**TAKEN, "state": "Ringing"})
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=HOLD + 0.5))
    await hass.async_block_till_done()
    assert [event["event_type"] for event in told] == ["incoming"]
    await send(hass, webhook_url, TAKEN, taken)
    await elapse(hass)
    assert [
        (event["event_type"], event.get("callee"), event.get("outcome"))
        for event in told
    ] == [
        ("incoming", None, None),
        ("answered", "993", None),
        ("ended", "993", "answered"),
    ]


@pytest.mark.parametrize("nobody", ["s", "i", "t", "h"])
async def test_call_that_reached_the_dialplan_alone_was_not_answered(
    hass: HomeAssistant, webhook_url: str, told: list[dict[str, Any]], nobody: str
) -> None:
    """A menu has talked, and nobody knows whether somebody was wanted."""
    row = {**UNANSWERED, "disposition": "ANSWERED", "billsec": 20, "dst": nobody}
    await send(hass, webhook_url, INCOMING, row)
    await elapse(hass)
    assert [(event["event_type"], event.get("outcome")) for event in told] == [
        ("incoming", None),
        ("ended", "unknown"),
    ]


@pytest.mark.parametrize("disposition", ["NO ANSWER", "ABANDONED"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_call_to_a_queue_that_nobody_took_was_missed(
    hass: HomeAssistant,
    webhook_url: str,
    told: list[dict[str, Any]],
    disposition: str,
    is_first: bool,
) -> None:
    """Though the queue itself has answered, and in either order."""
    of_call = {**UNANSWERED, "disposition": "ANSWERED", "billsec": 40}
    of_queue = {
        "event_name": "CdrQueue",
        "src": "09120000004",
        "queue": "900",
        "disposition": disposition,
        "wait": 40,
        "unique_id": CALL_ID,
    }
    order = [of_queue, of_call] if is_first else [of_call, of_queue]
    await send(hass, webhook_url, INCOMING, *order)
    await elapse(hass)
    assert [(event["event_type"], event.get("outcome")) for event in told] == [
        ("incoming", None),
        ("ended", "no_answer"),
        ("missed", "no_answer"),
    ]
    assert "talk" not in told[2]


async def test_strangers_call_to_outside(
    hass: HomeAssistant, webhook_url: str, told: list[dict[str, Any]]
) -> None:
    """It is told of when it leaves and when it has ended, and is never missed."""
    busy = {**ANSWERED, "dst": "999", "type": "outgoing", "disposition": "BUSY"}
    await send(hass, webhook_url, OUTGOING, busy)
    await elapse(hass)
    assert [(event["event_type"], event["callee"]) for event in told] == [
        ("outgoing", "999"),
        ("ended", "999"),
    ]
    assert told[1]["outcome"] == "busy"
    assert "talk" not in told[1]


@pytest.mark.usefixtures("connected")
async def test_event_that_overtakes_the_reply_is_not_taken_for_a_strangers(
    hass: HomeAssistant, simulator: Simulator, told: list[dict[str, Any]]
) -> None:
    """It is kept until the reply has come; then it is known whose it is."""
    simulator.pbx.change(calls={"events_before_reply": True})
    simulator.pbx.change(phones=[{"number": "557", "behaviour": "intercom"}])
    await originate_and_wait(hass, simulator, callee="09121234567", wait_for="ended")
    assert [event["event_type"] for event in told] == [
        "originated",
        "caller_answered",
        "answered",
        "ended",
    ]


async def test_ping_is_no_event_of_a_call(
    hass: HomeAssistant,
    simulator: Simulator,
    webhook_url: str,
    told: list[dict[str, Any]],
) -> None:
    """The state is written when the PBX goes and when it is back, not in between."""
    await send(hass, webhook_url, OUTGOING)
    for _ in range(3):
        await elapse(hass)
    assert len(told) == 1
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    assert hass.states.is_state(ENTITY, "unavailable")
    simulator.pbx.change(faults=[])
    await elapse(hass)
    assert len(told) == 2
    assert told[0] == told[1]


async def test_entity_is_back_with_the_pbx_whatever_came_between(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
) -> None:
    """Set up while the PBX was away, it is not left behind when that is back."""
    await send(hass, webhook_url, INCOMING)
    before = hass.states.get(ENTITY)
    assert before is not None
    for _ in range(2):
        simulator.pbx.change(faults=[Fault(path=PING, status=503)])
        await elapse(hass)
        assert hass.states.is_state(ENTITY, "unavailable")
        monitor = loaded_entry.runtime_data.monitor
        monitor.async_prepare_reload(was_reachable=False)
        await hass.config_entries.async_reload(loaded_entry.entry_id)
        assert hass.states.is_state(ENTITY, "unavailable")
        simulator.pbx.change(faults=[])
        await elapse(hass)
        after = hass.states.get(ENTITY)
        assert after is not None
        assert (after.state, after.attributes) == (before.state, before.attributes)


async def test_last_event_is_there_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """With what it said."""
    time = "2026-11-23T10:00:00.000+00:00"
    attributes = dict.fromkeys(ATTRIBUTES) | {"caller": "557"}
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(ENTITY, time),
                {"last_event_type": "ended", "last_event_attributes": attributes},
            )
        ],
    )
    await setup_integration(hass, entry)
    state = hass.states.get(ENTITY)
    assert state is not None
    assert state.state == time
    assert (state.attributes["event_type"], state.attributes["caller"]) == (
        "ended",
        "557",
    )
