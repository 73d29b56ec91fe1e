"""Comparing names of people and places, however they are typed or spoken.

Pure: nothing of Home Assistant is known here.
"""

import unicodedata

from .simotel.numbers import INVISIBLE_CHARACTERS, TO_ASCII_DIGITS

# Arabic keyboards type some letters of Persian by others that look the same.
_TO_PERSIAN_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا", "ـ": None}
)


def plain_name(name: str) -> str:
    """Return a name in the form in which all its spellings are the same.

    Digits are ASCII, Arabic letters Persian; case, marks above and below letters,
    blanks and half-spaces make no difference, since whoever types or writes down what
    was spoken sets them as he likes.
    """
    text = unicodedata.normalize("NFKC", name).translate(_TO_PERSIAN_LETTERS)
    return "".join(
        character
        for character in text.translate(TO_ASCII_DIGITS).casefold()
        if not character.isspace()
        and character not in INVISIBLE_CHARACTERS
        and unicodedata.category(character) not in {"Mn", "Cc", "Cf"}
    )
