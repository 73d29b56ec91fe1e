"""Patterns of telephone numbers, in the style of the PBX's dialplan."""

from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Final

from ..telephony.numbers import INVISIBLE_CHARACTERS, TO_ASCII_DIGITS

_LONGEST: Final = 64
_CLASSES: Final = {
    "X": "[0-9]",
    "Z": "[1-9]",
    "N": "[2-9]",
    ".": ".+",
    "!": ".*",
}
_PATTERN: Final = re.compile(
    r"(?:[0-9*#XZN]|\[(?:[0-9](?:-[0-9])?|[*#])+\])*[.!]?", re.ASCII
)
_PART: Final = re.compile(r"\[[^]]*\]|.")
# A hyphen is a range within brackets, and nothing elsewhere.
_IGNORED: Final = re.compile(rf"[\s()_{INVISIBLE_CHARACTERS}]|-(?![^\[]*\])")


class InvalidPatternError(ValueError):
    """A text is no pattern of telephone numbers."""


@dataclass(frozen=True, slots=True)
class DialPattern:
    """Telephone numbers of one kind.

    `X` is a digit, `Z` one from 1, `N` one from 2, `[15-7]` one of those; at the end,
    `.` is one or more of anything and `!` nothing or more. All else is itself.
    """

    text: str
    _expression: re.Pattern[str]

    def matches(self, number: str) -> bool:
        """Tell whether a number is of this kind, one `without_plus`."""
        return self._expression.fullmatch(number) is not None


@lru_cache(maxsize=1000)
def parse_pattern(text: str) -> DialPattern:
    """Read a pattern; case, blanks, hyphens and the script of digits do not matter.

    The PBX's documentation writes patterns without Asterisk's `_` at the beginning;
    with it they are taken as well.

    Raises InvalidPatternError.
    """
    if len(text) > _LONGEST:
        raise InvalidPatternError
    pattern = _IGNORED.sub("", text.translate(TO_ASCII_DIGITS)).upper()
    pattern = without_plus(pattern)
    if not pattern or not _PATTERN.fullmatch(pattern):
        raise InvalidPatternError
    parts = (_CLASSES.get(part, part) for part in _PART.findall(pattern))
    expression = "".join(re.escape(part) if part in "*#" else part for part in parts)
    try:
        return DialPattern(pattern, re.compile(expression))
    except re.PatternError as err:
        # A range that runs backwards.
        raise InvalidPatternError from err


def without_plus(number: str) -> str:
    """Return a number as rules see it: `00` in the place of a `+` at the beginning."""
    return f"00{number[1:]}" if number.startswith("+") else number
