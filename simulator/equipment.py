"""The equipment of the PBX on which calls go: telephones, trunks and a clock."""

from collections.abc import Callable, Sequence

from . import dialplan
from .call_events import new_state, registration
from .calls import Leg, Line
from .changes import Changes
from .dialplan import TrunkState
from .events import Event
from .phones import Behaviours
from .settings import Settings
from .timers import Timer, Timers


class NotPossible(Exception):
    """What a person asks of a telephone or a trunk cannot be done now."""


class Equipment:
    """The telephones of a PBX, inside and outside of it, its trunks and its clock."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float],
        timers: Timers,
        tell: Callable[[Event], None],
        changes: Changes,
    ) -> None:
        """Set it up; `clock` gives the seconds since 1970, `tell` takes the events."""
        self.settings = settings
        self.trunk_states = dialplan.trunk_states(settings)
        self.tell = tell
        self.changes = changes
        self._clock = clock
        self._timers = timers
        self.behaviours = Behaviours(settings)
        self._lines: dict[str, Line] = {}
        self._channel = 0
        for line in self._register():
            line.told = line.state

    @property
    def lines(self) -> Sequence[Line]:
        """The extensions, and the telephones outside that take part in a call."""
        extensions = [self.line(item.number) for item in self.settings.extensions]
        outside = [line for line in self._lines.values() if not line.is_inside]
        return (*extensions, *outside)

    def adopt(self, settings: Settings) -> None:
        """Use other settings, and report the extensions that go or come by them."""
        if settings.trunks is not self.settings.trunks:
            known = self.trunk_states
            self.trunk_states = {
                name: known.get(name, state)
                for name, state in dialplan.trunk_states(settings).items()
            }
        self.settings = settings
        self.behaviours.adopt(settings)
        for line in self._register():
            if line.told != line.state:
                line.told = line.state
                self.tell(registration(line))

    def set_trunk(self, name: str, state: TrunkState) -> None:
        """Change the state of a trunk, and send the event about it."""
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
        self.changes.note()

    def reset(self) -> None:
        """Put the trunks back into the states in which they began."""
        self.trunk_states = dialplan.trunk_states(self.settings)

    def now(self) -> float:
        """Return the seconds passed on the clock of calls."""
        return self._timers.now()

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something later on the same clock."""

        def act() -> None:
            action()
            self.changes.note()

        return self._timers.after(seconds, act)

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

    def new_call_id(self, time: float) -> str:
        """Return a call id for a channel made at a time in seconds since 1970."""
        self._channel += 1
        return f"{int(time)}.{self._channel}"

    def tell_state(self, leg: Leg) -> None:
        """Send what the telephone of a leg does now, if it is something else."""
        line = leg.line
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
        self.tell(new_state(line, leg, self.settings.events))

    def _register(self) -> list[Line]:
        """Bring the telephones in line with the settings; return the extensions."""
        for line in self._lines.values():
            line.is_inside = self.settings.extension(line.number) is not None
        lines = [self.line(extension.number) for extension in self.settings.extensions]
        for line, extension in zip(lines, self.settings.extensions, strict=True):
            line.name = extension.name
            line.is_registered = self.behaviours.is_registered(extension.number)
        return lines

    def _forget_outside(self) -> None:
        for line in [item for item in self._lines.values() if not item.is_inside]:
            if not line.legs:
                del self._lines[line.number]
