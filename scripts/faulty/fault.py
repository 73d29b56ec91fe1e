"""A fault of the PBX or the network, and what is true of a request that meets it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from homeassistant.config_entries import ConfigEntryState

if TYPE_CHECKING:
    from .pbx import Connection, Request

type Meets = Callable[[Connection], Awaitable[None]]
type Answers = Callable[[Connection, Request], Awaitable[bool]]


class Meaning(StrEnum):
    """What became of a request, as far as anybody can know who sent it."""

    NOT_SENT = "not sent"
    UNKNOWN = "unknown"
    UNDOCUMENTED = "undocumented"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    NOT_PERMITTED = "not permitted"
    ADDRESS_REFUSED = "address refused"


@dataclass(frozen=True, slots=True)
class Truth:
    """What may be said where a request meant something.

    `error` is the key of the action's error, None where there must be none. `reachable`
    is the state of the connectivity sensor after a ping that met the fault, `entry`
    that of an entry set up with it, and `form` the error of the form that adds one.
    """

    error: str | None
    reachable: bool
    entry: ConfigEntryState
    form: str | None


_LOADED = ConfigEntryState.LOADED
_RETRY = ConfigEntryState.SETUP_RETRY
TRUTHS = {
    Meaning.NOT_SENT: Truth("cannot_connect", False, _RETRY, "cannot_connect"),
    Meaning.UNKNOWN: Truth("call_status_unknown", False, _RETRY, "cannot_connect"),
    Meaning.UNDOCUMENTED: Truth("invalid_response", False, _RETRY, "not_simotel"),
    Meaning.ACCEPTED: Truth(None, True, _LOADED, None),
    Meaning.REJECTED: Truth("call_rejected", True, _LOADED, None),
    Meaning.REFUSED: Truth("call_rejected", False, _RETRY, "not_simotel"),
    Meaning.UNAUTHORIZED: Truth(
        "authentication_failed", False, ConfigEntryState.SETUP_ERROR, "invalid_auth"
    ),
    Meaning.NOT_PERMITTED: Truth("permission_denied", True, _LOADED, None),
    Meaning.ADDRESS_REFUSED: Truth(
        "address_not_permitted", False, _RETRY, "address_not_permitted"
    ),
}
# That nothing was placed may be said only where nothing was sent, or it was refused.
DENIALS = frozenset(
    {
        "cannot_connect",
        "call_rejected",
        "authentication_failed",
        "permission_denied",
        "address_not_permitted",
    }
)
REFUSALS = frozenset(
    {
        Meaning.REJECTED,
        Meaning.REFUSED,
        Meaning.UNAUTHORIZED,
        Meaning.NOT_PERMITTED,
        Meaning.ADDRESS_REFUSED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to misbehave.

    `meaning` is what it means for an originate, `ping` for a ping where that differs,
    and `others` what may be concluded as well where the timing decides. `meets` plays
    with a connection from its first moment, `answers` with each request that was read
    whole, and returns whether the connection goes on; with neither the PBX is well.
    `port` says how it listens, and `tls` how it is addressed. `resolves` is what the name
    service answers then; without it the PBX is addressed by number. `keeps` leaves the
    connections alone that were there before.
    """

    family: str
    name: str
    meaning: Meaning
    ping: Meaning | None = None
    others: frozenset[Meaning] = field(default_factory=frozenset)
    meets: Meets | None = None
    answers: Answers | None = None
    port: Literal["open", "closed", "deaf", "unaccepted"] = "open"
    tls: bool = False
    resolves: tuple[str, ...] | Exception | None = None
    keeps: bool = False

    @property
    def of_originate(self) -> frozenset[Meaning]:
        """What an originate may be taken to have met."""
        return self.others | {self.meaning}

    @property
    def of_ping(self) -> frozenset[Meaning]:
        """What a ping may be taken to have met."""
        return self.others | {self.ping or self.meaning}
