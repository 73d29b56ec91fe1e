"""However many ask the PBX at once, it is asked once, and its answer is kept a while."""

import asyncio

import pytest

from custom_components.pbx.telephony.errors import (
    CannotConnectError,
    PbxError,
    PermissionDeniedError,
)
from custom_components.pbx.telephony.shared_search import SharedSearch

DENIED = PermissionDeniedError(status=403, message="Access denied")


class Pbx:
    """A PBX that takes its time, with a clock that stands still."""

    def __init__(self) -> None:
        """Begin with nobody asking."""
        self.now = 1000.0
        self.searches = 0
        self.cancelled = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.shared = SharedSearch(self.search, now=lambda: self.now)

    async def search(self) -> list[str]:
        """Answer once the gate is open."""
        self.searches += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return [f"answer {self.searches}"]

    async def begin(self, count: int) -> list[asyncio.Task[list[str]]]:
        """Have as many ask, and wait until all of them wait."""
        tasks = [asyncio.create_task(self.shared.rows()) for _ in range(count)]
        await asyncio.sleep(0.01)
        return tasks


async def test_one_search_is_shared_by_all_who_ask_meanwhile() -> None:
    """And by those who ask a moment later, until it is a minute old."""
    pbx = Pbx()
    tasks = await pbx.begin(200)
    pbx.gate.set()
    assert await asyncio.gather(*tasks) == [["answer 1"]] * 200
    pbx.now += 59
    assert await pbx.shared.rows() == ["answer 1"]
    pbx.now += 2
    assert await pbx.shared.rows() == ["answer 2"]
    assert pbx.searches == 2


@pytest.mark.parametrize(("error", "kept"), [(CannotConnectError(), 10), (DENIED, 60)])
async def test_failure_is_shared_and_kept_too(error: PbxError, kept: int) -> None:
    """Not for long, unless it is that the account may not search."""
    pbx = Pbx()
    pbx.error = error
    tasks = await pbx.begin(20)
    pbx.gate.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [error] * 20
    pbx.now += kept - 1
    for _ in range(3):
        with pytest.raises(type(error)):
            await pbx.shared.rows()
    assert pbx.searches == 1
    pbx.now += 2
    pbx.error = None
    assert await pbx.shared.rows() == ["answer 2"]


async def test_who_gives_up_ends_the_search_for_nobody_else() -> None:
    """Not even the one who began it."""
    pbx = Pbx()
    first, second, third = await pbx.begin(3)
    first.cancel()
    third.cancel()
    await asyncio.sleep(0.01)
    pbx.gate.set()
    assert await second == ["answer 1"]
    assert first.cancelled()
    assert (pbx.searches, pbx.cancelled) == (1, 0)


async def test_search_ends_with_the_last_one_who_waits() -> None:
    """Nothing lingers; who asks then has the PBX asked anew."""
    pbx = Pbx()
    for task in await pbx.begin(5):
        task.cancel()
    await asyncio.sleep(0.01)
    assert pbx.cancelled == 1
    pbx.gate.set()
    assert await pbx.shared.rows() == ["answer 2"]


async def test_fault_of_ours_is_nobodys_answer_for_long() -> None:
    """All who wait get it, and the next one asks anew."""
    pbx = Pbx()
    pbx.error = RuntimeError("fault")
    tasks = await pbx.begin(2)
    pbx.gate.set()
    faults = await asyncio.gather(*tasks, return_exceptions=True)
    assert faults == [pbx.error] * 2
    pbx.error = None
    assert await pbx.shared.rows() == ["answer 2"]
