"""Pieces of which plays are made."""

from collections.abc import Callable

from scripts.faulty.fault import Answers
from scripts.faulty.pbx import Connection, Request, good_body
from tests.raw_server import http_reply

type Bytes = bytes | Callable[[Request], bytes]


def reply(data: Bytes, *, keep: bool = False, reset: bool = False) -> Answers:
    """Answer with these bytes as they are."""

    async def answer(connection: Connection, request: Request) -> bool:
        await connection.send(data if isinstance(data, bytes) else data(request))
        if reset:
            connection.reset()
        return keep

    return answer


def reply_and_hang(data: Bytes) -> Answers:
    """Answer with these bytes and then say nothing more."""

    async def answer(connection: Connection, request: Request) -> bool:
        await connection.send(data if isinstance(data, bytes) else data(request))
        await connection.hang()
        return False

    return answer


def body(data: Bytes, *, status: str = "200 OK", headers: str = "") -> Answers:
    """Answer with this body in a reply that is right in all else."""

    def whole(request: Request) -> bytes:
        content = data if isinstance(data, bytes) else data(request)
        return http_reply(
            content,
            status=status,
            headers="Content-Type: application/json" + (headers and "\r\n" + headers),
        )

    return reply(whole, keep=True)


def good(
    request: Request, *, headers: str = "", line: str = "HTTP/1.1 200 OK"
) -> bytes:
    """Return the right reply with another first line or more headers."""
    content = good_body(request)
    more = headers and headers + "\r\n"
    return (
        f"{line}\r\n{more}Content-Length: {len(content)}\r\n\r\n".encode("latin-1")
        + content
    )
