"""Trying all faults in one core, and seeing what is left."""

import asyncio
import time

from .bench import MOST_LANES, WELL, Bench, running_bench
from .clock import try_jumps
from .doorstep import Doorstep
from .elsewhere import elsewhere
from .families import all_faults
from .lane import in_lanes
from .leftovers import peak_memory, possessions, settled
from .partings import try_partings
from .result import Left, Result
from .stories import try_stories

# Beside the lanes of the faults: for the clock, the webhook, and what is told of calls
# and entries that go.
_OTHER_LANES = 4


async def run(*, lanes: int = MOST_LANES) -> Result:
    """Try everything once, after a time to warm up, and return what happened."""
    started = time.monotonic()
    async with running_bench() as bench:
        await _warm_up(bench, lanes)
        before, peak = possessions(bench.core.hass), peak_memory()
        await _try_all(bench, lanes)
        after = await settled(bench.core.hass, before)
        return Result(
            tally=bench.tally,
            left=Left.between(before, after),
            rise=peak_memory() - peak,
            seconds=time.monotonic() - started,
            no_http=bench.watch.no_http,
            records=bench.watch.records,
        )


async def _warm_up(bench: Bench, count: int) -> None:
    """Do once what is done later, with nothing wrong: what Python keeps, it keeps now."""
    async with bench.lanes(count) as lanes:
        await in_lanes(lanes, [WELL] * count)
        await Doorstep(bench, lanes[0]).warm_up()
    if bench.tally.violations:
        notes = "\n".join(bench.tally.total.notes)
        raise RuntimeError(f"Something is wrong though nothing should be:\n{notes}")
    bench.tally.start_anew()


async def _try_all(bench: Bench, count: int) -> None:
    async with bench.lanes(count) as lanes, elsewhere() as other:
        doorstep = Doorstep(bench, lanes[1])
        await asyncio.gather(
            in_lanes(lanes[_OTHER_LANES:], all_faults(bench.authority, other.url)),
            try_jumps(lanes[0]),
            doorstep.try_slowly(),
            try_stories(lanes[2]),
            try_partings(bench, lanes[3]),
        )
        await doorstep.try_fast()
        if other.visitors:
            counts = bench.tally.of("Redirects")
            counts.wrong("secrets", "a redirect was followed", times=other.visitors)
