"""The result of a run: what was counted, what is left, and where it ran."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
import os
import platform
from typing import Any

from homeassistant.const import __version__ as home_assistant_version

from .leftovers import Possessions
from .tally import Tally, as_text, legend

# What is kept of its own accord, in caches that do not grow.
MOST_BLOCKS = 10_000
MOST_MEMORY = 200 * 1024 * 1024
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Left:
    """What is left in the end that was not there in the beginning."""

    tasks: int
    timers: int
    listeners: int
    sockets: int
    files: int
    blocks: int
    resident: int
    names: list[str]

    @classmethod
    def between(cls, before: Possessions, after: Possessions) -> Left:
        """Return what is left after, compared with before."""
        return cls(
            **after.beyond(before),
            blocks=after.blocks - before.blocks,
            resident=after.resident - before.resident,
            names=after.names_beyond(before),
        )

    @property
    def violations(self) -> int:
        """How much there is that must not be."""
        counted = self.tasks + self.timers + self.listeners + self.sockets + self.files
        return counted + (self.blocks > MOST_BLOCKS)

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        return [
            f"  {kind:<10} {getattr(self, kind):>8,}"
            for kind in ("tasks", "timers", "listeners", "sockets", "files")
        ] + [
            f"  {'memory':<10} {self.blocks:>8,} blocks (at most {MOST_BLOCKS:,}), "
            f"{self.resident / _MEGABYTE:.1f} MB",
            *(f"  {name}" for name in self.names),
        ]


@dataclass(frozen=True, slots=True)
class Result:
    """The whole result. `rise` is by how many bytes the memory had risen at most."""

    tally: Tally
    left: Left
    rise: int
    seconds: float
    no_http: int
    records: int

    @property
    def violations(self) -> int:
        """How much happened, or is left, that must not."""
        return self.tally.violations + self.left.violations + (self.rise > MOST_MEMORY)

    def text(self) -> str:
        """Return it for a terminal."""
        notes = [
            f"  {family}: {note}"
            for family, counts in self.tally.families.items()
            for note in counts.notes
        ]
        return "\n".join(
            [
                as_text(self.tally.rows()),
                "",
                legend(),
                "",
                "Left in the end:",
                *self.left.lines(),
                f"  {'at most':<10} {self.rise / _MEGABYTE:>8.0f} MB more "
                f"(may be {MOST_MEMORY // _MEGABYTE})",
                "",
                f"{self.records:,} records in the log were looked through; of "
                f"{self.no_http} requests that were no HTTP Home Assistant's own server "
                "complained.",
                *notes,
            ]
        )

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "machine": machine(),
            "seconds": round(self.seconds, 1),
            **self.tally.plain(),
            "left": asdict(self.left),
            "memory_rise": self.rise,
            "violations": self.violations,
        }


def machine() -> dict[str, str]:
    """Return where this runs, with nothing that names anybody."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": f"{platform.system()}, {platform.machine()}, {os.cpu_count()} CPUs",
        "python": platform.python_version(),
        "home_assistant": home_assistant_version,
        "aiohttp": version("aiohttp"),
    }
