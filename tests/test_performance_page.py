"""The pages about speed show what was measured, as scripts/bench has written it."""

import json
import re
from typing import Any

import pytest

from scripts.benchmark.aims import aims_of
from scripts.benchmark.pages import PAGES, RESULTS, drawn, filled
from scripts.benchmark.tables import tables
from scripts.benchmark.texts import ENGLISH, TEXTS


@pytest.fixture
def results() -> dict[str, Any]:
    """Return what was measured for the documentation."""
    measured: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return measured


@pytest.mark.parametrize("language", PAGES)
def test_tables_are_made_of_the_results(results: dict[str, Any], language: str) -> None:
    """None of the numbers was typed."""
    page = PAGES[language][0].read_text(encoding="utf-8")

    assert filled(page, results, language) == page


@pytest.mark.parametrize("language", PAGES)
def test_page_has_every_table(results: dict[str, Any], language: str) -> None:
    """What was measured is shown, also where it is not flattering."""
    page = PAGES[language][0].read_text(encoding="utf-8")

    for name, table in tables(results, TEXTS[language]).items():
        assert f"<!-- scripts/bench: {name} -->\n\n{table}\n\n" in page


@pytest.mark.parametrize("language", PAGES)
def test_plot_is_drawn_from_the_results(results: dict[str, Any], language: str) -> None:
    """The picture shows the same numbers, and the page shows the picture."""
    page, picture = PAGES[language]

    assert drawn(results, language) == picture.read_text(encoding="utf-8")
    assert f"(images/{picture.name})" in page.read_text(encoding="utf-8")


def test_every_aim_is_judged(results: dict[str, Any]) -> None:
    """An aim that is missed is called missed."""
    rows = tables(results, TEXTS[ENGLISH])["aims"].splitlines()[2:]
    aims = aims_of(results)

    assert [row.endswith("| yes |") for row in rows] == [aim.is_met for aim in aims]
    for aim in aims:
        wanted = (
            aim.measured >= aim.limit if aim.at_least else aim.measured <= aim.limit
        )
        assert aim.is_met is wanted


@pytest.mark.parametrize("language", PAGES)
def test_texts_are_there_in_both_languages(language: str) -> None:
    """A text of one language has the same placeholders in the other."""
    assert TEXTS[language].keys() == TEXTS[ENGLISH].keys()
    for name, text in TEXTS[language].items():
        assert placeholders(text) == placeholders(TEXTS[ENGLISH][name])


def placeholders(text: str) -> set[str]:
    """Return what a text wants to be filled with."""
    return set(re.findall(r"{(\w+)}", text))
