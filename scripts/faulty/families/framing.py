"""Replies whose lengths are wrong, and HTTP as it should not be."""

from functools import partial

from scripts.faulty.fault import Fault, Meaning
from scripts.faulty.pbx import Request, good_body, good_reply
from tests.raw_server import http_reply

from .plays import good, reply, reply_and_hang

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def framing() -> list[Fault]:
    """Return lengths that are too long, too short, contradictory or no lengths."""
    fault = partial(Fault, family="Wrong lengths")
    unknown = partial(fault, meaning=Meaning.UNKNOWN)
    undocumented = partial(fault, meaning=Meaning.UNDOCUMENTED)
    accepted = partial(fault, meaning=Meaning.ACCEPTED)
    # What is left over makes the reply broken, or is not looked at.
    cut = frozenset({Meaning.UNDOCUMENTED})
    return [
        unknown(name="too long, then closed", answers=reply(_length(+5))),
        unknown(name="too long, then silence", answers=reply_and_hang(_length(+5))),
        unknown(name="too short", others=cut, answers=reply(_length(-5), keep=True)),
        unknown(
            name="0 with a body",
            others=cut,
            answers=reply(_length_of(b"0"), keep=True),
        ),
        unknown(name="negative", answers=reply(_length_of(b"-1"))),
        unknown(name="no number", answers=reply(_length_of(b"many"))),
        unknown(name="with a plus", answers=reply(_length_of(b"+100"))),
        unknown(name="hexadecimal", answers=reply(_length_of(b"0x10"))),
        unknown(name="of 5,000 digits", answers=reply(_length_of(b"9" * 5000))),
        unknown(name="empty", answers=reply(_length_of(b""))),
        unknown(name="two that differ", answers=reply(_two_lengths)),
        unknown(name="length and chunks", answers=reply(_length_and_chunks)),
        accepted(name="no length, closed at the end", answers=reply(_no_length)),
        unknown(
            name="no length, half, then silence", answers=reply_and_hang(_no_length)
        ),
        undocumented(name="no length, closed half-way", answers=reply(_half)),
        accepted(name="chunks of one byte", answers=reply(_chunks, keep=True)),
        unknown(
            name="a chunk's size is no number",
            answers=reply(_CHUNKED + b"zz\r\n{}\r\n"),
        ),
        unknown(
            name="a chunk's size is negative", answers=reply(_CHUNKED + b"-5\r\n{}\r\n")
        ),
        unknown(
            name="a chunk's size is endless",
            answers=reply(_CHUNKED + b"f" * 70_000 + b"\r\n"),
        ),
        unknown(
            name="a chunk without its end", answers=reply(_CHUNKED + b"2\r\n{}5\r\n")
        ),
        unknown(
            name="chunks that break off",
            answers=reply(lambda request: _chunks(request)[:-60]),
        ),
        unknown(
            name="the last chunk is missing",
            answers=reply(lambda request: _chunks(request)[:-5]),
        ),
        undocumented(name="no chunk at all", answers=reply(_CHUNKED + b"0\r\n\r\n")),
        undocumented(name="no body", answers=reply(http_reply(b""), keep=True)),
        undocumented(
            name="204", answers=reply(b"HTTP/1.1 204 No Content\r\n\r\n", keep=True)
        ),
        fault(
            name="a second reply that nobody asked for",
            meaning=Meaning.REJECTED,
            answers=reply(_stray_acceptance, keep=True),
        ),
        unknown(name="bytes after the reply", answers=reply(_stray_bytes, keep=True)),
    ]


def strange_http() -> list[Fault]:
    """Return replies that are hardly HTTP, and headers without measure."""
    fault = partial(Fault, family="Strange HTTP and huge headers")
    unknown = partial(fault, meaning=Meaning.UNKNOWN)
    undocumented = partial(fault, meaning=Meaning.UNDOCUMENTED)
    accepted = partial(fault, meaning=Meaning.ACCEPTED)
    well = {
        "100 before the reply": b"HTTP/1.1 100 Continue\r\n\r\n",
        "a hundred interim replies": b"HTTP/1.1 102 Processing\r\n\r\n" * 100,
        "early hints with headers": b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n",
    }
    return [
        *(
            accepted(name=name, answers=reply(partial(_after, before), keep=True))
            for name, before in well.items()
        ),
        undocumented(
            name="another protocol (101)",
            answers=reply(
                b"HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
            ),
        ),
        unknown(name="a body alone (HTTP/0.9)", answers=reply(good_body)),
        unknown(
            name="a greeting of SSH", answers=reply(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        ),
        unknown(
            name="HTTP/2 without being asked",
            answers=reply(b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18),
        ),
        unknown(name="binary zeroes", answers=reply(b"\0" * 4096)),
        unknown(name="our own request, sent back", answers=reply(_echo)),
        unknown(name="our own request in the reason", answers=reply(_echo_in_reason)),
        unknown(name="our own request in a header", answers=reply(_echo_in_header)),
        unknown(name="our own request in a chunk", answers=reply(_echo_in_chunk)),
        unknown(name="no end of line", answers=reply(b"a" * 100_000)),
        unknown(
            name="a status of four digits",
            answers=reply(partial(good, line="HTTP/1.1 2000 OK")),
        ),
        unknown(
            name="a status that is no number",
            answers=reply(partial(good, line="HTTP/1.1 OK 200")),
        ),
        unknown(
            name="no such version", answers=reply(partial(good, line="HTTP/x.y 200 OK"))
        ),
        accepted(name="HTTP/1.0", answers=reply(partial(good, line="HTTP/1.0 200 OK"))),
        accepted(
            name="no reason",
            answers=reply(partial(good, line="HTTP/1.1 200"), keep=True),
        ),
        unknown(
            name="a reason of 100,000 letters",
            answers=reply(partial(good, line="HTTP/1.1 200 " + "a" * 100_000)),
        ),
        unknown(
            name="a header of 100,000 letters",
            answers=reply(partial(good, headers="X-Long: " + "a" * 100_000)),
        ),
        unknown(
            name="a header's name of 100,000 letters",
            answers=reply(partial(good, headers="a" * 100_000 + ": 1")),
        ),
        unknown(
            name="20,000 headers",
            answers=reply(
                partial(
                    good,
                    headers="\r\n".join(f"X-{number}: 1" for number in range(20_000)),
                )
            ),
        ),
        unknown(
            name="a header without a colon",
            answers=reply(partial(good, headers="nothing")),
        ),
        unknown(
            name="a header with a zero",
            answers=reply(partial(good, headers="X-Zero: a\0b")),
        ),
        accepted(
            name="a header that is folded",
            answers=reply(partial(good, headers="X-Fold: a\r\n b")),
        ),
        accepted(
            name="a header in Latin-1",
            answers=reply(partial(good, headers="X-Name: \xe9\xff"), keep=True),
        ),
        accepted(
            name="no media type that exists",
            answers=reply(
                partial(good, headers="Content-Type: \x7f;;;charset=nonsense"),
                keep=True,
            ),
        ),
        accepted(
            name="a thousand cookies",
            answers=reply(
                partial(
                    good,
                    headers="\r\n".join(
                        f"Set-Cookie: a{number}=1" for number in range(100)
                    ),
                ),
                keep=True,
            ),
        ),
        accepted(
            name="a broken cookie",
            answers=reply(
                partial(
                    good, headers="Set-Cookie: \x01=\x02; Expires=never; Max-Age=x"
                ),
                keep=True,
            ),
        ),
        accepted(
            name="closes, and says so",
            answers=reply(partial(good, headers="Connection: close")),
        ),
        accepted(
            name="says that it stays, and closes",
            answers=reply(
                partial(
                    good, headers="Connection: keep-alive\r\nKeep-Alive: timeout=99999"
                )
            ),
        ),
    ]


def _length_of(length: bytes) -> partial[bytes]:
    return partial(_with_length, length)


def _with_length(length: bytes, request: Request) -> bytes:
    return _OK + b"Content-Length: " + length + b"\r\n\r\n" + good_body(request)


def _length(more: int) -> partial[bytes]:
    return partial(_longer, more)


def _longer(more: int, request: Request) -> bytes:
    body = good_body(request)
    return http_reply(body, length=len(body) + more)


def _two_lengths(request: Request) -> bytes:
    return good(request, headers="Content-Length: 5")


def _length_and_chunks(request: Request) -> bytes:
    return good(request, headers="Transfer-Encoding: chunked")


def _no_length(request: Request) -> bytes:
    return _OK + b"\r\n" + good_body(request)


def _half(request: Request) -> bytes:
    return _no_length(request)[:-9]


def _chunks(request: Request) -> bytes:
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in good_body(request))
    return _CHUNKED + pieces + b"0\r\n\r\n"


def _stray_acceptance(request: Request) -> bytes:
    refusal = http_reply(b'{"success": 0, "message": "No", "data": null}')
    stray = b'{"success": 1, "data": {"originated_call_id": "orig.call.1.1"}}'
    return refusal + http_reply(stray)


def _stray_bytes(request: Request) -> bytes:
    return good_reply(request) + b"\r\n\r\n\0\0garbage"


def _after(before: bytes, request: Request) -> bytes:
    return before + good_reply(request)


def _echo(request: Request) -> bytes:
    return request.head + request.body


def _echo_in_reason(request: Request) -> bytes:
    reason = request.head.replace(b"\r\n", b" ")
    return b"HTTP/1.1 999999 " + reason + b"\r\n\r\n"


def _echo_in_header(request: Request) -> bytes:
    return _OK + request.head.replace(b"\r\n", b"\0") + b"\r\n\r\n"


def _echo_in_chunk(request: Request) -> bytes:
    return _CHUNKED + request.head.replace(b"\r\n", b" ") + b"\r\n"
