"""A wall clock that jumps while calls go on, by which nothing may be measured."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
import time

from homeassistant.util import dt as dt_util

from .fault import Fault, Meaning
from .lane import Lane

FAMILY = "A clock that jumps"
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_JUMPS = {
    "an hour ahead": _HOUR,
    "an hour back": -_HOUR,
    "a day ahead": _DAY,
    "two days back": -2 * _DAY,
    "ten years ahead": 3652 * _DAY,
    "to 1990": datetime(1990, 1, 1, tzinfo=UTC) - datetime.now(UTC),
    "a second back": -timedelta(seconds=1),
    "right again": timedelta(),
}
_SECONDS_BETWEEN = 2.0
# The shortest ring time and the grace after it; a look into the report, and another.
_SOONEST = 1.0 + 15.0
_LATEST = _SOONEST + 12.0


class WallClock:
    """The time of day as Home Assistant reads it, ahead or behind."""

    def __init__(self) -> None:
        """Start with the right time."""
        self.ahead = timedelta()
        self._time = time.time

    def time(self) -> float:
        """Return the seconds since 1970."""
        return self._time() + self.ahead.total_seconds()

    def utcnow(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def now(self, time_zone: tzinfo | None = None) -> datetime:
        """Return the time in a zone."""
        zone = time_zone or dt_util.get_default_time_zone()
        return datetime.fromtimestamp(self.time(), zone)


@contextmanager
def jumping_clock() -> Iterator[WallClock]:
    """Put a wall clock that jumps in the place of the right one.

    The monotonic one, by which the event loop measures, goes on.
    """
    clock = WallClock()
    replaced = (
        (time, "time", clock.time),
        (dt_util, "utcnow", clock.utcnow),
        (dt_util, "now", clock.now),
    )
    before = [getattr(module, name) for module, name, _ in replaced]
    for module, name, played in replaced:
        setattr(module, name, played)
    try:
        yield clock
    finally:
        for (module, name, _), right in zip(replaced, before, strict=True):
            setattr(module, name, right)


async def try_jumps(lane: Lane) -> None:
    """Have the clock jump while calls are waited for of which nothing is heard."""
    lane.tally.blame(FAMILY)
    with jumping_clock() as clock:
        waiting = [
            asyncio.create_task(_end_in_time(lane, mode))
            for mode in ("answered", "ended")
        ]
        for name, ahead in _JUMPS.items():
            await asyncio.sleep(_SECONDS_BETWEEN)
            clock.ahead = ahead
            await lane.try_while_well(
                Fault(family=FAMILY, name=name, meaning=Meaning.ACCEPTED)
            )
        await asyncio.gather(*waiting)


async def _end_in_time(lane: Lane, mode: str) -> None:
    """Wait for a silent call, which the clock ends, and see that the right one does."""
    counts = lane.tally.of(FAMILY)
    counts.actions += 1
    counts.originates += 1
    started = time.monotonic()
    said = await lane.originate_in_silence(mode)
    seconds = time.monotonic() - started
    in_time = _SOONEST <= seconds <= _LATEST
    if not in_time or said.response.get("outcome") != "unknown":
        counts.wrong("other_errors", f"{mode} ends after {seconds:.1f} s: {said}")
