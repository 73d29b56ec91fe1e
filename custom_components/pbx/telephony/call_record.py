"""What was heard of an originated call, and what that shows of its telephones.

Pure: no input or output, no Home Assistant, and time is told to it. Which signals are
of the call is found in `call_matching`; how it ended is read from this in `outcome`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .numbers import is_same_number
from .phone_states import PhoneStates
from .signals import EndSignal, LegSignal, PhoneSignal

# Events overtake each other. What a later one could still put in doubt waits this long.
HOLD: Final = 3.0
# What one call may gather, whoever sends it.
_MOST_OF_A_CALL = 50


class Progress(StrEnum):
    """How far a telephone is in a call; it only ever goes forward."""

    RINGING = "ringing"
    IN_USE = "in_use"
    IDLE = "idle"


_PROGRESS = {
    "ringing": Progress.RINGING,
    "in_use": Progress.IN_USE,
    "hold": Progress.IN_USE,
    "idle": Progress.IDLE,
}


def progress_of(signal: PhoneSignal) -> Progress | None:
    """Return how far a telephone is, or None where its state does not tell."""
    return _PROGRESS.get(signal.state)


@dataclass(slots=True)
class Phone:
    """What was heard of one telephone for one call.

    `named` tells that a state of it named the call, by its known id or the other party.
    """

    seen: set[Progress] = field(default_factory=set)
    named: bool = False

    @property
    def rang(self) -> bool:
        """It was heard ringing."""
        return Progress.RINGING in self.seen

    @property
    def only_rang(self) -> bool:
        """It rang and was never seen in use, whether or not it fell idle."""
        return self.rang and Progress.IN_USE not in self.seen

    @property
    def answered(self) -> bool:
        """It took the call: one that did not ring may have dialled by itself."""
        return Progress.IN_USE in self.seen and (self.named or self.rang)

    @property
    def is_idle(self) -> bool:
        """It has left the call; a signal that was overtaken does not bring it back."""
        return Progress.IDLE in self.seen


# Stands for any telephone of which nothing was heard, so it is only read.
_UNHEARD = Phone()


@dataclass(kw_only=True, eq=False, repr=False)
class CallRecord:
    """What was heard of a call, and what was taken back since.

    `number` grows with each call and each new call id. `states` holds what each
    telephone does, now and later.
    """

    number: int
    caller: str
    callee: str
    caller_id: str
    trunk_name: str
    states: PhoneStates
    originated_call_id: str = field(default="", init=False)
    call_ids: list[str] = field(default_factory=list, init=False)
    phones: dict[str, Phone] = field(default_factory=dict, init=False)
    accounts: list[EndSignal] = field(default_factory=list, init=False)
    # When the caller was first known to have answered, and whether the two talked.
    caller_answered: float | None = field(default=None, init=False)
    talking: bool = field(default=False, init=False)
    # Until when that which seems to be the end waits for what it may have overtaken.
    held_until: float | None = field(default=None, init=False)
    # The call ids of the caller's states, and whether such a state named the call.
    caller_state_ids: dict[str, bool] = field(default_factory=dict, init=False)
    # Those of all states that were taken without knowing the call's own id.
    guessed_ids: set[str] = field(default_factory=set, init=False)
    # Those of states that may have been of this call, and were not taken.
    _doubtful_ids: set[str] = field(default_factory=set, init=False)
    # That of a state which said that the caller had left a call, before any other.
    _left_id: str = field(default="", init=False)
    # Those of the call's own that another call has as well.
    _shared_ids: set[str] = field(default_factory=set, init=False)
    # Telephones whose states prove nothing for this call, and the id of the other
    # call that they were in when this one was placed, if that is why.
    _distrusted: dict[str, str] = field(default_factory=dict, init=False)
    # The numbers outside that the PBX rang for the call, without the callee's: that of a
    # caller outside, or where the telephone of either party is forwarded.
    _legs: list[str] = field(default_factory=list, init=False)
    # Whether the originate's id is that of another call as well, so that nothing which
    # names it proves anything.
    shares_id: bool = field(default=False, init=False)
    # Whether states that were taken for this call's turned out to be in doubt.
    was_doubted: bool = field(default=False, init=False)
    _caller_was_in_use: bool = field(default=False, init=False)
    _callee_was_elsewhere: bool = field(default=False, init=False)
    _second_leg: bool = field(default=False, init=False)
    _maybe_second_leg: bool = field(default=False, init=False)
    _only_rang: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Distrust the telephones that are in another call already."""
        for phone in (self.caller, self.callee):
            last = self.states.get(phone)
            if last and progress_of(last) in (Progress.RINGING, Progress.IN_USE):
                self._distrusted[phone] = last.call_id
        self._caller_was_in_use = self.states.is_in_use(self.caller)
        self._callee_was_elsewhere = self.callee in self._distrusted

    @property
    def call_id(self) -> str:
        """The PBX's own id of the call, empty while it is not known."""
        return next(iter(self.call_ids), "")

    @property
    def caller_phone(self) -> Phone:
        """What was heard of the caller's telephone."""
        return self.phones.get(self.caller, _UNHEARD)

    @property
    def other_phones(self) -> list[Phone]:
        """The callee's telephone, and those to which the PBX leads the call."""
        return [phone for name, phone in self.phones.items() if name != self.caller]

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all was heard of the call."""
        return not self.phones and not self.call_ids and not self.accounts

    @property
    def sees_answer(self) -> bool:
        """Whether there is a sign that the caller has answered."""
        return self.caller_phone.answered or self.sees_second_leg

    @property
    def is_in_use(self) -> bool:
        """Whether the caller may well be in the call still.

        The callee's telephone shows that where the caller's cannot be heard. A caller
        who is in a call that may be another one is taken to be in this one.
        """
        if self.caller_phone.is_idle:
            return False
        if (
            not self.trusts(self.caller)
            and not self._caller_was_in_use
            and self.states.is_in_use(self.caller)
        ):
            return True
        if any(map(self.states.is_call_in_use, self._own_ids)):
            return True
        return any(map(self._is_in_use, self.phones))

    @property
    def forwarded_to(self) -> list[str]:
        """The numbers outside, of neither party, that the PBX rang for the call."""
        return [leg for leg in self._legs if not is_same_number(leg, self.caller)]

    @property
    def may_be_forwarded(self) -> bool:
        """Whether the PBX may have rung somebody outside in the caller's place.

        An account can be that of such a leg then, and says nothing of the callee.
        """
        answered = self._caller_names_call and self.caller_phone.answered
        return bool(self.forwarded_to) and not (answered or self.sees_second_leg)

    @property
    def sees_second_leg(self) -> bool:
        """Whether there is a sign of a second leg, so that the caller has answered.

        That somebody's telephone names the caller is one only where the caller's own
        was heard as well, or cannot be heard.
        """
        if self._second_leg:
            return True
        if self.caller not in self.phones and not self._caller_is_outside:
            return False
        return any(phone.named for phone in self.other_phones)

    @property
    def may_have_second_leg(self) -> bool:
        """Whether the callee may have been rung, although the caller is not heard."""
        if self.other_phones or self._maybe_second_leg or self._legs:
            return True
        if self.caller_phone.is_idle:
            return False
        # He may have answered, unheard, where the callee's telephone would not show
        # that it rings for this call.
        return self._callee_was_elsewhere or not self.caller_phone.named

    @property
    def caller_only_rang(self) -> bool:
        """Whether the caller's telephone rang, and no more of the call was seen."""
        only_rang = self._only_rang or self.caller_phone.only_rang
        return only_rang and not self.sees_second_leg

    @property
    def names_call(self) -> bool:
        """Whether what the telephones show is of this call beyond doubt.

        One that names nobody may be in another call until its id is known.
        """
        return self._caller_names_call or self.sees_second_leg or self.talking

    @property
    def all_idle(self) -> bool:
        """Whether all telephones that were in the call have left it."""
        return bool(self.phones) and all(
            phone.is_idle for phone in self.phones.values()
        )

    @property
    def sees_the_end(self) -> bool:
        """Whether idle telephones mean the end: a call may go on to others unseen.

        So it does with somebody outside who is rung in the caller's place.
        """
        if self.talking:
            return True
        return self.caller in self.phones and not self.may_be_forwarded

    @property
    def _own_ids(self) -> list[str]:
        """The PBX's ids of this call that no other call has as well."""
        return [call_id for call_id in self.call_ids if call_id not in self._shared_ids]

    @property
    def _caller_names_call(self) -> bool:
        """Whether what the caller's telephone shows is of this call beyond doubt."""
        if self.caller_phone.named:
            return True
        return any(call_id in self.call_ids for call_id in self.caller_state_ids)

    @property
    def _caller_is_outside(self) -> bool:
        """Whether there is no telephone of the caller's that the PBX tells of."""
        if self.caller in self.states:
            return False
        rings_outside = any(is_same_number(leg, self.caller) for leg in self._legs)
        return bool(self.trunk_name) or rings_outside

    def involves(self, phone: str) -> bool:
        """Tell whether a telephone is that of the caller or the callee."""
        return phone in (self.caller, self.callee)

    def trusts(self, phone: str) -> bool:
        """Tell whether the states of a telephone can prove anything for this call."""
        return phone not in self._distrusted

    def has_guessed(self, call_id: str) -> bool:
        """Tell whether states with an id were taken for this call's, or nearly so."""
        return call_id in self.guessed_ids or call_id in self._doubtful_ids

    def conclude(self, now: float) -> None:
        """Keep what is known by now: nothing but `note_*` takes it back."""
        if not self.sees_answer:
            return
        if self.caller_answered is None:
            self.caller_answered = now
        if any(phone.answered for phone in self.other_phones):
            self.talking = True

    def note_call_id(self, call_id: str) -> bool:
        """Keep an id of the call; tell whether it is new."""
        if not call_id or call_id in self.call_ids:
            return False
        if len(self.call_ids) >= _MOST_OF_A_CALL:
            return False
        self.call_ids.append(call_id)
        return True

    def note_caller_in_call(self, call_id: str) -> None:
        """Take that the caller has answered if his telephone is in use for an own id.

        That the id is this call's may be learned after its states were heard, which
        seemed to be of another call.
        """
        if call_id in self._shared_ids or not self.states.is_in_call(
            self.caller, call_id
        ):
            return
        phone = self.phones.setdefault(self.caller, Phone())
        phone.seen.add(Progress.IN_USE)
        phone.named = True
        self.caller_state_ids[call_id] = True

    def note_phone(
        self, signal: PhoneSignal, progress: Progress, *, proven: bool, now: float
    ) -> bool:
        """Keep what a telephone does in this call; tell whether that says anything.

        `proven` tells that the state carries the call's id.
        """
        if self._contradicts_caller_id(signal):
            # The caller has one id in this call, so one of them is of another.
            if self.caller_phone.is_idle:
                self._refute()
            else:
                self._doubt()
            if not proven:
                return True
        is_caller = signal.phone == self.caller
        phone = self._phone_of(signal, progress, proven=proven)
        if phone is None:
            return False
        named = bool(signal.other_party)
        phone.named = phone.named or proven or named
        if is_caller and signal.call_id:
            known = self.caller_state_ids.get(signal.call_id, False)
            self.caller_state_ids[signal.call_id] = known or named
        if not proven:
            _keep_id(self.guessed_ids, signal.call_id)
        elif not is_caller:
            self._second_leg = True
        if progress not in phone.seen:
            phone.seen.add(progress)
            if self.all_idle:
                self.held_until = now + HOLD
        return True

    def note_leg(self, leg: LegSignal) -> None:
        """Keep that a leg over a trunk began.

        One to the callee follows the caller's answer, and so does any that begins once
        the caller is known to have answered. Else the first one may lead to a caller
        outside, or to where the caller's telephone is forwarded; with a caller outside,
        one that leads elsewhere than the first is the second leg.
        """
        if leg.incoming:
            return
        if is_same_number(leg.number, self.callee):
            self._second_leg = True
            return
        if any(is_same_number(leg.number, known) for known in self._legs):
            return
        if self._legs and self._caller_is_outside:
            self._second_leg = True
        if len(self._legs) < _MOST_OF_A_CALL:
            self._legs.append(leg.number)

    def note_account(self, account: EndSignal, *, now: float) -> bool:
        """Keep what the PBX says of how the call ended; tell whether it is new."""
        if account in self.accounts or len(self.accounts) >= _MOST_OF_A_CALL:
            return False
        self.accounts.append(account)
        if len(self.accounts) == 1 or self.held_until is None or now >= self.held_until:
            self.held_until = now + HOLD
        return True

    def note_report(self, accounts: Iterable[EndSignal], *, now: float) -> None:
        """Keep what the PBX's report shows, which nothing overtakes."""
        self.accounts.extend(accounts)
        self.held_until = now

    def note_gone(self, signal: PhoneSignal, *, now: float) -> None:
        """Hold the accounts anew: a telephone has left this call, or may have."""
        if not self.accounts:
            return
        if self.involves(signal.phone) or signal.call_id in self.call_ids:
            self.held_until = now + HOLD

    def note_shared_originate(self) -> None:
        """Take back what was known by the originate's id: another call has it too."""
        self.shares_id = True
        self.accounts.clear()
        self._second_leg = False
        self._legs.clear()
        self._doubt()

    def note_free(self, signal: PhoneSignal) -> None:
        """Take that a telephone has left the call in which it was before this one."""
        if signal.call_id and self._distrusted.get(signal.phone) == signal.call_id:
            del self._distrusted[signal.phone]

    def note_doubtful(self, signal: PhoneSignal) -> None:
        """Take that a state may be of this call, or of another."""
        if signal.phone != self.caller:
            self._maybe_second_leg = True
        _keep_id(self._doubtful_ids, signal.call_id)

    def note_stranger(self, signal: PhoneSignal) -> None:
        """Take that a telephone is in another call, whose id the state carries."""
        self.note_other_id(signal.call_id)
        if self.involves(signal.phone):
            self.distrust(signal.phone)
        if signal.phone != self.callee:
            return
        named = signal.other_party or self.caller_phone.named
        if not named or signal.other_party == self.callee:
            self.note_doubtful(signal)
        elif signal.other_party:
            self._callee_was_elsewhere = True
        if signal.other_party == self.caller:
            # He calls the caller, whose telephone then says what it would in this call.
            self._refute()

    def note_shared_id(self, call_id: str) -> None:
        """Take that states with an id may be of another call as well."""
        _keep_id(self._shared_ids, call_id)
        if call_id in self.guessed_ids:
            self._doubt()

    def note_other_id(self, call_id: str) -> None:
        """Take that an id is that of another call."""
        if call_id in self.guessed_ids:
            self._refute()

    def distrust(self, phone: str) -> None:
        """Take that the states of a telephone may be of another call as well."""
        self._distrusted[phone] = ""

    def _is_in_use(self, number: str) -> bool:
        """Tell whether a telephone took the call and has not left it since."""
        phone = self.phones[number]
        if phone.is_idle:
            return False
        if phone.answered:
            return self.states.is_in_use(number)
        # That it was taken may be known, although nobody heard it.
        return number == self.caller and self.sees_answer

    def _contradicts_caller_id(self, signal: PhoneSignal) -> bool:
        """Tell whether a state of the caller's carries another id than those before."""
        if signal.phone != self.caller or not signal.call_id:
            return False
        ids = self.caller_state_ids
        return bool(ids) and signal.call_id not in ids

    def _phone_of(
        self, signal: PhoneSignal, progress: Progress, *, proven: bool
    ) -> Phone | None:
        """Return what is kept of a telephone, which its first state may not begin."""
        if phone := self.phones.get(signal.phone):
            return phone
        is_caller = signal.phone == self.caller
        # That somebody has left the call says something of the caller only.
        if progress is Progress.IDLE and not (proven and is_caller):
            if is_caller:
                self._left_id = signal.call_id
            return None
        if len(self.phones) >= _MOST_OF_A_CALL:
            return None
        phone = self.phones[signal.phone] = Phone()
        if is_caller and signal.call_id and signal.call_id == self._left_id:
            # What came first has overtaken this.
            phone.seen.add(Progress.IDLE)
        return phone

    def _refute(self) -> None:
        """Take back what the telephones showed: they were in another call."""
        self._doubt()
        if not self._second_leg:
            self.caller_answered = None

    def _doubt(self) -> None:
        """Take back what the telephones showed: they may have been in another call."""
        self.was_doubted = True
        self._only_rang = self.caller_only_rang
        self.phones.clear()
        self.caller_state_ids.clear()
        self.guessed_ids.clear()
        self.talking = False
        if not self.accounts:
            self.held_until = None
        self.distrust(self.caller)
        self.distrust(self.callee)


def _keep_id(ids: set[str], call_id: str) -> None:
    """Keep an id among others, of which there are not too many."""
    if call_id and len(ids) < _MOST_OF_A_CALL:
        ids.add(call_id)
