"""What the PBX tells about its calls, and how that is spelt on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
import json

from .switches import Events
from .wire import Json, Row

CALL_ID = "call_id"
"""The field of an event that becomes `unique_id`, `cuid` or both."""

_PANEL_STATES = {"InUse": "In-Use", "Pause": "Paused"}
# Where the vendor's tables, and one client, name a field otherwise than the samples do.
_TABLE_NAMES = {"starttime": "start_time", "endtime": "end_time", "dialer": "dialing"}
_TABLE_DISPOSITIONS = {
    "ANSWERED": "Answered",
    "NO ANSWER": "No Answered",
    "BUSY": "Busy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time, in seconds since 1970, to be spelt as a date."""

    seconds: float


type Value = Json | Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event before it is spelt.

    A field that is None is one that the PBX has but that is empty; a field that an
    event never has is left out. `originated_call_id` says to which order it belongs,
    whether it tells or not.
    """

    name: str
    fields: Mapping[str, Value]
    originated_call_id: str | None = None


def spelt(event: Event, switches: Events, zone: tzinfo) -> Row:
    """Return an event as its receiver gets it; `zone` is the PBX's own."""
    row: Row = {
        key: spelt_name(event.name, switches)
        for key in ("event_name", "event")
        if switches.name_key in (key, "both")
    }
    for field, value in event.fields.items():
        for key in _keys(event.name, field, switches):
            if value is not None:
                row[key] = _spelt_value(field, value, switches, zone)
            elif switches.empty != "absent":
                row[key] = {"text": "", "null": None, "None": "None"}[switches.empty]
    return row


def spelt_name(name: str, switches: Events) -> str:
    """Return an event's name as it is spelt on the wire."""
    return {
        "Cdr": switches.cdr_name,
        "CdrQueue": switches.cdr_queue_name,
        "NewState": switches.state_name,
    }.get(name, name)


def as_text(value: Json) -> str:
    """Return a value as a query or a form spells it.

    How the PBX puts nested values there is unknown: this simulator takes JSON.
    """
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _keys(event: str, field: str, switches: Events) -> tuple[str, ...]:
    if field == CALL_ID:
        both = switches.call_id == "both"
        return ("unique_id", "cuid") if both else (switches.call_id,)
    if switches.field_names == "samples":
        return (field,)
    if (event, field) == ("OutgoingCall", "outgoing_point"):
        return ("entry_point",)
    return (_TABLE_NAMES.get(field, field),)


def _spelt_value(field: str, value: Value, switches: Events, zone: tzinfo) -> Json:
    if isinstance(value, Moment):
        moment = datetime.fromtimestamp(
            value.seconds, zone if switches.local_time else UTC
        )
        if switches.times == "time_first":
            return f"{moment:%H:%M:%S.%f %Y-%m-%d}"
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
    if field == "state" and isinstance(value, str):
        return {
            "documented": value,
            "lower": value.lower(),
            "panel": _PANEL_STATES.get(value, value),
        }[switches.states]
    if field == "disposition" and switches.dispositions == "tables":
        return _TABLE_DISPOSITIONS.get(str(value), value)
    if switches.numbers == "text" and isinstance(value, int | float):
        return str(value)
    return value
