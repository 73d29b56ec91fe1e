"""Comparing what is documented with what happened, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
import textwrap
from typing import Any

_NAME_WIDTH = 22
_VALUE_WIDTH = 46
_ABSENT = "(absent)"


@dataclass(slots=True)
class Report:
    """Prints comparisons as they are made, and keeps what differs."""

    differences: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """Begin a part."""
        print(f"\n== {text}", flush=True)

    def part(self, text: str) -> None:
        """Begin a part of a part."""
        print(f"\n   -- {text}", flush=True)

    def columns(self, documented: str, received: str) -> None:
        """Name the columns of the comparisons that follow."""
        print(f"   {'':{_NAME_WIDTH}} {documented:{_VALUE_WIDTH}} {received}")

    def compare(self, name: str, documented: object, received: object) -> None:
        """Compare one value and print it."""
        self.line(
            name,
            _plain(documented),
            _plain(received),
            fits=documented == received and type(documented) is type(received),
        )

    def compare_all(
        self, documented: Mapping[str, object], received: Mapping[str, object]
    ) -> None:
        """Compare all values of two objects, and that neither has more than the other."""
        for name in _in_order(documented, received):
            self.compare(
                name, documented.get(name, _ABSENT), received.get(name, _ABSENT)
            )

    def line(self, name: str, documented: str, received: str, *, fits: bool) -> None:
        """Print one comparison that was made elsewhere."""
        if not fits:
            self.differences.append(
                f"{name}: documented {documented}, received {received}"
            )
        mark = "  " if fits else "! "
        print(
            f" {mark}{name:{_NAME_WIDTH}} {documented:{_VALUE_WIDTH}} {received}",
            flush=True,
        )

    def note(self, name: str, text: str) -> None:
        """Print something that is not compared, over several lines if it is long."""
        for part in textwrap.wrap(text, 2 * _VALUE_WIDTH) or [""]:
            print(f"   {name:{_NAME_WIDTH}} {part}", flush=True)
            name = ""


def masked(secret: str | None) -> str:
    """Return just enough of a secret to tell it from another."""
    if secret is None:
        return _ABSENT
    return f"{secret[:4]}... ({len(secret)} characters)"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _in_order(*objects: Mapping[str, Any]) -> Iterable[str]:
    """Return each name once."""
    return dict.fromkeys(name for names in objects for name in names)
