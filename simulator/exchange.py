"""What goes on in the PBX: its telephones, its trunks and the calls between them."""

from collections import deque
from collections.abc import Callable, Sequence

from . import dialplan
from .call_events import new_state, registration
from .calls import Call, CallKind, Parties
from .changes import Changes
from .dialplan import Destination, TrunkState
from .events import Event
from .phones import Behaviours, Leg, LegRole, Line
from .report_rows import rows_of
from .settings import Settings
from .switches import Phone
from .timers import Timer, Timers
from .wire import Row

# Numbers that channels have in the ids of calls begin here.
_FIRST_CHANNEL = 1


class NotPossible(Exception):
    """What a person asks of a telephone cannot be done now."""


class Exchange:
    """The telephones of a PBX, inside and outside of it, and their calls."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float],
        timers: Timers,
        tell: Callable[[Event], None],
        report: Callable[[Sequence[Row]], None],
        changes: Changes,
    ) -> None:
        """Set it up; `report` takes the rows of calls that ended."""
        self.settings = settings
        self.trunk_states = dialplan.trunk_states(settings)
        self._clock = clock
        self._timers = timers
        self._report = report
        self._changes = changes
        self._behaviours = Behaviours(settings)
        self._lines: dict[str, Line] = {}
        self._open: dict[int, Call] = {}
        self._over: deque[Call] = deque()
        self._counted = 0
        self._channel = _FIRST_CHANNEL - 1
        self._last_originated: Call | None = None
        self.tell = tell
        for line in self._register():
            line.told = line.state

    @property
    def is_idle(self) -> bool:
        """Whether no call goes on."""
        return not self._open

    @property
    def calls(self) -> Sequence[Call]:
        """Calls of all kinds, in the order in which they began."""
        return tuple(
            sorted((*self._over, *self._open.values()), key=lambda call: call.number)
        )

    @property
    def lines(self) -> Sequence[Line]:
        """The extensions, and whatever telephones outside take part in a call."""
        extensions = [self.line(item.number) for item in self.settings.extensions]
        outside = [line for line in self._lines.values() if not line.is_inside]
        return (*extensions, *outside)

    def adopt(self, settings: Settings) -> None:
        """Use other settings, and tell of the extensions that go or come by them."""
        if settings.trunks is not self.settings.trunks:
            known = self.trunk_states
            self.trunk_states = {
                name: known.get(name, state)
                for name, state in dialplan.trunk_states(settings).items()
            }
        self.settings = settings
        self._behaviours.adopt(settings)
        for line in self._register():
            if line.told != line.state:
                line.told = line.state
                self.tell(registration(line))

    def place(
        self,
        parties: Parties,
        *,
        kind: CallKind,
        time: float,
        originated_call_id: str | None = None,
    ) -> Call:
        """Make a call that has yet to begin; `time` is in seconds since 1970."""
        self._counted += 1
        twin = self._twin(time) if kind == "originated" else None
        call = Call(
            self,
            number=self._counted,
            kind=kind,
            parties=parties,
            time=time,
            originated_call_id=originated_call_id,
            cuid=None if twin is None else twin.cuid,
        )
        if twin is not None:
            call.twin, twin.twin = twin, call
        if kind == "originated":
            self._last_originated = call
        self._open[call.number] = call
        self._changes.note()
        return call

    def answer(self, number: str) -> None:
        """Answer a telephone that rings."""
        leg = self._ringing(number)
        leg.call.answer(leg)
        self._changes.note()

    def reject(self, number: str) -> None:
        """Reject the call for which a telephone rings."""
        leg = self._ringing(number)
        leg.call.refuse(leg, "rejected")
        self._changes.note()

    def ignore(self, number: str) -> None:
        """Let a telephone's time to ring be over at once."""
        leg = self._ringing(number)
        leg.call.ignore(leg)
        self._changes.note()

    def hang_up(self, number: str) -> None:
        """End the call that a telephone is in."""
        line = self._lines.get(number)
        leg = None if line is None else line.leg_in("talking")
        if leg is None:
            raise NotPossible(f"{number} is not in a call")
        leg.call.hang_up(leg)
        self._changes.note()

    def set_trunk(self, name: str, state: TrunkState) -> None:
        """Change the state of a trunk, and tell it."""
        trunk = next((item for item in self.settings.trunks if item.name == name), None)
        if trunk is None:
            raise NotPossible(f"There is no trunk {name}")
        if self.trunk_states.get(name) == state:
            return
        self.trunk_states[name] = state
        now = self._clock()
        self.tell(
            Event(
                name="TrunkNewState",
                fields={
                    "trunk_name": name,
                    "trunk_type": trunk.trunk_type,
                    "state": state,
                    "last_time": now,
                    "last_time_sec": 0,
                    "date": now,
                },
            )
        )
        self._changes.note()

    def behaviour(self, number: str) -> Phone:
        """Return how a telephone behaves in general."""
        return self._behaviours.of(number)

    def forget(self) -> None:
        """Forget the calls that are over."""
        self._over.clear()
        self._changes.note()

    def reset(self) -> None:
        """Put the trunks back into the states in which they began."""
        self.trunk_states = dialplan.trunk_states(self.settings)

    def drop_all(self) -> None:
        """End everything at once, as where the PBX itself goes down."""
        for call in tuple(self._open.values()):
            call.vanish()
        self._open.clear()
        self._forget_outside()
        self._changes.note()

    # What follows is for the calls.

    def now(self) -> float:
        """Return the seconds passed on the clock of calls."""
        return self._timers.now()

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Have something done later on the same clock."""

        def act() -> None:
            action()
            self._changes.note()

        return self._timers.after(seconds, act)

    def first_destination(self, parties: Parties) -> Destination:
        """Return where the caller of an originate is."""
        return dialplan.first_leg(
            parties.caller, parties.trunk, self.settings, self.trunk_states
        )

    def second_destination(self, parties: Parties, kind: CallKind) -> Destination:
        """Return where the dialplan leads the callee's number."""
        if kind == "incoming":
            return dialplan.incoming(parties.callee, self.settings)
        return dialplan.second_leg(
            parties.callee, parties.context, self.settings, self.trunk_states
        )

    def line(self, number: str) -> Line:
        """Return the telephone of a number."""
        if number not in self._lines:
            extension = self.settings.extension(number)
            self._lines[number] = Line(
                number=number,
                name="" if extension is None else extension.name,
                is_inside=extension is not None,
            )
        return self._lines[number]

    def plan(self, number: str, *, other: str, role: LegRole) -> Phone:
        """Return how a telephone will behave in a new call."""
        return self._behaviours.take(number, other=other, role=role)

    def new_call_id(self, time: float) -> str:
        """Return a call id for a channel made at a time in seconds since 1970."""
        self._channel += 1
        return f"{int(time)}.{self._channel}"

    def tell_state(self, line: Line, leg: Leg) -> None:
        """Tell what an extension does now, if it is something else than before."""
        if line.state == line.told:
            return
        line.told = line.state
        if not line.is_inside:
            return
        if leg.state == "ended":
            # What it does now, it does in another call, if any is left.
            leg = (
                line.leg_in("ringing" if line.state == "Ringing" else "talking") or leg
            )
        switches = self.settings.events
        self.tell(
            new_state(
                line,
                leg,
                ringing_call_id=switches.ringing_call_id,
                parties=switches.participants,
            )
        )

    def ended(self, call: Call, *, reported: bool) -> None:
        """Take note that a call is over; `reported` is whether it leaves a row."""
        del self._open[call.number]
        self._over.append(call)
        while len(self._over) > self.settings.keep_records:
            self._over.popleft()
        self._forget_outside()
        if reported:
            calls = self.settings.calls
            self._report(
                rows_of(
                    call,
                    self.settings.local_zone,
                    rewritten=calls.first_leg_row == "rewritten",
                    answered_after_busy=calls.answered_after_busy,
                )
            )

    def _twin(self, time: float) -> Call | None:
        last = self._last_originated
        if not self.settings.calls.shared_call_id or last is None or last.twin:
            return None
        return last if int(last.time) == int(time) else None

    def _ringing(self, number: str) -> Leg:
        line = self._lines.get(number)
        leg = None if line is None else line.leg_in("ringing")
        if leg is None:
            raise NotPossible(f"{number} does not ring")
        return leg

    def _register(self) -> list[Line]:
        """Bring the telephones in line with the settings; return the extensions."""
        for line in self._lines.values():
            line.is_inside = self.settings.extension(line.number) is not None
        lines = [self.line(extension.number) for extension in self.settings.extensions]
        for line, extension in zip(lines, self.settings.extensions, strict=True):
            line.name = extension.name
            line.is_registered = self._behaviours.is_registered(extension.number)
        return lines

    def _forget_outside(self) -> None:
        for line in [item for item in self._lines.values() if not item.is_inside]:
            if not line.legs:
                del self._lines[line.number]
