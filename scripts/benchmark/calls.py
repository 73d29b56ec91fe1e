"""How fast a call is placed: by the action, by a `rest_command`, by aiohttp alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, TraceConfig, TraceRequestChunkSentParams

from homeassistant.core import HomeAssistant
from simulator.server import Simulator

from .contestants import (
    BARE,
    PBX,
    REST_COMMAND,
    Bare,
    Contestant,
    Pbx,
    RestCommand,
    require_alike,
)
from .entries import add, new_entry, remove
from .measuring import paired, settle_memory, spread, times, turns, without_collector

# How many calls are placed in one round, one after the other or all at once.
CALLS_OF_A_ROUND = {1: 10, 10: 10, 100: 100}
ROUNDS = {1: 150, 10: 150, 100: 30}
WARM_UP = 5
_FIRST_NUMBER = 10_000
_ROUNDS_OF_REST = 10

# What is being placed; the request may leave from a task that was started for it.
_placed: ContextVar[_Placed] = ContextVar("_placed")
_numbers = count(_FIRST_NUMBER)


@dataclass(slots=True)
class _Placed:
    """When the request of a call left; the clock is that of `perf_counter`."""

    sent: float = 0.0


@dataclass(slots=True)
class _Measured:
    """What was measured of a contestant: seconds, and calls per second by round."""

    until_sent: list[float] = field(default_factory=list)
    until_returned: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


async def measure(
    hass: HomeAssistant, simulator: Simulator, *, share: float
) -> dict[str, Any]:
    """Measure the three side by side; `share` of the rounds are played."""
    entry = new_entry(simulator)
    await add(hass, entry)
    async with ClientSession() as bare_session, ClientSession() as event_session:
        contestants: list[Contestant] = [
            Bare(bare_session, simulator),
            RestCommand(hass),
            Pbx(hass, entry, event_session),
        ]
        simulator.pbx.reset()
        for contestant in contestants:
            await _play(contestant, at_once=1, calls=1)
            await contestant.settle()
        require_alike(simulator, len(contestants))
        settle_memory()
        result = {
            str(at_once): await _compare(
                contestants,
                simulator,
                at_once=at_once,
                rounds=max(4, round(ROUNDS[at_once] * share)),
            )
            for at_once in CALLS_OF_A_ROUND
        }
    await remove(hass, entry)
    return result


async def _compare(
    contestants: list[Contestant], simulator: Simulator, *, at_once: int, rounds: int
) -> dict[str, Any]:
    """Let the contestants place calls in turn, so many at a time."""
    measured = {contestant.name: _Measured() for contestant in contestants}
    calls = CALLS_OF_A_ROUND[at_once]
    orders = turns(contestants)
    for number in range(WARM_UP + rounds):
        for contestant in next(orders):
            simulator.pbx.reset()
            with without_collector():
                started = perf_counter()
                seconds = await _play(contestant, at_once=at_once, calls=calls)
                elapsed = sum(seconds) if at_once == 1 else perf_counter() - started
            await contestant.settle()
            _require_placed(simulator, calls)
            simulator.pbx.reset()
            with without_collector(), _watched(contestant.session):
                until_sent = await _play(
                    contestant, at_once=at_once, calls=calls, sent=True
                )
            await contestant.settle()
            _require_placed(simulator, calls)
            if number < WARM_UP:
                continue
            of_this = measured[contestant.name]
            of_this.until_sent += until_sent
            of_this.until_returned += seconds
            of_this.rates.append(calls / elapsed)
    simulator.pbx.reset()
    rates = {name: of_one.rates for name, of_one in measured.items()}
    return {
        **{
            name: {
                "until_sent": times(of_one.until_sent),
                "until_returned": times(of_one.until_returned),
                "per_second": spread(of_one.rates),
            }
            for name, of_one in measured.items()
        },
        # Time of ours to time of theirs, as it was in the same rounds.
        "time_ratio": {
            other: paired(rates[other], rates[PBX]) for other in (REST_COMMAND, BARE)
        },
    }


async def _play(
    contestant: Contestant, *, at_once: int, calls: int, sent: bool = False
) -> list[float]:
    """Place calls, all at once or one after the other.

    Returns the seconds of each until it returned, or was sent.
    """

    async def place() -> float:
        number = next(_numbers)
        placed = _Placed()
        _placed.set(placed)
        started = perf_counter()
        await contestant.originate(f"8{number}", f"9{number}")
        return (placed.sent if sent else perf_counter()) - started

    if at_once == calls:
        return await asyncio.gather(*(place() for _ in range(calls)))
    seconds: list[float] = []
    for _ in range(calls):
        # What the PBX still does about the last call is not counted for this one.
        for _ in range(_ROUNDS_OF_REST):
            await asyncio.sleep(0)
        seconds += [await place()]
    return seconds


@contextmanager
def _watched(session: ClientSession) -> Iterator[None]:
    """Have it noted when requests of a session are handed to the socket."""

    async def note(
        _session: ClientSession,
        _context: SimpleNamespace,
        _parameters: TraceRequestChunkSentParams,
    ) -> None:
        placed = _placed.get()
        placed.sent = placed.sent or perf_counter()

    trace = TraceConfig()
    trace.on_request_chunk_sent.append(note)
    trace.freeze()
    session.trace_configs.append(trace)
    try:
        yield
    finally:
        session.trace_configs.remove(trace)


def _require_placed(simulator: Simulator, calls: int) -> None:
    """Raise RuntimeError unless the PBX has taken so many calls, each sent once."""
    statuses = [request.status for request in simulator.pbx.requests]
    if statuses != [200] * calls:
        raise RuntimeError(f"{calls} calls were placed, the PBX answered {statuses}")
