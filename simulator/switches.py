"""The switches of everything that rings: phones, calls, and the events about them.

They are part of the settings, see `settings.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from .patterns import is_pattern
from .table import AllOrNames, Count, Items, Pattern, Seconds, Table, check

type Behaviour = Literal[
    "answer",
    "no_answer",
    "busy",
    "reject",
    "unreachable",
    "intercom",
    "voicemail",
    "manual",
    "no_route",
    "barred",
]
type Disposition = Literal["ANSWERED", "NO ANSWER", "BUSY", "FAILED"]
type Announced = Literal["event", "report", "nothing"]
type Patterns = Annotated[
    Items[str],
    check(lambda texts: all(map(is_pattern, texts)), "must be a list of patterns"),
]


class Phone(Table):
    """How the phones behave whose number fits a pattern.

    Of a list the first one that fits a call and is not used up is taken. All times are
    in seconds. `after` is how long it rings before it answers or rejects, or before the
    voicemail answers for it; `talk` is how long it talks before it hangs up, 0 for
    never; `patience` is how long it waits for the other one, 0 for ever. `leg` and
    `other` limit it to calls in which it is rung first or second, and to those with
    another party of a certain number; `times` is for how many calls it holds, 0 for
    all.
    """

    number: Pattern = "."
    behaviour: Behaviour = "answer"
    after: Seconds = 2.0
    talk: Seconds = 10.0
    patience: Seconds = 0.0
    call_waiting: bool = False
    leg: Literal["any", "first", "second"] = "any"
    other: Pattern = "."
    times: Count = 0


class Calls(Table):
    """The dialplan, and what is unknown about how a PBX tells of a call's end."""

    begin_after: Seconds = 0.0
    ring_time: Seconds = 30.0
    trunk: str = ""
    routes: Mapping[str, Patterns] = {}
    barred_prefixes: Items[str] = ("00", "+")
    recording: bool = False
    first_leg_failure: Announced = "event"
    first_leg_row: Literal["rewritten", "failed"] = "rewritten"
    no_route: Announced = "event"
    unreachable: Disposition = "NO ANSWER"
    rejected: Disposition = "BUSY"
    answered_after_busy: bool = False
    shared_call_id: bool = False
    second_leg_call_id: Literal["same", "own"] = "same"
    end_order: Literal["idle_first", "cdr_first"] = "idle_first"
    events_before_reply: bool = False
    first_leg_outgoing_call: bool = False


class Webhook(Table):
    """Where events go, as the panel's section Simotel Event Webhooks has it.

    `timeout` is how long the PBX waits for the answer, in seconds.
    """

    enabled: bool = False
    address: Annotated[str, Field(validate_default=True)] = ""
    method: Literal["GET", "POST"] = "POST"
    version: Literal["G4", "Rest4"] = "G4"
    username: str = ""
    password: str = ""
    events: AllOrNames = ()
    timeout: Seconds = 1.0

    @field_validator("address")
    @classmethod
    def _check_address(cls, address: str, info: ValidationInfo) -> str:
        if address and not _is_http_address(address):
            raise ValueError("must be an http or https address")
        if info.data.get("enabled") and not address:
            raise ValueError("is needed")
        return address

    def ticks(self, event: str) -> bool:
        """Return whether an event of this name is to be sent."""
        return self.enabled and (self.events == "all" or event in self.events)


class EventFault(Table):
    """A way to lose, double or delay events.

    The first fault of the list that fits an event is applied. `event` is a name as in
    the documentation's samples (`Cdr`, `NewState`) or `*`; `state` and `exten` limit it
    further for NewState. `nth` is which of the events that fit it is meant, counted
    from 1 since the faults were set, 0 for every one. `copies` is how often it is sent,
    `delay` how much later, in seconds.
    """

    event: str = "*"
    state: str = ""
    exten: str = ""
    nth: Count = 0
    drop: bool = False
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    delay: Seconds = 0.0


class Events(Table):
    """How events are spelt, and in which order and number they arrive.

    `shuffle` is a length of time in seconds: each event is held back for a part of it,
    chosen by chance from `seed`.
    """

    call_id: Literal["unique_id", "cuid", "both"] = "unique_id"
    name_key: Literal["event_name", "event", "both"] = "event_name"
    cdr_name: Literal["Cdr", "CDR"] = "Cdr"
    cdr_queue_name: Literal["CdrQueue", "CDRQueue"] = "CdrQueue"
    state_name: Literal["NewState", "New State"] = "NewState"
    rest_name: Literal["as_spelt", "lower"] = "as_spelt"
    states: Literal["documented", "lower", "panel"] = "documented"
    field_names: Literal["samples", "tables"] = "samples"
    dispositions: Literal["data", "tables"] = "data"
    numbers: Literal["number", "text"] = "number"
    times: Literal["date_first", "time_first"] = "date_first"
    body: Literal["json", "python", "bare", "form"] = "json"
    empty: Literal["absent", "text", "null", "None"] = "absent"
    local_time: bool = False
    ringing_call_id: bool = True
    participants: bool = True
    shuffle: Seconds = 0.0
    seed: int = 0
    faults: Items[EventFault] = ()


def _is_http_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
