"""Decides whether a call may be placed now: which numbers, how many, and not twice."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from .pattern import DialPattern, without_plus

# Those of Iran, and those that most telephones of the world connect.
EMERGENCY_NUMBERS: Final = ("110", "112", "115", "125", "911", "999")
DEFAULT_CALLS_PER_MINUTE: Final = 30
DEFAULT_CALLS_AT_ONCE: Final = 10
# As long as a telephone rings where nobody says otherwise.
DEFAULT_REPEAT_SECONDS: Final = 30

# Where a country has no national prefix, what is shorter is an extension.
_SHORTEST_AT_HOME: Final = 7
_MINUTE: Final = 60.0


class Rule(StrEnum):
    """What can stand against a number."""

    DENIED = "denied"
    NOT_ALLOWED = "not_allowed"
    EMERGENCY = "emergency"


class CallRefusedError(Exception):
    """A call may not be placed."""


class NumberNotAllowedError(CallRefusedError):
    """A number may not be called.

    `patterns` has what the rule consists of: the pattern that denies the number, all
    that would allow it, or the emergency number. `spares_extensions` tells that the
    rule would not stand against an extension of the PBX.
    """

    def __init__(
        self,
        number: str,
        rule: Rule,
        patterns: Collection[str],
        *,
        spares_extensions: bool,
    ) -> None:
        """Say which number it is, and what stands against it."""
        super().__init__(rule)
        self.number = number
        self.rule = rule
        self.patterns = patterns
        self.spares_extensions = spares_extensions


class SameNumberError(CallRefusedError):
    """Caller and callee are the same telephone."""


class RateLimitedError(CallRefusedError):
    """Too many calls were placed in the last minute, or are in progress."""

    def __init__(self, *, placed: int, in_progress: int) -> None:
        """Say how many there are."""
        super().__init__()
        self.placed = placed
        self.in_progress = in_progress


class RepeatedCallError(CallRefusedError):
    """The same call was placed a moment ago, and has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRules:
    """What may be dialled through a PBX.

    Where nothing is `allowed`, everything is that is not `denied`. `emergency` has the
    emergency numbers that may be called. A limit of 0 is none. The prefixes are those
    by which the numbers were brought into their national form.
    """

    denied: tuple[DialPattern, ...] = ()
    allowed: tuple[DialPattern, ...] = ()
    emergency: frozenset[str] = frozenset()
    calls_per_minute: int = DEFAULT_CALLS_PER_MINUTE
    calls_at_once: int = DEFAULT_CALLS_AT_ONCE
    repeat_seconds: int = DEFAULT_REPEAT_SECONDS
    country_prefix: str = ""
    national_prefix: str = ""


class CallInProgress(Protocol):
    """A call that has not ended, as far as is known; also one that may ring."""

    @property
    def caller(self) -> str:
        """The number that rings first."""

    @property
    def callee(self) -> str:
        """The number that is connected then."""

    @property
    def placed_at(self) -> float:
        """When it was placed, by the guard's clock."""


class DialGuard:
    """Watches over the calls of one PBX."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start with no calls; `now` tells the seconds on a clock that never goes back."""
        self._now = now
        self._placed: deque[float] = deque()

    def check(
        self,
        *,
        caller: str,
        callee: str,
        outside_caller: bool,
        rules: DialRules,
        is_extension: Callable[[str], bool],
        in_progress: Collection[CallInProgress],
        allow_repeat: bool,
    ) -> None:
        """Take the numbers of a call, cleaned and as they would be sent.

        Raises CallRefusedError.
        """
        if calls_itself(caller, callee):
            raise SameNumberError
        _check_callee(callee, rules, is_extension)
        if not is_extension(caller):
            _check_caller(caller, rules, outside=outside_caller)
        if not allow_repeat and self._is_repeated(
            (caller, callee), in_progress, rules.repeat_seconds
        ):
            raise RepeatedCallError
        self._check_rate(rules, len(in_progress))

    def count(self) -> None:
        """Take that a call is placed."""
        self._placed.append(self._now())

    def _is_repeated(
        self,
        numbers: tuple[str, str],
        in_progress: Collection[CallInProgress],
        seconds: int,
    ) -> bool:
        since = self._now() - seconds
        caller, callee = map(_as_compared, numbers)
        return any(
            call.placed_at > since
            and _as_compared(call.callee) == callee
            and _as_compared(call.caller) == caller
            for call in in_progress
        )

    def _check_rate(self, rules: DialRules, in_progress: int) -> None:
        a_minute_ago = self._now() - _MINUTE
        while self._placed and self._placed[0] <= a_minute_ago:
            self._placed.popleft()
        placed = len(self._placed)
        too_many = 0 < rules.calls_per_minute <= placed
        if too_many or 0 < rules.calls_at_once <= in_progress:
            raise RateLimitedError(placed=placed, in_progress=in_progress)


def calls_itself(caller: str, callee: str) -> bool:
    """Return whether a telephone would be connected to itself.

    Numbers are compared as they are dialled: whether one is the national form of another
    is known only where the country's prefix is set, and then they came in that form.
    """
    return _as_compared(caller) == _as_compared(callee)


def _as_compared(number: str) -> str:
    """Return a number without its spelling; a `#` at its end only ends it."""
    return without_plus(number).rstrip("#")


def _check_callee(
    number: str, rules: DialRules, is_extension: Callable[[str], bool]
) -> None:
    _check_denied(number, rules, spares_extensions=False)
    emergency = _emergency_number(number)
    if emergency and not is_extension(number):
        _check_emergency(number, emergency, rules)
    else:
        _check_allowed(number, rules, spares_extensions=False)


def _check_caller(number: str, rules: DialRules, *, outside: bool) -> None:
    """Check a caller who is not known to be an extension.

    Numbers that are allowed are meant for outside.
    """
    _check_denied(number, rules, spares_extensions=True)
    if emergency := _emergency_number(number):
        _check_emergency(number, emergency, rules)
    elif outside:
        _check_allowed(number, rules, spares_extensions=True)


def _check_denied(number: str, rules: DialRules, *, spares_extensions: bool) -> None:
    if not rules.denied:
        return
    spellings = _as_it_may_arrive(without_plus(number))
    for pattern in rules.denied:
        if any(_fits(pattern, spelling, rules) for spelling in spellings):
            raise NumberNotAllowedError(
                number,
                Rule.DENIED,
                [pattern.text],
                spares_extensions=spares_extensions,
            )


def _check_allowed(number: str, rules: DialRules, *, spares_extensions: bool) -> None:
    if not rules.allowed:
        return
    dialled = without_plus(number)
    if any(_fits(pattern, dialled, rules) for pattern in rules.allowed):
        return
    raise NumberNotAllowedError(
        number,
        Rule.NOT_ALLOWED,
        [pattern.text for pattern in rules.allowed],
        spares_extensions=spares_extensions,
    )


def _check_emergency(number: str, emergency: str, rules: DialRules) -> None:
    if emergency not in rules.emergency:
        raise NumberNotAllowedError(
            number, Rule.EMERGENCY, [emergency], spares_extensions=True
        )


def _emergency_number(number: str) -> str | None:
    """Return which emergency number this could reach, None where it is none.

    Zeros before it may be the way to an outside line, and `#` ends a number.
    """
    dialled = number.lstrip("+0").rstrip("#")
    return dialled if dialled in EMERGENCY_NUMBERS else None


def _as_it_may_arrive(number: str) -> set[str]:
    """Return a number with and without what may be dropped on the way.

    `#` ends a number, and a trunk that knows no `+` may leave it out.
    """
    spellings = {number}
    while number.endswith("#"):
        number = number.removesuffix("#")
        spellings.add(number)
    return spellings | {
        spelling[2:] for spelling in spellings if spelling.startswith("0000")
    }


def _fits(pattern: DialPattern, number: str, rules: DialRules) -> bool:
    """Tell whether a number is of a kind, however both name their country.

    Numbers were brought into their national form, so a pattern for those of the own
    country fits them by what they were, or could have been, before.
    """
    if pattern.matches(number):
        return True
    country = f"00{without_plus(rules.country_prefix).removeprefix('00')}"
    if country == "00" or not pattern.text.startswith(country):
        return False
    prefix = rules.national_prefix
    if number.startswith("00") or not number.startswith(prefix):
        return False
    at_home = number.removeprefix(prefix)
    if not prefix and len(at_home) < _SHORTEST_AT_HOME:
        return False
    return at_home[:1].isdigit() and pattern.matches(country + at_home)
