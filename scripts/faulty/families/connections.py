"""Connections that are refused, reset or closed, at each point of a request."""

from functools import partial

from scripts.faulty.fault import Answers, Fault, Meaning, Meets
from scripts.faulty.pbx import Connection, Request, good_reply
from tests.raw_server import http_reply

from .plays import reply, reply_and_hang

_FAMILY = "Resets and half-open connections"
_NOT_ALLOWED = http_reply(
    b'{"success": 0, "message": "Method not allowed", "data": null}',
    status="405 Method Not Allowed",
)


def broken_connections() -> list[Fault]:
    """Return a break at each point, as an orderly close and as a reset."""
    fault = partial(Fault, family=_FAMILY)
    unknown = partial(fault, meaning=Meaning.UNKNOWN)
    # What ends a connection at once may be seen before the request was sent.
    at_once = frozenset({Meaning.NOT_SENT})
    faults = [
        fault(name="nobody listens", meaning=Meaning.NOT_SENT, port="closed"),
        fault(name="the queue is full", meaning=Meaning.NOT_SENT, port="deaf"),
        fault(
            name="idle connections were closed",
            meaning=Meaning.ACCEPTED,
        ),
        unknown(name="kept connections fall silent", keeps=True, answers=_silence),
        unknown(name="kept connections are reset", keeps=True, answers=_reset),
        unknown(name="a reset when the third byte comes", meets=_after(3)),
    ]
    for how in (False, True):
        end = "reset" if how else "close"
        faults += [
            unknown(name=f"{end} at once", others=at_once, meets=_end(reset=how)),
            unknown(name=f"{end} in the head", meets=_after(40, reset=how)),
            unknown(name=f"{end} after the head", meets=_after_head(reset=how)),
            unknown(name=f"{end} in the body", meets=_in_body(reset=how)),
            unknown(name=f"{end} after the request", answers=reply(b"", reset=how)),
        ]
        faults += [
            unknown(name=f"{end} {where}", answers=reply(_cut(where), reset=how))
            for where in _CUTS
        ]
    return [
        *faults,
        unknown(name="half-closed, never answers", answers=_half_closed),
        unknown(name="closed after 405, in the second verb", answers=_405_then(b"")),
        unknown(
            name="half an answer to the second verb",
            answers=_405_then(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
        ),
        fault(
            name="405 to every verb",
            meaning=Meaning.REFUSED,
            answers=_always_405,
        ),
        fault(
            name="the second verb is taken",
            meaning=Meaning.ACCEPTED,
            answers=_405_then(None),
        ),
    ]


# Where a right reply is cut off, by its parts.
_CUTS = {
    "in the version": 4,
    "before the status": 9,
    "in the status": 11,
    "before the reason": 13,
    "before the end of the first line": 15,
    "in the end of the first line": 16,
    "after the first line": 17,
    "in the name of a header": 22,
    "in the value of a header": 34,
    "between the headers": 49,
}
_CUTS_FROM_END = {
    "before the end of the headers": 0,
    "in the end of the headers": 2,
    "after the headers": 4,
    "after one byte of the body": 5,
    "in the body": 30,
}
_CUTS |= dict.fromkeys(_CUTS_FROM_END, 0)


def _cut(where: str) -> partial[bytes]:
    return partial(_beginning, where)


def _beginning(where: str, request: Request) -> bytes:
    whole = good_reply(request)
    if where in _CUTS_FROM_END:
        return whole[: whole.index(b"\r\n\r\n") + _CUTS_FROM_END[where]]
    return whole[: _CUTS[where]]


def _end(*, reset: bool) -> Meets:
    async def meet(connection: Connection) -> None:
        if reset:
            connection.reset()

    return meet


def _after(size: int, *, reset: bool = True) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.some(size)
        if reset:
            connection.reset()

    return meet


def _after_head(*, reset: bool) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.head()
        if reset:
            connection.reset()

    return meet


def _in_body(*, reset: bool) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.head()
        await connection.some(1)
        if reset:
            connection.reset()

    return meet


_silence = reply_and_hang(b"")
_reset = reply(b"", reset=True)


async def _half_closed(connection: Connection, _request: Request) -> bool:
    connection.writer.write_eof()
    await connection.hang()
    return False


async def _always_405(connection: Connection, request: Request) -> bool:
    connection.pbx.note_harmless(request)
    await connection.send(_NOT_ALLOWED)
    return True


def _405_then(data: bytes | None) -> Answers:
    """Refuse the first verb and break, or take, the second."""

    async def answer(connection: Connection, request: Request) -> bool:
        if request.head.startswith(b"PUT"):
            connection.pbx.note_harmless(request)
            await connection.send(_NOT_ALLOWED)
            return True
        await connection.send(good_reply(request) if data is None else data)
        return data is None

    return answer
