"""Simotel as a make of PBX."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import ClientSession

from ..telephony.pbx import Make, Pbx, PushedEvents, ReceivedEvent
from .address import at_default_path, parse_address
from .client import SimotelClient
from .events import LONGEST_EVENT, documented_name, read_event
from .models import DEFAULT_CONTEXT, Credentials
from .signals import signal_of, trunk_signal_of

_EVENTS_TO_TICK: Final = (
    "NewState",
    "IncomingCall",
    "OutgoingCall",
    "Cdr",
    "CdrQueue",
    "TrunkNewState",
    "TrunkAdded",
    "TrunkRemoved",
    "Ping",
)


def _connect(session: ClientSession, data: Mapping[str, Any]) -> Pbx:
    return SimotelClient(session, url=data["url"], credentials=_credentials(data))


def _credentials(data: Mapping[str, Any]) -> Credentials:
    return Credentials(
        api_key=data.get("api_key", ""),
        username=data.get("username", ""),
        password=data.get("password", ""),
    )


def _has_credentials(data: Mapping[str, Any]) -> bool:
    return _credentials(data).complete


def _read(*, query: Mapping[str, str], content_type: str, body: bytes) -> ReceivedEvent:
    event = read_event(query=query, content_type=content_type, body=body)
    return ReceivedEvent(
        name=documented_name(event),
        is_complete=event.is_complete,
        signal=signal_of(event) or trunk_signal_of(event),
    )


SIMOTEL: Final = Make(
    name="simotel",
    product="Simotel",
    default_context=DEFAULT_CONTEXT,
    connect=_connect,
    parse_address=parse_address,
    usual_address=at_default_path,
    has_credentials=_has_credentials,
    events=PushedEvents(names=_EVENTS_TO_TICK, longest_body=LONGEST_EVENT, read=_read),
)
