"""What was sent to the PBX, and comes back; and what it would like to have sent back."""

from base64 import b64decode
from collections.abc import Callable
from functools import partial
import html
import json
from urllib.parse import quote, quote_plus

from scripts.faulty.fault import Answers, Fault, Meaning
from scripts.faulty.pbx import Request, good_body

from .plays import body

_REFUSALS = {
    "200 OK": Meaning.REJECTED,
    "401 No": Meaning.UNAUTHORIZED,
    "501 No": Meaning.REJECTED,
}
# How the PBX may write the credentials that it repeats.
_SPELLINGS: dict[str, Callable[[str], str]] = {
    "as they are": str,
    "with single blanks": lambda text: " ".join(text.split()),
    "without blanks": lambda text: "".join(text.split()),
    "with a line for each word": lambda text: "\r\n".join(text.split()),
    "with direction marks": lambda text: "\u202e".join(text),
    "with half-spaces": lambda text: "\u200c".join(text),
    "with blanks between the letters": " ".join,
    "as in an address": quote,
    "as in a form": quote_plus,
    "with each byte as in an address": lambda text: "".join(
        f"%{byte:02x}" for byte in text.encode()
    ),
    "as in JSON": json.dumps,
    "with each letter as in JSON": lambda text: "".join(
        f"\\u{ord(letter):04x}" for letter in text
    ),
    "as in HTML": html.escape,
    "with each letter as in HTML": lambda text: "".join(
        f"&#{ord(letter)};" for letter in text
    ),
    "behind 190 letters": lambda text: "x" * 190 + text,
}
_COOKIES = {
    "one": "session=1",
    "one for all of the host": "session=1; Path=/",
    "one for a name": "session=1; Domain=127.0.0.1; Path=/",
    "one for ever": "session=1; Max-Age=999999999999; HttpOnly; SameSite=None",
    "one without measure": f"session={'x' * 4000}; Path=/",
    "broken ones": ";;;=\x01; session",
    "fifty": "\r\nSet-Cookie: ".join(f"s{number}=1; Path=/" for number in range(50)),
}


def echoes() -> list[Fault]:
    """Return replies that repeat the credentials, however they are written."""
    fault = partial(Fault, family="Credentials that come back")
    return [
        *(
            fault(
                name=f"{status}, the whole head",
                meaning=meaning,
                answers=_says(_head_of, status),
            )
            for status, meaning in _REFUSALS.items()
        ),
        *(
            fault(
                name=f"{status}, {name}",
                meaning=meaning,
                answers=_says(partial(_credentials_of, spell), status),
            )
            for name, spell in _SPELLINGS.items()
            for status, meaning in _REFUSALS.items()
        ),
    ]


def cookies() -> list[Fault]:
    """Return replies with cookies, which must not be sent back."""
    refusal = json.dumps({"success": 0, "message": "No", "data": None}).encode()
    fault = partial(Fault, family="Cookies")
    return [
        *(
            fault(
                name=name,
                meaning=Meaning.ACCEPTED,
                answers=body(good_body, headers=f"Set-Cookie: {value}"),
            )
            for name, value in _COOKIES.items()
        ),
        fault(
            name="with a refusal",
            meaning=Meaning.REJECTED,
            answers=body(refusal, headers="Set-Cookie: session=1"),
        ),
    ]


def _says(message: Callable[[Request], str], status: str) -> Answers:
    def refusal(request: Request) -> bytes:
        document = {"success": 0, "message": message(request), "data": None}
        return json.dumps(document).encode()

    return body(refusal, status=status)


def _head_of(request: Request) -> str:
    return request.head.decode("latin-1")


def _credentials_of(spell: Callable[[str], str], request: Request) -> str:
    """Return the key, the user name and the password, each in some spelling."""
    sent = dict(
        line.split(": ", 1) for line in _head_of(request).split("\r\n") if ": " in line
    )
    pair = b64decode(sent["Authorization"].removeprefix("Basic ")).decode()
    return f"Not {spell(pair.partition(':')[2])} {spell(sent['X-APIKEY'])}"
