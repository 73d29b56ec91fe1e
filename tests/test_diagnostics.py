"""A diagnostics file can be published as it is."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.server import Simulator

from .common import REFERENCE_ACCOUNT, setup_integration
from .test_event import send

SECRETS = (
    REFERENCE_ACCOUNT.token,
    REFERENCE_ACCOUNT.password,
    "0123456789abcdef",
    "02188001234",
    "0912",
    "0912secret",
)


async def diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Download the diagnostics of an entry, and see that nothing is given away."""
    assert await async_setup_component(hass, "diagnostics", {})
    downloaded: dict[str, Any] = await get_diagnostics_for_config_entry(
        hass, hass_client, entry
    )
    text = json.dumps(downloaded)
    assert not [secret for secret in SECRETS if secret in text]
    return downloaded


async def test_diagnostics_of_a_loaded_entry(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    entry: MockConfigEntry,
) -> None:
    """They tell how the entry is set up, with keys, passwords and numbers masked."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        options={
            "context": "main_routing",
            "caller_id": "02188001234",
            "trunk_name": "02188001234",
            "timeout": 30,
            "denied_numbers": ["02188001234"],
            "allowed_numbers": ["0912."],
        },
    )
    await hass.config_entries.async_setup(entry.entry_id)
    masked = "**REDACTED**"
    assert await diagnostics(hass, hass_client, entry) == {
        "data": {
            "url": simulator.api_url,
            "api_key": masked,
            "username": masked,
            "password": masked,
            "verify_ssl": True,
            "make": "simotel",
            "webhook_id": masked,
        },
        "options": {
            "context": "main_routing",
            "denied_numbers": masked,
            "allowed_numbers": masked,
            "caller_id": masked,
            "trunk_name": masked,
            "timeout": 30,
        },
        "reachability": {"reachable": True, "last_error": None, "last_cause": None},
        "events": {"heard": {}, "calls_in_progress": 0},
    }


async def test_diagnostics_say_why_the_pbx_is_away(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
) -> None:
    """By the kind of error, not in the PBX's words, which may hold numbers."""
    simulator.pbx.change(allowed_addresses=["192.0.2.1"])
    await loaded_entry.runtime_data.coordinator.async_refresh()
    downloaded = await diagnostics(hass, hass_client, loaded_entry)
    assert downloaded["reachability"] == {
        "reachable": False,
        "last_error": "ping_address_not_permitted",
        "last_cause": "AddressNotPermittedError",
    }


async def test_call_that_fails_leaves_no_number(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
) -> None:
    """Nor does a call that could not even be sent."""
    await simulator.stop()
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            "pbx",
            "originate",
            {"caller": "557", "callee": "09123456789"},
            blocking=True,
        )
    await hass.async_block_till_done(wait_background_tasks=True)
    downloaded = await diagnostics(hass, hass_client, loaded_entry)
    assert downloaded["reachability"]["last_cause"] == "CannotConnectError"


async def test_diagnostics_tell_which_events_have_come(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
) -> None:
    """How often and when; neither what they said nor names that anybody could send."""
    assert await async_setup_component(hass, "diagnostics", {})
    client = await hass_client_no_auth()
    webhook_url = str(
        client.make_url(f"/api/webhook/{loaded_entry.data['webhook_id']}")
    )
    credentials = {"webhook_username": "02188001234", "webhook_password": "0912secret"}
    await send(
        hass,
        webhook_url,
        {"event_name": "IncomingCall", "number": "09123456789"},
        {"event_name": "0912 may be in a name"},
        {"event_name": "IncomingCall", "number": "09123456789"},
    )
    hass.config_entries.async_update_entry(
        loaded_entry, options={**loaded_entry.options, **credentials}
    )
    await hass.async_block_till_done()
    heard = (await diagnostics(hass, hass_client, loaded_entry))["events"]["heard"]
    assert {name: told["count"] for name, told in heard.items()} == {
        "IncomingCall": 2,
        "unknown": 1,
    }
    assert all(dt_util.parse_datetime(told["last"]) for told in heard.values())


async def test_diagnostics_of_an_entry_that_failed(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    entry: MockConfigEntry,
) -> None:
    """Just then they are needed."""
    await simulator.stop()
    await setup_integration(hass, entry)
    downloaded = await diagnostics(hass, hass_client, entry)
    assert downloaded["reachability"] is None
    assert downloaded["events"] is None
