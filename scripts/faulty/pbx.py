"""A PBX that misbehaves on command, at the level of bytes, and counts what it gets.

What it counts is what a PBX could have acted on, whatever the client believes to have
sent.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
import json
import socket
import ssl
import struct

from simulator.listening import stop_listening
from tests.raw_server import http_reply

from .fault import Fault

_ORIGINATE = b"/call/originate/act "
_LONGEST_HEAD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was read whole."""

    head: bytes
    body: bytes
    number: int

    @property
    def is_originate(self) -> bool:
        """Whether it asks for a call."""
        return _ORIGINATE in self.head.split(b"\r\n", 1)[0]

    @property
    def call_id(self) -> str:
        """The id of the call that is placed for it, unless it is refused."""
        return f"orig.call.1703145054.{self.number:06}"

    @property
    def callee(self) -> str:
        """The second party of an originate, else nothing."""
        if not self.is_originate:
            return ""
        return str(json.loads(self.body)["callee"])


class Connection:
    """One connection to the PBX."""

    def __init__(
        self,
        pbx: FaultyPbx,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Take what asyncio gives."""
        self.pbx = pbx
        self.reader = reader
        self.writer = writer

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        await self.writer.start_tls(context)

    async def head(self) -> bytes:
        """Read the head of a request, and count it."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.pbx.heads += _ORIGINATE in head.split(b"\r\n", 1)[0]
        self.pbx.cookies += b"\r\ncookie:" in head.lower()
        return head

    async def some(self, size: int) -> bytes:
        """Read so many bytes of a request, and count it if they show what it is."""
        data = await self.reader.readexactly(size)
        self.pbx.heads += _ORIGINATE in data
        return data

    async def request(self) -> Request:
        """Read a whole request, and count it."""
        head = await self.head()
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        self.pbx.requests += 1
        request = Request(head, await self.reader.readexactly(length), self.pbx.next())
        if request.is_originate:
            self.pbx.originates[request.callee] += 1
            self.pbx.call_ids[request.callee] = request.call_id
        return request

    async def send(self, data: bytes) -> None:
        """Send bytes, once the other side takes them."""
        self.writer.write(data)
        await self.writer.drain()

    async def trickle(self, data: bytes, *, pieces: int, seconds: float) -> None:
        """Send bytes in pieces, in so much time in all."""
        size = max(1, -(-len(data) // pieces))
        loop = asyncio.get_running_loop()
        due = loop.time()
        for start in range(0, len(data), size):
            await self.send(data[start : start + size])
            # What was late by chance does not make the whole late.
            due += seconds / pieces
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        await asyncio.sleep(seconds)

    async def hang(self) -> None:
        """Do nothing until the other side has had enough."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """End with a reset instead of an orderly close."""
        raw = self.writer.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


class FaultyPbx:
    """The PBX of one lane of the bench.

    `fault` is what it does now, None while it is well. `heads` counts the originate
    requests that have begun to arrive, `originates` those of each callee that were
    read whole, and `call_ids` has the ids that their calls were given. `cookies` counts
    the requests that had any.
    """

    def __init__(self) -> None:
        """Prepare one; `start` has it listen on a free port of loopback."""
        self.port = 0
        self.fault: Fault | None = None
        self.tls: ssl.SSLContext | None = None
        self.heads = 0
        self.cookies = 0
        self.requests = 0
        self.originates: Counter[str] = Counter()
        self.call_ids: dict[str, str] = {}
        self._number = 0
        self._server: asyncio.Server | None = None
        self._deaf: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def next(self) -> int:
        """Return a number that no other request has."""
        self._number += 1
        return self._number

    def note_harmless(self, request: Request) -> None:
        """Take back what was counted: this request is refused by its verb."""
        if request.is_originate:
            self.heads -= 1
            self.originates[request.callee] -= 1
            del self.call_ids[request.callee]

    async def start(self) -> None:
        """Listen, and be well."""
        listening = socket.create_server(("127.0.0.1", self.port), backlog=200)
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(
            self._serve, sock=listening, limit=_LONGEST_HEAD
        )

    async def stop(self) -> None:
        """Listen no more, and end all connections."""
        server, self._server = self._server, None
        if server:
            await stop_listening(server)
        for deaf in self._deaf:
            deaf.close()
        self._deaf.clear()
        await self.drop_all()

    async def drop_all(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The other side is to know of it before it sends anything more, over TLS too.
        for _ in range(10):
            await asyncio.sleep(0.02)

    async def spoil(self, fault: Fault) -> None:
        """Begin to misbehave, and to count anew."""
        self.fault = fault
        self.heads = 0
        self.cookies = 0
        self.originates.clear()
        self.call_ids.clear()
        if not fault.keeps:
            await self.drop_all()
        if fault.port == "open":
            return
        await self.stop()
        if fault.port == "closed":
            return
        backlog = 0 if fault.port == "deaf" else 200
        listening = socket.create_server(("127.0.0.1", self.port), backlog=backlog)
        self._deaf.append(listening)
        if fault.port == "deaf":
            for _ in range(4):
                knock = socket.socket()
                knock.setblocking(False)
                self._deaf.append(knock)
                with suppress(BlockingIOError):
                    knock.connect(("127.0.0.1", self.port))

    async def mend(self) -> None:
        """Be well again, with new connections."""
        self.fault = None
        await self.drop_all()
        if self._server is None:
            await self.stop()
            await self.start()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(self, reader, writer)
        try:
            await self._play(connection)
        except (
            OSError,
            EOFError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
        ):
            # The other side went away, or the bench goes on.
            return
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _play(self, connection: Connection) -> None:
        if self.fault and self.fault.meets:
            await self.fault.meets(connection)
            return
        if self.tls:
            await connection.encrypt(self.tls)
        goes_on: Awaitable[bool] | bool = True
        while goes_on:
            request = await connection.request()
            if self.fault and self.fault.answers:
                goes_on = await self.fault.answers(connection, request)
            else:
                await connection.send(good_reply(request))


def good_reply(request: Request) -> bytes:
    """Return what a PBX answers that is well."""
    return http_reply(good_body(request))


def good_body(request: Request) -> bytes:
    """Return the body of a reply of a PBX that is well."""
    data: object = []
    if request.is_originate:
        data = {"originated_call_id": request.call_id}
    return json.dumps({"success": 1, "message": None, "data": data}).encode()
