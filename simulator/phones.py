"""Telephones: what each of them is doing, and how it is to behave in a call."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from .patterns import fits
from .settings import Settings
from .switches import Phone
from .timers import Timer

if TYPE_CHECKING:
    from .calls import Call

type LegRole = Literal["first", "second"]
type LegState = Literal["new", "ringing", "talking", "ended"]
type LineState = Literal["Idle", "Ringing", "InUse", "Unavailable"]


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """One telephone's part in a call.

    "talking" is a leg that is up, be it that the other one is still being rung. `role`
    is "first" for the one whose call it is.
    """

    call: Call
    line: Line
    role: LegRole
    plan: Phone
    cuid: str
    since: float = 0.0
    state: LegState = "new"
    timer: Timer | None = None

    def cancel_timer(self) -> None:
        """Let it do nothing more by itself."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True, eq=False, kw_only=True)
class Line:
    """A telephone, inside or outside, with the calls that it takes part in.

    `told` is the state that was last told in a NewState event; nothing is told of
    telephones outside.
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
        since = {leg.state: leg.since for leg in sorted(self.legs, key=_since)}
        if "ringing" in since and since["ringing"] > since.get("talking", -1.0):
            return "Ringing"
        if "talking" in since:
            return "InUse"
        return "Idle" if self.is_registered else "Unavailable"

    def leg_in(self, *states: LegState) -> Leg | None:
        """Return the newest of its legs that is in one of some states."""
        return next((leg for leg in reversed(self.legs) if leg.state in states), None)


def _since(leg: Leg) -> float:
    return leg.since


class Behaviours:
    """How telephones behave, with what is left of rules that are used up."""

    def __init__(self, settings: Settings) -> None:
        """Begin with every rule unused."""
        self._settings = settings
        self._used = [0] * len(settings.phones)

    def adopt(self, settings: Settings) -> None:
        """Use other settings; new rules begin unused."""
        if settings.phones is not self._settings.phones:
            self._used = [0] * len(settings.phones)
        self._settings = settings

    def take(self, number: str, *, other: str, role: LegRole) -> Phone:
        """Return how a telephone behaves in a new call, and count that use."""
        for position, phone in enumerate(self._settings.phones):
            used_up = phone.times and self._used[position] >= phone.times
            if (
                used_up
                or phone.leg not in ("any", role)
                or not fits(number, phone.number)
                or not fits(other, phone.other)
            ):
                continue
            self._used[position] += 1
            return phone
        return self._usual(number)

    def of(self, number: str) -> Phone:
        """Return how a telephone behaves in general."""
        for phone in self._settings.phones:
            if phone.times or phone.leg != "any" or phone.other != ".":
                continue
            if fits(number, phone.number):
                return phone
        return self._usual(number)

    def is_registered(self, number: str) -> bool:
        """Say whether an extension is there to be called."""
        return self.of(number).behaviour != "unreachable"

    def _usual(self, number: str) -> Phone:
        extension = self._settings.extension(number)
        if extension is None:
            return self._settings.outside_phone
        if not extension.active:
            return replace(self._settings.extension_phone, behaviour="unreachable")
        return self._settings.extension_phone
