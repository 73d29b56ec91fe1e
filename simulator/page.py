"""The page on which a person uses the telephones and watches the PBX."""

from pathlib import Path

from aiohttp import web

from .control_http import is_local, not_found

_FILE = Path(__file__).with_name("page.html")
# The page needs nothing but itself and the control API, and only pages of this machine
# may show it in a frame.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*"
)


async def handle(request: web.Request) -> web.Response:
    """Answer with the page; to clients elsewhere there is none."""
    if not is_local(request):
        return not_found()
    return web.Response(
        # Read anew each time, so that it can be worked on while the simulator runs.
        text=_FILE.read_text(encoding="utf-8"),
        content_type="text/html",
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"},
    )
