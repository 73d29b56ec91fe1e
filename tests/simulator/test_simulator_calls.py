"""Phones that ring: what each behaviour does, and which events tell of it."""

import asyncio
from contextlib import suppress
import random
from typing import Any

import pytest

from simulator.calls import Call
from simulator.exchange import NotPossible
from simulator.pbx import Pbx
from simulator.server import running
from simulator.timers import instant

from .conftest import order
from .receiver import Receiver

UP_TO_THE_CALLEE = ["557 Ringing", "557 InUse", "552 Ringing"]


async def called(
    pbx: Pbx, caller: str = "557", callee: str = "552", **more: Any
) -> Call:
    """Place a call and wait for its end."""
    record = pbx.place(order(caller, callee, **more))
    await pbx.idle()
    return pbx.call_of(record.originated_call_id)


def facts(call: Call) -> tuple[str | None, str, int, int]:
    """Return how a call ended: outcome, reason, wait and talk."""
    return call.outcome, call.reason, call.wait, call.talk


async def test_answered(pbx: Pbx, receiver: Receiver) -> None:
    """Two extensions talk: everything is told, in the likely order."""
    record = pbx.place(order())
    await pbx.idle()
    call = pbx.call_of(record.originated_call_id)
    assert facts(call) == ("answered", "answered", 2, 10)
    identifier = {"unique_id": call.cuid}
    parties = {"direction": "in", "participant": "02188880000", **identifier}
    assert receiver.events[:-1] == [
        {"event_name": "NewState", "exten": "557", "state": "Ringing", **parties},
        {
            "event_name": "NewState",
            "exten": "557",
            "state": "InUse",
            "direction": "out",
            "participant": "552",
            **identifier,
        },
        {"event_name": "NewState", "exten": "552", "state": "Ringing", **parties},
        {"event_name": "NewState", "exten": "552", "state": "InUse", **parties},
        {"event_name": "NewState", "exten": "557", "state": "Idle", **identifier},
        {"event_name": "NewState", "exten": "552", "state": "Idle", **identifier},
    ]
    report = receiver.events[-1]
    assert report == {
        "event_name": "Cdr",
        "starttime": report["starttime"],
        "endtime": report["endtime"],
        "src": "557",
        "dst": "552",
        "type": "local",
        "disposition": "ANSWERED",
        "billsec": 10,
        "wait": 2,
        "originated_call_id": record.originated_call_id,
        **identifier,
    }


@pytest.mark.parametrize(
    ("behaviour", "outcome", "told"),
    [
        (
            {"behaviour": "no_answer"},
            ("no_answer", "no_answer", 30, 0),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr NO ANSWER"],
        ),
        (
            {"behaviour": "answer", "after": 31},
            ("no_answer", "no_answer", 30, 0),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr NO ANSWER"],
        ),
        (
            {"behaviour": "busy"},
            ("busy", "busy", 1, 0),
            ["557 Idle", "Cdr BUSY"],
        ),
        (
            {"behaviour": "reject", "after": 5},
            ("busy", "rejected", 5, 0),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr BUSY"],
        ),
        (
            {"behaviour": "unreachable"},
            ("no_answer", "unreachable", 1, 0),
            ["557 Idle", "Cdr NO ANSWER"],
        ),
        (
            {"behaviour": "intercom"},
            ("answered", "answered", 0, 10),
            ["552 InUse", "557 Idle", "552 Idle", "Cdr ANSWERED"],
        ),
        (
            {"behaviour": "voicemail", "after": 20, "talk": 7},
            ("answered", "voicemail", 20, 7),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr ANSWERED", "VoiceMail"],
        ),
        (
            {"behaviour": "voicemail", "after": 40, "talk": 7},
            ("answered", "voicemail", 30, 7),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr ANSWERED", "VoiceMail"],
        ),
        (
            {"behaviour": "answer", "after": 4, "talk": 3},
            ("answered", "answered", 4, 3),
            ["552 Ringing", "552 InUse", "557 Idle", "552 Idle", "Cdr ANSWERED"],
        ),
        (
            {"behaviour": "manual"},
            ("no_answer", "no_answer", 30, 0),
            ["552 Ringing", "552 Idle", "557 Idle", "Cdr NO ANSWER"],
        ),
    ],
)
async def test_callee(
    pbx: Pbx,
    receiver: Receiver,
    behaviour: dict[str, object],
    outcome: tuple[str, str, int, int],
    told: list[str],
) -> None:
    """A callee inside does what he is told to."""
    pbx.change(phones=[{"number": "552", **behaviour}])
    await pbx.idle()
    receiver.received.clear()
    assert facts(await called(pbx)) == outcome
    assert receiver.told == ["557 Ringing", "557 InUse", *told]


@pytest.mark.parametrize(
    ("behaviour", "reason", "wait", "told"),
    [
        ("no_answer", "no_answer", 20, ["557 Ringing", "557 Idle", "Cdr NO ANSWER"]),
        ("manual", "no_answer", 20, ["557 Ringing", "557 Idle", "Cdr NO ANSWER"]),
        ("voicemail", "no_answer", 20, ["557 Ringing", "557 Idle", "Cdr NO ANSWER"]),
        ("reject", "rejected", 2, ["557 Ringing", "557 Idle", "Cdr FAILED"]),
        ("busy", "busy", 1, ["Cdr FAILED"]),
        ("unreachable", "unreachable", 1, ["Cdr FAILED"]),
    ],
)
async def test_caller(
    pbx: Pbx,
    receiver: Receiver,
    behaviour: str,
    reason: str,
    wait: int,
    told: list[str],
) -> None:
    """A caller who is not reached ends the call; `timeout` is how long he is rung."""
    pbx.change(phones=[{"number": "557", "behaviour": behaviour, "leg": "first"}])
    await pbx.idle()
    receiver.received.clear()
    call = await called(pbx, timeout=20)
    assert facts(call) == ("caller_no_answer", reason, wait, 0)
    assert receiver.told == told
    report = receiver.events[-1]
    assert (report["src"], report["dst"]) == ("02188880000", "failed")
    assert report["originated_call_id"] == call.originated_call_id


async def test_ring_time_of_callee(pbx: Pbx) -> None:
    """The callee is rung for as long as the dialplan says, whatever is ordered."""
    pbx.change(
        phones=[{"number": "552", "behaviour": "no_answer"}], calls={"ring_time": 9}
    )
    assert (await called(pbx, timeout=60)).wait == 9


async def test_call_limit(pbx: Pbx) -> None:
    """The PBX cuts a conversation at the limit ordered."""
    pbx.change(extension_phone={"talk": 0})
    assert facts(await called(pbx, call_limit=4)) == ("answered", "answered", 2, 4)


async def test_call_limit_of_message(pbx: Pbx) -> None:
    """A message to the voicemail is a conversation like any other."""
    pbx.change(phones=[{"number": "552", "behaviour": "voicemail", "talk": 60}])
    assert facts(await called(pbx, call_limit=4)) == ("answered", "voicemail", 2, 4)


async def test_caller_hangs_up_first(pbx: Pbx, receiver: Receiver) -> None:
    """A caller may lose his patience while the callee is rung."""
    pbx.change(
        phones=[
            {"number": "557", "patience": 5},
            {"number": "552", "behaviour": "no_answer"},
        ]
    )
    assert facts(await called(pbx)) == ("no_answer", "caller_hung_up", 5, 0)
    assert receiver.told == [*UP_TO_THE_CALLEE, "557 Idle", "552 Idle", "Cdr NO ANSWER"]


async def test_caller_hangs_up_after_talk(pbx: Pbx) -> None:
    """Either of the two ends the conversation."""
    pbx.change(phones=[{"number": "557", "talk": 3}])
    assert (await called(pbx)).talk == 3


@pytest.mark.parametrize(
    ("callee", "outcome", "disposition"),
    [
        ("09120000001", "answered", "ANSWERED"),
        ("02100000001", "busy", "BUSY"),
        ("02100000002", "no_answer", "NO ANSWER"),
        ("02100000003", "no_answer", "NO ANSWER"),
    ],
)
async def test_outside(
    pbx: Pbx, receiver: Receiver, callee: str, outcome: str, disposition: str
) -> None:
    """A callee outside is told by OutgoingCall only, his answer by nothing."""
    call = await called(pbx, callee=callee)
    assert call.outcome == outcome
    assert receiver.told == [
        "557 Ringing",
        "557 InUse",
        "OutgoingCall",
        "557 Idle",
        f"Cdr {disposition}",
    ]
    assert receiver.named("OutgoingCall") == [
        {
            "event_name": "OutgoingCall",
            "number": callee,
            "unique_id": call.cuid,
            "outgoing_point": "cisco",
            "originated_call_id": call.originated_call_id,
        }
    ]
    report = receiver.events[-1]
    assert (report["type"], report["outgoing_point"]) == ("outgoing", "cisco")


@pytest.mark.parametrize(
    ("callee", "change", "reason"),
    [
        ("7777", {}, "no_route"),
        ("02100000004", {}, "barred"),
        ("00441", {"outside_prefixes": ["00"]}, "barred"),
        ("+9821", {"outside_prefixes": ["+"]}, "barred"),
        ("552", {"calls": {"routes": {"main_routing": ["09."]}}}, "no_route"),
        ("552", {"contexts": ["other"]}, "no_route"),
        ("559", {"phones": [{"number": "55X", "talk": 5}]}, "no_route"),
        ("09120000001", {"calls": {"trunk": "spare"}}, "trunk_down"),
        ("0215", {"phones": [{"number": "021X", "behaviour": "no_route"}]}, "no_route"),
    ],
)
@pytest.mark.parametrize("announced", ["event", "report", "nothing"])
async def test_nowhere(
    pbx: Pbx,
    receiver: Receiver,
    callee: str,
    change: dict[str, object],
    reason: str,
    announced: str,
) -> None:
    """A number that leads nowhere fails after the caller has answered."""
    pbx.change(change)
    pbx.change(calls={"no_route": announced})
    assert facts(await called(pbx, callee=callee)) == ("failed", reason, 1, 0)
    report = ["Cdr FAILED"] if announced == "event" else []
    assert receiver.told == ["557 Ringing", "557 InUse", "557 Idle", *report]
    assert len(pbx.rows) == (announced != "nothing")


async def test_routes(pbx: Pbx) -> None:
    """A context leads the numbers that fit its patterns."""
    pbx.change(calls={"routes": {"main_routing": ["XXX", "09."]}})
    assert (await called(pbx)).outcome == "answered"
    assert (await called(pbx, callee="9009")).outcome == "failed"


async def test_context_of_extension(pbx: Pbx) -> None:
    """What an extension dials is led by its own context, an originate by the one sent."""
    pbx.change(
        contexts=["main_routing", "inside_only"],
        extensions=[
            {"number": "552", "context": "inside_only"},
            {"number": "557"},
        ],
        calls={"routes": {"inside_only": ["XXX"]}},
    )
    dialled = [
        pbx.dial("552", "09120000001"),
        pbx.dial("557", "09120000001"),
    ]
    await pbx.idle()
    assert [call.reason for call in dialled] == ["no_route", "answered"]
    for context, outcome in (("inside_only", "failed"), ("main_routing", "answered")):
        call = await called(pbx, "552", "09120000001", context=context)
        assert call.outcome == outcome


async def test_caller_outside(pbx: Pbx, receiver: Receiver) -> None:
    """A caller outside is reached by the trunk ordered, and nothing tells of him."""
    call = await called(pbx, caller="09120000001", trunk_name="gsm_gateway")
    assert call.outcome == "answered"
    assert receiver.told == ["552 Ringing", "552 InUse", "552 Idle", "Cdr ANSWERED"]


async def test_outgoing_call_of_first_leg(pbx: Pbx, receiver: Receiver) -> None:
    """An OutgoingCall for a caller outside is a switch."""
    pbx.change(calls={"first_leg_outgoing_call": True})
    await called(pbx, caller="09120000001", trunk_name="gsm_gateway")
    (event,) = receiver.named("OutgoingCall")
    assert (event["number"], event["outgoing_point"]) == ("09120000001", "gsm_gateway")


@pytest.mark.parametrize("trunk", ["", "spare", "nobody"])
async def test_caller_outside_without_trunk(pbx: Pbx, trunk: str) -> None:
    """Without a trunk that works a caller outside is not reached."""
    call = await called(pbx, caller="09120000001", trunk_name=trunk)
    assert call.outcome == "caller_no_answer"


async def test_outside_to_outside(pbx: Pbx, receiver: Receiver) -> None:
    """Between two numbers outside there is one OutgoingCall and the Cdr."""
    await called(pbx, "09120000001", "09120000002", trunk_name="cisco")
    assert receiver.told == ["OutgoingCall", "Cdr ANSWERED"]


@pytest.mark.parametrize("form", ["event", "report", "nothing"])
@pytest.mark.parametrize("spelling", ["rewritten", "failed"])
async def test_forms_of_first_leg_failure(
    pbx: Pbx, receiver: Receiver, form: str, spelling: str
) -> None:
    """A caller who was not reached is told in one of three forms."""
    pbx.change(
        phones=[{"number": "557", "behaviour": "no_answer"}],
        calls={"first_leg_failure": form, "first_leg_row": spelling},
    )
    call = await called(pbx)
    assert len(receiver.named("Cdr")) == (form == "event")
    assert len(pbx.rows) == (form != "nothing")
    for row in pbx.rows:
        assert row["channel"] == "OutgoingSpoolFailed"
        assert row["originated_call_id"] == call.originated_call_id
        assert (row["src"], row["dst"]) == (
            ("557", "552") if spelling == "rewritten" else ("02188880000", "failed")
        )


@pytest.mark.parametrize("disposition", ["ANSWERED", "FAILED", "NO ANSWER", "BUSY"])
async def test_unreachable_callee(
    pbx: Pbx, receiver: Receiver, disposition: str
) -> None:
    """How an unreachable callee is reported is a switch; never with talk."""
    pbx.change(
        phones=[{"number": "552", "behaviour": "unreachable"}],
        calls={"unreachable": disposition},
    )
    call = await called(pbx)
    (report,) = receiver.named("Cdr")
    assert report["disposition"] == disposition
    assert report.get("billsec", 0) == 0
    assert call.outcome == {"FAILED": "failed", "BUSY": "busy"}.get(
        disposition, "no_answer"
    )


async def test_answered_after_busy(pbx: Pbx, receiver: Receiver) -> None:
    """A second Cdr may say ANSWERED, for no time."""
    pbx.change(
        phones=[{"number": "552", "behaviour": "busy"}],
        calls={"answered_after_busy": True},
    )
    call = await called(pbx)
    first, second = receiver.named("Cdr")
    assert (first["disposition"], second["disposition"]) == ("BUSY", "ANSWERED")
    assert (second["billsec"], call.outcome) == (0, "busy")
    assert first["unique_id"] == second["unique_id"]
    assert [row["disposition"] for row in pbx.rows] == ["BUSY", "ANSWERED"]
    assert len({str(row["_id"]) for row in pbx.rows}) == 2


async def test_own_call_id_of_second_leg(pbx: Pbx, receiver: Receiver) -> None:
    """The callee's phone may have a call id of its own."""
    pbx.change(calls={"second_leg_call_id": "own"})
    call = await called(pbx)
    identifiers = {
        number: {
            fields["unique_id"]
            for fields in receiver.events
            if fields.get("exten") == number
        }
        for number in ("557", "552")
    }
    assert identifiers["557"] == {call.cuid}
    assert len(identifiers["552"]) == 1
    assert call.cuid not in identifiers["552"]
    assert receiver.events[-1]["unique_id"] == call.cuid


@pytest.mark.parametrize(
    ("end_order", "told"),
    [
        ("idle_first", ["557 Idle", "552 Idle", "Cdr ANSWERED"]),
        ("cdr_first", ["Cdr ANSWERED", "557 Idle", "552 Idle"]),
    ],
)
async def test_order_at_the_end(
    pbx: Pbx, receiver: Receiver, end_order: str, told: list[str]
) -> None:
    """Whether Idle or Cdr comes first is a switch."""
    pbx.change(calls={"end_order": end_order})
    await called(pbx)
    assert receiver.told[-3:] == told


async def test_recording(pbx: Pbx, receiver: Receiver) -> None:
    """A conversation that is recorded has a file."""
    pbx.change(calls={"recording": True})
    call = await called(pbx)
    (report,) = receiver.named("Cdr")
    assert report["record"] == call.recording == pbx.rows[0]["record"]
    assert report["record"].endswith(f"_{call.cuid}.mp3")
    assert (await called(pbx, callee="02100000001")).recording is None


async def test_queue(pbx: Pbx, receiver: Receiver) -> None:
    """A queue rings its agents; the one who answers is told in CdrQueue."""
    pbx.change(phones=[{"number": "553", "after": 1}])
    call = await called(pbx, callee="9009")
    assert facts(call) == ("answered", "answered", 1, 10)
    assert receiver.told == [
        "557 Ringing",
        "557 InUse",
        "552 Ringing",
        "553 Ringing",
        "553 InUse",
        "552 Idle",
        "557 Idle",
        "553 Idle",
        "CdrQueue ANSWERED",
        "Cdr ANSWERED",
    ]
    ringing = receiver.events[2]
    assert (ringing["queue"], ringing["direction"]) == ("9009", "in")
    (report,) = receiver.named("CdrQueue")
    assert (report["src"], report["dst"], report["queue"]) == ("557", "553", "9009")
    assert (report["billsec"], report["wait"], report["duration"]) == ("10", "1", "11")
    assert (report["hangup"], report["queue_status"]) == ("agent", "CONTINUE")
    assert report["originated_call_id"] == call.originated_call_id
    assert report["detail"][0]["dst"] == "553"


async def test_queue_without_answer(pbx: Pbx, receiver: Receiver) -> None:
    """A queue counts as an answer in the Cdr, and does not in CdrQueue."""
    pbx.change(phones=[{"number": "55X", "behaviour": "no_answer", "leg": "second"}])
    call = await called(pbx, callee="9009")
    assert facts(call) == ("no_answer", "no_answer", 30, 0)
    assert receiver.told[-2:] == ["CdrQueue NO ANSWER", "Cdr ANSWERED"]
    assert receiver.named("CdrQueue")[0]["queue_status"] == "TIMEOUT"


async def test_queue_without_agents(pbx: Pbx) -> None:
    """A queue whose agents are all away is left."""
    pbx.change(queues=[{"name": "Sales", "number": "9009", "agents": ["580"]}])
    assert (await called(pbx, callee="9009")).reason == "no_agents"


async def test_queue_with_agent_in_a_call(pbx: Pbx, receiver: Receiver) -> None:
    """An agent who is in a call is not rung, whatever his phone would take."""
    pbx.change(
        outside_phone={"talk": 60},
        phones=[
            {"number": "552", "talk": 60, "leg": "first"},
            {"number": "552", "after": 1, "call_waiting": True},
        ],
    )
    pbx.dial("552", "09120000001")
    call = await called(pbx, callee="9009")
    assert facts(call) == ("answered", "answered", 2, 10)
    assert receiver.named("CdrQueue")[0]["dst"] == "553"
    assert "552 Ringing" not in receiver.told


async def test_queue_of_intercoms(pbx: Pbx, receiver: Receiver) -> None:
    """An agent who is connected at once leaves no other ringing."""
    pbx.change(phones=[{"number": "552", "behaviour": "intercom"}])
    assert (await called(pbx, callee="9009")).outcome == "answered"
    assert "553 Ringing" not in receiver.told
    assert all(line.state in ("Idle", "Unavailable") for line in pbx.exchange.lines)


async def test_queue_has_no_mailbox(pbx: Pbx, receiver: Receiver) -> None:
    """An agent's voicemail does not answer for a queue: the next agent can."""
    pbx.change(
        phones=[
            {"number": "552", "behaviour": "voicemail", "after": 1, "talk": 2},
            {"number": "553", "after": 5},
        ]
    )
    call = await called(pbx, callee="9009")
    assert facts(call) == ("answered", "answered", 5, 10)
    assert receiver.named("CdrQueue")[0]["dst"] == "553"
    assert receiver.named("VoiceMail") == []


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ("answer", ("no_answer", "no_answer", 3, 0)),
        ("no_answer", ("no_answer", "no_answer", 3, 0)),
        ("voicemail", ("answered", "voicemail", 3, 7)),
    ],
)
async def test_ignored(
    pbx: Pbx, behaviour: str, outcome: tuple[str, str, int, int]
) -> None:
    """A phone that a person ignores has rung for long enough, whatever it would do."""
    pbx.change(
        phones=[{"number": "552", "behaviour": behaviour, "after": 20, "talk": 7}]
    )
    pbx.exchange.after(5, lambda: pbx.ignore("552"))
    assert facts(await called(pbx)) == outcome


async def test_phone_in_a_call(pbx: Pbx, receiver: Receiver) -> None:
    """A phone that is in a stranger's call is busy, and stays in use."""
    pbx.change(phones=[{"number": "552", "talk": 60}, {"number": "09.", "talk": 60}])
    stranger = pbx.dial("552", "09120000001")
    call = await called(pbx)
    assert facts(call) == ("busy", "in_use", 1, 0)
    assert stranger.talk == 60
    assert receiver.told == [
        "552 InUse",
        "OutgoingCall",
        "557 Ringing",
        "557 InUse",
        "557 Idle",
        "Cdr BUSY",
        "552 Idle",
        "Cdr ANSWERED",
    ]


async def test_caller_in_a_call(pbx: Pbx) -> None:
    """So is a caller, who is not reached then."""
    pbx.change(extension_phone={"talk": 60}, outside_phone={"talk": 60})
    pbx.dial("557", "09120000001")
    call = await called(pbx)
    assert facts(call) == ("caller_no_answer", "in_use", 1, 0)


async def test_two_calls_ring(pbx: Pbx, receiver: Receiver) -> None:
    """A phone that rings for two calls takes one, and lets the other ring on."""
    pbx.change(extension_phone={"talk": 60})
    records = [pbx.place(order("557", callee)) for callee in ("552", "553")]
    await pbx.idle()
    taken, left = (pbx.call_of(record.originated_call_id) for record in records)
    assert facts(taken) == ("answered", "answered", 2, 60)
    assert facts(left) == ("caller_no_answer", "no_answer", 30, 0)
    states = [told for told in receiver.told if told.startswith("557")]
    assert states == ["557 Ringing", "557 InUse", "557 Idle"]
    assert receiver.told.index("557 InUse") < receiver.told.index("552 Ringing")


async def test_call_waiting(pbx: Pbx, receiver: Receiver) -> None:
    """With call waiting it rings for the second call, and goes back to the first."""
    pbx.change(
        outside_phone={"talk": 60},
        phones=[
            {"number": "552", "talk": 60, "call_waiting": True, "leg": "first"},
            {"number": "552", "talk": 5, "call_waiting": True},
        ],
    )
    stranger = pbx.dial("552", "09120000001")
    call = await called(pbx)
    assert call.outcome == "answered"
    states = [
        (fields["state"], fields["unique_id"])
        for fields in receiver.events
        if fields.get("exten") == "552"
    ]
    assert states == [
        ("InUse", stranger.cuid),
        ("Ringing", call.cuid),
        ("InUse", call.cuid),
        ("Idle", stranger.cuid),
    ]


async def test_behaviour_by_call(pbx: Pbx) -> None:
    """A behaviour may hold for some calls only, by their number and the other one."""
    pbx.change(
        phones=[
            {"number": "552", "behaviour": "busy", "times": 1},
            {"number": "552", "behaviour": "no_answer", "other": "553"},
        ]
    )
    assert (await called(pbx)).outcome == "busy"
    assert (await called(pbx, caller="553")).outcome == "no_answer"
    assert (await called(pbx)).outcome == "answered"


async def test_calls_at_once(pbx: Pbx, receiver: Receiver) -> None:
    """Many calls at once keep apart, and time passes for all of them alike."""
    pbx.change(
        extensions=[{"number": str(number)} for number in range(1000, 1100)],
        phones=[{"number": "1XX9", "behaviour": "no_answer", "leg": "first"}],
    )
    records = [
        pbx.place(order(str(number), str(number + 1)))
        for number in range(1000, 1100, 2)
    ]
    await pbx.idle()
    calls = [pbx.call_of(record.originated_call_id) for record in records]
    assert {call.outcome for call in calls} == {"answered"}
    assert {call.cuid for call in calls} == {
        fields["unique_id"] for fields in receiver.named("Cdr")
    }
    # All phones rang before the first one was answered.
    assert {told.split()[1] for told in receiver.told[:50]} == {"Ringing"}


async def test_inside_call(pbx: Pbx, receiver: Receiver) -> None:
    """Extensions call each other by themselves: no order is told then."""
    call = pbx.dial("552", "553")
    await pbx.idle()
    assert receiver.told == [
        "552 InUse",
        "553 Ringing",
        "553 InUse",
        "552 Idle",
        "553 Idle",
        "Cdr ANSWERED",
    ]
    assert receiver.events[0]["dialer"] == "yes"
    assert (call.kind, call.type, call.outcome) == ("inside", "local", "answered")
    assert not any("originated_call_id" in fields for fields in receiver.events)
    assert "originated_call_id" not in pbx.rows[0]
    assert pbx.calls == ()


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("answer", ["557 Ringing", "557 InUse", "557 Idle", "Cdr ANSWERED"]),
        ("no_answer", ["557 Ringing", "557 Idle", "Cdr NO ANSWER"]),
        ("reject", ["557 Ringing", "557 Idle", "Cdr BUSY"]),
    ],
)
async def test_dial_in(
    pbx: Pbx, receiver: Receiver, behaviour: str, told: list[str]
) -> None:
    """Somebody outside calls an extension."""
    pbx.change(phones=[{"number": "557", "behaviour": behaviour}])
    call = pbx.dial_in("09121234567", "557", trunk="gsm_gateway")
    await pbx.idle()
    assert receiver.told == ["IncomingCall", *told]
    assert receiver.events[0] == {
        "event_name": "IncomingCall",
        "number": "09121234567",
        "unique_id": call.cuid,
        "entry_point": "gsm_gateway",
    }
    assert receiver.events[1]["participant"] == "09121234567"
    report = receiver.events[-1]
    assert (report["type"], report["entry_point"]) == ("incoming", "gsm_gateway")
    assert pbx.rows[0]["type"] == "incoming"


@pytest.mark.parametrize(
    "change",
    [{"contexts": []}, {"calls": {"routes": {"main_routing": ["09."]}}}],
)
async def test_dial_in_needs_no_outgoing_route(
    pbx: Pbx, change: dict[str, object]
) -> None:
    """Contexts lead what extensions and originates dial, not what comes in."""
    pbx.change(change)
    call = pbx.dial_in("09121234567", "557")
    await pbx.idle()
    assert call.outcome == "answered"


async def test_dial_in_to_queue(pbx: Pbx, receiver: Receiver) -> None:
    """Or a queue."""
    pbx.dial_in("09121234567", "9009")
    await pbx.idle()
    assert receiver.told[0] == "IncomingCall"
    assert receiver.told[-2:] == ["CdrQueue ANSWERED", "Cdr ANSWERED"]


@pytest.mark.parametrize(
    "act",
    [
        lambda pbx: pbx.dial("999", "552"),
        lambda pbx: pbx.dial("580", "552"),
        lambda pbx: pbx.dial_in("09121234567", "999"),
        lambda pbx: pbx.dial_in("09121234567", "557", trunk="spare"),
        lambda pbx: pbx.answer("557"),
        lambda pbx: pbx.reject("999"),
        lambda pbx: pbx.hang_up("557"),
        lambda pbx: pbx.set_trunk("nobody", "Ok"),
    ],
)
async def test_not_possible(pbx: Pbx, act: Any) -> None:
    """What cannot be done now is refused and changes nothing."""
    with pytest.raises(NotPossible):
        act(pbx)
    assert pbx.is_idle


async def test_shared_call_id(receiver: Receiver) -> None:
    """Two originates in one second may share a call id, and mix in the report."""
    now = 1662920001.5
    async with running(sleep=instant, clock=lambda: now) as simulator:
        pbx = simulator.pbx
        pbx.change(
            calls={"shared_call_id": True},
            webhook={"enabled": True, "address": receiver.url, "events": ["Cdr"]},
        )
        first = pbx.place(order("557", "552")).originated_call_id
        second = pbx.place(order("553", "521")).originated_call_id
        now += 1
        third = pbx.place(order("570", "09120000001")).originated_call_id
        await pbx.idle()
        calls = [pbx.call_of(item) for item in (first, second, third)]
        assert [call.cuid for call in calls] == [calls[0].cuid] * 2 + [
            calls[2].uniqueid
        ]
        assert {
            fields["originated_call_id"]: fields["unique_id"]
            for fields in receiver.events
        } == {call.originated_call_id: call.cuid for call in calls}
        rows = {str(row["originated_call_id"]): row for row in pbx.rows}
        assert len({str(row["uniqueid"]) for row in pbx.rows}) == 3
        assert rows[first]["comment"] == (
            f"originated call: {first}. originated call: {second}"
        )
        assert (rows[first]["src"], rows[first]["dst"]) == ("557", "521")
        assert rows[third]["comment"] == f"originated call: {third}"


async def test_call_ids_apart(pbx: Pbx) -> None:
    """Without that switch each call has an id of its own."""
    for _ in range(3):
        pbx.place(order())
    await pbx.idle()
    assert len({call.cuid for call in pbx.traffic}) == 3


async def test_order_that_waits() -> None:
    """A call may begin some time after it was ordered."""
    async with running(sleep=instant) as simulator:
        simulator.pbx.change(calls={"begin_after": 3})
        record = simulator.pbx.place(order())
        call = simulator.pbx.call_of(record.originated_call_id)
        await simulator.pbx.idle()
        assert round(call.ended_at - call.time) == 3 + 2 + 2 + 10


async def test_stop_while_ringing() -> None:
    """Stopping ends everything at once: no task is left, and no event comes after."""
    before = asyncio.all_tasks()
    async with running() as simulator:
        pbx = simulator.pbx
        pbx.place(order())
        pbx.dial_in("09121234567", "553")
        assert {line.state for line in pbx.exchange.lines} >= {"Ringing", "InUse"}
    assert asyncio.all_tasks() == before
    assert pbx.is_idle
    assert {line.state for line in pbx.exchange.lines} == {"Idle", "Unavailable"}
    assert pbx.rows == ()
    await simulator.start()
    simulator.pbx.place(order())
    await simulator.stop()
    assert asyncio.all_tasks() == before


async def test_unknown_call(pbx: Pbx) -> None:
    """An id that was never given is looked up in vain."""
    with pytest.raises(LookupError):
        pbx.call_of("orig.call.1.1")


async def test_idle_needs_a_start() -> None:
    """A PBX that was not started does not let its callers wait for ever."""
    pbx = Pbx()
    await pbx.idle()
    pbx.place(order())
    with pytest.raises(RuntimeError):
        await pbx.idle()


async def test_traffic_is_bounded(pbx: Pbx) -> None:
    """Only the newest calls, events and rows are kept."""
    pbx.change(keep_records=2)
    for _ in range(3):
        await called(pbx)
    assert [call.number for call in pbx.traffic] == [2, 3]
    assert (len(pbx.events), len(pbx.rows)) == (2, 2)


async def test_reset(pbx: Pbx) -> None:
    """A reset ends the calls and forgets them."""
    pbx.set_trunk("cisco", "Unavailable")
    await called(pbx)
    pbx.place(order())
    pbx.reset()
    assert pbx.is_idle
    assert (pbx.traffic, pbx.all_events, pbx.rows) == ((), (), ())
    assert pbx.exchange.trunk_states["cisco"] == "Ok"


BEHAVIOURS = [
    "answer",
    "no_answer",
    "busy",
    "reject",
    "unreachable",
    "intercom",
    "voicemail",
    "manual",
]
NUMBERS = ["557", "552", "553", "521", "570", "580", "9009", "09120000001", "777"]


@pytest.mark.parametrize("seed", range(25))
async def test_every_call_ends(seed: int) -> None:
    """Whatever phones, people and strangers do, every call ends and frees its phones."""
    chance = random.Random(seed)
    async with running(sleep=instant) as simulator:
        pbx = simulator.pbx
        pbx.change(
            phones=[
                {
                    "number": chance.choice(["557", "552", "553", "09.", "55X"]),
                    "behaviour": chance.choice(BEHAVIOURS),
                    "after": chance.choice([0, 1, 5, 40]),
                    "talk": chance.choice([1, 5, 60]),
                    "patience": chance.choice([0, 0, 3]),
                    "call_waiting": chance.random() < 0.5,
                    "leg": chance.choice(["any", "first", "second"]),
                    "times": chance.choice([0, 0, 1]),
                }
                for _ in range(5)
            ],
            calls={
                "begin_after": chance.choice([0, 2]),
                "end_order": chance.choice(["idle_first", "cdr_first"]),
                "second_leg_call_id": chance.choice(["same", "own"]),
                "shared_call_id": chance.random() < 0.5,
            },
        )

        def act() -> None:
            number, other = chance.choice(NUMBERS), chance.choice(NUMBERS)
            deed = chance.choice(
                ["answer", "reject", "ignore", "hang up", "dial", "dial in"]
            )
            with suppress(NotPossible):
                if deed == "answer":
                    pbx.answer(number)
                elif deed == "ignore":
                    pbx.ignore(number)
                elif deed == "reject":
                    pbx.reject(number)
                elif deed == "hang up":
                    pbx.hang_up(number)
                elif deed == "dial":
                    pbx.dial(number, other)
                else:
                    pbx.dial_in("09127777777", other)

        def place() -> None:
            limit = chance.choice([None, 3])
            trunk = chance.choice(["", "cisco"])
            caller, callee = chance.choice(NUMBERS), chance.choice(NUMBERS)
            pbx.place(order(caller, callee, trunk_name=trunk, call_limit=limit))

        for deed in (act,) * 60 + (place,) * 12:
            pbx.exchange.after(chance.uniform(0, 120), deed)
        await pbx.idle()
        assert len(pbx.calls) == 12
        assert all(call.is_over and call.outcome for call in pbx.traffic)
        for line in pbx.exchange.lines:
            assert line.legs == []
            assert line.told == line.state
        told: dict[str, str] = {}
        for event in pbx.all_events:
            if event.name == "NewState":
                number, state = str(event.fields["exten"]), str(event.fields["state"])
                assert told.get(number, "Idle") != state
                told[number] = state
