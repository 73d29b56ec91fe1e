"""The control API."""

from ipaddress import ip_address

import aiohttp
import pytest

from simulator.server import Simulator
from simulator.settings import Settings

from .conftest import API_KEY, ORDER, ORIGINATE, PING, Client


async def test_settings_shown(client: Client) -> None:
    """Settings are shown as the file has them."""
    answer = await client.control("GET", "settings")
    assert answer.status == 200
    assert answer.json == Settings().plain()


async def test_settings_changed(client: Client) -> None:
    """A change keeps what it does not name, in tables too, and holds at once."""
    changes = {"account": {"mode": "basic"}, "verbs": ["PUT"], "queues": []}
    answer = await client.control("PATCH", "settings", changes)
    assert answer.status == 200
    assert answer.json["account"] == {**Settings().plain()["account"], "mode": "basic"}
    assert (answer.json["verbs"], answer.json["queues"]) == (["PUT"], [])
    assert (await client.control("GET", "settings")).json == answer.json
    assert (await client.send(PING)).status == 405


async def test_unknown_settings(
    client: Client,
) -> None:
    """Names that are no settings are told, at any depth, and nothing is changed."""
    changes = {
        "verbs": ["PUT"],
        "colour": 1,
        "account": {"user": "x"},
        "faults": [{"chance": 1}],
        "zone": "Tehran",
    }
    answer = await client.control("PATCH", "settings", changes)
    assert answer.status == 400
    assert answer.json["unknown"] == ["colour", "account.user", "faults.0.chance"]
    assert "colour: no such setting" in answer.json["error"]
    assert (await client.control("GET", "settings")).json == Settings().plain()


async def test_wrong_values(client: Client) -> None:
    """Values of a wrong kind are told with the name and what they must be."""
    changes = {"account": {"enabled": 1, "mode": "none"}, "keep_records": "9"}
    answer = await client.control("PATCH", "settings", changes)
    assert answer.status == 400
    assert answer.json["problems"] == {
        "account.enabled": "must be true or false",
        "account.mode": "must be one of basic, token, both",
        "keep_records": "must be a whole number",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_settings_no_object(
    client: Client, simulator: Simulator, body: bytes
) -> None:
    """Only an object can change settings."""
    url = f"{simulator.url}/_control/settings"
    assert (await client.fetch("PATCH", url, data=body)).status == 400


async def test_requests_shown(client: Client, simulator: Simulator) -> None:
    """The journal is shown with everything in it, filtered by path, and emptied."""
    await client.send(ORIGINATE, ORDER)
    await client.send(PING)
    shown = (await client.control("GET", "requests")).json
    assert [record["operation"] for record in shown] == [ORIGINATE, PING]
    assert shown[0] == {
        "time": simulator.pbx.requests[0].time,
        "remote": "127.0.0.1",
        "method": "POST",
        "path": f"/api/v4{ORIGINATE}",
        "operation": ORIGINATE,
        "headers": dict(simulator.pbx.requests[0].headers),
        "body": simulator.pbx.requests[0].body,
        "parsed": ORDER,
        "status": 200,
    }
    assert shown[0]["headers"]["X-APIKEY"] == API_KEY
    assert (await client.control("GET", f"requests?path={PING}")).json == shown[1:]
    assert (await client.control("GET", f"requests?path=/api/v4{PING}")).json == shown[
        1:
    ]
    assert (await client.control("GET", "requests?path=/nothing")).json == []
    assert (await client.control("DELETE", "requests")).status == 204
    assert (await client.control("GET", "requests")).json == []


async def test_calls_shown(client: Client) -> None:
    """Accepted calls are shown and forgotten."""
    reply = (await client.send(ORIGINATE, ORDER)).json
    (call,) = (await client.control("GET", "calls")).json
    assert call == {
        **ORDER,
        "originated_call_id": reply["data"]["originated_call_id"],
        "time": call["time"],
        "timeout": 30,
        "call_limit": None,
    }
    assert (await client.control("DELETE", "calls")).status == 204
    assert (await client.control("GET", "calls")).json == []


async def test_report_rows(
    client: Client,
) -> None:
    """Report rows are added, replaced, shown and forgotten."""
    await client.control("POST", "cdr", {"cuid": "1.1"})
    assert (await client.control("POST", "cdr", [{"cuid": "2.2"}])).json == [
        {"cuid": "1.1"},
        {"cuid": "2.2"},
    ]
    assert (await client.control("PUT", "cdr", [{"cuid": "3.3"}])).json == [
        {"cuid": "3.3"}
    ]
    assert (await client.control("POST", "cdr", ["3.3"])).status == 400
    assert (await client.control("GET", "cdr")).json == [{"cuid": "3.3"}]
    assert (await client.control("DELETE", "cdr")).status == 204
    assert (await client.control("GET", "cdr")).json == []


async def test_reset(client: Client, simulator: Simulator) -> None:
    """A reset restores the settings of the start and forgets what happened."""
    await client.send(ORIGINATE, ORDER)
    await client.control("PUT", "cdr", {"cuid": "1.1"})
    await client.control("PATCH", "settings", {"faults": [{"status": 500}]})
    answer = await client.control("POST", "reset")
    assert (answer.status, answer.json) == (200, Settings().plain())
    assert (simulator.pbx.requests, simulator.pbx.calls, simulator.pbx.rows) == (
        (),
        (),
        (),
    )
    assert (await client.send(PING)).status == 200


async def test_reset_renews_faults() -> None:
    """A reset makes used-up faults of the start apply again."""
    simulator = Simulator(Settings().changed({"faults": [{"status": 500, "times": 1}]}))
    assert [simulator.pbx.faults.take(PING).status for _ in range(2)] == [500, 0]
    simulator.pbx.reset()
    assert simulator.pbx.faults.take(PING).status == 500


async def test_control_api_stands_apart(client: Client, simulator: Simulator) -> None:
    """Faults do not reach the control API, and the journal does not show it."""
    simulator.pbx.change(faults=[{"drop": "before"}])
    with pytest.raises(aiohttp.ClientError):
        await client.send(PING)
    assert len((await client.control("GET", "requests")).json) == 1


async def test_control_api_is_local(
    client: Client, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a client on another machine the control API is an unknown address."""
    remote = "192.0.2.7"
    monkeypatch.setattr(aiohttp.web.BaseRequest, "remote", remote)
    assert not ip_address(remote).is_loopback
    answer = await client.control("GET", "settings")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_unknown_control_address(client: Client) -> None:
    """An unknown control address is not found, a wrong verb not allowed."""
    assert (await client.control("GET", "weather")).status == 404
    assert (await client.control("PUT", "settings", {})).status == 405
