"""No key, password or webhook id is in anything that is logged, at any level."""

from contextlib import suppress
import gc
import logging
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.server import Simulator, running
from simulator.settings import Fault

from .common import REFERENCE_ACCOUNT, connection_to, setup_integration

BASIC = "dGVzdDpBYTEyMzQ1Ng=="
SECRETS = (REFERENCE_ACCOUNT.token, REFERENCE_ACCOUNT.password, BASIC)
ECHO = f'{{"success": 0, "message": "key {" ".join(SECRETS)} refused"}}'


@pytest.fixture(autouse=True)
def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    """Log at the level that a user is asked for in a report."""
    caplog.set_level(logging.DEBUG)


def assert_nothing_leaked(text: str) -> None:
    """See that a text holds none of the secrets."""
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"account": {"token": "another"}},
        {"faults": [Fault(status=200, body=ECHO)]},
        {"faults": [Fault(status=403, body=ECHO)]},
        {"faults": [Fault(status=500, body=ECHO)]},
        {"faults": [Fault(status=200, body=f"<p>{SECRETS}")]},
        {"faults": [Fault(status=302, headers={"Location": f"/{SECRETS[0]}"})]},
        {"faults": [Fault(drop="before")]},
        {"faults": [Fault(drop="midway")]},
    ],
)
async def test_no_secret_is_logged_or_said(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
) -> None:
    """Through set-up, actions that work and fail, pings and unloading."""
    await setup_integration(hass, entry)
    simulator.pbx.change(change)
    said = []
    for _ in range(2):
        try:
            response = await hass.services.async_call(
                DOMAIN,
                "originate",
                {"caller": "557", "callee": "552"},
                blocking=True,
                return_response=True,
            )
            said.append(repr(response))
        except HomeAssistantError as err:
            said += [str(err), repr(err), repr(err.__cause__), str(err.__cause__)]
            said.append(str(err.translation_placeholders))
        await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert said
    assert_nothing_leaked("\n".join(said))
    assert_nothing_leaked(caplog.text)
    assert entry.data["webhook_id"] not in caplog.text
    assert "call/originate/act answered" in caplog.text or "drop" in str(change)


async def test_no_secret_is_logged_by_the_flow(
    hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor are credentials that were written into the address."""
    port = simulator.port
    connection = connection_to(simulator)
    connection["url"] = f"http://test:Aa123456@127.0.0.1:{port}"
    for change in ({"account": {"token": "another"}}, {}):
        simulator.pbx.reset()
        simulator.pbx.change(change)
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}, data=connection
        )
    await hass.config_entries.flow.async_configure(result["flow_id"], {})
    await hass.async_block_till_done()
    assert_nothing_leaked(caplog.text)


async def test_no_secret_is_logged_by_the_webhook(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor what strangers send to it, whatever becomes of it.

    Home Assistant's own loggers do name its address.
    """
    credentials = {"webhook_username": "pbx", "webhook_password": "pear-and-quince"}
    basic = "cGJ4OnBlYXItYW5kLXF1aW5jZQ=="
    hass.config_entries.async_update_entry(
        loaded_entry, options={**loaded_entry.options, **credentials}
    )
    await hass.async_block_till_done()
    bodies = (
        {"event_name": "Cdr", "src": "09121234567", "dst": "557"},
        {"event_name": "Something 09121234567"},
        {"nothing": "09121234567"},
        ["09121234567"],
    )
    async with ClientSession() as session:
        for given in (basic, basic[:-4] + "AAAA", ""):
            for body in bodies:
                headers = {"Authorization": f"Basic {given}"}
                async with session.post(webhook_url, json=body, headers=headers):
                    pass
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    ours = [
        f"{record.getMessage()} {record.exc_info}"
        for record in caplog.records
        if record.name.startswith("custom_components.pbx")
    ]
    assert "Received an event: Cdr" in "\n".join(ours)
    for secret in (
        loaded_entry.data["webhook_id"],
        "pear-and-quince",
        basic,
        "09121234567",
    ):
        assert not [text for text in ours if secret in text]


@pytest.mark.parametrize("status", [200, 401, 405])
async def test_nothing_of_ours_shows_secrets_of_itself(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, status: int
) -> None:
    """As in the traceback or the log of somebody else, also after the PBX echoed them."""
    events = {"webhook_username": "pbx", "webhook_password": "pear-and-quince"}
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={**entry.options, **events})
    assert await hass.config_entries.async_setup(entry.entry_id)
    flow = hass.config_entries.flow
    async with running() as other:
        form = await flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}, data=connection_to(other)
        )
    assert form["step_id"] == "defaults"
    simulator.pbx.change(faults=[Fault(status=status, body=ECHO)])
    call = {"caller": "557", "callee": "552"}
    for dry_run in (True, False):
        # Whatever it answers.
        with suppress(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN,
                "originate",
                {**call, "dry_run": dry_run},
                blocking=True,
                return_response=True,
            )
    ours = [
        thing
        for thing in gc.get_objects()
        if type(thing).__module__.startswith("custom_components.pbx")
    ]
    kinds = {type(thing).__name__ for thing in ours}
    assert {"PbxConfigFlow", "PbxCoordinator", "PbxData", "SimotelClient"} <= kinds
    shown = "\n".join(f"{thing!r} {thing}" for thing in [*ours, entry.runtime_data])
    assert_nothing_leaked(shown)
    assert entry.data["webhook_id"] not in shown
    assert "pear-and-quince" not in shown
    flow.async_abort(form["flow_id"])
