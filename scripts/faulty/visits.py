"""What strangers and broken clients send to the webhook, as bytes."""

from collections.abc import Iterator
from compression import zstd
from dataclasses import dataclass
import gzip
from itertools import product
import json
from urllib.parse import quote
import zlib

from custom_components.pbx.simotel.events import DOCUMENTED_NAMES, LONGEST_EVENT

_EVENT = json.dumps(
    {"event_name": "IncomingCall", "number": "0912", "unique_id": "1.1"}
).encode()
_CHUNKED = "Transfer-Encoding: chunked"
_BOMB = b"a" * 20_000_000

REFUSED = frozenset({400})
TOO_LARGE = frozenset({413})
TOO_SLOW = frozenset({408})
NOT_ALLOWED = frozenset({405})
TAKEN = frozenset({200})
NOT_FOUND = frozenset({404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One connection to the webhook.

    `data` is sent at once, then `more` again and again, with so many seconds between.
    One of `statuses` is the answer; where there are none, none comes. With
    `unanswered`, the connection may be closed without one as well. None of them brings an
    event.
    """

    family: str
    name: str
    data: bytes
    statuses: frozenset[int]
    more: bytes = b""
    seconds: float = 0.0
    unanswered: bool = False
    leaves: bool = False


def request(
    path: str,
    body: bytes = b"",
    *,
    headers: tuple[str, ...] = (),
    method: str = "POST",
    length: int | None = -1,
    version: str = "HTTP/1.1",
) -> bytes:
    """Return a request; a `length` of -1 is the right one, None names none."""
    lines = [f"{method} {path} {version}", "Host: bench", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def slow_and_broken(path: str) -> Iterator[Visit]:
    """Return bodies that do not come, do not end, or are not what they are called."""
    family = "Webhook: slow, endless, broken"

    def visit(
        name: str,
        data: bytes,
        statuses: frozenset[int],
        *,
        more: bytes = b"",
        seconds: float = 0.0,
        unanswered: bool = False,
        leaves: bool = False,
    ) -> Visit:
        return Visit(
            family=family,
            name=name,
            data=data,
            statuses=statuses,
            more=more,
            seconds=seconds,
            unanswered=unanswered,
            leaves=leaves,
        )

    def chunked(*headers: str) -> bytes:
        return request(path, headers=(_CHUNKED, *headers), length=None)

    nothing: frozenset[int] = frozenset()
    yield visit("a connection that says nothing", b"", nothing)
    yield visit("half of a first line", b"POST /api", nothing)
    yield visit(
        "headers without end, slowly",
        f"POST {path} HTTP/1.1\r\n".encode(),
        nothing,
        more=b"X-More: 1\r\n",
        seconds=0.3,
    )
    yield visit(
        "headers without end, fast",
        f"POST {path} HTTP/1.1\r\n".encode(),
        REFUSED,
        more=b"X-More: 1\r\n" * 1000,
    )
    yield visit("a body that does not come", request(path, length=50), TOO_SLOW)
    yield visit("half a body", request(path, _EVENT[:9], length=50), TOO_SLOW)
    yield visit(
        "a body a byte at a time",
        request(path, length=5000),
        TOO_SLOW,
        more=b" ",
        seconds=0.1,
    )
    yield visit(
        "what is no event, a little at a time",
        request(path, b"[]", length=22),
        REFUSED,
        more=b" ",
        seconds=0.05,
    )
    yield visit(
        "a text without end, a little at a time",
        request(path, b'{"', length=60_002),
        REFUSED,
        more=b'\\"' * 1500,
        seconds=0.05,
    )
    yield visit(
        "64 KiB, in pieces of 512 bytes",
        request(path, b'{"', length=65_026),
        REFUSED,
        more=b'\\"' * 256,
        seconds=0.005,
    )
    yield visit("chunks that do not come", chunked(), TOO_SLOW)
    yield visit(
        "a body without end", request(path, length=10**13), TOO_LARGE, more=b"a" * 65536
    )
    yield visit(
        "chunks without end",
        chunked(),
        TOO_LARGE,
        more=b"10000\r\n" + b"a" * 65536 + b"\r\n",
    )
    yield visit("65,537 bytes", request(path, b"a" * 65_537), TOO_LARGE)
    yield visit("leaves in the first line", b"POST /a", nothing, leaves=True)
    yield visit("leaves in the headers", request(path)[:60], nothing, leaves=True)
    yield visit(
        "leaves in the body", request(path, b"{", length=50), nothing, leaves=True
    )
    for name, pack in (
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstd.compress),
    ):
        label = (f"Content-Encoding: {name}",)
        yield visit(
            f"a bomb in {name}", request(path, pack(_BOMB), headers=label), TOO_LARGE
        )
        yield visit(
            f"{name} that is none", request(path, _EVENT, headers=label), REFUSED
        )
        yield visit(
            f"{name} that breaks off",
            request(path, pack(_EVENT)[:-20], headers=label),
            REFUSED,
        )
    yield visit(
        "br, which is not to be had",
        request(path, _EVENT, headers=("Content-Encoding: br",)),
        REFUSED,
    )
    for name, chunks in {
        "a chunk's size is no number": b"zz\r\n{}\r\n",
        "a chunk's size is negative": b"-1\r\n{}\r\n",
        "a chunk's size is endless": b"f" * 5000 + b"\r\n",
        "a chunk without its end": b"2\r\n{}0\r\n\r\n",
        "trailers without measure": b"0\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",
    }.items():
        yield visit(name, chunked() + chunks, REFUSED, unanswered=True)
    for name, headers in {
        "two lengths": ("Content-Length: 5", "Content-Length: 500"),
        "length and chunks": ("Content-Length: 5", _CHUNKED),
        "a negative length": ("Content-Length: -1",),
        "a length that is no number": ("Content-Length: many",),
        "chunks, twice": (_CHUNKED, _CHUNKED),
        "a transfer that nobody knows": ("Transfer-Encoding: nonsense",),
    }.items():
        yield visit(name, request(path, _EVENT, headers=headers, length=None), REFUSED)


def strange_requests(path: str) -> Iterator[Visit]:
    """Return methods that are not taken, and heads without measure."""
    family = "Webhook: methods and headers"

    def visit(name: str, data: bytes, statuses: frozenset[int]) -> Visit:
        return Visit(family=family, name=name, data=data, statuses=statuses)

    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "post"):
        data = request(path, _EVENT, method=method)
        yield visit(method, data, NOT_ALLOWED | REFUSED)
    for method in ("OPTIONS", "HEAD", "CONNECT"):
        data = request(path, method=method)
        yield visit(method, data, frozenset({200, 400, 403, 404, 405}))
    yield visit(
        "a method of 10,000 letters", request(path, method="A" * 10_000), REFUSED
    )
    for name, where in {
        "a slash too many": f"{path}/",
        "the event in the path": f"{path}/Cdr",
        "a folder above": "/api/webhook/../webhook/x",
        "no address at all": "/api/webhook/",
    }.items():
        yield visit(name, request(where, _EVENT), NOT_FOUND | TAKEN | REFUSED)
    yield visit(
        "a path of 100,000 letters", request(path + "a" * 100_000, _EVENT), REFUSED
    )
    yield visit(
        "a query of 7,000 letters",
        request(f"{path}?{'a' * 7_000}", method="GET"),
        REFUSED,
    )
    yield visit(
        "a query of 2,000 fields",
        request(f"{path}?" + "&".join("a=1" for _ in range(2_000)), method="GET"),
        REFUSED,
    )
    for name, header in {
        "a header of 100,000 letters": "X-Long: " + "a" * 100_000,
        "a header's name of 100,000 letters": "a" * 100_000 + ": 1",
        "20,000 headers": "\r\n".join(f"X-{number}: 1" for number in range(20_000)),
        "a header without a colon": "nothing",
        "a header with a zero": "X-Zero: a\0b",
    }.items():
        yield visit(name, request(path, b"[]", headers=(header,)), REFUSED)
    for name, header in {
        "5,000 cookies": "Cookie: " + "; ".join(f"a{n}=1" for n in range(1_000)),
        "a broken cookie": "Cookie: \x01=\x02;;;=;",
        "a media type that is none": "Content-Type: \x7f;;;charset=nonsense",
        "UTF-7": "Content-Type: application/json; charset=utf-7",
        "a form in parts, without them": "Content-Type: multipart/form-data",
        "expects to go on": "Expect: 100-continue",
        "wants another protocol": "Connection: Upgrade\r\nUpgrade: websocket",
        "comes from elsewhere": "Origin: https://elsewhere.example",
        "comes through others": "X-Forwarded-For: 203.0.113.5, 203.0.113.6",
    }.items():
        answers = REFUSED | frozenset({100})
        yield visit(name, request(path, b"[]", headers=(header,)), answers)
    yield visit("HTTP/1.0", request(path, b"[]", version="HTTP/1.0"), REFUSED)
    yield visit("HTTP/3.7", request(path, b"[]", version="HTTP/3.7"), REFUSED)
    yield visit("no HTTP at all", b"\0\1\2\3" * 1000 + b"\r\n\r\n", REFUSED)
    yield visit("the greeting of TLS", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", REFUSED)
    yield visit("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED)
    yield visit("a hundred requests at once", request(path, b"[]") * 100, REFUSED)


def wrong_credentials(path: str, right: str) -> Iterator[Visit]:
    """Return requests to a webhook that asks for a user name and a password."""
    family = "Webhook: wrong credentials"
    unauthorized = frozenset({401})
    for name, value in {
        "none": None,
        "empty": "",
        "no pair": "Basic",
        "no base64": "Basic !!!",
        "half of the pair": f"Basic {right[: len(right) // 2]}",
        "a letter more": f"Basic {right}A",
        "another scheme": f"Bearer {right}",
        "no scheme": right,
        "another word": "Basic cGJ4OndvcmQ=",
        "the pair twice": f"Basic {right} {right}",
        "bytes that are no text": "Basic /////w==",
        "beyond ASCII": "Basic \xe9\xff",
        "100 times base64": "Basic " + right * 60,
    }.items():
        headers = () if value is None else (f"Authorization: {value}",)
        for what, body in (
            ("an event", _EVENT),
            ("no event", b"["),
            ("a lot", b"a" * 70_000),
        ):
            yield Visit(
                family=family,
                name=f"{name}, {what}",
                data=request(path, body, headers=headers),
                statuses=unauthorized,
            )
    yield Visit(
        family=family,
        name="in the query",
        data=request(f"{path}?username=pbx&password=word", _EVENT),
        statuses=unauthorized,
    )


def incomplete_events(path: str) -> Iterator[Visit]:
    """Return events that say nothing, which are answered and not heard."""
    whole = json.loads(_EVENT)
    for name, event in {
        **{f"{name} and no more": {"event_name": name} for name in _WITH_FIELDS},
        **{
            f"{name}, a level deeper": {"event_name": name, "data": _FIELDS_OF_ALL}
            for name in _WITH_FIELDS
        },
        "in a list": {"event_name": "IncomingCall", "data": [whole]},
        "as a text": {"event_name": "IncomingCall", "data": _EVENT.decode()},
        "a state without its extension": {"event_name": "NewState", "state": "Idle"},
        "an extension without its state": {"event_name": "NewState", "exten": "557"},
        "invisible numbers": {"event_name": "IncomingCall", "number": "\u202e\u200f"},
        "nothing but empty": {
            "event_name": "Cdr",
            "src": "",
            "dst": None,
            "cuid": "  ",
        },
    }.items():
        yield Visit(
            family="Webhook: events that say nothing",
            name=name,
            data=request(path, json.dumps(event).encode()),
            statuses=TAKEN,
        )
    for name, document in {
        "the whole event a level deeper": {"event": whole},
        "the whole event in its data": {"data": whole},
        "two events in one": {"events": [whole, whole]},
    }.items():
        yield Visit(
            family="Webhook: events that say nothing",
            name=name,
            data=request(path, json.dumps(document).encode()),
            statuses=REFUSED,
        )


# What an event without fields says, each as little as the others.
_WITH_FIELDS = tuple(name for name in DOCUMENTED_NAMES if name != "Ping")
_FIELDS_OF_ALL = {
    "exten": "557",
    "state": "InUse",
    "number": "0912",
    "unique_id": "1.1",
    "src": "0912",
    "dst": "557",
    "disposition": "ANSWERED",
    "trunk_name": "cisco",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a caller writes a number, which is read as `number`."""

    name: str
    number: str
    query: str = ""
    content_type: str = "application/json"
    body: bytes = b""
    method: str = "POST"


def writings() -> Iterator[Writing]:
    """Return events of incoming calls, each with the number that must be shown."""
    abroad, at_home = "+989123450001", "09123450001"
    fields = "event_name=IncomingCall&unique_id=8.8&number="
    form = "application/x-www-form-urlencoded"
    for name, sent, number in (
        ("a bare plus", abroad, abroad),
        ("a plus in percents", "%2B989123450001", abroad),
        ("a blank in percents", "%20989123450001", abroad),
        ("no plus", at_home, at_home),
        ("blanks as pluses", "0912+345+0001", at_home),
        ("Persian digits", quote("۰۹۱۲۳۴۵۰۰۰۱"), at_home),
    ):
        yield Writing(f"{name}, by GET", number, query=fields + sent, method="GET")
        yield Writing(f"{name}, in the query", number, query=fields + sent)
        yield Writing(
            f"{name}, in a form",
            number,
            body=(fields + sent).encode(),
            content_type=form,
        )
    for name, text in {
        "a plus": abroad,
        "Persian digits": "۰۹۱۲۳۴۵۰۰۰۱",
        "Arabic digits": "٠٩١٢٣٤٥٠٠٠١",
        "blanks and dashes": " 0912 345-00 01 ",
        "brackets": "(0912) 345 0001",
        "direction marks": "\u202a\u200e0912\u202c3450001\u200f",
        "blanks that are wide": "0912\u00a0345\u20090001",
    }.items():
        event = {"event_name": "IncomingCall", "unique_id": "8.8", "number": text}
        number = abroad if "+" in text else at_home
        yield Writing(f"{name}, in JSON", number, body=json.dumps(event).encode())


def costly_bodies() -> Iterator[tuple[str, bytes]]:
    """Return bodies of 64 KiB that may take long to read, each with a name."""
    pieces = {
        "quotation marks": b'\\"',
        "single ones": b"\\'",
        "backslashes": b"\\",
        "both kinds": b"\"'",
        "texts": b'"a",',
        "texts that begin": b'"a": "',
        "numbers": b"09",
        "half numbers": b"0.",
        "numbers apart": b"09 ",
        "words": b"None",
        "words apart": b"True,",
        "blanks": b" ",
        "ends of lines": b"\r\n",
        "half letters": b"\xd8",
        "escapes": b"\\u0",
        "percents": b"%41",
        "fields": b"a=1&",
    }
    for (name, again), (before, behind) in product(
        pieces.items(),
        (
            (b"{", b"\\"),
            (b"{'", b"\\"),
            (b'{"event_name": "Cdr", "dst": "', b'"}'),
            (b"{'event_name': 'Cdr', 'dst': 09", b"'}"),
            (b"event_name=Cdr&dst=", b"%"),
        ),
    ):
        room = LONGEST_EVENT - len(before) - len(behind)
        shown = before.decode()
        yield f"{name} behind {shown}", before + again * (room // len(again)) + behind


NAMES = (*DOCUMENTED_NAMES, "SomethingNew")
FIELDS = (
    "exten",
    "state",
    "participant",
    "direction",
    "queue",
    "number",
    "unique_id",
    "cuid",
    "originated_call_id",
    "entry_point",
    "outgoing_point",
    "src",
    "dst",
    "type",
    "disposition",
    "duration",
    "billsec",
    "wait",
    "record",
    "starttime",
    "endtime",
    "date",
    "trunk_name",
    "detail",
    "tries",
)
VALUES = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-1e999",
    "NaN",
    "9" * 4000,
    '""',
    '"   "',
    '"0912"',
    '"ANSWERED"',
    '"InUse"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e\\u2066"',
    '"<script>alert(1)</script>"',
    '"{{ states }}"',
    '"a\\r\\nb: c"',
    '"' + "x" * 20_000 + '"',
    '"' + "\\u202e0912" * 100 + '"',
    '"' + "۰۹۱۲ " * 100 + '"',
    "9" * 400,
    "9e99",
    '"' + "9" * 400 + '"',
    # The year 9999, the second after it, and what stands in a call's id.
    '"9999-12-31 23:59:59.999"',
    '"253402300799.1"',
    '"orig.call.253402300800.1"',
    '"' + "9" * 400 + '.1"',
    '"-62135596801.0"',
    "[]",
    '["557"]',
    "{}",
    '{"a": {"b": []}}',
)


def bodies() -> Iterator[tuple[bytes, frozenset[int]]]:
    """Return events with every shape of value in every field, and bodies of no event."""
    for name in NAMES:
        for value in VALUES:
            fields = "".join(f', "{field}": {value}' for field in FIELDS)
            yield (
                f'{{"event_name": "{name}"{fields}}}'.encode(),
                TAKEN | REFUSED | TOO_LARGE,
            )
    for name in ("NewState", "Cdr", "CdrQueue", "IncomingCall"):
        for field in FIELDS:
            for value in VALUES:
                yield (
                    f'{{"event_name": "{name}", "exten": "557", "state": "Idle", '
                    f'"{field}": {value}}}'.encode(),
                    TAKEN,
                )
    for value in VALUES:
        yield value.encode(), REFUSED
        yield f'{{"event_name": {value}}}'.encode(), REFUSED | TAKEN
        yield f'[{{"event_name": {value}}}]'.encode(), REFUSED
    for broken in (
        b"",
        b"{",
        b'{"event_name": "Cdr"',
        b"[" * 60_000,
        b'{"event_name":' * 4_000,
        b'{"event_name": "Cdr", "a": ' + b"[" * 1_000 + b"]" * 1_000 + b"}",
        _EVENT.decode().encode("utf-16"),
        _EVENT.decode().encode("utf-32"),
        b"\xff\xfe\xfd",
        b"event_name=",
        b"=" * 10_000,
        b"&" * 10_000,
        b"%" * 10_000,
        b"<event_name>Cdr</event_name>",
    ):
        yield broken, REFUSED | TAKEN
