"""The search of the call report."""

from typing import Any

import pytest

from simulator.server import Simulator
from simulator.wire import Row

from .conftest import CDR, Client

QUICK = ["/reports/cdr", "/reports/quick/search"]
RANGE = {"from": "2022-09-11 00:00", "to": "2022-09-12 23:59"}


def row(cuid: str, *, caller: str = "557", callee: str = "552", talk: int = 0) -> Row:
    """Return a report row in the documented shape, shortened."""
    return {
        "cuid": cuid,
        "uniqueid": cuid,
        "src": caller,
        "dst": callee,
        "starttime": "1401-06-20 22:43:24",
        "billsec": talk,
        "disposition": "ANSWERED",
    }


async def found(client: Client, path: str = CDR, **parameters: object) -> Any:
    """Return the call ids that a search finds."""
    answer = await client.send(
        path, {"alike": "true", "date_range": RANGE, **parameters}
    )
    assert answer.json["message"] == ""
    return [found_row["cuid"] for found_row in answer.json["data"]["data"]]


async def test_rows(client: Client, simulator: Simulator) -> None:
    """Rows come back as they were put in, inside the documented two levels."""
    simulator.pbx.add_rows([row("1662920001.4837")])
    pagination = {"start": 0, "count": 20, "sorting": {}}
    answer = await client.send(
        CDR,
        {
            "conditions": {"from": "", "to": "", "cuid": "1662920001.4837"},
            "date_range": RANGE,
            "pagination": pagination,
            "alike": "true",
        },
    )
    assert answer.json == {
        "success": 1,
        "message": "",
        "data": {"pagination": pagination, "data": [row("1662920001.4837")]},
    }


@pytest.mark.parametrize("path", QUICK)
async def test_quick_search(client: Client, simulator: Simulator, path: str) -> None:
    """The quick search is the same by two other names."""
    simulator.pbx.add_rows([row("1662920001.4837")])
    assert await found(client, path) == ["1662920001.4837"]


@pytest.mark.parametrize("path", QUICK)
@pytest.mark.parametrize("date_range", [{}, "", None])
async def test_quick_search_by_call_id(
    client: Client, simulator: Simulator, path: str, date_range: object
) -> None:
    """The quick search by call id wants an empty range."""
    simulator.pbx.add_rows([row("1662920001.4837"), row("1662920001.4838")])
    conditions = {"cuid": "1662920001.4837"}
    assert await found(client, path, conditions=conditions, date_range=date_range) == [
        "1662920001.4837"
    ]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (CDR, {"date_range": {}}),
        (CDR, {"date_range": "", "conditions": {"cuid": "1662920001.4837"}}),
        (CDR, {"date_range": {"from": "2022-09-11 00:00"}}),
        (CDR, {"date_range": {"from": "", "to": "2022-09-11 00:00"}}),
        ("/reports/cdr", {"date_range": {}}),
    ],
)
async def test_range_required(
    client: Client, path: str, change: dict[str, object]
) -> None:
    """Both parts of the range are required."""
    answer = await client.send(path, {"alike": "true", "date_range": RANGE, **change})
    assert answer.refusal == (200, "Field 'date_range':value is missing")


async def test_alike_required(client: Client) -> None:
    """A search without alike is refused, as documented."""
    answer = await client.send(CDR, {"date_range": RANGE})
    assert answer.refusal == (200, "Field 'alike':value is missing")


@pytest.mark.parametrize(
    "change",
    [
        {"date_range": {**RANGE, "to": "2022-09-11"}},
        {"date_range": {**RANGE, "to": "2022-02-30 10:00"}},
        {"date_range": {**RANGE, "to": "1401-06-20 22:43:24"}},
        {"date_range": {**RANGE, "to": "۲۰۲۲-۰۹-۱۱ ۰۰:۰۰"}},
        {"date_range": "2022"},
        {"pagination": {"start": -1}},
        {"pagination": {"count": "many"}},
        {"pagination": {"sorting": {"src": "up"}}},
    ],
)
async def test_senseless_parameters(client: Client, change: dict[str, object]) -> None:
    """Parameters that make no sense fail."""
    answer = await client.send(CDR, {"alike": "true", "date_range": RANGE, **change})
    assert answer.refusal == (200, "Requested operation failed")


@pytest.mark.parametrize(
    ("zone", "first", "last", "hit"),
    [
        # 1662920001 is 18:13:21 UTC on 11 September 2022.
        ("+03:30", "2022-09-11 21:43", "2022-09-11 21:44", True),
        ("+03:30", "2022-09-11 21:44", "2022-09-11 21:50", False),
        ("+03:30", "2022-09-11 21:40", "2022-09-11 21:43", False),
        ("+04:30", "2022-09-11 22:43", "2022-09-11 22:44", True),
        ("+00:00", "2022-09-11 18:13", "2022-09-11 18:14", True),
        ("-05:00", "2022-09-11 13:13", "2022-09-11 13:14", True),
        ("-05:00", "2022-09-11 18:13", "2022-09-11 18:14", False),
    ],
)
async def test_range(
    client: Client, simulator: Simulator, zone: str, first: str, last: str, hit: bool
) -> None:
    """The range is Gregorian, on the PBX's own clock, and includes both its ends."""
    simulator.pbx.change(zone=zone)
    simulator.pbx.add_rows([row("1662920001.4837")])
    rows = await found(client, date_range={"from": first, "to": last})
    assert rows == ["1662920001.4837"] * hit


async def test_row_without_time(client: Client, simulator: Simulator) -> None:
    """A row that tells no time is in every range."""
    simulator.pbx.add_rows(
        [{"src": "557", "cuid": None}, {"cuid": "?", "uniqueid": "1.5"}]
    )
    answer = await client.send(CDR, {"alike": "true", "date_range": RANGE})
    assert answer.json["data"]["data"] == [{"src": "557", "cuid": None}]


@pytest.mark.parametrize(
    ("conditions", "alike", "hits"),
    [
        ({"from": "557"}, "false", ["1662920001.1"]),
        ({"from": "55"}, "true", ["1662920001.1", "1662920002.2"]),
        ({"from": "55"}, "false", []),
        ({"to": "0912"}, True, ["1662920002.2"]),
        ({"cuid": "1662920002.2"}, 1, ["1662920002.2"]),
        ({"from": 557, "to": 552}, "false", ["1662920001.1"]),
    ],
)
async def test_row_conditions(
    client: Client,
    simulator: Simulator,
    conditions: dict[str, object],
    alike: object,
    hits: list[str],
) -> None:
    """Rows are found by caller, callee and call id."""
    simulator.pbx.add_rows(
        [row("1662920001.1"), row("1662920002.2", caller="553", callee="09120000001")]
    )
    assert await found(client, conditions=conditions, alike=alike) == hits


async def test_pages(client: Client, simulator: Simulator) -> None:
    """Rows are sorted by any columns and cut into pages."""
    talks = {"1662920001.1": 2, "1662920002.2": 10, "1662920003.3": 2}
    simulator.pbx.add_rows(row(cuid, talk=talk) for cuid, talk in talks.items())
    assert await found(client, pagination={"sorting": {"cuid": -1}}) == [
        *reversed(talks)
    ]
    assert await found(
        client, pagination={"sorting": {"billsec": "-1", "cuid": -1}}
    ) == [
        "1662920002.2",
        "1662920003.3",
        "1662920001.1",
    ]
    assert await found(client, pagination={"start": "1", "count": 1}) == [
        "1662920002.2"
    ]
    assert await found(client, pagination={"start": 3}) == []


async def test_mixed_columns(client: Client, simulator: Simulator) -> None:
    """A column that mixes types, as the PBX's do, can be sorted by."""
    odd_rows: list[Row] = [
        {"cuid": "object", "end": {"$date": {"$numberLong": "1662920002254"}}},
        {"cuid": "text", "end": "1401-06-20 22:43:24"},
        {"cuid": "number", "end": 1662920002},
        {"cuid": "none"},
    ]
    simulator.pbx.add_rows(odd_rows)
    assert await found(client, pagination={"sorting": {"end": 1}}) == [
        "none",
        "number",
        "text",
        "object",
    ]


async def test_page_by_default(client: Client, simulator: Simulator) -> None:
    """Twenty rows come where no count is given."""
    simulator.pbx.add_rows(row(f"1662920001.{number}") for number in range(25))
    assert len(await found(client)) == 20


@pytest.mark.parametrize(
    ("shape", "success", "data"),
    [
        (
            "list",
            1,
            {"pagination": {"start": 0, "count": 20, "sorting": {}}, "data": []},
        ),
        ("null", 1, None),
        ("failure", 0, None),
    ],
)
async def test_empty_result(
    client: Client, simulator: Simulator, shape: str, success: int, data: object
) -> None:
    """An empty result can be a list, null or a failure."""
    simulator.pbx.change(searches={"empty_result": shape})
    answer = await client.send(CDR, {"alike": "true", "date_range": RANGE})
    assert (answer.json["success"], answer.json["data"]) == (success, data)
