"""What several tests use."""

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientSession
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.simotel import Credentials, SimotelClient
from homeassistant.core import HomeAssistant
from simulator.server import Simulator
from simulator.settings import Account

REFERENCE_ACCOUNT = Account()
ORIGINATE = "/call/originate/act"
PING = "/setting/ping/act"


def connection_to(simulator: Simulator) -> dict[str, Any]:
    """Return what a user fills in to connect to a simulator, which checks both."""
    return {
        "url": simulator.api_url,
        "api_key": REFERENCE_ACCOUNT.token,
        "username": REFERENCE_ACCOUNT.username,
        "password": REFERENCE_ACCOUNT.password,
        "verify_ssl": True,
    }


def client_of(session: ClientSession, simulator: Simulator) -> SimotelClient:
    """Return a client of the library with the reference's own account."""
    return SimotelClient(
        session,
        url=simulator.api_url,
        credentials=Credentials(
            api_key=REFERENCE_ACCOUNT.token,
            username=REFERENCE_ACCOUNT.username,
            password=REFERENCE_ACCOUNT.password,
        ),
    )


async def setup_integration(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add an entry and set it up."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def originates(simulator: Simulator) -> list[Mapping[str, Any]]:
    """Return the bodies of all originate requests that a simulator received."""
    return [
        record.parsed
        for record in simulator.pbx.requests
        if record.operation == ORIGINATE and isinstance(record.parsed, dict)
    ]
