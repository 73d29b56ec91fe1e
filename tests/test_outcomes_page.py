"""The pages about outcomes say what the tests of the tracker prove."""

from pathlib import Path
import re

import pytest

from custom_components.pbx.monitor import SECOND_LOOK
from custom_components.pbx.telephony.call_record import HOLD
from custom_components.pbx.telephony.calls import (
    GRACE,
    KEPT_CALLS,
    KEPT_FOR,
    LIMIT_GRACE,
    LONGEST_CALL,
    LONGEST_REPORT,
)
from custom_components.pbx.telephony.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Signal,
    Verdict,
)

from . import test_calls

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("outcomes.md", "outcomes.fa.md")

TELEPHONES = {"557": "A", "552": "B", "993": "C"}
STATES = {
    "ringing": "Ringing",
    "in_use": "InUse",
    "idle": "Idle",
    "unreachable": "Unavailable",
}
WORDS = {
    Verdict.ANSWERED: "ANSWERED",
    Verdict.BUSY: "BUSY",
    Verdict.FAILED: "FAILED",
    Verdict.NO_ANSWER: "NO ANSWER",
    Verdict.OTHER: "with another word",
}


def shown(signal: Signal) -> str:
    """Return a signal as the pages write it."""
    match signal:
        case PhoneSignal():
            return f"{TELEPHONES[signal.phone]} {STATES[signal.state]}"
        case LegSignal():
            return "OutgoingCall"
        case EndSignal():
            parts = ["CdrQueue" if signal.of_queue else "Cdr", WORDS[signal.verdict]]
            if signal.first_leg_failed:
                parts.append("to failed")
            if signal.talk is not None:
                parts.append(f"{signal.talk} s")
            return " ".join(parts)


def rows_of(page: str) -> list[list[str]]:
    """Return the cells of all table rows of a page, without marks of direction."""
    text = re.sub(r"</?bdi[^>]*>", "", (DOCS / page).read_text(encoding="utf-8"))
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_sequence_that_is_proven_is_shown(page: str) -> None:
    """With its events and its outcome, and none more."""
    rows = [row for row in rows_of(page) if len(row) == 4][1:]
    assert [(events, outcome, proof) for events, outcome, _, proof in rows] == [
        (", ".join(map(shown, signals)) or "–", f"`{outcome}`", f"`{name}`")
        for name, (signals, outcome) in test_calls.ROWS.items()
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_other_rule_has_its_proof(page: str) -> None:
    """A test that exists."""
    rows = [row for row in rows_of(page) if len(row) == 3][1:]
    assert len(rows) > 10
    for rule, _, proof in rows:
        assert hasattr(test_calls, proof.strip("`")), rule


def test_both_pages_name_the_same_proofs() -> None:
    """In the same order, with the same outcomes."""
    english, persian = (
        [row[1:] for row in rows_of(page) if len(row) == 3][1:] for page in PAGES
    )
    assert english == persian


def test_times_are_those_of_the_pages() -> None:
    """Who changes one of them has to change the pages as well."""
    assert (HOLD, GRACE, LIMIT_GRACE, LONGEST_CALL) == (3, 15, 2 * 60, 4 * 3600)
    assert (LONGEST_REPORT, SECOND_LOOK) == (30, 5)
    assert (KEPT_FOR, KEPT_CALLS) == (3600, 1000)
