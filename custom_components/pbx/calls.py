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
_KEPT_IDS = 10_000
# In place of the number under which an id was heard first: that of a call which was
# not placed here, and one that proves nothing.
_OF_ANOTHER = 0
_SHARED = -1
_KEPT_STATES = 10_000
# What one call may gather, whoever sends it.
_MOST_OF_A_CALL = 50


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
    """What was heard of one telephone for one call.

    `named` tells that a state of it named the call, by its known id or the other party.
    """

    seen: set[_Progress] = field(default_factory=set)
    named: bool = False

    @property
    def now(self) -> _Progress | None:
        """How far it is; a signal that was overtaken does not turn it back."""
        return max(self.seen, key=_ORDER.index, default=None)

    @property
    def only_rang(self) -> bool:
        """It rang and was never seen in use, whether or not it fell idle."""
        return _Progress.RINGING in self.seen and _Progress.IN_USE not in self.seen

    @property
    def answered(self) -> bool:
        """It took the call: one that did not ring may have dialled by itself."""
        rang = _Progress.RINGING in self.seen
        return _Progress.IN_USE in self.seen and (self.named or rang)


class Call:
    """An originated call: what was heard of it, and what that proves.

    `timeout` is how long the caller's telephone rings and `call_limit` how long the two
    may talk, in seconds. `ending` is None while the call is open. Those who are not the
    tracker only read all of it.
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
        states: Mapping[str, PhoneSignal],
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
        self.originated_call_id = ""
        self.call_ids: list[str] = []
        self.ending: Ending | None = None
        self.ended_at = 0.0
        # Telephones whose states prove nothing for this call, and the id of the other
        # call that they were in when this one was placed, if that is why.
        self._distrusted = {
            phone: states[phone].call_id
            for phone in (caller, callee)
            if phone in states and states[phone].state in _BUSY_STATES
        }
        self._callee_was_elsewhere = callee in self._distrusted
        self._states = states
        self._placed = placed
        self._phones: dict[str, _Phone] = {}
        # The call ids of the caller's states, and whether such a state named the call.
        self._state_ids: dict[str, bool] = {}
        # That of a state which said that the caller had left a call, before any other.
        self._left_id = ""
        # Those of all states that were taken without knowing the call's own id.
        self._guessed_ids: set[str] = set()
        # Those of states that may have been of this call, and were not taken.
        self._doubtful_ids: set[str] = set()
        self._accounts: list[EndSignal] = []
        self._second_leg = False
        self._maybe_second_leg = False
        self._only_rang = False
        self._caller_answered: float | None = None
        self._talking = False
        self._held_until: float | None = None
        self._report_until: float | None = None
        self._reported = False
        self._settled = False
        self._settles_at: float | None = None
        self._told: set[Step] = set()

    @property
    def call_id(self) -> str:
        """The PBX's own id of the call, empty while it is not known."""
        return next(iter(self.call_ids), "")

    @property
    def placed_at(self) -> float:
        """When it was placed, and once the PBX has accepted it, when that was."""
        return self._placed

    def accepted(self, originated_call_id: str, *, now: float) -> list[News]:
        """Take the id that the PBX answered with; the telephone rings from now on."""
        self.originated_call_id = originated_call_id
        self._placed = now
        return self._tell([Step.ORIGINATED]) + self._heard(now)

    def has_reached(self, step: Step) -> bool:
        """Tell whether a step was told of the call."""
        return step in self._told

    def could_be_of(self, signal: PhoneSignal) -> bool:
        """Tell whether a state could be of this call, going by all that it says.

        It does not say so itself. A state of the callee's telephone must name the
        caller, or follow the caller's answer; and the caller does not dial by himself.
        """
        if signal.phone == self.callee != self.caller:
            if self._goes_on(signal):
                return True
            if self._phone(self.caller).now is _Progress.IDLE:
                return False
            return self._names_caller(signal) or self._could_follow(signal)
        if signal.phone != self.caller:
            return False
        if signal.other_party not in ("", self.callee, self.caller_id):
            return False
        if signal.call_id and self.call_ids and signal.call_id not in self.call_ids:
            return False
        # What dials has not rung before, at most without an id.
        rang = _Progress.RINGING in self._phone(self.caller).seen
        return not signal.dialing or (rang and not self._state_ids)

    def could_become(self, signal: PhoneSignal) -> bool:
        """Tell whether a state of a third telephone may turn out to be of this call.

        As that of a queue's agent does whose state overtakes the caller's.
        """
        return not self.involves(signal.phone) and self._names_caller(signal)

    def _could_follow(self, signal: PhoneSignal) -> bool:
        """Tell whether a state that names neither party nor call can follow the answer."""
        if signal.other_party or signal.call_id:
            return False
        return not signal.calls_out and self._caller_answered is not None

    def _goes_on(self, signal: PhoneSignal) -> bool:
        """Tell whether a state that names nobody follows one that was of this call."""
        known = signal.call_id in {"", *self._guessed_ids}
        return known and not signal.other_party and signal.phone in self._phones

    def _names_caller(self, signal: PhoneSignal) -> bool:
        if signal.calls_out:
            return False
        shown = {self.caller, self.caller_id} - {signal.phone}
        return signal.other_party in shown

    def involves(self, phone: str) -> bool:
        """Tell whether a telephone is that of the caller or the callee."""
        return phone in (self.caller, self.callee)

    def trusts(self, phone: str) -> bool:
        """Tell whether the states of a telephone can prove anything for this call."""
        return phone not in self._distrusted

    def distrust(self, phone: str) -> None:
        """Take that the states of a telephone may be of another call as well."""
        self._distrusted[phone] = ""

    def carries(self, signal: PhoneSignal) -> bool:
        """Tell whether a state carries an id that the caller's own states carried.

        For another telephone than the callee's, such as that of a queue's agent, that
        says something only where they named the call, and never where it is the one who
        calls.
        """
        if signal.call_id not in self._state_ids:
            return False
        if signal.phone == self.caller:
            return signal.other_party in ("", self.callee, self.caller_id)
        if signal.calls_out:
            return False
        if signal.phone == self.callee:
            return not signal.other_party or self._names_caller(signal)
        return self._state_ids[signal.call_id]

    def note_stranger(self, signal: PhoneSignal) -> None:
        """Take that a telephone is in another call, whose id the state carries."""
        self.note_other_id(signal.call_id)
        if self.involves(signal.phone):
            self.distrust(signal.phone)
        if signal.phone != self.callee:
            return
        named = signal.other_party or self._phone(self.caller).named
        if not named or signal.other_party == self.callee:
            self.note_doubtful(signal)
        elif signal.other_party:
            self._callee_was_elsewhere = True
        if signal.other_party == self.caller:
            # He calls the caller, whose telephone then says what it would in this call.
            self._refute()

    def has_guessed(self, call_id: str) -> bool:
        """Tell whether states with an id were taken for this call's, or nearly so."""
        return call_id in self._guessed_ids or call_id in self._doubtful_ids

    def note_shared(self, call_id: str) -> None:
        """Take that states with an id may be of another call as well."""
        if call_id in self._guessed_ids:
            self._doubt()

    def note_other_id(self, call_id: str) -> None:
        """Take that an id is that of another call."""
        if call_id in self._guessed_ids:
            self._refute()

    def _refute(self) -> None:
        """Take back what the telephones showed: they were in another call."""
        self._doubt()
        if not self._second_leg:
            self._caller_answered = None

    def _doubt(self) -> None:
        """Take back what the telephones showed: they may have been in another call."""
        self._only_rang = self._caller_only_rang
        self._phones.clear()
        self._state_ids.clear()
        self._guessed_ids.clear()
        self._talking = False
        if not self._accounts:
            self._held_until = None
        self.distrust(self.caller)
        self.distrust(self.callee)

    def note_free(self, signal: PhoneSignal) -> None:
        """Take that a telephone has left the call in which it was before this one."""
        if signal.call_id and self._distrusted.get(signal.phone) == signal.call_id:
            del self._distrusted[signal.phone]

    def note_doubtful(self, signal: PhoneSignal) -> None:
        """Take that a state may be of this call, or of another."""
        if signal.phone != self.caller:
            self._maybe_second_leg = True
        if signal.call_id and len(self._doubtful_ids) < _MOST_OF_A_CALL:
            self._doubtful_ids.add(signal.call_id)

    def note_phone(
        self, signal: PhoneSignal, progress: _Progress, *, proven: bool, now: float
    ) -> list[News]:
        """Keep what a telephone does in this call.

        `proven` tells that the state carries the call's id.
        """
        is_caller = signal.phone == self.caller
        if is_caller and signal.call_id and self._state_ids:
            if signal.call_id not in self._state_ids:
                # The caller has one id in this call, so one of them is of another.
                is_over = self._phone(self.caller).now is _Progress.IDLE
                (self._refute if is_over else self._doubt)()
                if not proven:
                    return self._heard(now)
        phone = self._phones.get(signal.phone)
        if phone is None:
            # That somebody has left the call says something of the caller only.
            if progress is _Progress.IDLE and not (proven and is_caller):
                if is_caller:
                    self._left_id = signal.call_id
                return []
            if len(self._phones) >= _MOST_OF_A_CALL:
                return []
            phone = self._phones[signal.phone] = _Phone()
            if is_caller and signal.call_id and signal.call_id == self._left_id:
                # What came first has overtaken this.
                phone.seen.add(_Progress.IDLE)
        named = signal.other_party != ""
        phone.named = phone.named or proven or named
        if is_caller and signal.call_id:
            known = self._state_ids.get(signal.call_id, False)
            self._state_ids[signal.call_id] = known or named
        if not proven and signal.call_id and len(self._guessed_ids) < _MOST_OF_A_CALL:
            self._guessed_ids.add(signal.call_id)
        if proven and not is_caller:
            self._second_leg = True
        if progress not in phone.seen:
            phone.seen.add(progress)
            if self._all_idle:
                self._held_until = now + HOLD
        return self._heard(now)

    def note_leg(self, *, second: bool, now: float) -> list[News]:
        """Keep that a leg over a trunk began; the second one follows the answer."""
        self._second_leg = self._second_leg or second
        return self._heard(now)

    def note_account(self, account: EndSignal, *, now: float) -> list[News]:
        """Keep what the PBX says of how the call ended, each account once."""
        if account in self._accounts or len(self._accounts) >= _MOST_OF_A_CALL:
            return []
        self._accounts.append(account)
        if self.ending is not None:
            if self._settles_at is None and not self._settled:
                self._settles_at = now + HOLD
            return self.decide(now)
        if len(self._accounts) == 1:
            self._held_until = now + HOLD
        return self._heard(now)

    def note_report(self, accounts: Iterable[EndSignal], *, now: float) -> list[News]:
        """Take what the PBX's report shows."""
        if self._report_until is None or self.ending is not None:
            return []
        self._report_until = None
        self._reported = True
        self._accounts.extend(accounts)
        self._held_until = now
        return self.decide(now)

    @property
    def is_settling(self) -> bool:
        """Whether an account came after the clock had ended the call."""
        return self._settles_at is not None

    def due(self) -> float:
        """Return when the call is decided if nothing more is heard."""
        if self._settles_at is not None:
            return self._settles_at
        if self._report_until is not None:
            return self._report_until
        given_up = self._placed + self.timeout + GRACE
        if not self.originated_call_id:
            return given_up
        if self._held_until is not None:
            if self._accounts or (self._all_idle and self._sees_the_end):
                return self._held_until
            if self._all_idle:
                return max(self._held_until, given_up)
        if self._caller_answered is None:
            return given_up
        if self.call_limit is None:
            return self._caller_answered + LONGEST_CALL
        return self._caller_answered + self.call_limit + LIMIT_GRACE

    def decide(self, now: float) -> list[News]:
        """End the call if what was heard, or the time, says how it ended."""
        if self.ending is not None:
            if self.is_settling and (self._beyond_doubt or now >= self.due()):
                return self._settle()
            return []
        if self._beyond_doubt and self.originated_call_id:
            return self._end(self._told_by_accounts(), now)
        if now < self.due():
            return []
        if self._accounts:
            return self._end(self._told_by_accounts(), now)
        if (
            self.originated_call_id
            and not self._reported
            and self._report_until is None
        ):
            self._report_until = now + LONGEST_REPORT
            return [News(step=Step.REPORT_WANTED, call=self)]
        return self._end(Ending(outcome=self._told_by_time()), now)

    @property
    def silent(self) -> bool:
        """Whether nothing at all was heard of the call."""
        return not self._phones and not self.call_ids and not self._accounts

    def _heard(self, now: float) -> list[News]:
        """Return what has become known of how far the call is, or how it ended."""
        caller, others = self._phone(self.caller), self._others
        answered = caller.answered or self._sees_second_leg
        if self._caller_answered is None and answered:
            self._caller_answered = now
        if answered and any(phone.answered for phone in others):
            self._talking = True
        # A telephone that names nobody may be in another call until its id is known.
        proven = caller.named or self._sees_second_leg or self._talking
        steps = {
            Step.CALLER_RINGING: bool(caller.seen),
            Step.CALLER_ANSWERED: answered and proven,
            Step.CALLEE_RINGING: answered and proven and bool(others),
            Step.ANSWERED: self._talking,
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

    def _phone(self, number: str) -> _Phone:
        return self._phones.get(number) or _Phone()

    @property
    def _others(self) -> list[_Phone]:
        return [phone for name, phone in self._phones.items() if name != self.caller]

    @property
    def _sees_second_leg(self) -> bool:
        """Whether there is a sign of a second leg, so that the caller has answered.

        That somebody's telephone names the caller is one only where the caller's own
        was heard as well, or cannot be heard.
        """
        if self._second_leg:
            return True
        outside = self.trunk_name and self.caller not in self._states
        heard = outside or self.caller in self._phones
        return bool(heard) and any(phone.named for phone in self._others)

    @property
    def _caller_only_rang(self) -> bool:
        """Whether the caller's telephone rang, and no more of the call was seen."""
        only_rang = self._only_rang or self._phone(self.caller).only_rang
        return only_rang and not self._sees_second_leg

    @property
    def _all_idle(self) -> bool:
        phones = self._phones.values()
        return bool(phones) and all(phone.now is _Progress.IDLE for phone in phones)

    @property
    def _sees_the_end(self) -> bool:
        """Whether idle telephones mean the end: a call may go on to others unseen."""
        return self._talking or self.caller in self._phones

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
        for account in self._accounts:
            if account.first_leg_failed:
                return Ending(outcome=Outcome.CALLER_NO_ANSWER, trunk=account.trunk)
        accounts = [account for account in self._accounts if account.of_queue]
        accounts = accounts or self._accounts
        answered = [
            account for account in accounts if account.verdict is Verdict.ANSWERED
        ]
        talked = max(answered, key=lambda account: account.talk or 0, default=None)
        if talked is not None and (talked.talk or self._talking):
            return ending_of(Outcome.ANSWERED, talked)
        # An answer of no length stands in the PBX's records for other things as well.
        others = [account for account in accounts if account not in answered]
        in_doubt = self._talking or self._caller_only_rang
        if len({account.verdict for account in others}) != 1 or in_doubt:
            return Ending(outcome=Outcome.UNKNOWN)
        return ending_of(outcome_of(others[0].verdict), others[0])

    def _told_by_time(self) -> Outcome:
        """Say what time alone proves, which is little."""
        if self._talking:
            return Outcome.ANSWERED
        if self._caller_answered is not None or not self.trusts(self.caller):
            return Outcome.UNKNOWN
        caller = self._phone(self.caller)
        second_leg = bool(self._others) or self._maybe_second_leg
        if caller.now is not _Progress.IDLE:
            # He may have answered, unheard, where the callee's telephone would not show
            # that it rings for this call.
            second_leg = second_leg or self._callee_was_elsewhere or not caller.named
        if caller.only_rang and not second_leg:
            return Outcome.CALLER_NO_ANSWER
        last = self._states.get(self.caller)
        if self.silent and last is not None and last.state == "unavailable":
            return Outcome.CALLER_NO_ANSWER
        return Outcome.UNKNOWN

    def _end(self, ending: Ending, now: float) -> list[News]:
        news = []
        if ending.outcome is Outcome.ANSWERED:
            news = self._tell([Step.CALLER_ANSWERED, Step.ANSWERED])
        self.ending = ending
        self.ended_at = now
        self._settled = bool(self._accounts) and ending.outcome is not Outcome.UNKNOWN
        return [*news, News(step=Step.ENDED, call=self, ending=ending)]

    def _settle(self) -> list[News]:
        """Take the PBX's account of a call that only the clock had ended, once."""
        self._settles_at = None
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
        self._settling: dict[int, Call] = {}
        self._by_originated_call_id: dict[str, Call] = {}
        self._by_call_id: dict[str, list[Call]] = {}
        self._states: dict[str, PhoneSignal] = {}
        self._heard: OrderedDict[str, int] = OrderedDict()
        self._early: deque[tuple[float, LegSignal | EndSignal]] = deque(
            maxlen=_KEPT_SIGNALS
        )
        self._pending: set[int] = set()
        self._unclaimed: deque[LegSignal | EndSignal] = deque(maxlen=_KEPT_SIGNALS)

    @property
    def open_calls(self) -> list[Call]:
        """The calls that have not ended, the oldest first."""
        return list(self._open.values())

    @property
    def kept_calls(self) -> list[Call]:
        """The calls that are open, and those that ended lately."""
        return [*self._ended.values(), *self._open.values()]

    @property
    def states(self) -> dict[str, str]:
        """The last state heard of each telephone."""
        return {phone: signal.state for phone, signal in self._states.items()}

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is heard before."""
        calls = (*self._open.values(), *self._settling.values())
        return min((call.due() for call in calls), default=None)

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
            number=next(self._numbers),
            placed=self._clock(),
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
        news = call.accepted(originated_call_id, now=self._clock())
        self._by_originated_call_id[originated_call_id] = call
        early = [signal for _, signal in self._early]
        for signal in early:
            if signal.originated_call_id == originated_call_id:
                news += self._hear_of(call, signal)
        self._early = deque(
            (
                (heard, signal)
                for heard, signal in self._early
                if signal.originated_call_id != originated_call_id
            ),
            maxlen=_KEPT_SIGNALS,
        )
        self._no_longer_pending(call)
        return self._filed(news)

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
        self._note_id(signal.call_id)
        owner = self.owner_of(signal)
        if owner is not None:
            return self._hear_of(owner, signal)
        if signal.originated_call_id and self._pending:
            # It may have overtaken the reply to its own originate.
            self._early.append((self._clock(), signal))
        else:
            self._give_back(signal)
        return []

    def take_unclaimed(self) -> list[LegSignal | EndSignal]:
        """Return, once, what is known to be about calls that were not placed here."""
        unclaimed = list(self._unclaimed)
        self._unclaimed.clear()
        return unclaimed

    def owner_of(self, signal: LegSignal | EndSignal) -> Call | None:
        """Return the call that a signal is about, if it is one of ours.

        By the id of the originate; without one, by the call id that was learned with
        it, unless two calls share that. Never by numbers.
        """
        if signal.originated_call_id:
            return self._by_originated_call_id.get(signal.originated_call_id)
        owners = self._by_call_id.get(signal.call_id, [])
        return owners[0] if len(owners) == 1 else None

    def report(self, call: Call, accounts: Iterable[EndSignal]) -> list[News]:
        """Take what the PBX's report shows of a call: none of it says that it ended."""
        return self._filed(call.note_report(accounts, now=self._clock()))

    def tick(self) -> list[News]:
        """Do what time alone brings about."""
        now = self._clock()
        news: list[News] = []
        for call in (*self._open.values(), *self._settling.values()):
            news += call.decide(now)
        for call in list(self._settling.values()):
            self._file_settling(call)
        return self._filed(news)

    def _hear_of(self, call: Call, signal: LegSignal | EndSignal) -> list[News]:
        """Take a signal that is known to be about a call."""
        now = self._clock()
        if (
            signal.call_id
            and signal.call_id not in call.call_ids
            and len(call.call_ids) < _MOST_OF_A_CALL
        ):
            call.call_ids.append(signal.call_id)
            self._by_call_id.setdefault(signal.call_id, []).append(call)
            others = self._others_with(signal.call_id, call)
            if others or self._heard.get(signal.call_id) == _OF_ANOTHER:
                self._note_shared(signal.call_id, [call, *others])
        if isinstance(signal, EndSignal):
            news = call.note_account(signal, now=now)
            self._file_settling(call)
            return self._filed(news)
        second = self._is_second_leg(call, signal)
        return self._filed(call.note_leg(second=second, now=now))

    def _hear_phone(self, signal: PhoneSignal) -> list[News]:
        """Tie a telephone's state to a call, if it is proven to be of one."""
        self._note_state(signal)
        progress = _PROGRESS.get(signal.state)
        if progress is None:
            return []
        calls = self._open.values()
        if progress is _Progress.IDLE:
            for call in calls:
                call.note_free(signal)
        claimants = self._claimants(signal)
        proven = set(claimants) <= set(self._by_call_id.get(signal.call_id, []))
        self._note_id(signal.call_id)
        if progress is not _Progress.IDLE:
            doubtful = [call for call in calls if call.could_become(signal)]
            for call in calls:
                if call in claimants:
                    continue
                if call in doubtful and not claimants:
                    call.note_doubtful(signal)
                else:
                    call.note_stranger(signal)
            if not claimants and not doubtful:
                # What else carries this id is of that other call as well.
                self._note_other_id(signal.call_id)
        if not claimants:
            return []
        return self._tie(claimants, signal, progress, proven=proven)

    def _claimants(self, signal: PhoneSignal) -> list[Call]:
        """Return the calls that a state is of by its id, else those it could be of.

        Two originates in one second may share an id. That of a third telephone says
        nothing then where this one has a part in another call of ours.
        """
        if self._heard.get(signal.call_id) == _SHARED:
            return []
        calls = self._open.values()
        known = [
            call
            for call in self._by_call_id.get(signal.call_id, [])
            if signal.phone == call.caller or not signal.calls_out
        ]
        owners = dict.fromkeys(
            (*known, *(call for call in calls if call.carries(signal)))
        )
        could_be = [call for call in calls if call.could_be_of(signal)]
        if not owners:
            return [
                call
                for call in could_be
                if self._heard.get(signal.call_id, call.number) >= call.number
            ]
        if not any(owner.involves(signal.phone) for owner in owners):
            owners |= dict.fromkeys(could_be)
        return list(owners)

    def _give_back(self, signal: LegSignal | EndSignal) -> None:
        """Take that a signal is about a call that was not placed here."""
        self._unclaimed.append(signal)
        if not signal.call_id or signal.call_id in self._by_call_id:
            return
        self._note_other_id(signal.call_id)
        for call in self._open.values():
            call.note_other_id(signal.call_id)

    def _note_other_id(self, call_id: str) -> None:
        """Take that an id is that of a call which was not placed here."""
        if call_id and self._heard.get(call_id) != _SHARED:
            self._heard[call_id] = _OF_ANOTHER

    def _tie(
        self,
        calls: list[Call],
        signal: PhoneSignal,
        progress: _Progress,
        *,
        proven: bool,
    ) -> list[News]:
        """Take a state as one of the only call that could claim it."""
        if len(calls) > 1:
            for call in calls:
                call.distrust(signal.phone)
                call.note_doubtful(signal)
            self._note_shared(signal.call_id, calls)
            return []
        (call,) = calls
        if not (proven or call.carries(signal) or call.trusts(signal.phone)):
            call.note_doubtful(signal)
            return []
        if not proven and (others := self._others_with(signal.call_id, call)):
            self._note_shared(signal.call_id, [call, *others])
            return []
        now = self._clock()
        return self._filed(call.note_phone(signal, progress, proven=proven, now=now))

    def _others_with(self, call_id: str, call: Call) -> list[Call]:
        """Return the other open calls for which states with an id were taken."""
        return [
            other
            for other in self._open.values()
            if other is not call and other.has_guessed(call_id)
        ]

    def _note_shared(self, call_id: str, calls: Iterable[Call]) -> None:
        """Take that states with an id could be of several calls."""
        if not call_id:
            return
        self._heard[call_id] = _SHARED
        for call in calls:
            call.note_shared(call_id)

    def _note_state(self, signal: PhoneSignal) -> None:
        """Keep the last state of a telephone."""
        if signal.phone not in self._states and len(self._states) >= _KEPT_STATES:
            del self._states[next(iter(self._states))]
        self._states[signal.phone] = signal

    def _note_id(self, call_id: str) -> None:
        """Keep when a call id was heard first."""
        if not call_id or call_id in self._heard:
            return
        self._heard[call_id] = next(self._numbers)
        if len(self._heard) > _KEPT_IDS:
            self._heard.popitem(last=False)

    def _is_second_leg(self, call: Call, signal: LegSignal) -> bool:
        """Tell whether a leg over a trunk leads to the callee.

        With a caller outside, the first one may lead to the caller.
        """
        if signal.incoming:
            return False
        if call.trunk_name and call.caller not in self._states:
            return signal.number == call.callee != call.caller
        return True

    def _no_longer_pending(self, call: Call) -> None:
        """Let go of early signals that no reply can claim any more."""
        self._pending.discard(call.number)
        if not self._pending:
            for _, signal in self._early:
                self._give_back(signal)
            self._early.clear()

    def _file_settling(self, call: Call) -> None:
        """Keep watch over a call that is to be settled."""
        if call.is_settling:
            self._settling[call.number] = call
        else:
            self._settling.pop(call.number, None)

    def _filed(self, news: list[News]) -> list[News]:
        """Put the calls that ended where those are kept that an account may follow."""
        for item in news:
            if item.step is not Step.ENDED:
                continue
            call = item.call
            self._open.pop(call.number, None)
            self._no_longer_pending(call)
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
            self._settling.pop(call.number, None)
            del self._by_originated_call_id[call.originated_call_id]
            for call_id in call.call_ids:
                self._by_call_id[call_id].remove(call)
                if not self._by_call_id[call_id]:
                    del self._by_call_id[call_id]


def ending_of(outcome: Outcome, account: EndSignal) -> Ending:
    """Return how a call ended, with what the PBX's account says of it.

    The PBX counts seconds of talk for calls that were not answered too.
    """
    return Ending(
        outcome=outcome,
        wait=account.wait,
        talk=account.talk if outcome is Outcome.ANSWERED else None,
        recording=account.recording,
        trunk=account.trunk,
    )


def outcome_of(verdict: Verdict) -> Outcome:
    """Return the outcome that a verdict about the second leg stands for.

    An answer is more than its verdict, and no outcome here.
    """
    return _OUTCOMES.get(verdict, Outcome.UNKNOWN)


_BUSY_STATES = frozenset({"ringing", "in_use", "hold"})
_OUTCOMES = {
    Verdict.BUSY: Outcome.BUSY,
    Verdict.FAILED: Outcome.FAILED,
    Verdict.NO_ANSWER: Outcome.NO_ANSWER,
}
