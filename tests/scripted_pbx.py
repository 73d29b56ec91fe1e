"""A PBX over real HTTP that answers what it is told to, when it is told to.

It knows nothing of telephones: ids may repeat, replies may take as long as one likes,
and the whole PBX may go and come back.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web


class Reply(StrEnum):
    """What the PBX answers to an originate."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    DROP = "drop"
    BREAK = "break"
    NONSENSE = "nonsense"


# A request has ten seconds.
SLOW = 9.0
# After these the PBX may have placed a call, and nobody can know.
DOUBTFUL_REPLIES = frozenset({Reply.DROP, Reply.BREAK, Reply.NONSENSE})


@dataclass(frozen=True, slots=True)
class Plan:
    """What the PBX does with the next originate.

    `id` is what it would accept it with. `other_verb` has it ask for POST first, `slow`
    has it take almost as long as a request may, and `held` until it is told what to
    answer.
    """

    reply: Reply = Reply.ACCEPT
    id: str = "A"
    other_verb: bool = False
    slow: bool = False
    held: bool = False


@dataclass(slots=True, eq=False)
class Order:
    """An originate that has arrived.

    `reply` is what was answered, if anything.
    """

    context: str
    id: str
    decision: asyncio.Future[Reply]
    transport: asyncio.Transport | None
    reply: Reply | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nobody waits for the reply any more."""
        return self.transport is None or self.transport.is_closing()


@dataclass(slots=True)
class ScriptedPbx:
    """The PBX, with the orders that it has got."""

    plan: Callable[[str], Plan]
    port: int = 0
    is_up: bool = True
    orders: list[Order] = field(default_factory=list)
    pings: int = 0
    at_work: int = 0
    dawdling: int = 0
    _runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """Return the base URL of the API."""
        return f"http://127.0.0.1:{self.port}/api/v4"

    @property
    def held(self) -> list[Order]:
        """The orders that wait for their replies."""
        return [order for order in self.orders if not order.decision.done()]

    @property
    def awaited(self) -> list[Order]:
        """The orders for whose replies somebody still waits."""
        return [order for order in self.held if not order.is_gone]

    async def start(self) -> None:
        """Begin to listen, on the same port as before."""
        if self._runner is None:
            app = web.Application()
            app.router.add_route("*", "/api/v4/{path:.*}", self._serve)
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
            await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self.is_up = True

    async def go_down(self) -> None:
        """Refuse all connections; what was held is dropped."""
        self.is_up = False
        assert self._site
        await self._site.stop()
        for order in self.held:
            order.decision.set_result(Reply.DROP)

    async def close(self) -> None:
        """End for good."""
        if self.is_up:
            await self.go_down()
        assert self._runner
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.at_work += 1
        try:
            response = await self._respond(request)
        finally:
            self.at_work -= 1
        response.force_close()
        return response

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        match request.match_info["path"]:
            case "setting/ping/act":
                self.pings += 1
                return _accepted(None)
            case "call/originate/act":
                return await self._originate(request)
            case "reports/cdr/search":
                return _accepted({"data": []})
        return web.json_response({"success": 0, "message": "no"}, status=404)

    async def _dawdle(self) -> None:
        """Take almost as long as a request may."""
        self.at_work -= 1
        self.dawdling += 1
        await asyncio.sleep(SLOW)
        self.dawdling -= 1
        self.at_work += 1

    async def _originate(self, request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        plan = self.plan(body["context"])
        if plan.slow:
            await self._dawdle()
        if plan.other_verb and request.method == "PUT":
            return web.Response(status=405)
        decision = asyncio.get_running_loop().create_future()
        order = Order(body["context"], plan.id, decision, request.transport)
        self.orders.append(order)
        if plan.held and self.is_up:
            self.at_work -= 1
            try:
                await asyncio.wait([decision])
            finally:
                self.at_work += 1
        else:
            decision.set_result(plan.reply if self.is_up else Reply.DROP)
        if order.is_gone:
            return web.Response()
        order.reply = decision.result()
        match order.reply:
            case Reply.ACCEPT:
                return _accepted({"originated_call_id": order.id})
            case Reply.REFUSE:
                return web.json_response({"success": 0, "message": "no such context"})
            case Reply.BREAK:
                return web.Response(status=500)
            case Reply.NONSENSE:
                return web.Response(text="<html>")
        assert order.transport
        order.transport.abort()
        return web.Response()


def _accepted(data: object) -> web.Response:
    return web.json_response({"success": 1, "message": "", "data": data})
