"""What is refused, with which status and text, and what is tolerated."""

import json
from typing import Any

import aiohttp
import pytest

from simulator.server import Simulator

from .conftest import API_KEY, BASIC, CREDENTIALS, ORDER, ORIGINATE, PING, USERS, Client

MISSING = (401, "BasicAuth or ApiKey is missing")
INVALID = (401, "BasicAuth or ApiKey is invalid")
NOT_IMPLEMENTED = (501, "Requested service dose not exist")
UNPARSABLE = (400, "Unable to parse content")
UNSUPPORTED = (415, "Unsupported Media Type")


@pytest.mark.parametrize(
    "path", ["/", "/api/v3/call/originate/act", "/api/v4.1" + PING, "/api"]
)
async def test_outside_of_api(client: Client, simulator: Simulator, path: str) -> None:
    """An address outside of the API gets the web server's HTML page."""
    answer = await client.fetch(
        "POST", simulator.url + path, headers=CREDENTIALS, json={}
    )
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<title>404 Not Found</title>" in answer.text


async def test_base_path(client: Client, simulator: Simulator) -> None:
    """The API can live at another path, and at that one only."""
    old_base = simulator.api_url
    simulator.pbx.change(base_path="/api/v4.1")
    assert simulator.api_url.endswith("/api/v4.1")
    assert (await client.send(PING)).status == 200
    assert (await client.fetch("PUT", old_base + PING)).status == 404


@pytest.mark.parametrize(
    "path", ["//api/v4" + ORIGINATE, "/api/v4//call//originate/act"]
)
async def test_doubled_slashes(client: Client, simulator: Simulator, path: str) -> None:
    """Doubled slashes, as in the vendor's older samples, are taken for single ones."""
    answer = await client.fetch(
        "PUT", simulator.url + path, headers=CREDENTIALS, json=ORDER
    )
    assert answer.status == 200
    assert simulator.pbx.requests[-1].path == path
    assert simulator.pbx.requests[-1].operation == ORIGINATE


@pytest.mark.parametrize(
    "path", ["", "/", "/call/originate", ORIGINATE + "/", "/pbx/users/add"]
)
async def test_unknown_request(client: Client, path: str) -> None:
    """What follows the base path and is no request of the API does not exist."""
    assert (await client.send(path)).refusal == NOT_IMPLEMENTED


async def test_credentials_missing(client: Client) -> None:
    """Without any credentials they are missing."""
    assert (await client.send(PING, headers={})).refusal == MISSING


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        pytest.param("both", {"X-APIKEY": API_KEY}, id="only the key of both"),
        pytest.param("both", {"Authorization": BASIC}, id="only basic of both"),
        pytest.param("both", {"X-APIKEY": "x", "Authorization": BASIC}, id="wrong key"),
        pytest.param(
            "both",
            {
                "X-APIKEY": API_KEY,
                "Authorization": aiohttp.encode_basic_auth("test", "x"),
            },
            id="wrong password",
        ),
        pytest.param("basic", {"X-APIKEY": API_KEY}, id="key instead of basic"),
        pytest.param("token", {"Authorization": BASIC}, id="basic instead of key"),
        pytest.param("token", {"X-APIKEY": API_KEY.lower()}, id="key in another case"),
        pytest.param(
            "basic", {"Authorization": "Basic test:Aa123456"}, id="not encoded"
        ),
        pytest.param("basic", {"Authorization": "Basic /w=="}, id="not UTF-8"),
        pytest.param(
            "basic", {"Authorization": "Basic"}, id="nothing after the scheme"
        ),
        pytest.param(
            "basic", {"Authorization": f"Bearer {API_KEY}"}, id="another scheme"
        ),
    ],
)
async def test_credentials_invalid(
    client: Client, simulator: Simulator, mode: str, headers: dict[str, str]
) -> None:
    """Wrong, incomplete and unreadable credentials are invalid."""
    simulator.pbx.change(account={"mode": mode})
    assert (await client.send(PING, headers=headers)).refusal == INVALID


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        ("basic", {"Authorization": BASIC}),
        ("basic", {"authorization": BASIC.replace("Basic", "basic")}),
        ("token", {"X-APIKEY": API_KEY}),
        ("token", {"x-apikey": API_KEY}),
        ("both", CREDENTIALS),
        ("basic", CREDENTIALS),
        ("token", CREDENTIALS),
    ],
)
async def test_credentials_complete(
    client: Client, simulator: Simulator, mode: str, headers: dict[str, str]
) -> None:
    """What the account's mode asks for passes, in any case of the header's name."""
    simulator.pbx.change(account={"mode": mode})
    assert (await client.send(PING, headers=headers)).status == 200


async def test_credentials_utf_8(client: Client, simulator: Simulator) -> None:
    """Basic credentials are UTF-8 and end the user name at the first colon."""
    simulator.pbx.change(
        account={"mode": "basic", "username": "خانه", "password": "رمز:عبور"}
    )
    basic = aiohttp.encode_basic_auth("خانه", "رمز:عبور", encoding="utf-8")
    assert (await client.send(PING, headers={"Authorization": basic})).status == 200


async def test_account_disabled(client: Client, simulator: Simulator) -> None:
    """The right credentials of an account that is switched off are invalid."""
    simulator.pbx.change(account={"enabled": False})
    assert (await client.send(PING)).refusal == INVALID


async def test_not_permitted(client: Client, simulator: Simulator) -> None:
    """A request that is not ticked in the account is denied with its path."""
    simulator.pbx.change(account={"permitted_requests": [PING]})
    assert (await client.send(PING)).status == 200
    refusal = (await client.send(ORIGINATE, ORDER)).refusal
    assert refusal == (403, '"/call/originate/act";Access denied')
    assert simulator.pbx.calls == ()


@pytest.mark.parametrize(
    ("allowed", "status"),
    [
        ("all", 200),
        (["127.0.0.1"], 200),
        (["192.0.2.0/24", "127.0.0.0/8"], 200),
        (["192.0.2.0/24", "::1"], 403),
        ([], 403),
    ],
)
async def test_allowed_addresses(
    client: Client, simulator: Simulator, allowed: object, status: int
) -> None:
    """Only allowed addresses and networks are served."""
    simulator.pbx.change(allowed_addresses=allowed)
    assert (await client.send(PING)).status == status


async def test_address_not_permitted(client: Client, simulator: Simulator) -> None:
    """An address that is not allowed is told so, credentials or not."""
    simulator.pbx.change(allowed_addresses=["192.0.2.1"])
    assert (await client.send(PING, headers={})).refusal == (403, "IP is not permitted")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "OPTIONS"])
async def test_other_verbs(client: Client, method: str) -> None:
    """A verb other than POST and PUT is not allowed."""
    answer = await client.send(ORIGINATE, ORDER, method=method)
    assert answer.refusal == (405, "Method not allowed")


@pytest.mark.parametrize(("accepted", "refused"), [("POST", "PUT"), ("PUT", "POST")])
async def test_one_verb(
    client: Client, simulator: Simulator, accepted: str, refused: str
) -> None:
    """Either verb alone can be accepted; the other places no call."""
    simulator.pbx.change(verbs=[accepted])
    assert (await client.send(ORIGINATE, ORDER, method=refused)).status == 405
    assert simulator.pbx.calls == ()
    assert (await client.send(ORIGINATE, ORDER, method=accepted)).status == 200


async def test_verbs_by_request(client: Client, simulator: Simulator) -> None:
    """A single request can have verbs of its own."""
    simulator.pbx.change(verbs=["POST"], verbs_by_request={PING: ["PUT"]})
    assert (await client.send(PING, method="PUT")).status == 200
    assert (await client.send(PING, method="POST")).status == 405
    assert (await client.send(ORIGINATE, ORDER, method="POST")).status == 200


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"],
)
async def test_content_type(client: Client, content_type: str | None) -> None:
    """A body that does not call itself JSON is unsupported."""
    answer = await client.send(ORIGINATE, ORDER, content_type=content_type)
    assert answer.refusal == UNSUPPORTED


@pytest.mark.parametrize(
    "content_type", ["Application/JSON", "application/json; charset=utf-8"]
)
async def test_content_type_spelling(client: Client, content_type: str) -> None:
    """The content type may be in any case and have parameters."""
    assert (
        await client.send(ORIGINATE, ORDER, content_type=content_type)
    ).status == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"caller=557&callee=552", id="form"),
        pytest.param(b"{'caller': '557'}", id="single quotes"),
        pytest.param(b'{"caller": NaN}', id="NaN"),
        pytest.param(b'{"caller": "\xff"}', id="not UTF-8"),
        pytest.param(b'"557"', id="text"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="nested deeply"),
        pytest.param(
            b'{"caller": ' + b"9" * 5000 + b"}", id="number beyond all limits"
        ),
    ],
)
async def test_unparsable_body(client: Client, body: bytes) -> None:
    """A body that is no JSON object cannot be parsed."""
    assert (await client.send(ORIGINATE, body=body)).refusal == UNPARSABLE


async def test_oversized_body(
    client: Client,
) -> None:
    """A body beyond all measure gets the web server's own page."""
    answer = await client.send(ORIGINATE, body=b" " * 300_000)
    assert answer.status == 413
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded"])
async def test_ping_without_body(client: Client, content_type: str | None) -> None:
    """A ping needs no body, and then no content type."""
    assert (await client.send(PING, body=b"", content_type=content_type)).status == 200


async def test_ping_with_body(
    client: Client,
) -> None:
    """A ping with a body is read like any other request."""
    assert (
        await client.send(PING, body=b"{}", content_type="text/plain")
    ).refusal == UNSUPPORTED
    assert (await client.send(PING, body=b"{")).refusal == UNPARSABLE
    assert (await client.send(PING, body=b"[]")).status == 200


async def test_order_of_refusals(client: Client, simulator: Simulator) -> None:
    """One mistake is repaired after the other and the next one refused."""
    simulator.pbx.change(
        allowed_addresses=["192.0.2.1"],
        account={"permitted_requests": []},
        verbs=["POST"],
    )

    sent: dict[str, Any] = {
        "path": "/no/such/thing",
        "headers": {},
        "method": "PUT",
        "content_type": "text/plain",
        "body": b"{",
    }
    assert (await client.send(**sent)).refusal == (403, "IP is not permitted")
    simulator.pbx.change(allowed_addresses="all")
    assert (await client.send(**sent)).refusal == MISSING
    sent["headers"] = CREDENTIALS
    assert (await client.send(**sent)).refusal == NOT_IMPLEMENTED
    sent["path"] = ORIGINATE
    denied = (403, '"/call/originate/act";Access denied')
    assert (await client.send(**sent)).refusal == denied
    simulator.pbx.change(account={"permitted_requests": "all"})
    assert (await client.send(**sent)).refusal == (405, "Method not allowed")
    sent["method"] = "POST"
    assert (await client.send(**sent)).refusal == UNSUPPORTED
    sent["content_type"] = "application/json"
    assert (await client.send(**sent)).refusal == UNPARSABLE
    sent["body"] = b"{}"
    missing = (200, "Field 'caller':value is missing")
    assert (await client.send(**sent)).refusal == missing


async def test_journal(client: Client, simulator: Simulator) -> None:
    """Every request is kept as it was received, secrets and refused ones too."""
    body = json.dumps(ORDER).encode()
    await client.send(ORIGINATE + "?a=1", body=body)
    await client.send(PING, body=b"{", headers={"X-APIKEY": "wrong"}, method="PUT")
    await client.fetch("GET", simulator.url + "/elsewhere")
    first, second, third = simulator.pbx.requests
    assert (first.method, first.path) == ("POST", f"/api/v4{ORIGINATE}?a=1")
    assert (first.operation, first.status) == (ORIGINATE, 200)
    assert (first.body, first.parsed) == (body.decode(), ORDER)
    assert first.headers["x-apikey"] == API_KEY
    assert first.headers["Authorization"] == BASIC
    assert (second.method, second.operation, second.status) == ("PUT", PING, 401)
    assert (second.body, second.parsed) == ("{", None)
    assert (third.path, third.operation, third.status) == ("/elsewhere", None, 404)
    await client.send(PING, body=b"\xff")
    assert simulator.pbx.requests[-1].body.encode(errors="surrogateescape") == b"\xff"
    assert simulator.pbx.requests_for(ORIGINATE) == [first]
    assert simulator.pbx.requests_for("/elsewhere") == [third]


async def test_journal_is_bounded(client: Client, simulator: Simulator) -> None:
    """Only the newest records are kept."""
    simulator.pbx.change(keep_records=2)
    for number in ("1", "2", "3"):
        await client.send(ORIGINATE, {**ORDER, "callee": number})
    assert [call.order.callee for call in simulator.pbx.calls] == ["2", "3"]
    assert len(simulator.pbx.requests) == 2


async def test_searches_are_guarded(client: Client) -> None:
    """Searches want credentials too."""
    assert (await client.send(USERS, headers={})).refusal == MISSING
