"""A PBX that takes its time, with each part of a reply."""

from functools import partial

from scripts.faulty.fault import Answers, Fault, Meaning
from scripts.faulty.pbx import Connection, Request, good_body, good_reply
from tests.raw_server import http_reply

from .plays import reply_and_hang

_FAMILY = "Slow and endless"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def slowness() -> list[Fault]:
    """Return the faults that are a matter of time, or that have no end."""
    fault = partial(Fault, family=_FAMILY)
    unknown = partial(fault, meaning=Meaning.UNKNOWN)
    accepted = partial(fault, meaning=Meaning.ACCEPTED)
    return [
        unknown(name="reads and never answers", answers=reply_and_hang(b"")),
        unknown(name="accepts and never reads", meets=_never_reads),
        unknown(name="connects in the kernel, is never accepted", port="unaccepted"),
        unknown(name="stops in the status line", answers=reply_and_hang(b"HTTP/1.1 2")),
        unknown(name="stops in the headers", answers=reply_and_hang(_HEAD)),
        unknown(name="stops before the body", answers=reply_and_hang(_before_body)),
        unknown(name="stops in the body", answers=reply_and_hang(_half)),
        unknown(name="headers a byte at a time, too slow", answers=_slow(30, 30)),
        unknown(name="body a byte at a time, too slow", answers=_slow_body(30, 30)),
        unknown(name="headers without end", answers=_endless_headers),
        unknown(name="interim replies without end", answers=_endless_interim),
        accepted(name="a reply after five seconds", answers=_late(5)),
        accepted(name="a reply in pieces, in three seconds", answers=_slow(60, 3)),
        accepted(name="a body in pieces, in three seconds", answers=_slow_body(60, 3)),
        fault(
            name="a body without end, without a length",
            meaning=Meaning.UNDOCUMENTED,
            answers=_endless_body(_HEAD + b"\r\n", b"a" * 65536),
        ),
        fault(
            name="chunks without end",
            meaning=Meaning.UNDOCUMENTED,
            answers=_endless_body(
                _HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                b"10000\r\n" + b" " * 65536 + b"\r\n",
            ),
        ),
        fault(
            name="a length of 10 TB, and sending",
            meaning=Meaning.UNDOCUMENTED,
            answers=_endless_body(
                _HEAD + b"Content-Length: 10000000000000\r\n\r\n", b"[" * 65536
            ),
        ),
        unknown(
            name="a body without end, a little at a time",
            answers=_endless_body(_HEAD + b"\r\n", b" " * 10, seconds=0.1),
        ),
        fault(
            name="a refusal whose text never ends",
            meaning=Meaning.UNAUTHORIZED,
            answers=reply_and_hang(
                http_reply(b"{", status="401 Unauthorized", length=50)
            ),
        ),
    ]


async def _never_reads(connection: Connection) -> None:
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    # That it is over is not seen without reading.
    await connection.reader.read(1)


def _before_body(request: Request) -> bytes:
    return good_reply(request).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _half(request: Request) -> bytes:
    return good_reply(request)[:-10]


def _late(seconds: float) -> Answers:
    async def answer(connection: Connection, request: Request) -> bool:
        await connection.pause(seconds)
        await connection.send(good_reply(request))
        return True

    return answer


def _slow(pieces: int, seconds: float) -> Answers:
    async def answer(connection: Connection, request: Request) -> bool:
        reply = good_reply(request)
        await connection.trickle(reply, pieces=pieces, seconds=seconds)
        return True

    return answer


def _slow_body(pieces: int, seconds: float) -> Answers:
    async def answer(connection: Connection, request: Request) -> bool:
        await connection.send(_before_body(request))
        body = good_body(request)
        await connection.trickle(body, pieces=pieces, seconds=seconds)
        return True

    return answer


async def _endless_headers(connection: Connection, _request: Request) -> bool:
    await connection.send(_HEAD)
    while True:
        await connection.send(b"X-More: yes\r\n")
        await connection.pause(0.2)


async def _endless_interim(connection: Connection, _request: Request) -> bool:
    while True:
        await connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await connection.pause(0.02)


def _endless_body(head: bytes, piece: bytes, *, seconds: float = 0.0) -> Answers:
    async def answer(connection: Connection, _request: Request) -> bool:
        await connection.send(head)
        while True:
            await connection.send(piece)
            await connection.pause(seconds)

    return answer
