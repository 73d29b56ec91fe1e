"""Looking a call up in the PBX's report, over real HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import json
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.pbx.simotel import SimotelClient
from custom_components.pbx.telephony.errors import PermissionDeniedError
from simulator.server import Simulator, running
from simulator.settings import Fault
from tests.common import client_of

NOW = 1_703_145_054
TODAY = datetime.fromtimestamp(NOW, UTC).date()
OURS = f"orig.call.{NOW}.787335"
SEARCH = "/reports/cdr/search"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a PBX whose clock stands still."""
    async with running(clock=lambda: NOW) as simulator:
        yield simulator


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[SimotelClient]:
    """Return a client with the reference's own account."""
    async with ClientSession() as session:
        yield client_of(session, simulator)


def row(seconds: int, **more: Any) -> dict[str, Any]:
    """Return a row for a call that began some seconds after ours was asked for."""
    return {
        "_id": f"631e25455cdfddf3{seconds & 0xFFFFFFFF:08x}",
        "type": "outgoing",
        "cuid": f"{NOW + seconds}.4837",
        "src": "557",
        "dst": "552",
        "channel": "SIP/557-000011f1",
        "start": "1402-09-30 11:20:54",
        "starttime": f"1402-09-30 11:{20 + seconds // 60:02d}:{seconds % 60:02d}",
        "duration": 1,
        "billsec": 5,
        "wait": 3,
        "disposition": "ANSWERED",
        "record": "a.mp3",
        **more,
    }


async def test_row_of_the_call_is_found(
    client: SimotelClient, simulator: Simulator
) -> None:
    """By the id of the originate, not by its numbers."""
    simulator.pbx.add_rows(
        [
            row(1, originated_call_id="orig.call.1.1", billsec=1),
            row(2, originated_call_id=OURS, comment=f"originated call: {OURS}"),
            row(3, billsec=3),
        ]
    )
    (found,) = await client.find_call(OURS, today=TODAY)
    assert (found.caller, found.callee, found.disposition) == ("557", "552", "ANSWERED")
    assert (found.talk, found.wait, found.recording) == (5, 3, "a.mp3")
    (request,) = simulator.pbx.requests_for(SEARCH)
    assert request.method == "POST"
    assert request.parsed == {
        "conditions": {"from": "", "to": "", "cuid": ""},
        "date_range": {"from": "2023-12-20 00:00", "to": "2023-12-22 23:59"},
        "pagination": {"start": 0, "count": 100, "sorting": {"starttime": -1}},
        "alike": "true",
    }


async def test_comment_names_the_call_where_the_row_does_not(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A row with an id of its own is another's, whatever its comment says."""
    comment = f"originated call: orig.call.1.1. originated call: {OURS}"
    simulator.pbx.add_rows(
        [
            row(1, originated_call_id="orig.call.1.1", comment=comment, billsec=1),
            row(2, comment=comment, billsec=2),
        ]
    )
    (found,) = await client.find_call(OURS, today=TODAY)
    assert found.talk == 2


async def test_every_row_of_the_call_is_found(
    client: SimotelClient, simulator: Simulator
) -> None:
    """Asterisk writes a second one, ANSWERED with 0 seconds, after BUSY."""
    simulator.pbx.add_rows(
        [
            row(1, originated_call_id=OURS, disposition="BUSY", billsec=0),
            row(2, originated_call_id=OURS, disposition="ANSWERED", billsec=0),
        ]
    )
    found = await client.find_call(OURS, today=TODAY)
    assert sorted(row.disposition for row in found) == ["ANSWERED", "BUSY"]


async def test_call_that_is_not_there_is_not_there(
    client: SimotelClient, simulator: Simulator
) -> None:
    """One page is enough where it is not full."""
    simulator.pbx.add_rows([row(1)])
    assert await client.find_call(OURS, today=TODAY) == []
    assert len(simulator.pbx.requests_for(SEARCH)) == 1


async def test_older_pages_are_read_until_the_call_cannot_be_there(
    client: SimotelClient, simulator: Simulator
) -> None:
    """Newest first, back to the second in which the call was asked for."""
    simulator.pbx.add_rows([row(second) for second in range(-300, 150)])
    assert await client.find_call(OURS, today=TODAY) == []
    assert len(simulator.pbx.requests_for(SEARCH)) == 2


async def test_five_pages_are_read_at_the_most(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A busy PBX is not searched for ever."""
    simulator.pbx.add_rows([row(second) for second in range(700)])
    assert await client.find_call(OURS, today=TODAY) == []
    assert len(simulator.pbx.requests_for(SEARCH)) == 5


@pytest.mark.parametrize(
    "data", ["null", "[]", "{}", '{"data": null}', '{"data": [1, null]}', '"x"']
)
async def test_report_in_any_shape_is_no_error(
    client: SimotelClient, simulator: Simulator, data: str
) -> None:
    """It shows nothing then."""
    body = f'{{"success": 1, "message": "", "data": {data}}}'
    simulator.pbx.change(faults=[Fault(status=200, body=body)])
    assert await client.find_call(OURS, today=TODAY) == []


@pytest.mark.parametrize(
    "value",
    [-1, 253402300800, 1e308, "inf", "9" * 400, "9999-12-31 23:59:59", "٩٩", [[1]]],
)
async def test_report_with_impossible_values_is_no_error(
    client: SimotelClient, simulator: Simulator, value: object
) -> None:
    """Nothing is calculated with them; the call is found all the same."""
    fields = ("cuid", "start", "starttime", "duration", "billsec", "wait", "record")
    strange = row(1) | dict.fromkeys(fields, value)
    rows = [strange] * 99 + [row(2, originated_call_id=OURS)]
    body = json.dumps({"success": 1, "data": {"data": rows}})
    simulator.pbx.change(faults=[Fault(status=200, body=body)])
    (found,) = await client.find_call(OURS, today=TODAY)
    assert found.talk == 5
    body = json.dumps({"success": 1, "data": {"data": [strange] * 100}})
    simulator.pbx.change(faults=[Fault(status=200, body=body)])
    assert await client.find_call(OURS, today=TODAY) == []


async def test_account_that_may_not_search_is_told_so(
    client: SimotelClient, simulator: Simulator
) -> None:
    """The caller of the library decides what to do without."""
    simulator.pbx.change(account={"permitted_requests": []})
    with pytest.raises(PermissionDeniedError):
        await client.find_call(OURS, today=TODAY)
