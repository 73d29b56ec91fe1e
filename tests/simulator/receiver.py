"""A receiver of events that keeps what it gets."""

import ast
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import json
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An event as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    authorization: str | None
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """The fields, out of the query or the body."""
        if self.method == "GET":
            return dict(self.query)
        fields: dict[str, Any] = (
            ast.literal_eval(self.body)
            if self.body.startswith("{'")
            else json.loads(self.body)
        )
        return fields


class Receiver:
    """A server that answers every event with `status`, after `delay` seconds."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self.received: list[Received] = []
        self.status = 200
        self.delay = 0.0
        self.url = ""
        self.stopping = asyncio.Event()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The fields of all events, in the order of their arrival."""
        return [received.fields for received in self.received]

    @property
    def told(self) -> list[str]:
        """The events in short: `557 Ringing`, or the name."""
        return [short(fields) for fields in self.events]

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the fields of the events of one name."""
        return [fields for fields in self.events if fields["event_name"] == name]

    async def handle(self, request: web.Request) -> web.Response:
        """Keep what comes."""
        self.received.append(
            Received(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                content_type=request.content_type,
                authorization=request.headers.get("Authorization"),
                body=await request.text(),
            )
        )
        if self.delay:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), self.delay)
        return web.Response(status=self.status)


def short(fields: dict[str, Any]) -> str:
    """Return an event in short."""
    if "exten" in fields:
        return f"{fields['exten']} {fields['state']}"
    if "disposition" in fields:
        return f"{fields['event_name']} {fields['disposition']}"
    return str(fields["event_name"])


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on loopback."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        receiver.stopping.set()
        await runner.cleanup()
