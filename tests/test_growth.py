"""Whatever is read from outside takes time in proportion to its length.

The texts that could make a reader slow are not thought out but generated: something
before, something over and over again, something behind, each out of the pieces that mean
something to the reader.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
import json
from math import inf
from random import Random
from time import process_time

import pytest

from custom_components.pbx.assist.names import (
    LONGEST_NAME,
    bare_contact,
    bare_extension,
    called,
    plain_name,
    spoken_name,
)
from custom_components.pbx.assist.sentences import (
    LONGEST_SENTENCE,
    parts_in,
    requests_in,
)
from custom_components.pbx.dialing.pattern import InvalidPatternError, parse_pattern
from custom_components.pbx.simotel.address import parse_address
from custom_components.pbx.simotel.envelope import read_envelope
from custom_components.pbx.simotel.events import read_event
from custom_components.pbx.simotel.reports import is_older, read_rows
from custom_components.pbx.simotel.texts import read_message, read_number, read_text
from custom_components.pbx.telephony.errors import PbxError
from custom_components.pbx.telephony.numbers import (
    clean_caller_id,
    in_national_form,
    is_same_number,
)

LENGTHS = (8 * 1024, 64 * 1024)
# What it may take, with what a busy machine may add.
SECONDS = 0.05 * 3
# Twice the length may take twice the time. It would be four times for a quadratic reader,
# and there is a moment that every reading takes.
GROWTH = 3.0
MOMENT = 0.01
# All shapes are tried at this length, and those that take longest are looked at closely.
TRIED = 2 * 1024
LOOKED_AT = 12

SECRETS = ("k3y-k3y", "p4ss  word", "aaaa", "a+b%41", "dGVzdDpBYTEyMzQ1Ng==")
INVISIBLE = (" ", "\n", "\u200c", "\u202e", "\x00", "\ud800")
WORDS = ("a", "۹", "ب", "\u0301", "0", "+", "-", "ﷺ")
QUOTED = ("{", "}", "[", "]", '"', "'", "\\", '\\"', "\\'", ",", ":")
VALUES = ("0", "1.", "9e", "None", "True", "\\u00e9", "a", " ", "\n", "é")
ENCODED = (
    "%",
    "%41",
    "%2",
    "&",
    "&amp;",
    "&#",
    ";",
    "\\",
    "\\u0041",
    "\\u",
    "=",
    "k3y",
)
PATTERN = ("[", "]", "-", "X", ".", "!", "1", "[1-9]", "_", "*")
ADDRESS = ("http://", ":", "/", "@", "[", "]", ".", "a", "%41", "#", "?", "1", "é", "-")
SPOKEN = (
    *("call", "from", "to", "and", "the", "_", "ali", "phone", "please", "tell me"),
    *("از", "به", "با", "علی", "تماس", "بگیر", "وصل", "کن", "می", "و", "را"),
    *(" ", "\u200c", "'", ",", "1", "\u0301", "ﷺ"),
)
CONTACTS = ("Ali", "Aliali", "And", "علی", "علی‌رضا", "1 1")


def event(body: str) -> None:
    """Read a body that may be an event."""
    read_event(query={}, content_type="", body=body.encode(errors="surrogatepass"))


def query(text: str) -> None:
    """Read a query, as it is decoded, with a field of each kind."""
    fields = (
        "event_name",
        "number",
        "exten",
        "billsec",
        "state",
        "dialer",
        "unique_id",
    )
    for name in ("NewState", "IncomingCall", "Cdr", text):
        fields_of = dict.fromkeys(fields, text) | {"event_name": name}
        read_event(query=fields_of, content_type=text, body=b"")


def reply(body: str) -> None:
    """Read a reply of the PBX."""
    read_envelope(body.encode(errors="surrogatepass"))


def rows(text: str) -> None:
    """Read a page of the report with a text in it."""
    document = {"data": [{"cuid": text, "comment": text, "src": text, "billsec": text}]}
    (row,) = read_rows(json.loads(json.dumps(document)))
    is_older(row, f"orig.call.{text}.1")
    row.is_of(text)


def sentence(text: str) -> None:
    """Hear a sentence, and the most of it that is listened to."""
    for heard in (text, text[:LONGEST_SENTENCE]):
        requests_in(heard, CONTACTS)
        parts_in(heard, CONTACTS)


def name(text: str) -> None:
    """Look for somebody by a name, and by the most of it that is listened to.

    What is remembered of names is forgotten, so that they are read each time.
    """
    heard = text[:LONGEST_NAME]
    known = [(1, CONTACTS), (2, (f"ali{heard}", f"علی {heard}"))]
    for form in (plain_name, spoken_name, bare_contact, bare_extension):
        form.cache_clear()
        called(heard, known, form)
        called(text, known, form)


@dataclass(frozen=True)
class Reader:
    """Something that reads, and the pieces of which texts for it are made."""

    read: Callable[[str], object]
    pieces: tuple[str, ...]
    beginnings: tuple[str, ...] = ("",)

    def __call__(self, text: str) -> float:
        """Return the seconds that it takes to read a text, or to refuse it."""
        started = process_time()
        with suppress(PbxError, InvalidPatternError):
            self.read(text)
        return process_time() - started

    def shapes(self) -> Iterator[Callable[[int], str]]:
        """Yield texts of any length: all simple ones, and some of many others."""
        behind = ("", *self.pieces)
        for shape in product(self.beginnings, self.pieces, behind):
            yield shaped(*shape)
        random = Random(len(self.pieces))

        def some(least: int) -> str:
            return "".join(random.choices(self.pieces, k=random.randint(least, 4)))

        for _ in range(300):
            yield shaped(random.choice(self.beginnings) + some(0), some(1), some(0))


def shaped(before: str, again: str, behind: str) -> Callable[[int], str]:
    """Return how to make a text of about any length."""
    return lambda length: before + again * (length // len(again)) + behind


def in_proportion(reader: Reader, half: str, whole: str) -> bool:
    """Return whether a text takes no longer than it may, compared with its half.

    A busy machine adds to a reading, so a few more decide where the first is too slow.
    """
    best_half = best_whole = inf
    for _ in range(5):
        best_half = min(best_half, reader(half))
        best_whole = min(best_whole, reader(whole))
        if best_whole <= min(GROWTH * best_half + MOMENT, SECONDS):
            return True
    return False


READERS = {
    "event": Reader(event, (*QUOTED, *VALUES), ("{", '{"event_name":"Cdr","dst":')),
    "form": Reader(
        event, ("&", "=", "%", "%4", "+", ";", "a", "\x00", "é"), ("a=", "")
    ),
    "query": Reader(query, (*INVISIBLE, *WORDS)),
    "reply": Reader(reply, (*QUOTED, *VALUES), ("", '{"success":1,"data":')),
    "report": Reader(rows, (*WORDS, "1.", " ", "\u202e", "\n")),
    "text": Reader(read_text, (*INVISIBLE, *WORDS)),
    "number": Reader(read_number, (*INVISIBLE, *WORDS)),
    "caller ID": Reader(clean_caller_id, (*INVISIBLE, *WORDS)),
    "same number": Reader(lambda text: is_same_number(text, "+98" + text), WORDS),
    "national form": Reader(
        lambda text: in_national_form(text, country_prefix="+98", national_prefix="0"),
        (*WORDS, "+98", "98"),
    ),
    "message": Reader(
        lambda text: read_message(text, secrets=SECRETS), (*INVISIBLE, *ENCODED, "a")
    ),
    "pattern": Reader(parse_pattern, (*PATTERN, *INVISIBLE)),
    "number that is matched": Reader(
        lambda text: [
            parse_pattern(pattern).matches(text)
            for pattern in ("XZN.", "[1-9][*#]!", "0" * 63 + ".")
        ],
        (*WORDS, "\n", "*"),
    ),
    "sentence": Reader(sentence, SPOKEN, ("", "call ", "به علی ")),
    "name": Reader(name, SPOKEN),
    "address": Reader(parse_address, (*ADDRESS, *INVISIBLE)),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_twice_the_length_takes_about_twice_the_time(reader: Reader) -> None:
    """Of the shapes that take longest, and 64 KiB of them are read at once."""
    shapes = sorted(reader.shapes(), key=lambda shape: -reader(shape(TRIED)))
    # Those of a slow reader show with short texts already, before it takes minutes.
    for length, shape in product(LENGTHS, shapes[:LOOKED_AT]):
        assert in_proportion(reader, shape(length // 2), shape(length)), ascii(
            shape(20)
        )
