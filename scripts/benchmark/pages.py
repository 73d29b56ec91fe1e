"""Writing what was measured into the documentation."""

import json
from pathlib import Path
import re
from typing import Any, Final

from .plot import plot
from .tables import tables
from .texts import ENGLISH, PERSIAN, TEXTS

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
RESULTS: Final = DOCS / "performance.json"
PAGES: Final = {
    ENGLISH: (DOCS / "performance.md", DOCS / "images" / "performance-en.svg"),
    PERSIAN: (DOCS / "performance.fa.md", DOCS / "images" / "performance-fa.svg"),
}
_PART = re.compile(
    r"(<!-- scripts/bench: (\w+) -->\n).*?(<!-- scripts/bench: end -->)", re.DOTALL
)


def write(results: dict[str, Any]) -> None:
    """Write the results, and the tables and plots that are made of them."""
    write_json(RESULTS, results)
    for language, (page, picture) in PAGES.items():
        page.write_text(
            filled(page.read_text(encoding="utf-8"), results, language),
            encoding="utf-8",
        )
        picture.write_text(drawn(results, language), encoding="utf-8")


def write_json(file: Path, results: dict[str, Any]) -> None:
    """Write the results to a file."""
    text = json.dumps(results, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def filled(page: str, results: dict[str, Any], language: str) -> str:
    """Return a page with its tables made of the results."""
    parts = tables(results, TEXTS[language])
    return _PART.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n\n{match[3]}", page)


def drawn(results: dict[str, Any], language: str) -> str:
    """Return the plot of the results."""
    return plot(results, TEXTS[language], rtl=language == PERSIAN)
