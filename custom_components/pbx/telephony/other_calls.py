"""Calls that were not placed here, as far as the PBX tells of them.

Pure: no input or output, no Home Assistant, and time is told to it. How such a call
ended is read from the PBX's accounts as it is for a call that was placed here, and what
seems to be the end is held as long: there may be an account for each telephone that was
tried, and one of a queue besides that of the call.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
import logging
from typing import Final

from .call_record import HOLD, CallRecord, progress_of
from .numbers import is_same_number
from .outcome import Ending, Outcome, is_beyond_doubt, told_by_accounts
from .phone_states import PhoneStates
from .phones import Phones
from .signals import EndSignal, LegSignal, PhoneSignal

_LOGGER = logging.getLogger(__name__)

# How many of the newest calls are remembered.
KEPT_OTHERS: Final = 2000

_MOST_OF_A_CALL = 20
_MISSED = frozenset({Outcome.BUSY, Outcome.FAILED, Outcome.NO_ANSWER})
# What the telephones of such a call do is read from its own signals alone.
_NO_STATES: Final = PhoneStates()
# Two spellings of a number have as many digits in common at the end, or all.
_TAIL = 7


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


@dataclass(kw_only=True, eq=False, repr=False)
class _OtherCall(CallRecord):
    """What is remembered of such a call.

    `lines` has the telephones that seem to be in it, with the ids of their own calls.
    """

    key: str
    incoming: bool = field(default=False, init=False)
    legs: set[LegSignal] = field(default_factory=set, init=False)
    lines: set[tuple[str, str]] = field(default_factory=set, init=False)
    told: Outcome | None = field(default=None, init=False)
    told_answer: bool = field(default=False, init=False)
    # When `due` is to be asked again.
    due_at: float = field(default=0.0, init=False)

    @property
    def is_incoming(self) -> bool:
        """Whether it came from outside."""
        return self.incoming or any(
            account.kind == "incoming" for account in self.accounts
        )

    def due(self, phones: Phones) -> float:
        """Return when it has ended, if nothing more is heard.

        While a telephone rings or talks, the account of another one that was tried says
        nothing of the call.
        """
        if is_beyond_doubt(self):
            return 0.0
        held_until = self.held_until or 0.0
        ending = told_by_accounts(self)
        if ending.outcome is Outcome.ANSWERED and ending.talk:
            return held_until
        lines = (phones.goes_on_until(*line) for line in self.lines)
        return max([held_until, *filter(None, lines)])


class OtherCalls:
    """Says of such calls what is new of them, once.

    Each method that may bring news returns it, in the order in which it happened.
    `next_due` says when `tick` wants to be called, on the clock that was given. A
    telephone's state is taken once `phones` have it.
    """

    def __init__(self, clock: Callable[[], float], phones: Phones) -> None:
        """Start with nothing heard; `clock` gives seconds that never go back."""
        self._clock = clock
        self._phones = phones
        self._calls: OrderedDict[str, _OtherCall] = OrderedDict()
        # The newest calls from outside, by the end of the caller's number.
        self._by_tail: dict[str, _OtherCall] = {}
        # Those with accounts of which nobody was told.
        self._held: dict[str, _OtherCall] = {}

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is heard before."""
        return min((call.due_at for call in self._held.values()), default=None)

    def hear_phone(self, signal: PhoneSignal) -> list[OtherNews]:
        """Take a telephone's state: one that takes a call from outside answers it."""
        progress = progress_of(signal)
        if self._phones.goes_on_until(signal.phone, signal.call_id) is None:
            self._leave(signal)
            return []
        self._join(signal)
        if progress is None or signal.calls_out or not signal.call_id:
            return []
        call = self._remembered(signal.call_id)
        call.note_phone(signal, progress, proven=True, now=self._clock())
        return [*self._answer(call), *self._decide(call)]

    def hear(self, signal: LegSignal | EndSignal) -> list[OtherNews]:
        """Take what is known to be about a call that was not placed here."""
        key = signal.call_id or signal.originated_call_id or repr(signal)
        call = self._remembered(key)
        if isinstance(signal, LegSignal):
            return self._hear_leg(call, signal)
        return self._hear_end(call, signal)

    def tick(self) -> list[OtherNews]:
        """Do what time alone brings about."""
        now = self._clock()
        news: list[OtherNews] = []
        for call in [call for call in self._held.values() if call.due_at <= now]:
            try:
                news += self._decide(call)
            except Exception:
                # The others must not wait for one that cannot be decided.
                _LOGGER.exception("A call could not be decided and is given up")
                self._held.pop(call.key, None)
        return news

    def _hear_leg(self, call: _OtherCall, signal: LegSignal) -> list[OtherNews]:
        if signal in call.legs or len(call.legs) >= _MOST_OF_A_CALL:
            return []
        call.legs.add(signal)
        news = OtherNews(
            step=OtherStep.INCOMING if signal.incoming else OtherStep.OUTGOING,
            caller=signal.number if signal.incoming else "",
            callee="" if signal.incoming else signal.number,
            trunk=signal.trunk,
            call_id=signal.call_id,
            originated_call_id=signal.originated_call_id,
        )
        if not signal.incoming:
            return [news]
        call.incoming = True
        call.caller = signal.number
        call.trunk_name = signal.trunk
        self._by_tail[signal.number[-_TAIL:]] = call
        return [news, *self._answer(call), *self._decide(call)]

    def _hear_end(self, call: _OtherCall, signal: EndSignal) -> list[OtherNews]:
        now = self._clock()
        if not call.note_account(signal, now=now) or call.told is Outcome.ANSWERED:
            return []
        call.held_until = now + HOLD
        self._held[call.key] = call
        crowded = len(self._held) > KEPT_OTHERS
        oldest = self._end(next(iter(self._held.values()))) if crowded else []
        return [*oldest, *self._decide(call)]

    def _answer(self, call: _OtherCall) -> list[OtherNews]:
        """Tell, once, who has taken a call from outside."""
        if not call.incoming or call.told_answer:
            return []
        call.conclude(self._clock())
        callee = next(
            (name for name, phone in call.phones.items() if phone.answered), ""
        )
        if not callee:
            return []
        call.told_answer = True
        return [
            OtherNews(
                step=OtherStep.ANSWERED,
                caller=call.caller,
                callee=callee,
                trunk=call.trunk_name,
                call_id=call.key,
            )
        ]

    def _join(self, signal: PhoneSignal) -> None:
        """Keep in which calls a telephone seems to be: an id or a number tells that."""
        calls = [self._remembered(signal.call_id)] if signal.call_id else []
        caller = self._by_tail.get(signal.other_party[-_TAIL:])
        if (
            caller
            and not signal.calls_out
            and is_same_number(signal.other_party, caller.caller)
        ):
            calls.append(caller)
        open_calls = (call for call in calls if len(call.lines) < _MOST_OF_A_CALL)
        for call in open_calls:
            call.lines.add((signal.phone, signal.call_id))

    def _leave(self, signal: PhoneSignal) -> None:
        """Have the calls in which a telephone was wait for what comes next."""
        for call in self._held.values():
            if any(phone == signal.phone for phone, _ in call.lines):
                call.held_until = self._clock() + HOLD
                call.due_at = call.due(self._phones)

    def _decide(self, call: _OtherCall) -> list[OtherNews]:
        """Tell how a call ended, if there are accounts of it and it has."""
        if call.key not in self._held:
            return []
        call.due_at = call.due(self._phones)
        return self._end(call) if call.due_at <= self._clock() else []

    def _end(self, call: _OtherCall) -> list[OtherNews]:
        """Tell how a call ended, once, and again only if it turns out to be answered."""
        del self._held[call.key]
        ending = told_by_accounts(call)
        if call.told is not None and ending.outcome is not Outcome.ANSWERED:
            return []
        steps = [OtherStep.ENDED]
        if call.told is None and call.is_incoming and ending.outcome in _MISSED:
            steps.append(OtherStep.MISSED)
        call.told = ending.outcome
        account = ending.account or call.accounts[0]
        callees = (item.callee for item in (account, *call.accounts) if item.callee)
        callee = next(callees, "")
        return [
            OtherNews(
                step=step,
                caller=account.caller or call.caller,
                callee=callee,
                trunk=ending.trunk or account.trunk,
                call_id=account.call_id,
                originated_call_id=account.originated_call_id,
                ending=ending,
            )
            for step in steps
        ]

    def _remembered(self, key: str) -> _OtherCall:
        """Return what is remembered of a call; one without an id is known by all else."""
        if call := self._calls.get(key) or self._held.get(key):
            return call
        call = self._calls[key] = _OtherCall(
            key=key,
            number=0,
            caller="",
            callee="",
            caller_id="",
            trunk_name="",
            states=_NO_STATES,
        )
        if len(self._calls) > KEPT_OTHERS:
            _, oldest = self._calls.popitem(last=False)
            tail = oldest.caller[-_TAIL:]
            if self._by_tail.get(tail) is oldest:
                del self._by_tail[tail]
        return call
