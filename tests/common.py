"""What several tests use."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.pbx.const import DOMAIN
from custom_components.pbx.simotel import Credentials, SimotelClient
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResult, FlowResultType
from homeassistant.util import dt as dt_util
from simulator.server import Simulator
from simulator.settings import Account

REFERENCE_ACCOUNT = Account()
ORIGINATE = "/call/originate/act"
PING = "/setting/ping/act"
SEARCH_USERS = "/pbx/users/search"
NO_LIMITS = {"calls_per_minute": 0, "calls_at_once": 0, "repeat_seconds": 0}


def connection_to(simulator: Simulator) -> dict[str, Any]:
    """Return what a user fills in to connect to a simulator, which checks both."""
    return {
        "url": simulator.api_url,
        "api_key": REFERENCE_ACCOUNT.token,
        "username": REFERENCE_ACCOUNT.username,
        "password": REFERENCE_ACCOUNT.password,
        "verify_ssl": True,
    }


def office(simulator: Simulator, **more: Any) -> MockConfigEntry:
    """Return an entry for a simulator, not set up."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        entry_id="01JOFFICE",
        minor_version=2,
        data={
            "make": "simotel",
            **connection_to(simulator),
            "webhook_id": "0123456789abcdef" * 4,
        },
        **more,
    )


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


def subentry(kind: str, name: str, **data: Any) -> ConfigSubentryDataWithId:
    """Return an extension or a contact."""
    return ConfigSubentryDataWithId(
        data={"name": name, **data},
        subentry_id=f"01J{name.upper()}",
        subentry_type=kind,
        title=name,
        unique_id=None,
    )


async def setup_integration(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add an entry and set it up."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def change_options(
    hass: HomeAssistant, entry: MockConfigEntry, **options: Any
) -> None:
    """Have an entry reload with other options."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.async_block_till_done()


def originates(simulator: Simulator) -> list[Mapping[str, Any]]:
    """Return the bodies of all originate requests that a simulator received."""
    return [
        record.parsed
        for record in simulator.pbx.requests
        if record.operation == ORIGINATE and isinstance(record.parsed, dict)
    ]


async def originate(hass: HomeAssistant, **fields: Any) -> dict[str, Any]:
    """Perform the action, from 557 to 552 where nothing else is said."""
    response = await hass.services.async_call(
        DOMAIN,
        "originate",
        {"caller": "557", "callee": "552", **fields},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    return dict(response)


async def elapse(hass: HomeAssistant) -> None:
    """Have everything happen for which somebody has set a timer, in its order.

    Also where a timer finds that it came too early, and sets the next one.
    """
    for _ in range(3):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=5))
        await hass.async_block_till_done(wait_background_tasks=True)


async def originate_and_wait(
    hass: HomeAssistant, simulator: Simulator, **fields: Any
) -> dict[str, Any]:
    """Perform the action, let the call take its course, and time go by until it is done."""
    placed = len(simulator.pbx.calls)
    action = asyncio.create_task(originate(hass, **fields))
    async with asyncio.timeout(10):
        while not action.done() and len(simulator.pbx.calls) == placed:
            await asyncio.sleep(0.001)
        # That time goes by must not cut off a reply that is under way.
        while any(record.status is None for record in simulator.pbx.requests):
            await asyncio.sleep(0.001)
    return await waited_for(hass, simulator, action)


async def waited_for(
    hass: HomeAssistant, simulator: Simulator, action: asyncio.Task[dict[str, Any]]
) -> dict[str, Any]:
    """Let all calls take their course, and time go by until an action is done."""
    async with asyncio.timeout(10):
        await simulator.pbx.idle()
    # The request has a task of its own; time must not go by before its reply is taken.
    await hass.async_block_till_done()
    for _ in range(20):
        await asyncio.sleep(0.01)
        if action.done():
            break
        await elapse(hass)
    return await asyncio.wait_for(action, 1)


def abort_reason(result: FlowResult[Any, Any]) -> str | None:
    """Return why a flow has ended without an entry, None where it has not."""
    return result["reason"] if result["type"] is FlowResultType.ABORT else None


def suggestions(result: FlowResult[Any, Any]) -> dict[str, Any]:
    """Return what a form is filled with when it opens."""
    assert result["data_schema"] is not None
    return {
        str(field): field.description["suggested_value"]
        for field in result["data_schema"].schema
        if field.description
    }


def choices(result: FlowResult[Any, Any], field: str) -> list[Any] | None:
    """Return what a field offers to choose from, None for a free text alone."""
    assert result["data_schema"] is not None
    config = result["data_schema"].schema[field].config
    assert config.get("custom_value", True)
    options: list[Any] | None = config.get("options")
    return options


@contextmanager
def without_address(hass: HomeAssistant) -> Iterator[None]:
    """Have Home Assistant know no address of its own."""
    with patch.object(hass.config, "api", None):
        yield
