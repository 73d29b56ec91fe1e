"""The control API, by which people and tests set switches and read what was received.

It answers clients on this machine only, whatever address the simulator listens on: to
everyone else its addresses are as unknown as any other outside of the PBX's API.
"""

import asyncio

from aiohttp import web

from . import switchboard
from .control_http import (
    PBX,
    answer,
    bad_request,
    forget,
    local_clients_only,
    read_json,
    read_object,
    refusals_as_json,
    show,
)
from .pbx import Pbx
from .wire import Row

PREFIX = "/_control/"


def application(pbx: Pbx, stopping: asyncio.Event) -> web.Application:
    """Return the application to serve under `PREFIX`.

    Those who wait for news are answered when `stopping` is set.
    """
    control = web.Application(middlewares=[local_clients_only, refusals_as_json])
    control[PBX] = pbx
    control[switchboard.STOPPING] = stopping
    control.add_routes(switchboard.routes())
    control.add_routes(
        [
            web.get("/settings", show(_settings)),
            web.patch("/settings", _patch_settings),
            web.post("/reset", _reset),
            web.get("/requests", _get_requests),
            web.delete("/requests", forget(lambda pbx: pbx.forget_requests())),
            web.get("/calls", show(lambda pbx: [call.plain() for call in pbx.calls])),
            web.delete("/calls", forget(lambda pbx: pbx.forget_calls())),
            web.get("/cdr", show(lambda pbx: [*pbx.rows])),
            web.put("/cdr", _put_rows),
            web.post("/cdr", _post_rows),
            web.delete("/cdr", forget(lambda pbx: pbx.forget_rows())),
        ]
    )
    return control


def _settings(pbx: Pbx) -> Row:
    return pbx.settings.plain()


async def _patch_settings(request: web.Request) -> web.Response:
    pbx = request.app[PBX]
    pbx.change(await read_object(request))
    return answer(_settings(pbx))


async def _reset(request: web.Request) -> web.Response:
    pbx = request.app[PBX]
    pbx.reset()
    return answer(_settings(pbx))


async def _get_requests(request: web.Request) -> web.Response:
    pbx = request.app[PBX]
    path = request.query.get("path")
    records = pbx.requests if path is None else pbx.requests_for(path)
    return answer([record.plain() for record in records])


async def _put_rows(request: web.Request) -> web.Response:
    rows = await _rows(request)
    request.app[PBX].forget_rows()
    return _add(request.app[PBX], rows)


async def _post_rows(request: web.Request) -> web.Response:
    return _add(request.app[PBX], await _rows(request))


def _add(pbx: Pbx, rows: list[Row]) -> web.Response:
    pbx.add_rows(rows)
    return answer([*pbx.rows])


async def _rows(request: web.Request) -> list[Row]:
    """Read one row or a list of rows."""
    given = await read_json(request)
    items = given if isinstance(given, list) else [given]
    rows = [item for item in items if isinstance(item, dict)]
    if len(rows) < len(items):
        raise bad_request("Rows are objects")
    return rows
