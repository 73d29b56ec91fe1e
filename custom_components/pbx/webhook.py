"""Receives the PBX's events over HTTP and hands them on."""

import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from functools import partial
import hmac
from http import HTTPStatus
import logging
from typing import Any, Final

from aiohttp import hdrs
from aiohttp.web import Request, RequestPayloadError, Response

from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError

from .const import (
    CONF_WEBHOOK_LOCAL_ONLY,
    CONF_WEBHOOK_PASSWORD,
    CONF_WEBHOOK_USERNAME,
    DOMAIN,
)
from .coordinator import PbxConfigEntry
from .flows.forms import error_key
from .makes import make_of
from .telephony.errors import InvalidEventError, PbxError, PermissionDeniedError
from .telephony.pbx import PushedEvents
from .telephony.signals import TrunkSignal

_LOGGER = logging.getLogger(__name__)

# Shown where there is nothing to show.
NO_TEXT: Final = "–"
# Under which those are counted that are not documented.
UNKNOWN_EVENT: Final = "unknown"
# The user is told within ten seconds.
SECONDS_TO_ARRIVE: Final = 9.0
# The PBX waits a second or less for the answer; a stranger may not hold us longer.
SECONDS_TO_READ: Final = 5.0

_METHODS = (hdrs.METH_GET, hdrs.METH_POST)


@callback
def async_setup_webhook(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Receive events until the entry is unloaded, if the PBX sends them to an address."""
    events = make_of(entry.data).events
    if events is None:
        return
    if CONF_WEBHOOK_ID not in entry.data:
        data = {**entry.data, CONF_WEBHOOK_ID: webhook.async_generate_id()}
        hass.config_entries.async_update_entry(entry, data=data)
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        webhook_id,
        partial(_async_handle, entry, events),
        local_only=entry.options.get(CONF_WEBHOOK_LOCAL_ONLY, True),
        allowed_methods=_METHODS,
    )
    entry.async_on_unload(partial(webhook.async_unregister, hass, webhook_id))


@callback
def async_webhook_url(
    hass: HomeAssistant, webhook_id: str, options: Mapping[str, Any]
) -> str | None:
    """Return the address to paste into the PBX's panel, None where there is none."""
    local_only = options.get(CONF_WEBHOOK_LOCAL_ONLY, True)
    try:
        return webhook.async_generate_url(
            hass,
            webhook_id,
            allow_external=not local_only,
            allow_ip=True,
            prefer_external=not local_only,
        )
    except NoURLAvailableError:
        return None


@callback
def placeholders_of(hass: HomeAssistant, entry: PbxConfigEntry) -> dict[str, str]:
    """Return what a text needs that says how to connect the events.

    What there is none of, such as an address that the PBX could reach, is NO_TEXT.
    """
    options = entry.options
    events = make_of(entry.data).events
    url = async_webhook_url(hass, entry.data.get(CONF_WEBHOOK_ID, ""), options)
    return {
        "webhook_url": url or NO_TEXT,
        "events": ", ".join(events.names) if events else NO_TEXT,
        "username": options.get(CONF_WEBHOOK_USERNAME) or NO_TEXT,
        "password": options.get(CONF_WEBHOOK_PASSWORD) or NO_TEXT,
    }


async def async_check_events(entry: PbxConfigEntry) -> str | None:
    """Ask the PBX for a Ping event and return a form's error where none comes."""
    data = entry.runtime_data
    async with data.monitor.async_expect("Ping") as arrived:
        try:
            async with asyncio.timeout(SECONDS_TO_ARRIVE):
                await data.client.ping()
                await arrived
        except TimeoutError:
            return "no_ping_event"
        except PermissionDeniedError:
            return "ping_not_permitted"
        except PbxError as err:
            return error_key(err) or "no_ping_event"
    return None


async def _async_handle(
    entry: PbxConfigEntry,
    events: PushedEvents,
    hass: HomeAssistant,
    _webhook_id: str,
    request: Request,
) -> Response:
    """Answer the PBX at once, whatever it was that came.

    Nothing is raised: Home Assistant would answer 200 to an error.
    """
    if not _is_permitted(request, entry.options):
        return Response(
            status=HTTPStatus.UNAUTHORIZED,
            headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="Home Assistant"'},
        )
    try:
        body = await _read_body(request, longest=events.longest_body)
    except TimeoutError:
        return Response(status=HTTPStatus.REQUEST_TIMEOUT)
    except RequestPayloadError, OSError:
        # Else the server would read on, fail in the same way and log a traceback.
        request.content.feed_eof()
        return Response(status=HTTPStatus.BAD_REQUEST)
    if body is None:
        return Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not hasattr(entry, "runtime_data"):
        # The entry was unloaded while the body was under way.
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        event = events.read(
            query=request.query,
            content_type=request.headers.get(hdrs.CONTENT_TYPE, ""),
            body=body,
        )
    except InvalidEventError as err:
        _LOGGER.debug("Received something that is no event: %s", err)
        return Response(status=HTTPStatus.BAD_REQUEST)
    name = event.name or UNKNOWN_EVENT
    if not event.is_complete:
        _LOGGER.debug("Received an event that says nothing: %s", name)
        return Response()
    _LOGGER.debug("Received an event: %s", name)
    monitor = entry.runtime_data.monitor
    monitor.async_note_heard(name)
    if isinstance(event.signal, TrunkSignal):
        entry.runtime_data.trunks.async_hear(event.signal)
    elif event.signal:
        monitor.async_hear(event.signal)
    return Response()


def _is_permitted(request: Request, options: Mapping[str, Any]) -> bool:
    """Tell whether a request carries the user name and password, if any are set."""
    username = options.get(CONF_WEBHOOK_USERNAME, "")
    password = options.get(CONF_WEBHOOK_PASSWORD, "")
    if not username and not password:
        return True
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    try:
        given = b64decode(encoded.strip(), validate=True)
    except Base64Error, ValueError:
        given = b""
    matches = hmac.compare_digest(given, f"{username}:{password}".encode())
    return matches and scheme.casefold() == "basic"


async def _read_body(request: Request, *, longest: int) -> bytes | None:
    """Read a body of so many bytes at most, None where it is longer.

    Raises TimeoutError where it does not arrive in time.
    """
    if request.content.is_eof():
        # All of it came with the headers, as it mostly does.
        whole = request.content.read_nowait(longest + 1)
        return whole if len(whole) <= longest else None
    body = bytearray()
    async with asyncio.timeout(SECONDS_TO_READ):
        while chunk := await request.content.read(longest):
            body += chunk
            if len(body) > longest:
                return None
    return bytes(body)
