"""Originating calls, and ping."""

import asyncio
import re

import pytest

from simulator.calls import CallOrder
from simulator.server import Simulator, running

from .conftest import ORDER, ORIGINATE, PING, Client


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_reference_sample(
    client: Client, simulator: Simulator, method: str
) -> None:
    """The reference's own sample is answered as documented, by either verb."""
    answer = await client.send(ORIGINATE, ORDER, method=method)
    (call,) = simulator.pbx.calls
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {
        "success": 1,
        "message": None,
        "data": {"originated_call_id": call.originated_call_id},
    }
    assert re.fullmatch(r"orig\.call\.[0-9]{10}\.[0-9]{6}", call.originated_call_id)
    assert call.order == CallOrder(
        caller="557",
        callee="552",
        context="main_routing",
        caller_id="557",
        trunk_name="cisco",
        timeout=30,
        call_limit=None,
    )


async def test_call_id() -> None:
    """The call's id holds the second of the request and is unique."""
    async with running(clock=lambda: 1703145054.787335) as simulator:
        order = CallOrder(
            caller="557", callee="552", context="main_routing", caller_id="557"
        )
        identifiers = [simulator.pbx.place(order).originated_call_id for _ in range(3)]
    assert identifiers == [
        "orig.call.1703145054.787335",
        "orig.call.1703145054.787336",
        "orig.call.1703145054.787337",
    ]


async def test_identical_requests(client: Client, simulator: Simulator) -> None:
    """Two identical requests place two calls: there is no idempotency key."""
    await asyncio.gather(client.send(ORIGINATE, ORDER), client.send(ORIGINATE, ORDER))
    first, second = simulator.pbx.calls
    assert first.order == second.order
    assert first.originated_call_id != second.originated_call_id


@pytest.mark.parametrize("name", ["caller", "callee", "context", "caller_id"])
@pytest.mark.parametrize("change", ["absent", "empty", "null"])
async def test_required_fields(
    client: Client, simulator: Simulator, name: str, change: str
) -> None:
    """A required field that is absent, empty or null is missing by name."""
    order: dict[str, str | None] = {**ORDER, name: {"empty": ""}.get(change)}
    sent = {
        key: value for key, value in order.items() if change != "absent" or key != name
    }
    answer = await client.send(ORIGINATE, sent)
    assert answer.refusal == (200, f"Field '{name}':value is missing")
    assert simulator.pbx.calls == ()


async def test_optional_fields(client: Client, simulator: Simulator) -> None:
    """What is not required may be absent or empty and then has its default."""
    required = {
        name: ORDER[name] for name in ("caller", "callee", "context", "caller_id")
    }
    await client.send(ORIGINATE, required)
    await client.send(
        ORIGINATE, {**required, "trunk_name": "", "timeout": "", "call_limit": ""}
    )
    for call in simulator.pbx.calls:
        assert (call.order.trunk_name, call.order.timeout, call.order.call_limit) == (
            "",
            30,
            None,
        )
    assert len(simulator.pbx.calls) == 2


async def test_lenient_fields(client: Client, simulator: Simulator) -> None:
    """Numbers may be JSON numbers, and unknown fields are ignored."""
    order = {
        **ORDER,
        "caller": 557,
        "callee": 552,
        "timeout": 45,
        "call_limit": 60,
        "note": [1],
    }
    assert (await client.send(ORIGINATE, order)).json["success"] == 1
    (call,) = simulator.pbx.calls
    assert (call.order.caller, call.order.callee) == ("557", "552")
    assert (call.order.timeout, call.order.call_limit) == (45, 60)


@pytest.mark.parametrize(
    "change",
    [
        {"caller": True},
        {"callee": ["552"]},
        {"caller_id": {}},
        {"timeout": "soon"},
        {"timeout": -1},
    ],
)
async def test_senseless_fields(
    client: Client, simulator: Simulator, change: dict[str, object]
) -> None:
    """A value that makes no sense fails."""
    answer = await client.send(ORIGINATE, {**ORDER, **change})
    assert answer.refusal == (200, "Requested operation failed")
    assert simulator.pbx.calls == ()


@pytest.mark.parametrize(
    ("change", "switch", "text"),
    [
        ({"context": "default"}, "unknown_context", "Context 'default' not found"),
        ({"trunk_name": "Cisco"}, "unknown_trunk", "Trunk 'Cisco' not found"),
        (
            {"caller": "09120000001", "trunk_name": ""},
            "outside_caller_without_trunk",
            "Field 'trunk_name':value is missing",
        ),
    ],
)
async def test_dialplan_switches(
    client: Client, simulator: Simulator, change: dict[str, str], switch: str, text: str
) -> None:
    """What the dialplan lacks is refused or accepted as its switch says."""
    simulator.pbx.change({switch: "reject"})
    assert (await client.send(ORIGINATE, {**ORDER, **change})).refusal == (200, text)
    assert simulator.pbx.calls == ()
    simulator.pbx.change({switch: "accept"})
    assert (await client.send(ORIGINATE, {**ORDER, **change})).json["success"] == 1
    assert len(simulator.pbx.calls) == 1


async def test_dialplan_defaults(client: Client, simulator: Simulator) -> None:
    """Out of the box unknown names are refused and a missing trunk is not."""
    for change in ({"context": "default"}, {"trunk_name": "nobody"}):
        assert (await client.send(ORIGINATE, {**ORDER, **change})).json["success"] == 0
    await client.send(ORIGINATE, {**ORDER, "caller": "09120000001", "trunk_name": ""})
    assert [call.order.caller for call in simulator.pbx.calls] == ["09120000001"]


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_ping(client: Client, method: str) -> None:
    """A ping is answered with the documented sentence, by either verb."""
    answer = await client.send(PING, {}, method=method)
    assert answer.json == {
        "success": 1,
        "message": (
            "If the 'Ping' event is enabled in the settings menu, "
            "you'll receive it when it's sent"
        ),
        "data": None,
    }


@pytest.mark.parametrize(
    ("spelling", "success", "failure"),
    [("number", 1, 0), ("boolean", True, False), ("text", "1", "0")],
)
async def test_spelling_of_success(
    client: Client,
    simulator: Simulator,
    spelling: str,
    success: object,
    failure: object,
) -> None:
    """Success can be a number, a boolean or text."""
    simulator.pbx.change(envelope={"success": spelling})
    accepted = (await client.send(ORIGINATE, ORDER)).json["success"]
    refused = (await client.send(ORIGINATE)).json["success"]
    assert (accepted, refused) == (success, failure)
    assert (type(accepted), type(refused)) == (type(success), type(failure))


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("documented", None),
        ("null", None),
        ("empty", ""),
        ("text", "Requested operation is done successfully"),
    ],
)
async def test_spelling_of_message(
    client: Client, simulator: Simulator, spelling: str, message: str | None
) -> None:
    """The message of a success can differ, that of a failure is the reason."""
    simulator.pbx.change(envelope={"message": spelling})
    assert (await client.send(ORIGINATE, ORDER)).json["message"] == message
    refused = await client.send(ORIGINATE)
    assert refused.json["message"] == "Field 'caller':value is missing"
