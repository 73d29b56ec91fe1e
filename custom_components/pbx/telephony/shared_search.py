"""A search of the PBX whose answer is shared by all who ask for it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Final

from .errors import PbxError, PermissionDeniedError

SECONDS_KEPT: Final = 60.0
# The PBX may be back in a moment; an account that may not search stays so for a while.
SECONDS_A_FAILURE_IS_KEPT: Final = 10.0

type _Answer[RowT] = list[RowT] | PbxError


async def found_or_nothing[RowT](search: Awaitable[list[RowT]]) -> list[RowT]:
    """Return what a search finds, nothing if the PBX does not say."""
    try:
        return await search
    except PbxError:
        return []


class SharedSearch[RowT]:
    """Runs a search once, however many ask for it at a time, and keeps its answer.

    It runs in a task of its own, so that whoever is cancelled ends it for nobody else.
    The task ends with the last one who waits for it.
    """

    def __init__(
        self,
        search: Callable[[], Coroutine[None, None, list[RowT]]],
        *,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Share the rows that `search` returns, or the PbxError that it raises."""
        self._search = search
        self._now = now
        self._answer: _Answer[RowT] = []
        self._kept_until = -1.0
        self._running: asyncio.Task[_Answer[RowT]] | None = None
        self._waiting = 0

    async def rows(self) -> list[RowT]:
        """Return what the PBX lists, or listed a moment ago.

        Raises PbxError.
        """
        if self._now() < self._kept_until:
            answer = self._answer
        else:
            answer = await self._ask()
        if isinstance(answer, PbxError):
            # An error that is raised twice would gather the tracebacks of both.
            raise answer.with_traceback(None)
        return answer

    async def _ask(self) -> _Answer[RowT]:
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        task = self._running
        self._waiting += 1
        try:
            await asyncio.wait([task])
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._running = None
                task.cancel()
        return task.result()

    async def _run(self) -> _Answer[RowT]:
        kept = SECONDS_KEPT
        try:
            self._answer = await self._search()
        except PermissionDeniedError as err:
            self._answer = err
        except PbxError as err:
            self._answer = err
            kept = SECONDS_A_FAILURE_IS_KEPT
        self._kept_until = self._now() + kept
        return self._answer
