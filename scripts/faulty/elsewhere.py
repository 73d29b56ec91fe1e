"""A host that must never hear of us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from simulator.listening import stop_listening


@dataclass(slots=True)
class Elsewhere:
    """Where redirects lead: its address, and how many connections it got."""

    url: str = ""
    visitors: int = 0


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Listen on loopback, and count who comes."""
    host = Elsewhere()

    async def count(
        _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host.visitors += 1
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield host
    finally:
        await stop_listening(server)
        server.close_clients()
        await server.wait_closed()
