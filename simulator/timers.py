"""The time in which calls take place, which may pass faster than on the wall.

The event loop's own timers cannot stand still for a hold or change their speed, and
the libraries that turn a loop's clock turn it for the HTTP server too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import heapq

from .changes import first_of

type Sleep = Callable[[float], Awaitable[None]]


async def instant(_seconds: float) -> None:
    """Sleep no time at all: given as `sleep`, every call runs as fast as it can.

    What is due at different times still happens in that order, and each event has been
    answered before the next thing happens.
    """
    await asyncio.sleep(0)


@dataclass(order=True, slots=True)
class Timer:
    """Something to be done at a time, unless it is cancelled before."""

    due: float
    order: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Do not do it; what was done already is not undone."""
        self.action = None


class Timers:
    """A clock of its own with the timers on it.

    Its seconds last `1 / speed` of a real second, or what `sleep` makes of that. Timers
    go off one after the other, in the order of their times, and while one does, the
    time stands still. `run` moves the time on; without it nothing happens.
    """

    def __init__(self, *, speed: float, sleep: Sleep = asyncio.sleep) -> None:
        """Begin at 0 seconds."""
        self._speed = speed
        self._sleep = sleep
        self._reached = 0.0
        self._since: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heap: list[Timer] = []
        self._order = 0
        self._holds = 0
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """How many of its seconds pass in a real one."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._stop_at(self.now())
        self._speed = speed
        self._go_on()

    @property
    def is_patient(self) -> bool:
        """Whether the time waits for things that need real time, so for holds.

        In real time it does not: there a slow receiver of events is slow. A faster
        clock waits, since nobody outside can be as much faster.
        """
        return self._speed > 1 or self._sleep is not asyncio.sleep

    @property
    def is_idle(self) -> bool:
        """Whether no timer is left."""
        return self._next() is None

    def now(self) -> float:
        """Return the seconds passed."""
        if self._since is None or self._loop is None:
            return self._reached
        now = self._reached + (self._loop.time() - self._since) * self._speed
        if (timer := self._next()) is not None:
            # Until the next timer has gone off, it is not later than that.
            now = min(now, timer.due)
        return max(now, self._reached)

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Schedule an action in so many seconds of this clock."""
        self._order += 1
        timer = Timer(self.now() + seconds, self._order, action)
        heapq.heappush(self._heap, timer)
        self._changed.set()
        return timer

    def hold(self) -> None:
        """Stop the clock, where it is patient, until as many releases."""
        if self.is_patient:
            self._stop_at(self.now())
        self._holds += 1

    def release(self) -> None:
        """End a hold; the clock goes on after the last one."""
        self._holds -= 1
        if not self._holds:
            self._go_on()
            self._changed.set()

    def clear(self) -> None:
        """Forget all timers and holds."""
        self._heap.clear()
        self._holds = 0
        self._go_on()
        self._changed.set()

    async def run(self) -> None:
        """Run the clock, and each timer as it falls due, until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._go_on()
        try:
            while True:
                self._changed.clear()
                timer = self._next()
                if timer is None or self._stands_still:
                    await self._changed.wait()
                elif await self._is_due(timer):
                    self._go_off(timer)
                    # Others get their turn, also where nothing takes any time.
                    await asyncio.sleep(0)
        finally:
            self._stop_at(self.now())
            self._loop = None

    @property
    def _stands_still(self) -> bool:
        return self._holds > 0 and self.is_patient

    async def _is_due(self, timer: Timer) -> bool:
        """Wait for a timer; return whether nothing came before it."""
        seconds = timer.due - self.now()
        if seconds <= 0:
            return True
        slept = await first_of(self._sleep(seconds / self._speed), self._changed.wait())
        return slept and not self._stands_still and self._next() is timer

    def _go_off(self, timer: Timer) -> None:
        heapq.heappop(self._heap)
        self._stop_at(max(self._reached, timer.due))
        action, timer.action = timer.action, None
        if action is not None:
            action()
        if not self._stands_still:
            self._go_on()

    def _next(self) -> Timer | None:
        """Return the timer that goes off next."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def _stop_at(self, seconds: float) -> None:
        self._reached = seconds
        self._since = None

    def _go_on(self) -> None:
        if self._loop is not None:
            self._stop_at(self.now())
            self._since = self._loop.time()
