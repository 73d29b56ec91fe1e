"""What is known of a call and of the telephones that take part in it.

Only the state: `call_flow.py` moves a call on, `call_events.py` and `report_rows.py`
put it into words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from .settings import Queue
from .switches import Disposition, Phone
from .timers import Timer
from .wire import Row

type CallKind = Literal["originated", "inside", "incoming"]
type CallState = Literal[
    "waiting", "calling_caller", "calling_callee", "talking", "ended"
]
type CallOutcome = Literal[
    "answered", "busy", "no_answer", "caller_no_answer", "failed"
]
type LegRole = Literal["first", "second"]
type LegState = Literal["new", "ringing", "talking", "ended"]
type LineState = Literal["Idle", "Ringing", "InUse", "Unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """Who calls whom, and how, as an originate asks for it.

    `trunk_name` is the trunk by which the caller is reached, or by which he came in;
    `timeout` and `call_limit` are in seconds.
    """

    caller: str
    callee: str
    context: str
    caller_id: str
    trunk_name: str = ""
    timeout: int = 30
    call_limit: int | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Line:
    """A telephone, inside or outside, with the calls that it takes part in.

    `told` is the state of the latest NewState event; no event tells of telephones
    outside.
    """

    number: str
    name: str
    is_inside: bool
    is_registered: bool = True
    legs: list[Leg] = field(default_factory=list)
    told: LineState = "Idle"

    @property
    def state(self) -> LineState:
        """What the PBX sees the telephone do: of several things the latest."""
        since = {
            leg.state: leg.since for leg in sorted(self.legs, key=lambda leg: leg.since)
        }
        if "ringing" in since and since["ringing"] > since.get("talking", -1.0):
            return "Ringing"
        if "talking" in since:
            return "InUse"
        return "Idle" if self.is_registered else "Unavailable"

    def leg_in(self, *states: LegState) -> Leg | None:
        """Return the newest of its legs that is in one of some states."""
        return next((leg for leg in reversed(self.legs) if leg.state in states), None)


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """The part of one telephone in a call.

    A leg is "talking" from its answer on, even while the other one is still being rung.
    `role` is "first" for the one whose call it is.
    """

    call: Call
    line: Line
    role: LegRole
    plan: Phone
    cuid: str
    since: float = 0.0
    state: LegState = "new"
    timer: Timer | None = None

    @property
    def is_engaged(self) -> bool:
        """Whether the telephone is in another call and takes no second one."""
        if not self.line.is_inside or self.plan.call_waiting:
            return False
        return self.line.leg_in("talking") is not None

    def cancel_timer(self) -> None:
        """Cancel what the telephone would do next."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """A call of any kind.

    An "originated" call was ordered over the API: the caller is rung first. The others
    are those of strangers: an extension dials an "inside" one, be it to the outside,
    and an "incoming" one comes in by a trunk.

    `time` is when it was asked for, in seconds since 1970; `begun`, `connected` (the
    callee was dialled), `answered` and `ended` are seconds on the `clock` of calls.
    `twin` is the other call of a shared call id.

    `outcome` is the truth about its end, whatever the events tell. `reason` is that in
    more detail: answered, voicemail, no_answer, busy, in_use, rejected, unreachable,
    no_route, barred, trunk_down, no_trunk, no_agents or caller_hung_up.
    """

    number: int
    kind: CallKind
    parties: CallOrder
    time: float
    uniqueid: str
    cuid: str
    clock: Callable[[], float]
    begun: float
    originated_call_id: str | None = None
    twin: Call | None = None
    state: CallState = "waiting"
    outcome: CallOutcome | None = None
    reason: str = ""
    disposition: Disposition = "NO ANSWER"
    queue: Queue | None = None
    agent: str = ""
    hung_up_by: Literal["", "caller", "callee"] = ""
    outgoing_point: str = ""
    recording: str | None = None
    first: Leg | None = None
    seconds: list[Leg] = field(default_factory=list)
    connected: float | None = None
    answered: float | None = None
    ended: float | None = None

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
        begin = self.begun if self.connected is None else self.connected
        return round((self._end if self.answered is None else self.answered) - begin)

    @property
    def talk(self) -> int:
        """Whole seconds of conversation, 0 where there was none."""
        return 0 if self.answered is None else round(self._end - self.answered)

    @property
    def answered_at(self) -> float | None:
        """When the callee answered, in seconds since 1970."""
        return None if self.answered is None else self._at(self.answered)

    @property
    def connected_at(self) -> float | None:
        """When the callee was dialled, in seconds since 1970."""
        return None if self.connected is None else self._at(self.connected)

    @property
    def ended_at(self) -> float:
        """When it ended, in seconds since 1970; now, where it has not."""
        return self._at(self._end)

    @property
    def type(self) -> str:
        """The type as the PBX's report has it."""
        if self.kind == "incoming":
            return "incoming"
        if self.first is None or self.connected is None or self.outgoing_point:
            return "outgoing"
        return "local" if self.first.line.is_inside else "outgoing"

    @property
    def legs(self) -> list[Leg]:
        """The legs that have not ended, the first one first."""
        first = [] if self.first is None else [self.first]
        return [leg for leg in (*first, *self.seconds) if leg.state != "ended"]

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

    @property
    def _end(self) -> float:
        return self.clock() if self.ended is None else self.ended

    def _at(self, seconds: float) -> float:
        return self.time + seconds - self.begun
