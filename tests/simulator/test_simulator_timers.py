"""The clock of calls, and patterns of numbers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
import time

import pytest

from simulator.patterns import fits, is_pattern
from simulator.timers import Sleep, Timers, instant


@asynccontextmanager
async def going(*, speed: float = 1.0, sleep: Sleep = instant) -> AsyncIterator[Timers]:
    """Run a clock."""
    timers = Timers(speed=speed, sleep=sleep)
    task = asyncio.create_task(timers.run())
    try:
        yield timers
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def turns(count: int = 50) -> None:
    """Let other tasks have their turns."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_order() -> None:
    """Timers go off in the order of their times, those of one time as they came."""
    done: list[str] = []
    async with going() as timers:
        for name, seconds in (("late", 60), ("early", 1), ("second", 1), ("now", 0)):
            timers.after(seconds, partial(done.append, name))
        cancelled = timers.after(2, lambda: done.append("cancelled"))
        cancelled.cancel()
        await turns()
        assert timers.is_idle
    assert done == ["now", "early", "second", "late"]


async def test_times() -> None:
    """While one goes off, it is exactly its time."""
    times: list[float] = []
    async with going() as timers:
        begin = timers.now()

        def again() -> None:
            times.append(timers.now() - begin)
            if len(times) < 4:
                timers.after(5, again)

        timers.after(5, again)
        await turns(100)
    assert [round(seconds, 2) for seconds in times] == [5, 10, 15, 20]


async def test_earlier_one_comes_later() -> None:
    """One that is set later and due earlier goes off first."""
    done: list[str] = []
    async with going(speed=100, sleep=asyncio.sleep) as timers:
        timers.after(20, lambda: done.append("first set"))
        await asyncio.sleep(0.01)
        timers.after(1, lambda: done.append("then set"))
        while len(done) < 2:
            await asyncio.sleep(0.01)
    assert done == ["then set", "first set"]


async def test_speed() -> None:
    """A faster clock takes less time."""
    begin = time.monotonic()
    async with going(speed=1000, sleep=asyncio.sleep) as timers:
        done = asyncio.Event()
        timers.after(60, done.set)
        await done.wait()
        assert timers.now() >= 60
    assert time.monotonic() - begin < 2


async def test_change_of_speed() -> None:
    """A clock can be made faster while it goes, and does not jump then."""
    async with going(sleep=asyncio.sleep) as timers:
        await asyncio.sleep(0.01)
        before = timers.now()
        assert 0 < before < 10
        timers.speed = 1_000_000
        assert timers.now() - before < 100_000
        assert timers.speed == 1_000_000
    reached = timers.now()
    await asyncio.sleep(0.01)
    assert timers.now() == reached


@pytest.mark.parametrize(("speed", "waits"), [(1.0, False), (100.0, True)])
async def test_hold(speed: float, waits: bool) -> None:
    """A clock that is faster than the real one stands still for a hold."""
    done = asyncio.Event()
    async with going(speed=speed, sleep=asyncio.sleep) as timers:
        assert timers.is_patient is waits
        timers.hold()
        timers.after(0.02, done.set)
        await asyncio.sleep(0.06)
        assert done.is_set() is not waits
        timers.release()
        await done.wait()


async def test_clear() -> None:
    """A clock that was cleared has nothing to do, and goes on."""
    async with going() as timers:
        timers.hold()
        timers.after(1, lambda: None)
        timers.clear()
        assert timers.is_idle
        done = asyncio.Event()
        timers.after(1, done.set)
        await done.wait()


@pytest.mark.parametrize(
    ("number", "pattern", "fitting"),
    [
        ("557", "557", True),
        ("557", "55", False),
        ("557", "XXX", True),
        ("057", "ZXX", False),
        ("157", "NXX", False),
        ("257", "NXX", True),
        ("553", "55[1-3]", True),
        ("557", "55[1-3]", False),
        ("0912", "09.", True),
        ("09", "09.", False),
        ("09", "09!", True),
        ("*98", "*98", True),
        ("+98", "+98", True),
        ("[", "[", True),
    ],
)
def test_patterns(number: str, pattern: str, fitting: bool) -> None:
    """Patterns are those of the PBX's routes."""
    assert fits(number, pattern) is fitting


def test_no_patterns() -> None:
    """What is none is known for it."""
    assert not is_pattern("")
    assert not is_pattern("[9-1]")
