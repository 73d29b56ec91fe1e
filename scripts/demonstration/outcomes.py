"""The part of the check that waits for the ends of calls."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .bench import Bench
from .report import Report
from .session import shown_entities

# The calls last seconds on the PBX's clock; the integration's own goes as ever.
SPEED = 100
SECONDS_FOR_EVENTS = 5.0
_SECONDS_BETWEEN_LOOKS = 0.02


@dataclass(frozen=True, slots=True)
class Case:
    """How the phones behave, and what is documented to become of the call then."""

    outcome: str
    caller: str = "answer"
    callee: str = "answer"


CASES = (
    Case("answered"),
    Case("busy", callee="reject"),
    Case("no_answer", callee="no_answer"),
    Case("caller_no_answer", caller="no_answer"),
)
# What the event entity tells of a call that is answered.
EVENTS = "originated, caller_answered, answered, ended"


async def check_outcomes(bench: Bench) -> None:
    """`wait_for: ended` returns what became of the call, and events tell of it."""
    entities = await shown_entities(bench.home_assistant)
    await bench.pbx.change(speed=SPEED, calls={"recording": True})
    for case in CASES:
        await bench.home_assistant.wait_for_state(entities.calls_in_progress, "0")
        async with bench.home_assistant.watching(entities.calls) as states:
            cdr = await _check_outcome(bench, case)
            if case.outcome == "answered":
                await _wait_for_end(states)
                _compare_events(bench.report, states, cdr)
        bench.report.compare(
            "last call's sensor",
            case.outcome,
            await bench.home_assistant.state(entities.last_call),
        )


async def _check_outcome(bench: Bench, case: Case) -> dict[str, Any]:
    """Place a call, and return the PBX's own account of it."""
    report, pbx = bench.report, bench.pbx
    await pbx.set_phone("557", behaviour=case.caller)
    await pbx.set_phone("552", behaviour=case.callee)
    answer = await bench.home_assistant.perform(
        "pbx.originate", {"caller": "557", "callee": "552", "wait_for": "ended"}
    )
    call_id = (await pbx.calls())[-1]["originated_call_id"]
    events = [
        event for event in await pbx.events() if event["originated_call_id"] == call_id
    ]
    cdr: dict[str, Any] = next(
        (event["fields"] for event in events if event["name"] == "Cdr"), {}
    )

    report.part(f"{case.outcome}: 557 is set to {case.caller}, 552 to {case.callee}")
    for name, text in _told(events):
        report.note(name, text)
    report.columns("documented response", "received from the action")
    report.compare("status", 200, answer.status)
    if answer.status != 200:
        report.note("refused with", str(answer.body))
        return cdr
    is_answered = case.outcome == "answered"
    report.compare_all(
        {
            "config_entry_id": bench.entry_id,
            "originated_call_id": call_id,
            "outcome": case.outcome,
            "caller": "557",
            "callee": "552",
            # Nothing is known of these but what the PBX says; the callee has to be rung.
            "wait": cdr.get("wait") if case.caller == "answer" else None,
            "talk": cdr.get("billsec") if is_answered else None,
            "recording": cdr.get("record") if is_answered else None,
        },
        answer.body["service_response"],
    )
    return cdr


def _told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what the PBX told of the phones and of the end, to be printed."""
    phones = [
        f"{event['fields']['exten']} {event['fields']['state']}"
        for event in events
        if event["name"] == "NewState"
    ]
    told = [("the phones did", ", ".join(phones) or "nothing")]
    told.extend(
        ("the PBX's Cdr says", _written(event["fields"]))
        for event in events
        if event["name"] == "Cdr"
    )
    return told


async def _wait_for_end(states: list[dict[str, Any]]) -> None:
    """Wait until the event entity's last event has arrived here as well."""
    try:
        async with asyncio.timeout(SECONDS_FOR_EVENTS):
            while not states or _type(states[-1]) != "ended":
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    except TimeoutError:
        # The comparison will show what is missing.
        return


def _compare_events(
    report: Report, states: list[dict[str, Any]], cdr: Mapping[str, Any]
) -> None:
    """Compare the event entity's events with what is documented of them."""
    print()
    report.columns("documented events", "received from the event entity")
    report.compare("events", EVENTS, ", ".join(_type(state) for state in states))
    for state in states:
        told = {
            name: value
            for name, value in state["attributes"].items()
            if name in ("caller", "callee", "outcome", "wait", "talk", "recording")
            or name.endswith("call_id")
        }
        report.note(f"  {_type(state)}", _written(told))
    ended = states[-1]["attributes"] if states else {}
    for name, field in (("wait", "wait"), ("talk", "billsec"), ("recording", "record")):
        report.compare(f"{name} of ended", cdr.get(field), ended.get(name))


def _type(state: Mapping[str, Any]) -> str:
    return str(state["attributes"].get("event_type"))


def _written(fields: Mapping[str, Any]) -> str:
    """Return the fields that have a value as a line of text."""
    return ", ".join(
        f"{name} {value}" for name, value in fields.items() if value is not None
    )
