"""Events on their way: the spellings, the ways of sending, and what can go wrong."""

import asyncio
import json
import re
import time
from typing import Any

import aiohttp
import pytest

from simulator.pbx import Pbx
from simulator.server import Simulator
from simulator.table import SettingsError

from .conftest import CREDENTIALS, ORDER, ORIGINATE, PING, Client, order
from .receiver import Receiver

WHOLE_CALL = [
    "557 Ringing",
    "557 InUse",
    "552 Ringing",
    "552 InUse",
    "557 Idle",
    "552 Idle",
    "Cdr ANSWERED",
]


async def ring(pbx: Pbx, **more: Any) -> None:
    """Let a call take place."""
    pbx.place(order(**more))
    await pbx.idle()


async def test_off_by_default(receiver: Receiver, pbx: Pbx) -> None:
    """Nothing is sent unless the whole service and the event are ticked."""
    for webhook in ({"enabled": False}, {"enabled": True, "events": []}):
        pbx.change(webhook=webhook)
        await ring(pbx)
    assert receiver.received == []
    assert pbx.events == ()
    assert {record.fate for record in pbx.all_events} == {"unticked"}


async def test_ticked(receiver: Receiver, pbx: Pbx) -> None:
    """Only what is ticked is sent."""
    pbx.change(webhook={"events": ["Cdr", "OutgoingCall"]})
    await ring(pbx, callee="09120000001")
    assert receiver.told == ["OutgoingCall", "Cdr ANSWERED"]
    assert [record.name for record in pbx.events] == ["OutgoingCall", "Cdr"]


async def test_record(receiver: Receiver, pbx: Pbx) -> None:
    """Each event sent is kept with what was sent, and the answer's status."""
    receiver.status = 404
    pbx.send_event("Ping", {"a": 1})
    await pbx.idle()
    (record,) = pbx.events
    assert (record.status, record.problem, record.fate) == (404, "", "sent")
    assert (record.method, record.url) == ("POST", receiver.url)
    assert json.loads(record.body) == record.fields == {"event_name": "Ping", "a": 1}


@pytest.mark.parametrize(
    ("method", "version", "rest_name", "path"),
    [
        ("POST", "G4", "as_spelt", "/hook"),
        ("GET", "G4", "as_spelt", "/hook"),
        ("POST", "Rest4", "as_spelt", "/hook/Cdr"),
        ("GET", "Rest4", "as_spelt", "/hook/Cdr"),
        ("POST", "Rest4", "lower", "/hook/cdr"),
    ],
)
async def test_shapes(
    receiver: Receiver, pbx: Pbx, method: str, version: str, rest_name: str, path: str
) -> None:
    """Events go by POST or GET, to the address or below it."""
    pbx.change(
        webhook={"method": method, "version": version, "events": ["Cdr"]},
        events={"rest_name": rest_name},
    )
    await ring(pbx)
    (received,) = receiver.received
    assert (received.method, received.path) == (method, path)
    assert received.authorization is None
    assert received.fields["event_name"] == "Cdr"
    if method == "GET":
        assert received.body == ""
        assert received.fields["billsec"] == "10"
    else:
        assert received.content_type == "application/json"
        assert received.query == {}
        assert received.fields["billsec"] == 10


@pytest.mark.parametrize(
    ("switch", "path"),
    [
        ({"state_name": "New State"}, "/hook/NewState"),
        ({"cdr_name": "CDR"}, "/hook/CDR"),
        ({"cdr_name": "CDR", "rest_name": "lower"}, "/hook/cdr"),
    ],
)
async def test_name_in_address(
    receiver: Receiver, pbx: Pbx, switch: dict[str, object], path: str
) -> None:
    """The address of Rest4 has the name as it is spelt, without blanks."""
    pbx.change(
        webhook={"version": "Rest4", "events": ["NewState", "Cdr"]}, events=switch
    )
    await ring(pbx)
    assert path in {received.path for received in receiver.received}


@pytest.mark.parametrize("version", ["G4", "Rest4"])
async def test_address_with_query(receiver: Receiver, pbx: Pbx, version: str) -> None:
    """An address may have a query of its own."""
    pbx.change(
        webhook={
            "address": f"{receiver.url}?m=simotel",
            "method": "GET",
            "version": version,
        }
    )
    pbx.send_event("Ping")
    await pbx.idle()
    assert receiver.received[0].query == {"m": "simotel", "event_name": "Ping"}


async def test_nested_values_in_query(receiver: Receiver, pbx: Pbx) -> None:
    """What is nested becomes JSON in a query."""
    pbx.change(webhook={"method": "GET", "events": ["CdrQueue"]})
    await ring(pbx, callee="9009")
    assert json.loads(receiver.events[0]["detail"])[0]["src"] == "557"


async def test_basic(receiver: Receiver, pbx: Pbx) -> None:
    """User name and password are sent where there are any."""
    pbx.change(webhook={"username": "خانه", "password": "رمز:عبور"})
    pbx.send_event("Ping")
    await pbx.idle()
    expected = aiohttp.encode_basic_auth("خانه", "رمز:عبور", encoding="utf-8")
    assert receiver.received[0].authorization == expected


@pytest.mark.parametrize(
    ("switch", "kind", "expected"),
    [
        ({"call_id": "unique_id"}, "Cdr", {"unique_id": True, "cuid": False}),
        ({"call_id": "cuid"}, "Cdr", {"unique_id": False, "cuid": True}),
        ({"call_id": "both"}, "Cdr", {"unique_id": True, "cuid": True}),
        ({"cdr_name": "CDR"}, "CDR", {"event_name": True}),
        ({"cdr_queue_name": "CDRQueue"}, "CDRQueue", {"event_name": True}),
        ({"state_name": "New State"}, "New State", {"exten": True}),
        ({"participants": False}, "NewState", {"participant": False}),
        ({"ringing_call_id": False}, "NewState", {"unique_id": False}),
        ({"ringing_call_id": True}, "NewState", {"unique_id": True}),
    ],
)
async def test_names_of_fields(
    receiver: Receiver,
    pbx: Pbx,
    switch: dict[str, object],
    kind: str,
    expected: dict[str, bool],
) -> None:
    """Names are spelt as the switches say, in the first event of their kind."""
    pbx.change(events=switch)
    await ring(pbx, callee="9009" if "Queue" in kind else "552")
    fields = receiver.named(kind)[0]
    assert {name: name in fields for name in expected} == expected


@pytest.mark.parametrize(
    ("name_key", "keys"),
    [
        ("event_name", {"event_name"}),
        ("event", {"event"}),
        ("both", {"event_name", "event"}),
    ],
)
async def test_key_of_name(
    receiver: Receiver, pbx: Pbx, name_key: str, keys: set[str]
) -> None:
    """The name of the event can have either key, or both."""
    pbx.change(events={"name_key": name_key})
    pbx.send_event("Ping")
    await pbx.idle()
    assert receiver.events == [dict.fromkeys(keys, "Ping")]


async def test_numbers_as_text(receiver: Receiver, pbx: Pbx) -> None:
    """Seconds can be text."""
    pbx.change(events={"numbers": "text"})
    await ring(pbx)
    assert (receiver.events[-1]["billsec"], receiver.events[-1]["wait"]) == ("10", "2")


@pytest.mark.parametrize(
    ("states", "spelt"),
    [("documented", "InUse"), ("lower", "inuse"), ("panel", "In-Use")],
)
async def test_spelling_of_states(
    receiver: Receiver, pbx: Pbx, states: str, spelt: str
) -> None:
    """States can be spelt in several ways."""
    pbx.change(events={"states": states})
    await ring(pbx)
    assert receiver.events[1]["state"] == spelt


@pytest.mark.parametrize(
    ("empty", "expected"),
    [("absent", "absent"), ("text", ""), ("null", None), ("None", "None")],
)
async def test_empty_fields(
    receiver: Receiver, pbx: Pbx, empty: str, expected: str | None
) -> None:
    """A field that is empty can be spelt in several ways."""
    pbx.change(events={"empty": empty})
    pbx.dial("557", "552")
    await pbx.idle()
    report = receiver.events[-1]
    for name in ("originated_call_id", "record", "entry_point"):
        assert report.get(name, "absent") == expected


async def test_empty_call_id(receiver: Receiver, pbx: Pbx) -> None:
    """A call id that is not told while it rings is such a field."""
    pbx.change(events={"empty": "None", "ringing_call_id": False})
    await ring(pbx)
    assert receiver.events[0]["unique_id"] == "None"
    assert receiver.events[1]["unique_id"] == pbx.traffic[0].cuid


async def test_python_body(receiver: Receiver, pbx: Pbx) -> None:
    """A body can be spelt as Python does: single quotes, None."""
    pbx.change(events={"body": "python", "empty": "null"})
    await ring(pbx)
    received = receiver.received[-1]
    assert received.body.startswith("{'event_name': 'Cdr'")
    assert "'record': None" in received.body
    assert received.fields["billsec"] == 10


async def test_bare_number(receiver: Receiver, pbx: Pbx) -> None:
    """A telephone number may be printed without quotes, which is no JSON."""
    pbx.change(events={"body": "bare"})
    pbx.dial_in("09121234567", "557")
    await pbx.idle()
    body = receiver.received[0].body
    assert '"event_name": "IncomingCall", "number": 09121234567, ' in body
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert json.loads(receiver.received[-1].body)["src"] == "09121234567"


@pytest.mark.parametrize(
    ("field_names", "keys"),
    [
        ("samples", {"dialer", "outgoing_point", "starttime", "endtime"}),
        ("tables", {"dialing", "entry_point", "start_time", "end_time"}),
    ],
)
async def test_field_names(
    receiver: Receiver, pbx: Pbx, field_names: str, keys: set[str]
) -> None:
    """Fields are named as in the samples, or as in the tables."""
    pbx.change(events={"field_names": field_names})
    pbx.dial("557", "09120000001")
    await pbx.idle()
    dialling, leaving, _, ended = receiver.events
    assert keys <= dialling.keys() | leaving.keys() | ended.keys()
    assert ("entry_point" in leaving) is (field_names == "tables")
    # A Cdr has both trunks, of which this is the one that the call left by.
    assert ended["outgoing_point"] == "cisco"


@pytest.mark.parametrize(
    ("behaviour", "data", "tables"),
    [
        ("answer", "ANSWERED", "Answered"),
        ("no_answer", "NO ANSWER", "No Answered"),
        ("busy", "BUSY", "Busy"),
    ],
)
async def test_spelling_of_dispositions(
    receiver: Receiver, pbx: Pbx, behaviour: str, data: str, tables: str
) -> None:
    """How a call ended can be spelt as the tables do."""
    pbx.change(phones=[{"number": "552", "behaviour": behaviour}])
    for dispositions in ("data", "tables"):
        pbx.change(events={"dispositions": dispositions})
        await ring(pbx)
    assert [report["disposition"] for report in receiver.named("Cdr")] == [data, tables]


async def test_order_in_times(receiver: Receiver, pbx: Pbx) -> None:
    """Times can have the date at their end."""
    pbx.change(events={"times": "time_first"})
    await ring(pbx)
    ended = receiver.events[-1]["endtime"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{6} \d{4}-\d\d-\d\d", ended)


async def test_form_body(receiver: Receiver, pbx: Pbx) -> None:
    """Or as a form."""
    pbx.change(events={"body": "form"})
    pbx.send_event("Ping", {"text": "سلام"})
    await pbx.idle()
    (received,) = receiver.received
    assert received.content_type == "application/x-www-form-urlencoded"
    assert received.body.startswith("event_name=Ping&text=%D8%B3")


@pytest.mark.parametrize(("local", "hours"), [(False, 0.0), (True, 3.5)])
async def test_local_time(
    receiver: Receiver, pbx: Pbx, local: bool, hours: float
) -> None:
    """Times are UTC, or the PBX's own."""
    pbx.change(events={"local_time": local})
    await ring(pbx)
    report = receiver.events[-1]
    begin = time.strptime(report["starttime"][:19], "%Y-%m-%d %H:%M:%S")
    epoch = int(report["unique_id"].partition(".")[0])
    difference = time.mktime(begin) - time.mktime(time.gmtime(epoch))
    assert difference == hours * 3600


@pytest.mark.parametrize("copies", [1, 2, 3])
async def test_doubled(receiver: Receiver, pbx: Pbx, copies: int) -> None:
    """Events can come several times."""
    pbx.change(events={"faults": [{"copies": copies}]})
    await ring(pbx)
    assert receiver.told == [told for told in WHOLE_CALL for _ in range(copies)]


@pytest.mark.parametrize("nth", range(1, 8))
async def test_nth_dropped(receiver: Receiver, pbx: Pbx, nth: int) -> None:
    """Any single event can be missing."""
    pbx.change(events={"faults": [{"nth": nth, "drop": True}]})
    await ring(pbx)
    assert receiver.told == WHOLE_CALL[: nth - 1] + WHOLE_CALL[nth:]
    assert [record.fate for record in pbx.all_events].count("dropped") == 1
    assert len(pbx.events) == 6


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        ({"event": "Cdr"}, {"Cdr ANSWERED"}),
        ({"event": "NewState", "state": "Idle"}, {"557 Idle", "552 Idle"}),
        ({"exten": "552", "nth": 2}, {"552 InUse"}),
        ({"event": "NewState"}, {*WHOLE_CALL[:-1]}),
    ],
)
async def test_kind_dropped(
    receiver: Receiver, pbx: Pbx, fault: dict[str, object], lost: set[str]
) -> None:
    """So can all events of a kind."""
    pbx.change(events={"faults": [{**fault, "drop": True}]})
    await ring(pbx)
    assert receiver.told == [told for told in WHOLE_CALL if told not in lost]


async def test_delayed(receiver: Receiver, pbx: Pbx) -> None:
    """An event can be late, and be overtaken then."""
    pbx.change(events={"faults": [{"event": "NewState", "nth": 2, "delay": 60}]})
    await ring(pbx)
    assert receiver.told == [WHOLE_CALL[0], *WHOLE_CALL[2:], WHOLE_CALL[1]]


async def test_shuffled(receiver: Receiver, pbx: Pbx) -> None:
    """Events can overtake each other, the same way for the same seed."""
    orders = []
    for seed in (1, 1, 2):
        pbx.change(events={"shuffle": 20, "seed": seed})
        receiver.received.clear()
        await ring(pbx)
        orders.append(receiver.told)
    assert sorted(orders[0]) == sorted(WHOLE_CALL)
    assert orders[0] == orders[1]
    assert orders[0] != WHOLE_CALL
    assert orders[0] != orders[2]


async def test_slow_receiver(receiver: Receiver, pbx: Pbx) -> None:
    """A receiver that is too slow is not waited for, and not asked again."""
    pbx.change(webhook={"timeout": 0.05})
    receiver.delay = 0.3
    pbx.send_event("Ping")
    await pbx.idle()
    receiver.delay = 0
    pbx.send_event("Cdr")
    await pbx.idle()
    first, second = pbx.events
    assert (first.status, first.problem) == (None, "no answer in time")
    assert (second.status, second.problem) == (200, "")
    assert receiver.told == ["Ping", "Cdr"]


async def test_no_receiver(pbx: Pbx) -> None:
    """Where nobody listens the event is lost, and the reason kept."""
    pbx.change(webhook={"address": "http://127.0.0.1:9/hook"})
    pbx.send_event("Ping")
    await pbx.idle()
    (record,) = pbx.events
    assert record.status is None
    assert record.problem


async def test_stop_while_sending(
    receiver: Receiver, client: Client, simulator: Simulator
) -> None:
    """Stopping does not wait for a receiver that hangs."""
    receiver.delay = 30
    simulator.pbx.change(
        webhook={"enabled": True, "address": receiver.url, "events": "all"}
    )
    await client.send(ORIGINATE, ORDER)
    async with asyncio.timeout(5):
        while not receiver.received:
            await asyncio.sleep(0.01)
        await simulator.stop()
    assert simulator.pbx.is_idle


async def test_ping(receiver: Receiver, client: Client, simulator: Simulator) -> None:
    """A ping sets off an event, once that is ticked."""
    await client.send(PING)
    await simulator.pbx.idle()
    assert receiver.received == []
    simulator.pbx.change(
        webhook={"enabled": True, "address": receiver.url, "events": ["Ping"]}
    )
    await client.send(PING)
    await simulator.pbx.idle()
    assert receiver.events == [{"event_name": "Ping"}]
    await client.send(PING, headers={})
    await simulator.pbx.idle()
    assert len(receiver.received) == 1


@pytest.mark.parametrize("before", [True, False])
async def test_events_before_reply(
    receiver: Receiver, client: Client, simulator: Simulator, before: bool
) -> None:
    """Events may overtake the reply that brings the id; by default they do not."""
    receiver.delay = 0.05
    simulator.pbx.change(
        webhook={"enabled": True, "address": receiver.url, "events": "all"},
        calls={"events_before_reply": before},
    )
    await client.send(ORIGINATE, ORDER)
    assert bool(simulator.pbx.events and simulator.pbx.events[0].status) is before


@pytest.mark.parametrize(
    "fault", [{"delay": 0.2}, {"drop": "after"}, {"drop": "midway"}]
)
async def test_call_without_reply(
    client: Client, simulator: Simulator, fault: dict[str, object]
) -> None:
    """A call goes on whose reply is late or lost."""
    simulator.pbx.change(faults=[{"path": ORIGINATE, **fault}])
    sending = asyncio.ensure_future(client.send(ORIGINATE, ORDER))
    async with asyncio.timeout(5):
        while not (calls := simulator.pbx.traffic) or not calls[0].has_begun:
            await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert calls[0].state == "calling_caller"


async def test_client_that_goes_away(client: Client, simulator: Simulator) -> None:
    """A call goes on whose client did not wait for the reply."""
    body = json.dumps(ORDER)
    lines = [
        f"POST /api/v4{ORIGINATE} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in CREDENTIALS.items()),
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "",
        body,
    ]
    _, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write("\r\n".join(lines).encode())
    writer.transport.close()
    async with asyncio.timeout(5):
        while not (calls := simulator.pbx.traffic) or not calls[0].has_begun:
            await asyncio.sleep(0.01)
    assert (await client.send(PING)).status == 200


async def test_trunk_states(receiver: Receiver, pbx: Pbx) -> None:
    """A trunk's change of state is told, and calls by it fail then."""
    pbx.set_trunk("cisco", "Unavailable")
    pbx.set_trunk("cisco", "Unavailable")
    await pbx.idle()
    (event,) = receiver.events
    assert (event["event_name"], event["trunk_name"]) == ("TrunkNewState", "cisco")
    assert (event["state"], event["trunk_type"]) == ("Unavailable", "SIP")
    assert (event["last_time_sec"], type(event["date"])) == (0, float)
    await ring(pbx, callee="09120000001")
    assert pbx.traffic[-1].reason == "trunk_down"


async def test_registration(receiver: Receiver, pbx: Pbx) -> None:
    """An extension that goes, or comes back, is told without a call id."""
    pbx.set_phone("557", {"behaviour": "unreachable"})
    pbx.set_phone("557", {"behaviour": "busy"})
    await pbx.idle()
    assert receiver.events == [
        {"event_name": "NewState", "exten": "557", "state": "Unavailable"},
        {"event_name": "NewState", "exten": "557", "state": "Idle"},
    ]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"speed": 0}, "speed"),
        ({"webhook": {"enabled": True}}, "webhook.address"),
        ({"webhook": {"address": "hook"}}, "webhook.address"),
        ({"webhook": {"address": "http://[/"}}, "webhook.address"),
        ({"webhook": {"timeout": -1}}, "webhook.timeout"),
        ({"phones": [{"behaviour": "sleep"}]}, "phones.0.behaviour"),
        ({"phones": [{"number": ""}]}, "phones.0.number"),
        ({"phones": [{"other": "[9-1]"}]}, "phones.0.other"),
        ({"phones": [{"after": -1}]}, "phones.0.after"),
        ({"phones": [{"times": -1}]}, "phones.0.times"),
        ({"calls": {"ring_time": float("nan")}}, "calls.ring_time"),
        ({"calls": {"routes": {"main_routing": [""]}}}, "calls.routes.main_routing"),
        ({"events": {"shuffle": -1}}, "events.shuffle"),
        ({"events": {"faults": [{"copies": 0}]}}, "events.faults.0.copies"),
        ({"events": {"faults": [{"nth": -1}]}}, "events.faults.0.nth"),
    ],
)
def test_refused(changes: dict[str, object], name: str) -> None:
    """Switches that cannot be meant are refused by name."""
    with pytest.raises(SettingsError) as refusal:
        Pbx().change(changes)
    assert str(refusal.value).startswith(f"{name}: ")
