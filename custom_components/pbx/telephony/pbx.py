"""What a make of PBX must provide: a `Make` in the registry, and the `Pbx` it connects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from .models import CallRequest, Trunk, User
from .signals import EndSignal, Signal, TrunkSignal

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Pbx(Protocol):
    """A PBX that calls are placed through.

    Every method but `preview` raises a PbxError, whose `may_have_acted` says whether
    the PBX can have acted on the request.
    """

    async def ping(self) -> None:
        """Prove that the PBX answers and accepts the credentials."""

    async def originate(self, request: CallRequest) -> str:
        """Place a call and return the PBX's id of it. Nothing is ever sent twice."""

    def preview(self, request: CallRequest) -> dict[str, object]:
        """Return the request that `originate` would send, with secrets masked."""

    async def search_users(self) -> list[User]:
        """Return the extensions that the PBX lists."""

    async def search_trunks(self) -> list[Trunk]:
        """Return the trunks that the PBX lists."""

    async def look_up(self, originated_call_id: str, *, today: date) -> list[EndSignal]:
        """Return the CDRs of a call, none if the PBX has none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """An event that the PBX sent.

    `name` is the documented one, None for an event that is not documented. One that is
    not complete lacks what makes it an event of its name. `signal` is what it says of a
    call, a phone or a trunk, if anything.
    """

    name: str | None
    is_complete: bool
    signal: Signal | TrunkSignal | None


class ReadEvent(Protocol):
    """Reads an event as the PBX sent it, in time that is linear in its length."""

    def __call__(
        self, *, query: Mapping[str, str], content_type: str, body: bytes
    ) -> ReceivedEvent:
        """Return the event; raises InvalidEventError if it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedEvents:
    """How a make sends its events to an address of ours.

    `names` are to be ticked in the PBX's panel, in the order in which it is worth it.
    `longest_body` is in bytes.
    """

    names: tuple[str, ...]
    longest_body: int
    read: ReadEvent


class Address(Protocol):
    """An address of a PBX as its user wrote it, with the credentials in it."""

    @property
    def url(self) -> str:
        """The canonical address, without credentials."""

    @property
    def username(self) -> str:
        """The user name in it, or nothing."""

    @property
    def password(self) -> str:
        """The password in it, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A make of PBX.

    `name` stands in the entries' data, `product` in their titles. `connect` is given the
    data of an entry or of a form; `parse_address` raises InvalidAddressError, and
    `usual_address` returns where the API mostly is on the host of an address.
    `events` is None for a make that asks for no address of ours.
    """

    name: str
    product: str
    default_context: str
    connect: Callable[[ClientSession, Mapping[str, Any]], Pbx]
    parse_address: Callable[[str], Address]
    usual_address: Callable[[str], str]
    has_credentials: Callable[[Mapping[str, Any]], bool]
    events: PushedEvents | None
