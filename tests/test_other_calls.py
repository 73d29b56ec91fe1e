"""What is said of calls that were not placed here is said once."""

from typing import Any

import pytest

from custom_components.pbx.other_calls import KEPT_OTHERS, OtherCalls, OtherStep
from custom_components.pbx.outcome import Outcome
from custom_components.pbx.simotel.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Verdict,
)

CALL_ID = "1610778618.378"
INCOMING = LegSignal(number="0912", trunk="cisco", incoming=True, call_id=CALL_ID)


def taken(**more: str) -> PhoneSignal:
    """Return that an extension takes the call."""
    given: dict[str, Any] = {
        "phone": "993",
        "state": "in_use",
        "call_id": CALL_ID,
        **more,
    }
    return PhoneSignal(**given)


def end(verdict: Verdict, **more: Any) -> EndSignal:
    """Return the PBX's account of the call."""
    return EndSignal(verdict=verdict, call_id=CALL_ID, **more)


@pytest.mark.parametrize(
    ("account", "outcome", "missed"),
    [
        (end(Verdict.ANSWERED, talk=9), Outcome.ANSWERED, False),
        (end(Verdict.ANSWERED, talk=0), Outcome.UNKNOWN, False),
        (end(Verdict.BUSY), Outcome.BUSY, True),
        (end(Verdict.NO_ANSWER), Outcome.NO_ANSWER, True),
        (end(Verdict.FAILED), Outcome.FAILED, True),
        (end(Verdict.OTHER), Outcome.UNKNOWN, False),
        (
            end(Verdict.FAILED, first_leg_failed=True),
            Outcome.CALLER_NO_ANSWER,
            False,
        ),
    ],
)
def test_end_of_a_call_from_outside(
    account: EndSignal, outcome: Outcome, missed: bool
) -> None:
    """It was missed where nobody took it, and only if that is certain."""
    others = OtherCalls()
    others.hear(INCOMING)
    news = others.hear(account)
    assert [item.step for item in news] == [
        OtherStep.ENDED,
        *([OtherStep.MISSED] if missed else []),
    ]
    assert all(item.ending and item.ending.outcome is outcome for item in news)
    assert not others.hear(account)


def test_account_that_contradicts_an_answer_proves_nothing() -> None:
    """An extension was seen taking the call."""
    others = OtherCalls()
    others.hear(INCOMING)
    (answered,) = others.hear_phone(taken())
    (ended,) = others.hear(end(Verdict.BUSY))
    assert [answered.step, ended.step] == [OtherStep.ANSWERED, OtherStep.ENDED]
    assert ended.ending
    assert ended.ending.outcome is Outcome.UNKNOWN


def test_call_inside_is_never_missed() -> None:
    """Nor one to outside: somebody here knows of it."""
    others = OtherCalls()
    (item,) = others.hear(end(Verdict.NO_ANSWER, kind="local"))
    assert item.step is OtherStep.ENDED


def test_account_of_a_call_from_outside_says_so_itself() -> None:
    """Though the event of its beginning was lost."""
    others = OtherCalls()
    news = others.hear(end(Verdict.NO_ANSWER, kind="incoming"))
    assert [item.step for item in news] == [OtherStep.ENDED, OtherStep.MISSED]


@pytest.mark.parametrize(
    "state",
    [
        taken(state="ringing"),
        taken(direction="out"),
        taken(call_id="1.1"),
        taken(call_id=""),
    ],
)
def test_who_did_not_take_the_call_did_not_answer_it(state: PhoneSignal) -> None:
    """A telephone that rings, that calls itself, or that is in another call."""
    others = OtherCalls()
    others.hear(INCOMING)
    assert not others.hear_phone(state)


def test_call_to_outside_is_not_answered_by_the_telephone_that_calls() -> None:
    """It is in use from the beginning."""
    others = OtherCalls()
    others.hear(LegSignal(number="0912", call_id=CALL_ID))
    assert not others.hear_phone(taken())


def test_calls_without_an_id_are_told_apart_by_all_else() -> None:
    """The same event twice is one call."""
    others = OtherCalls()
    for number in ("0912", "0913"):
        account = EndSignal(verdict=Verdict.BUSY, caller=number)
        assert others.hear(account)
        assert not others.hear(account)


def test_what_is_remembered_is_bounded() -> None:
    """In the number of calls and in what belongs to each."""
    others = OtherCalls()
    first = end(Verdict.BUSY)
    assert others.hear(first)
    for number in range(KEPT_OTHERS):
        others.hear(EndSignal(verdict=Verdict.BUSY, call_id=f"2.{number}"))
    assert others.hear(first)
    legs = [LegSignal(number=str(number), call_id="3.3") for number in range(30)]
    assert sum(bool(others.hear(leg)) for leg in legs) == 20
