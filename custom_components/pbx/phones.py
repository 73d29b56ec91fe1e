"""What each telephone of a PBX is doing, as far as the PBX tells.

Pure: no input or output and no Home Assistant. States come from signals alone, so that a
telephone of which nothing was heard has none.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .simotel.signals import PhoneSignal

KEPT_PHONES: Final = 10_000

# What a telephone is known to do; the PBX may have other words as well.
PHONE_STATES: Final = ("idle", "ringing", "in_use", "paused", "unreachable")

_IN_A_CALL = frozenset({"ringing", "in_use"})
# One that holds the line is in a call.
_SAME_AS = {"hold": "in_use"}


class PhoneStep(StrEnum):
    """What can happen at a telephone."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """What a telephone is doing: the state, and with whom while it is in a call.

    `state` is one of PHONE_STATES or another word of the PBX.
    `call_state` is the same, but for another word: that says nothing of a call, which
    is taken to go on. What is not known is empty.
    """

    state: str
    call_state: str
    other_party: str = ""
    direction: str = ""
    queue: str = ""
    call_id: str = ""


_NOTHING_HEARD = Phone(state="", call_state="")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNews:
    """Something happened to a call of a telephone; `call` says which one it is."""

    step: PhoneStep
    call: Phone


class Phones:
    """Keeps what the telephones are doing."""

    def __init__(self) -> None:
        """Start with nothing heard of any telephone."""
        self._phones: dict[str, Phone] = {}

    def of(self, number: str) -> Phone | None:
        """Return what a telephone is doing, None where nothing was heard of it."""
        return self._phones.get(number)

    def hear(self, signal: PhoneSignal) -> PhoneNews | None:
        """Take a telephone's state; None where nothing has happened to a call of it."""
        state = _SAME_AS.get(signal.state, signal.state)
        before = self._phones.get(signal.phone, _NOTHING_HEARD)
        call_state = state if state in PHONE_STATES else before.call_state
        # The PBX may name the other one once only.
        goes_on = before.call_state in _IN_A_CALL and call_state in _IN_A_CALL
        known = before if goes_on else _NOTHING_HEARD
        phone = Phone(
            state=state,
            call_state=call_state,
            other_party=signal.other_party or known.other_party,
            direction=signal.direction,
            queue=signal.queue or known.queue,
            call_id=signal.call_id,
        )
        if signal.phone not in self._phones and len(self._phones) >= KEPT_PHONES:
            del self._phones[next(iter(self._phones))]
        self._phones[signal.phone] = phone
        step = _step(before.call_state, phone)
        if step is None:
            return None
        ended = step in (PhoneStep.ENDED, PhoneStep.MISSED)
        return PhoneNews(step=step, call=before if ended else phone)


def _step(before: str, phone: Phone) -> PhoneStep | None:
    """Return what a change of state means for a call of the telephone."""
    if phone.call_state == before:
        return None
    if phone.call_state == "ringing":
        return PhoneStep.INCOMING
    if phone.call_state == "in_use":
        calls = before != "ringing" and phone.direction == "out"
        return PhoneStep.OUTGOING if calls else PhoneStep.ANSWERED
    if before == "ringing":
        return PhoneStep.MISSED
    return PhoneStep.ENDED if before == "in_use" else None
