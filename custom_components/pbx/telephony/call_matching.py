"""Whose a signal is, among the calls that were placed here.

Pure: no input or output, no Home Assistant and no clock. Accounts and legs name their
call by an id. A telephone's state mostly does not, and is of a call only where it can
be of no other. Telephone numbers alone never decide.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from .call_record import CallRecord, Progress
from .numbers import is_same_number
from .signals import EndSignal, LegSignal, PhoneSignal

_KEPT_IDS = 10_000
# In place of the number under which an id was heard first: that of a call which was
# not placed here, and one that proves nothing.
_OF_ANOTHER = 0
_SHARED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Match[CallT: CallRecord]:
    """The call that a state is of; it is `proven` where the state carries its id."""

    call: CallT
    proven: bool


class SignalMatcher[CallT: CallRecord]:
    """Says whose a signal is, and tells the other calls that it is not theirs.

    A call has its number from `new_number`. It is learned by what the PBX calls it, and
    forgotten when no signal of it matters any more.
    """

    def __init__(self, open_calls: Mapping[int, CallT]) -> None:
        """Start with nothing heard; `open_calls` holds those of now, and of later."""
        self._open_calls = open_calls
        self._numbers = count(1)
        self._by_originated_call_id: dict[str, list[CallT]] = {}
        self._by_call_id: dict[str, list[CallT]] = {}
        self._heard: OrderedDict[str, int] = OrderedDict()
        # Those that seem to be of other calls, by the telephones that carried them.
        self._seem_others: set[str] = set()

    def new_number(self) -> int:
        """Return the number of a new call: an id that was heard before has a lower."""
        return next(self._numbers)

    def learn(self, call: CallT, originated_call_id: str) -> None:
        """Take the id under which the PBX has accepted a call.

        One that the PBX has given to several calls proves nothing for any of them.
        """
        owners = self._by_originated_call_id.setdefault(originated_call_id, [])
        owners.append(call)
        if len(owners) > 1:
            for owner in owners:
                owner.note_shared_originate()

    def learn_call_id(self, call: CallT, call_id: str) -> None:
        """Take an id that the PBX has given to a call, if it is new."""
        if not call.note_call_id(call_id):
            return
        owners = self._by_call_id.setdefault(call_id, [])
        others = [*owners, *self._others_with(call_id, call)]
        owners.append(call)
        if others or self._heard.get(call_id, call.number) < call.number:
            self._note_shared(call_id, [call, *others])
        call.note_caller_in_call(call_id)

    def forget(self, call: CallT) -> None:
        """Let go of the ids of a call."""
        _remove(self._by_originated_call_id, call.originated_call_id, call)
        for call_id in call.call_ids:
            _remove(self._by_call_id, call_id, call)

    def match(self, signal: LegSignal | EndSignal) -> CallT | None:
        """Return the call that a signal is about, if it is one of ours.

        By the id of the originate; without one, by the call id that was learned with
        it, unless two calls share that. Never by numbers.
        """
        self._note_heard(signal.call_id)
        owners = self._owners_of(signal)
        return owners[0] if len(owners) == 1 else None

    def is_ambiguous(self, signal: LegSignal | EndSignal) -> bool:
        """Tell whether a signal names several calls of ours, so that it proves nothing."""
        return len(self._owners_of(signal)) > 1

    def _owners_of(self, signal: LegSignal | EndSignal) -> list[CallT]:
        if signal.originated_call_id:
            return self._by_originated_call_id.get(signal.originated_call_id, [])
        return self._by_call_id.get(signal.call_id, [])

    def note_unclaimed(self, signal: LegSignal | EndSignal) -> None:
        """Take that a signal is about a call that was not placed here."""
        if not signal.call_id or signal.call_id in self._by_call_id:
            return
        self._note_other_id(signal.call_id)
        for call in self._open_calls.values():
            call.note_other_id(signal.call_id)

    def match_phone(
        self, signal: PhoneSignal, progress: Progress
    ) -> Match[CallT] | None:
        """Return the call that a telephone's state is of, if that is proven."""
        if progress is Progress.IDLE:
            for call in self._open_calls.values():
                call.note_free(signal)
        claimants = self._claimants(signal)
        self._note_heard(signal.call_id)
        if progress is not Progress.IDLE:
            self._note_stranger(signal, claimants)
        if len(claimants) == 1:
            return self._match_with(claimants[0], signal)
        if claimants:
            self._note_rivals(signal, claimants)
        return None

    def claims(self, signal: PhoneSignal) -> bool:
        """Tell whether a state seems to be of a call that was placed here.

        Less is needed for that than to prove something for one of the calls: two may
        claim it, and a third telephone needs only name the caller.
        """
        open_calls = self._open_calls.values()
        claimants = [*self._claimants(signal)]
        if self._heard.get(signal.call_id) == _SHARED:
            claimants += [call for call in open_calls if _could_be_of(call, signal)]
        claimants += [call for call in open_calls if _could_become(call, signal)]
        return any(_may_begin(call, signal) for call in claimants)

    def _match_with(self, call: CallT, signal: PhoneSignal) -> Match[CallT] | None:
        """Return whether a state is of the only call that could claim it."""
        proven = call in self._by_call_id.get(signal.call_id, [])
        if proven:
            return Match(call=call, proven=True)
        if not call.trusts(signal.phone) and not _carries(call, signal):
            call.note_doubtful(signal)
            return None
        if others := self._others_with(signal.call_id, call):
            self._note_shared(signal.call_id, [call, *others])
            return None
        return Match(call=call, proven=False)

    def _claimants(self, signal: PhoneSignal) -> list[CallT]:
        """Return the calls that a state is of by its id, else those it could be of.

        Two originates in one second may share an id. That of a third telephone says
        nothing then where this one has a part in another call of ours.
        """
        if self._heard.get(signal.call_id) == _SHARED:
            return []
        calls = self._open_calls.values()
        owners = [
            call
            for call in self._by_call_id.get(signal.call_id, [])
            if signal.phone == call.caller or not signal.calls_out
        ]
        owners += [call for call in calls if _carries(call, signal)]
        could_be = [call for call in calls if _could_be_of(call, signal)]
        if not owners:
            return [
                call
                for call in could_be
                if self._heard.get(signal.call_id, call.number) >= call.number
                and signal.call_id not in self._seem_others
            ]
        if not any(owner.involves(signal.phone) for owner in owners):
            owners += could_be
        return list(dict.fromkeys(owners))

    def _note_stranger(self, signal: PhoneSignal, claimants: list[CallT]) -> None:
        """Let the calls that do not claim a state know that its telephone is busy."""
        of_another = not claimants
        for call in self._open_calls.values():
            if call in claimants:
                continue
            if not claimants and _could_become(call, signal):
                call.note_doubtful(signal)
                of_another = False
            else:
                call.note_stranger(signal)
        if of_another:
            # What else carries this id is of that other call as well. A state that names
            # nobody may yet be of a call of which the PBX has not told the id.
            if signal.other_party or signal.calls_out:
                self._note_other_id(signal.call_id)
            else:
                self._seem_others.add(signal.call_id)

    def _note_rivals(self, signal: PhoneSignal, claimants: list[CallT]) -> None:
        """Let several calls that could claim a state know that it proves nothing."""
        for call in claimants:
            call.distrust(signal.phone)
            call.note_doubtful(signal)
        self._note_shared(signal.call_id, claimants)

    def _others_with(self, call_id: str, call: CallT) -> list[CallT]:
        """Return the other open calls for which states with an id were taken."""
        return [
            other
            for other in self._open_calls.values()
            if other is not call and other.has_guessed(call_id)
        ]

    def _note_shared(self, call_id: str, calls: Iterable[CallT]) -> None:
        """Take that states with an id could be of several calls."""
        if not call_id:
            return
        self._heard[call_id] = _SHARED
        for call in calls:
            call.note_shared_id(call_id)

    def _note_other_id(self, call_id: str) -> None:
        """Take that an id is that of a call which was not placed here."""
        if call_id and self._heard.get(call_id) != _SHARED:
            self._heard[call_id] = _OF_ANOTHER

    def _note_heard(self, call_id: str) -> None:
        """Keep when a call id was heard first."""
        if not call_id or call_id in self._heard:
            return
        self._heard[call_id] = next(self._numbers)
        if len(self._heard) > _KEPT_IDS:
            oldest, _ = self._heard.popitem(last=False)
            self._seem_others.discard(oldest)


def _remove[CallT: CallRecord](
    calls: dict[str, list[CallT]], key: str, call: CallT
) -> None:
    """Take a call out of the list under a key, and an empty list out of all."""
    calls[key].remove(call)
    if not calls[key]:
        del calls[key]


def _could_be_of(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state could be of a call, going by all that it says.

    It does not say so itself.
    """
    if signal.phone == call.caller:
        return _could_be_of_caller(call, signal)
    return signal.phone == call.callee and _could_be_of_callee(call, signal)


def _could_be_of_caller(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state of the caller's telephone could be of a call.

    The caller does not dial by himself.
    """
    if not _may_name_callee(call, signal):
        return False
    if signal.call_id and call.call_ids and signal.call_id not in call.call_ids:
        return False
    # What dials has not rung before, at most without an id.
    rang = call.caller_phone.rang and not call.caller_state_ids
    return rang or not signal.dialing


def _could_be_of_callee(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state of the callee's telephone could be of a call.

    It must name the caller, or follow the caller's answer or a state that was taken.
    """
    unnamed = not signal.other_party
    known_id = not signal.call_id or signal.call_id in call.guessed_ids
    if unnamed and known_id and signal.phone in call.phones:
        return True
    if call.caller_phone.is_idle or signal.calls_out:
        return False
    if _names_caller(call, signal):
        return True
    return unnamed and not signal.call_id and call.caller_answered is not None


def _could_become(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state of a third telephone may turn out to be of a call.

    As that of a queue's agent does whose state overtakes the caller's.
    """
    return not call.involves(signal.phone) and _names_caller(call, signal)


def _carries(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state carries an id that the caller's own states carried.

    For another telephone than the callee's, such as that of a queue's agent, that says
    something only where they named the call, and never where it is the one who calls.
    """
    if signal.call_id not in call.caller_state_ids:
        return False
    if signal.phone == call.caller:
        return _may_name_callee(call, signal)
    if signal.calls_out:
        return False
    if signal.phone == call.callee:
        return not signal.other_party or _names_caller(call, signal)
    return call.caller_state_ids[signal.call_id]


def _may_begin(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state can be the first one of a telephone in a call.

    The caller has one id in it, and his telephone takes it and leaves it once.
    """
    if signal.phone != call.caller or signal.call_id in call.caller_state_ids:
        return True
    if signal.call_id and call.caller_state_ids:
        return False
    return call.caller_phone.seen <= {Progress.RINGING}


def _may_name_callee(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a state of the caller's telephone names nobody else."""
    if signal.other_party in ("", call.callee, call.caller_id):
        return True
    return is_same_number(signal.other_party, call.callee)


def _names_caller(call: CallRecord, signal: PhoneSignal) -> bool:
    """Tell whether a telephone shows that the caller calls it."""
    if signal.calls_out or signal.other_party == signal.phone:
        return False
    if signal.other_party in (call.caller, call.caller_id):
        return True
    return is_same_number(signal.other_party, call.caller)
