"""JSON of every shape, in each field of the documented envelope."""

from functools import partial
import json
from typing import Any

from scripts.faulty.fault import Answers, Fault, Meaning
from scripts.faulty.pbx import Request

from .plays import body

_FAMILY = "JSON of every shape"
_ID = '"IDENTIFIER"'

# A value as it is written, and whether the documents let it say yes or no.
_VERDICTS: dict[str, bool | None] = {
    "1": True,
    "0": False,
    "true": True,
    "false": False,
    "1.0": True,
    "0.0": False,
    "-0": False,
    '"1"': True,
    '"0"': False,
    '"true"': True,
    '"FALSE"': False,
    "null": None,
    '""': None,
    '"yes"': None,
    '"١"': None,
    "2": None,
    "-1": None,
    "0.5": None,
    "1e400": None,
    "NaN": None,
    "Infinity": None,
    "-Infinity": None,
    "[]": None,
    "[1]": None,
    "{}": None,
    '{"success": 1}': None,
    "1" * 4000: None,
}
_ANYTHING = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "NaN",
    '""',
    '"text"',
    '"\\u202e\\u0000\\ud800"',
    '"' + "x" * 20_000 + '"',
    "[]",
    "[null]",
    "{}",
    "[" * 200 + "]" * 200,
    "9" * 4000,
)
# An id that is none; texts and whole numbers that are not negative are ids.
_NO_IDS = (
    "null",
    "true",
    "-1",
    "1.5",
    "NaN",
    '""',
    '"  "',
    '"a\\nb"',
    '"\\u0000"',
    '"\\ud800"',
    '"' + "x" * 1000 + '"',
    "[]",
    '["a"]',
    "{}",
    '{"id": 1}',
    "9" * 4000,
)
_NO_ENVELOPES = {
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a text": b'"success"',
    "a list": b"[]",
    "a list of envelopes": b'[{"success": 1}]',
    "an empty object": b"{}",
    "half of an object": b'{"success": 1, "da',
    "two documents": b'{"success": 1}{"success": 1}',
    "a comment": b'/* yes */ {"success": 1}',
    "single quotes": b"{'success': 1}",
    "a comma too many": b'{"success": 1,}',
    "lists 50,000 deep": b"[" * 50_000,
    "objects 10,000 deep": b'{"a":' * 10_000,
    "objects 5,000 deep, closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "no JSON but XML": b"<?xml version='1.0'?><success>1</success>",
    "no JSON but a form": b"success=1&originated_call_id=5",
    "no JSON but PHP": b"<b>Fatal error</b>: Uncaught Error in <b>index.php</b>",
    "bytes that are no UTF-8": b"\xff\xfe\xfd" * 100,
    "a number of 5,000 digits": b'{"success": ' + b"1" * 5_000 + b"}",
    "70,000 blanks": b'{"success": 1' + b" " * 70_000 + b"}",
    "another case": b'{"Success": 1, "Data": {"originated_call_id": "1"}}',
}
_WHOLE = '{"success": 1, "message": null, "data": {"originated_call_id": "IDENTIFIER"}}'
_SPELT = {
    "a byte order mark": ("utf-8-sig", Meaning.ACCEPTED),
    "UTF-16": ("utf-16", Meaning.UNDOCUMENTED),
    "UTF-32": ("utf-32", Meaning.UNDOCUMENTED),
}
_REPEATED = {
    "the verdict twice, last yes": (
        '{"success": 0, "success": 1, "data": {"originated_call_id": "IDENTIFIER"}}',
        Meaning.ACCEPTED,
    ),
    "the data twice, last none": (
        '{"success": 1, "data": {"originated_call_id": "IDENTIFIER"}, "data": null}',
        Meaning.UNDOCUMENTED,
    ),
    "a hundred fields more": (
        "{"
        + ",".join(f'"field{number}": {number}' for number in range(100))
        + ","
        + _WHOLE[1:],
        Meaning.ACCEPTED,
    ),
}


def envelopes() -> list[Fault]:
    """Return every shape of JSON, and bodies that are none."""
    fault = partial(Fault, family=_FAMILY)
    without_id = partial(fault, meaning=Meaning.UNDOCUMENTED, ping=Meaning.ACCEPTED)
    return [
        *(
            fault(
                name=f"success is {_short(value)}",
                meaning=_MEANINGS[verdict],
                answers=_envelope(success=value),
            )
            for value, verdict in _VERDICTS.items()
        ),
        *(
            fault(
                name=f"accepted, message is {_short(value)}",
                meaning=Meaning.ACCEPTED,
                answers=_envelope(message=value),
            )
            for value in _ANYTHING
        ),
        *(
            fault(
                name=f"refused, message is {_short(value)}",
                meaning=Meaning.REJECTED,
                answers=_envelope(success="0", message=value),
            )
            for value in _ANYTHING
        ),
        *(
            without_id(name=f"data is {_short(value)}", answers=_envelope(data=value))
            for value in _ANYTHING
        ),
        *(
            without_id(
                name=f"the id is {_short(value)}",
                answers=_envelope(data=f'{{"originated_call_id": {value}}}'),
            )
            for value in _NO_IDS
        ),
        *(
            fault(
                name=f"the body is {name}",
                meaning=Meaning.UNDOCUMENTED,
                ping=_of_ping(content),
                answers=body(content),
            )
            for name, content in _NO_ENVELOPES.items()
        ),
        *(
            fault(name=name, meaning=meaning, answers=_spelt(_WHOLE, encoding))
            for name, (encoding, meaning) in _SPELT.items()
        ),
        *(
            fault(
                name=name,
                meaning=meaning,
                ping=Meaning.ACCEPTED,
                answers=_spelt(text, "utf-8"),
            )
            for name, (text, meaning) in _REPEATED.items()
        ),
    ]


_MEANINGS = {
    True: Meaning.ACCEPTED,
    False: Meaning.REJECTED,
    None: Meaning.UNDOCUMENTED,
}


def _short(value: str) -> str:
    return value if len(value) <= 24 else f"{value[:10]}... ({len(value)} characters)"


def _of_ping(content: bytes) -> Meaning:
    """Return what it means for a ping, which needs no more than a verdict."""
    try:
        document: Any = json.loads(content)
    except ValueError, RecursionError:
        return Meaning.UNDOCUMENTED
    accepted = isinstance(document, dict) and document.get("success") == 1
    too_long = len(content) > 65_536
    return Meaning.ACCEPTED if accepted and not too_long else Meaning.UNDOCUMENTED


def _envelope(
    *,
    success: str = "1",
    message: str = "null",
    data: str = f'{{"originated_call_id": {_ID}}}',
) -> Answers:
    return _spelt(
        f'{{"success": {success}, "message": {message}, "data": {data}}}', "utf-8"
    )


def _spelt(text: str, encoding: str) -> Answers:
    def whole(request: Request) -> bytes:
        return text.replace("IDENTIFIER", request.call_id).encode(encoding)

    return body(whole)
