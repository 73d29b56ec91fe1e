"""Every switch of the simulator, with its default.

`example.toml` shows them all. The same names serve in a TOML file, in the JSON of the
control API and in `Pbx.change`, so a name stands in one place only: the fields below.
"""

from collections.abc import Mapping
from datetime import timedelta, timezone
import ipaddress
from pathlib import Path
import re
import tomllib
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from .switches import Calls, Events, Phone, Webhook
from .table import AllOrNames, Count, Items, Seconds, Table, check
from .wire import BYTES

type Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
type Verdict = Literal["reject", "accept"]

_EXAMPLE = tomllib.loads(
    Path(__file__).with_name("example.toml").read_text(encoding="utf-8")
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _is_encodable(text: str) -> bool:
    try:
        text.encode(errors=BYTES)
    except UnicodeEncodeError:
        return False
    return True


def _is_header(header: tuple[str, str]) -> bool:
    name, value = header
    return _HEADER_NAME.fullmatch(name) is not None and value.isprintable()


def _are_networks(addresses: AllOrNames) -> bool:
    try:
        return addresses == "all" or all(map(ipaddress.ip_network, addresses))
    except ValueError:
        return False


def _example[Part: Table](kind: type[Part], name: str) -> tuple[Part, ...]:
    """Return the tables of a list in the example file, which are the default ones."""
    return tuple(kind.model_validate(item) for item in _EXAMPLE[name])


class Account(Table):
    """The one API account, as the panel's page of API accounts has it."""

    enabled: bool = True
    mode: Literal["basic", "token", "both"] = "both"
    username: str = "test"
    password: str = "Aa123456"
    token: str = "vZKtIKWsld0egNlkzHo8i5LVBqLNBSWARCQsPOSgDjFmAHM3tG"
    permitted_requests: AllOrNames = "all"


class Envelope(Table):
    """How a reply is spelt; numbers and booleans occur in the vendor's texts."""

    success: Literal["number", "boolean", "text"] = "number"
    message: Literal["documented", "null", "empty", "text"] = "documented"


class Searches(Table):
    """What the searches insist on and what they answer."""

    empty_result: Literal["list", "null", "failure"] = "list"
    require_alike: bool = True
    flat_conditions: bool = False
    secrets: Literal["masked", "plain"] = "masked"


class Extension(Table):
    """A telephone of the PBX; `mapped` is the operator's number mapped to it."""

    number: str
    name: str = ""
    context: str = "main_routing"
    secret: str = "extension-secret"
    active: bool = True
    user_type: Literal["SIP", "IAX2"] = "SIP"
    mapped: str = ""


class Trunk(Table):
    """A line to the outside; `name` is what `trunk_name` of an originate takes."""

    name: str
    trunk_type: Literal["SIP", "IAX2", "DAHDI"] = "SIP"
    host: str = "192.0.2.10"
    username: str = "simulator"
    secret: str = "trunk-secret"
    active: bool = True


class Queue(Table):
    """A call queue; it rings all its agents, which are extensions, at once."""

    name: str
    number: str
    agents: Items[str] = ()


class Fault(Table):
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

    path: Annotated[
        str, check(re.compile(r"\*|/.*").fullmatch, "must be * or begin with /")
    ] = "*"
    times: Count = 0
    delay: Seconds = 0.0
    drop: Literal["never", "before", "after", "midway"] = "never"
    status: Annotated[
        int,
        check(
            lambda status: status == 0 or 200 <= status <= 599,
            "must be 0 or from 200 to 599",
        ),
    ] = 0
    headers: Annotated[
        Mapping[str, str],
        check(lambda headers: all(map(_is_header, headers.items())), "are no headers"),
    ] = {}
    body: Annotated[str, check(_is_encodable, "is no text")] | None = None
    acts: bool = True
    gzip: bool = False

    @field_validator("headers", "body")
    @classmethod
    def _check_status[Given](cls, given: Given, info: ValidationInfo) -> Given:
        if given not in (None, {}) and info.data.get("status") == 0:
            raise ValueError("only go with a status")
        return given

    @field_validator("acts")
    @classmethod
    def _check_acts(cls, acts: bool, info: ValidationInfo) -> bool:
        replies = info.data.get("drop") in ("never", "midway")
        if not acts and info.data.get("status") == 0 and replies:
            raise ValueError("false needs a status or a drop before the reply")
        return acts


class Settings(Table):
    """The whole PBX, as it is set up."""

    base_path: Annotated[
        str,
        check(
            re.compile(r"(?!/_control)(/[^/]+)+").fullmatch,
            "must begin with /, have single slashes, not end with one, "
            "and not be the control API's",
        ),
    ] = "/api/v4"
    zone: Annotated[
        str,
        check(
            re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]").fullmatch,
            "must look like +03:30",
        ),
    ] = "+03:30"
    verbs: Items[Verb] = ("POST", "PUT")
    verbs_by_request: Mapping[str, Items[Verb]] = {}
    allowed_addresses: Annotated[
        AllOrNames, check(_are_networks, "must be IP addresses or networks")
    ] = "all"
    contexts: Items[str] = ("main_routing",)
    outside_prefixes: Items[str] = ("09",)
    unknown_context: Verdict = "reject"
    unknown_trunk: Verdict = "reject"
    outside_caller_without_trunk: Verdict = "accept"
    keep_records: Annotated[int, Field(ge=1)] = 10_000
    speed: Annotated[float, Field(gt=0)] = 1.0
    account: Account = Account()
    envelope: Envelope = Envelope()
    searches: Searches = Searches()
    extensions: Items[Extension] = _example(Extension, "extensions")
    trunks: Items[Trunk] = _example(Trunk, "trunks")
    queues: Items[Queue] = _example(Queue, "queues")
    faults: Items[Fault] = ()
    extension_phone: Phone = Phone()
    outside_phone: Phone = Phone()
    phones: Items[Phone] = _example(Phone, "phones")
    calls: Calls = Calls()
    webhook: Webhook = Webhook()
    events: Events = Events()

    @classmethod
    def from_file(cls, path: Path) -> Settings:
        """Read a TOML file; what it leaves out stays at its default.

        Raises SettingsError for settings that cannot be used, tomllib.TOMLDecodeError
        for a file that is no TOML, OSError for one that cannot be read.
        """
        return cls().changed(tomllib.loads(path.read_text(encoding="utf-8")))

    @property
    def local_zone(self) -> timezone:
        """The PBX's zone, in which it reads and writes the times of reports."""
        offset = timedelta(hours=int(self.zone[1:3]), minutes=int(self.zone[4:]))
        return timezone(-offset if self.zone.startswith("-") else offset)

    def extension(self, number: str) -> Extension | None:
        """Return the extension of a number, None where there is none."""
        return next((item for item in self.extensions if item.number == number), None)

    def is_outside(self, number: str) -> bool:
        """Return whether a number is reached through a trunk."""
        return number.startswith(self.outside_prefixes)
