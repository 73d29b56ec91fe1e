"""One HTTP request to the PBX, sent at most once, and its bounded reply."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    InvalidURL,
)

from ..telephony.errors import (
    CannotConnectError,
    ConnectionLostError,
    ReplyTimeoutError,
)

# `connect` is the shorter one, so that running out of time while connecting is always
# told apart from running out of time with the request on its way.
TIMEOUT = ClientTimeout(total=10, connect=5)
# The first one reads that a connection is closed and the second one acts on it, with
# TLS as without; one is to spare. Each costs some microseconds of every call.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with all of its body, or, where it is not `whole`, with the beginning.

    A body that is longer than asked for is not whole, nor is that of a refusal that
    broke off.
    """

    status: int
    # It may repeat the credentials.
    body: bytes = field(repr=False)
    whole: bool


class _RepeatedError(Exception):
    """Something below us was about to send the request a second time."""


class _AtMostOnce:
    """Lets one request through, and nothing that repeats it.

    aiohttp sends a PUT again by itself when the connection breaks before the reply,
    on a new connection as on a kept one. Each attempt passes through the middlewares,
    which is the one public place where a repetition can be seen before it leaves.
    """

    def __init__(self) -> None:
        self._passed = False

    async def __call__(
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        if self._passed:
            raise _RepeatedError
        self._passed = True
        return await handler(request)


async def send_once(
    session: ClientSession,
    *,
    verb: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    longest_reply: int,
) -> Reply:
    """Send one request and read its reply of at most `longest_reply` bytes.

    Redirects are not followed: they would carry the credentials to another host.

    Raises CannotConnectError only where no part of the request can have left, else
    ReplyTimeoutError (after 10 seconds) or ConnectionLostError.
    """
    # That the PBX has closed a kept connection is known only once the event loop has
    # read it, some rounds later. A request sent into such a connection could not be
    # told from one that was acted on.
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    if session.closed:
        raise CannotConnectError("The session is closed")
    try:
        async with session.request(
            verb,
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            raise_for_status=False,
            timeout=TIMEOUT,
            middlewares=(_AtMostOnce(),),
        ) as response:
            return await _read_bounded(response, longest=longest_reply)
    except (ClientConnectorError, ConnectionTimeoutError, InvalidURL) as err:
        raise CannotConnectError(str(err)) from err
    except TimeoutError as err:
        raise ReplyTimeoutError from err
    except (ClientError, _RepeatedError) as err:
        what = type(err).__name__
    # Raised out here because an error of HTTP holds the request's headers, and with
    # them the credentials, and the bytes of the reply, which may repeat them; a cause
    # would keep both alive.
    raise ConnectionLostError(what)


async def _read_bounded(response: ClientResponse, *, longest: int) -> Reply:
    """Read the body, or as much of it as is needed to see that it is too long.

    A reply that refuses says so in its status already; where its body breaks off, the
    status stands.
    """
    status = response.status
    refuses = 400 <= status < 500 or status == HTTPStatus.NOT_IMPLEMENTED
    body = bytearray()
    whole = True
    try:
        while whole and (chunk := await response.content.readany()):
            body += chunk
            whole = len(body) <= longest
    except ClientError, TimeoutError:
        if not refuses:
            raise
        whole = False
    return Reply(status=status, body=bytes(body), whole=whole)
