"""Waiting for something to happen."""

import asyncio
from collections.abc import Awaitable


class Changes:
    """Counts what has happened, and wakes those who wait for more of it.

    An `asyncio.Condition` would have to be locked before it may be notified, which only
    a coroutine can; here everything that happens may note it.
    """

    def __init__(self) -> None:
        """Begin at 0."""
        self.count = 0
        self._noted = asyncio.Event()

    def note(self) -> None:
        """Count one more."""
        self.count += 1
        noted, self._noted = self._noted, asyncio.Event()
        noted.set()

    async def beyond(self, count: int) -> None:
        """Wait until more than that many things have happened."""
        while self.count <= count:
            await self._noted.wait()


async def first_of(*waits: Awaitable[object], timeout: float | None = None) -> bool:
    """Wait for the first of some waits and end the others.

    Return whether the first one named was done.
    """
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
