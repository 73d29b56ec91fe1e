"""What a telephone is doing is what the PBX says, and nothing else."""

from typing import Any

import pytest

from custom_components.pbx.phones import KEPT_PHONES, Phones, PhoneStep
from custom_components.pbx.simotel.signals import PhoneSignal


def signal(state: str, **more: Any) -> PhoneSignal:
    """Return a new state of 557."""
    return PhoneSignal(phone="557", state=state, **more)


@pytest.mark.parametrize(
    ("states", "steps"),
    [
        (["ringing", "in_use", "idle"], ["incoming", "answered", "ended"]),
        (["ringing", "idle"], ["incoming", "missed"]),
        (["ringing", "ringing", "idle", "idle"], ["incoming", "missed"]),
        (["in_use:out", "idle"], ["outgoing", "ended"]),
        (["in_use:in", "idle"], ["answered", "ended"]),
        (["in_use", "hold", "in_use", "idle"], ["answered", "ended"]),
        (["ringing", "in_use:out", "idle"], ["incoming", "answered", "ended"]),
        (["idle", "unreachable", "idle", "paused"], []),
        (["ringing", "unreachable"], ["incoming", "missed"]),
        (["Dancing", "idle"], []),
    ],
)
def test_steps_of_a_call(states: list[str], steps: list[str]) -> None:
    """Each once, and only those that the states show."""
    phones = Phones()
    told = []
    for item in states:
        state, _, direction = item.partition(":")
        news = phones.hear(signal(state, direction=direction))
        told += [news.step] if news else []
    assert told == [PhoneStep(step) for step in steps]


def test_nothing_is_known_of_a_telephone_that_was_not_heard() -> None:
    """It is not idle, it is unknown."""
    assert Phones().of("557") is None


def test_other_party_is_remembered_to_the_end_of_the_call() -> None:
    """The PBX names it once only, and not at the end."""
    phones = Phones()
    phones.hear(signal("ringing", other_party="0912", queue="902", call_id="1.1"))
    news = phones.hear(signal("in_use", call_id="1.1"))
    assert news
    assert (news.call.other_party, news.call.queue) == ("0912", "902")
    news = phones.hear(signal("idle", call_id="1.1"))
    assert news
    assert (news.step, news.call.other_party) == (PhoneStep.ENDED, "0912")
    phone = phones.of("557")
    assert phone
    assert (phone.state, phone.other_party) == ("idle", "")


def test_telephones_are_bounded() -> None:
    """Whoever makes them up; the oldest is forgotten."""
    phones = Phones()
    for number in range(KEPT_PHONES + 1):
        phones.hear(PhoneSignal(phone=str(number), state="idle"))
    assert phones.of("0") is None
    assert phones.of("1")
