"""What each originated call is doing, and how it ended, in neutral words.

Pure: no input or output, no Home Assistant, and time is told to it. What the PBX says
of calls is incomplete: events may be doubled, late, out of order or missing, and of the
most important one, that the caller's telephone was not taken, there mostly is none. So
everything said here is either proven by what was heard, or `unknown`.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Final

from .simotel.signals import EndSignal, LegSignal, PhoneSignal, Signal, Verdict

# Events overtake each other. What a later one could still put in doubt waits this long.
HOLD: Final = 3.0
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
# Signals that overtook the reply to their own originate, and ids that were heard.
_KEPT_SIGNALS = 1000
_SIGNALS_KEPT_FOR = 60.0
_KEPT_IDS = 10_000


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CALLER_NO_ANSWER = "caller_no_answer"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Step(StrEnum):
    """What can be news of a call.

    REPORT_WANTED asks for a look into the PBX's report of calls before the clock's
    answer is given; `report` takes what it shows.
    """

    CALLER_RINGING = "caller_ringing"
    CALLER_ANSWERED = "caller_answered"
    CALLEE_RINGING = "callee_ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    REPORT_WANTED = "report_wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended. `wait` and `talk` are seconds, None where nobody knows."""

    outcome: Outcome
    wait: int | None = None
    talk: int | None = None
    recording: str = ""
    trunk: str = ""


class _Progress(StrEnum):
    """How far a telephone is in a call; it only ever goes forward."""

    RINGING = "ringing"
    IN_USE = "in_use"
    IDLE = "idle"


_PROGRESS = {
    "ringing": _Progress.RINGING,
    "in_use": _Progress.IN_USE,
    "hold": _Progress.IN_USE,
    "idle": _Progress.IDLE,
}
_ORDER = list(_Progress)


@dataclass(slots=True)
class _Phone:
    """What was heard of one telephone for one call."""

    seen: set[_Progress] = field(default_factory=set)

    @property
    def now(self) -> _Progress | None:
        """How far it is; a signal that was overtaken does not turn it back."""
        return max(self.seen, key=_ORDER.index, default=None)

    @property
    def rang_out(self) -> bool:
        """It rang and fell idle, and was never seen in use."""
        return self.seen == {_Progress.RINGING, _Progress.IDLE}


class Call:
    """An originated call: what was heard of it, and what that proves.

    `timeout` is how long the caller's telephone rings and `call_limit` how long the two
    may talk, in seconds. `ending` is None while the call is open. Those who are not the
    tracker only read it.
    """

    def __init__(
        self,
        *,
        number: int,
        placed: float,
        caller: str,
        callee: str,
        caller_id: str,
        timeout: int,
        call_limit: int | None,
        trunk_name: str,
        context: object,
        states: Mapping[str, str],
    ) -> None:
        """Begin with nothing heard; `number` grows with each call and each new id.

        `states` holds the last state of each telephone, now and later.
        """
        self.number = number
        self.caller = caller
        self.callee = callee
        self.caller_id = caller_id
        self.timeout = timeout
        self.call_limit = call_limit
        self.trunk_name = trunk_name
        self.context = context
        self.originated_call_id = ""
        self.call_ids: set[str] = set()
        self.ending: Ending | None = None
        self.ended_at = 0.0
        self.states_prove_nothing = any(
            states.get(phone) in _BUSY_STATES for phone in (caller, callee)
        )
        self._states = states
        self._placed = placed
        self._phones: dict[str, _Phone] = {}
        self._accounts: list[EndSignal] = []
        self._second_leg = False
        self._caller_answered: float | None = None
        self._talking = False
        self._held_until: float | None = None
        self._report_until: float | None = None
        self._reported = False
        self._settled = False
        self._told: set[Step] = set()

    def accepted(self, originated_call_id: str, *, now: float) -> None:
        """Take the id that the PBX answered with; the telephone rings from now on."""
        self.originated_call_id = originated_call_id
        self._placed = now

    def note_phone(
        self, phone: str, progress: _Progress, *, named: bool, now: float
    ) -> list[News]:
        """Keep what a telephone does in this call.

        `named` tells that the state names the call, by its id or by the other party.
        Before the caller is known to have answered, only such a state of another
        telephone shows that he has.
        """
        if progress is _Progress.IDLE and phone not in self._phones:
            return []
        self._phones.setdefault(phone, _Phone()).seen.add(progress)
        if phone != self.caller and named:
            self._second_leg = True
        if self._all_idle and self._held_until is None:
            self._held_until = now + HOLD
        return self._heard(now)

    def note_leg(self, *, second: bool, now: float) -> list[News]:
        """Keep that a leg over a trunk began; the second one follows the answer."""
        self._second_leg = self._second_leg or second
        return self._heard(now)

    def note_account(self, account: EndSignal, *, now: float) -> list[News]:
        """Keep what the PBX says of how the call ended, each account once."""
        if account in self._accounts:
            return []
        self._accounts.append(account)
        if self.ending is not None:
            return self._settle()
        if len(self._accounts) == 1:
            self._held_until = now + HOLD
        return self._heard(now)

    def note_report(self, account: EndSignal | None, *, now: float) -> list[News]:
        """Take what the PBX's report shows, None where it shows nothing."""
        if self._report_until is None or self.ending is not None:
            return []
        self._report_until = None
        self._reported = True
        if account is not None:
            self._accounts.append(account)
            self._held_until = now
        return self.decide(now)

    def due(self) -> float:
        """Return when the call is decided if nothing more is heard."""
        if self._report_until is not None:
            return self._report_until
        if self._held_until is not None and (self._accounts or self._all_idle):
            return self._held_until
        states_count = self._talking or not self.states_prove_nothing
        if self._caller_answered is None or not states_count or self._all_idle:
            return self._placed + self.timeout + GRACE
        if self.call_limit is None:
            return self._caller_answered + LONGEST_CALL
        return self._caller_answered + self.call_limit + LIMIT_GRACE

    def decide(self, now: float) -> list[News]:
        """End the call if what was heard, or the time, says how it ended."""
        if self.ending is not None:
            return []
        if self._beyond_doubt:
            return self._end(self._told_by_accounts(), now)
        if now < self.due():
            return []
        if self._accounts:
            return self._end(self._told_by_accounts(), now)
        if not self._reported and self._report_until is None:
            self._report_until = now + LONGEST_REPORT
            return [News(step=Step.REPORT_WANTED, call=self)]
        return self._end(Ending(outcome=self._told_by_time()), now)

    @property
    def silent(self) -> bool:
        """Whether nothing at all was heard of the call."""
        return not self._phones and not self.call_ids and not self._accounts

    def _heard(self, now: float) -> list[News]:
        """Return what has become known of how far the call is, or how it ended."""
        caller = self._phones.get(self.caller, _Phone())
        others = [phone for name, phone in self._phones.items() if name != self.caller]
        answered = _Progress.IN_USE in caller.seen
        if self._caller_answered is None and (answered or self._second_leg):
            self._caller_answered = now
        if answered and any(_Progress.IN_USE in phone.seen for phone in others):
            self._talking = True
        steps = {
            Step.CALLER_RINGING: bool(caller.seen),
            Step.CALLER_ANSWERED: answered,
            Step.CALLEE_RINGING: answered and bool(others),
            Step.ANSWERED: self._talking,
        }
        known = (step for step, is_known in steps.items() if is_known)
        return self._tell(known) + self.decide(now)

    def _tell(self, steps: Iterable[Step]) -> list[News]:
        """Return news of the steps that were not told before."""
        if self.ending is not None:
            return []
        new = [step for step in steps if step not in self._told]
        self._told.update(new)
        return [News(step=step, call=self) for step in new]

    @property
    def _all_idle(self) -> bool:
        phones = self._phones.values()
        return bool(phones) and all(phone.now is _Progress.IDLE for phone in phones)

    @property
    def _beyond_doubt(self) -> bool:
        """Whether nothing that may still come can change what is known."""
        return any(
            account.first_leg_failed
            or (account.verdict is Verdict.ANSWERED and account.talk and self._talking)
            for account in self._accounts
        )

    def _told_by_accounts(self) -> Ending:
        """Read the PBX's accounts of the call, that of a queue before the others."""
        if any(account.first_leg_failed for account in self._accounts):
            return Ending(outcome=Outcome.CALLER_NO_ANSWER)
        accounts = [account for account in self._accounts if account.of_queue]
        accounts = accounts or self._accounts
        answered = [
            account for account in accounts if account.verdict is Verdict.ANSWERED
        ]
        talked = max(answered, key=lambda account: account.talk or 0, default=None)
        if talked is not None and (talked.talk or self._talking):
            return Ending(
                outcome=Outcome.ANSWERED,
                wait=talked.wait,
                talk=talked.talk,
                recording=talked.recording,
                trunk=talked.trunk,
            )
        # An answer of no length stands in the PBX's records for other things as well.
        verdicts = {account.verdict for account in accounts} - {Verdict.ANSWERED}
        caller = self._phones.get(self.caller, _Phone())
        in_doubt = self._talking or (caller.rang_out and not self._second_leg)
        if len(verdicts) != 1 or in_doubt:
            return Ending(outcome=Outcome.UNKNOWN)
        (verdict,) = verdicts
        return Ending(
            outcome=_OUTCOMES.get(verdict, Outcome.UNKNOWN), trunk=accounts[0].trunk
        )

    def _told_by_time(self) -> Outcome:
        """Say what time alone proves, which is little."""
        if self._talking:
            return Outcome.ANSWERED
        if self._caller_answered is not None or self.states_prove_nothing:
            return Outcome.UNKNOWN
        unavailable = self.silent and self._states.get(self.caller) == "unavailable"
        if self.caller in self._phones or unavailable:
            return Outcome.CALLER_NO_ANSWER
        return Outcome.UNKNOWN

    def _end(self, ending: Ending, now: float) -> list[News]:
        news = []
        if ending.outcome is Outcome.ANSWERED:
            news = self._tell([Step.CALLER_ANSWERED, Step.ANSWERED])
        self.ending = ending
        self.ended_at = now
        self._settled = bool(self._accounts)
        return [*news, News(step=Step.ENDED, call=self, ending=ending)]

    def _settle(self) -> list[News]:
        """Take the PBX's account of a call that only the clock had ended, once."""
        if self._settled:
            return []
        ending = self._told_by_accounts()
        if ending.outcome is Outcome.UNKNOWN or ending == self.ending:
            return []
        self._settled = True
        self.ending = ending
        return [News(step=Step.ENDED, call=self, ending=ending)]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something has become known of a call."""

    step: Step
    call: Call
    ending: Ending | None = None


class CallTracker:
    """Follows the originated calls of one PBX, and decides which signal is of which.

    Each method that may bring news returns it, in the order in which it happened.
    `next_due` says when `tick` wants to be called, on the clock that was given.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with no calls; `clock` gives seconds that never go back."""
        self._clock = clock
        self._numbers = count(1)
        self._open: dict[int, Call] = {}
        self._ended: OrderedDict[int, Call] = OrderedDict()
        self._by_originated_call_id: dict[str, Call] = {}
        self._by_call_id: dict[str, list[Call]] = {}
        self._states: dict[str, str] = {}
        self._heard: OrderedDict[str, int] = OrderedDict()
        self._early: deque[tuple[float, LegSignal | EndSignal]] = deque(
            maxlen=_KEPT_SIGNALS
        )

    @property
    def open_calls(self) -> list[Call]:
        """The calls that have not ended, the oldest first."""
        return list(self._open.values())

    @property
    def states(self) -> dict[str, str]:
        """The last state heard of each telephone."""
        return dict(self._states)

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is heard before."""
        return min((call.due() for call in self._open.values()), default=None)

    def place(
        self,
        *,
        caller: str,
        callee: str,
        caller_id: str,
        timeout: int,
        call_limit: int | None = None,
        trunk_name: str = "",
        context: object = None,
    ) -> Call:
        """Begin to follow a call, before the request for it leaves.

        `context` is kept for whoever asks for the call.
        """
        call = Call(
            number=next(self._numbers),
            placed=self._clock(),
            caller=caller,
            callee=callee,
            caller_id=caller_id,
            timeout=timeout,
            call_limit=call_limit,
            trunk_name=trunk_name,
            context=context,
            states=self._states,
        )
        self._open[call.number] = call
        return call

    def accept(self, call: Call, originated_call_id: str) -> list[News]:
        """Take the id that the PBX answered with, and what overtook that answer."""
        call.accepted(originated_call_id, now=self._clock())
        self._by_originated_call_id[originated_call_id] = call
        news: list[News] = []
        for _, signal in list(self._early):
            if signal.originated_call_id == originated_call_id:
                news += self._hear_of(call, signal)
        return news

    def discard(self, call: Call) -> None:
        """Forget a call that was not placed."""
        self._open.pop(call.number, None)

    def hear(self, signal: Signal) -> list[News]:
        """Take what the PBX says."""
        if signal.call_id and signal.call_id not in self._heard:
            self._heard[signal.call_id] = next(self._numbers)
            if len(self._heard) > _KEPT_IDS:
                self._heard.popitem(last=False)
        if isinstance(signal, PhoneSignal):
            return self._hear_phone(signal)
        owner = self.owner_of(signal)
        if owner is None:
            self._keep_early(signal)
            return []
        return self._hear_of(owner, signal)

    def owner_of(self, signal: LegSignal | EndSignal) -> Call | None:
        """Return the call that a signal is about, if it is one of ours.

        By the id of the originate; without one, by the call id that was learned with
        it, unless two calls share that. Never by numbers.
        """
        if signal.originated_call_id:
            return self._by_originated_call_id.get(signal.originated_call_id)
        owners = self._by_call_id.get(signal.call_id, [])
        return owners[0] if len(owners) == 1 else None

    def report(self, call: Call, account: EndSignal | None) -> list[News]:
        """Take what the PBX's report shows of a call, None where it shows nothing."""
        return self._filed(call.note_report(account, now=self._clock()))

    def tick(self) -> list[News]:
        """Do what time alone brings about."""
        now = self._clock()
        news: list[News] = []
        for call in self.open_calls:
            news += call.decide(now)
        return self._filed(news)

    def _hear_of(self, call: Call, signal: LegSignal | EndSignal) -> list[News]:
        """Take a signal that is known to be about a call."""
        now = self._clock()
        if signal.call_id and signal.call_id not in call.call_ids:
            call.call_ids.add(signal.call_id)
            self._by_call_id.setdefault(signal.call_id, []).append(call)
        if isinstance(signal, EndSignal):
            return self._filed(call.note_account(signal, now=now))
        second = self._is_second_leg(call, signal)
        return self._filed(call.note_leg(second=second, now=now))

    def _hear_phone(self, signal: PhoneSignal) -> list[News]:
        """Tie a telephone's state to a call, if it is proven to be of one."""
        self._states[signal.phone] = signal.state
        progress = _PROGRESS.get(signal.state)
        if progress is None:
            return []
        known = self._by_call_id.get(signal.call_id, [])
        claims = known or [
            call for call in self._open.values() if self._may_be_of(call, signal)
        ]
        if len(claims) > 1:
            for call in claims:
                call.states_prove_nothing = True
            return []
        if not claims:
            return []
        (call,) = claims
        if call.states_prove_nothing and not known:
            return []
        named = bool(known) or signal.other_party in (call.caller, call.caller_id)
        return self._filed(
            call.note_phone(signal.phone, progress, named=named, now=self._clock())
        )

    def _may_be_of(self, call: Call, signal: PhoneSignal) -> bool:
        """Tell whether a state could be of a call, going by everything it says."""
        if self._heard.get(signal.call_id, call.number) < call.number:
            return False
        if signal.phone == call.caller:
            return signal.other_party in ("", call.callee, call.caller_id)
        if signal.phone == call.callee:
            fits = signal.direction in ("", "in")
            return fits and signal.other_party in ("", call.caller, call.caller_id)
        return False

    def _is_second_leg(self, call: Call, signal: LegSignal) -> bool:
        """Tell whether a leg over a trunk leads to the callee.

        With a caller outside, the first one may lead to the caller.
        """
        if signal.incoming:
            return False
        if call.trunk_name and call.caller not in self._states:
            return signal.number == call.callee != call.caller
        return True

    def _keep_early(self, signal: LegSignal | EndSignal) -> None:
        """Keep a signal that may have overtaken the reply to its own originate."""
        now = self._clock()
        while self._early and now - self._early[0][0] > _SIGNALS_KEPT_FOR:
            self._early.popleft()
        if signal.originated_call_id:
            self._early.append((now, signal))

    def _filed(self, news: list[News]) -> list[News]:
        """Put the calls that ended where those are kept that an account may follow."""
        for item in news:
            if item.step is not Step.ENDED:
                continue
            call = item.call
            self._open.pop(call.number, None)
            if call.originated_call_id:
                self._ended[call.number] = call
        self._forget_old()
        return news

    def _forget_old(self) -> None:
        now = self._clock()
        while self._ended:
            call = next(iter(self._ended.values()))
            if len(self._ended) <= KEPT_CALLS and now - call.ended_at < KEPT_FOR:
                return
            del self._ended[call.number]
            del self._by_originated_call_id[call.originated_call_id]
            for call_id in call.call_ids:
                self._by_call_id[call_id].remove(call)
                if not self._by_call_id[call_id]:
                    del self._by_call_id[call_id]


_BUSY_STATES = frozenset({"ringing", "in_use", "hold"})
_OUTCOMES = {
    Verdict.BUSY: Outcome.BUSY,
    Verdict.FAILED: Outcome.FAILED,
    Verdict.NO_ANSWER: Outcome.NO_ANSWER,
}
