"""Patterns of telephone numbers, as an Outgoing Route of the PBX spells them."""

from functools import lru_cache
import re

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
_TOKEN = re.compile(r"\[[0-9-]+\]|.", re.DOTALL)


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    tokens: list[str] = _TOKEN.findall(pattern)
    return re.compile(
        "".join(
            token
            if token.startswith("[") and len(token) > 1
            else _CLASSES.get(token, re.escape(token))
            for token in tokens
        ),
        re.DOTALL,
    )


def fits(number: str, pattern: str) -> bool:
    """Return whether a number fits a pattern.

    X is a digit, Z one from 1, N one from 2, [..] one of those listed, `.` one
    character or more, `!` any number of them, everything else itself.
    """
    return _expression(pattern).fullmatch(number) is not None


def is_pattern(text: str) -> bool:
    """Return whether a text can be used as a pattern."""
    try:
        _expression(text)
    except re.error:
        return False
    return text != ""
