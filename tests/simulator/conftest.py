"""A client of the simulator that says what it is told."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
import json
from typing import Any

import aiohttp
import pytest

from simulator.calls import CallOrder
from simulator.pbx import Pbx
from simulator.server import Simulator, running
from simulator.timers import instant

from .receiver import Receiver, receiving

API_KEY = "vZKtIKWsld0egNlkzHo8i5LVBqLNBSWARCQsPOSgDjFmAHM3tG"
BASIC = aiohttp.encode_basic_auth("test", "Aa123456")
CREDENTIALS = {"X-APIKEY": API_KEY, "Authorization": BASIC}

ORIGINATE = "/call/originate/act"
PING = "/setting/ping/act"
USERS = "/pbx/users/search"
TRUNKS = "/pbx/trunks/search"
QUEUES = "/pbx/queues/search"
CDR = "/reports/cdr/search"

ORDER = {
    "caller": "557",
    "callee": "552",
    "context": "main_routing",
    "caller_id": "557",
    "trunk_name": "cisco",
    "timeout": "30",
}
"""The body of the reference's own sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply with its body read."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and message of a refusal, documented in every other respect."""
        assert self.headers["Content-Type"] == "application/json"
        assert self.json == {
            "success": 0,
            "message": self.json["message"],
            "data": None,
        }
        return self.status, self.json["message"]


class Client:
    """A client that sends what it is told, well-formed or not.

    It posts where it is not told another verb: aiohttp repeats a PUT whose connection
    drops, and the tests count requests.
    """

    def __init__(self, session: aiohttp.ClientSession, simulator: Simulator) -> None:
        """Talk to one simulator."""
        self._session = session
        self._simulator = simulator

    async def send(
        self,
        path: str,
        parameters: object = None,
        *,
        body: bytes | None = None,
        method: str = "POST",
        headers: Mapping[str, str] = CREDENTIALS,
        content_type: str | None = "application/json",
    ) -> Answer:
        """Send a request of the API: `parameters` as JSON, or `body` as it is."""
        if body is None:
            body = json.dumps({} if parameters is None else parameters).encode()
        typed = {} if content_type is None else {"Content-Type": content_type}
        return await self.fetch(
            method,
            self._simulator.api_url + path,
            data=body,
            headers={**headers, **typed},
            skip_auto_headers=["Content-Type"],
        )

    async def control(self, method: str, path: str, value: object = None) -> Answer:
        """Send a request of the control API."""
        return await self.fetch(
            method, f"{self._simulator.url}/_control/{path}", json=value
        )

    async def fetch(self, method: str, url: str, **options: Any) -> Answer:
        """Send any request; redirects are not followed."""
        async with self._session.request(
            method,
            url,
            allow_redirects=False,
            **options,
        ) as response:
            return Answer(
                status=response.status,
                headers=response.headers,
                text=await response.text(),
            )


@pytest.fixture(autouse=True)
def use_custom_integrations(socket_enabled: None) -> None:
    """Let these tests talk to loopback, and start no Home Assistant for them."""


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a simulated PBX whose calls take the time that they take."""
    async with running() as simulator:
        yield simulator


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    """Return a client of the simulator."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, simulator)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Run a receiver of events."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def pbx(receiver: Receiver) -> AsyncIterator[Pbx]:
    """Run a PBX in which calls take no time, and which sends all its events."""
    async with running(sleep=instant) as simulator:
        simulator.pbx.change(
            webhook={"enabled": True, "address": receiver.url, "events": "all"}
        )
        yield simulator.pbx


def order(caller: str = "557", callee: str = "552", **more: Any) -> CallOrder:
    """Return an order for a call; the caller ID is a number of its own."""
    given = {"context": "main_routing", "caller_id": "02188880000", **more}
    return CallOrder(caller=caller, callee=callee, **given)
