"""From the action to what became of the call, as an automation sees it.

The simulated PBX rings its telephones and sends its events to Home Assistant's webhook;
the action learns from them. The simulator knows how each call really ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.const import DOMAIN
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.exchange import NotPossible
from simulator.pbx import Pbx
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    NO_LIMITS,
    ORIGINATE,
    change_options,
    elapse,
    originate,
    originate_and_wait,
    originates,
    waited_for,
)

EVENT = "event.office_calls"
LAST_CALL = "sensor.office_last_call"
IN_PROGRESS = "sensor.office_calls_in_progress"
ISSUE = (DOMAIN, "no_events_01JOFFICE")
OUTSIDE = "09121234567"

# Telephones that do not just answer, whom 557 calls, and what becomes of it.
OUTCOMES: dict[str, tuple[dict[str, str], str, str]] = {
    "answered": ({}, "552", "answered"),
    "answered outside": ({}, OUTSIDE, "answered"),
    "busy": ({"552": "busy"}, "552", "busy"),
    "rejected": ({"552": "reject"}, "552", "busy"),
    "busy outside": ({"09.": "busy"}, OUTSIDE, "busy"),
    "no answer": ({"552": "no_answer"}, "552", "no_answer"),
    "no answer outside": ({"09.": "no_answer"}, OUTSIDE, "no_answer"),
    "callee is off": ({"552": "unreachable"}, "552", "no_answer"),
    "caller does not answer": ({"557": "no_answer"}, "552", "caller_no_answer"),
    "caller rejects": ({"557": "reject"}, "552", "caller_no_answer"),
    "caller is busy": ({"557": "busy"}, "552", "caller_no_answer"),
    "caller is off": ({"557": "unreachable"}, "552", "caller_no_answer"),
    "no route": ({"09.": "no_route"}, OUTSIDE, "failed"),
    "barred": ({}, "02100000004", "failed"),
    "intercom calls": ({"557": "intercom"}, "552", "answered"),
    "voicemail answers": ({"552": "voicemail"}, "552", "answered"),
    "queue answers": ({}, "9009", "answered"),
    "nobody in the queue": ({"55[23]": "no_answer"}, "9009", "no_answer"),
}


def behave(pbx: Pbx, phones: Mapping[str, str]) -> None:
    """Say how telephones behave; all others answer and talk for ten seconds."""
    barred = {"number": "02100000004", "behaviour": "barred"}
    changed = [{"number": name, "behaviour": phones[name]} for name in phones]
    pbx.change(phones=[*changed, barred])


async def told_by(hass: HomeAssistant, action: asyncio.Task[dict[str, Any]]) -> None:
    """Let an action that is already known to be over return."""
    for _ in range(20):
        await hass.async_block_till_done()
        if action.done():
            return
        await asyncio.sleep(0.005)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens within a moment."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def talking(hass: HomeAssistant, pbx: Pbx, **fields: Any) -> asyncio.Task[Any]:
    """Begin a call whose two parties talk until somebody hangs up, and wait for it."""
    pbx.change(
        phones=[{"number": ".", "behaviour": "answer", "after": 1.0, "talk": 0.0}]
    )
    action = asyncio.create_task(originate(hass, **fields))
    await until(lambda: pbx.traffic and pbx.traffic[-1].state == "talking")
    await pbx.delivered()
    await hass.async_block_till_done()
    return action


def issue_is_shown(hass: HomeAssistant) -> bool:
    """Tell whether the user is told that no events arrive."""
    return ISSUE in ir.async_get(hass).issues


@pytest.mark.parametrize("name", OUTCOMES)
async def test_outcome(hass: HomeAssistant, connected: Simulator, name: str) -> None:
    """Nobody answering is an outcome, not an error."""
    phones, callee, outcome = OUTCOMES[name]
    behave(connected.pbx, phones)
    response = await originate_and_wait(
        hass, connected, callee=callee, wait_for="ended"
    )
    truth = connected.pbx.call_of(response["originated_call_id"])
    assert (response["outcome"], truth.outcome) == (outcome, outcome)
    assert response["talk"] == (10 if outcome == "answered" else None)
    assert hass.states.is_state(LAST_CALL, outcome)
    assert hass.states.is_state(IN_PROGRESS, "0")
    assert not issue_is_shown(hass)


async def test_response_to_the_end_of_a_call(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """It has the PBX's own seconds, and the name of the recording."""
    connected.pbx.change(
        calls={"recording": True},
        phones=[
            {"number": "552", "behaviour": "answer", "after": 4, "talk": 65},
            {"number": "557", "behaviour": "answer", "talk": 0},
        ],
    )
    response = await originate_and_wait(hass, connected, wait_for="ended")
    (placed,) = connected.pbx.calls
    assert response == {
        "config_entry_id": "01JOFFICE",
        "originated_call_id": placed.originated_call_id,
        "outcome": "answered",
        "caller": "557",
        "callee": "552",
        "wait": 4,
        "talk": 65,
        "recording": connected.pbx.call_of(placed.originated_call_id).recording,
    }
    assert response["recording"].endswith(".mp3")


async def test_response_to_a_call_that_was_not_answered(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The seconds of waiting are known, talk there was none."""
    behave(connected.pbx, {"552": "no_answer"})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    assert (response["wait"], response["talk"], response["recording"]) == (
        30,
        None,
        None,
    )


async def test_events_by_get(hass: HomeAssistant, connected: Simulator) -> None:
    """Some set their PBX to that."""
    connected.pbx.change(webhook={"method": "GET"})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    assert {record.method for record in connected.pbx.events} == {"GET"}
    assert (response["outcome"], response["talk"]) == ("answered", 10)


async def test_events_with_user_name_and_password(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, connected: Simulator
) -> None:
    """The PBX sends what was typed into its panel."""
    hass.config_entries.async_update_entry(
        loaded_entry,
        options={"webhook_username": "pbx", "webhook_password": "سیب"},
    )
    await hass.async_block_till_done()
    connected.pbx.change(webhook={"username": "pbx", "password": "سیب"})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    assert response["outcome"] == "answered"


async def test_answer_of_an_extension_is_returned_while_the_two_talk(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The PBX tells of it at once, so that the automation goes on."""
    action = await talking(hass, connected.pbx, wait_for="answered")
    await told_by(hass, action)
    response = action.result()
    assert (response["outcome"], response["wait"], response["talk"]) == (
        "answered",
        None,
        None,
    )
    assert connected.pbx.traffic[-1].state == "talking"
    assert hass.states.is_state(IN_PROGRESS, "1")
    connected.pbx.hang_up("552")
    await connected.pbx.idle()
    await hass.async_block_till_done()
    await elapse(hass)
    assert hass.states.is_state(IN_PROGRESS, "0")


async def test_answer_outside_is_returned_with_the_account(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Nothing announces it, so that the conversation is over then."""
    response = await originate_and_wait(
        hass, connected, callee=OUTSIDE, wait_for="answered"
    )
    assert (response["outcome"], response["talk"]) == ("answered", 10)


@pytest.mark.parametrize(
    "name", [name for name, it in OUTCOMES.items() if it[2] != "answered"]
)
async def test_whoever_waits_for_an_answer_learns_that_there_will_be_none(
    hass: HomeAssistant, connected: Simulator, name: str
) -> None:
    """As soon as that is clear, with the same outcome."""
    phones, callee, outcome = OUTCOMES[name]
    behave(connected.pbx, phones)
    response = await originate_and_wait(
        hass, connected, callee=callee, wait_for="answered"
    )
    assert response["outcome"] == outcome


async def test_agent_who_answers_in_a_queue_is_an_answer(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """His telephone is known by the id of the call."""
    action = await talking(hass, connected.pbx, callee="9009", wait_for="answered")
    await told_by(hass, action)
    assert action.result()["outcome"] == "answered"


async def test_queue_says_how_long_an_agent_talked(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The other account counts the music as well."""
    connected.pbx.change(
        phones=[
            {"number": "55[23]", "behaviour": "answer", "after": 7, "talk": 20},
            {"number": "557", "behaviour": "answer", "talk": 0},
        ]
    )
    response = await originate_and_wait(
        hass, connected, callee="9009", wait_for="ended"
    )
    assert (response["wait"], response["talk"]) == (7, 20)


async def test_caller_already_in_a_call(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The PBX does not reach him, and his other call is not ours."""
    pbx = connected.pbx
    pbx.change(phones=[{"number": "553", "behaviour": "answer", "talk": 0.0}])
    pbx.change(extension_phone={"talk": 0.0})
    other = pbx.dial("557", "553")
    await until(lambda: other.state == "talking")
    await pbx.delivered()
    action = asyncio.create_task(originate(hass, wait_for="ended"))
    await until(lambda: len(pbx.traffic) == 2 and pbx.traffic[-1].is_over)
    await pbx.delivered()
    await elapse(hass)
    assert (await asyncio.wait_for(action, 1))["outcome"] == "caller_no_answer"
    assert other.state == "talking"


async def test_callee_already_in_a_call(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Without call waiting he is busy, with it he may answer."""
    pbx = connected.pbx
    pbx.change(extension_phone={"talk": 0.0})
    other = pbx.dial("552", "553")
    await until(lambda: other.state == "talking")
    await pbx.delivered()
    for call_waiting, outcome in ((False, "busy"), (True, "answered")):
        pbx.change(
            phones=[
                {
                    "number": "552",
                    "other": "557",
                    "behaviour": "answer",
                    "talk": 10.0,
                    "call_waiting": call_waiting,
                },
            ]
        )
        placed = len(pbx.calls)
        action = asyncio.create_task(originate(hass, wait_for="ended"))
        async with asyncio.timeout(5):
            while len(pbx.calls) == placed:
                await asyncio.sleep(0.001)
        await until(lambda: all(call.is_over for call in pbx.traffic[1:]))
        await pbx.delivered()
        await elapse(hass)
        assert (await asyncio.wait_for(action, 1))["outcome"] == outcome


@pytest.mark.parametrize(
    ("change", "phones", "callee", "outcome"),
    [
        ({"answered_after_busy": True}, {"552": "busy"}, "552", "busy"),
        ({"answered_after_busy": True}, {"09.": "busy"}, OUTSIDE, "busy"),
        ({"unreachable": "ANSWERED"}, {"552": "unreachable"}, "552", "unknown"),
        ({"second_leg_call_id": "own"}, {}, "552", "answered"),
        ({"second_leg_call_id": "own"}, {"552": "reject"}, "552", "busy"),
        ({"second_leg_call_id": "own"}, {}, "9009", "answered"),
        ({"end_order": "cdr_first"}, {}, "552", "answered"),
        ({"first_leg_outgoing_call": True}, {}, "552", "answered"),
        *(
            ({"events_before_reply": True}, phones, callee, outcome)
            for phones, callee, outcome in OUTCOMES.values()
        ),
    ],
)
async def test_what_differs_between_pbxs(
    hass: HomeAssistant,
    connected: Simulator,
    change: dict[str, Any],
    phones: dict[str, str],
    callee: str,
    outcome: str,
) -> None:
    """An answer of no seconds, ids of each leg, the order: nothing is documented."""
    connected.pbx.change(calls=change)
    behave(connected.pbx, phones)
    response = await originate_and_wait(
        hass, connected, callee=callee, wait_for="ended"
    )
    assert response["outcome"] == outcome


@pytest.mark.parametrize(
    ("told", "behaviour", "may_search"),
    list(
        product(
            ["event", "report", "nothing"],
            ["no_answer", "reject", "busy", "unreachable"],
            [True, False],
        )
    ),
)
async def test_caller_who_is_not_reached(
    hass: HomeAssistant,
    connected: Simulator,
    told: str,
    behaviour: str,
    may_search: bool,
) -> None:
    """Whether there is an account, a row in the report, or only his telephone.

    One that did not ring, and is not known to be off, proves nothing by its silence.
    """
    permitted = "all" if may_search else [ORIGINATE]
    connected.pbx.change(
        calls={"first_leg_failure": told}, account={"permitted_requests": permitted}
    )
    behave(connected.pbx, {"557": behaviour})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    is_told = told == "event" or (told == "report" and may_search)
    silent = behaviour == "busy" and not is_told
    assert response["outcome"] == ("unknown" if silent else "caller_no_answer")


async def test_two_calls_that_share_a_call_id(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Each has its own outcome: the id of the request tells them apart."""
    pbx = connected.pbx
    pbx.change(calls={"shared_call_id": True, "begin_after": 1.0})
    behave(pbx, {"553": "busy"})
    actions = [
        asyncio.create_task(
            originate(hass, caller=caller, callee=callee, wait_for="ended")
        )
        for caller, callee in (("557", "552"), ("521", "553"))
    ]
    await until(lambda: len(pbx.calls) == 2)
    await pbx.idle()
    await elapse(hass)
    responses = await asyncio.wait_for(asyncio.gather(*actions), 5)
    shared = {call.cuid for call in pbx.traffic}
    for response in responses:
        truth = pbx.call_of(response["originated_call_id"])
        assert (truth.parties.caller, truth.parties.callee) == (
            response["caller"],
            response["callee"],
        )
        assert response["outcome"] == truth.outcome
    assert len(shared) <= 2
    assert {response["outcome"] for response in responses} == {"answered", "busy"}


async def test_waiting_without_events_is_unknown_and_says_why(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str
) -> None:
    """The user is told how to connect the events, until the first one arrives."""
    simulator.pbx.change(account={"permitted_requests": [ORIGINATE]})
    response = await originate_and_wait(hass, simulator, wait_for="answered")
    assert response["outcome"] == "unknown"
    assert issue_is_shown(hass)
    simulator.pbx.change(
        webhook={"enabled": True, "address": webhook_url, "events": "all"}
    )
    response = await originate_and_wait(hass, simulator, wait_for="ended")
    assert response["outcome"] == "answered"
    assert not issue_is_shown(hass)


async def test_waiting_without_events_looks_into_the_report(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """It has the outcome, only later than an event would have told it."""
    behave(simulator.pbx, {"552": "busy"})
    response = await originate_and_wait(hass, simulator, wait_for="ended")
    assert response["outcome"] == "busy"
    assert issue_is_shown(hass)


async def test_who_does_not_wait_is_not_told_that_events_are_missing(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """He does not need them."""
    response = await originate_and_wait(hass, simulator)
    assert response["outcome"] == "accepted"
    await elapse(hass)
    assert not issue_is_shown(hass)


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry, as a reload does."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let Home Assistant begin to stop."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()


@pytest.mark.parametrize("end", [unload, stop])
@pytest.mark.parametrize("wait_for", ["answered", "ended"])
async def test_wait_ends_with_the_entry(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    connected: Simulator,
    caplog: pytest.LogCaptureFixture,
    end: Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]],
    wait_for: str,
) -> None:
    """As unknown, and the call goes on."""
    pbx = connected.pbx
    action = await talking(hass, pbx, callee=OUTSIDE, wait_for=wait_for)
    assert not action.done()
    await end(hass, loaded_entry)
    response = await asyncio.wait_for(action, 1)
    assert (response["outcome"], response["talk"]) == ("unknown", None)
    assert pbx.traffic[-1].state == "talking"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_call_goes_on_while_the_entry_is_reloaded(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, connected: Simulator
) -> None:
    """Its end is told of afterwards, with the outcome that nobody waits for any more."""
    pbx = connected.pbx
    action = await talking(hass, pbx, wait_for="ended")
    assert await hass.config_entries.async_reload(loaded_entry.entry_id)
    response = await asyncio.wait_for(action, 1)
    assert response["outcome"] == "unknown"
    assert hass.states.is_state(IN_PROGRESS, "1")
    pbx.hang_up("557")
    await pbx.idle()
    await elapse(hass)
    state = hass.states.get(EVENT)
    assert state is not None
    told = {name: state.attributes[name] for name in ("event_type", "outcome", "talk")}
    assert told == {
        "event_type": "ended",
        "outcome": "answered",
        "talk": pbx.traffic[-1].talk,
    }
    assert state.attributes["originated_call_id"] == response["originated_call_id"]
    assert hass.states.is_state(LAST_CALL, "answered")
    assert hass.states.is_state(IN_PROGRESS, "0")


async def test_who_is_cancelled_while_waiting_leaves_nothing_behind(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, connected: Simulator
) -> None:
    """A script that is restarted does so; the call goes on, and its end is told of."""
    pbx = connected.pbx
    action = await talking(hass, pbx, wait_for="ended")
    monitor = loaded_entry.runtime_data.monitor
    assert len(monitor._waits) == 1
    action.cancel()
    with pytest.raises(asyncio.CancelledError):
        await action
    assert not monitor._waits
    assert pbx.traffic[-1].state == "talking"
    pbx.hang_up("557")
    await pbx.idle()
    await elapse(hass)
    assert hass.states.is_state(LAST_CALL, "answered")


@pytest.mark.parametrize(
    ("name", "wait_for"),
    [("answered", "answered"), ("busy", "ended"), ("caller rejects", "answered")],
)
async def test_reply_that_comes_after_all_events(
    hass: HomeAssistant, connected: Simulator, name: str, wait_for: str
) -> None:
    """What overtook it is not lost."""
    phones, callee, outcome = OUTCOMES[name]
    behave(connected.pbx, phones)
    connected.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.3)])
    action = asyncio.create_task(originate(hass, callee=callee, wait_for=wait_for))
    await until(lambda: connected.pbx.calls)
    await connected.pbx.idle()
    (request,) = connected.pbx.requests_for(ORIGINATE)
    await until(lambda: request.status)
    response = await waited_for(hass, connected, action)
    assert response["outcome"] == outcome


async def test_reply_that_comes_after_the_answer(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The two are talking already, which is what was waited for."""
    connected.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.2)])
    action = await talking(hass, connected.pbx, wait_for="answered")
    response = await asyncio.wait_for(action, 2)
    assert (response["outcome"], response["talk"]) == ("answered", None)
    assert connected.pbx.traffic[-1].state == "talking"


async def test_entry_that_goes_before_the_reply_comes(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, connected: Simulator
) -> None:
    """Nobody waits for what nobody would tell."""
    connected.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.2)])
    behave(connected.pbx, {"552": "no_answer"})
    connected.pbx.change(webhook={"enabled": False})
    action = asyncio.create_task(originate(hass, wait_for="ended"))
    await until(lambda: connected.pbx.calls)
    await unload(hass, loaded_entry)
    response = await asyncio.wait_for(action, 2)
    assert response["outcome"] == "unknown"
    assert response["originated_call_id"] == connected.pbx.calls[0].originated_call_id


async def test_who_is_cancelled_as_home_assistant_stops_is_no_trouble(
    hass: HomeAssistant, connected: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Both at once."""
    action = await talking(hass, connected.pbx, wait_for="ended")
    action.cancel()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(asyncio.CancelledError):
        await action
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 200, "body": '{"success": 1, "data": {"data": 5}}'},
        {"status": 200, "body": "<p>"},
        {"drop": "after"},
    ],
)
async def test_report_that_cannot_be_read_leaves_it_unknown(
    hass: HomeAssistant, connected: Simulator, fault: dict[str, Any]
) -> None:
    """No error: what became of the call just is not known."""
    connected.pbx.change(
        events={"faults": [{"event": "Cdr", "drop": True}]},
        faults=[Fault(path="/reports/cdr/search", **fault)],
    )
    behave(connected.pbx, {"552": "busy"})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    assert response["outcome"] == "unknown"


async def test_account_after_the_clock_still_settles_the_call(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """The reply stays as it was given; the entities learn the truth."""
    pbx = connected.pbx
    pbx.change(
        events={"faults": [{"event": "Cdr", "drop": True}]},
        account={"permitted_requests": [ORIGINATE]},
    )
    behave(pbx, {"552": "no_answer"})
    response = await originate_and_wait(hass, connected, wait_for="ended")
    assert response["outcome"] == "unknown"
    assert hass.states.is_state(LAST_CALL, "undetermined")
    await send_dropped(hass, pbx)
    assert hass.states.is_state(LAST_CALL, "no_answer")
    assert response["outcome"] == "unknown"


async def send_dropped(hass: HomeAssistant, pbx: Pbx) -> None:
    """Send what the PBX has not sent so far."""
    late = [record for record in pbx.all_events if record.fate == "dropped"]
    pbx.change(events={"faults": []})
    for record in late:
        fields = dict(record.fields)
        pbx.send_event(str(fields.pop("event_name")), fields)
    await pbx.delivered()
    await elapse(hass)


async def test_two_hundred_calls_at_a_time_do_not_mix(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Each has its own outcome, id, numbers and seconds."""
    await change_options(hass, loaded_entry, **NO_LIMITS)
    pbx = connected.pbx
    kinds = ["answer", "busy", "no_answer", "reject", "unreachable"]
    callers = [str(number) for number in range(1000, 1200)]
    pbx.change(
        extensions=[{"number": number} for number in callers]
        + [{"number": f"2{number}"} for number in callers],
        # Each event takes a connection of its own, and the outcome is in this one.
        webhook={"events": ["Cdr"]},
        phones=[
            {
                "number": f"2{number}",
                "behaviour": kinds[index % 5],
                "talk": index + 1,
            }
            for index, number in enumerate(callers)
        ],
        extension_phone={"talk": 1000.0},
    )
    actions = [
        asyncio.create_task(
            originate(hass, caller=number, callee=f"2{number}", wait_for="ended")
        )
        for number in callers
    ]
    async with asyncio.timeout(30):
        while len(originates(connected)) < len(callers):
            await asyncio.sleep(0.01)
        await pbx.idle()
    await asyncio.sleep(0.1)
    await elapse(hass)
    responses = await asyncio.wait_for(asyncio.gather(*actions), 10)
    outcomes = ["answered", "busy", "no_answer", "busy", "no_answer"]
    ids = set()
    for index, (caller, response) in enumerate(zip(callers, responses, strict=True)):
        call = pbx.call_of(response["originated_call_id"])
        assert call is not None
        ids.add(call.originated_call_id)
        assert response["outcome"] == call.outcome == outcomes[index % 5]
        assert (response["caller"], response["callee"]) == (caller, f"2{caller}")
        assert call.parties.caller == caller
        talk = index + 1 if response["outcome"] == "answered" else None
        assert response["talk"] == talk
    assert len(ids) == len(callers)
    assert hass.states.is_state(IN_PROGRESS, "0")


# What strangers do, in seconds after our call has begun or, below 0, before.
STRANGERS = st.tuples(
    st.sampled_from([-1.0, 0.2, 0.7, 1.5, 3.0, 5.0, 13.0, 31.0]),
    st.sampled_from(
        [
            ("521", "557"),
            ("521", "552"),
            ("557", "521"),
            ("552", "521"),
            ("552", "557"),
            ("09350000000", "557"),
            ("09350000000", "552"),
        ]
    ),
)
MISHAPS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(sorted(OUTCOMES)),
        "strangers": st.lists(STRANGERS, max_size=2),
        "call_waiting": st.booleans(),
        "participants": st.booleans(),
        "lost": st.none() | st.integers(1, 8),
        "doubled": st.lists(st.integers(1, 8), max_size=2),
        "shuffle": st.sampled_from([0.0, 0.0, 1.0, 2.5]),
        "seed": st.integers(0, 1000),
        "late": st.booleans(),
        "may_search": st.booleans(),
        "second": st.booleans(),
        "before_reply": st.booleans(),
    }
)


def set_up(pbx: Pbx, address: str, plan: dict[str, Any]) -> str:
    """Prepare the PBX for a call among others; return whom it is for."""
    phones, callee, _ = OUTCOMES[plan["name"]]
    of_ours = [
        {
            "number": number,
            "behaviour": phones[number],
            "leg": "first" if number == "557" else "second",
            "other": callee if number == "557" else "557",
        }
        for number in phones
    ]
    waiting = {"call_waiting": plan["call_waiting"], "behaviour": "answer"}
    faults: list[dict[str, Any]] = [
        {"nth": nth, "copies": 2} for nth in plan["doubled"] if nth != plan["lost"]
    ]
    if plan["late"]:
        # Not until after the clock; then nothing else is missing.
        faults = [{"event": name, "drop": True} for name in ("Cdr", "CdrQueue")]
    elif plan["lost"]:
        # What becomes of a queue nobody knows without its own account.
        faults.insert(0, {"event": "CdrQueue"})
        faults.insert(1, {"nth": plan["lost"], "drop": True})
    pbx.reset()
    pbx.change(
        webhook={"enabled": True, "address": address, "events": "all"},
        account={"permitted_requests": "all" if plan["may_search"] else [ORIGINATE]},
        phones=[
            *of_ours,
            {"number": "02100000004", "behaviour": "barred"},
            *({"number": number, **waiting} for number in ("557", "552")),
        ],
        calls={
            "answered_after_busy": plan["second"],
            "events_before_reply": plan["before_reply"],
        },
        events={
            "faults": faults,
            "shuffle": plan["shuffle"],
            "seed": plan["seed"],
            "participants": plan["participants"],
        },
    )
    return callee


def join(pbx: Pbx, caller: str, callee: str) -> None:
    """Let a stranger call, if his telephone is free."""
    with suppress(NotPossible):
        if caller.startswith("09"):
            pbx.dial_in(caller, callee)
        else:
            pbx.dial(caller, callee)


async def place_among_others(
    hass: HomeAssistant, simulator: Simulator, address: str, plan: dict[str, Any]
) -> None:
    """Place a call and see that what is said of it is true or unknown."""
    pbx = simulator.pbx
    callee = set_up(pbx, address, plan)
    # The time of the calls stands still until the strangers are where they belong.
    pbx._timers.hold()
    for after, (caller, other) in plan["strangers"]:
        if after < 0:
            join(pbx, caller, other)
    action = asyncio.create_task(originate(hass, callee=callee, wait_for="ended"))
    await until(lambda: pbx.calls)
    for after, (caller, other) in plan["strangers"]:
        if after >= 0:
            pbx.exchange.after(after, partial(join, pbx, caller, other))
    pbx._timers.release()
    response = await waited_for(hass, simulator, action)
    truth = pbx.call_of(response["originated_call_id"])
    assert response["outcome"] in (truth.outcome, "unknown")
    assert hass.states.is_state(IN_PROGRESS, "0")
    if plan["late"]:
        await send_dropped(hass, pbx)
        state = hass.states.get(LAST_CALL)
        assert state is not None
        assert state.state in (truth.outcome, "undetermined")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=MISHAPS)
def test_outcome_among_mishaps_is_right_or_unknown(
    hass: HomeAssistant, connected: Simulator, webhook_url: str, plan: dict[str, Any]
) -> None:
    """Events doubled, shuffled, lost or late, and strangers on both telephones."""
    hass.loop.run_until_complete(place_among_others(hass, connected, webhook_url, plan))
