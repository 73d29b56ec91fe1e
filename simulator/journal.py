"""Records of what happened, of which the newest are kept."""

from collections import deque
from collections.abc import Callable

from .changes import Changes


class Journal[Record]:
    """The newest records of one kind, the newest one last."""

    def __init__(self, limit: Callable[[], int], changes: Changes) -> None:
        """Begin without a record; `limit` says how many are kept."""
        self._limit = limit
        self._changes = changes
        self._records: deque[Record] = deque()

    @property
    def records(self) -> tuple[Record, ...]:
        """What is kept."""
        return tuple(self._records)

    def add(self, record: Record) -> None:
        """Keep one more, and drop the oldest ones beyond the limit."""
        self._records.append(record)
        while len(self._records) > self._limit():
            self._records.popleft()
        self._changes.note()

    def forget(self) -> None:
        """Forget everything."""
        self.forget_where(lambda _record: True)

    def forget_where(self, is_meant: Callable[[Record], bool]) -> None:
        """Forget some of the records."""
        self._records = deque(item for item in self._records if not is_meant(item))
        self._changes.note()
