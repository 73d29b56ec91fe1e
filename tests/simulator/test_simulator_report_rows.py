"""The rows that calls leave in the report, found by its search."""

import re
from typing import Any

import pytest

from simulator.pbx import Pbx
from simulator.server import Simulator, running
from simulator.timers import instant

from .conftest import CDR, ORDER, ORIGINATE, Client, order

# 18:13:21 UTC on 11 September 2022; 21:43:21 on the PBX's clock.
NOW = 1662920001.861610
RANGE = {"from": "2022-09-11 00:00", "to": "2022-09-12 23:59"}


async def rows_of(pbx: Pbx, **more: Any) -> list[dict[str, Any]]:
    """Let a call take place and return the report."""
    pbx.place(order(**more))
    await pbx.idle()
    return [*pbx.rows]


@pytest.fixture
async def old_pbx() -> Any:
    """Run a PBX whose clock stands still in 2022."""
    async with running(sleep=instant, clock=lambda: NOW) as simulator:
        yield simulator.pbx


async def test_answered(old_pbx: Pbx) -> None:
    """A row is in the shape of the samples: Jalali dates, but for the answer."""
    (row,) = await rows_of(old_pbx)
    assert re.fullmatch("[0-9a-f]{24}", row.pop("_id"))
    assert row == {
        "type": "local",
        "cuid": "1662920001.1",
        "clid": '"" <02188880000>',
        "src": "557",
        "dst": "552",
        "dcontext": "main_routing",
        "channel": "SIP/557-00000001",
        "dstchannel": "SIP/552",
        "lastapp": "Dial",
        "lastdata": "SIP/552,30,TtKk",
        "start": "1401-06-20 21:43:21",
        "answer": "2022-09-11 21:43:23",
        "duration": 1,
        "billsec": 10,
        "disposition": "ANSWERED",
        "uniqueid": "1662920001.1",
        "v": 2,
        "route": [
            {
                "type": "OutgoingRoute",
                "name": "Outgoing Route",
                "duration": 0.033743,
                "date": {"$date": {"$numberLong": "1662920003861"}},
            }
        ],
        "wait": 2,
        "starttime": "1401-06-20 21:43:23",
        "endtime": "1401-06-20 21:43:35",
        "ANSWERED": 1,
        "local": 1,
        "billsec_hhmmss": "00:00:10",
        "wait_hhmmss": "00:00:02",
        "hangup": "callee",
        "originated_call_id": "orig.call.1662920001.861610",
        "comment": "originated call: orig.call.1662920001.861610",
    }


async def test_first_leg_failed(old_pbx: Pbx) -> None:
    """A caller who was not reached leaves the pseudo channel's row."""
    old_pbx.change(phones=[{"number": "557", "behaviour": "reject"}])
    (row,) = await rows_of(old_pbx)
    assert (row["channel"], row["lastapp"]) == ("OutgoingSpoolFailed", "Hangup")
    assert (row["disposition"], row["FAILED"], row["answer"]) == ("FAILED", 1, "")
    assert (row["src"], row["dst"], row["type"]) == ("557", "552", "outgoing")


async def test_outside(old_pbx: Pbx) -> None:
    """A callee outside leaves his trunk."""
    (row,) = await rows_of(old_pbx, callee="02100000001")
    assert (row["type"], row["outgoing_point"], row["BUSY"]) == ("outgoing", "cisco", 1)
    assert row["wait"] == 1


async def test_queue(old_pbx: Pbx) -> None:
    """A queue is an answer in the report, whoever took the call."""
    old_pbx.change(phones=[{"behaviour": "no_answer", "leg": "second"}])
    (row,) = await rows_of(old_pbx, callee="9009")
    assert (row["lastapp"], row["disposition"]) == ("Queue", "ANSWERED")
    assert (row["billsec"], row["wait"]) == (30, 0)


async def test_found(client: Client, simulator: Simulator) -> None:
    """A call that ended is found by the search, newest first where so sorted."""
    simulator.pbx.change(speed=2000, phones=[{"number": "552", "behaviour": "busy"}])
    for _ in range(2):
        await client.send(ORIGINATE, ORDER)
        await simulator.pbx.idle()
    answer = await client.send(
        CDR,
        {
            "alike": "true",
            "conditions": {"from": "557"},
            "date_range": {"from": "2000-01-01 00:00", "to": "2100-01-01 00:00"},
            "pagination": {"start": 0, "count": 1, "sorting": {"starttime": -1}},
        },
    )
    (row,) = answer.json["data"]["data"]
    assert row["disposition"] == "BUSY"
    assert row["originated_call_id"] in {
        call.originated_call_id for call in simulator.pbx.calls
    }
