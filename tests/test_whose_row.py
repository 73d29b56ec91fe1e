"""Histories of calls that ring several phones, played on the webhook as users met them.

The PBX writes a row for every phone it tried, forwards a call where it was not sent,
spells numbers as its trunks do, and repeats ids.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from simulator.server import Simulator

from .common import ORIGINATE, PING, originate, originates

CALL = "1703145055.17"
MOBILE = "09123450001"

type Tell = Callable[..., Awaitable[None]]
type Pass = Callable[[float], Awaitable[None]]


@pytest.fixture
async def tell(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str
) -> AsyncIterator[Tell]:
    """Return what sends the PBX's events; the simulated PBX itself keeps silent."""
    simulator.pbx.change(account={"permitted_requests": [ORIGINATE, PING]})
    async with ClientSession() as session:

        async def tell(*events: dict[str, Any]) -> None:
            for event in events:
                fields = dict(event)
                if fields.pop("ours", False):
                    fields["originated_call_id"] = _placed_id(simulator)
                async with session.post(webhook_url, json=fields) as response:
                    assert response.status == 200
            await hass.async_block_till_done()

        yield tell


@pytest.fixture
def after(hass: HomeAssistant) -> Pass:
    """Return what lets seconds go by."""
    gone = timedelta()

    async def after(seconds: float) -> None:
        nonlocal gone
        gone += timedelta(seconds=seconds)
        async_fire_time_changed(hass, dt_util.utcnow() + gone)
        await hass.async_block_till_done(wait_background_tasks=True)

    return after


def _placed_id(simulator: Simulator) -> str:
    originated_call_id = simulator.pbx.calls[-1].originated_call_id
    assert originated_call_id
    return originated_call_id


def state(extension: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a NewState of our call."""
    return {
        "event_name": "NewState",
        "exten": extension,
        "state": name,
        "unique_id": CALL,
        **more,
    }


def row(disposition: str, callee: str, **more: Any) -> dict[str, Any]:
    """Return a Cdr of our call."""
    return {
        "event_name": "Cdr",
        "src": "557",
        "dst": callee,
        "disposition": disposition,
        "unique_id": CALL,
        "ours": True,
        **more,
    }


def leg(number: str, **more: Any) -> dict[str, Any]:
    """Return an OutgoingCall of our call."""
    return {
        "event_name": "OutgoingCall",
        "number": number,
        "outgoing_point": "cisco",
        "unique_id": CALL,
        "ours": True,
        **more,
    }


async def placed(
    hass: HomeAssistant, simulator: Simulator, **fields: Any
) -> asyncio.Task[dict[str, Any]]:
    """Place a call and wait for its end; returns once the PBX has accepted it."""
    before = len(originates(simulator))
    action = asyncio.create_task(originate(hass, **{"wait_for": "ended", **fields}))
    async with asyncio.timeout(5):
        while len(originates(simulator)) == before:
            await asyncio.sleep(0.001)
        while any(record.status is None for record in simulator.pbx.requests):
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)
    return action


def event_types(hass: HomeAssistant) -> list[str]:
    """Return a list that grows by what the PBX's event entity tells."""
    told: list[str] = []

    @callback
    def note(event: Event) -> None:
        changed = event.data
        if changed["entity_id"] == "event.office_calls" and changed["new_state"]:
            told.append(changed["new_state"].attributes["event_type"])

    hass.bus.async_listen("state_changed", note)
    return told


CALLER_ANSWERS = (
    state("557", "Ringing", participant="600"),
    state("557", "InUse", participant="600"),
)


@pytest.mark.parametrize("own_id", ["", "1703145056.18"], ids=["one id", "own id"])
@pytest.mark.parametrize("named", ["", "557"], ids=["unnamed", "named"])
async def test_ring_group_is_answered_though_one_phone_was_not(
    hass: HomeAssistant,
    simulator: Simulator,
    tell: Tell,
    after: Pass,
    own_id: str,
    named: str,
) -> None:
    """The row of the phone that did not take the call comes while the others talk."""
    action = await placed(hass, simulator, callee="600")
    more = {"participant": named} if named else {}
    other = {**more, **({"unique_id": own_id} if own_id else {})}
    await tell(
        *CALLER_ANSWERS,
        state("552", "Ringing", **other),
        state("553", "Ringing", **more),
        state("552", "InUse", **other),
        state("553", "Idle", **more),
        row("NO ANSWER", "553"),
    )
    await after(4)
    await after(60)
    assert not action.done()
    await tell(
        row("ANSWERED", "552", billsec=70),
        state("552", "Idle", **other),
        state("557", "Idle"),
    )
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 70)


@pytest.mark.parametrize("taker", ["552", MOBILE])
async def test_ring_group_of_which_no_state_names_anybody(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass, taker: str
) -> None:
    """A row brings the call's id, by which the caller's phone has been in it all along."""
    told = event_types(hass)
    action = await placed(hass, simulator, callee="600")
    await tell(
        state("557", "Ringing"),
        state("557", "InUse"),
        state("552", "Ringing"),
        state("552", "InUse"),
    )
    assert "caller_answered" not in told
    await tell(row("NO ANSWER", "553"))
    assert "caller_answered" in told
    for _ in range(4):
        await after(30)
    assert not action.done()
    if taker == MOBILE:
        await tell(state("552", "Idle"), leg(MOBILE))
    await tell(
        row("ANSWERED", taker, billsec=120), state("552", "Idle"), state("557", "Idle")
    )
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 120)


async def test_follow_me_is_answered_by_the_mobile(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass
) -> None:
    """The desk phone's row comes first, and is not the end of the call."""
    action = await placed(hass, simulator, callee="552")
    await tell(
        state("557", "Ringing", participant="552"),
        state("557", "InUse", participant="552"),
        state("552", "Ringing", participant="557"),
        state("552", "Idle"),
        row("NO ANSWER", "552"),
    )
    await after(4)
    await tell(leg(MOBILE))
    await after(40)
    assert not action.done()
    await tell(row("ANSWERED", MOBILE, billsec=35), state("557", "Idle"))
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 35)


async def test_rows_that_come_together_at_the_end_are_read_together(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass
) -> None:
    """As a plain Asterisk sends them, that of the phone that was not taken first."""
    action = await placed(hass, simulator, callee="600")
    await tell(
        *CALLER_ANSWERS,
        state("552", "Ringing"),
        state("553", "Ringing"),
        state("552", "InUse"),
        state("553", "Idle"),
        state("552", "Idle"),
        state("557", "Idle"),
        row("NO ANSWER", "553"),
        row("ANSWERED", "552", billsec=12),
    )
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 12)


async def test_nobody_of_a_ring_group_answers(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass
) -> None:
    """The outcome is known when the caller's phone is idle again."""
    action = await placed(hass, simulator, callee="600")
    await tell(
        *CALLER_ANSWERS,
        state("552", "Ringing"),
        state("553", "Ringing"),
        state("553", "Idle"),
        row("NO ANSWER", "553"),
    )
    await after(10)
    assert not action.done()
    await tell(state("552", "Idle"), row("NO ANSWER", "552"), state("557", "Idle"))
    await after(4)
    assert (await action)["outcome"] == "no_answer"


async def test_longest_of_several_conversations_counts(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass
) -> None:
    """Whoever answered transferred the call; each conversation has a row."""
    action = await placed(hass, simulator, callee="552")
    await tell(
        state("557", "Ringing", participant="552"),
        state("557", "InUse", participant="552"),
        state("552", "Ringing", participant="557"),
        state("552", "InUse", participant="557"),
        state("553", "Ringing"),
        state("553", "InUse"),
        state("552", "Idle"),
        row("ANSWERED", "552", billsec=20),
        row("ANSWERED", "553", billsec=35),
    )
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 35)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("CANCEL", "no_answer"),
        ("CANCELLED", "no_answer"),
        ("NOANSWER", "no_answer"),
        ("NO_ANSWER", "no_answer"),
        ("no answer", "no_answer"),
        ("CHANUNAVAIL", "failed"),
        ("REJECTED", "busy"),
        ("ANSWER", "answered"),
        ("PERHAPS", "unknown"),
    ],
)
async def test_words_for_dispositions(
    hass: HomeAssistant,
    simulator: Simulator,
    tell: Tell,
    after: Pass,
    word: str,
    outcome: str,
) -> None:
    """Asterisk's family has several for one thing."""
    action = await placed(hass, simulator)
    await tell(row(word, "552", billsec=5))
    await after(4)
    assert (await action)["outcome"] == outcome


@pytest.mark.parametrize("callee", ["s", "i", "t", "h"])
async def test_row_of_the_dialplans_own_extension_is_no_answer(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass, callee: str
) -> None:
    """The caller took the call, and nothing was dialled."""
    action = await placed(hass, simulator)
    await tell(
        *CALLER_ANSWERS, state("557", "Idle"), row("ANSWERED", callee, billsec=9)
    )
    await after(4)
    assert (await action)["outcome"] == "unknown"


@pytest.mark.parametrize("states", [(), ("Ringing",), ("Ringing", "Idle")])
@pytest.mark.parametrize("rows", [(), ("NO ANSWER",), ("ANSWERED",)])
@pytest.mark.parametrize("dst", ["552", MOBILE])
async def test_forwarded_caller_has_not_answered(
    hass: HomeAssistant,
    simulator: Simulator,
    tell: Tell,
    after: Pass,
    states: tuple[str, ...],
    rows: tuple[str, ...],
    dst: str,
) -> None:
    """The first phone is forwarded to a mobile, so the callee was never rung."""
    told = event_types(hass)
    action = await placed(hass, simulator, callee="552")
    await tell(
        *(state("557", name) for name in states),
        leg(MOBILE),
        *(row(disposition, dst, billsec=0) for disposition in rows),
    )
    for _ in range(4):
        await after(15)
    assert action.done()
    assert (await action)["outcome"] in ("caller_no_answer", "unknown")
    assert "caller_answered" not in told
    assert "answered" not in told


async def test_forwarded_call_goes_on_where_the_callers_phone_is_idle(
    hass: HomeAssistant, simulator: Simulator, tell: Tell, after: Pass
) -> None:
    """It rang in vain and was forwarded; the mobile still rings, and takes the call."""
    action = await placed(hass, simulator, callee="552")
    await tell(state("557", "Ringing"), state("557", "Idle"), leg(MOBILE))
    await after(10)
    assert not action.done()
    await tell(
        state("552", "Ringing", participant="557"),
        state("552", "InUse", participant="557"),
        state("552", "Idle"),
        row("ANSWERED", "552", billsec=12),
    )
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 12)


@pytest.mark.parametrize(
    "spelt",
    [
        "02155550000",
        "902155550000",
        "2155550000",
        "+982155550000",
        "00982155550000",
        "982155550000",
    ],
)
@pytest.mark.parametrize("caller_spelt", ["09120000009", "9120000009", "989120000009"])
@pytest.mark.parametrize("trunk", ["cisco", ""], ids=["trunk", "route"])
async def test_both_parties_outside_though_the_pbx_rewrites_numbers(
    hass: HomeAssistant,
    simulator: Simulator,
    tell: Tell,
    after: Pass,
    spelt: str,
    caller_spelt: str,
    trunk: str,
) -> None:
    """The second leg keeps the call open until its row tells the talk."""
    action = await placed(
        hass,
        simulator,
        caller="09120000009",
        callee="02155550000",
        trunk_name=trunk,
    )
    await tell(leg(caller_spelt), leg(spelt))
    for _ in range(10):
        await after(30)
    assert not action.done()
    await tell(row("ANSWERED", spelt, src=caller_spelt, billsec=300))
    await after(4)
    response = await action
    assert (response["outcome"], response["talk"]) == ("answered", 300)
