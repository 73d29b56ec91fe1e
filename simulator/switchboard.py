"""The part of the control API by which people and tests use the telephones."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from itertools import islice

from aiohttp import web

from .calls import Leg, Line
from .control_http import (
    PBX,
    answer,
    bad_request,
    bad_settings,
    read_object,
    read_texts,
)
from .dialplan import TrunkState
from .exchange import NotPossible
from .pbx import Pbx
from .settings import SettingsError
from .wire import Json, Row, render

STOPPING = web.AppKey("stopping", asyncio.Event)

# How much of each list the page shows.
_CALLS_SHOWN = 20
_REQUESTS_SHOWN = 50
_EVENTS_SHOWN = 100
# After this time a client that waits for news is told that there are none, in seconds.
_LONGEST_WAIT = 20.0
_TRUNK_STATES: dict[str, TrunkState] = {
    "Ok": "Ok",
    "Unavailable": "Unavailable",
    "Deactivate": "Deactivate",
}


def routes() -> list[web.RouteDef]:
    """Return what the control API serves of it."""
    phone = "/phones/{number}"
    return [
        web.get("/phones", _get_phones),
        web.patch(phone, _patch_phone),
        web.post(f"{phone}/answer", _press(Pbx.answer)),
        web.post(f"{phone}/reject", _press(Pbx.reject)),
        web.post(f"{phone}/ignore", _press(Pbx.ignore)),
        web.post(f"{phone}/hangup", _press(Pbx.hang_up)),
        web.post(f"{phone}/dial", _dial),
        web.post("/dial_in", _dial_in),
        web.get("/trunks", _get_trunks),
        web.post("/trunks/{name}", _post_trunk),
        web.get("/traffic", _get_traffic),
        web.delete("/traffic", _forget(Pbx.forget_traffic)),
        web.get("/events", _get_events),
        web.post("/events", _post_event),
        web.delete("/events", _forget(Pbx.forget_events)),
        web.get("/overview", _get_overview),
    ]


async def _get_phones(request: web.Request) -> web.Response:
    return answer(_phones(request.app[PBX]))


async def _patch_phone(request: web.Request) -> web.Response:
    changes = await read_object(request)
    try:
        request.app[PBX].set_phone(request.match_info["number"], changes)
    except SettingsError as error:
        raise bad_settings(error) from error
    return await _get_phones(request)


def _press(
    act: Callable[[Pbx, str], None],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        with _possible():
            act(request.app[PBX], request.match_info["number"])
        return await _get_phones(request)

    return handler


async def _dial(request: web.Request) -> web.Response:
    given = await read_texts(request, callee=None)
    with _possible():
        call = request.app[PBX].dial(request.match_info["number"], given["callee"])
    return answer(call.plain())


async def _dial_in(request: web.Request) -> web.Response:
    given = await read_texts(request, number=None, callee=None, trunk="")
    with _possible():
        call = request.app[PBX].dial_in(
            given["number"], given["callee"], trunk=given["trunk"]
        )
    return answer(call.plain())


async def _get_trunks(request: web.Request) -> web.Response:
    return answer({**request.app[PBX].exchange.trunk_states})


async def _post_trunk(request: web.Request) -> web.Response:
    given = await read_texts(request, state=None)
    state = _TRUNK_STATES.get(given["state"])
    if state is None:
        raise bad_request({"error": f"state must be one of {', '.join(_TRUNK_STATES)}"})
    with _possible():
        request.app[PBX].set_trunk(request.match_info["name"], state)
    return await _get_trunks(request)


async def _get_traffic(request: web.Request) -> web.Response:
    return answer([call.plain() for call in request.app[PBX].traffic])


async def _get_events(request: web.Request) -> web.Response:
    """Show the events that were sent; with `?all=1` the others as well."""
    pbx = request.app[PBX]
    records = pbx.all_events if "all" in request.query else pbx.events
    return answer([record.plain() for record in records])


async def _post_event(request: web.Request) -> web.Response:
    """Send any event: `event_name` says its name, the rest are its fields."""
    fields = await read_object(request)
    name = fields.pop("event_name", None)
    if not isinstance(name, str):
        raise bad_request({"error": "event_name is needed, as text"})
    request.app[PBX].send_event(name, fields)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _get_overview(request: web.Request) -> web.Response:
    """Show what the page shows.

    With `?after=N` not before something has changed since an overview with that
    `count`, or a while has passed.
    """
    pbx = request.app[PBX]
    try:
        after = int(request.query.get("after", "-1"))
    except ValueError as error:
        raise bad_request({"error": "after must be a number"}) from error
    # Counted anew after a new start of the simulator.
    if after <= pbx.changes.count:
        await _news(pbx, after, request.app[STOPPING])
    return answer(_overview(pbx))


async def _news(pbx: Pbx, after: int, stopping: asyncio.Event) -> None:
    waiting = [
        asyncio.ensure_future(pbx.changes.beyond(after)),
        asyncio.ensure_future(stopping.wait()),
    ]
    try:
        await asyncio.wait(
            waiting, timeout=_LONGEST_WAIT, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _overview(pbx: Pbx) -> Row:
    settings = pbx.settings
    webhook = settings.webhook
    return {
        "count": pbx.changes.count,
        "now": pbx.now(),
        "speed": settings.speed,
        "webhook": {
            "enabled": webhook.enabled,
            "address": webhook.address,
            "method": webhook.method,
            "version": webhook.version,
            "username": webhook.username,
            "has_password": webhook.password != "",
            "events": "all" if webhook.events == "all" else [*webhook.events],
        },
        "outside": settings.outside_phone.behaviour,
        "phones": _phones(pbx),
        "queues": [
            {"number": queue.number, "name": queue.name} for queue in settings.queues
        ],
        "trunks": {**pbx.exchange.trunk_states},
        "calls": [call.plain() for call in _newest(pbx.traffic, _CALLS_SHOWN)],
        "requests": [
            {
                "time": record.time,
                "method": record.method,
                "path": record.path,
                "body": record.body,
                "status": record.status,
            }
            for record in _newest(pbx.requests, _REQUESTS_SHOWN)
        ],
        "events": [record.plain() for record in _newest(pbx.all_events, _EVENTS_SHOWN)],
    }


def _newest[Item](items: Sequence[Item], count: int) -> list[Item]:
    return list(islice(reversed(items), count))


def _phones(pbx: Pbx) -> list[Json]:
    return [_phone(pbx, line) for line in pbx.exchange.lines]


def _phone(pbx: Pbx, line: Line) -> Row:
    behaviour = pbx.exchange.behaviour(line.number)
    return {
        "number": line.number,
        "name": line.name,
        "inside": line.is_inside,
        "state": line.state,
        "behaviour": behaviour.behaviour,
        "after": behaviour.after,
        "talk": behaviour.talk,
        "calls": [_leg(pbx, leg) for leg in line.legs],
    }


def _leg(pbx: Pbx, leg: Leg) -> Row:
    """Show a telephone's part in a call, `since` in seconds of the call's own clock."""
    call = leg.call
    shown = call.parties.callee if leg.role == "first" else call.parties.caller_id
    return {
        "call": call.number,
        "kind": call.kind,
        "role": leg.role,
        "state": leg.state,
        "call_state": call.state,
        "caller": call.parties.caller,
        "callee": call.parties.callee,
        "shown": shown,
        "queue": "" if call.queue is None else call.queue.name,
        "seconds": round(pbx.exchange.now() - leg.since, 1),
    }


def _forget(
    forget: Callable[[Pbx], None],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        forget(request.app[PBX])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    return handler


@contextmanager
def _possible() -> Iterator[None]:
    """Turn what cannot be done into a refusal."""
    try:
        yield
    except NotPossible as error:
        raise web.HTTPConflict(
            text=render({"error": str(error)}).decode(),
            content_type="application/json",
        ) from error
