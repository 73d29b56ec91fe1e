"""One call, from the first ring to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .call_events import (
    cdr,
    cdr_answered_after_busy,
    cdr_of_first_leg,
    cdr_queue,
    incoming_call,
    outgoing_call,
    voicemail,
)
from .dialplan import Destination
from .events import Event
from .phones import Leg, LegRole
from .settings import Queue
from .switches import Announced, Disposition
from .timers import Timer
from .wire import Row

if TYPE_CHECKING:
    from .exchange import Exchange

type CallKind = Literal["originated", "inside", "incoming"]
type CallState = Literal[
    "waiting", "calling_caller", "calling_callee", "talking", "ended"
]
type CallOutcome = Literal[
    "answered", "busy", "no_answer", "caller_no_answer", "failed"
]

# How long it takes to learn that a number is busy, off or leads nowhere; accepted calls
# of the vendor's samples failed after about as long. In seconds.
_SIGNALLING = 1.0
_DISPOSITIONS: dict[str, Disposition] = {
    "answered": "ANSWERED",
    "voicemail": "ANSWERED",
    "busy": "BUSY",
    "in_use": "BUSY",
    "no_route": "FAILED",
    "barred": "FAILED",
    "trunk_down": "FAILED",
}
_OUTCOMES: dict[Disposition, CallOutcome] = {
    "BUSY": "busy",
    "FAILED": "failed",
    "NO ANSWER": "no_answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who calls whom, and how; `timeout` and `call_limit` are in seconds.

    `trunk` is the one by which the caller is reached, or by which he came in.
    """

    caller: str
    callee: str
    context: str
    caller_id: str
    trunk: str = ""
    timeout: float = 30.0
    call_limit: float | None = None


class Call:
    """A call of any kind.

    Of one kind are those that were originated over the API: the caller is rung first.
    The others are those of strangers: "inside" is one that an extension dials, be it to
    the outside, "incoming" one that comes in by a trunk.

    `outcome` is the truth about its end, which the events may tell or not. `reason` is
    that in more detail: answered, voicemail, no_answer, busy, in_use, rejected,
    unreachable, no_route, barred, trunk_down, no_trunk, no_agents or caller_hung_up.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        number: int,
        kind: CallKind,
        parties: Parties,
        time: float,
        originated_call_id: str | None = None,
        cuid: str | None = None,
    ) -> None:
        """Prepare a call that was asked for at a `time` in seconds since 1970."""
        self.number = number
        self.kind = kind
        self.parties = parties
        self.originated_call_id = originated_call_id
        self.time = time
        self.uniqueid = exchange.new_call_id(time)
        self.cuid = cuid or self.uniqueid
        # The other call of a shared call id.
        self.twin: Call | None = None
        self.state: CallState = "waiting"
        self.outcome: CallOutcome | None = None
        self.reason = ""
        self.disposition: Disposition = "NO ANSWER"
        self.queue: Queue | None = None
        self.agent = ""
        self.hung_up_by: Literal["", "caller", "callee"] = ""
        self.outgoing_point = ""
        self.first: Leg | None = None
        self.seconds: list[Leg] = []
        self._exchange = exchange
        self._begun = exchange.now()
        self._connected: float | None = None
        self._answered: float | None = None
        self._ended: float | None = None
        self._timers: list[Timer] = []

    @property
    def has_begun(self) -> bool:
        """Whether anything has happened yet."""
        return self.state != "waiting"

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state == "ended"

    @property
    def wait(self) -> int:
        """Whole seconds before the answer, those before the callee was rung left out."""
        begin = self._begun if self._connected is None else self._connected
        end = self._answered
        if end is None:
            end = self._exchange.now() if self._ended is None else self._ended
        return round(end - begin)

    @property
    def talk(self) -> int:
        """Whole seconds of conversation, 0 where there was none."""
        if self._answered is None:
            return 0
        end = self._exchange.now() if self._ended is None else self._ended
        return round(end - self._answered)

    @property
    def answered_at(self) -> float | None:
        """When the callee answered, in seconds since 1970."""
        return None if self._answered is None else self._at(self._answered)

    @property
    def connected_at(self) -> float | None:
        """When the callee was dialled, in seconds since 1970."""
        return None if self._connected is None else self._at(self._connected)

    @property
    def ended_at(self) -> float:
        """When it ended, in seconds since 1970; now, where it has not."""
        return self._at(self._exchange.now() if self._ended is None else self._ended)

    @property
    def type(self) -> str:
        """The type as the PBX's report has it."""
        if self.kind == "incoming":
            return "incoming"
        inside = (
            self._exchange.settings.extension(self.parties.caller) is not None
            and not self.outgoing_point
            and self._connected is not None
        )
        return "local" if inside else "outgoing"

    @property
    def recording(self) -> str | None:
        """The name of the recording, None where there is none."""
        if not self._exchange.settings.calls.recording or not self.talk:
            return None
        zone = self._exchange.settings.local_zone
        day = datetime.fromtimestamp(self.time, zone)
        return f"{day:%Y%m%d}_{self.cuid}.mp3"

    def plain(self) -> Row:
        """Return the call as the control API shows it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "originated_call_id": self.originated_call_id,
            "cuid": self.cuid,
            "time": self.time,
            "caller": self.parties.caller,
            "callee": self.parties.callee,
            "caller_id": self.parties.caller_id,
            "state": self.state,
            "outcome": self.outcome,
            "reason": self.reason,
            "disposition": self.disposition if self.is_over else None,
            "wait": self.wait,
            "talk": self.talk,
            "recording": self.recording,
        }

    def begin(self) -> None:
        """Let it begin, once."""
        if self.has_begun:
            return
        self._begun = self._exchange.now()
        if self.kind == "originated":
            self.state = "calling_caller"
            begin_after = self._exchange.settings.calls.begin_after
            if begin_after:
                self._later(begin_after, self._ring_caller)
            else:
                self._ring_caller()
        else:
            self._dial()

    def answer(self, leg: Leg) -> None:
        """A telephone that rings is answered."""
        leg.cancel_timer()
        leg.state = "talking"
        leg.since = self._exchange.now()
        self._exchange.tell_state(leg.line, leg)
        if leg.role == "first":
            self._connect()
        else:
            self._converse(leg)

    def refuse(self, leg: Leg, reason: str) -> None:
        """A telephone is not reached: it rejects, is off, or has rung long enough."""
        if leg.role == "first":
            return self._end_of_first_leg(reason)
        self._finish(leg)
        if any(other.state != "ended" for other in self.seconds):
            return None
        return self._end(reason if self.queue is None else "no_answer")

    def ignore(self, leg: Leg) -> None:
        """Nobody comes to a telephone that rings: its time is over at once."""
        if self._has_mailbox(leg):
            self._take_message(leg)
        else:
            self.refuse(leg, "no_answer")

    def hang_up(self, leg: Leg) -> None:
        """A telephone that is up hangs up."""
        self.hung_up_by = "caller" if leg.role == "first" else "callee"
        if self._answered is None:
            self._end("caller_hung_up")
        else:
            self._end(self.reason)

    def vanish(self) -> None:
        """End it without a trace, as where the PBX itself ends."""
        self._cancel_timers()
        for leg in self._legs():
            leg.state = "ended"
            leg.line.legs.remove(leg)
            leg.line.told = leg.line.state
        self._ended = self._exchange.now()
        self.state = "ended"

    def _ring_caller(self) -> None:
        destination = self._exchange.first_destination(self.parties)
        leg = self._leg(self.parties.caller, other=self.parties.callee, role="first")
        self.first = leg
        if destination.kind == "nowhere":
            return self._fail(leg, destination.reason)
        if (
            destination.kind == "outside"
            and self._exchange.settings.calls.first_leg_outgoing_call
        ):
            self._exchange.tell(
                outgoing_call(self, self.parties.caller, destination.trunk)
            )
        return self._ring(leg, self.parties.timeout)

    def _dial(self) -> None:
        """Begin a call whose caller has lifted the receiver already."""
        leg = self._leg(self.parties.caller, other=self.parties.callee, role="first")
        self.first = leg
        leg.state = "talking"
        leg.since = self._begun
        if self.kind == "incoming":
            self._exchange.tell(incoming_call(self))
        self._exchange.tell_state(leg.line, leg)
        self._connect()

    def _connect(self) -> None:
        """Dial the callee."""
        self.state = "calling_callee"
        self._connected = self._exchange.now()
        if self.first is not None and self.first.plan.patience:
            self._later_for(self.first, self.first.plan.patience)
        destination = self._exchange.second_destination(self.parties, self.kind)
        if destination.kind == "nowhere":
            reason = destination.reason
            return self._later(_SIGNALLING, lambda: self._end(reason))
        if destination.queue is not None:
            return self._enter_queue(destination.queue)
        if destination.kind == "outside":
            self._leave(destination)
        leg = self._leg(self.parties.callee, other=self.parties.caller, role="second")
        self.seconds = [leg]
        return self._ring(leg, self._exchange.settings.calls.ring_time)

    def _leave(self, destination: Destination) -> None:
        self.outgoing_point = destination.trunk
        self._exchange.tell(outgoing_call(self, self.parties.callee, destination.trunk))

    def _enter_queue(self, queue: Queue) -> None:
        self.queue = queue
        free = [
            agent
            for agent in queue.agents
            if self._exchange.line(agent).state == "Idle"
        ]
        if not free:
            return self._later(_SIGNALLING, lambda: self._end("no_agents"))
        self.seconds = [
            self._leg(agent, other=self.parties.caller, role="second") for agent in free
        ]
        for leg in self.seconds:
            # One that answers at once ends the others before they ring.
            if leg.state == "new":
                self._ring(leg, self._exchange.settings.calls.ring_time)
        return None

    def _ring(self, leg: Leg, limit: float) -> None:
        """Ring a telephone, and let it do what it is to do."""
        plan = leg.plan
        if _is_engaged(leg):
            return self._fail(leg, "in_use")
        if plan.behaviour in ("busy", "unreachable", "no_route", "barred"):
            return self._fail(leg, plan.behaviour)
        if plan.behaviour == "intercom":
            return self.answer(leg)
        leg.state = "ringing"
        leg.since = self._exchange.now()
        self._exchange.tell_state(leg.line, leg)
        if self._has_mailbox(leg):
            return self._later_on(leg, min(plan.after, limit), self._take_message)
        answers = plan.behaviour == "answer" or (
            # A mailbox outside looks like any answer.
            plan.behaviour == "voicemail" and not leg.line.is_inside
        )
        if answers and plan.after < limit:
            return self._later_on(
                leg, plan.after, lambda leg: self._answer_if_free(leg, limit)
            )
        if plan.behaviour == "reject" and plan.after < limit:
            return self._later_on(
                leg, plan.after, lambda leg: self.refuse(leg, "rejected")
            )
        return self._later_on(leg, limit, lambda leg: self.refuse(leg, "no_answer"))

    def _answer_if_free(self, leg: Leg, limit: float) -> None:
        """Answer, or ring on where it has answered another call meanwhile."""
        if not _is_engaged(leg):
            return self.answer(leg)
        return self._later_on(
            leg, limit - leg.plan.after, lambda leg: self.refuse(leg, "no_answer")
        )

    def _fail(self, leg: Leg, reason: str) -> None:
        self._later_on(leg, _SIGNALLING, lambda leg: self.refuse(leg, reason))

    def _has_mailbox(self, leg: Leg) -> bool:
        """Say whether the PBX's voicemail answers for a telephone.

        It is behind a dialplan component, which neither a first leg nor a queue passes.
        """
        return (
            leg.plan.behaviour == "voicemail"
            and leg.line.is_inside
            and leg.role == "second"
            and self.queue is None
        )

    def _take_message(self, leg: Leg) -> None:
        """Let the voicemail answer for a telephone that rings."""
        talk = leg.plan.talk
        self._finish(leg)
        self._talk("voicemail")
        if talk:
            self._later(talk, lambda: self._end("voicemail"))

    def _converse(self, leg: Leg) -> None:
        """Connect the two."""
        for other in self.seconds:
            if other is not leg:
                self._finish(other)
        self.agent = leg.line.number if self.queue else ""
        self._talk("answered")
        # The callee first: of two who want to hang up at once it is he who does.
        for party in (leg, self.first):
            if party is not None and party.plan.talk:
                self._later_for(party, party.plan.talk)

    def _talk(self, reason: str) -> None:
        self._cancel_timers()
        self.state = "talking"
        self.reason = reason
        self._answered = self._exchange.now()
        if self.parties.call_limit:
            self._later(self.parties.call_limit, lambda: self._end(reason))

    def _end_of_first_leg(self, reason: str) -> None:
        self.reason = reason
        self.disposition = "NO ANSWER" if reason == "no_answer" else "FAILED"
        self.outcome = "caller_no_answer"
        self._close()
        announced = self._exchange.settings.calls.first_leg_failure
        events = [cdr_of_first_leg(self)] if announced == "event" else []
        self._tell_end(events, announced)

    def _end(self, reason: str) -> None:
        calls = self._exchange.settings.calls
        self.reason = reason
        self.disposition = _DISPOSITIONS.get(reason, "NO ANSWER")
        if reason == "unreachable":
            self.disposition = calls.unreachable
        if reason == "rejected":
            self.disposition = calls.rejected
        self.outcome = (
            "answered"
            if self._answered is not None
            else _OUTCOMES.get(self.disposition, "no_answer")
        )
        nowhere = reason in ("no_route", "barred", "trunk_down")
        announced: Announced = calls.no_route if nowhere else "event"
        self._close()
        events = [cdr(self)]
        if self.queue is not None:
            events.insert(0, cdr_queue(self))
        if self.reason == "voicemail":
            events.append(voicemail(self))
        if self.disposition == "BUSY" and calls.answered_after_busy:
            events.append(cdr_answered_after_busy(self))
        self._tell_end(events if announced == "event" else [], announced)

    def _close(self) -> None:
        self._cancel_timers()
        for leg in self._legs():
            leg.cancel_timer()
        self._ended = self._exchange.now()
        self.state = "ended"

    def _tell_end(self, events: list[Event], announced: Announced) -> None:
        calls = self._exchange.settings.calls
        if calls.end_order == "idle_first":
            self._finish_all()
        for event in events:
            self._exchange.tell(event)
        self._finish_all()
        self._exchange.ended(self, reported=announced != "nothing")

    def _finish_all(self) -> None:
        for leg in self._legs():
            self._finish(leg)

    def _finish(self, leg: Leg) -> None:
        """Take a telephone out of the call."""
        if leg.state == "ended":
            return
        leg.cancel_timer()
        leg.state = "ended"
        leg.line.legs.remove(leg)
        self._exchange.tell_state(leg.line, leg)

    def _legs(self) -> list[Leg]:
        first = [] if self.first is None else [self.first]
        return [leg for leg in (*first, *self.seconds) if leg.state != "ended"]

    def _leg(self, number: str, *, other: str, role: LegRole) -> Leg:
        line = self._exchange.line(number)
        own = role == "second" and (
            self._exchange.settings.calls.second_leg_call_id == "own"
        )
        leg = Leg(
            call=self,
            line=line,
            role=role,
            plan=self._exchange.plan(number, other=other, role=role),
            cuid=self._exchange.new_call_id(self.ended_at) if own else self.cuid,
        )
        line.legs.append(leg)
        return leg

    def _at(self, seconds: float) -> float:
        return self.time + seconds - self._begun

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.append(self._exchange.after(seconds, action))

    def _later_for(self, leg: Leg, seconds: float) -> None:
        self._later(seconds, lambda: self.hang_up(leg))

    def _later_on(
        self, leg: Leg, seconds: float, action: Callable[[Leg], None]
    ) -> None:
        leg.timer = self._exchange.after(seconds, lambda: action(leg))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _is_engaged(leg: Leg) -> bool:
    """Say whether a telephone is in another call and takes no second one."""
    if not leg.line.is_inside or leg.plan.call_waiting:
        return False
    return any(other.state == "talking" for other in leg.line.legs)
