"""Whether the PBX can be reached, and what an entry keeps while it is loaded."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import logging
from typing import Any, Final, override

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL, CONF_VERIFY_SSL, EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, SUBENTRY_EXTENSION
from .dialing.guard import DialRules
from .makes import make_of
from .monitor import CallMonitor
from .telephony.errors import (
    AddressNotPermittedError,
    ApiRefusedError,
    AuthenticationError,
    CannotConnectError,
    OutcomeUnknownError,
    PbxError,
)
from .telephony.models import User
from .telephony.pbx import Pbx
from .telephony.shared_search import SharedSearch
from .trunks import Trunks

_LOGGER = logging.getLogger(__name__)

# By whether certificates are verified.
_SESSIONS: Final[HassKey[dict[bool, ClientSession]]] = HassKey(f"{DOMAIN}_sessions")

# Each ping is a row in the PBX's own API log, so there should not be many.
PING_INTERVAL = timedelta(minutes=5)
# A PBX that restarts is back within minutes; one that stays away is asked less and less.
RETRY_INTERVALS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30))


@dataclass(frozen=True, slots=True)
class PbxData:
    """What an entry keeps while it is loaded.

    `users` are the extensions that the PBX lists. `essentials` is what it was set up
    with, the contacts left out; `rules` and `extensions`, the numbers that the guard
    spares, are read from that.
    """

    client: Pbx
    coordinator: PbxCoordinator
    monitor: CallMonitor
    users: SharedSearch[User]
    trunks: Trunks
    # The credentials are among them.
    essentials: tuple[object, ...] = field(repr=False)
    rules: DialRules
    extensions: frozenset[str]


type PbxConfigEntry = ConfigEntry[PbxData]


def essentials_of(entry: PbxConfigEntry) -> tuple[object, ...]:
    """Return what an entry is set up with, the contacts left out."""
    extensions = [
        (subentry.subentry_id, subentry.title, dict(subentry.data))
        for subentry in entry.get_subentries_of_type(SUBENTRY_EXTENSION)
    ]
    return entry.title, dict(entry.data), dict(entry.options), extensions


@callback
def create_client(hass: HomeAssistant, data: Mapping[str, Any]) -> Pbx:
    """Create the client for the connection data of an entry or of a form."""
    session = _async_session(hass, verify_ssl=data.get(CONF_VERIFY_SSL, True))
    return make_of(data).connect(session, data)


@callback
def _async_session(hass: HomeAssistant, *, verify_ssl: bool) -> ClientSession:
    """Return a session that keeps no cookies.

    Home Assistant's own session keeps them and sends them to every port of the host.
    This one lives as long as that: an originate under way outlives its entry.
    """
    sessions = hass.data.setdefault(_SESSIONS, {})
    if verify_ssl in sessions:
        return sessions[verify_ssl]
    session = sessions[verify_ssl] = async_create_clientsession(
        hass, verify_ssl=verify_ssl, auto_cleanup=False, cookie_jar=DummyCookieJar()
    )

    @callback
    def detach(_event: Event) -> None:
        session.detach()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, detach)
    return session


class PbxCoordinator(DataUpdateCoordinator[None]):
    """Keeps an eye on whether the PBX answers.

    Pings, and takes whatever else the PBX answers as proof as well.
    """

    config_entry: PbxConfigEntry

    def __init__(self, hass: HomeAssistant, entry: PbxConfigEntry, client: Pbx) -> None:
        """Prepare to ping the PBX of an entry."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=PING_INTERVAL,
        )
        self._client = client
        self._failures = 0
        self._ping: asyncio.Task[None] | None = None

    @override
    async def _async_update_data(self) -> None:
        """Ping the PBX.

        Raises ConfigEntryAuthFailed or UpdateFailed.
        """
        try:
            await self._client.ping()
        except AuthenticationError as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key="ping_authentication_failed",
                translation_placeholders=self._placeholders,
            ) from err
        except PbxError as err:
            if not proves_reachable(err):
                raise self._update_failed(err) from err
        self._failures = 0

    @callback
    def async_carry_on(self, *, was_reachable: bool) -> None:
        """Begin with what was known before a reload, and ask the PBX meanwhile."""
        self.last_update_success = was_reachable
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} ping"
        )

    @callback
    def async_note_result(self, error: PbxError | None) -> None:
        """Learn from the result of another request than a ping.

        One that shows that the PBX is away has a ping see for itself, once.
        """
        if isinstance(error, CannotConnectError | AddressNotPermittedError):
            if self.last_update_success and (not self._ping or self._ping.done()):
                # The one that the base class would put off might come in the middle
                # of Home Assistant's stopping.
                self._ping = self.config_entry.async_create_background_task(
                    self.hass, self.async_refresh(), f"{self.name} ping"
                )
            return
        if self.last_update_success or not (error is None or proves_reachable(error)):
            return
        self._failures = 0
        self.logger.info("Fetching %s data recovered", self.name)
        self.async_set_updated_data(None)

    def _update_failed(self, error: PbxError) -> UpdateFailed:
        """Return what an error means for reachability, and when to ask again."""
        match error:
            case AddressNotPermittedError():
                translation_key = "ping_address_not_permitted"
            case CannotConnectError() | OutcomeUnknownError():
                translation_key = "ping_cannot_connect"
            case _:
                translation_key = "ping_not_simotel"
        longest = len(RETRY_INTERVALS) - 1
        retry_after = RETRY_INTERVALS[min(self._failures, longest)]
        self._failures += 1
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=translation_key,
            translation_placeholders=self._placeholders,
            retry_after=retry_after.total_seconds(),
        )

    @property
    def _placeholders(self) -> dict[str, str]:
        return {"url": self.config_entry.data[CONF_URL]}


def proves_reachable(error: PbxError) -> bool:
    """Tell whether an error proves that the PBX is there and lets us in.

    A refusal in the PBX's own words does, such as the one for a ping that is not ticked
    in the account; only the one for our address keeps us out of everything.
    """
    return isinstance(error, ApiRefusedError) and not isinstance(
        error, AddressNotPermittedError
    )
