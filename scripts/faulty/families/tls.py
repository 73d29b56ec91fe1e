"""TLS that is none, or that does not prove who is there."""

from datetime import timedelta
from functools import partial
import ssl

from scripts.faulty.certificates import Authority
from scripts.faulty.fault import Fault, Meaning, Meets
from scripts.faulty.pbx import Connection, good_reply

_FAMILY = "TLS"
_DAY = timedelta(days=1)
_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


def broken_tls(authority: Authority) -> list[Fault]:
    """Return what can be wrong with TLS; `authority` is trusted."""
    right = authority.server()
    not_sent = partial(Fault, family=_FAMILY, meaning=Meaning.NOT_SENT, tls=True)
    unknown = partial(Fault, family=_FAMILY, meaning=Meaning.UNKNOWN, tls=True)
    stranger = Authority.new()
    old = authority.server(begins=-2 * _DAY, ends=-_DAY)
    coming = authority.server(begins=_DAY, ends=2 * _DAY)
    return [
        not_sent(
            name="plain HTTP where TLS is due", meets=_says(b"HTTP/1.1 400 No\r\n\r\n")
        ),
        not_sent(name="bytes that are nothing", meets=_says(bytes(range(256)))),
        not_sent(name="an alert", meets=_says(_ALERT)),
        not_sent(name="closed in the handshake", meets=_says(b"")),
        not_sent(name="reset in the handshake", meets=_resets),
        not_sent(
            name="half a handshake, then closed",
            meets=_says(b"\x16\x03\x03\x00\x7a\x02"),
        ),
        not_sent(name="silence in the handshake", meets=_silence),
        not_sent(name="signed by nobody known", meets=_speaks(stranger.server())),
        not_sent(name="expired", meets=_speaks(old)),
        not_sent(name="not valid yet", meets=_speaks(coming)),
        not_sent(
            name="for another address",
            meets=_speaks(authority.server(host="192.0.2.1")),
        ),
        not_sent(
            name="for another name", meets=_speaks(authority.server(host="pbx.example"))
        ),
        unknown(name="closed after the request", meets=_cuts(right, 0)),
        unknown(name="reset after the request", meets=_cuts(right, 0, reset=True)),
        unknown(name="closed in the reply", meets=_cuts(right, 60)),
        unknown(name="reset in the reply", meets=_cuts(right, 60, reset=True)),
        unknown(name="silence after the request", meets=_falls_silent(right)),
        Fault(
            family=_FAMILY,
            name="well",
            meaning=Meaning.ACCEPTED,
            tls=True,
        ),
        Fault(
            family=_FAMILY,
            name="TLS where plain HTTP is due",
            meaning=Meaning.UNKNOWN,
            meets=_says_after_some(_ALERT),
        ),
    ]


def _says(data: bytes) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.reader.read(1)
        await connection.send(data)

    return meet


def _says_after_some(data: bytes) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.some(30)
        await connection.send(data)

    return meet


async def _resets(connection: Connection) -> None:
    await connection.reader.read(1)
    connection.reset()


async def _silence(connection: Connection) -> None:
    await connection.hang()


def _speaks(context: ssl.SSLContext) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.encrypt(context)
        await connection.send(good_reply(await connection.request()))

    return meet


def _cuts(context: ssl.SSLContext, size: int, *, reset: bool = False) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.encrypt(context)
        request = await connection.request()
        await connection.send(good_reply(request)[:size])
        if reset:
            connection.reset()

    return meet


def _falls_silent(context: ssl.SSLContext) -> Meets:
    async def meet(connection: Connection) -> None:
        await connection.encrypt(context)
        await connection.request()
        await connection.hang()

    return meet
