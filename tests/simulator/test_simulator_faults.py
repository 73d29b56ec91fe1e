"""Misbehaviour over HTTP."""

import asyncio
from contextlib import suppress
import gc
import logging
import socket
import time

import aiohttp
import pytest

from simulator.server import Simulator, running
from simulator.settings import Fault
from simulator.table import SettingsError

from .conftest import ORDER, ORIGINATE, PING, Client


@pytest.mark.parametrize(
    ("drop", "calls", "status"),
    [("before", 0, None), ("after", 1, None), ("midway", 1, 200)],
)
async def test_drop(
    client: Client, simulator: Simulator, drop: str, calls: int, status: int | None
) -> None:
    """Whether a dropped connection places the call depends on where it breaks."""
    simulator.pbx.change(faults=[{"path": ORIGINATE, "drop": drop}])
    with pytest.raises(aiohttp.ClientError):
        await client.send(ORIGINATE, ORDER)
    assert len(simulator.pbx.calls) == calls
    (record,) = simulator.pbx.requests
    assert record.status == status
    assert (record.body == "") == (drop == "before")


async def test_drop_midway(
    simulator: Simulator,
) -> None:
    """A connection that drops midway has sent half of what it announced."""
    simulator.pbx.change(faults=[{"drop": "midway"}])
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(b"GET /api/v4/setting/ping/act HTTP/1.1\r\nHost: pbx\r\n\r\n")
    received = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 Unauthorized")
    announced = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    assert 0 < len(body) < announced


async def test_drop_without_call(client: Client, simulator: Simulator) -> None:
    """A connection can drop with the request read and no call placed."""
    simulator.pbx.change(faults=[Fault(drop="after", acts=False)])
    with pytest.raises(aiohttp.ClientError):
        await client.send(ORIGINATE, ORDER)
    assert simulator.pbx.calls == ()
    assert simulator.pbx.requests[0].parsed == ORDER


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("acts", "calls"), [(True, 1), (False, 0)])
async def test_server_error(
    client: Client, simulator: Simulator, status: int, acts: bool, calls: int
) -> None:
    """A 5xx can come with the call placed and with none."""
    simulator.pbx.change(faults=[{"path": ORIGINATE, "status": status, "acts": acts}])
    answer = await client.send(ORIGINATE, ORDER)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert len(simulator.pbx.calls) == calls
    assert simulator.pbx.requests[0].status == status
    assert (await client.send(PING)).status == 200


async def test_everything_not_found(client: Client, simulator: Simulator) -> None:
    """Every address can answer with the web server's 404 page."""
    simulator.pbx.change(faults=[{"status": 404, "acts": False}])
    for path in (ORIGINATE, PING):
        answer = await client.send(path, ORDER)
        assert answer.status == 404
        assert "<title>404 Not Found</title>" in answer.text
    assert simulator.pbx.calls == ()


async def test_delay(client: Client, simulator: Simulator) -> None:
    """A late reply does not mean a late call."""
    simulator.pbx.change(faults=[{"path": ORIGINATE, "delay": 0.3}])
    began = time.monotonic()
    request = asyncio.create_task(client.send(ORIGINATE, ORDER))
    await asyncio.sleep(0.15)
    assert len(simulator.pbx.calls) == 1
    assert simulator.pbx.requests[0].status is None
    assert (await request).status == 200
    assert time.monotonic() - began >= 0.3


async def test_stop_during_delay() -> None:
    """Stopping cuts off replies that are still delayed."""
    async with aiohttp.ClientSession() as session:
        async with running() as simulator:
            simulator.pbx.change(faults=[{"delay": 600}])
            request = asyncio.create_task(Client(session, simulator).send(PING))
            while not simulator.pbx.requests:
                await asyncio.sleep(0.01)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        with pytest.raises(aiohttp.ClientError):
            await request


async def test_restart(client: Client, simulator: Simulator) -> None:
    """A stopped simulator refuses connections, a restarted one has its port back."""
    address = simulator.url
    await simulator.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.send(PING)
    await simulator.start()
    assert simulator.url == address
    simulator.pbx.change(faults=[{"delay": 0.01}])
    assert (await client.send(PING)).status == 200


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("", "application/json"),
        ("[" * 50_000, "application/json"),
        ("سلام", "text/plain"),
    ],
)
async def test_replaced_reply(
    client: Client, simulator: Simulator, text: str, content_type: str
) -> None:
    """A reply can be replaced by any status, headers and text."""
    headers = {"Content-Type": content_type, "X-Odd": "1"}
    simulator.pbx.change(
        faults=[{"path": PING, "status": 200, "headers": headers, "body": text}]
    )
    answer = await client.send(PING)
    assert (answer.status, answer.text) == (200, text)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["X-Odd"] == "1"


async def test_reply_that_is_no_utf_8(client: Client, simulator: Simulator) -> None:
    """A reply can hold bytes that are no UTF-8, and the setting survives JSON."""
    fault = {"path": PING, "status": 200, "body": "\udcff"}
    await client.control("PATCH", "settings", {"faults": [fault]})
    shown = (await client.control("GET", "settings")).json["faults"]
    await client.control("PATCH", "settings", {"faults": shown})
    with pytest.raises(UnicodeDecodeError):
        await client.send(PING)


@pytest.mark.parametrize(
    "request_text",
    [
        pytest.param(b"Content-Length: 9\r\n\r\n{", id="left midway in the body"),
        pytest.param(
            b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
            id="not compressed",
        ),
    ],
)
async def test_broken_request(
    client: Client,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    request_text: bytes,
) -> None:
    """A request that breaks is kept without a status, and nothing is upset by it."""
    _, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(
        b"PUT /api/v4/setting/ping/act HTTP/1.1\r\nHost: pbx\r\n" + request_text
    )
    await writer.drain()
    while not simulator.pbx.requests:
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    assert (await client.send(PING)).status == 200
    assert [record.status for record in simulator.pbx.requests] == [None, 200]
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_redirect(client: Client, simulator: Simulator) -> None:
    """A reply can redirect."""
    fault = Fault(status=302, headers={"Location": "/elsewhere"}, acts=False)
    simulator.pbx.change(faults=[fault])
    answer = await client.send(PING)
    assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")


async def test_gzip(client: Client, simulator: Simulator) -> None:
    """A reply can be compressed."""
    simulator.pbx.change(faults=[{"gzip": True}])
    answer = await client.send(PING)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json["success"] == 1


async def test_fault_used_up(client: Client, simulator: Simulator) -> None:
    """A fault applies the given number of times to its path, then the next one does."""
    simulator.pbx.change(
        faults=[
            {"path": ORIGINATE, "status": 500, "times": 1},
            {"path": PING, "status": 502, "times": 2},
            {"path": "*", "status": 503, "times": 1},
        ]
    )
    paths = [PING, PING, PING, PING, ORIGINATE, ORIGINATE]
    statuses = [(await client.send(path, ORDER)).status for path in paths]
    assert statuses == [502, 502, 503, 200, 500, 200]


async def test_fault_stays_used_up(client: Client, simulator: Simulator) -> None:
    """Only setting the faults makes their uses begin anew."""
    simulator.pbx.change(faults=[{"status": 500, "times": 1}])
    assert (await client.send(PING)).status == 500
    simulator.pbx.change(verbs=["POST"])
    assert (await client.send(PING)).status == 200
    simulator.pbx.change(faults=[{"status": 500, "times": 1}])
    assert (await client.send(PING)).status == 500


async def test_fault_outside_of_api(client: Client, simulator: Simulator) -> None:
    """A fault can apply to an address outside of the API."""
    simulator.pbx.change(faults=[{"path": "/elsewhere", "status": 503}])
    assert (await client.fetch("GET", simulator.url + "/elsewhere")).status == 503
    assert (await client.fetch("GET", simulator.url + "/nowhere")).status == 404


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"path": "call/originate/act"}, "path"),
        ({"times": -1}, "times"),
        ({"delay": -1}, "delay"),
        ({"delay": float("inf")}, "delay"),
        ({"drop": "sometimes"}, "drop"),
        ({"status": 100}, "status"),
        ({"status": True}, "status"),
        ({"body": "x"}, "body"),
        ({"status": 200, "body": "\ud800"}, "body"),
        ({"headers": {"X": "1"}}, "headers"),
        ({"status": 200, "headers": {"X Y": "1"}}, "headers"),
        ({"status": 200, "headers": {"X": "1\r\nY: 2"}}, "headers"),
        ({"acts": False}, "acts"),
        ({"acts": False, "drop": "midway"}, "acts"),
    ],
)
def test_fault_refused(fault: dict[str, object], name: str) -> None:
    """A fault that contradicts itself is refused by name."""
    with pytest.raises(SettingsError) as refusal:
        Simulator().pbx.change(faults=[fault])
    assert list(refusal.value.problems) == [f"faults.0.{name}"]


@pytest.mark.parametrize("rounds", range(8))
async def test_stop_while_somebody_connects(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever connects while the server stops leaves nothing for Python to mourn."""
    mourned: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", mourned.append)
    async with running() as simulator:
        stopping = asyncio.create_task(simulator.stop())
        for _ in range(rounds):
            await asyncio.sleep(0)
        with socket.socket() as late, suppress(ConnectionRefusedError):
            late.connect(("127.0.0.1", simulator.port))
            await stopping
        await stopping
    gc.collect()
    assert mourned == []
