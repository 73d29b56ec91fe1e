"""From the originate to the outcome over real HTTP, as the simulated PBX tells it.

The simulator knows how each call really ended; the tracker must find it out from the
events and the report alone, or say that it does not know.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import product
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.pbx.simotel.events import read_event
from custom_components.pbx.simotel.signals import account_of, signal_of
from custom_components.pbx.telephony.calls import LONGEST_CALL
from custom_components.pbx.telephony.errors import PermissionDeniedError
from custom_components.pbx.telephony.models import CallRequest
from custom_components.pbx.telephony.outcome import Outcome
from simulator.pbx import Pbx
from simulator.server import Simulator, running
from simulator.timers import instant

from .common import ORIGINATE, client_of
from .test_calls import World

# How the telephones behave, whom they call, and how the PBX must be heard to see it.
CALLS: dict[str, tuple[dict[str, str], str, Outcome]] = {
    "answered": ({}, "552", Outcome.ANSWERED),
    "answered outside": ({}, "09121234567", Outcome.ANSWERED),
    "busy": ({"552": "busy"}, "552", Outcome.BUSY),
    "busy outside": ({"09.": "busy"}, "09121234567", Outcome.BUSY),
    "no answer": ({"552": "no_answer"}, "552", Outcome.NO_ANSWER),
    "no answer outside": ({"09.": "no_answer"}, "09121234567", Outcome.NO_ANSWER),
    "caller does not answer": ({"557": "no_answer"}, "552", Outcome.CALLER_NO_ANSWER),
    "caller rejects": ({"557": "reject"}, "552", Outcome.CALLER_NO_ANSWER),
    "caller is off": ({"557": "unreachable"}, "552", Outcome.CALLER_NO_ANSWER),
    "no route": ({"09.": "no_route"}, "09121234567", Outcome.FAILED),
    "queue answers": ({}, "9009", Outcome.ANSWERED),
}

# What may be different about another PBX: nothing of it may change an outcome.
SPELLINGS: dict[str, dict[str, Any]] = {
    "as documented": {},
    "by GET": {"webhook": {"method": "GET"}},
    "with cuid": {"events": {"call_id": "cuid"}},
    "with both ids": {"events": {"call_id": "both"}},
    "with CDR": {"events": {"cdr_name": "CDR", "cdr_queue_name": "CDRQueue"}},
    "with New State": {"events": {"state_name": "New State", "states": "panel"}},
    "as a form": {"events": {"body": "form", "numbers": "text"}},
    "as Python": {"events": {"body": "python", "empty": "None"}},
    "with nulls": {"events": {"empty": "null", "states": "lower"}},
    "in local time": {"events": {"local_time": True}},
    "doubled": {"events": {"faults": [{"copies": 2}]}},
    "Cdr first": {"calls": {"end_order": "cdr_first"}},
    "before the reply": {"calls": {"events_before_reply": True}},
    "with a call id for each leg": {"calls": {"second_leg_call_id": "own"}},
}

# What a PBX may leave out or mix up: the outcome may then be unknown, never wrong.
LOSSES: dict[str, dict[str, Any]] = {
    **{
        f"without {name}": {"events": {"faults": [{"event": name, "drop": True}]}}
        for name in ("Cdr", "NewState", "OutgoingCall", "CdrQueue")
    },
    **{
        f"without {state}": {
            "events": {"faults": [{"event": "NewState", "state": state, "drop": True}]}
        }
        for state in ("Ringing", "InUse", "Idle")
    },
    **{
        f"event {nth} lost": {"events": {"faults": [{"nth": nth, "drop": True}]}}
        for nth in range(1, 8)
    },
    **{
        f"shuffled {seed}": {"events": {"shuffle": 2.0, "seed": seed}}
        for seed in range(4)
    },
    "without participants": {"events": {"participants": False}},
    "without a call id while ringing": {"events": {"ringing_call_id": False}},
    "first leg in the report only": {"calls": {"first_leg_failure": "report"}},
    "first leg nowhere": {"calls": {"first_leg_failure": "nothing"}},
    "no events at all": {"webhook": {"enabled": False}},
}


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[str]:
    """Run a server that reads events and tells a tracker; yields its address."""

    async def handle(request: web.Request) -> web.Response:
        event = read_event(
            query=request.query,
            content_type=request.content_type,
            body=await request.read(),
        )
        if signal := signal_of(event):
            world.hear(signal)
        return web.Response()

    application = web.Application()
    application.router.add_route("*", "/events", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    finally:
        await runner.cleanup()


def set_up(
    pbx: Pbx, address: str, phones: dict[str, str], change: dict[str, Any]
) -> None:
    """Have the PBX tell its events, and its telephones behave."""
    behaviours = [
        {"number": number, "behaviour": behaviour, "after": 1.0, "talk": 5.0}
        for number, behaviour in {**phones, ".": "answer"}.items()
    ]
    pbx.change(
        {
            "webhook": {"enabled": True, "address": address, "events": "all"},
            "phones": behaviours,
        }
    )
    pbx.change(change)


async def outcome_of(
    simulator: Simulator, *, name: str, change: dict[str, Any]
) -> tuple[Outcome, Outcome]:
    """Place a call, and return how it really ended and what the tracker says."""
    phones, callee, _ = CALLS[name]
    world = World()
    async with ClientSession() as session, listening(world) as address:
        set_up(simulator.pbx, address, phones, change)
        client = client_of(session, simulator)
        request = CallRequest(caller="557", callee=callee, context="main_routing")
        call = world.tracker.place(
            caller=request.caller,
            callee=request.callee,
            caller_id=request.caller_id,
            timeout=request.timeout,
        )
        call_id = await client.originate(request)
        world.take(world.tracker.accept(call, call_id))
        await simulator.pbx.idle()
        with suppress(PermissionDeniedError):
            rows = await client.find_call(call_id, today=datetime.now(UTC).date())
            world.reported = [account_of(row) for row in rows]
    world.wait(LONGEST_CALL + 60)
    assert call.ending
    truth = simulator.pbx.call_of(call_id)
    assert truth
    assert truth.outcome
    return Outcome(truth.outcome), call.ending.outcome


@pytest.fixture
async def quick_simulator() -> AsyncIterator[Simulator]:
    """Run a PBX whose calls take no time."""
    async with running(sleep=instant) as simulator:
        yield simulator


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_outcome_is_found_however_the_pbx_spells_it(
    quick_simulator: Simulator, spelling: str
) -> None:
    """Each of the calls, in each of the spellings."""
    for name, (_, _, expected) in CALLS.items():
        quick_simulator.pbx.reset()
        truth, said = await outcome_of(
            quick_simulator, name=name, change=SPELLINGS[spelling]
        )
        assert (name, truth, said) == (name, expected, expected)


@pytest.mark.parametrize("loss", LOSSES)
async def test_outcome_is_never_wrong_whatever_is_lost(
    quick_simulator: Simulator, loss: str
) -> None:
    """With the report and without it, right or unknown."""
    for name, searchable in product(CALLS, (True, False)):
        quick_simulator.pbx.reset()
        change = dict(LOSSES[loss])
        if not searchable:
            change["account"] = {"permitted_requests": [ORIGINATE]}
        truth, said = await outcome_of(quick_simulator, name=name, change=change)
        assert said in (truth, Outcome.UNKNOWN), (name, truth, said)
