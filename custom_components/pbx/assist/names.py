"""Comparing names of people and places, however they are typed or spoken.

Pure: nothing of Home Assistant is known here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Final
import unicodedata

from ..telephony.numbers import INVISIBLE_CHARACTERS, TO_ASCII_DIGITS

# Nobody's name is longer: it is read no further, however much was said.
LONGEST_NAME: Final = 256

_HALF_SPACE: Final = "\u200c"
_APOSTROPHES: Final = "'`’ʼ"
_LENGTHENING_LINE: Final = "\u0640"
# Arabic keyboards type some letters of Persian by others that look the same, and not
# everybody sets what stands above a letter.
_TO_PLAIN: Final = TO_ASCII_DIGITS | str.maketrans(
    "يىكةآأإٱۀؤئ",
    "ییکهااااهوی",
    f"ء{_LENGTHENING_LINE}",
)

# What is said around and in a name, and may be part of it or not.
_ARTICLES: Final = ("the", "my")
CONJUNCTIONS: Final = ("and", "و")
_AROUND_EXTENSION: Final = re.compile(
    r"^(?:(?:the|my) )?(?:(?:phone|extension) )?(?:in )?(?:the )?(?=.)"
    r"|(?<=.) (?:phone|extension)$"
    r"|^(?:تلفن|گوشی|داخلی|شماره)(?: ?ی)? (?=.)"
)

# As many names as a large company has, with their other names.
_cached: Final = lru_cache(maxsize=2**14)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in their plain form, with one blank between them.

    `places` tells for each of their characters where it stands in `source`.
    """

    text: str
    source: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """Return how a part of the words was written."""
        return self.source[self.places[start] : self.places[end - 1] + 1]


def words_in(text: str) -> Words:
    """Return the words of a text.

    Punctuation stands between words, and so does a half-space; apostrophes and what
    nobody sees are left out.
    """
    source = unicodedata.normalize("NFKC", text)
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(source):
        if character in _APOSTROPHES:
            continue
        for plain in _plain(character):
            if plain.isalnum() or unicodedata.category(plain) == "Mc":
                characters.append(plain)
                places.append(place)
            elif (
                characters
                and characters[-1] != " "
                and (plain == _HALF_SPACE or plain.isspace() or not _is_unseen(plain))
            ):
                characters.append(" ")
                places.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        places.pop()
    return Words("".join(characters), source, tuple(places))


@_cached
def plain_name(name: str) -> str:
    """Return a name in the form in which all its spellings are the same.

    Digits are ASCII, Arabic letters Persian; case, marks above and below letters,
    blanks and half-spaces make no difference, since whoever types or writes down what
    was spoken sets them as he likes.
    """
    return "".join(
        plain
        for character in unicodedata.normalize("NFKC", name)
        for plain in _plain(character)
        if not plain.isspace() and not _is_unseen(plain)
    )


@_cached
def spoken_name(name: str) -> str:
    """Return what is spoken of a name: its letters and digits alone."""
    return words_in(name).text.replace(" ", "")


@_cached
def bare_contact(name: str) -> str:
    """Return what is spoken of somebody's name without "the", "my" and "and"."""
    words = words_in(name).text.split()
    if len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    return "".join(word for word in words if word not in CONJUNCTIONS)


@_cached
def bare_extension(name: str) -> str:
    """Return what is spoken of a telephone's name without words for a telephone."""
    return _AROUND_EXTENSION.sub("", words_in(name).text).replace(" ", "")


def called[T](
    name: str, known: Iterable[tuple[T, tuple[str, ...]]], bare: Callable[[str], str]
) -> list[T]:
    """Return all that has a name: several where it is not certain what is meant.

    A name that is exactly so wins over one that is so apart from punctuation, and that
    one over what is so in its bare form.
    """
    if len(name) > LONGEST_NAME:
        return []
    known = list(known)
    for form in (plain_name, spoken_name, bare):
        wanted = form(name)
        if wanted and (
            found := [item for item, names in known if wanted in map(form, names)]
        ):
            return found
    return []


def _plain(character: str) -> Iterator[str]:
    """Yield a character in its plain form, nothing for a mark that is no letter."""
    for plain in character.casefold().translate(_TO_PLAIN):
        if unicodedata.category(plain) != "Mn":
            yield plain


def _is_unseen(character: str) -> bool:
    return character in INVISIBLE_CHARACTERS or unicodedata.category(character) in {
        "Cc",
        "Cf",
    }
