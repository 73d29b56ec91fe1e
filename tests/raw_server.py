"""A server on a raw socket that breaks connections on command and counts bytes.

It knows just enough of HTTP to see where a request ends. What it counts is what a PBX
could have acted on, whatever the client believes to have sent.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
import ssl
import struct
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.listening import stop_listening

ORIGINATE_LINE = b"/call/originate/act HTTP/1.1\r\n"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one connection's next request.

    `read` says how much is read first: nothing, the headers, or all. `reply` is sent
    then as it is. `after` says what becomes of the connection.
    """

    read: str = "all"
    reply: bytes = b""
    after: str = "close"


@dataclass(slots=True)
class RawServer:
    """The server, with what it received."""

    port: int = 0
    steps: list[Step] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    connections: int = 0
    open: int = 0
    received: list[bytearray] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the base URL of the API that is played."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/api/v4"

    @property
    def originates(self) -> int:
        """Return how many originate requests have begun to arrive."""
        return sum(bytes(data).count(ORIGINATE_LINE) for data in self.received)

    async def idle(self) -> None:
        """Wait until all connections so far have ended, on both sides."""
        while self.open:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection, one step after the other."""
        self.connections += 1
        self.open += 1
        try:
            if self.tls:
                await writer.start_tls(self.tls)
            data = bytearray()
            self.received.append(data)
            while self.steps:
                step = self.steps.pop(0)
                await _read(reader, data, step.read)
                writer.write(step.reply)
                await writer.drain()
                if step.after == "keep":
                    continue
                if step.after == "hang":
                    await reader.read()
                if step.after == "reset":
                    _reset(writer)
                return
        except OSError, asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
            self.open -= 1


async def _read(reader: asyncio.StreamReader, data: bytearray, how: str) -> None:
    if how == "nothing":
        return
    headers = await reader.readuntil(b"\r\n\r\n")
    data += headers
    if how == "headers":
        return
    length = 0
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    data += await reader.readexactly(length)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Have the connection end with a reset instead of an orderly close."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@asynccontextmanager
async def raw_server(
    steps: Iterable[Step], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """Run a raw server on loopback that takes these steps, then closes everything."""
    played = RawServer(steps=list(steps), tls=tls)
    server = await asyncio.start_server(played.handle, "127.0.0.1", 0)
    played.port = server.sockets[0].getsockname()[1]
    try:
        yield played
    finally:
        await stop_listening(server)
        server.close_clients()
        await server.wait_closed()


def self_signed() -> ssl.SSLContext:
    """Return a server's TLS with a certificate that it issued to itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return server_tls(key, certificate)


def server_tls(
    key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> ssl.SSLContext:
    """Return a server's TLS with a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(path)
    return context


def http_reply(
    body: bytes,
    *,
    status: str = "200 OK",
    headers: str = "Content-Type: application/json",
    length: int | None = None,
) -> bytes:
    """Return a reply as bytes; `length` may promise more than there is."""
    announced = len(body) if length is None else length
    return (
        f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {announced}\r\n\r\n"
    ).encode() + body
