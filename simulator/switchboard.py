"""The part of the control API by which people and tests use the telephones."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from .calls import Leg, Line
from .changes import first_of
from .control_http import (
    PBX,
    answer,
    bad_request,
    forget,
    read_object,
    read_texts,
    show,
)
from .dialplan import TrunkState
from .exchange import Key
from .pbx import Pbx
from .wire import Json, Row

STOPPING = web.AppKey("stopping", asyncio.Event)

# How much of each list the page shows.
_CALLS_SHOWN = 20
_REQUESTS_SHOWN = 50
_REQUEST_SHOWN = ("time", "method", "path", "body", "status")
_EVENTS_SHOWN = 100
# After this time a client that waits for news is told that there are none, in seconds.
_LONGEST_WAIT = 20.0
_TRUNK_STATES: dict[str, TrunkState] = {
    "Ok": "Ok",
    "Unavailable": "Unavailable",
    "Deactivate": "Deactivate",
}


_KEYS: tuple[Key, ...] = ("answer", "reject", "ignore", "hangup")


def routes() -> list[web.RouteDef]:
    """Return what the control API serves of it."""
    phone = "/phones/{number}"
    return [
        web.get("/phones", show(_phones)),
        web.patch(phone, _patch_phone),
        *(web.post(f"{phone}/{key}", _press(key)) for key in _KEYS),
        web.post(f"{phone}/dial", _dial),
        web.post("/dial_in", _dial_in),
        web.get("/trunks", show(_trunks)),
        web.post("/trunks/{name}", _post_trunk),
        web.get("/traffic", show(lambda pbx: [call.plain() for call in pbx.traffic])),
        web.delete("/traffic", forget(lambda pbx: pbx.forget_traffic())),
        web.get("/events", _get_events),
        web.post("/events", _post_event),
        web.delete("/events", forget(lambda pbx: pbx.forget_events())),
        web.get("/overview", _get_overview),
    ]


async def _patch_phone(request: web.Request) -> web.Response:
    pbx = request.app[PBX]
    pbx.set_phone(request.match_info["number"], await read_object(request))
    return answer(_phones(pbx))


def _press(key: Key) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        request.app[PBX].exchange.press(key, request.match_info["number"])
        return answer(_phones(request.app[PBX]))

    return handler


async def _dial(request: web.Request) -> web.Response:
    given = await read_texts(request, callee=None)
    call = request.app[PBX].dial(request.match_info["number"], given["callee"])
    return answer(call.plain())


async def _dial_in(request: web.Request) -> web.Response:
    given = await read_texts(request, number=None, callee=None, trunk="")
    call = request.app[PBX].dial_in(
        given["number"], given["callee"], trunk=given["trunk"]
    )
    return answer(call.plain())


async def _post_trunk(request: web.Request) -> web.Response:
    given = await read_texts(request, state=None)
    state = _TRUNK_STATES.get(given["state"])
    if state is None:
        raise bad_request(f"state must be one of {', '.join(_TRUNK_STATES)}")
    request.app[PBX].set_trunk(request.match_info["name"], state)
    return answer(_trunks(request.app[PBX]))


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
        raise bad_request("event_name is needed, as text")
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
        raise bad_request("after must be a number") from error
    # Counted anew after a new start of the simulator.
    if after <= pbx.changes.count:
        await first_of(
            pbx.changes.beyond(after),
            request.app[STOPPING].wait(),
            timeout=_LONGEST_WAIT,
        )
    return answer(_overview(pbx))


def _overview(pbx: Pbx) -> Row:
    settings = pbx.settings
    webhook = settings.webhook
    return {
        "count": pbx.changes.count,
        "now": pbx.now(),
        "speed": settings.speed,
        "webhook": {
            **webhook.model_dump(mode="json", exclude={"password", "timeout"}),
            "has_password": webhook.password != "",
        },
        "outside": settings.outside_phone.behaviour,
        "phones": _phones(pbx),
        "queues": [
            {"number": queue.number, "name": queue.name} for queue in settings.queues
        ],
        "trunks": _trunks(pbx),
        "calls": [call.plain() for call in pbx.traffic[: -_CALLS_SHOWN - 1 : -1]],
        "requests": [
            {name: record.plain()[name] for name in _REQUEST_SHOWN}
            for record in pbx.requests[: -_REQUESTS_SHOWN - 1 : -1]
        ],
        "events": [
            record.plain() for record in pbx.all_events[: -_EVENTS_SHOWN - 1 : -1]
        ],
    }


def _phones(pbx: Pbx) -> list[Json]:
    return [_phone(pbx, line) for line in pbx.exchange.lines]


def _trunks(pbx: Pbx) -> Row:
    return {**pbx.exchange.trunk_states}


def _phone(pbx: Pbx, line: Line) -> Row:
    behaviour = pbx.exchange.behaviours.of(line.number)
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
