"""The simulator as an HTTP server: in process for tests, or behind the command line."""

import asyncio
from collections.abc import Callable
import time
from typing import Self

from aiohttp import web

from . import control, page
from .api import OPERATIONS
from .changes import first_of
from .faults import distorted
from .gate import check, operation_of
from .listening import stop_listening
from .pbx import Pbx, RequestRecord
from .replies import Refusal, Reply, done, refused, web_server_page
from .settings import Fault, Settings
from .timers import Sleep
from .wire import BYTES, parse

_LARGEST_BODY = 256 * 1024
# For replies that are on their way when the server stops; delays end at once.
_SECONDS_TO_FINISH = 5.0


class Simulator:
    """A simulated PBX that listens on an address.

    `pbx` is there from the beginning, `port` and `url` once it was started. It may be
    started again after it was stopped: on the same port, with what it knew before, as a
    PBX that comes back.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Prepare a simulator.

        Port 0 picks a free one; `clock` gives the seconds since 1970; `sleep` is how
        calls let time pass, see `timers.instant`.
        """
        self.pbx = Pbx(settings, clock=clock, sleep=sleep)
        self.host = host
        self.port = port
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """The address, such as `http://127.0.0.1:8080`, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def api_url(self) -> str:
        """The base address of the API, such as `http://127.0.0.1:8080/api/v4`."""
        return self.url + self.pbx.settings.base_path

    async def start(self) -> None:
        """Listen; raises OSError where that fails, OverflowError for no port at all."""
        self._stopping.clear()
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.add_subapp(
            control.PREFIX, control.application(self.pbx, self._stopping)
        )
        application.router.add_get("/", page.handle)
        application.router.add_route("*", "/{path:.*}", self._handle)
        application.on_shutdown.append(self._end_delays)
        runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=_SECONDS_TO_FINISH
        )
        await runner.setup()
        assert runner.server is not None
        try:
            self._server = await asyncio.get_running_loop().create_server(
                runner.server, self.host, self.port
            )
        except OSError, OverflowError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = self._server.sockets[0].getsockname()[1]
        await self.pbx.start()

    async def stop(self) -> None:
        """Close every connection and listen no more.

        Delayed replies are not sent, calls end without a trace, and events that wait
        are not sent either.
        """
        if self._runner is None or self._server is None:
            return
        await self.pbx.stop()
        await stop_listening(self._server)
        await self._runner.cleanup()
        # A request that came in meanwhile may have set off a call.
        await self.pbx.stop()
        self._runner = self._server = None

    async def __aenter__(self) -> Self:
        """Listen inside the running event loop while the context lasts."""
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop, whatever happened."""
        await self.stop()

    async def _end_delays(self, _application: web.Application) -> None:
        self._stopping.set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request that is not for the control API."""
        path = request.rel_url.raw_path
        operation = operation_of(path, self.pbx.settings.base_path)
        record = RequestRecord(
            time=self.pbx.now(),
            remote=request.remote or "",
            method=request.method,
            path=request.raw_path,
            operation=operation,
            headers=request.headers,
        )
        self.pbx.keep_request(record)
        try:
            return await self._answer(request, record)
        finally:
            # Now the record is complete, which those who watch want to see.
            self.pbx.changes.note()

    async def _answer(
        self, request: web.Request, record: RequestRecord
    ) -> web.StreamResponse:
        path, operation = request.rel_url.raw_path, record.operation
        fault = self.pbx.faults.take(operation or path, path)
        if fault.drop == "before":
            return _drop(request)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _response(web_server_page(413), record)
        except OSError, web.RequestPayloadError:
            # The client went away, or what it sent is broken below the level of a body.
            return _drop(request)
        record.body = body.decode("utf-8", errors=BYTES)
        reply = self._reply(record, body, fault)
        set_off = self.pbx.take_after_reply()
        before_reply = self.pbx.settings.calls.events_before_reply
        if not set_off or before_reply or fault.delay or fault.drop != "never":
            # A reply that is delayed, or lost, is not waited for.
            for act in set_off:
                act()
            if set_off and before_reply:
                await first_of(self.pbx.delivered(), self._stopping.wait())
            return await self._send(request, record, reply, fault)
        response = await self._send(request, record, reply, fault)
        try:
            await response.prepare(request)
            await response.write_eof()
        except OSError:
            # The client went away.
            pass
        finally:
            for act in set_off:
                act()
        return response

    async def _send(
        self, request: web.Request, record: RequestRecord, reply: Reply, fault: Fault
    ) -> web.StreamResponse:
        """Send a reply, with what a fault does to it."""
        if fault.delay:
            stops = await first_of(self._stopping.wait(), timeout=fault.delay)
            if stops:
                return _drop(request)
        if fault.drop == "after":
            return _drop(request)
        reply = distorted(reply, fault)
        if fault.drop == "midway":
            return await _send_half(request, reply, record)
        return _response(reply, record)

    def _reply(self, record: RequestRecord, body: bytes, fault: Fault) -> Reply:
        """Do what is asked, unless the fault forbids it, and say what the PBX would."""
        try:
            record.parsed = parse(body)
        except ValueError:
            record.parsed = None
        if not fault.acts or record.operation is None:
            return web_server_page(404)
        envelope = self.pbx.settings.envelope
        try:
            parameters = check(record, body, self.pbx.settings, OPERATIONS)
            return done(OPERATIONS[record.operation](self.pbx, parameters), envelope)
        except Refusal as refusal:
            return refused(refusal, envelope)


running = Simulator
"""`async with running() as simulator`: a simulator that listens meanwhile."""


def _response(reply: Reply, record: RequestRecord) -> web.Response:
    record.status = reply.status
    return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))


def _headers(reply: Reply) -> dict[str, str]:
    # What stands in front of the PBX is documented as Apache.
    return {"Server": "Apache", **reply.headers}


def _drop(request: web.Request) -> web.Response:
    """End the connection without a reply; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _send_half(
    request: web.Request, reply: Reply, record: RequestRecord
) -> web.StreamResponse:
    """Announce the whole reply, send half of its body and end the connection."""
    record.status = reply.status
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
