"""Breaks the integration on purpose, to see that each counter counts."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
import gc
import logging
from pathlib import Path
import socket
import time
from typing import Any
from unittest.mock import patch

from aiohttp import CookieJar

from custom_components.pbx.simotel.envelope import data_of
from custom_components.pbx.simotel.errors import MethodNotAllowedError
from custom_components.pbx.simotel.transport import Reply
from custom_components.pbx.telephony.errors import InvalidEventError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.event import async_call_later

from .bench import Bench, running_bench
from .doorstep import Doorstep
from .families.echoes import cookies, echoes
from .families.plays import body, reply
from .fault import Fault, Meaning
from .lane import Lane
from .leftovers import possessions
from .partings import try_unloading
from .pbx import good_body
from .result import MOST_BLOCKS, Left
from .stories import OF_DIALPLAN, RING_GROUPS, tell_stories

_INTEGRATION = "custom_components.pbx"
_CLOSES = Fault(family="", name="closes", meaning=Meaning.UNKNOWN, answers=reply(b""))
_PAGE = Fault(
    family="", name="a page", meaning=Meaning.UNDOCUMENTED, answers=body(b"<html>")
)
_ACCEPTS_WITH_405 = Fault(
    family="",
    name="405 with an acceptance",
    meaning=Meaning.UNDOCUMENTED,
    answers=body(good_body, status="405 No"),
)
_OUR_LOGGER = logging.getLogger(f"{_INTEGRATION}.self_check")


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Something that is broken on purpose, and the counter that has to notice."""

    counter: str
    name: str
    target: str
    replacement: Any
    fault: Fault = _CLOSES
    trial: Callable[[Bench, Lane, Fault], Coroutine[Any, Any, None]] | None = None


async def self_check() -> int:
    """Break one thing after the other; return the exit status."""
    missed = 0
    async with running_bench() as bench, bench.lanes(1) as lanes:
        for sabotage in _sabotages(bench):
            missed += not await _noticed(bench, lanes[0], sabotage)
        for kind, leave in _LEFTOVERS.items():
            missed += not await _left(bench.core.hass, kind, leave)
    print(f"\n{missed} not noticed" if missed else "\nEach counter counts.")
    return 1 if missed else 0


async def _noticed(bench: Bench, lane: Lane, sabotage: Sabotage) -> bool:
    bench.tally.start_anew()
    with patch(sabotage.target, sabotage.replacement):
        trial = sabotage.trial or _place_calls
        await asyncio.create_task(trial(bench, lane, sabotage.fault))
        # What nobody handled is known when it is thrown away.
        gc.collect()
        await asyncio.sleep(0.05)
    count = getattr(bench.tally.total, sabotage.counter)
    _print(sabotage.counter, sabotage.name, count)
    return bool(count)


async def _left(
    hass: HomeAssistant, kind: str, leave: Callable[[HomeAssistant], Any]
) -> bool:
    before = possessions(hass)
    kept = leave(hass)
    left = Left.between(before, possessions(hass))
    count = getattr(left, kind)
    noticed = bool(left.violations) and count > 0
    _print(kind, "left behind", count)
    if isinstance(kept, asyncio.Task):
        kept.cancel()
    elif callable(kept):
        kept()
    elif hasattr(kept, "close"):
        kept.close()
    return noticed


def _print(counter: str, name: str, count: int) -> None:
    print(f"  {counter:<12} {name:<50} {count:>9,} {'' if count else 'NOT NOTICED'}")


async def _place_calls(bench: Bench, lane: Lane, fault: Fault) -> None:
    bench.tally.blame("Self-check")
    await lane.try_calls(fault, modes=("accepted",))


async def _visit(bench: Bench, lane: Lane, _fault: Fault) -> None:
    await Doorstep(bench, lane).try_strange_requests()


async def _visit_with_nothing(bench: Bench, lane: Lane, _fault: Fault) -> None:
    await Doorstep(bench, lane).try_incomplete_events()


async def _visit_with_numbers(bench: Bench, lane: Lane, _fault: Fault) -> None:
    await Doorstep(bench, lane).try_writings()


async def _visit_at_length(bench: Bench, lane: Lane, _fault: Fault) -> None:
    await Doorstep(bench, lane).try_costly_bodies(most=1)


async def _visit_while_unloading(bench: Bench, lane: Lane, _fault: Fault) -> None:
    await try_unloading(bench, lane)


async def _tell_story(_bench: Bench, lane: Lane, _fault: Fault) -> None:
    await tell_stories(lane, OF_DIALPLAN[:1])


async def _tell_of_ring_group(_bench: Bench, lane: Lane, _fault: Fault) -> None:
    await tell_stories(lane, RING_GROUPS[:1])


async def _repeat(_guard: object, request: Any, handler: Any) -> Any:
    return await handler(request)


def _deny(_error: Exception) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain="pbx", translation_key="cannot_connect"
    )


async def _invent(_client: object, _request: object) -> str:
    return "orig.call.1.1"


def _refuse_with_405(sent: Reply, *, secrets: Any) -> object:
    if sent.status == 405:
        raise MethodNotAllowedError(status=405, message="")
    return data_of(sent, secrets=secrets)


def _keep_cookies(hass: HomeAssistant, *, verify_ssl: bool) -> Any:
    jar = CookieJar(unsafe=True)
    return async_create_clientsession(hass, verify_ssl=verify_ssl, cookie_jar=jar)


def _dawdle(**_event: object) -> Any:
    time.sleep(1.2)
    raise InvalidEventError("on purpose")


def _fail(*_arguments: object, **_more: object) -> Any:
    raise RuntimeError("on purpose")


def _forget_error(*_arguments: object) -> None:
    asyncio.get_running_loop().create_future().set_exception(RuntimeError("on purpose"))


def _sabotages(bench: Bench) -> list[Sabotage]:
    def tell(*_arguments: object) -> None:
        _OUR_LOGGER.debug("The key is %s", bench.credentials["api_key"])

    services = f"{_INTEGRATION}.services"
    return [
        Sabotage(
            "repeated",
            "a request that breaks is sent again",
            f"{_INTEGRATION}.simotel.transport._AtMostOnce.__call__",
            _repeat,
        ),
        Sabotage(
            "denied",
            "every error says that nothing was placed",
            f"{services}._translated",
            _deny,
        ),
        Sabotage(
            "invented",
            "every call is taken for accepted",
            f"{_INTEGRATION}.simotel.client.SimotelClient.originate",
            _invent,
            _PAGE,
        ),
        Sabotage(
            "other_errors",
            "errors have another key",
            f"{services}._translated",
            lambda _error: HomeAssistantError("on purpose"),
        ),
        Sabotage(
            "states",
            "the sensor is always on",
            f"{_INTEGRATION}.binary_sensor.PbxConnectivity.is_on",
            True,
        ),
        Sabotage(
            "states",
            "events are no longer taken",
            f"{_INTEGRATION}.webhook._is_permitted",
            _fail,
            trial=_visit,
        ),
        Sabotage(
            "tracebacks",
            "the webhook's handler fails",
            f"{_INTEGRATION}.webhook._is_permitted",
            _fail,
            trial=_visit,
        ),
        Sabotage(
            "unhandled",
            "an error is forgotten",
            f"{services}._learn_from",
            _forget_error,
        ),
        Sabotage("secrets", "the key is logged", f"{services}._learn_from", tell),
        Sabotage(
            "secrets",
            "the PBX's text is shown as it is",
            f"{_INTEGRATION}.simotel.texts._masked",
            lambda text, _secrets: text[:1000],
            next(fault for fault in echoes() if "direction marks" in fault.name),
        ),
        Sabotage(
            "secrets",
            "cookies are kept",
            f"{_INTEGRATION}.coordinator._async_session",
            _keep_cookies,
            cookies()[0],
        ),
        Sabotage(
            "repeated",
            "every 405 is taken for a refusal",
            f"{_INTEGRATION}.simotel.client.data_of",
            _refuse_with_405,
            _ACCEPTS_WITH_405,
        ),
        Sabotage(
            "states",
            "events that say nothing are heard",
            f"{_INTEGRATION}.simotel.events.NewState.is_complete",
            True,
            trial=_visit_with_nothing,
        ),
        Sabotage(
            "states",
            "a bare plus is a blank",
            f"{_INTEGRATION}.simotel.events._with_plus",
            dict,
            trial=_visit_with_numbers,
        ),
        Sabotage(
            "other_errors",
            "an event takes long to read",
            f"{_INTEGRATION}.simotel.make.read_event",
            _dawdle,
            trial=_visit_at_length,
        ),
        Sabotage(
            "tracebacks",
            "an event is read for an entry that went",
            f"{_INTEGRATION}.webhook.hasattr",
            lambda *_arguments: True,
            trial=_visit_while_unloading,
        ),
        Sabotage(
            "other_errors",
            "a row of the dialplan is taken for talk",
            f"{_INTEGRATION}.simotel.signals._NOBODY",
            frozenset(),
            trial=_tell_story,
        ),
        Sabotage(
            "other_errors",
            "the first row ends a call",
            f"{_INTEGRATION}.telephony.calls.Call.is_in_use",
            False,
            trial=_tell_of_ring_group,
        ),
    ]


def _leave_listener(hass: HomeAssistant) -> Callable[[], None]:
    return hass.bus.async_listen("nothing", lambda _event: None)


# What is left behind on purpose; what is returned takes it away again.
_LEFTOVERS: dict[str, Callable[[HomeAssistant], Any]] = {
    "tasks": lambda _hass: asyncio.create_task(asyncio.sleep(60)),
    "timers": lambda hass: async_call_later(hass, 60, lambda _now: None),
    "listeners": _leave_listener,
    "sockets": lambda _hass: socket.socket(),
    "files": lambda _hass: Path("/dev/null").open("rb"),
    "blocks": lambda _hass: [object() for _ in range(MOST_BLOCKS + 1000)],
}
