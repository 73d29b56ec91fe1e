"""Entries that go, or come back, while the PBX or a sender is not ready yet."""

import asyncio
from collections.abc import Awaitable, Callable
import json

from homeassistant.config_entries import ConfigEntries, ConfigEntryState

from .bench import Bench
from .fault import TRUTHS, Answers, Fault, Meaning
from .lane import SECONDS_TO_END, Lane
from .pbx import Connection, Request, good_reply
from .visits import request

FAMILY = "An entry that goes meanwhile"
_SECONDS_LATE = 0.4
_MODES = {"accepted": "accepted", "ended": "unknown"}
_BROKEN = b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"
_EVENT = json.dumps({"event_name": "IncomingCall", "number": "0912"}).encode()

type Part = Callable[[ConfigEntries, str], Awaitable[object]]

# How the entry goes, and what the webhook answers to an event that was under way.
_PARTINGS: dict[str, tuple[Part, bytes]] = {
    "is unloaded": (ConfigEntries.async_unload, b"503"),
    "is loaded anew": (ConfigEntries.async_reload, b"200"),
    "is removed": (ConfigEntries.async_remove, b"503"),
}


async def try_partings(bench: Bench, lane: Lane) -> None:
    """Have the entry go while requests, and events, are under way."""
    lane.tally.blame(FAMILY)
    for name, (part, status) in _PARTINGS.items():
        for meaning, reply in ((Meaning.ACCEPTED, None), (Meaning.UNKNOWN, _BROKEN)):
            fault = Fault(
                family=FAMILY,
                name=f"{name} before a reply: {meaning}",
                meaning=meaning,
                answers=_late(reply),
                keeps=True,
            )
            await _try_calls(bench, lane, fault, part)
        await try_event(bench, lane, name, part, status)


async def try_unloading(bench: Bench, lane: Lane) -> None:
    """Unload the entry while an event is under way."""
    await try_event(bench, lane, "is unloaded", *_PARTINGS["is unloaded"])


async def try_event(
    bench: Bench, lane: Lane, name: str, part: Part, status: bytes
) -> None:
    """Have the entry go while an event's body is under way."""
    counts = lane.tally.of(FAMILY)
    with lane.tally.blaming(FAMILY):
        counts.faults += 1
        counts.requests += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.core.port)
        sent = request(bench.core.webhook_path(lane.entry), _EVENT)
        writer.write(sent[:-5])
        await asyncio.sleep(0.1)
        await part(bench.core.hass.config_entries, lane.entry.entry_id)
        writer.write(sent[-5:])
        async with asyncio.timeout(SECONDS_TO_END):
            line = await reader.readline()
        if line.split()[1:2] != [status]:
            counts.wrong("other_errors", f"{name} before an event: {line!r}")
        writer.close()
        await _come_back(bench, lane)


async def _try_calls(bench: Bench, lane: Lane, fault: Fault, part: Part) -> None:
    """Have the entry go before the PBX answers, for good or to come back."""
    counts = lane.tally.of(FAMILY)
    counts.faults += 1
    counts.actions += len(_MODES)
    entries = bench.core.hass.config_entries
    await lane.pbx.spoil(fault)
    callees = {mode: lane.number() for mode in _MODES}
    actions = {
        mode: asyncio.create_task(lane.originate(lane.number(), callee, mode))
        for mode, callee in callees.items()
    }
    async with asyncio.timeout(SECONDS_TO_END):
        while lane.pbx.heads < len(actions):
            await asyncio.sleep(0.01)
    await part(entries, lane.entry.entry_id)
    await asyncio.sleep(2 * _SECONDS_LATE)
    if lane.entry.state is ConfigEntryState.LOADED:
        # Who waits for the end of a call goes on waiting.
        await entries.async_unload(lane.entry.entry_id)
    await asyncio.wait(actions.values(), timeout=SECONDS_TO_END)
    error = TRUTHS[fault.meaning].error
    for mode, action in actions.items():
        if not action.done():
            action.cancel()
            counts.wrong("other_errors", f"{fault.name}: {mode} does not end")
            continue
        said = action.result()
        outcome = None if error else _MODES[mode]
        if said.error != error or said.response.get("outcome") != outcome:
            counts.wrong("other_errors", f"{fault.name}: {mode}: {said}")
    counts.originates += lane.pbx.heads
    if lane.pbx.heads > len(actions):
        counts.wrong("repeated", f"{fault.name}: {lane.pbx.heads}")
    taken = [callee for callee in callees.values() if callee in lane.pbx.call_ids]
    await _come_back(bench, lane)
    await lane.tell_of_end(taken)
    await lane.see_in_progress(fault, counts)


async def _come_back(bench: Bench, lane: Lane) -> None:
    """Have PBX and entry well again."""
    await lane.pbx.mend()
    entries = bench.core.hass.config_entries
    if entries.async_get_entry(lane.entry.entry_id) is None:
        await lane.add_entry()
    else:
        await entries.async_reload(lane.entry.entry_id)


def _late(data: bytes | None) -> Answers:
    """Answer an originate after a while, with what is right if there is no data."""

    async def answer(connection: Connection, request: Request) -> bool:
        if request.is_originate:
            await connection.pause(_SECONDS_LATE)
        broken = data if request.is_originate else None
        await connection.send(good_reply(request) if broken is None else broken)
        return True

    return answer
