"""The telephones by way of the control API, and the page that uses it."""

import asyncio
from ipaddress import ip_address
from pathlib import Path
import re
from typing import Any

import aiohttp
import pytest

import simulator
from simulator.server import Simulator

from .conftest import ORDER, ORIGINATE, PING, Client, order
from .receiver import Receiver


@pytest.fixture
async def by_hand(simulator: Simulator) -> None:
    """Let a simulator's phones do nothing by themselves."""
    behaviour = {"behaviour": "manual", "talk": 0}
    simulator.pbx.change(extension_phone=behaviour, outside_phone=behaviour)


async def phone(client: Client, number: str) -> Any:
    """Return what the control API shows of a telephone."""
    phones = (await client.control("GET", "phones")).json
    return next(shown for shown in phones if shown["number"] == number)


async def press(client: Client, number: str, button: str, **more: object) -> int:
    """Use a telephone, and return the status."""
    answer = await client.control("POST", f"phones/{number}/{button}", more)
    return answer.status


async def outcomes(client: Client) -> list[tuple[str | None, str]]:
    """Return how the calls have ended."""
    shown = (await client.control("GET", "traffic")).json
    return [(call["outcome"], call["reason"]) for call in shown]


async def test_phones(client: Client) -> None:
    """The extensions are shown, with what they do."""
    shown = await phone(client, "557")
    assert shown == {
        "number": "557",
        "name": "Reception",
        "inside": True,
        "state": "Idle",
        "behaviour": "answer",
        "after": 2.0,
        "talk": 10.0,
        "calls": [],
    }
    assert (await phone(client, "580"))["state"] == "Unavailable"


@pytest.mark.usefixtures("by_hand")
async def test_answered_by_hand(client: Client) -> None:
    """A phone rings until a person answers, and talks until one hangs up."""
    await client.send(ORIGINATE, ORDER)
    shown = await phone(client, "557")
    assert shown["state"] == "Ringing"
    assert shown["calls"][0] == {
        "call": 1,
        "kind": "originated",
        "role": "first",
        "state": "ringing",
        "call_state": "calling_caller",
        "caller": "557",
        "callee": "552",
        "shown": "552",
        "queue": "",
        "seconds": shown["calls"][0]["seconds"],
    }
    assert await press(client, "557", "answer") == 200
    assert (await phone(client, "552"))["state"] == "Ringing"
    assert await press(client, "552", "answer") == 200
    assert (await phone(client, "557"))["calls"][0]["call_state"] == "talking"
    assert await press(client, "557", "hangup") == 200
    assert (await phone(client, "552"))["state"] == "Idle"
    assert await outcomes(client) == [("answered", "answered")]


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize(
    ("presses", "outcome"),
    [
        ([("557", "reject")], ("caller_no_answer", "rejected")),
        ([("557", "answer"), ("552", "reject")], ("busy", "rejected")),
        ([("557", "ignore")], ("caller_no_answer", "no_answer")),
        ([("557", "answer"), ("552", "ignore")], ("no_answer", "no_answer")),
        ([("557", "answer"), ("557", "hangup")], ("no_answer", "caller_hung_up")),
        (
            [("557", "answer"), ("552", "answer"), ("552", "hangup")],
            ("answered", "answered"),
        ),
    ],
)
async def test_by_hand(
    client: Client, presses: list[tuple[str, str]], outcome: tuple[str, str]
) -> None:
    """What a person does decides what becomes of the call."""
    await client.send(ORIGINATE, ORDER)
    for number, button in presses:
        assert await press(client, number, button) == 200
    assert await outcomes(client) == [outcome]


async def test_by_hand_in_time(receiver: Receiver) -> None:
    """A phone that nobody answers stops when the time is over."""
    async with asyncio.timeout(10):
        simulator = Simulator()
        await simulator.start()
        try:
            simulator.pbx.change(
                extension_phone={"behaviour": "manual"},
                speed=1000,
                webhook={"enabled": True, "address": receiver.url, "events": "all"},
            )
            simulator.pbx.place(order())
            await simulator.pbx.idle()
        finally:
            await simulator.stop()
    assert simulator.pbx.traffic[0].wait == 30
    assert receiver.told == ["557 Ringing", "557 Idle", "Cdr NO ANSWER"]


@pytest.mark.usefixtures("by_hand")
async def test_outside_by_hand(client: Client) -> None:
    """A telephone outside is shown while it takes part in a call."""
    await client.send(ORIGINATE, {**ORDER, "callee": "09120000001"})
    await press(client, "557", "answer")
    shown = await phone(client, "09120000001")
    assert (shown["inside"], shown["state"]) == (False, "Ringing")
    await press(client, "09120000001", "answer")
    await press(client, "09120000001", "hangup")
    phones = (await client.control("GET", "phones")).json
    assert all(shown["inside"] for shown in phones)


@pytest.mark.usefixtures("by_hand")
async def test_dial(client: Client) -> None:
    """A person dials from an extension."""
    assert await press(client, "557", "dial", callee="552") == 200
    await press(client, "552", "answer")
    await press(client, "557", "hangup")
    assert await outcomes(client) == [("answered", "answered")]
    assert (await client.control("GET", "calls")).json == []


@pytest.mark.usefixtures("by_hand")
async def test_dial_in(client: Client) -> None:
    """A person calls from outside."""
    given = {"number": "09121234567", "callee": "557"}
    answer = await client.control("POST", "dial_in", given)
    assert (answer.status, answer.json["kind"]) == (200, "incoming")
    assert (await phone(client, "557"))["calls"][0]["shown"] == "09121234567"
    await press(client, "557", "reject")
    assert await outcomes(client) == [("busy", "rejected")]
    assert (await client.control("DELETE", "traffic")).status == 204
    assert await outcomes(client) == []


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("phones/557/answer", {}, 409),
        ("phones/557/reject", {}, 409),
        ("phones/557/ignore", {}, 409),
        ("phones/999/hangup", {}, 409),
        ("phones/999/dial", {"callee": "557"}, 409),
        ("phones/557/dial", {}, 400),
        ("phones/557/dial", {"callee": 557}, 400),
        ("phones/557/dial", {"callee": "552", "colour": "red"}, 400),
        ("phones/557/dial", [], 400),
        ("dial_in", {"number": "09121234567", "callee": "999"}, 409),
        ("dial_in", {"number": "09121234567"}, 400),
        ("trunks/nobody", {"state": "Ok"}, 409),
        ("trunks/cisco", {"state": "Gone"}, 400),
        ("events", {"name": "Ping"}, 400),
    ],
)
async def test_refused(client: Client, path: str, value: object, status: int) -> None:
    """What cannot be done is refused with a sentence."""
    answer = await client.control("POST", path, value)
    assert answer.status == status
    assert answer.json["error"]


async def test_behaviour_of_one_phone(client: Client, simulator: Simulator) -> None:
    """A single phone's behaviour is changed in what is named."""
    answer = await client.control("PATCH", "phones/552", {"behaviour": "busy"})
    assert answer.status == 200
    await client.control("PATCH", "phones/552", {"after": 7})
    shown = await phone(client, "552")
    assert (shown["behaviour"], shown["after"], shown["talk"]) == ("busy", 7, 10)
    assert (await phone(client, "570"))["behaviour"] == "intercom"
    assert [rule.number for rule in simulator.pbx.settings.phones].count("552") == 1
    wrong = await client.control("PATCH", "phones/552", {"behaviour": "sleep"})
    assert wrong.status == 400
    assert wrong.json["problems"].keys() == {"phones.0.behaviour"}


async def test_trunks(client: Client) -> None:
    """Trunks are shown and go down."""
    states = (await client.control("GET", "trunks")).json
    assert states == {"cisco": "Ok", "gsm_gateway": "Ok", "spare": "Deactivate"}
    answer = await client.control("POST", "trunks/cisco", {"state": "Unavailable"})
    assert answer.json["cisco"] == "Unavailable"
    given = {"number": "09121234567", "callee": "557", "trunk": "cisco"}
    assert (await client.control("POST", "dial_in", given)).status == 409


async def test_events(client: Client, simulator: Simulator, receiver: Receiver) -> None:
    """Events are shown and forgotten, and any event can be sent."""
    webhook = {"enabled": True, "address": receiver.url, "events": ["Strange"]}
    await client.control("PATCH", "settings", {"webhook": webhook})
    for name in ("Strange", "Ping"):
        given = {"event_name": name, "field": [1]}
        assert (await client.control("POST", "events", given)).status == 204
    await simulator.pbx.idle()
    assert receiver.events == [{"event_name": "Strange", "field": [1]}]
    (shown,) = (await client.control("GET", "events")).json
    assert (shown["name"], shown["status"], shown["fate"]) == ("Strange", 200, "sent")
    everything = (await client.control("GET", "events?all=1")).json
    assert [event["fate"] for event in everything] == ["sent", "unticked"]
    assert (await client.control("DELETE", "events")).status == 204
    assert (await client.control("GET", "events?all=1")).json == []


async def test_overview(client: Client) -> None:
    """The overview has everything that the page shows, newest first."""
    await client.send(ORIGINATE, ORDER)
    await client.send(PING)
    shown = (await client.control("GET", "overview")).json
    assert [request["path"] for request in shown["requests"]] == [
        f"/api/v4{PING}",
        f"/api/v4{ORIGINATE}",
    ]
    assert "headers" not in shown["requests"][0]
    assert shown["calls"][0]["state"] == "calling_caller"
    assert [event["name"] for event in shown["events"]] == ["Ping", "NewState"]
    assert shown["webhook"]["enabled"] is False
    assert shown["queues"] == [{"number": "9009", "name": "Sales"}]


async def test_overview_waits(client: Client) -> None:
    """An overview after another comes when something has changed."""
    count = (await client.control("GET", "overview")).json["count"]
    waiting = asyncio.ensure_future(client.control("GET", f"overview?after={count}"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await client.send(PING)
    shown = (await waiting).json
    assert shown["count"] > count
    assert (await client.control("GET", "overview?after=x")).status == 400
    # A count of another life of the simulator is answered at once.
    assert (await client.control("GET", "overview?after=999999")).status == 200


async def test_stop_while_watched(client: Client, simulator: Simulator) -> None:
    """Stopping does not wait for those who wait for news."""
    count = (await client.control("GET", "overview")).json["count"]
    waiting = asyncio.ensure_future(client.control("GET", f"overview?after={count}"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        await simulator.stop()
    await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json", "Origin": "http://elsewhere"}, 403),
        ({"Content-Type": "application/json", "Host": "elsewhere:8080"}, 404),
        ({"Content-Type": "application/json", "Host": "localhost:8080"}, 200),
    ],
)
async def test_other_pages_are_kept_out(
    client: Client, simulator: Simulator, headers: dict[str, str], status: int
) -> None:
    """A page of another server, shown by a browser here, can change nothing."""
    url = f"{simulator.url}/_control/dial_in"
    answer = await client.fetch(
        "POST",
        url,
        data=b'{"number": "09121234567", "callee": "557"}',
        headers=headers,
    )
    assert answer.status == status
    assert len(simulator.pbx.traffic) == (status == 200)


async def test_reset_from_another_page(client: Client, simulator: Simulator) -> None:
    """Nor can it with a POST that has no body."""
    url = f"{simulator.url}/_control/reset"
    for headers, status in (
        ({"Sec-Fetch-Mode": "no-cors"}, 415),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ):
        assert (await client.fetch("POST", url, headers=headers)).status == status


async def test_own_page_is_let_in(client: Client, simulator: Simulator) -> None:
    """The simulator's own page may use it."""
    answer = await client.fetch(
        "PATCH",
        f"{simulator.url}/_control/phones/557",
        json={"behaviour": "busy"},
        headers={"Origin": simulator.url, "Sec-Fetch-Mode": "cors"},
    )
    assert answer.status == 200


async def test_page(client: Client, simulator: Simulator) -> None:
    """The page comes as one file that loads nothing from elsewhere."""
    answer = await client.fetch("GET", f"{simulator.url}/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src 'self'" in policy
    assert "<script src" not in answer.text
    assert '<link rel="stylesheet' not in answer.text
    assert simulator.pbx.requests == ()


def test_page_speaks_both_languages() -> None:
    """Every text of the page is there in both languages."""
    page = Path(simulator.__file__).with_name("page.html").read_text(encoding="utf-8")
    texts = {
        language: set(re.findall(r'(\w+): "', block))
        for language, block in re.findall(
            r"^  (en|fa): \{\n(.*?)^  \},", page, re.MULTILINE | re.DOTALL
        )
    }
    assert texts.keys() == {"en", "fa"}
    assert texts["en"] == texts["fa"]
    used = set(re.findall(r'data-text="(\w+)"|\bt\("(\w+)"\)', page))
    assert len(used) > 30
    assert {name for names in used for name in names if name} <= texts["en"]


async def test_page_is_local(
    client: Client, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a client on another machine there is no page."""
    remote = "192.0.2.7"
    assert not ip_address(remote).is_loopback
    monkeypatch.setattr(aiohttp.web.BaseRequest, "remote", remote)
    assert (await client.fetch("GET", f"{simulator.url}/")).status == 404
