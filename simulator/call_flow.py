"""How a call goes on, from the first ring to its end."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from . import call_events, dialplan
from .calls import Call, CallOutcome, Leg, LegRole
from .equipment import Equipment
from .events import Event
from .settings import Queue
from .switches import Announced, Calls, Disposition
from .timers import Timer

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
# What a call was that nobody answered. A PBX may call it answered, for no time.
_OUTCOMES: dict[Disposition, CallOutcome] = {
    "ANSWERED": "no_answer",
    "BUSY": "busy",
    "FAILED": "failed",
    "NO ANSWER": "no_answer",
}


class CallFlow:
    """Moves one call on, as the telephones in it and the time will have it."""

    def __init__(
        self, call: Call, *, equipment: Equipment, on_end: Callable[[Call, bool], None]
    ) -> None:
        """Prepare a call that has yet to begin.

        `on_end` takes the call when it has ended, and whether the report tells of it.
        """
        self.call = call
        self._equipment = equipment
        self._on_end = on_end
        self._timers: list[Timer] = []

    @property
    def _switches(self) -> Calls:
        return self._equipment.settings.calls

    def begin(self) -> None:
        """Begin the call, once."""
        if self.call.has_begun:
            return None
        self.call.begun = self._equipment.now()
        if self.call.kind != "originated":
            return self._dial()
        self.call.state = "calling_caller"
        if self._switches.begin_after:
            return self._later(self._switches.begin_after, self._ring_caller)
        return self._ring_caller()

    def answer(self, leg: Leg) -> None:
        """Answer a telephone that rings."""
        leg.cancel_timer()
        leg.state = "talking"
        leg.since = self._equipment.now()
        self._equipment.tell_state(leg)
        if leg.role == "first":
            self._connect()
        else:
            self._converse(leg)

    def refuse(self, leg: Leg, reason: str) -> None:
        """Give a telephone up: it rejects, is off, or has rung long enough."""
        if leg.role == "first":
            return self._end_of_first_leg(reason)
        self._finish(leg)
        if any(other.state != "ended" for other in self.call.seconds):
            return None
        return self._end(reason if self.call.queue is None else "no_answer")

    def ignore(self, leg: Leg) -> None:
        """End the time of a telephone to ring at once, since nobody comes to it."""
        if self._has_mailbox(leg):
            self._take_message(leg)
        else:
            self.refuse(leg, "no_answer")

    def hang_up(self, leg: Leg) -> None:
        """Hang up a telephone that was answered."""
        self.call.hung_up_by = "caller" if leg.role == "first" else "callee"
        self._end("caller_hung_up" if self.call.answered is None else self.call.reason)

    def vanish(self) -> None:
        """End it without a trace, as where the PBX itself ends."""
        self._cancel_timers()
        for leg in self.call.legs:
            leg.state = "ended"
            leg.line.legs.remove(leg)
            leg.line.told = leg.line.state
        self.call.ended = self._equipment.now()
        self.call.state = "ended"

    def _ring_caller(self) -> None:
        destination = dialplan.first_leg(
            self.call.parties, self._equipment.settings, self._equipment.trunk_states
        )
        leg = self.call.first = self._leg(self.call.parties.caller, role="first")
        if destination.kind == "nowhere":
            return self._refuse_later(leg, _SIGNALLING, destination.reason)
        if destination.kind == "outside" and self._switches.first_leg_outgoing_call:
            self._equipment.tell(
                call_events.outgoing_call(
                    self.call, self.call.parties.caller, destination.trunk
                )
            )
        return self._ring(leg, self.call.parties.timeout)

    def _dial(self) -> None:
        """Begin a call whose caller has lifted the receiver already."""
        leg = self.call.first = self._leg(self.call.parties.caller, role="first")
        leg.state = "talking"
        leg.since = self.call.begun
        if self.call.kind == "incoming":
            self._equipment.tell(call_events.incoming_call(self.call))
        self._equipment.tell_state(leg)
        self._connect()

    def _connect(self) -> None:
        """Dial the callee."""
        self.call.state = "calling_callee"
        self.call.connected = self._equipment.now()
        first = self.call.first
        if first is not None and first.plan.patience:
            self._later(first.plan.patience, partial(self.hang_up, first))
        parties, settings = self.call.parties, self._equipment.settings
        destination = (
            dialplan.incoming(parties.callee, settings)
            if self.call.kind == "incoming"
            else dialplan.second_leg(parties, settings, self._equipment.trunk_states)
        )
        if destination.kind == "nowhere":
            reason = destination.reason
            return self._later(_SIGNALLING, lambda: self._end(reason))
        if destination.queue is not None:
            return self._enter_queue(destination.queue)
        if destination.kind == "outside":
            self.call.outgoing_point = destination.trunk
            self._equipment.tell(
                call_events.outgoing_call(self.call, parties.callee, destination.trunk)
            )
        leg = self._leg(parties.callee, role="second")
        self.call.seconds = [leg]
        return self._ring(leg, self._switches.ring_time)

    def _enter_queue(self, queue: Queue) -> None:
        self.call.queue = queue
        free = [
            agent
            for agent in queue.agents
            if self._equipment.line(agent).state == "Idle"
        ]
        if not free:
            return self._later(_SIGNALLING, lambda: self._end("no_agents"))
        self.call.seconds = [self._leg(agent, role="second") for agent in free]
        for leg in self.call.seconds:
            # One that answers at once ends the others before they ring.
            if leg.state == "new":
                self._ring(leg, self._switches.ring_time)
        return None

    def _ring(self, leg: Leg, limit: float) -> None:
        """Ring a telephone, and let it do what it is to do."""
        plan = leg.plan
        if leg.is_engaged:
            return self._refuse_later(leg, _SIGNALLING, "in_use")
        if plan.behaviour in ("busy", "unreachable", "no_route", "barred"):
            return self._refuse_later(leg, _SIGNALLING, plan.behaviour)
        if plan.behaviour == "intercom":
            return self.answer(leg)
        leg.state = "ringing"
        leg.since = self._equipment.now()
        self._equipment.tell_state(leg)
        if self._has_mailbox(leg):
            return self._later_on(leg, min(plan.after, limit), self._take_message)
        answers = plan.behaviour == "answer" or (
            # A mailbox outside looks like any answer.
            plan.behaviour == "voicemail" and not leg.line.is_inside
        )
        if answers and plan.after < limit:
            return self._later_on(
                leg, plan.after, partial(self._answer_if_free, limit=limit)
            )
        if plan.behaviour == "reject" and plan.after < limit:
            return self._refuse_later(leg, plan.after, "rejected")
        return self._refuse_later(leg, limit, "no_answer")

    def _answer_if_free(self, leg: Leg, *, limit: float) -> None:
        """Answer, or ring on where it has answered another call meanwhile."""
        if not leg.is_engaged:
            return self.answer(leg)
        return self._refuse_later(leg, limit - leg.plan.after, "no_answer")

    def _refuse_later(self, leg: Leg, seconds: float, reason: str) -> None:
        self._later_on(leg, seconds, partial(self.refuse, reason=reason))

    def _has_mailbox(self, leg: Leg) -> bool:
        """Return whether the PBX's voicemail answers for a telephone.

        It is behind a dialplan component, which neither a first leg nor a queue passes.
        """
        return (
            leg.plan.behaviour == "voicemail"
            and leg.line.is_inside
            and leg.role == "second"
            and self.call.queue is None
        )

    def _take_message(self, leg: Leg) -> None:
        """Answer with the voicemail for a telephone that rings."""
        talk = leg.plan.talk
        self._finish(leg)
        self._talk("voicemail")
        if talk:
            self._later(talk, lambda: self._end("voicemail"))

    def _converse(self, leg: Leg) -> None:
        """Connect the two."""
        for other in self.call.seconds:
            if other is not leg:
                self._finish(other)
        self.call.agent = leg.line.number if self.call.queue else ""
        self._talk("answered")
        # The callee first: of two who want to hang up at once it is he who does.
        for party in (leg, self.call.first):
            if party is not None and party.plan.talk:
                self._later(party.plan.talk, partial(self.hang_up, party))

    def _talk(self, reason: str) -> None:
        self._cancel_timers()
        self.call.state = "talking"
        self.call.reason = reason
        self.call.answered = self._equipment.now()
        if self.call.parties.call_limit:
            self._later(self.call.parties.call_limit, lambda: self._end(reason))

    def _end_of_first_leg(self, reason: str) -> None:
        disposition: Disposition = "NO ANSWER" if reason == "no_answer" else "FAILED"
        self._close(reason, disposition, "caller_no_answer")
        announced = self._switches.first_leg_failure
        self._tell_end([call_events.cdr_of_first_leg(self.call)], announced)

    def _end(self, reason: str) -> None:
        switches = self._switches
        disposition = {
            **_DISPOSITIONS,
            "unreachable": switches.unreachable,
            "rejected": switches.rejected,
        }.get(reason, "NO ANSWER")
        answered = self.call.answered is not None
        self._close(
            reason, disposition, "answered" if answered else _OUTCOMES[disposition]
        )
        events = [call_events.cdr(self.call)]
        if self.call.queue is not None:
            events.insert(0, call_events.cdr_queue(self.call))
        if reason == "voicemail":
            events.append(call_events.voicemail(self.call))
        if disposition == "BUSY" and switches.answered_after_busy:
            events.append(call_events.cdr_answered_after_busy(self.call))
        nowhere = reason in ("no_route", "barred", "trunk_down")
        self._tell_end(events, switches.no_route if nowhere else "event")

    def _close(
        self, reason: str, disposition: Disposition, outcome: CallOutcome | None
    ) -> None:
        """Note how the call ended, and that nothing more happens in it."""
        call = self.call
        call.reason, call.disposition, call.outcome = reason, disposition, outcome
        call.ended = self._equipment.now()
        call.state = "ended"
        self._cancel_timers()
        for leg in call.legs:
            leg.cancel_timer()
        if self._switches.recording and call.talk:
            zone = self._equipment.settings.local_zone
            day = datetime.fromtimestamp(call.time, zone)
            call.recording = f"{day:%Y%m%d}_{call.cuid}.mp3"

    def _tell_end(self, events: list[Event], announced: Announced) -> None:
        if self._switches.end_order == "idle_first":
            self._finish_all()
        for event in events if announced == "event" else ():
            self._equipment.tell(event)
        self._finish_all()
        self._on_end(self.call, announced != "nothing")

    def _finish_all(self) -> None:
        for leg in self.call.legs:
            self._finish(leg)

    def _finish(self, leg: Leg) -> None:
        """Take a telephone out of the call."""
        if leg.state == "ended":
            return
        leg.cancel_timer()
        leg.state = "ended"
        leg.line.legs.remove(leg)
        self._equipment.tell_state(leg)

    def _leg(self, number: str, *, role: LegRole) -> Leg:
        parties = self.call.parties
        other = parties.callee if role == "first" else parties.caller
        own_id = role == "second" and self._switches.second_leg_call_id == "own"
        cuid = self.call.cuid
        if own_id:
            cuid = self._equipment.new_call_id(self.call.ended_at)
        leg = Leg(
            call=self.call,
            line=self._equipment.line(number),
            role=role,
            plan=self._equipment.behaviours.take(number, other=other, role=role),
            cuid=cuid,
        )
        leg.line.legs.append(leg)
        return leg

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.append(self._equipment.after(seconds, action))

    def _later_on(
        self, leg: Leg, seconds: float, action: Callable[[Leg], None]
    ) -> None:
        leg.timer = self._equipment.after(seconds, partial(action, leg))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
