"""What a telephone is doing is what the PBX says, and nothing else."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.telephony.phones import (
    KEPT_CALLS_OF_A_PHONE,
    KEPT_PHONES,
    LONGEST_RING,
    LONGEST_TALK,
    PhoneNews,
    Phones,
)
from custom_components.pbx.telephony.signals import PhoneSignal


class Clock:
    """A clock that is turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock at its beginning."""
    return Clock()


@pytest.fixture
def phones(clock: Clock) -> Phones:
    """Return telephones of which nothing was heard."""
    return Phones(clock)


def signal(state: str, **more: Any) -> PhoneSignal:
    """Return a new state of 557."""
    return PhoneSignal(phone="557", state=state, **more)


def signals(states: str) -> list[PhoneSignal]:
    """Return new states of 557, each with the id in brackets, if there is one."""
    return [
        signal(state, call_id=call_id.rstrip(")"))
        for state, _, call_id in (item.partition("(") for item in states.split())
    ]


def steps_of(news: Sequence[PhoneNews]) -> list[str]:
    """Return what has happened, and to which call."""
    return [
        f"{item.step}({item.call.call_id})" if item.call.call_id else str(item.step)
        for item in news
    ]


def told(phones: Phones, states: str) -> list[str]:
    """Return what is told of some states."""
    return [step for item in signals(states) for step in steps_of(phones.hear(item))]


def state_of(phones: Phones) -> str:
    """Return what 557 is doing."""
    phone = phones.of("557")
    assert phone is not None
    return phone.state


@pytest.mark.parametrize(
    ("states", "steps"),
    [
        (["ringing", "in_use", "idle"], ["incoming", "answered", "ended"]),
        (["ringing", "idle"], ["incoming", "missed"]),
        (["ringing", "ringing", "idle", "idle"], ["incoming", "missed"]),
        (["in_use:out", "idle"], ["outgoing", "ended"]),
        (["in_use:dialing", "idle"], ["outgoing", "ended"]),
        (["in_use:in", "idle"], ["answered", "ended"]),
        (["in_use", "hold", "in_use", "idle"], ["answered", "ended"]),
        (["ringing", "in_use:out", "idle"], ["incoming", "answered", "ended"]),
        (["idle", "unreachable", "idle", "paused"], []),
        (["ringing", "unreachable"], ["incoming", "missed"]),
        (["in_use", "paused"], ["answered", "ended"]),
        (
            ["in_use", "ringing", "in_use", "idle"],
            ["answered", "incoming", "answered", "ended"],
        ),
        (["Dancing", "idle"], []),
        (["ringing", "Dancing", "idle"], ["incoming", "missed"]),
    ],
)
def test_steps_of_a_call(phones: Phones, states: list[str], steps: list[str]) -> None:
    """Each once, and only those that the states show."""
    happened: list[str] = []
    for item in states:
        state, _, more = item.partition(":")
        dialing = more == "dialing"
        direction = "" if dialing else more
        heard = signal(state, direction=direction, dialing=dialing)
        happened += steps_of(phones.hear(heard))
    assert happened == steps


@pytest.mark.parametrize(
    ("states", "steps", "state"),
    [
        # Call waiting, in each order in which a PBX may tell of it.
        ("in_use(A) ringing(B) in_use(A)", "answered(A) incoming(B)", "in_use"),
        (
            "in_use(A) ringing(B) in_use(A) idle(B)",
            "answered(A) incoming(B) missed(B)",
            "in_use",
        ),
        (
            "in_use(A) ringing(B) in_use(B) idle(B)",
            "answered(A) incoming(B) answered(B) ended(B)",
            "in_use",
        ),
        (
            "in_use(A) ringing(B) in_use(B) idle(A)",
            "answered(A) incoming(B) answered(B) ended(A)",
            "in_use",
        ),
        (
            "in_use(A) ringing(B) idle(A) idle(B)",
            "answered(A) incoming(B) ended(A) missed(B)",
            "idle",
        ),
        ("in_use(A) ringing(B) idle(A)", "answered(A) incoming(B) ended(A)", "ringing"),
        (
            "ringing(A) ringing(B) idle(A)",
            "incoming(A) incoming(B) missed(A)",
            "ringing",
        ),
        # The end of a call that is not known.
        ("in_use(A) idle(B)", "answered(A)", "in_use"),
        ("in_use(A) unreachable(B)", "answered(A)", "in_use"),
        ("idle(A)", "", "idle"),
        # An end that was lost.
        (
            "ringing(U) ringing(V) idle(V)",
            "incoming(U) incoming(V) missed(V)",
            "ringing",
        ),
        # A state that was overtaken.
        ("in_use(A) ringing(A) in_use(A)", "answered(A)", "in_use"),
        # No id at all ends all calls, or is of the call that fits.
        (
            "in_use(A) ringing(B) idle",
            "answered(A) incoming(B) ended(A) missed(B)",
            "idle",
        ),
        ("ringing(A) in_use idle", "incoming(A) answered(A) ended(A)", "idle"),
        ("in_use(A) ringing(B) in_use", "answered(A) incoming(B)", "in_use"),
        ("ringing(A) ringing", "incoming(A)", "ringing"),
        ("in_use(A) ringing idle", "answered(A) incoming ended(A) missed", "idle"),
        # An id that is told later.
        ("ringing in_use(A) idle(A)", "incoming answered(A) ended(A)", "idle"),
        ("ringing ringing(A) idle(A)", "incoming missed(A)", "idle"),
        ("ringing idle(A)", "incoming missed", "idle"),
        (
            "in_use ringing(B) in_use(A) idle(B)",
            "answered incoming(B) missed(B)",
            "in_use",
        ),
        # A word that is not known.
        ("in_use(A) Dancing(A)", "answered(A)", "in_use"),
        ("in_use(A) Dancing(A) idle(A) Dancing", "answered(A) ended(A)", "Dancing"),
    ],
)
def test_state_is_the_sum_of_the_calls(
    phones: Phones, states: str, steps: str, state: str
) -> None:
    """Each of them begins and ends by itself."""
    assert told(phones, states) == steps.split()
    assert state_of(phones) == state


@given(
    st.lists(
        st.sampled_from(
            (
                "ringing in_use hold idle",
                "ringing idle",
                "in_use idle",
                "ringing in_use",
            )
        ),
        max_size=4,
    ).flatmap(
        lambda calls: st.permutations(
            [number for number, call in enumerate(calls) for _ in call.split()]
        ).map(lambda order: (calls, order))
    )
)
def test_calls_do_not_disturb_each_other(story: tuple[list[str], list[int]]) -> None:
    """However the states of several calls mingle, each is told as if it were alone."""
    calls, order = story
    phones = Phones(lambda: 0.0)
    left = [iter(call.split()) for call in calls]
    now: dict[int, str] = {}
    happened: dict[int, list[str]] = {number: [] for number in range(len(calls))}
    for number in order:
        state = next(left[number])
        heard = phones.hear(signal(state, call_id=f"1.{number}"))
        assert all(item.call.call_id == f"1.{number}" for item in heard)
        happened[number] += [item.step for item in heard]
        now[number] = "in_use" if state == "hold" else state
        expected = next(
            (state for state in ("in_use", "ringing") if state in now.values()), "idle"
        )
        assert state_of(phones) == expected
    for number, call in enumerate(calls):
        alone = Phones(lambda: 0.0)
        states = (signal(state, call_id="1") for state in call.split())
        assert happened[number] == [
            item.step for state in states for item in alone.hear(state)
        ]


@pytest.mark.parametrize(
    ("state", "longest"), [("ringing", LONGEST_RING), ("in_use", LONGEST_TALK)]
)
def test_call_whose_end_was_lost_counts_no_more_after_a_long_time(
    phones: Phones, clock: Clock, state: str, longest: float
) -> None:
    """Else the telephone would never be idle again."""
    phones.hear(signal(state, call_id="A"))
    clock.now = longest - 1
    told(phones, "ringing(B) idle(B)")
    assert state_of(phones) == state
    clock.now = longest
    assert told(phones, "ringing(C) idle(C)") == ["incoming(C)", "missed(C)"]
    assert state_of(phones) == "idle"


def test_nothing_is_known_of_a_telephone_that_was_not_heard(phones: Phones) -> None:
    """It is not idle, it is unknown."""
    assert phones.of("557") is None


def test_other_party_is_remembered_to_the_end_of_the_call(phones: Phones) -> None:
    """The PBX names it once only, and not at the end."""
    phones.hear(signal("ringing", other_party="0912", queue="902", call_id="1.1"))
    [news] = phones.hear(signal("in_use", call_id="1.1"))
    assert (news.call.other_party, news.call.queue) == ("0912", "902")
    phones.hear(signal("ringing", other_party="0913", call_id="1.2"))
    phone = phones.of("557")
    assert phone
    assert phone.other_party == "0912"
    [news] = phones.hear(signal("idle", call_id="1.1"))
    assert (news.step, news.call.other_party) == ("ended", "0912")
    phone = phones.of("557")
    assert phone
    assert phone.other_party == "0913"
    phones.hear(signal("idle", call_id="1.2"))
    phone = phones.of("557")
    assert phone
    assert (phone.state, phone.other_party) == ("idle", "")


@pytest.mark.parametrize("call_id", ["", "1.1"])
def test_call_placed_here_stays_one_to_its_end(phones: Phones, call_id: str) -> None:
    """Only its first state may show it."""
    [news] = phones.hear(signal("ringing", call_id=call_id), placed_here=True)
    assert news.call.placed_here
    for state in ("in_use", "idle"):
        [news] = phones.hear(signal(state, call_id=call_id))
        assert news.call.placed_here
    [news] = phones.hear(signal("ringing", call_id=call_id))
    assert not news.call.placed_here


def test_who_rings_during_a_call_placed_here_is_somebody_else(phones: Phones) -> None:
    """Though no id tells the two apart."""
    phones.hear(signal("in_use"), placed_here=True)
    [news] = phones.hear(signal("ringing"))
    assert (news.step, news.call.placed_here) == ("incoming", False)


def test_telephones_are_bounded(phones: Phones) -> None:
    """Whoever makes them up; the oldest is forgotten."""
    for number in range(KEPT_PHONES + 1):
        phones.hear(PhoneSignal(phone=str(number), state="idle"))
    assert phones.of("0") is None
    assert phones.of("1")


def test_calls_of_a_telephone_are_bounded(phones: Phones) -> None:
    """Whoever makes them up; what rings is forgotten before what is in use."""
    phones.hear(signal("in_use", call_id="A"))
    for number in range(KEPT_CALLS_OF_A_PHONE):
        phones.hear(signal("ringing", call_id=str(number)))
    assert not phones.hear(signal("idle", call_id="0"))
    for number in range(1, KEPT_CALLS_OF_A_PHONE):
        assert phones.hear(signal("idle", call_id=str(number)))
    assert state_of(phones) == "in_use"
