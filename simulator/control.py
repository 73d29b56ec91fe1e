"""The control API, by which people and tests set switches and read what was received.

It answers clients on this machine only, whatever address the simulator listens on: to
everyone else its addresses are as unknown as any other outside of the PBX's API.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler

from .pbx import CallRecord, Pbx, RequestRecord
from .replies import web_server_page
from .settings import SettingsError
from .wire import Json, Row, parse, render

PREFIX = "/_control/"
_PBX = web.AppKey("pbx", Pbx)


def application(pbx: Pbx) -> web.Application:
    """Return the application to serve under `PREFIX`."""
    control = web.Application(middlewares=[_local_clients_only])
    control[_PBX] = pbx
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


@web.middleware
async def _local_clients_only(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:
        page = web_server_page(HTTPStatus.NOT_FOUND)
        return web.Response(status=page.status, body=page.body, headers=page.headers)
    return await handler(request)


async def _get_settings(request: web.Request) -> web.Response:
    return _answer(request.app[_PBX].settings.plain())


async def _patch_settings(request: web.Request) -> web.Response:
    changes = await _json(request)
    if not isinstance(changes, dict):
        raise _bad_request({"error": "An object is needed"})
    try:
        request.app[_PBX].change(changes)
    except SettingsError as error:
        raise _bad_request(
            {
                "error": str(error),
                "unknown": [*error.unknown],
                "problems": {**error.problems},
            }
        ) from error
    return await _get_settings(request)


async def _reset(request: web.Request) -> web.Response:
    request.app[_PBX].reset()
    return await _get_settings(request)


async def _get_requests(request: web.Request) -> web.Response:
    pbx = request.app[_PBX]
    path = request.query.get("path")
    return _answer_records(pbx.requests if path is None else pbx.requests_for(path))


async def _get_calls(request: web.Request) -> web.Response:
    return _answer_records(request.app[_PBX].calls)


async def _get_rows(request: web.Request) -> web.Response:
    return _answer([*request.app[_PBX].rows])


async def _put_rows(request: web.Request) -> web.Response:
    rows = await _rows(request)
    request.app[_PBX].forget_rows()
    request.app[_PBX].add_rows(rows)
    return await _get_rows(request)


async def _post_rows(request: web.Request) -> web.Response:
    request.app[_PBX].add_rows(await _rows(request))
    return await _get_rows(request)


def _forget(forget: Callable[[Pbx], None]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        forget(request.app[_PBX])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    return handler


async def _rows(request: web.Request) -> list[Row]:
    """Read one row or a list of rows."""
    given = await _json(request)
    items = given if isinstance(given, list) else [given]
    rows = [item for item in items if isinstance(item, dict)]
    if len(rows) < len(items):
        raise _bad_request({"error": "Rows are objects"})
    return rows


async def _json(request: web.Request) -> Json:
    try:
        return parse(await request.read())
    except ValueError as error:
        raise _bad_request({"error": f"No JSON: {error}"}) from error


def _answer_records(
    records: Sequence[RequestRecord] | Sequence[CallRecord],
) -> web.Response:
    return _answer([record.plain() for record in records])


def _answer(value: Json) -> web.Response:
    return web.Response(body=render(value, indent=2), content_type="application/json")


def _bad_request(reason: Row) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(
        text=render(reason).decode(), content_type="application/json"
    )
