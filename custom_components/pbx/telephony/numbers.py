"""Cleaning telephone numbers and other texts before they reach a PBX."""

import re
import unicodedata

from .errors import InvalidNumberError, InvalidTextError

_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC_INDIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_ASCII_DIGITS = "0123456789"

TO_ASCII_DIGITS = str.maketrans(
    _PERSIAN_DIGITS + _ARABIC_INDIC_DIGITS, _ASCII_DIGITS * 2
)

# Direction marks, zero-width characters and soft hyphens: nobody sees them, and copying
# a number out of a Persian page or a chat brings them along.
INVISIBLE_CHARACTERS = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)

_REMOVED_FROM_NUMBERS = frozenset("-_()\t" + INVISIBLE_CHARACTERS)
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}", re.ASCII)
_LONGEST_INTEGER = 10**32
_LONGEST_INPUT = 256
_LONGEST_TEXT = 128

# The shortest numbers of whole countries have 7 digits, and 10 with the prefix of the
# country. What is shorter is an extension, or a number within a town.
_SHORTEST_NATIONAL = 7
_SHORTEST_INTERNATIONAL = 10
# Some write the national prefix behind that of the country, as in `+98 (0) 912`.
_COUNTRY_PREFIX = re.compile(r"[1-9][0-9]{0,2}0?", re.ASCII)


def clean_number(value: object) -> str:
    """Return a telephone number as the PBX takes it: `+` at most, digits, `*`, `#`.

    Accepts text and integers. Persian and Arabic-Indic digits become ASCII; blanks,
    `-`, `_`, brackets and invisible characters are removed.

    Raises InvalidNumberError for anything else, floats, booleans and lists included: a
    number that went through a calculation is not the number that somebody wrote.
    """
    if isinstance(value, bool):
        raise InvalidNumberError
    if isinstance(value, int):
        if not 0 <= value < _LONGEST_INTEGER:
            raise InvalidNumberError
        return str(value)
    if not isinstance(value, str) or len(value) > _LONGEST_INPUT:
        raise InvalidNumberError
    if _NUMBER.fullmatch(value):
        return value
    number = "".join(
        character
        for character in value.strip().translate(TO_ASCII_DIGITS)
        if character not in _REMOVED_FROM_NUMBERS
        and unicodedata.category(character) != "Zs"
    )
    if not _NUMBER.fullmatch(number):
        raise InvalidNumberError
    return number


def in_national_form(number: str, *, country_prefix: str, national_prefix: str) -> str:
    """Return a cleaned number without the prefix of its own country.

    With `+98` and `0`, `+98912...` and `0098912...` become `0912...`: a PBX bars both
    `+` and `00` as it is delivered. Other numbers stay, and all where the country's
    prefix is empty.
    """
    country = country_prefix.removeprefix("+").removeprefix("00")
    if not country:
        return number
    for international in ("+", "00"):
        beginning = international + country
        if number.startswith(beginning) and number != beginning:
            return national_prefix + number.removeprefix(beginning)
    return number


def is_same_number(first: str, second: str) -> bool:
    """Return whether two spellings are of one telephone number.

    `09123450001`, `9123450001`, `989123450001`, `+98912...` and `0098912...` are, in
    Persian digits too; the country need not be known. Short numbers, such as those of
    extensions, and those with `*` or `#` are one only where they are written alike.
    Texts that are no numbers are compared as they stand, and nothing equals no text.
    """
    try:
        first, second = clean_number(first), clean_number(second)
    except InvalidNumberError:
        return first == second != ""
    if first == second:
        return True
    if not (first.lstrip("+") + second.lstrip("+")).isdecimal():
        return False
    shorter, longer = sorted((first, second), key=lambda number: len(_digits(number)))
    short, long = _digits(shorter), _digits(longer)
    if len(short) < _SHORTEST_NATIONAL:
        return False
    if short == long:
        return True
    # The prefix of a country is neither missing from the one nor part of the other.
    if _is_international(shorter) or _is_national(longer):
        return False
    prefix = long.removesuffix(short)
    return (
        len(long) >= _SHORTEST_INTERNATIONAL
        and prefix != long
        and _COUNTRY_PREFIX.fullmatch(prefix) is not None
    )


def _digits(number: str) -> str:
    """Return the digits of a cleaned number without what leads out of a country."""
    return number.lstrip("+0")


def _is_international(number: str) -> bool:
    return number.startswith(("+", "00"))


def _is_national(number: str) -> bool:
    return number.startswith("0") and not _is_international(number)


def clean_text(value: object) -> str:
    """Return a name, such as that of a context or a trunk, as the PBX takes it.

    Accepts text and integers, at most 128 characters; blanks and invisible characters
    at both ends are removed.

    Raises InvalidTextError for anything else and for control characters: the PBX hands
    these values to Asterisk, where the end of a line begins the next instruction.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidTextError
    if isinstance(value, int) and not 0 <= value < _LONGEST_INTEGER:
        raise InvalidTextError
    text = str(value).strip().strip(INVISIBLE_CHARACTERS).strip()
    if len(text) > _LONGEST_TEXT:
        raise InvalidTextError
    # What can be printed has no such characters; most texts are told apart at once.
    if not text.isprintable() and any(map(_breaks_lines, text)):
        raise InvalidTextError
    return text


def clean_caller_id(value: object) -> str:
    """Return a caller ID: a number is cleaned as one, any other text as a name.

    The PBX takes both, a number or a text such as `masking`. Nothing stays nothing.

    Raises InvalidTextError as clean_text does.
    """
    if value == "":
        return ""
    try:
        return clean_number(value)
    except InvalidNumberError:
        return clean_text(value)


def _breaks_lines(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
