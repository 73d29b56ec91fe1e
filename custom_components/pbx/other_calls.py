"""Calls that were not placed here, as far as the PBX tells of them.

Pure: no input or output, no Home Assistant and no clock.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .outcome import Ending, Outcome, ending_of, outcome_of
from .simotel.signals import EndSignal, LegSignal, PhoneSignal, Verdict

# How many of the newest calls are remembered.
KEPT_OTHERS: Final = 2000

_MOST_LEGS = 20
_MISSED = frozenset({Outcome.BUSY, Outcome.FAILED, Outcome.NO_ANSWER})


class OtherStep(StrEnum):
    """What can be news of such a call."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherNews:
    """Something has become known of such a call; what is not known is empty."""

    step: OtherStep
    caller: str = ""
    callee: str = ""
    trunk: str = ""
    call_id: str = ""
    originated_call_id: str = ""
    ending: Ending | None = None


@dataclass(slots=True)
class _OtherCall:
    """What is remembered of such a call."""

    number: str = ""
    trunk: str = ""
    incoming: bool = False
    answered: bool = False
    legs: set[LegSignal] = field(default_factory=set)
    outcome: Outcome | None = None


class OtherCalls:
    """Says of each event of such calls what is new in it, once."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._calls: OrderedDict[str, _OtherCall] = OrderedDict()

    def hear_phone(self, signal: PhoneSignal) -> list[OtherNews]:
        """Take a telephone's state: one that takes a call from outside answers it."""
        call = self._calls.get(signal.call_id)
        if call is None or not call.incoming or call.answered:
            return []
        if signal.state != "in_use" or signal.direction == "out":
            return []
        call.answered = True
        return [
            OtherNews(
                step=OtherStep.ANSWERED,
                caller=call.number,
                callee=signal.phone,
                trunk=call.trunk,
                call_id=signal.call_id,
            )
        ]

    def hear(self, signal: LegSignal | EndSignal) -> list[OtherNews]:
        """Take what is known to be about a call that was not placed here."""
        call = self._remembered(signal)
        if isinstance(signal, LegSignal):
            return self._hear_leg(call, signal)
        return self._hear_end(call, signal)

    def _hear_leg(self, call: _OtherCall, signal: LegSignal) -> list[OtherNews]:
        if signal in call.legs or len(call.legs) >= _MOST_LEGS:
            return []
        call.legs.add(signal)
        if signal.incoming:
            call.incoming = True
            call.number = signal.number
            call.trunk = signal.trunk
        return [
            OtherNews(
                step=OtherStep.INCOMING if signal.incoming else OtherStep.OUTGOING,
                caller=signal.number if signal.incoming else "",
                callee="" if signal.incoming else signal.number,
                trunk=signal.trunk,
                call_id=signal.call_id,
                originated_call_id=signal.originated_call_id,
            )
        ]

    def _hear_end(self, call: _OtherCall, signal: EndSignal) -> list[OtherNews]:
        """Tell the end once, and again only where it turns out to be an answer.

        Of a call that rings several telephones there may be an account for each.
        """
        outcome = _outcome_of(signal, answered=call.answered)
        if call.outcome is not None and (
            outcome is not Outcome.ANSWERED or call.outcome is Outcome.ANSWERED
        ):
            return []
        call.outcome = outcome
        steps = [OtherStep.ENDED]
        if (call.incoming or signal.kind == "incoming") and outcome in _MISSED:
            steps.append(OtherStep.MISSED)
        return [
            OtherNews(
                step=step,
                caller=signal.caller,
                callee=signal.callee,
                trunk=signal.trunk,
                call_id=signal.call_id,
                originated_call_id=signal.originated_call_id,
                ending=ending_of(outcome, signal),
            )
            for step in steps
        ]

    def _remembered(self, signal: LegSignal | EndSignal) -> _OtherCall:
        """Return what is remembered of a call; one without an id is known by all else."""
        key = signal.call_id or signal.originated_call_id or repr(signal)
        call = self._calls.setdefault(key, _OtherCall())
        if len(self._calls) > KEPT_OTHERS:
            self._calls.popitem(last=False)
        return call


def _outcome_of(signal: EndSignal, *, answered: bool) -> Outcome:
    """Return how such a call ended, going by one account and what was seen of it."""
    if signal.first_leg_failed:
        return Outcome.CALLER_NO_ANSWER
    if signal.verdict is Verdict.ANSWERED:
        return Outcome.ANSWERED if signal.talk or answered else Outcome.UNKNOWN
    if answered:
        return Outcome.UNKNOWN
    return outcome_of(signal.verdict)
