"""The events that the PBX sends, read from every shape in which they come.

The PBX documents two formats (G4, Rest4) and two methods, and its documents disagree on
names, types and spelling. Everything known to occur is understood here; what is no event
is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
import json
import math
import re
from typing import Any, Final
import unicodedata
from urllib.parse import parse_qsl

from .errors import InvalidEventError

LONGEST_EVENT: Final = 64 * 1024

_MOST_FIELDS = 200
# Bounds the depth as well. A queue's event has two for each telephone that was tried.
_MOST_BRACKETS = 1000
_LONGEST_TEXT = 256
_LONGEST_SECONDS = 10_000_000
# Zones differ from UTC by so many quarters of an hour, and by so much at most.
_QUARTER = timedelta(minutes=15)
_FARTHEST_ZONE = timedelta(hours=14)
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"0", "false", "no"})


def sent_as(reader: Callable[[object], Any], *names: str) -> Any:
    """Declare a field: how it is read, and the names that it is sent under."""
    return field(default=reader(None), metadata={"reader": reader, "names": names})


@lru_cache(maxsize=128)
def _plain(name: str) -> str:
    """Return a name in the form in which all its spellings are the same."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def read_text(value: object) -> str:
    """Read a text; absent, null and the word None are all empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    text = value.strip()[:_LONGEST_TEXT]
    # What can be printed has no such characters; most texts are told apart at once.
    if not text.isprintable():
        text = "".join(
            character
            for character in text
            if unicodedata.category(character) not in {"Cc", "Cs"}
        )
    return "" if text == "None" else text


def _seconds(value: object) -> int | None:
    """Read whole seconds, as a number or as text; None where there are none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except ValueError, OverflowError:
        return None
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST_SECONDS:
        return None
    return int(seconds)


def _flag(value: object) -> bool | None:
    """Read yes or no; None where it is neither."""
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word in _YES:
        return True
    return False if word in _NO else None


_STATES = {
    "idle": "idle",
    "inuse": "in_use",
    "ringing": "ringing",
    "pause": "paused",
    "paused": "paused",
    "unavailable": "unavailable",
    "hold": "hold",
    "invalid": "invalid",
}


def _state(value: object) -> str:
    """Read the state of an extension; one that is not known stays as it was sent."""
    text = read_text(value)
    return _STATES.get(_plain(text), text)


def _disposition(value: object) -> str:
    """Read how a call ended, in the spelling of the PBX's own data."""
    text = " ".join(read_text(value).upper().split())
    return "NO ANSWER" if text == "NO ANSWERED" else text


_DATE_AND_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?", re.ASCII
)
_TIME_AND_DATE = re.compile(
    r"(?P<time>\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?) (?P<date>\d{4}-\d{2}-\d{2})", re.ASCII
)


def _time(value: object) -> datetime | None:
    """Read a time: without a zone as the PBX wrote it, or epoch seconds in UTC."""
    text = read_text(value) if not isinstance(value, float) else repr(value)
    try:
        if _DATE_AND_TIME.fullmatch(text):
            return datetime.fromisoformat(text)
        if match := _TIME_AND_DATE.fullmatch(text):
            return datetime.fromisoformat(f"{match['date']} {match['time']}")
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError, OverflowError, OSError:
        return None


def _rows(value: object) -> tuple[Mapping[str, str], ...]:
    """Read a list of objects, their texts only."""
    if not isinstance(value, list):
        return ()
    return tuple(
        {
            read_text(key): read_text(item)
            for key, item in list(row.items())[:_MOST_FIELDS]
        }
        for row in value[:_MOST_FIELDS]
        if isinstance(row, dict)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have in common.

    `call_id` is the PBX's own name for the call, the same in all events of a call;
    `originated_call_id` is the one that an originate was answered with, sent with some
    events of such calls only. Both are empty where they were not sent. Times without a
    zone in the event are read as UTC or as the PBX's own, whichever fits `call_id`.
    """

    call_id: str = sent_as(read_text, "unique_id", "cuid", "uniqueid")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """An event of a name that is not documented."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewState(Event):
    """The state of an extension changed.

    `state` is idle, in_use, ringing, paused, unavailable, hold or invalid; another one
    stays as the PBX sent it. `dialing` tells, with in_use, that the extension has begun
    to dial.
    """

    extension: str = sent_as(read_text, "exten")
    state: str = sent_as(_state, "state")
    participant: str = sent_as(read_text, "participant")
    direction: str = sent_as(read_text, "direction")
    queue: str = sent_as(read_text, "queue")
    dialing: bool | None = sent_as(_flag, "dialer", "dialing")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall(Event):
    """A call came in from outside."""

    number: str = sent_as(read_text, "number")
    trunk: str = sent_as(read_text, "entry_point", "outgoing_point")
    originated_call_id: str = sent_as(read_text, "originated_call_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall(Event):
    """A call left for outside."""

    number: str = sent_as(read_text, "number")
    trunk: str = sent_as(read_text, "outgoing_point", "entry_point")
    originated_call_id: str = sent_as(read_text, "originated_call_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr(Event):
    """A call ended.

    `talk` and `wait` are seconds, None where they were not sent. `disposition` is
    ANSWERED, NO ANSWER, BUSY, FAILED or another word of the PBX in upper case.
    `callee` is the word `failed` where the first leg of an originated call failed.
    """

    caller: str = sent_as(read_text, "src")
    callee: str = sent_as(read_text, "dst")
    type: str = sent_as(read_text, "type")
    disposition: str = sent_as(_disposition, "disposition")
    talk: int | None = sent_as(_seconds, "billsec")
    wait: int | None = sent_as(_seconds, "wait")
    duration: int | None = sent_as(_seconds, "duration")
    started: datetime | None = sent_as(_time, "starttime", "start_time")
    ended: datetime | None = sent_as(_time, "endtime", "end_time")
    recording: str = sent_as(read_text, "record")
    entry_trunk: str = sent_as(read_text, "entry_point")
    outgoing_trunk: str = sent_as(read_text, "outgoing_point")
    poll_point: str = sent_as(read_text, "poll_point")
    poll_label: str = sent_as(read_text, "poll_lable", "poll_label")
    originated_call_id: str = sent_as(read_text, "originated_call_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrQueue(Event):
    """A caller was connected to an agent of a queue, and the call ended."""

    caller: str = sent_as(read_text, "src")
    agent: str = sent_as(read_text, "dst")
    queue: str = sent_as(read_text, "queue")
    disposition: str = sent_as(_disposition, "disposition")
    talk: int | None = sent_as(_seconds, "billsec")
    wait: int | None = sent_as(_seconds, "wait")
    agent_wait: int | None = sent_as(_seconds, "agent_wait")
    duration: int | None = sent_as(_seconds, "duration")
    hangup: str = sent_as(read_text, "hangup")
    queue_status: str = sent_as(read_text, "queue_status")
    comment: str = sent_as(read_text, "comment")
    recording: str = sent_as(read_text, "record")
    started: datetime | None = sent_as(_time, "starttime", "start_time")
    rang: datetime | None = sent_as(_time, "ringtime")
    answered: datetime | None = sent_as(_time, "answeredtime")
    ended: datetime | None = sent_as(_time, "endtime", "end_time")
    detail: tuple[Mapping[str, str], ...] = sent_as(_rows, "detail")
    originated_call_id: str = sent_as(read_text, "originated_call_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Event):
    """A call was transferred."""

    transferer: str = sent_as(read_text, "transferer", "transfer")
    transferred_from: str = sent_as(read_text, "transferred_from")
    transferred_to: str = sent_as(read_text, "transferred_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionAdded(Event):
    """An extension was added."""

    extension: str = sent_as(read_text, "exten", "number")
    state: str = sent_as(_state, "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRemoved(Event):
    """An extension was removed."""

    extension: str = sent_as(read_text, "exten", "number")
    state: str = sent_as(_state, "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkNewState(Event):
    """The state of a trunk changed: `Ok`, `Unavailable`, `Deactivate` or another word."""

    trunk: str = sent_as(read_text, "trunk_name")
    trunk_type: str = sent_as(read_text, "trunk_type")
    state: str = sent_as(read_text, "state")
    date: datetime | None = sent_as(_time, "date")
    last_time: datetime | None = sent_as(_time, "last_time")
    last_time_seconds: int | None = sent_as(_seconds, "last_time_sec")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAdded(TrunkNewState):
    """A trunk was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRemoved(Event):
    """A trunk was removed."""

    trunk: str = sent_as(read_text, "trunk_name")
    date: datetime | None = sent_as(_time, "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMail(Event):
    """Somebody left, or did not leave, a message in a box."""

    id: str = sent_as(read_text, "id")
    number: str = sent_as(read_text, "number")
    caller: str = sent_as(read_text, "caller")
    state: str = sent_as(read_text, "state")
    message: str = sent_as(read_text, "message")
    date: datetime | None = sent_as(_time, "date")
    filename: str = sent_as(read_text, "filename")
    duration: int | None = sent_as(_seconds, "duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMailEmail(Event):
    """A message of a box was, or was not, sent by e-mail."""

    id: str = sent_as(read_text, "id")
    number: str = sent_as(read_text, "number")
    state: str = sent_as(read_text, "state")
    message: str = sent_as(read_text, "message")
    receiver: str = sent_as(read_text, "receiver")
    active: bool | None = sent_as(_flag, "active")
    attached_file: bool | None = sent_as(_flag, "attached_file")
    date: datetime | None = sent_as(_time, "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey(Event):
    """A caller gave a score."""

    caller: str = sent_as(read_text, "src")
    callee: str = sent_as(read_text, "dst")
    queue: str = sent_as(read_text, "queue")
    date: datetime | None = sent_as(_time, "date")
    point: int | None = sent_as(_seconds, "point")
    label: str = sent_as(read_text, "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFax(Event):
    """A fax came in, or failed to."""

    fax_id: str = sent_as(read_text, "fax_id")
    trunk: str = sent_as(read_text, "entry_point")
    caller: str = sent_as(read_text, "src")
    callee: str = sent_as(read_text, "dst")
    state: str = sent_as(read_text, "state")
    date: datetime | None = sent_as(_time, "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFax(Event):
    """A fax is being sent."""

    fax_id: str = sent_as(read_text, "fax_id")
    state: str = sent_as(read_text, "state")
    date: datetime | None = sent_as(_time, "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoDialerReport(Event):
    """What became of a number of a campaign."""

    campaign_id: str = sent_as(read_text, "campaign_id")
    campaign: str = sent_as(read_text, "campaign")
    number: str = sent_as(read_text, "number")
    disposition: str = sent_as(_disposition, "disposition")
    tries: tuple[Mapping[str, str], ...] = sent_as(_rows, "tries")
    talk: int | None = sent_as(_seconds, "billsec")
    wait: int | None = sent_as(_seconds, "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedCallInFront(Event):
    """A reserved call of a queue is next."""

    queue: str = sent_as(read_text, "queue_name")
    caller_id: str = sent_as(read_text, "caller_id")
    date: datetime | None = sent_as(_time, "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Event):
    """The answer to a ping, sent where that is ticked in the PBX's panel."""


_KINDS: Final[Mapping[str, type[Event]]] = {
    "NewState": NewState,
    "IncomingCall": IncomingCall,
    "OutgoingCall": OutgoingCall,
    "Transfer": Transfer,
    "Cdr": Cdr,
    "CdrQueue": CdrQueue,
    "ExtenAdded": ExtensionAdded,
    "ExtenRemoved": ExtensionRemoved,
    "TrunkNewState": TrunkNewState,
    "TrunkAdded": TrunkAdded,
    "TrunkRemoved": TrunkRemoved,
    "VoiceMail": VoiceMail,
    "VoiceMailEmail": VoiceMailEmail,
    "Survey": Survey,
    "IncomingFax": IncomingFax,
    "OutgoingFax": OutgoingFax,
    "AutoDialerReport": AutoDialerReport,
    "ReservedCallInFront": ReservedCallInFront,
    "Ping": Ping,
}
DOCUMENTED_NAMES: Final = tuple(_KINDS)
_KINDS_BY_PLAIN_NAME = {_plain(name): kind for name, kind in _KINDS.items()}
_NAMES_BY_KIND = {kind: name for name, kind in _KINDS.items()}


def documented_name(event: Event) -> str | None:
    """Return the name that the PBX documents for an event, None for another event."""
    return _NAMES_BY_KIND.get(type(event))


def read_event(
    *, query: Mapping[str, str], content_type: str, body: bytes, last_part: str = ""
) -> Event:
    """Read an event as the PBX sent it: by GET or POST, as query, form or JSON.

    Where query and body name the same field, the body is right. `last_part` is the end
    of the address, where the format Rest4 puts the event's name.

    Raises InvalidEventError for what is no event, in time that the length bounds.
    """
    given = {**query, **_fields_of(body, content_type)}
    if len(given) > _MOST_FIELDS:
        raise InvalidEventError("Too many fields")
    name = (
        read_text(given.get("event_name")) or read_text(given.get("event")) or last_part
    )
    if not name and {"campaign_id", "tries"} <= given.keys():
        name = "AutoDialerReport"
    if not name:
        raise InvalidEventError("No name")
    kind = _KINDS_BY_PLAIN_NAME.get(_plain(name))
    if kind is None:
        return UnknownEvent(name=read_text(name), **read_fields(UnknownEvent, given))
    return kind(**read_fields(kind, given))


def read_fields(kind: type[Event], given: Mapping[str, object]) -> dict[str, Any]:
    """Read the fields of an event, each under the first of its names that was sent.

    What cannot be read is left out, so that it has its default.
    """
    values: dict[str, Any] = {}
    for item in _readings(kind):
        for name in item.names:
            if name not in given:
                continue
            value = item.reader(given[name])
            if value != item.default:
                values[item.field] = value
                break
    local_times = {
        name: value
        for name, value in values.items()
        if isinstance(value, datetime) and value.tzinfo is None
    }
    if local_times:
        offset = _offset(values.get("call_id", ""), min(local_times.values()))
        for name, value in local_times.items():
            values[name] = (value - offset).replace(tzinfo=UTC)
    return values


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a field of an event is read, and from what."""

    field: str
    names: tuple[str, ...]
    reader: Callable[[object], Any]
    default: object


# Filled as kinds of events come: there are few, and looking at their fields is slow.
_READINGS: dict[type[Event], tuple[_Reading, ...]] = {}


def _readings(kind: type[Event]) -> tuple[_Reading, ...]:
    """Return how the fields of a kind of event are read, those that are sent."""
    if kind not in _READINGS:
        _READINGS[kind] = tuple(
            _Reading(
                field=item.name,
                names=item.metadata["names"],
                reader=item.metadata["reader"],
                default=item.default,
            )
            for item in fields(kind)
            if item.metadata
        )
    return _READINGS[kind]


def _offset(call_id: str, earliest: datetime) -> timedelta:
    """Return how far the PBX's clock, which wrote a time, is ahead of UTC.

    The PBX writes UTC unless it is set to write its own time, and does not say which.
    The id of a call begins with the second in which it began, in UTC, and zones differ
    from UTC by quarters of an hour.
    """
    seconds, _, _ = call_id.partition(".")
    if not seconds.isdecimal():
        return timedelta()
    try:
        began = datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)
    except ValueError, OverflowError, OSError:
        return timedelta()
    offset = round((earliest - began) / _QUARTER) * _QUARTER
    return offset if abs(offset) <= _FARTHEST_ZONE else timedelta()


def _fields_of(body: bytes, content_type: str) -> dict[str, object]:
    """Return the fields of a body, which may be JSON, nearly JSON, a form, or empty."""
    # The codec that leaves out this mark is written in Python, and slower.
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    if not text:
        return {}
    if text.startswith("{"):
        return _object_of(text)
    if "json" in content_type.casefold() or "=" not in text:
        raise InvalidEventError("No fields")
    try:
        return dict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError as err:
        raise InvalidEventError("Too many fields") from err


def _object_of(text: str) -> dict[str, object]:
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise InvalidEventError("Too deep")
    document: dict[str, object]
    try:
        document = json.loads(text)
    except ValueError:
        document = _repaired(text)
    return document


# A text in either kind of quotation marks, or a word or number that JSON does not know.
_NOT_JSON = re.compile(
    # An unfinished text goes on to the end, so that the search stays linear.
    r"""(?P<json>"(?:[^"\\]|\\.)*(?:"|\Z))|'(?P<single>(?:[^'\\]|\\.)*)(?:'|\Z)"""
    r"|(?<![\w.])(?:(?P<word>None|True|False)|(?P<number>0\d+))(?![\w.])"
)
_WORDS = {"None": "null", "True": "true", "False": "false"}


def _repaired(text: str) -> dict[str, object]:
    """Read what the PBX's documents print as a Python literal, or with `0912` bare."""
    document: dict[str, object]
    try:
        document = json.loads(_NOT_JSON.sub(_as_json, text))
    except ValueError as err:
        raise InvalidEventError("No JSON") from err
    return document


def _as_json(match: re.Match[str]) -> str:
    if match["word"]:
        return _WORDS[match["word"]]
    if match["number"]:
        return f'"{match["number"]}"'
    if match["single"] is not None:
        return json.dumps(match["single"].replace("\\'", "'"))
    return match[0]
