"""What the parts of the control API share: who may use it, reading, answering."""

from collections.abc import Callable
from http import HTTPStatus
import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler

from .exchange import NotPossible
from .pbx import Pbx
from .replies import web_server_page
from .table import SettingsError
from .wire import Json, Row, parse, render

PBX = web.AppKey("pbx", Pbx)
_READING = ("GET", "HEAD")


@web.middleware
async def local_clients_only(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer clients on this machine, and web pages of this server only.

    To everyone else the address is as unknown as any outside of the PBX's API. A page
    of another server, shown by a browser on this machine, could send a POST: it is
    refused by its origin, and by its content type, since without asking first a browser
    sends none that is JSON. It asks first before every other verb, and is not allowed.
    The check of the host's name keeps out a name that was pointed here.
    """
    if not is_local(request):
        return not_found()
    if request.method not in _READING:
        if request.headers.get("Origin", _origin(request)) != _origin(request):
            raise web.HTTPForbidden(text="Not from another page\n")
        is_simple = request.method == "POST" and (
            request.can_read_body or "Sec-Fetch-Mode" in request.headers
        )
        if is_simple and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="JSON is needed\n")
    return await handler(request)


@web.middleware
async def refusals_as_json(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer what cannot be meant, or not be done now, with the reason."""
    try:
        return await handler(request)
    except SettingsError as error:
        problems: Row = {"unknown": [*error.unknown], "problems": {**error.problems}}
        raise bad_request(str(error), **problems) from error
    except NotPossible as error:
        raise _refusal(web.HTTPConflict, str(error)) from error


def show(view: Callable[[Pbx], Json]) -> Handler:
    """Return a handler that answers with a view of the PBX."""

    async def handler(request: web.Request) -> web.Response:
        return answer(view(request.app[PBX]))

    return handler


def forget(act: Callable[[Pbx], None]) -> Handler:
    """Return a handler that lets the PBX forget something."""

    async def handler(request: web.Request) -> web.Response:
        act(request.app[PBX])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    return handler


def not_found() -> web.Response:
    """Answer as the web server does where there is nothing."""
    page = web_server_page(HTTPStatus.NOT_FOUND)
    return web.Response(status=page.status, body=page.body, headers=page.headers)


def is_local(request: web.Request) -> bool:
    """Return whether a request comes from this machine and means this machine."""
    if not _is_loopback(request.remote or ""):
        return False
    host = (request.url.host or "").casefold()
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


async def read_json(request: web.Request) -> Json:
    """Return the body; raises HTTPBadRequest for one that is no JSON."""
    try:
        return parse(await request.read())
    except ValueError as error:
        raise bad_request(f"No JSON: {error}") from error


async def read_object(request: web.Request) -> Row:
    """Return a body that is an object; raises HTTPBadRequest for another one."""
    given = await read_json(request)
    if not isinstance(given, dict):
        raise bad_request("An object is needed")
    return given


async def read_texts(request: web.Request, **defaults: str | None) -> dict[str, str]:
    """Return the texts of an object; one whose default is None is needed."""
    given = await read_object(request)
    unknown = [name for name in given if name not in defaults]
    if unknown:
        raise bad_request(f"Unknown: {', '.join(unknown)}")
    texts: dict[str, str] = {}
    for name, default in defaults.items():
        value = given.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise bad_request(f"{name} is needed, as text")
        texts[name] = value
    return texts


def answer(value: Json) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=render(value, indent=2), content_type="application/json")


def bad_request(error: str, **more: Json) -> web.HTTPBadRequest:
    """Return a refusal with JSON in it."""
    return _refusal(web.HTTPBadRequest, error, **more)


def _refusal[Error: web.HTTPException](
    kind: type[Error], error: str, **more: Json
) -> Error:
    text = render({"error": error, **more}).decode()
    return kind(text=text, content_type="application/json")


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
