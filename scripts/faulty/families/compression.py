"""Replies that are compressed, unasked: rightly, wrongly, or to do harm."""

from collections.abc import Callable
from compression import zstd
from functools import partial
import gzip
from typing import Any
import zlib

from scripts.faulty.fault import Answers, Fault, Meaning
from scripts.faulty.pbx import Request, good_body
from tests.raw_server import http_reply

from .plays import reply

_MEGABYTES = 100
_MEGABYTE = b" " * 1024 * 1024


def compressed_replies() -> list[Fault]:
    """Return replies for which nobody asked to be compressed."""
    fault = partial(Fault, family="Compressed replies and bombs")
    unknown = partial(fault, meaning=Meaning.UNKNOWN)
    accepted = partial(fault, meaning=Meaning.ACCEPTED)
    undocumented = partial(fault, meaning=Meaning.UNDOCUMENTED)
    twice = gzip.compress(_bomb("gzip"))
    return [
        *(
            accepted(name=f"{name}, as it should be", answers=_packed(name))
            for name in ("gzip", "deflate", "zstd")
        ),
        accepted(name="identity", answers=_labelled("identity")),
        accepted(name="no encoding that exists", answers=_labelled("nonsense")),
        unknown(name="br, which is not to be had", answers=_labelled("br")),
        *(
            unknown(name=f"{name} that is none", answers=_labelled(name))
            for name in ("gzip", "deflate", "zstd")
        ),
        *(
            undocumented(
                name=f"{name} that breaks off",
                others=frozenset({Meaning.UNKNOWN}),
                answers=_packed(name, cut=20),
            )
            for name in ("gzip", "zstd")
        ),
        *(
            undocumented(
                name=f"a bomb of {_MEGABYTES} MB in {name}",
                answers=reply(
                    http_reply(_bomb(name), headers=f"Content-Encoding: {name}")
                ),
            )
            for name in _PACKERS
        ),
        undocumented(
            name="a bomb in gzip in gzip",
            answers=reply(http_reply(twice, headers="Content-Encoding: gzip")),
        ),
        fault(
            name="two encodings at once",
            meaning=Meaning.UNDOCUMENTED,
            others=frozenset({Meaning.UNKNOWN}),
            answers=reply(http_reply(twice, headers="Content-Encoding: gzip, gzip")),
        ),
        undocumented(
            name="a bomb in many members of gzip",
            answers=reply(
                http_reply(
                    gzip.compress(b" " * 1024) * 20_000,
                    headers="Content-Encoding: gzip",
                )
            ),
        ),
    ]


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


def _bomb(name: str) -> bytes:
    """Return many megabytes, packed without ever having been there."""
    packers: dict[str, Any] = {
        "gzip": zlib.compressobj(wbits=31),
        "deflate": zlib.compressobj(),
        "zstd": zstd.ZstdCompressor(),
    }
    packer = packers[name]
    pieces = [packer.compress(_MEGABYTE) for _ in range(_MEGABYTES)]
    return b"".join([*pieces, packer.flush()])


def _packed(name: str, *, cut: int = 0) -> Answers:
    def whole(request: Request) -> bytes:
        packed = _PACKERS[name](good_body(request))
        return http_reply(
            packed[: len(packed) - cut], headers=f"Content-Encoding: {name}"
        )

    return reply(whole, keep=True)


def _labelled(name: str) -> Answers:
    def whole(request: Request) -> bytes:
        return http_reply(good_body(request), headers=f"Content-Encoding: {name}")

    return reply(whole, keep=True)
