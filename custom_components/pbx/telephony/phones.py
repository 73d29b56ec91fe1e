"""What each telephone of a PBX is doing, as far as the PBX tells.

Pure: no input or output, no Home Assistant, and time is told to it. States come from
signals alone, so that a telephone of which nothing was heard has none.

A telephone may be in several calls at once, each known by its id, and its state is the
sum of them: `in_use` while one of them is, else `ringing` while one of them rings. What
an id is not said of is understood as follows.

- A state without an id is of the call that has none. Where there is none it is of the
  telephone as a whole: `in_use` takes the call that rings, `ringing` is a call of its
  own where none rings, and any other state ends all calls.
- A call that began without an id has the first new one that fits: not that of a call
  which begins to ring while it talks.
- The end of a call that is not known ends nothing else.
- A call with an id that was taken does not ring again. One without an id may.
- A word that is not known says nothing of the calls, and shows only where there is none.

The PBX may not tell the end of a call. It ends nothing but itself: the others are told
as always, and it no longer counts when the telephone is heard after a long time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .signals import PhoneSignal

KEPT_PHONES: Final = 10_000
KEPT_CALLS_OF_A_PHONE: Final = 20
# A call of which so long nothing was heard, in seconds, is one whose end was lost.
LONGEST_RING: Final = 900.0
LONGEST_TALK: Final = 4 * 3600.0

# What a telephone is known to do; the PBX may have other words as well.
PHONE_STATES: Final = ("idle", "ringing", "in_use", "paused", "unreachable")

_RINGING = "ringing"
_IN_USE = "in_use"
_LONGEST = {_RINGING: LONGEST_RING, _IN_USE: LONGEST_TALK}
# One that holds the line is in a call.
_SAME_AS = {"hold": _IN_USE}


class PhoneStep(StrEnum):
    """What can happen at a telephone."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """What a telephone is doing, and with whom while it is in a call.

    `state` is one of PHONE_STATES or another word of the PBX. What is not known is
    empty.
    """

    state: str
    other_party: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCall:
    """A call of a telephone, which rings or is in use for it.

    `placed_here` tells that the call was placed by whoever listens. What is not known
    is empty.
    """

    state: str
    heard_at: float
    other_party: str = ""
    queue: str = ""
    call_id: str = ""
    placed_here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNews:
    """Something happened to a call of a telephone; `call` says which one it is."""

    step: PhoneStep
    call: PhoneCall


@dataclass(slots=True)
class _Line:
    """What is known of a telephone: its calls by their ids, the newest last.

    `word` is its state while it is in no call.
    """

    word: str = ""
    calls: dict[str, PhoneCall] = field(default_factory=dict)


class Phones:
    """Keeps what the telephones are doing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with nothing heard; `clock` gives seconds that never go back."""
        self._clock = clock
        self._lines: dict[str, _Line] = {}

    def of(self, number: str) -> Phone | None:
        """Return what a telephone is doing, None where nothing was heard of it."""
        line = self._lines.get(number)
        if line is None:
            return None
        calls = list(line.calls.values())
        if not calls:
            return Phone(state=line.word)
        shown = [call for call in calls if call.state == _IN_USE] or calls
        return Phone(state=shown[-1].state, other_party=shown[-1].other_party)

    def goes_on_until(self, number: str, call_id: str) -> float | None:
        """Return how long a telephone counts as being in a call, if it is in it.

        Without an id, any call is meant.
        """
        line = self._lines.get(number, _Line())
        ends = [
            call.heard_at + _LONGEST[call.state]
            for key, call in line.calls.items()
            if call_id in ("", key)
        ]
        return max(ends, default=None)

    def hear(
        self, signal: PhoneSignal, *, placed_here: bool = False
    ) -> list[PhoneNews]:
        """Take a telephone's state; return what has happened to its calls.

        `placed_here` tells that the state is of a call that was placed here.
        """
        line = self._line_of(signal.phone)
        state = _SAME_AS.get(signal.state, signal.state)
        if state in _LONGEST:
            return _go_on(line, state, signal, self._clock(), placed_here=placed_here)
        ended = _end(line, signal) if state in PHONE_STATES else []
        if not line.calls:
            line.word = state
        return ended

    def _line_of(self, number: str) -> _Line:
        """Return what is known of a telephone, without the calls whose end was lost."""
        line = self._lines.get(number)
        if line is None:
            if len(self._lines) >= KEPT_PHONES:
                del self._lines[next(iter(self._lines))]
            line = self._lines[number] = _Line()
        now = self._clock()
        line.calls = {
            key: call
            for key, call in line.calls.items()
            if now - call.heard_at < _LONGEST[call.state]
        }
        return line


def _go_on(
    line: _Line, state: str, signal: PhoneSignal, now: float, *, placed_here: bool
) -> list[PhoneNews]:
    """Take that a telephone rings, or is in use, for a call."""
    key = _key_of(line, state, signal.call_id)
    before = line.calls.pop(key, None)
    rings_again = before is not None and (before.state, state) == (_IN_USE, _RINGING)
    if rings_again and signal.call_id:
        state, rings_again = _IN_USE, False
    if before and not rings_again:
        placed_here = placed_here or before.placed_here
    # The PBX may name the other one once only.
    call = PhoneCall(
        state=state,
        heard_at=now,
        other_party=signal.other_party or (before.other_party if before else ""),
        queue=signal.queue or (before.queue if before else ""),
        call_id=signal.call_id or key,
        placed_here=placed_here,
    )
    line.calls[call.call_id] = call
    if len(line.calls) > KEPT_CALLS_OF_A_PHONE:
        # The oldest that rings, else the oldest.
        del line.calls[
            min(line.calls, key=lambda key: line.calls[key].state == _IN_USE)
        ]
    if before and before.state == state:
        return []
    if state == _RINGING:
        return [PhoneNews(step=PhoneStep.INCOMING, call=call)]
    dials = before is None and signal.calls_out
    step = PhoneStep.OUTGOING if dials else PhoneStep.ANSWERED
    return [PhoneNews(step=step, call=call)]


def _key_of(line: _Line, state: str, call_id: str) -> str:
    """Return the id under which a call that rings or is in use is kept, if it is."""
    if call_id in line.calls:
        return call_id
    if call_id:
        nameless = line.calls.get("")
        is_new = nameless is None or (nameless.state == _IN_USE and state == _RINGING)
        return call_id if is_new else ""
    same = [key for key, call in line.calls.items() if call.state == state]
    if not same and state == _IN_USE:
        same = list(line.calls)
    return same[-1] if same else ""


def _end(line: _Line, signal: PhoneSignal) -> list[PhoneNews]:
    """Take that a telephone is in a call no more, or without an id, in none."""
    if not signal.call_id:
        ended, line.calls = list(line.calls.values()), {}
    else:
        key = signal.call_id if signal.call_id in line.calls else ""
        call = line.calls.pop(key, None)
        ended = [call] if call else []
    return [
        PhoneNews(
            step=PhoneStep.MISSED if call.state == _RINGING else PhoneStep.ENDED,
            call=call,
        )
        for call in ended
    ]
