"""How a server of this process stops listening."""

import asyncio


async def stop_listening(server: asyncio.Server) -> None:
    """Close the sockets on which a server listens; its connections stay.

    A connection that was accepted in this very round of the event loop would otherwise
    find its server closed. Python then throws it away unclosed, and complains of an
    exception that it could not raise.
    """
    for listening in server.sockets:
        server.get_loop().remove_reader(listening)
    await asyncio.sleep(0)
    server.close()
