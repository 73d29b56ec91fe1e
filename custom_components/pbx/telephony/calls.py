"""When a call that was placed here has got further, and when it has ended.

Pure: no input or output, no Home Assistant, and time is told to it. What the PBX says
of calls is incomplete: events may be doubled, late, out of order or missing. Whose they
are is found in `call_matching`, what was heard is kept in `call_record`, and what that
proves of the end is read in `outcome`.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
import logging
from typing import Final

from .call_matching import SignalMatcher
from .call_record import HOLD, CallRecord, Progress, progress_of
from .outcome import (
    Ending,
    Outcome,
    is_beyond_doubt,
    proves_talk,
    told_by_accounts,
    told_by_time,
)
from .phone_states import NOT_IN_A_CALL, PhoneStates
from .signals import EndSignal, LegSignal, PhoneSignal, Signal

_LOGGER = logging.getLogger(__name__)

__all__ = ["Call", "CallTracker", "Ending", "News", "Outcome", "Step"]

# How long after its ring time a silent call is given up.
GRACE: Final = 15.0
# How long after its limit a conversation is given up, and without a limit at all.
LIMIT_GRACE: Final = 120.0
LONGEST_CALL: Final = 4 * 3600.0
# How long a look into the PBX's report may take.
LONGEST_REPORT: Final = 30.0
# Finished calls are kept for an account that comes late.
KEPT_FOR: Final = 3600.0
KEPT_CALLS: Final = 1000
# Signals that overtook the reply to their own originate.
_KEPT_SIGNALS = 1000


class Step(StrEnum):
    """What can be news of a call.

    REPORT_WANTED asks for a look into the PBX's report of calls before the clock's
    answer is given; `report` takes what it shows. Nothing is told of a call before
    ORIGINATED, which is when the PBX has accepted it.
    """

    ORIGINATED = "originated"
    CALLER_RINGING = "caller_ringing"
    CALLER_ANSWERED = "caller_answered"
    CALLEE_RINGING = "callee_ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    REPORT_WANTED = "report_wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something has become known of a call."""

    step: Step
    call: Call
    ending: Ending | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class Call(CallRecord):
    """An originated call: its record, how far it is known to be, and how it ended.

    `timeout` is how long the caller's telephone rings and `call_limit` how long the two
    may talk, in seconds. `placed_at` is when the call was placed, and once the PBX has
    accepted it, when that was. `ending` is None while the call is open. Those who are
    not the tracker only read all of it.
    """

    timeout: int
    call_limit: int | None
    placed_at: float
    ending: Ending | None = field(default=None, init=False)
    ended_at: float = field(default=0.0, init=False)
    _told: set[Step] = field(default_factory=set, init=False)
    # Until when the PBX's report is waited for, and whether it was looked into.
    _report_until: float | None = field(default=None, init=False)
    _reported: bool = field(default=False, init=False)
    # Whether an account has told how the call ended, and when one that is late does.
    _settled: bool = field(default=False, init=False)
    _settles_at: float | None = field(default=None, init=False)

    def has_reached(self, step: Step) -> bool:
        """Tell whether a step was told of the call."""
        return step in self._told

    @property
    def is_settling(self) -> bool:
        """Whether an account came after the clock had ended the call."""
        return self._settles_at is not None

    def accept(self, originated_call_id: str, *, now: float) -> list[News]:
        """Take the id that the PBX answered with; the telephone rings from now on."""
        self.originated_call_id = originated_call_id
        if self.ending is not None:
            # The clock was faster than the PBX.
            return [
                News(step=Step.ORIGINATED, call=self),
                News(step=Step.ENDED, call=self, ending=self.ending),
            ]
        self.placed_at = now
        return self._tell([Step.ORIGINATED]) + self._take_stock(now)

    def hear_phone(
        self, signal: PhoneSignal, progress: Progress, *, proven: bool, now: float
    ) -> list[News]:
        """Take what a telephone does in this call; `proven` where it carries its id."""
        if not self.note_phone(signal, progress, proven=proven, now=now):
            return []
        return self._take_stock(now)

    def hear_leg(self, leg: LegSignal, *, now: float) -> list[News]:
        """Take that a leg over a trunk began."""
        self.note_leg(leg)
        return self._take_stock(now)

    def hear_account(self, account: EndSignal, *, now: float) -> list[News]:
        """Take what the PBX says of how the call ended, each account once."""
        if not self.note_account(account, now=now):
            return []
        if self.ending is None:
            return self._take_stock(now)
        if not self._settled and not self.is_settling:
            self._settles_at = now + HOLD
        return self.decide(now)

    def hear_report(self, accounts: Iterable[EndSignal], *, now: float) -> list[News]:
        """Take what the PBX's report shows, if it was asked for."""
        if self._report_until is None or self.ending is not None:
            return []
        self._report_until = None
        self._reported = True
        self.note_report(accounts, now=now)
        return self.decide(now)

    def due(self) -> float:
        """Return when the call is decided if nothing more is heard."""
        if self._settles_at is not None:
            return self._settles_at
        if self._report_until is not None:
            return self._report_until
        given_up = self.placed_at + self.timeout + GRACE
        if not self.originated_call_id:
            return given_up
        if self.held_until is not None:
            # Each telephone that was tried may have an account; of one that was not
            # taken, it says nothing of the call while the caller is still in it.
            if self.accounts:
                if not self.is_in_use or proves_talk(self):
                    return self.held_until
            elif self.all_idle:
                if self.sees_the_end:
                    return self.held_until
                return max(self.held_until, given_up)
        if self.caller_answered is None:
            return given_up
        if self.call_limit is None:
            return self.caller_answered + LONGEST_CALL
        return self.caller_answered + self.call_limit + LIMIT_GRACE

    def decide(self, now: float) -> list[News]:
        """End the call if what was heard, or the time, says how it ended."""
        if self.ending is not None:
            if self.is_settling and (is_beyond_doubt(self) or now >= self.due()):
                return self._settle()
            return []
        if self.originated_call_id and is_beyond_doubt(self):
            return self._end(told_by_accounts(self), now)
        if now < self.due():
            return []
        # Longer than it may ring, it is still in use for somebody.
        may_go_on = self.is_in_use and self.caller_answered is None
        if self.accounts and (not may_go_on or proves_talk(self)):
            return self._end(told_by_accounts(self), now)
        may_ask = self.originated_call_id and not self._reported and not self.shares_id
        if may_ask and self._report_until is None:
            self._report_until = now + LONGEST_REPORT
            return [News(step=Step.REPORT_WANTED, call=self)]
        return self._end(told_by_time(self), now)

    def _take_stock(self, now: float) -> list[News]:
        """Return what has become known of how far the call is, or how it ended."""
        self.conclude(now)
        answered = self.sees_answer and self.names_call
        steps = {
            Step.CALLER_RINGING: bool(self.caller_phone.seen),
            Step.CALLER_ANSWERED: answered,
            Step.CALLEE_RINGING: answered and bool(self.other_phones),
            Step.ANSWERED: self.talking,
        }
        known = (step for step, is_known in steps.items() if is_known)
        return self._tell(known) + self.decide(now)

    def _tell(self, steps: Iterable[Step]) -> list[News]:
        """Return news of the steps that were not told before."""
        if self.ending is not None or not self.originated_call_id:
            return []
        new = [step for step in steps if step not in self._told]
        self._told.update(new)
        return [News(step=step, call=self) for step in new]

    def _end(self, ending: Ending, now: float) -> list[News]:
        news = []
        if ending.outcome is Outcome.ANSWERED:
            news = self._tell([Step.CALLER_ANSWERED, Step.ANSWERED])
        self.ending = ending
        self.ended_at = now
        self._settled = bool(self.accounts) and ending.outcome is not Outcome.UNKNOWN
        return [*news, News(step=Step.ENDED, call=self, ending=ending)]

    def give_up(self, now: float) -> list[News]:
        """End the call as `unknown` if it has not ended, and settle it no more."""
        self._settles_at = None
        if self.ending is not None:
            return []
        return self._end(Ending(outcome=Outcome.UNKNOWN), now)

    def _settle(self) -> list[News]:
        """Take the PBX's account of a call that only the clock had ended, once."""
        self._settles_at = None
        ending = told_by_accounts(self)
        if ending.outcome is Outcome.UNKNOWN or ending == self.ending:
            return []
        self._settled = True
        self.ending = ending
        return [News(step=Step.ENDED, call=self, ending=ending)]


class CallTracker:
    """Follows the originated calls of one PBX, and decides when each has ended.

    Each method that may bring news returns it, in the order in which it happened.
    `next_due` says when `tick` wants to be called, on the clock that was given.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with no calls; `clock` gives seconds that never go back."""
        self._clock = clock
        self._open: dict[int, Call] = {}
        self._accepted = 0
        self._ended: OrderedDict[int, Call] = OrderedDict()
        self._settling: dict[int, Call] = {}
        self._matcher = SignalMatcher(self._open)
        self._states = PhoneStates()
        # Calls whose request has had no reply, and what may have overtaken that.
        self._pending: set[int] = set()
        self._early: deque[LegSignal | EndSignal] = deque(maxlen=_KEPT_SIGNALS)
        self._unclaimed: deque[LegSignal | EndSignal] = deque(maxlen=_KEPT_SIGNALS)

    @property
    def open_calls(self) -> list[Call]:
        """The calls that have not ended, the oldest first."""
        return list(self._open.values())

    @property
    def accepted_calls(self) -> int:
        """How many calls that the PBX has accepted have not ended."""
        return self._accepted

    @property
    def kept_calls(self) -> list[Call]:
        """The calls that are open, and those that ended lately."""
        return [*self._ended.values(), *self._open.values()]

    @property
    def states(self) -> dict[str, str]:
        """The last state heard of each telephone."""
        return self._states.words

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is heard before."""
        calls = chain(self._open.values(), self._settling.values())
        return min(map(Call.due, calls), default=None)

    def place(
        self,
        *,
        caller: str,
        callee: str,
        caller_id: str,
        timeout: int,
        call_limit: int | None = None,
        trunk_name: str = "",
    ) -> Call:
        """Begin to follow a call, before the request for it leaves.

        `accept`, `discard` or `lose` must follow.
        """
        call = Call(
            number=self._matcher.new_number(),
            placed_at=self._clock(),
            caller=caller,
            callee=callee,
            caller_id=caller_id,
            timeout=timeout,
            call_limit=call_limit,
            trunk_name=trunk_name,
            states=self._states,
        )
        self._open[call.number] = call
        self._pending.add(call.number)
        return call

    def accept(self, call: Call, originated_call_id: str) -> list[News]:
        """Take the id that the PBX answered with, and what overtook that answer."""
        # The clock may have ended it meanwhile.
        self._accepted += call.number in self._open
        early = self._take_early(originated_call_id)
        news = call.accept(originated_call_id, now=self._clock())
        self._matcher.learn(call, originated_call_id)
        news = self._filed(news, call)
        if call.shares_id:
            early.clear()
        for signal in early:
            news += self._hear_of(call, signal)
        self._no_longer_pending(call)
        return news

    def discard(self, call: Call) -> None:
        """Forget a call that was not placed."""
        self._open.pop(call.number, None)
        self._no_longer_pending(call)

    def lose(self, call: Call) -> None:
        """Take that nobody knows whether a call was placed.

        It stays open for its ring time, because its telephones may ring; nothing is
        told of it.
        """
        self._no_longer_pending(call)

    def hear(self, signal: Signal) -> list[News]:
        """Take what the PBX says."""
        if isinstance(signal, PhoneSignal):
            return self._hear_phone(signal)
        call = self._matcher.match(signal)
        if call is not None:
            return self._hear_of(call, signal)
        if self._matcher.is_ambiguous(signal):
            return []
        if signal.originated_call_id and self._pending:
            # It may have overtaken the reply to its own originate.
            self._early.append(signal)
        else:
            self._give_back(signal)
        return []

    def claims(self, signal: PhoneSignal) -> bool:
        """Tell whether a state, before it is heard, seems to be of a call of ours."""
        return self._matcher.claims(signal)

    def take_unclaimed(self) -> list[LegSignal | EndSignal]:
        """Return, once, what is known to be about calls that were not placed here."""
        unclaimed = list(self._unclaimed)
        self._unclaimed.clear()
        return unclaimed

    def report(self, call: Call, accounts: Iterable[EndSignal]) -> list[News]:
        """Take what the PBX's report shows of a call: none of it says that it ended."""
        return self._filed(call.hear_report(accounts, now=self._clock()), call)

    def tick(self) -> list[News]:
        """Do what time alone brings about."""
        now = self._clock()
        news: list[News] = []
        for call in (*self._open.values(), *self._settling.values()):
            try:
                news += call.decide(now)
            except Exception:
                # The others must not wait for one that cannot be decided.
                _LOGGER.exception("A call could not be decided and is given up")
                news += call.give_up(now)
        return self._filed(news, *self._settling.values())

    def _hear_of(self, call: Call, signal: LegSignal | EndSignal) -> list[News]:
        """Take a signal that is known to be about a call."""
        now = self._clock()
        self._matcher.learn_call_id(call, signal.call_id)
        if isinstance(signal, LegSignal):
            news = call.hear_leg(signal, now=now)
        else:
            news = call.hear_account(signal, now=now)
        return self._filed(news, call)

    def _hear_phone(self, signal: PhoneSignal) -> list[News]:
        """Take a telephone's state as one of a call, if it is proven to be of one."""
        self._states.update(signal)
        if signal.state in NOT_IN_A_CALL:
            for open_call in self._open.values():
                open_call.note_gone(signal, now=self._clock())
        progress = progress_of(signal)
        if progress is None:
            return []
        match = self._matcher.match_phone(signal, progress)
        if match is None:
            return []
        call = match.call
        news = call.hear_phone(signal, progress, proven=match.proven, now=self._clock())
        return self._filed(news, call)

    def _take_early(self, originated_call_id: str) -> list[LegSignal | EndSignal]:
        """Return the signals that overtook the reply which brings an id."""
        early = list(self._early)
        self._early.clear()
        taken: list[LegSignal | EndSignal] = []
        for signal in early:
            is_taken = signal.originated_call_id == originated_call_id
            (taken if is_taken else self._early).append(signal)
        return taken

    def _give_back(self, signal: LegSignal | EndSignal) -> None:
        """Take that a signal is about a call that was not placed here."""
        self._unclaimed.append(signal)
        self._matcher.note_unclaimed(signal)

    def _no_longer_pending(self, call: Call) -> None:
        """Let go of early signals that no reply can claim any more."""
        self._pending.discard(call.number)
        if not self._pending:
            for signal in self._early:
                self._give_back(signal)
            self._early.clear()

    def _filed(self, news: list[News], *calls: Call) -> list[News]:
        """Put calls where they belong, now that there is this news of them."""
        for call in calls:
            if call.is_settling:
                self._settling[call.number] = call
            else:
                self._settling.pop(call.number, None)
        for item in news:
            if item.step is not Step.ENDED:
                continue
            call = item.call
            was_open = self._open.pop(call.number, None) is not None
            self._no_longer_pending(call)
            # An account can follow only where the PBX has accepted the call.
            if call.originated_call_id:
                self._accepted -= was_open
                self._ended[call.number] = call
        self._forget_old()
        return news

    def _forget_old(self) -> None:
        """Let go of the calls that ended long ago, and of those that are too many."""
        now = self._clock()
        while self._ended:
            call = next(iter(self._ended.values()))
            if len(self._ended) <= KEPT_CALLS and now - call.ended_at < KEPT_FOR:
                return
            del self._ended[call.number]
            self._settling.pop(call.number, None)
            self._matcher.forget(call)
