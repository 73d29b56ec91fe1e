"""The repair for a PBX whose events do not arrive."""

from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.pbx.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.server import Simulator

from .common import originate_and_wait, without_address
from .test_event import OUTGOING, send

ISSUE = "no_events_01JOFFICE"


def issues(hass: HomeAssistant) -> list[str]:
    """Return the issues about PBXs that are shown."""
    known = ir.async_get(hass).issues.items()
    return [key for (domain, key), issue in known if domain == DOMAIN and issue.active]


async def start_repair(client: TestClient[Any, Any]) -> dict[str, Any]:
    """Open the issue as its user would."""
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": ISSUE}
    )
    assert response.status == 200
    return dict(await response.json())


async def submit(
    client: TestClient[Any, Any], result: dict[str, Any]
) -> dict[str, Any]:
    """Submit what is shown."""
    response = await client.post(
        f"/api/repairs/issues/fix/{result['flow_id']}", json={}
    )
    assert response.status == 200
    return dict(await response.json())


@pytest.fixture
async def repairs(hass: HomeAssistant) -> None:
    """Have issues be repaired in the user interface."""
    assert await async_setup_component(hass, "repairs", {})


@pytest.fixture
async def silent(
    hass: HomeAssistant, repairs: None, simulator: Simulator, webhook_url: str
) -> Simulator:
    """Have an automation wait in vain for a call of a PBX that sends no events."""
    await async_process_ha_core_config(hass, {"internal_url": "http://192.0.2.5:8123"})
    simulator.pbx.change(account={"permitted_requests": ["/call/originate/act"]})
    response = await originate_and_wait(hass, simulator, wait_for="ended")
    assert response["outcome"] == "unknown"
    simulator.pbx.change(account={"permitted_requests": "all"})
    return simulator


@pytest.mark.usefixtures("silent")
async def test_waiting_in_vain_is_explained(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, webhook_url: str
) -> None:
    """Until the first event comes, whatever it is about."""
    issue = issue_registry.async_get_issue(DOMAIN, ISSUE)
    assert issue is not None
    assert issue.translation_key == "no_events"
    assert issue.translation_placeholders == {"name": "Office"}
    assert issue.is_fixable
    await send(hass, webhook_url, OUTGOING)
    assert issue_registry.async_get_issue(DOMAIN, ISSUE) is None


async def test_who_does_not_wait_is_not_bothered(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str
) -> None:
    """Calls can be placed without any event."""
    await originate_and_wait(hass, simulator)
    assert not issues(hass)


async def test_pbx_whose_events_come_is_not_complained_of(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str
) -> None:
    """Though none came for the call that was waited for."""
    simulator.pbx.change(account={"permitted_requests": ["/call/originate/act"]})
    await send(hass, webhook_url, {"event_name": "Ping"})
    response = await originate_and_wait(hass, simulator, wait_for="ended")
    assert response["outcome"] == "unknown"
    assert not issues(hass)


async def test_repair_shows_what_to_enter_and_sees_whether_it_works(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    silent: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on showing it until an event has come."""
    monkeypatch.setattr("custom_components.pbx.webhook.SECONDS_TO_ARRIVE", 0.2)
    client = await hass_client()
    result = await start_repair(client)
    assert (result["type"], result["step_id"]) == ("form", "connect")
    assert not result["errors"]
    placeholders: dict[str, Any] = result["description_placeholders"]
    webhook_id = loaded_entry.data["webhook_id"]
    assert placeholders["webhook_url"] == (
        f"http://192.0.2.5:8123/api/webhook/{webhook_id}"
    )
    assert (placeholders["username"], placeholders["password"]) == ("–", "–")

    result = await submit(client, result)
    assert result["errors"] == {"base": "no_ping_event"}
    silent.pbx.change(
        webhook={"enabled": True, "address": webhook_url, "events": ["Ping"]}
    )
    result = await submit(client, result)
    assert result["type"] == "create_entry"
    assert not issues(hass)


@pytest.mark.usefixtures("silent")
async def test_repair_says_that_there_is_no_address(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    """The PBX could not reach Home Assistant then."""
    await hass.config.async_update(internal_url=None)
    client = await hass_client()
    with without_address(hass):
        result = await start_repair(client)
    assert result["errors"] == {"base": "no_address"}


@pytest.mark.usefixtures("silent")
async def test_repair_of_a_pbx_that_is_not_loaded(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
) -> None:
    """Nothing can be received for it."""
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    client = await hass_client()
    result = await start_repair(client)
    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


@pytest.mark.usefixtures("silent")
async def test_removed_pbx_leaves_no_issue(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """There is nothing left to repair."""
    await hass.config_entries.async_remove(loaded_entry.entry_id)
    assert not issues(hass)
