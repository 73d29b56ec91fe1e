"""The switches of everything that rings: phones, calls, and the events about them.

They are part of the settings, see `settings.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from .patterns import is_pattern
from .problems import SettingsError, refuse_no_seconds

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """How the phones behave whose number fits a pattern.

    Of a list the first one that fits a call and is not used up is taken. All times are
    in seconds. `after` is how long it rings before it answers or rejects, or before the
    voicemail answers for it; `talk` is how long it talks before it hangs up, 0 for
    never; `patience` is how long it waits for the other one, 0 for ever. `leg` and
    `other` limit it to calls in which it is rung first or second, and to those with
    another party of a certain number; `times` is for how many calls it holds, 0 for
    all.
    """

    number: str = "."
    behaviour: Behaviour = "answer"
    after: float = 2.0
    talk: float = 10.0
    patience: float = 0.0
    call_waiting: bool = False
    leg: Literal["any", "first", "second"] = "any"
    other: str = "."
    times: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for name, pattern in (("number", self.number), ("other", self.other)):
            if not is_pattern(pattern):
                raise SettingsError({name: "must be a number or a pattern"})
        if self.times < 0:
            raise SettingsError({"times": "must not be negative"})
        refuse_no_seconds(after=self.after, talk=self.talk, patience=self.patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The dialplan, and what is unknown about how a PBX tells of a call's end."""

    begin_after: float = 0.0
    ring_time: float = 30.0
    trunk: str = ""
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    barred_prefixes: tuple[str, ...] = ("00", "+")
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

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        refuse_no_seconds(begin_after=self.begin_after, ring_time=self.ring_time)
        for context, patterns in self.routes.items():
            if not all(map(is_pattern, patterns)):
                raise SettingsError({f"routes.{context}": "must be a list of patterns"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events go, as the panel's section Simotel Event Webhooks has it.

    `timeout` is how long the PBX waits for the answer, in seconds.
    """

    enabled: bool = False
    address: str = ""
    method: Literal["GET", "POST"] = "POST"
    version: Literal["G4", "Rest4"] = "G4"
    username: str = ""
    password: str = ""
    events: Literal["all"] | tuple[str, ...] = ()
    timeout: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        refuse_no_seconds(timeout=self.timeout)
        if self.address and not _is_http_address(self.address):
            raise SettingsError({"address": "must be an http or https address"})
        if self.enabled and not self.address:
            raise SettingsError({"address": "is needed"})

    def ticks(self, event: str) -> bool:
        """Say whether an event of this name is to be sent."""
        return self.enabled and (self.events == "all" or event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFault:
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
    nth: int = 0
    drop: bool = False
    copies: int = 1
    delay: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        refuse_no_seconds(delay=self.delay)
        if self.nth < 0:
            raise SettingsError({"nth": "must not be negative"})
        if not 1 <= self.copies <= 100:
            raise SettingsError({"copies": "must be from 1 to 100"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
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
    shuffle: float = 0.0
    seed: int = 0
    faults: tuple[EventFault, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        refuse_no_seconds(shuffle=self.shuffle)


def _is_http_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
