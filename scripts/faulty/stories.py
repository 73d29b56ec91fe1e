"""What a PBX tells of a call that rings several telephones, and ids that are not unique."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
import time
from typing import Any

from .fault import Answers, Fault, Meaning
from .lane import SECONDS_TO_END, Lane
from .pbx import Connection, Request, good_reply
from .tally import Counts

FAMILY = "Rows and ids of calls"
# Longer than an account is held for others.
_SECONDS_HELD = 4.0
# The shortest ring time, the grace after it, and two looks into the report.
_SECONDS_OF_SILENCE = 1.0 + 15.0 + 12.0
_ONE_ID = "orig.call.1703145054.999999"
_ROLES = ("caller", "callee", "other", "mobile")
_FIELDS_OF_NUMBERS = ("exten", "participant", "src", "dst", "number")

type Event = Mapping[str, Any]


def _state(phone: str, state: str) -> Event:
    return {"event_name": "NewState", "exten": phone, "state": state}


def _row(disposition: str, callee: str, *, talk: int = 0, early: bool = False) -> Event:
    """Return the row of one leg; after an `early` one the call goes on."""
    return {
        "event_name": "Cdr",
        "src": "caller",
        "dst": callee,
        "disposition": disposition,
        "billsec": talk,
        "early": early,
    }


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a call, with roles for numbers, and how it ended."""

    name: str
    events: tuple[Event, ...]
    outcome: str
    talk: int | None = None


_TAKEN = (_state("caller", "Ringing"), _state("caller", "InUse"))
_BOTH_RING = (*_TAKEN, _state("callee", "Ringing"), _state("other", "Ringing"))
_OUTSIDE = {"event_name": "OutgoingCall", "number": "mobile", "outgoing_point": "cisco"}
# The dialplan's own, which are nobody's telephone.
OF_DIALPLAN = tuple(
    Story(
        f"the row of {extension}",
        (
            *_TAKEN,
            _row("ANSWERED", extension, talk=5, early=True),
            _state("caller", "Idle"),
        ),
        "unknown",
    )
    for extension in "sith"
)
RING_GROUPS = (
    Story(
        "a ring group that is answered",
        (
            *_BOTH_RING,
            _state("callee", "InUse"),
            _state("other", "Idle"),
            _row("NO ANSWER", "other", early=True),
            _row("ANSWERED", "callee", talk=70),
            _state("callee", "Idle"),
            _state("caller", "Idle"),
        ),
        "answered",
        70,
    ),
    Story(
        "a ring group that nobody answers",
        (
            *_BOTH_RING,
            _state("other", "Idle"),
            _row("NO ANSWER", "other", early=True),
            _state("callee", "Idle"),
            _row("NO ANSWER", "callee"),
            _state("caller", "Idle"),
        ),
        "no_answer",
    ),
)
STORIES = (
    *OF_DIALPLAN,
    *RING_GROUPS,
    Story(
        "a follow-me to a mobile",
        (
            *_TAKEN,
            _state("callee", "Ringing"),
            _state("callee", "Idle"),
            _row("NO ANSWER", "callee", early=True),
            _OUTSIDE,
            _row("ANSWERED", "mobile", talk=35),
            _state("caller", "Idle"),
        ),
        "answered",
        35,
    ),
    Story(
        "all rows at the end, that of who did not answer first",
        (
            *_BOTH_RING,
            _state("callee", "InUse"),
            _state("other", "Idle"),
            _state("callee", "Idle"),
            _state("caller", "Idle"),
            _row("NO ANSWER", "other"),
            _row("ANSWERED", "callee", talk=12),
        ),
        "answered",
        12,
    ),
)


async def try_stories(lane: Lane) -> None:
    """Tell each story of a call of its own, and then have ids that are not unique."""
    await tell_stories(lane, STORIES)
    await _repeat_ids(lane)


async def tell_stories(lane: Lane, stories: tuple[Story, ...]) -> None:
    """Tell stories at the same time."""
    lane.tally.blame(FAMILY)
    counts = lane.tally.of(FAMILY)
    await asyncio.gather(*(_tell(lane, story, counts) for story in stories))


async def _tell(lane: Lane, story: Story, counts: Counts) -> None:
    counts.faults += 1
    counts.actions += 1
    counts.originates += 1
    numbers = {role: lane.number() for role in _ROLES}
    action = asyncio.create_task(
        lane.originate(numbers["caller"], numbers["callee"], "ended")
    )
    call_id = await _accepted(lane, numbers["callee"])
    for event in story.events:
        sent = {
            name: numbers.get(value, value) if name in _FIELDS_OF_NUMBERS else value
            for name, value in event.items()
        }
        early = sent.pop("early", False)
        if event["event_name"] != "NewState":
            sent["originated_call_id"] = call_id
        await lane.send_event({**sent, "unique_id": f"{numbers['caller']}.1"})
        if early:
            await asyncio.sleep(_SECONDS_HELD)
            if action.done():
                counts.wrong("other_errors", f"{story.name} ends too soon")
    await asyncio.wait([action], timeout=SECONDS_TO_END)
    if not action.done():
        action.cancel()
        counts.wrong("other_errors", f"{story.name} does not end")
        return
    said = action.result()
    told = said.response.get("outcome"), said.response.get("talk")
    if told != (story.outcome, story.talk):
        counts.wrong("other_errors", f"{story.name}: {said}")


async def _accepted(lane: Lane, callee: str) -> str:
    """Return the id of a call, once the entry has it."""
    async with asyncio.timeout(SECONDS_TO_END):
        while callee not in lane.pbx.call_ids:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.2)
    return lane.pbx.call_ids[callee]


async def _repeat_ids(lane: Lane) -> None:
    """Have several calls, and an answer to none of them, with one and the same id.

    What is told of that id is true of one of them at most; time ends them all.
    """
    counts = lane.tally.of(FAMILY)
    fault = Fault(
        family=FAMILY,
        name="an id that is repeated",
        meaning=Meaning.ACCEPTED,
        answers=_with_one_id(),
    )
    counts.faults += 1
    await lane.pbx.spoil(fault)
    modes = ("accepted", "answered", "ended", "ended")
    counts.actions += len(modes)
    started = time.monotonic()
    actions = [asyncio.create_task(lane.originate_in_silence(mode)) for mode in modes]
    async with asyncio.timeout(SECONDS_TO_END):
        while len(lane.pbx.call_ids) < len(modes):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    for talk in (0, 5):
        row = _row("ANSWERED", "callee", talk=talk)
        await lane.send_event({**row, "dst": "1", "originated_call_id": _ONE_ID})
    await asyncio.wait(actions, timeout=SECONDS_TO_END)
    seconds = time.monotonic() - started
    if seconds > _SECONDS_OF_SILENCE:
        counts.wrong("other_errors", f"{fault.name}: ends after {seconds:.1f} s")
    for mode, action in zip(modes, actions, strict=True):
        if not action.done():
            action.cancel()
            counts.wrong("other_errors", f"{fault.name}: {mode} does not end")
            continue
        said = action.result()
        expected = "accepted" if mode == "accepted" else "unknown"
        if said.error or said.response["outcome"] != expected:
            counts.wrong("other_errors", f"{fault.name}: {mode}: {said}")
    counts.originates += lane.pbx.heads
    if lane.pbx.heads > len(modes):
        counts.wrong("repeated", f"{fault.name}: {lane.pbx.heads}")
    await lane.pbx.mend()
    await lane.see_in_progress(fault, counts)


def _with_one_id() -> Answers:
    async def answer(connection: Connection, request: Request) -> bool:
        reply = good_reply(request)
        # Both are as long.
        await connection.send(reply.replace(request.call_id.encode(), _ONE_ID.encode()))
        return True

    return answer
