"""What is counted, by family of faults, and how it is shown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

_MOST_NOTES = 40
ELSEWHERE = "Between the faults"


@dataclass(slots=True)
class Counts:
    """What happened with the faults of one family.

    The first four say how much was tried. The rest must be zero; `notes` say what it
    was where one is not.
    """

    faults: int = 0
    actions: int = 0
    originates: int = 0
    requests: int = 0
    repeated: int = 0
    denied: int = 0
    invented: int = 0
    other_errors: int = 0
    states: int = 0
    tracebacks: int = 0
    unhandled: int = 0
    secrets: int = 0
    notes: list[str] = field(default_factory=list)

    def wrong(self, what: str, note: str, *, times: int = 1) -> None:
        """Count something that must not be, and say what it was."""
        setattr(self, what, getattr(self, what) + times)
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(f"{COLUMNS[what][0]}: {note}")


# The columns of the table, in order: the name of a count, its head, and what it means.
COLUMNS = {
    "faults": ("Faults", "faults tried"),
    "actions": ("Actions", "actions, pings, set-ups and forms that met them"),
    "originates": ("Originates", "originate requests that the PBX saw"),
    "requests": ("Requests", "requests to the webhook"),
    "repeated": ("Twice", "originate requests beyond one for each action"),
    "denied": (
        "Denied",
        "errors that say “nothing placed” though the request had left",
    ),
    "invented": ("Invented", "calls said to be accepted though no reply said so"),
    "other_errors": ("Other", "results that are not the documented ones, or no end"),
    "states": ("States", "wrong states of entities and entries"),
    "tracebacks": ("Tracebacks", "tracebacks in the log, at any level"),
    "unhandled": ("Unhandled", "exceptions that nobody handled"),
    "secrets": (
        "Secrets",
        "keys, passwords and addresses of webhooks told, cookies sent back",
    ),
}
TRIED = ("faults", "actions", "originates", "requests")
MUST_BE_ZERO = tuple(name for name in COLUMNS if name not in TRIED)


class Tally:
    """The counts of all families, in the order in which they were first counted."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.families: dict[str, Counts] = {}
        self._current: ContextVar[Counts | None] = ContextVar("current", default=None)
        self._shared: Counts | None = None

    def start_anew(self) -> None:
        """Forget what was counted."""
        self.families.clear()

    def of(self, family: str) -> Counts:
        """Return the counts of a family."""
        return self.families.setdefault(family, Counts())

    @property
    def current(self) -> Counts:
        """The family that is responsible for what happens here and now."""
        return self._current.get() or self._shared or self.of(ELSEWHERE)

    def blame(self, family: str) -> None:
        """Have this task, and all that it starts, count for a family."""
        self._current.set(self.of(family))

    @contextmanager
    def blaming(self, family: str) -> Iterator[Counts]:
        """Have what belongs to no task of a fault count for a family meanwhile."""
        self._shared = self.of(family)
        try:
            yield self._shared
        finally:
            self._shared = None

    @property
    def total(self) -> Counts:
        """The sum of all families."""
        total = Counts()
        for counts in self.families.values():
            for name in COLUMNS:
                setattr(total, name, getattr(total, name) + getattr(counts, name))
            total.notes += counts.notes
        return total

    @property
    def violations(self) -> int:
        """How often something happened that must not."""
        total = self.total
        return sum(getattr(total, name) for name in MUST_BE_ZERO)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of the table, the heads first and the sum last."""
        named = [*self.families.items(), ("Total", self.total)]
        return [
            ("Family", *(head for head, _ in COLUMNS.values())),
            *(
                (family, *(f"{getattr(counts, name):,}" for name in COLUMNS))
                for family, counts in named
            ),
        ]

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "families": {
                name: asdict(counts) for name, counts in self.families.items()
            },
            "total": asdict(self.total),
        }


def as_text(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table for a terminal: the first column is text, the rest are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def legend() -> str:
    """Return what the columns mean."""
    return "\n".join(f"  {head:<11} {text}" for head, text in COLUMNS.values())
