"""The time in which calls take place, which may pass faster than on the wall."""

import asyncio
from collections.abc import Awaitable, Callable
import heapq

type Sleep = Callable[[float], Awaitable[None]]


async def instant(_seconds: float) -> None:
    """Sleep no time at all: given as `sleep`, every call runs as fast as it can.

    What is due at different times still happens in that order, and each event has been
    answered before the next thing happens.
    """
    await asyncio.sleep(0)


class Timer:
    """Something to be done at a time, unless it is cancelled before."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        """Plan it."""
        self.due = due
        self.action: Callable[[], None] | None = action

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
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = 0
        self._holds = 0
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """How many of its seconds pass in a real one."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._stop_here(self.now())
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
        self._forget_cancelled()
        return not self._heap

    def now(self) -> float:
        """Return the seconds passed."""
        if self._since is None or self._loop is None:
            return self._reached
        now = self._reached + (self._loop.time() - self._since) * self._speed
        self._forget_cancelled()
        if self._heap:
            # Until the next timer has gone off, it is not later than that.
            now = min(now, self._heap[0][0])
        return max(now, self._reached)

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Have something done so much later."""
        timer = Timer(self.now() + seconds, action)
        self._order += 1
        heapq.heappush(self._heap, (timer.due, self._order, timer))
        self._changed.set()
        return timer

    def hold(self) -> None:
        """Let the time stand still, where it is patient, until as many releases."""
        if self.is_patient:
            self._stop_here(self.now())
        self._holds += 1

    def release(self) -> None:
        """Let the time pass on, when it was the last hold."""
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
        """Let the time pass, and timers go off as their time comes, until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._go_on()
        try:
            await self._go()
        finally:
            self._stop_here(self.now())
            self._loop = None

    async def _go(self) -> None:
        while True:
            self._changed.clear()
            self._forget_cancelled()
            if not self._heap or (self._holds and self.is_patient):
                await self._changed.wait()
                continue
            due, _, timer = self._heap[0]
            seconds = due - self.now()
            if seconds > 0 and not await self._slept(seconds / self._speed):
                continue
            if self._heap and self._heap[0][2] is timer:
                self._go_off()
            # Others get their turn, also where nothing takes any time.
            await asyncio.sleep(0)

    def _go_off(self) -> None:
        due, _, timer = heapq.heappop(self._heap)
        self._stop_here(max(self._reached, due))
        action, timer.action = timer.action, None
        if action is not None:
            action()
        if not (self._holds and self.is_patient):
            self._go_on()

    async def _slept(self, seconds: float) -> bool:
        """Sleep, and say whether that was to the end, or else something changed."""
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait(
                (sleeping, changing), return_when=asyncio.FIRST_COMPLETED
            )
            return sleeping.done() and not (self._holds and self.is_patient)
        finally:
            sleeping.cancel()
            changing.cancel()
            await asyncio.gather(sleeping, changing, return_exceptions=True)

    def _stop_here(self, seconds: float) -> None:
        self._reached = seconds
        self._since = None

    def _go_on(self) -> None:
        if self._loop is not None:
            self._stop_here(self.now())
            self._since = self._loop.time()

    def _forget_cancelled(self) -> None:
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
