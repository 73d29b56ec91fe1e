"""Every switch of the simulator, with its default.

`example.toml` shows them all. The same names serve in a TOML file, in the JSON of the
control API and in `Pbx.change`, so a name stands in one place only: the fields below.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import timedelta, timezone
import ipaddress
import math
from pathlib import Path
import re
import tomllib
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from .problems import SettingsError
from .switches import Calls, Events, Phone, Webhook
from .wire import BYTES

__all__ = [
    "Account",
    "Envelope",
    "Everything",
    "Extension",
    "Fault",
    "Queue",
    "Searches",
    "Settings",
    "SettingsError",
    "Trunk",
    "Verb",
    "Verdict",
]

type Everything = Literal["all"]
type Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
type Verdict = Literal["reject", "accept"]

_ZONE = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one API account, as the panel's page of API accounts has it."""

    enabled: bool = True
    mode: Literal["basic", "token", "both"] = "both"
    username: str = "test"
    password: str = "Aa123456"
    token: str = "vZKtIKWsld0egNlkzHo8i5LVBqLNBSWARCQsPOSgDjFmAHM3tG"
    permitted_requests: Everything | tuple[str, ...] = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a reply is spelt; numbers and booleans occur in the vendor's texts."""

    success: Literal["number", "boolean", "text"] = "number"
    message: Literal["documented", "null", "empty", "text"] = "documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Searches:
    """What the searches insist on and what they answer."""

    empty_result: Literal["list", "null", "failure"] = "list"
    require_alike: bool = True
    flat_conditions: bool = False
    secrets: Literal["masked", "plain"] = "masked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A telephone of the PBX; `mapped` is the operator's number mapped to it."""

    number: str
    name: str = ""
    context: str = "main_routing"
    secret: str = "extension-secret"
    active: bool = True
    user_type: Literal["SIP", "IAX2"] = "SIP"
    mapped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A line to the outside; `name` is what `trunk_name` of an originate takes."""

    name: str
    trunk_type: Literal["SIP", "IAX2", "DAHDI"] = "SIP"
    host: str = "192.0.2.10"
    username: str = "simulator"
    secret: str = "trunk-secret"
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A call queue; it rings all its agents, which are extensions, at once."""

    name: str
    number: str
    agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    r"""A way to misbehave over HTTP.

    The first fault of the list that fits a request and is not used up is applied.
    `path` is a request as the account's list spells it (`/call/originate/act`), a whole
    path, or `*`. `times` is how often the fault is applied, 0 for always. `acts` says
    whether the PBX does what was asked, so places the call, before it misbehaves.
    `delay` is in seconds and comes after the act. `drop` ends the connection: before
    the body is read, after that and before the reply, or midway in the reply. `status`
    other than 0 replaces the reply: `body` and `headers` go with it, and without a body
    it is the web server's own HTML page. A byte that is no UTF-8 is spelt `\udc80` to
    `\udcff` in `body`, from JSON and Python only. `gzip` compresses the reply, asked
    for or not.
    """

    path: str = "*"
    times: int = 0
    acts: bool = True
    delay: float = 0.0
    drop: Literal["never", "before", "after", "midway"] = "never"
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    gzip: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        problems: dict[str, str] = {}
        if self.path != "*" and not self.path.startswith("/"):
            problems["path"] = "must be * or begin with /"
        if self.times < 0:
            problems["times"] = "must not be negative"
        if not (math.isfinite(self.delay) and self.delay >= 0):
            problems["delay"] = "must be seconds, 0 or more"
        if self.status != 0 and not 200 <= self.status <= 599:
            problems["status"] = "must be 0 or from 200 to 599"
        if self.status == 0 and self.body is not None:
            problems["body"] = "needs a status"
        if self.body is not None and not _is_encodable(self.body):
            problems["body"] = "is no text"
        if self.status == 0 and self.headers:
            problems["headers"] = "need a status"
        if any(
            not _HEADER_NAME.fullmatch(name) or not value.isprintable()
            for name, value in self.headers.items()
        ):
            problems["headers"] = "are no HTTP headers"
        if not self.acts and self.status == 0 and self.drop not in ("before", "after"):
            problems["acts"] = "false needs a status or a drop before the reply"
        if problems:
            raise SettingsError(problems)


_EXTENSIONS = (
    Extension(number="557", name="Reception"),
    Extension(number="552", name="Workshop"),
    Extension(number="553", name="سرایدار"),
    Extension(number="521", name="521", mapped="1521"),
    Extension(number="570", name="Door intercom"),
    Extension(number="580", name="Old warehouse", user_type="IAX2", active=False),
)
_TRUNKS = (
    Trunk(name="cisco"),
    Trunk(name="gsm_gateway", host="192.0.2.20"),
    Trunk(name="spare", trunk_type="IAX2", host="192.0.2.30", active=False),
)
_QUEUES = (Queue(name="Sales", number="9009", agents=("552", "553")),)
_PHONES = (
    Phone(number="570", behaviour="intercom"),
    Phone(number="02100000001", behaviour="busy"),
    Phone(number="02100000002", behaviour="no_answer"),
    Phone(number="02100000003", behaviour="unreachable"),
    Phone(number="02100000004", behaviour="barred"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole PBX, as it is set up."""

    base_path: str = "/api/v4"
    zone: str = "+03:30"
    verbs: tuple[Verb, ...] = ("POST", "PUT")
    verbs_by_request: Mapping[str, tuple[Verb, ...]] = field(default_factory=dict)
    allowed_addresses: Everything | tuple[str, ...] = "all"
    contexts: tuple[str, ...] = ("main_routing",)
    outside_prefixes: tuple[str, ...] = ("09",)
    unknown_context: Verdict = "reject"
    unknown_trunk: Verdict = "reject"
    outside_caller_without_trunk: Verdict = "accept"
    keep_records: int = 10_000
    speed: float = 1.0
    account: Account = field(default_factory=Account)
    envelope: Envelope = field(default_factory=Envelope)
    searches: Searches = field(default_factory=Searches)
    extensions: tuple[Extension, ...] = _EXTENSIONS
    trunks: tuple[Trunk, ...] = _TRUNKS
    queues: tuple[Queue, ...] = _QUEUES
    faults: tuple[Fault, ...] = ()
    extension_phone: Phone = field(default_factory=Phone)
    outside_phone: Phone = field(default_factory=Phone)
    phones: tuple[Phone, ...] = _PHONES
    calls: Calls = field(default_factory=Calls)
    webhook: Webhook = field(default_factory=Webhook)
    events: Events = field(default_factory=Events)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        problems: dict[str, str] = {}
        if not (math.isfinite(self.speed) and self.speed > 0):
            problems["speed"] = "must be more than 0"
        if not self.base_path.startswith("/") or self.base_path.endswith("/"):
            problems["base_path"] = "must begin with / and must not end with it"
        elif "//" in self.base_path or self.base_path.startswith("/_control"):
            problems["base_path"] = (
                "must have single slashes and not be the control API's"
            )
        if not _ZONE.fullmatch(self.zone):
            problems["zone"] = "must look like +03:30"
        if self.keep_records < 1:
            problems["keep_records"] = "must be 1 or more"
        if self.allowed_addresses != "all":
            wrong = [
                address
                for address in self.allowed_addresses
                if not _is_network(address)
            ]
            if wrong:
                problems["allowed_addresses"] = (
                    f"no IP address or network: {', '.join(wrong)}"
                )
        if problems:
            raise SettingsError(problems)

    @classmethod
    def from_file(cls, path: Path) -> Settings:
        """Read a TOML file; what it leaves out stays at its default.

        Raises SettingsError for settings that cannot be used, tomllib.TOMLDecodeError
        for a file that is no TOML, OSError for one that cannot be read.
        """
        return cls().changed(tomllib.loads(path.read_text(encoding="utf-8")))

    def changed(self, changes: Mapping[str, object]) -> Settings:
        """Return these settings with some changed.

        A table (`account`, `webhook` and the like) is changed in the names given,
        everything else, lists and `verbs_by_request` too, is replaced whole.
        """
        return _amend(self, changes)

    def plain(self) -> dict[str, Any]:
        """Return these settings as JSON and TOML have them."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @property
    def local_zone(self) -> timezone:
        """The PBX's zone, in which it reads and writes the times of reports."""
        offset = timedelta(hours=int(self.zone[1:3]), minutes=int(self.zone[4:]))
        return timezone(-offset if self.zone.startswith("-") else offset)

    def extension(self, number: str) -> Extension | None:
        """Return the extension of a number, None where there is none."""
        return next((item for item in self.extensions if item.number == number), None)

    def is_outside(self, number: str) -> bool:
        """Say whether a number is reached through a trunk."""
        return number.startswith(self.outside_prefixes)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _is_encodable(text: str) -> bool:
    try:
        text.encode(errors=BYTES)
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _amend[Part](part: Part, changes: Mapping[str, object]) -> Part:
    """Return a frozen dataclass with the fields changed that a mapping names."""
    converted = _convert_items(get_type_hints(type(part)), changes, part)
    return replace(part, **converted)  # type: ignore[type-var]


def _make[Part](kind: type[Part], given: Mapping[str, object]) -> Part:
    converted = _convert_items(get_type_hints(kind), given, None)
    missing = [
        part.name
        for part in fields(kind)  # type: ignore[arg-type]
        if part.default is MISSING
        and part.default_factory is MISSING
        and part.name not in given
    ]
    if missing:
        raise SettingsError(dict.fromkeys(missing, "is needed"))
    return kind(**converted)


def _dotted(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if inner else outer


def _wrong(expected: str) -> SettingsError:
    return SettingsError({"": f"must be {expected}"})


def _convert(hint: Any, value: object, current: object) -> Any:
    """Turn what TOML or JSON holds into what a field's type asks for."""
    if isinstance(hint, TypeAliasType):
        return _convert(hint.__value__, value, current)
    origin = get_origin(hint)
    if origin is Literal:
        return _convert_choice(get_args(hint), value)
    if origin in (Union, UnionType):
        return _convert_union(get_args(hint), value, current)
    if origin is tuple:
        return _convert_list(get_args(hint)[0], value)
    if origin is Mapping:
        return _convert_mapping(get_args(hint)[1], value)
    if is_dataclass(hint):
        return _convert_table(hint, value, current)
    return _convert_scalar(hint, value)


def _convert_choice(choices: tuple[object, ...], value: object) -> object:
    if isinstance(value, str) and value in choices:
        return value
    raise _wrong(f"one of {', '.join(map(str, choices))}")


def _convert_union(hints: tuple[Any, ...], value: object, current: object) -> object:
    problems: list[str] = []
    for hint in hints:
        if hint is NoneType:
            if value is None:
                return None
            continue
        try:
            return _convert(hint, value, current)
        except SettingsError as error:
            problems += error.problems.values()
    raise SettingsError({"": " or ".join(problems)})


def _convert_list(hint: Any, value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong("a list")
    named = {str(position): item for position, item in enumerate(value)}
    return tuple(_convert_items(dict.fromkeys(named, hint), named, None).values())


def _convert_mapping(hint: Any, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong("a table")
    return _convert_items(dict.fromkeys(value, hint), value, None)


def _convert_items(
    hints: Mapping[str, Any], items: Mapping[str, object], current: object | None
) -> dict[str, Any]:
    """Convert named items, each to its own hint, and gather all that is wrong."""
    converted: dict[str, Any] = {}
    problems: dict[str, str] = {}
    unknown: list[str] = []
    for name, item in items.items():
        if name not in hints:
            unknown.append(name)
            continue
        try:
            converted[name] = _convert(hints[name], item, getattr(current, name, None))
        except SettingsError as error:
            problems |= {
                _dotted(name, inner): text for inner, text in error.problems.items()
            }
            unknown += [_dotted(name, inner) for inner in error.unknown]
    if problems or unknown:
        raise SettingsError(problems, unknown)
    return converted


def _convert_table(kind: Any, value: object, current: object) -> object:
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise _wrong("a table")
    if current is None:
        return _make(kind, value)
    return _amend(current, value)


def _convert_scalar(kind: type, value: object) -> object:
    # True is an int to Python; a switch given as 1, or a number given as true, is a
    # mistake.
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise _wrong(
        {str: "text", int: "a whole number", float: "a number", bool: "true or false"}[
            kind
        ]
    )
