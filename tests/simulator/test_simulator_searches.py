"""The searches of users, trunks and queues."""

from typing import Any

import pytest

from simulator.server import Simulator

from .conftest import QUEUES, TRUNKS, USERS, Client

USER_KEYS = [
    "_id",
    "user_type",
    "active",
    "call_record",
    "push_notification",
    "name",
    "number",
    "cid_number",
    "secret",
    "deny",
    "permit",
    "dtmfmode",
    "context",
    "host",
    "type",
    "port",
    "qualify",
    "email",
    "forward_policy",
    "more_options",
    "canreinvite",
    "directmedia",
    "nat",
    "callgroup",
    "pickupgroup",
    "callcounter",
    "faxdetect",
    "call_limit",
    "description",
    "date",
    "queues",
]
TRUNK_KEYS = [
    "_id",
    "trunk_type",
    "name",
    "register_string",
    "active",
    "deny",
    "permit",
    "dtmfmode",
    "canreinvite",
    "directmedia",
    "context",
    "host",
    "type",
    "nat",
    "port",
    "qualify",
    "insecure",
    "disallow",
    "allow",
    "more_options",
    "description",
    "date",
]
QUEUE_KEYS = [
    "_id",
    "name",
    "number",
    "strategy",
    "ringinuse",
    "call_record",
    "announce_holdtime",
    "announce_position",
    "joinempty",
    "leavewhenempty",
    "maxlen",
    "music",
    "retry",
    "servicelevel",
    "timeout",
    "weight",
    "wrapuptime",
    "monitor_type",
    "monitor_format",
    "more_options",
    "date",
]


async def found(client: Client, path: str, **parameters: object) -> Any:
    """Return the rows of a search, by their numbers or else their names."""
    answer = await client.send(path, {"alike": "true", **parameters})
    return [row.get("number", row["name"]) for row in answer.json["data"]]


@pytest.mark.parametrize(
    ("path", "keys"), [(USERS, USER_KEYS), (TRUNKS, TRUNK_KEYS), (QUEUES, QUEUE_KEYS)]
)
async def test_documented_keys(client: Client, path: str, keys: list[str]) -> None:
    """Rows have all documented keys."""
    answer = await client.send(path, {"alike": True})
    assert (answer.status, answer.json["success"], answer.json["message"]) == (
        200,
        1,
        "",
    )
    assert answer.json["data"]
    for row in answer.json["data"]:
        assert list(row) == keys


async def test_out_of_the_box(client: Client) -> None:
    """Extensions, trunks and queues are there out of the box."""
    assert await found(client, USERS) == ["557", "552", "553", "521", "570", "580"]
    assert await found(client, TRUNKS) == ["cisco", "gsm_gateway", "spare"]
    assert await found(client, QUEUES) == ["9009"]


async def test_trunk_secrets(client: Client) -> None:
    """Trunks carry their passwords in clear, as on the PBX."""
    row = (await client.send(TRUNKS, {"alike": True})).json["data"][0]
    assert row["register_string"] == "simulator:trunk-secret@192.0.2.10/simulator"
    assert row["more_options"] == "fromuser=simulator secret=trunk-secret"


@pytest.mark.parametrize(
    ("secrets", "secret"), [("masked", "******"), ("plain", "extension-secret")]
)
async def test_extension_secrets(
    client: Client, simulator: Simulator, secrets: str, secret: str
) -> None:
    """The secrets of extensions are masked or plain."""
    simulator.pbx.change(searches={"secrets": secrets})
    row = (await client.send(USERS, {"alike": True})).json["data"][0]
    assert row["secret"] == secret


async def test_utf_8(client: Client) -> None:
    """Names beyond ASCII come as UTF-8."""
    answer = await client.send(
        USERS, {"alike": "true", "conditions": {"number": "553"}}
    )
    assert answer.json["data"][0]["name"] == "سرایدار"
    assert "سرایدار" in answer.text


@pytest.mark.parametrize("alike", [True, "true", "True", 1, "1", "yes"])
async def test_alike(client: Client, alike: object) -> None:
    """Alike finds what contains the condition."""
    assert await found(client, USERS, alike=alike, conditions={"number": "55"}) == [
        "557",
        "552",
        "553",
    ]


@pytest.mark.parametrize("alike", [False, "false", 0, "0", "no"])
async def test_not_alike(client: Client, alike: object) -> None:
    """Not alike finds what equals the condition."""
    assert await found(client, USERS, alike=alike, conditions={"number": "55"}) == []
    assert await found(client, USERS, alike=alike, conditions={"number": 557}) == [
        "557"
    ]


@pytest.mark.parametrize(
    "conditions", ["", {}, [], None, {"name": "", "number": "", "mapped": ""}]
)
async def test_empty_conditions(client: Client, conditions: object) -> None:
    """Empty conditions, in any spelling, fit everything."""
    assert len(await found(client, USERS, conditions=conditions)) == 6


async def test_conditions(client: Client) -> None:
    """A row fits when all conditions do, in any case of letters."""
    conditions = {"name": "work", "number": "55"}
    assert await found(client, USERS, conditions=conditions) == ["552"]
    assert await found(client, TRUNKS, conditions={"name": "GSM"}) == ["gsm_gateway"]
    assert await found(
        client, QUEUES, conditions={"name": "sales", "number": "9009"}
    ) == ["9009"]


async def test_mapped(
    client: Client,
) -> None:
    """Extensions with an operator mapped to them can be asked for."""
    assert await found(client, USERS, status="mapped") == ["521"]
    assert await found(client, USERS, status="all", conditions={"mapped": "1521"}) == [
        "521"
    ]


@pytest.mark.parametrize("path", [USERS, TRUNKS, QUEUES])
@pytest.mark.parametrize("parameters", [{}, {"alike": ""}, {"alike": None}])
async def test_alike_required(
    client: Client, path: str, parameters: dict[str, object]
) -> None:
    """A search without alike is refused, as documented."""
    answer = await client.send(path, parameters)
    assert answer.refusal == (200, "Field 'alike':value is missing")


@pytest.mark.parametrize(
    "parameters",
    [{"alike": "perhaps"}, {"alike": []}, {"alike": 1, "conditions": "557"}],
)
async def test_senseless_parameters(
    client: Client, parameters: dict[str, object]
) -> None:
    """Parameters that make no sense fail."""
    answer = await client.send(USERS, parameters)
    assert answer.refusal == (200, "Requested operation failed")


async def test_flat_conditions(client: Client, simulator: Simulator) -> None:
    """Conditions sent flat, as a published client does, count once switched on."""
    assert len(await found(client, USERS, number="557")) == 6
    simulator.pbx.change(searches={"require_alike": False, "flat_conditions": True})
    answer = await client.send(USERS, {"number": "557"})
    assert [row["number"] for row in answer.json["data"]] == ["557"]
    assert len((await client.send(TRUNKS)).json["data"]) == 3


@pytest.mark.parametrize(
    ("shape", "success", "data"),
    [("list", 1, []), ("null", 1, None), ("failure", 0, None)],
)
async def test_empty_result(
    client: Client, simulator: Simulator, shape: str, success: int, data: object
) -> None:
    """An empty result can be a list, null or a failure."""
    simulator.pbx.change(searches={"empty_result": shape}, queues=[])
    answer = await client.send(QUEUES, {"alike": "true"})
    assert (answer.status, answer.json["success"], answer.json["data"]) == (
        200,
        success,
        data,
    )
