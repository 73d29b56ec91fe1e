"""What is said of calls that were not placed here is said once."""

from itertools import permutations
from typing import Any
from unittest.mock import patch

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.telephony.call_record import HOLD
from custom_components.pbx.telephony.other_calls import (
    KEPT_OTHERS,
    OtherCalls,
    OtherNews,
    OtherStep,
)
from custom_components.pbx.telephony.outcome import Outcome, told_by_accounts
from custom_components.pbx.telephony.phones import LONGEST_RING, Phones
from custom_components.pbx.telephony.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Signal,
    Verdict,
)

CALL_ID = "1610778618.378"
CALLER = "09120000004"
INCOMING = LegSignal(number=CALLER, trunk="cisco", incoming=True, call_id=CALL_ID)


class World:
    """Calls of others, on a clock that is turned by hand."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.now = 0.0
        self.phones = Phones(self.clock)
        self.others = OtherCalls(self.clock, self.phones)

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def hear(self, *signals: Signal) -> list[OtherNews]:
        """Return what is new."""
        news: list[OtherNews] = []
        for signal in signals:
            if isinstance(signal, PhoneSignal):
                self.phones.hear(signal)
                news += self.others.hear_phone(signal)
            else:
                news += self.others.hear(signal)
        return news

    def wait(self, seconds: float) -> list[OtherNews]:
        """Return what time brings about."""
        news: list[OtherNews] = []
        until = self.now + seconds
        while (due := self.others.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            news += self.others.tick()
        self.now = until
        return news


@pytest.fixture
def world() -> World:
    """Return a world in which nothing has happened."""
    return World()


def phone(number: str, state: str, **more: Any) -> PhoneSignal:
    """Return that a telephone has a new state in the call."""
    return PhoneSignal(phone=number, state=state, **{"call_id": CALL_ID, **more})


def taken(**more: Any) -> PhoneSignal:
    """Return that an extension takes the call."""
    return PhoneSignal(
        **{"phone": "993", "state": "in_use", "call_id": CALL_ID, **more}
    )


def end(verdict: Verdict, **more: Any) -> EndSignal:
    """Return the PBX's account of the call."""
    return EndSignal(verdict=verdict, call_id=CALL_ID, **more)


def told(news: list[OtherNews]) -> list[tuple[str, str, str]]:
    """Return what is told, of whom, and how the call ended."""
    return [
        (item.step, item.callee, item.ending.outcome if item.ending else "")
        for item in news
    ]


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
    world: World, account: EndSignal, outcome: Outcome, missed: bool
) -> None:
    """It was missed where nobody took it, and only if that is certain."""
    world.hear(INCOMING)
    news = world.hear(account) + world.wait(HOLD)
    assert [item.step for item in news] == [
        OtherStep.ENDED,
        *([OtherStep.MISSED] if missed else []),
    ]
    assert all(item.ending and item.ending.outcome is outcome for item in news)
    assert all(item.caller == CALLER for item in news)
    assert not world.hear(account) + world.wait(HOLD)


QUEUE = {"of_queue": True}


@pytest.mark.parametrize(
    "accounts",
    list(
        permutations(
            [
                end(Verdict.ANSWERED, talk=40, callee="900"),
                end(Verdict.NO_ANSWER, wait=40, **QUEUE),
            ]
        )
    ),
    ids=["call first", "queue first"],
)
def test_queue_knows_better_whether_somebody_was_reached(
    world: World, accounts: tuple[EndSignal, ...]
) -> None:
    """It has answered by itself, and nobody else has."""
    world.hear(INCOMING)
    news = world.hear(*accounts) + world.wait(HOLD)
    assert told(news) == [("ended", "900", "no_answer"), ("missed", "900", "no_answer")]
    assert all(item.ending and item.ending.talk is None for item in news)
    assert not world.wait(3600)


@given(
    st.permutations(
        [
            end(Verdict.NO_ANSWER, callee="551", **QUEUE),
            end(Verdict.ANSWERED, talk=30, callee="552", **QUEUE),
            end(Verdict.ANSWERED, talk=45, callee="900"),
            end(Verdict.NO_ANSWER, callee="551"),
        ]
    )
)
def test_call_to_a_queue_ends_once_with_the_agent_who_took_it(
    accounts: list[EndSignal],
) -> None:
    """In whichever order the PBX tells of them."""
    world = World()
    world.hear(INCOMING)
    news = world.hear(*accounts) + world.wait(HOLD)
    assert told(news) == [("ended", "552", "answered")]
    assert news[0].ending
    assert news[0].ending.talk == 30


@pytest.mark.parametrize(
    "second",
    [
        {},
        {"call_id": "9.9", "other_party": CALLER},
        {"call_id": "", "other_party": CALLER},
    ],
    ids=["same id", "own id", "no id"],
)
@pytest.mark.parametrize("is_taken", [True, False])
def test_row_of_a_telephone_that_was_tried_is_no_end(
    world: World, second: dict[str, str], is_taken: bool
) -> None:
    """In a hunt the next one rings, and may take the call."""
    world.hear(INCOMING, phone("551", "ringing"))
    early = end(Verdict.NO_ANSWER, callee="551")
    assert not world.hear(phone("551", "idle"), early)
    assert not world.wait(1)
    assert not world.hear(phone("552", "ringing", **second)) + world.wait(25)
    if is_taken:
        news = world.hear(phone("552", "in_use", **second))
        assert [item.step for item in news] == [OtherStep.ANSWERED] * (not second)
        assert not world.wait(600)
        world.hear(phone("552", "idle", **second))
        news = world.hear(end(Verdict.ANSWERED, talk=600, callee="552"))
        assert told(news + world.wait(HOLD)) == [("ended", "552", "answered")]
    else:
        assert not world.hear(phone("552", "idle", **second))
        assert not world.hear(end(Verdict.NO_ANSWER, callee="552"))
        assert told(world.wait(HOLD)) == [
            ("ended", "551", "no_answer"),
            ("missed", "551", "no_answer"),
        ]
    assert not world.wait(3600)


def test_group_of_which_one_takes_the_call(world: World) -> None:
    """The rows of the others come while he talks."""
    world.hear(INCOMING, phone("551", "ringing"), phone("552", "ringing"))
    news = world.hear(phone("552", "in_use"))
    assert told(news) == [("answered", "552", "")]
    assert not world.hear(phone("551", "idle"), end(Verdict.NO_ANSWER, callee="551"))
    assert not world.wait(60)
    row = end(Verdict.ANSWERED, talk=62, callee="552")
    news = world.hear(row, phone("552", "idle")) + world.wait(HOLD)
    assert told(news) == [("ended", "552", "answered")]


def test_hunt_inside_is_held_as_well(world: World) -> None:
    """The caller's own telephone shows that it goes on."""
    world.hear(phone("557", "in_use", direction="out"), phone("551", "ringing"))
    assert not world.hear(phone("551", "idle"), end(Verdict.NO_ANSWER, callee="551"))
    assert not world.wait(60)
    world.hear(phone("557", "idle", direction="out"))
    assert told(world.wait(HOLD)) == [("ended", "551", "no_answer")]


def test_telephone_whose_end_was_lost_does_not_hold_a_call_for_good(
    world: World,
) -> None:
    """It rings for so long at the most."""
    world.hear(INCOMING, phone("551", "ringing"), end(Verdict.NO_ANSWER))
    assert not world.wait(LONGEST_RING - 1)
    assert [item.step for item in world.wait(1)] == [OtherStep.ENDED, OtherStep.MISSED]


@pytest.mark.parametrize(
    "other",
    [
        phone("551", "ringing", call_id="2.2", other_party="09120000005"),
        phone("551", "ringing", call_id="2.2"),
        phone("551", "in_use", call_id="2.2", other_party=CALLER, direction="out"),
    ],
    ids=["another caller", "nobody", "calls himself"],
)
def test_telephone_in_another_call_holds_nothing(
    world: World, other: PhoneSignal
) -> None:
    """Its own id is another, and so is whom it talks with."""
    world.hear(INCOMING, other, end(Verdict.NO_ANSWER))
    assert len(world.wait(HOLD)) == 2


def test_call_that_turns_out_to_be_answered_is_told_of_again(world: World) -> None:
    """Nobody could know that there was a next telephone."""
    world.hear(INCOMING, end(Verdict.NO_ANSWER, callee="551"))
    assert len(world.wait(HOLD)) == 2
    assert not world.hear(end(Verdict.NO_ANSWER, callee="552")) + world.wait(HOLD)
    row = end(Verdict.ANSWERED, talk=9, callee="553")
    assert told(world.hear(row) + world.wait(HOLD)) == [("ended", "553", "answered")]
    row = end(Verdict.ANSWERED, talk=5, callee="554")
    assert not world.hear(row) + world.wait(HOLD)


def test_account_that_contradicts_an_answer_proves_nothing(world: World) -> None:
    """An extension was seen taking the call."""
    world.hear(INCOMING)
    [answered] = world.hear(taken())
    world.hear(end(Verdict.BUSY), taken(state="idle"))
    [ended] = world.wait(HOLD)
    assert [answered.step, ended.step] == [OtherStep.ANSWERED, OtherStep.ENDED]
    assert ended.ending
    assert ended.ending.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "order",
    permutations([INCOMING, taken(), end(Verdict.ANSWERED, talk=9, callee="993")]),
)
def test_answer_that_was_seen_is_beyond_doubt(
    world: World, order: tuple[Signal, ...]
) -> None:
    """Nothing is waited for then, whatever came first."""
    steps = [item.step for item in world.hear(*order)]
    assert sorted(steps) == [OtherStep.ANSWERED, OtherStep.ENDED, OtherStep.INCOMING]


def test_call_inside_is_never_missed(world: World) -> None:
    """Nor one to outside: somebody here knows of it."""
    world.hear(end(Verdict.NO_ANSWER, kind="local"))
    [item] = world.wait(HOLD)
    assert item.step is OtherStep.ENDED


def test_account_of_a_call_from_outside_says_so_itself(world: World) -> None:
    """Though the event of its beginning was lost."""
    world.hear(end(Verdict.NO_ANSWER, kind="incoming"))
    news = world.wait(HOLD)
    assert [item.step for item in news] == [OtherStep.ENDED, OtherStep.MISSED]


@pytest.mark.parametrize(
    "state",
    [
        taken(state="ringing"),
        taken(direction="out"),
        taken(call_id="1.1"),
        taken(call_id=""),
        taken(state="Dancing"),
    ],
)
def test_who_did_not_take_the_call_did_not_answer_it(
    world: World, state: PhoneSignal
) -> None:
    """A telephone that rings, that calls itself, or that is in another call."""
    world.hear(INCOMING)
    assert not world.hear(state)


def test_word_that_is_not_known_is_no_answer(world: World) -> None:
    """Nor is it the end of the call in which the telephone rings."""
    world.hear(INCOMING, taken(state="ringing"))
    assert not world.hear(taken(state="Dancing"), end(Verdict.NO_ANSWER))
    assert not world.wait(HOLD)


def test_call_to_outside_is_not_answered_by_the_telephone_that_calls(
    world: World,
) -> None:
    """It is in use from the beginning."""
    world.hear(LegSignal(number="0912", call_id=CALL_ID))
    assert not world.hear(taken())


def test_calls_without_an_id_are_told_apart_by_all_else(world: World) -> None:
    """The same event twice is one call."""
    for number in ("0912", "0913"):
        account = EndSignal(verdict=Verdict.BUSY, caller=number)
        assert not world.hear(account, account)
    assert [item.caller for item in world.wait(HOLD)] == ["0912", "0913"]


def test_what_is_remembered_is_bounded(world: World) -> None:
    """In the number of calls and in what belongs to each."""
    first = end(Verdict.BUSY)
    world.hear(INCOMING, first)
    assert world.wait(HOLD)
    # Other telephones of the same caller's, and so many calls that the first is gone.
    for number in range(30):
        world.hear(phone(str(number), "ringing"))
    for number in range(KEPT_OTHERS):
        world.hear(EndSignal(verdict=Verdict.BUSY, call_id=f"2.{number}"))
    world.wait(HOLD)
    assert not world.hear(first)
    assert world.wait(HOLD)
    legs = [LegSignal(number=str(number), call_id="3.3") for number in range(30)]
    assert sum(bool(world.hear(leg)) for leg in legs) == 20


def test_call_that_cannot_be_decided_hurts_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is given up, once, and the clock goes on."""
    accounts = [
        EndSignal(verdict=Verdict.BUSY, call_id=call_id) for call_id in ("1", "2", "3")
    ]
    world.hear(*accounts)
    with patch(
        "custom_components.pbx.telephony.other_calls.told_by_accounts",
        side_effect=lambda call: 1 / 0 if call.key == "2" else told_by_accounts(call),
    ):
        assert [item.call_id for item in world.wait(HOLD)] == ["1", "3"]
    assert world.others.next_due is None
    assert len(caplog.records) == 1


def test_calls_that_seem_to_have_ended_are_bounded(world: World) -> None:
    """The oldest is told of at once, and none is lost."""
    accounts = [
        EndSignal(verdict=Verdict.BUSY, call_id=f"2.{number}")
        for number in range(KEPT_OTHERS + 1)
    ]
    assert not world.hear(*accounts[:-1])
    [item] = world.hear(accounts[-1])
    assert item.call_id == "2.0"
    assert len(world.wait(HOLD)) == KEPT_OTHERS


def test_call_that_is_held_is_remembered(world: World) -> None:
    """However many others there are meanwhile."""
    world.hear(INCOMING, end(Verdict.NO_ANSWER, callee="551"))
    for number in range(KEPT_OTHERS):
        world.hear(LegSignal(number="0913", call_id=f"2.{number}"))
    world.hear(end(Verdict.NO_ANSWER, callee="552"))
    assert told(world.wait(HOLD)) == [
        ("ended", "551", "no_answer"),
        ("missed", "551", "no_answer"),
    ]
