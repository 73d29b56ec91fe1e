"""The events that the PBX sends, read from every shape in which they come.

The PBX documents two formats (G4, Rest4) and two methods, and its documents disagree on
names, types and spelling. Everything known to occur is understood here; what is no event
is refused. Every reader takes time in proportion to the length of what it reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
import json
import math
import re
from typing import Any, Final, override
from urllib.parse import parse_qsl

from ..telephony.errors import InvalidEventError
from .texts import read_number, read_text

LONGEST_EVENT: Final = 64 * 1024

_MOST_FIELDS = 200
# Bounds the depth as well. A queue's event has two for each telephone that was tried.
_MOST_BRACKETS = 1000
_LONGEST_SECONDS = 10_000_000
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"0", "false", "no"})


def sent_as(reader: Callable[[object], Any], *names: str) -> Any:
    """Declare a field: how it is read, and the names that it is sent under."""
    return field(default=reader(None), metadata={"reader": reader, "names": names})


@lru_cache(maxsize=128)
def _plain(name: str) -> str:
    """Return a name in the form in which all its spellings are the same."""
    return re.sub(r"[\s_-]+", "", name).casefold()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have in common.

    `call_id` is the PBX's own name for the call, the same in all events of a call;
    `originated_call_id` is the one that an originate was answered with, sent with some
    events of such calls only. Both are empty where they were not sent.
    """

    call_id: str = sent_as(read_text, "unique_id", "cuid", "uniqueid")

    @property
    def is_complete(self) -> bool:
        """Whether the event has what makes it one, and not just a name."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent(Event):
    """An event of which no more is used than that it came.

    `name` is the documented one, or as it was sent; `says_nothing` tells that the event
    has none of the fields that it should have, or all of them one level deeper.
    """

    name: str
    says_nothing: bool = False

    @property
    @override
    def is_complete(self) -> bool:
        return not self.says_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class NewState(Event):
    """The state of an extension changed.

    `state` is idle, in_use, ringing, paused, unavailable, hold or invalid; another one
    stays as the PBX sent it. `dialing` tells, with in_use, that the extension has begun
    to dial.
    """

    extension: str = sent_as(read_number, "exten")
    state: str = sent_as(_state, "state")
    participant: str = sent_as(read_number, "participant")
    direction: str = sent_as(read_text, "direction")
    queue: str = sent_as(read_number, "queue")
    dialing: bool | None = sent_as(_flag, "dialer", "dialing")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.extension and self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall(Event):
    """A call came in from outside."""

    number: str = sent_as(read_number, "number")
    trunk: str = sent_as(read_text, "entry_point", "outgoing_point")
    originated_call_id: str = sent_as(read_text, "originated_call_id")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.number or self.call_id or self.originated_call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall(Event):
    """A call left for outside."""

    number: str = sent_as(read_number, "number")
    trunk: str = sent_as(read_text, "outgoing_point", "entry_point")
    originated_call_id: str = sent_as(read_text, "originated_call_id")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.number or self.call_id or self.originated_call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr(Event):
    """A call ended.

    `talk` and `wait` are seconds, None where they were not sent. `disposition` is
    ANSWERED, NO ANSWER, BUSY, FAILED or another word of the PBX in upper case.
    `callee` is the word `failed` where the first leg of an originated call failed.
    """

    caller: str = sent_as(read_number, "src")
    callee: str = sent_as(read_number, "dst")
    type: str = sent_as(read_text, "type")
    disposition: str = sent_as(_disposition, "disposition")
    talk: int | None = sent_as(_seconds, "billsec")
    wait: int | None = sent_as(_seconds, "wait")
    recording: str = sent_as(read_text, "record")
    entry_trunk: str = sent_as(read_text, "entry_point")
    outgoing_trunk: str = sent_as(read_text, "outgoing_point")
    originated_call_id: str = sent_as(read_text, "originated_call_id")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(
            self.call_id or self.originated_call_id or self.caller or self.callee
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrQueue(Event):
    """A caller was connected to an agent of a queue, and the call ended."""

    caller: str = sent_as(read_number, "src")
    agent: str = sent_as(read_number, "dst")
    disposition: str = sent_as(_disposition, "disposition")
    talk: int | None = sent_as(_seconds, "billsec")
    wait: int | None = sent_as(_seconds, "wait")
    recording: str = sent_as(read_text, "record")
    originated_call_id: str = sent_as(read_text, "originated_call_id")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(
            self.call_id or self.originated_call_id or self.caller or self.agent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkNewState(Event):
    """The state of a trunk changed: `Ok`, `Unavailable`, `Deactivate` or another word."""

    trunk: str = sent_as(read_text, "trunk_name")
    state: str = sent_as(read_text, "state")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.trunk and self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAdded(TrunkNewState):
    """A trunk was added."""

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.trunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRemoved(Event):
    """A trunk was removed."""

    trunk: str = sent_as(read_text, "trunk_name")

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.trunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Event):
    """The answer to a ping, sent where that is ticked in the PBX's panel."""


_CAMPAIGN: Final = "AutoDialerReport"
_KINDS: Final[Mapping[str, type[Event]]] = {
    "NewState": NewState,
    "IncomingCall": IncomingCall,
    "OutgoingCall": OutgoingCall,
    "Cdr": Cdr,
    "CdrQueue": CdrQueue,
    "TrunkNewState": TrunkNewState,
    "TrunkAdded": TrunkAdded,
    "TrunkRemoved": TrunkRemoved,
    "Ping": Ping,
}
DOCUMENTED_NAMES: Final = (
    *_KINDS,
    "Transfer",
    "ExtenAdded",
    "ExtenRemoved",
    "VoiceMail",
    "VoiceMailEmail",
    "Survey",
    "IncomingFax",
    "OutgoingFax",
    _CAMPAIGN,
    "ReservedCallInFront",
)
_NAMES_BY_PLAIN_NAME = {_plain(name): name for name in DOCUMENTED_NAMES}
_NAMES_BY_KIND = {kind: name for name, kind in _KINDS.items()}
_NAME_FIELDS = ("event_name", "event")


def documented_name(event: Event) -> str | None:
    """Return the name that the PBX documents for an event, None for another event."""
    if isinstance(event, OtherEvent):
        return event.name if event.name in DOCUMENTED_NAMES else None
    return _NAMES_BY_KIND[type(event)]


def read_event(*, query: Mapping[str, str], content_type: str, body: bytes) -> Event:
    """Read an event as the PBX sent it: by GET or POST, as query, form or JSON.

    Where query and body name the same field, the body is right.

    Raises InvalidEventError for what is no event.
    """
    given = {**_with_plus(query), **_fields_of(body, content_type)}
    if len(given) > _MOST_FIELDS:
        raise InvalidEventError("Too many fields")
    sent = next(filter(None, (read_text(given.get(key)) for key in _NAME_FIELDS)), "")
    if not sent and {"campaign_id", "tries"} <= given.keys():
        sent = _CAMPAIGN
    if not sent:
        raise InvalidEventError("No name")
    name = _NAMES_BY_PLAIN_NAME.get(_plain(sent), sent)
    kind = _KINDS.get(name)
    values = [value for key, value in given.items() if key not in _NAME_FIELDS]
    is_flat = any(
        isinstance(value, str | int | float) and value != "" for value in values
    )
    is_nested = not is_flat and any(isinstance(value, dict | list) for value in values)
    if kind and not is_nested:
        return kind(**read_fields(kind, given))
    return OtherEvent(
        name=name,
        says_nothing=is_nested or (not is_flat and name in DOCUMENTED_NAMES),
        **read_fields(OtherEvent, given),
    )


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


_NUMBER_FIELDS = frozenset(
    name
    for kind in _KINDS.values()
    for item in _readings(kind)
    if item.reader is read_number
    for name in item.names
)
_LOST_PLUS = re.compile(r"\A (?=[\d(])")


def _with_plus(given: Mapping[str, str]) -> dict[str, str]:
    """Return fields of a query or form, whose numbers have their plus again.

    Shells and PHP send it bare, and a bare plus stands for a blank there.
    """
    return {
        name: _LOST_PLUS.sub("+", value) if name in _NUMBER_FIELDS else value
        for name, value in given.items()
    }


def _fields_of(body: bytes, content_type: str) -> Mapping[str, object]:
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
        form = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as err:
        raise InvalidEventError("Too many fields") from err
    return _with_plus(dict(form))


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
# A text that is not finished goes on to the end, and nothing is read a second time: else
# a stranger could have a short body read for minutes.
_NOT_JSON = re.compile(
    r"""(?P<json>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))"""
    r"""|'(?P<single>(?:[^'\\]|\\.)*+)(?:'|\\?\Z)"""
    r"|(?<![\w.])(?:(?P<word>None|True|False)|(?P<number>0\d++))(?![\w.])",
    re.DOTALL,
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
