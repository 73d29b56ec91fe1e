"""What strangers and broken clients send to the webhook, as bytes."""

from collections.abc import Iterator
from compression import zstd
from dataclasses import dataclass
import gzip
import json
import zlib

from custom_components.pbx.simotel.events import DOCUMENTED_NAMES

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
    `unanswered`, the connection may be closed without one as well. `events` is how many
    events it brings.
    """

    family: str
    name: str
    data: bytes
    statuses: frozenset[int]
    more: bytes = b""
    seconds: float = 0.0
    unanswered: bool = False
    leaves: bool = False
    events: int = 0


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

    def visit(
        name: str, data: bytes, statuses: frozenset[int], *, events: int = 0
    ) -> Visit:
        return Visit(
            family=family, name=name, data=data, statuses=statuses, events=events
        )

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
