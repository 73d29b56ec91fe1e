"""Texts of the PBX, made fit to be kept, shown and logged.

Whatever comes from outside is read by these functions before anything else sees it.
Both look at a bounded part of a text only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
import html
import json
import re
from typing import Final
import unicodedata
from urllib.parse import unquote

from ..telephony.errors import InvalidNumberError
from ..telephony.numbers import clean_number

# As long as the state of an entity may be.
LONGEST_TEXT: Final = 255

# Stands where a secret would.
MASK: Final = "***"

# Of a text that is mostly invisible, no more than this is looked at.
_MOST_CHARACTERS = 4 * LONGEST_TEXT
# Controls, direction marks and other invisible characters, halves of surrogate pairs and
# what ends a line.
_LEFT_OUT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Invisible as well, but Persian words are not spelt without it.
_HALF_SPACE = "\u200c"

_LONGEST_MESSAGE = 200
# Behind what may be shown, the rest of a secret that begins in it is looked for.
_LOOKED_THROUGH = 4 * _MOST_CHARACTERS
_BLANKS = re.compile(r"\s+")
# Characters as they may be written: in an address, in JSON or Python, in HTML, or bare.
_WRITTEN = re.compile(
    r"(?:%[0-9A-Fa-f]{2})++|(?:\\u[0-9A-Fa-f]{4})++|\\.|&#?[0-9A-Za-z]{1,8};|.",
    re.DOTALL,
)
_BARE = re.compile(r".", re.DOTALL)


def read_text(value: object) -> str:
    """Read a text, as far as the state of an entity can hold and show it.

    Absent, null and the word None are all empty.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    text = value[:_MOST_CHARACTERS].strip()
    # What can be printed has no such characters; most texts are told apart at once.
    if not text.isprintable():
        visible = "".join(
            character
            for character in text
            if character == _HALF_SPACE
            or unicodedata.category(character) not in _LEFT_OUT
        )
        text = visible.strip().strip(_HALF_SPACE).strip()
    text = text[:LONGEST_TEXT].rstrip()
    return "" if text == "None" else text


def read_number(value: object) -> str:
    """Read a telephone number in its one form; a text that is no number stays."""
    text = read_text(value)
    try:
        return clean_number(text)
    except InvalidNumberError:
        return text


def read_message(text: str, *, secrets: Iterable[str]) -> str:
    """Make a sentence of the PBX one short line without our secrets.

    Secrets are found in the text as it came, whatever the PBX has done to blanks in
    them, and also where it has encoded or escaped them.
    """
    shown = _BLANKS.sub(" ", _masked(text[:_LOOKED_THROUGH], secrets))
    return read_text(shown)[:_LONGEST_MESSAGE].rstrip()


@dataclass(slots=True)
class _Reading:
    """The characters of a text that can be seen, and where each of them is written."""

    characters: str = ""
    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def places_of(self, secret: str) -> Iterator[tuple[int, int]]:
        """Yield where in the text a secret begins and ends."""
        found = self.characters.find(secret)
        while found >= 0:
            end = found + len(secret)
            yield self.begins[found], self.ends[end - 1]
            found = self.characters.find(secret, end)


def _masked(text: str, secrets: Iterable[str]) -> str:
    """Return the beginning of a text with a mask where a secret stands in it."""
    sought = {
        _reading(secret, written).characters
        for secret in secrets
        for written in (_BARE, _WRITTEN)
    }
    places = sorted(
        place
        for written in (_BARE, _WRITTEN)
        for reading in (_reading(text, written),)
        for secret in sought - {""}
        for place in reading.places_of(secret)
    )
    pieces = []
    shown = 0
    for begin, end in places:
        if begin >= _MOST_CHARACTERS:
            break
        if begin >= shown:
            pieces += [text[shown:begin], MASK]
        shown = max(shown, end)
    pieces.append(text[shown:_MOST_CHARACTERS])
    return "".join(pieces)


def _reading(text: str, written: re.Pattern[str]) -> _Reading:
    """Read a text without what is invisible, and without `+`, which may be a blank."""
    reading = _Reading()
    characters = []
    for unit in written.finditer(text):
        for character in _decoded(unit[0]):
            if character == "+" or not character.isprintable() or character.isspace():
                continue
            characters.append(character)
            reading.begins.append(unit.start())
            reading.ends.append(unit.end())
    reading.characters = "".join(characters)
    return reading


def _decoded(unit: str) -> str:
    """Return the characters that are written in some way."""
    if len(unit) == 1:
        return unit
    if unit[0] == "%":
        return unquote(unit)
    if unit[0] == "&":
        return html.unescape(unit)
    if unit[1] == "u" and len(unit) > 2:
        return str(json.loads(f'"{unit}"'))
    # The end of a line and its like are blanks; anything else stands for itself.
    return "" if unit[1] in "bfnrt" else unit[1]
