"""How fast the webhook takes events, beside a handler that does nothing."""

from collections.abc import Iterator
from itertools import count, cycle
import json
from statistics import median
from time import perf_counter
from typing import Any, Final

from aiohttp import ClientSession
from aiohttp.hdrs import METH_GET, METH_POST
from aiohttp.web import Request, Response

from homeassistant.components import webhook
from homeassistant.core import HomeAssistant
from simulator.server import Simulator

from .contestants import PBX
from .entries import add, new_entry, numbers_of_extensions, remove
from .home_assistant import address_of
from .measuring import (
    MICROSECONDS,
    paired,
    settle_memory,
    spread,
    turns,
    without_collector,
)

EXTENSIONS: Final = (10, 100, 1000)
NEW_STATE: Final = "NewState"
CDR: Final = "Cdr"
# Reads nothing and does nothing: the limit of any webhook.
NOTHING: Final = "nothing"
# Does the least that shows something in Home Assistant.
STATES_ONLY: Final = "states_only"
EVENTS_OF_A_ROUND = 30
ROUNDS = 40
PASSES = 3
WARM_UP = 3
_HEADERS = {"Content-Type": "application/json"}
_STATES_SHOWN = {NEW_STATE: 2, CDR: 1}
_STATES = ("Ringing", "InUse", "Idle")

_call_ids = count(1)


async def measure(
    hass: HomeAssistant, simulator: Simulator, *, share: float
) -> dict[str, Any]:
    """Measure with each number of extensions; `share` of the rounds are played."""
    for name, handler in ((NOTHING, _do_nothing), (STATES_ONLY, _show_states)):
        webhook.async_register(
            hass,
            name,
            name,
            name,
            handler,
            local_only=True,
            allowed_methods=(METH_GET, METH_POST),
        )
    costs: dict[tuple[int, str, str], list[float]] = {}
    async with ClientSession() as session:
        for number in range(PASSES):
            # Up and down again, so that what changes with time falls on all alike.
            for extensions in EXTENSIONS if number % 2 == 0 else EXTENSIONS[::-1]:
                await _pass(hass, simulator, session, extensions, share, costs)
    for name in (NOTHING, STATES_ONLY):
        webhook.async_unregister(hass, name)
    return {
        kind: {
            str(extensions): _summary(
                {
                    name: costs[extensions, kind, name]
                    for name in (NOTHING, STATES_ONLY, PBX)
                }
            )
            for extensions in EXTENSIONS
        }
        for kind in (NEW_STATE, CDR)
    }


async def _pass(
    hass: HomeAssistant,
    simulator: Simulator,
    session: ClientSession,
    extensions: int,
    share: float,
    costs: dict[tuple[int, str, str], list[float]],
) -> None:
    """Set up an entry, send events to it and to the others in turn, and remove it."""
    entry = new_entry(simulator, extensions=extensions)
    await add(hass, entry)
    base = f"{address_of(hass)}/api/webhook"
    urls = {
        NOTHING: f"{base}/{NOTHING}",
        STATES_ONLY: f"{base}/{STATES_ONLY}",
        PBX: f"{base}/{entry.data['webhook_id']}",
    }
    settle_memory()
    orders = turns(list(urls))
    calls = _calls(numbers_of_extensions(extensions))
    for number in range(WARM_UP + max(3, round(ROUNDS * share))):
        order = next(orders)
        for kind, bodies in _round(calls).items():
            for name in order:
                with without_collector():
                    seconds = await _send(session, urls[name], bodies)
                if number >= WARM_UP:
                    cost = seconds / len(bodies) * MICROSECONDS
                    costs.setdefault((extensions, kind, name), []).append(cost)
    heard = entry.runtime_data.monitor.heard
    if heard[NEW_STATE].count != heard[CDR].count or len(heard) != 2:
        raise RuntimeError(f"Not all events were heard: {heard}")
    await remove(hass, entry)


async def _send(session: ClientSession, url: str, bodies: list[bytes]) -> float:
    """Send events one after the other, as a PBX does, and return the seconds."""
    started = perf_counter()
    for body in bodies:
        async with session.post(url, data=body, headers=_HEADERS) as response:
            await response.read()
            response.raise_for_status()
    return perf_counter() - started


def _calls(extensions: list[str]) -> Iterator[tuple[list[bytes], bytes]]:
    """Yield calls to one extension after the other: their states, and their end."""
    for extension in cycle(extensions):
        call_id = f"1795000000.{next(_call_ids)}"
        states = [
            {
                "event_name": NEW_STATE,
                "exten": extension,
                "state": state,
                "participant": "557",
                "direction": "in",
                "unique_id": call_id,
            }
            for state in _STATES
        ]
        end = {
            "event_name": CDR,
            "src": "557",
            "dst": extension,
            "type": "local",
            "disposition": "ANSWERED",
            "starttime": "2026-11-18 11:46:40",
            "endtime": "2026-11-18 11:46:55",
            "billsec": 12,
            "wait": 3,
            "duration": 15,
            "record": "",
            "unique_id": call_id,
        }
        yield [json.dumps(state).encode() for state in states], json.dumps(end).encode()


def _round(calls: Iterator[tuple[list[bytes], bytes]]) -> dict[str, list[bytes]]:
    """Return the events of a round, as many of each kind."""
    bodies: dict[str, list[bytes]] = {NEW_STATE: [], CDR: []}
    while len(bodies[CDR]) < EVENTS_OF_A_ROUND:
        states, end = next(calls)
        if len(bodies[NEW_STATE]) < EVENTS_OF_A_ROUND:
            bodies[NEW_STATE] += states
        bodies[CDR].append(end)
    return bodies


def _summary(costs: dict[str, list[float]]) -> dict[str, Any]:
    """Say what was measured with one kind of event and one number of extensions.

    Costs are microseconds per event, from the sender's first byte to the answer.
    """
    added = [
        ours - nothing for ours, nothing in zip(costs[PBX], costs[NOTHING], strict=True)
    ]
    return {
        **{
            name: {
                "cost": spread(of_one),
                "per_second": MICROSECONDS / median(of_one),
            }
            for name, of_one in costs.items()
        },
        # The rate of ours to that of the others, as it was in the same rounds.
        "rate_ratio": {
            other: paired(costs[other], costs[PBX]) for other in (NOTHING, STATES_ONLY)
        },
        "added": spread(added),
    }


async def _do_nothing(
    _hass: HomeAssistant, _webhook_id: str, _request: Request
) -> Response | None:
    return None


async def _show_states(
    hass: HomeAssistant, _webhook_id: str, request: Request
) -> Response | None:
    """Read the event and write as many states as the integration does for it."""
    event = json.loads(await request.read())
    for number in range(_STATES_SHOWN[event["event_name"]]):
        hass.states.async_set(
            f"sensor.{STATES_ONLY}_{number}",
            event.get("state", event.get("disposition")),
            event,
            force_update=True,
        )
    return None
