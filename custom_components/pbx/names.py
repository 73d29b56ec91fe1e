"""Comparing names of people and places, however they are typed or spoken.

Pure: nothing of Home Assistant is known here.
"""

from typing import Final
import unicodedata

from .simotel.numbers import INVISIBLE_CHARACTERS, TO_ASCII_DIGITS

# Arabic keyboards type some letters of Persian by others that look the same.
_TO_PERSIAN: Final = TO_ASCII_DIGITS | str.maketrans("يىكة", "ییکه")
# Not everybody sets what stands above a letter.
_TO_PLAIN: Final = str.maketrans("آأإٱۀؤئ", "ااااهوی")


def plain_name(name: str) -> str:
    """Return a name in the form in which all its spellings are the same.

    Digits are ASCII, Arabic letters Persian; case, marks above and below letters,
    blanks and half-spaces make no difference, since whoever types or writes down what
    was spoken sets them as he likes.
    """
    return "".join(
        character
        for character in plain_letters(name).casefold()
        if not character.isspace()
        and character not in INVISIBLE_CHARACTERS
        and unicodedata.category(character) not in {"Cc", "Cf"}
    )


def plain_letters(name: str) -> str:
    """Return a name in Persian letters with nothing above them, and ASCII digits."""
    return persian_letters(name).translate(_TO_PLAIN)


def persian_letters(name: str) -> str:
    """Return a name with Persian letters in place of Arabic ones, and ASCII digits.

    Marks that are no part of a letter, and lines that lengthen one, are left out.
    """
    return "".join(
        character
        for character in unicodedata.normalize("NFKC", name).translate(_TO_PERSIAN)
        if unicodedata.category(character) != "Mn" and character != "\u0640"
    )
