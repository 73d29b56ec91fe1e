"""The control API, by which people and tests set switches and read what was received.

It answers clients on this machine only, whatever address the simulator listens on: to
everyone else its addresses are as unknown as any other outside of the PBX's API.
"""

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from . import switchboard
from .control_http import (
    PBX,
    answer,
    bad_request,
    bad_settings,
    local_clients_only,
    read_json,
    read_object,
)
from .pbx import CallRecord, Pbx, RequestRecord
from .settings import SettingsError
from .wire import Row

PREFIX = "/_control/"


def application(pbx: Pbx, stopping: asyncio.Event) -> web.Application:
    """Return the application to serve under `PREFIX`.

    Those who wait for news are answered when `stopping` is set.
    """
    control = web.Application(middlewares=[local_clients_only])
    control[PBX] = pbx
    control[switchboard.STOPPING] = stopping
    control.add_routes(switchboard.routes())
    control.add_routes(
        [
            web.get("/settings", _get_settings),
            web.patch("/settings", _patch_settings),
            web.post("/reset", _reset),
            web.get("/requests", _get_requests),
            web.delete("/requests", _forget(Pbx.forget_requests)),
            web.get("/calls", _get_calls),
            web.delete("/calls", _forget(Pbx.forget_calls)),
            web.get("/cdr", _get_rows),
            web.put("/cdr", _put_rows),
            web.post("/cdr", _post_rows),
            web.delete("/cdr", _forget(Pbx.forget_rows)),
        ]
    )
    return control


async def _get_settings(request: web.Request) -> web.Response:
    return answer(request.app[PBX].settings.plain())


async def _patch_settings(request: web.Request) -> web.Response:
    changes = await read_object(request)
    try:
        request.app[PBX].change(changes)
    except SettingsError as error:
        raise bad_settings(error) from error
    return await _get_settings(request)


async def _reset(request: web.Request) -> web.Response:
    request.app[PBX].reset()
    return await _get_settings(request)


async def _get_requests(request: web.Request) -> web.Response:
    pbx = request.app[PBX]
    path = request.query.get("path")
    return _answer_records(pbx.requests if path is None else pbx.requests_for(path))


async def _get_calls(request: web.Request) -> web.Response:
    return _answer_records(request.app[PBX].calls)


async def _get_rows(request: web.Request) -> web.Response:
    return answer([*request.app[PBX].rows])


async def _put_rows(request: web.Request) -> web.Response:
    rows = await _rows(request)
    request.app[PBX].forget_rows()
    request.app[PBX].add_rows(rows)
    return await _get_rows(request)


async def _post_rows(request: web.Request) -> web.Response:
    request.app[PBX].add_rows(await _rows(request))
    return await _get_rows(request)


def _forget(forget: Callable[[Pbx], None]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        forget(request.app[PBX])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    return handler


async def _rows(request: web.Request) -> list[Row]:
    """Read one row or a list of rows."""
    given = await read_json(request)
    items = given if isinstance(given, list) else [given]
    rows = [item for item in items if isinstance(item, dict)]
    if len(rows) < len(items):
        raise bad_request({"error": "Rows are objects"})
    return rows


def _answer_records(
    records: Sequence[RequestRecord] | Sequence[CallRecord],
) -> web.Response:
    return answer([record.plain() for record in records])
