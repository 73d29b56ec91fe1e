"""Waiting for something to happen."""

import asyncio


class Changes:
    """Counts what has happened, and wakes those who wait for more of it."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.count = 0
        self._waiting: list[asyncio.Future[None]] = []

    def note(self) -> None:
        """Count one more."""
        self.count += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def beyond(self, count: int) -> None:
        """Wait until more than that many things have happened."""
        while self.count <= count:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future
