"""Three ways to send the same originate."""

from abc import ABC, abstractmethod
import json
from typing import Any, Final, override

from aiohttp import ClientSession

from custom_components.pbx.const import DOMAIN
from custom_components.pbx.simotel import Credentials
from custom_components.pbx.simotel.models import DEFAULT_CONTEXT
from custom_components.pbx.telephony.models import DEFAULT_TIMEOUT
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from simulator.server import Simulator

from .entries import ACCOUNT
from .home_assistant import address_of

PBX: Final = "pbx"
REST_COMMAND: Final = "rest_command"
BARE: Final = "bare"
_COMMAND = "originate"
_CREDENTIALS = Credentials(
    api_key=ACCOUNT.token, username=ACCOUNT.username, password=ACCOUNT.password
)
_HEADERS = {
    **_CREDENTIALS.headers(),
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}


class Contestant(ABC):
    """One way; `session` is the one that its requests leave by."""

    name: str
    session: ClientSession

    @abstractmethod
    async def originate(self, caller: str, callee: str) -> None:
        """Place a call and wait for the PBX's answer."""

    async def settle(self) -> None:
        """Do what must be done before the next round, and is not measured."""
        return


class Bare(Contestant):
    """The limit: one request of aiohttp, in one session that is kept."""

    name = BARE

    def __init__(self, session: ClientSession, simulator: Simulator) -> None:
        """Send to a simulated PBX."""
        self.session = session
        self._url = address_of_originate(simulator)

    @override
    async def originate(self, caller: str, callee: str) -> None:
        async with self.session.put(
            self._url,
            data=json.dumps(_body(caller, callee)).encode(),
            headers=_HEADERS,
        ) as response:
            json.loads(await response.read())["data"]["originated_call_id"]


class RestCommand(Contestant):
    """Home Assistant's own action for the same request, with a template of the body."""

    name = REST_COMMAND

    def __init__(self, hass: HomeAssistant) -> None:
        """Use the command of `rest_command_configuration`."""
        self.session = async_get_clientsession(hass)
        self._hass = hass

    @override
    async def originate(self, caller: str, callee: str) -> None:
        response: Any = await self._hass.services.async_call(
            REST_COMMAND,
            _COMMAND,
            {"caller": caller, "callee": callee},
            blocking=True,
            return_response=True,
        )
        response["content"]["data"]["originated_call_id"]


class Pbx(Contestant):
    """The action of the integration."""

    name = PBX

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], session: ClientSession
    ) -> None:
        """Use an entry; `session` brings the events by which its calls end."""
        self.session = async_get_clientsession(hass)
        self._hass = hass
        self._events = session
        self._webhook = f"{address_of(hass)}/api/webhook/{entry.data['webhook_id']}"
        self._placed: list[str] = []

    @override
    async def originate(self, caller: str, callee: str) -> None:
        response: Any = await self._hass.services.async_call(
            DOMAIN,
            "originate",
            {"caller": caller, "callee": callee},
            blocking=True,
            return_response=True,
        )
        self._placed.append(response["originated_call_id"])

    @override
    async def settle(self) -> None:
        """End the calls, so that no more are in progress than are placed in a round."""
        placed, self._placed = self._placed, []
        for originated_call_id in placed:
            event = {
                "event_name": "Cdr",
                "originated_call_id": originated_call_id,
                "dst": "failed",
                "disposition": "NO ANSWER",
            }
            async with self._events.post(self._webhook, json=event) as response:
                response.raise_for_status()


def rest_command_configuration(simulator: Simulator) -> dict[str, Any]:
    """Return the configuration of a command that sends what the integration sends."""
    return {
        _COMMAND: {
            "url": address_of_originate(simulator),
            "method": "put",
            "headers": _HEADERS,
            "payload": json.dumps(_body("{{ caller }}", "{{ callee }}")),
        }
    }


def address_of_originate(simulator: Simulator) -> str:
    """Return where a simulated PBX takes calls."""
    return f"{simulator.api_url}/call/originate/act"


def require_alike(simulator: Simulator, contestants: int) -> None:
    """Raise RuntimeError unless so many contestants have sent the same, once each."""
    sent = {
        (
            request.method,
            request.path,
            len(request.body),
            request.status,
            *(request.headers.get(name) for name in _HEADERS),
        )
        for request in simulator.pbx.requests
    }
    if len(sent) != 1 or len(simulator.pbx.requests) != contestants:
        raise RuntimeError("The contestants do not send the same")


def _body(caller: str, callee: str) -> dict[str, str]:
    return {
        "caller": caller,
        "callee": callee,
        "context": DEFAULT_CONTEXT,
        "caller_id": caller,
        "trunk_name": "",
        "timeout": str(DEFAULT_TIMEOUT),
    }
