"""What every make of PBX must do, and how an entry knows which one it is of."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.pbx.makes import MAKES
from custom_components.pbx.telephony.errors import (
    CannotConnectError,
    InvalidAddressError,
    InvalidEventError,
)
from custom_components.pbx.telephony.models import CallRequest
from custom_components.pbx.telephony.pbx import Make, Pbx
from custom_components.pbx.webhook import NO_TEXT, placeholders_of
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.server import Simulator

from .common import connection_to

STORED = Path(__file__).parent / "fixtures" / "entry_of_0_1_0.json"
REQUEST = CallRequest(caller="557", callee="552", context="main_routing")


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    """Return each make in turn."""
    return MAKES[request.param]


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Return a session for a make's requests."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def pbx(make: Make, session: ClientSession, simulator: Simulator) -> Pbx:
    """Return a PBX of the make, connected to a simulated one."""
    return make.connect(session, connection_to(simulator))


async def test_pbx_answers_and_lists_what_it_has(pbx: Pbx) -> None:
    """The forms offer its extensions and trunks."""
    await pbx.ping()
    assert "557" in {user.number for user in await pbx.search_users()}
    assert "cisco" in {trunk.name for trunk in await pbx.search_trunks()}


async def test_call_is_placed_under_an_id_of_its_own(
    pbx: Pbx, simulator: Simulator
) -> None:
    """Its CDR is found by that, once it is over."""
    first = await pbx.originate(REQUEST)
    await simulator.pbx.idle()
    second = await pbx.originate(REQUEST)
    assert first != second
    cdrs = await pbx.look_up(first, today=datetime.now(UTC).date())
    assert cdrs
    assert {cdr.originated_call_id for cdr in cdrs} == {first}


def test_preview_masks_the_credentials(pbx: Pbx, simulator: Simulator) -> None:
    """It is shown to whoever performs the action."""
    shown = json.dumps(pbx.preview(REQUEST))
    assert "552" in shown
    data = connection_to(simulator)
    assert data["api_key"] not in shown
    assert data["password"] not in shown


async def test_pbx_that_is_away_has_not_acted(
    make: Make, session: ClientSession, simulator: Simulator
) -> None:
    """Nothing listens there, so that no part of a request has left."""
    data = {**connection_to(simulator), "url": "http://127.0.0.1:1/api/v4"}
    with pytest.raises(CannotConnectError) as caught:
        await make.connect(session, data).originate(REQUEST)
    assert not caught.value.may_have_acted


def test_address_is_brought_into_one_form(make: Make) -> None:
    """The credentials in it go into fields of their own."""
    address = make.parse_address("HTTP://test:secret@192.168.51.20:80/")
    assert "secret" not in address.url
    assert (address.username, address.password) == ("test", "secret")
    assert make.parse_address(address.url).url == address.url
    assert make.usual_address(address.url).startswith("http://192.168.51.20/")
    with pytest.raises(InvalidAddressError):
        make.parse_address("no address")


def test_credentials_are_complete_or_not(make: Make, simulator: Simulator) -> None:
    """Half of a pair is none."""
    assert make.has_credentials(connection_to(simulator))
    assert not make.has_credentials({"username": "test"})


def test_what_is_no_event_is_refused(make: Make) -> None:
    """Whatever else the make sends to an address of ours."""
    if make.events is None:
        return
    with pytest.raises(InvalidEventError):
        make.events.read(query={}, content_type="", body=b"hello")


@pytest.fixture
def stored_entry(hass_storage: dict[str, Any]) -> dict[str, Any]:
    """Have Home Assistant find an entry that release 0.1.0 has stored."""
    hass_storage["core.config_entries"] = {
        "version": 1,
        "minor_version": 5,
        "key": "core.config_entries",
        "data": json.loads(STORED.read_text(encoding="utf-8")),
    }
    return hass_storage


async def test_entry_of_before_is_one_of_a_simotel(
    hass: HomeAssistant, stored_entry: dict[str, Any], simulator: Simulator
) -> None:
    """It is told so when it is set up, and keeps all else."""
    (written,) = stored_entry["core.config_entries"]["data"]["entries"]
    written["data"]["url"] = simulator.api_url
    await hass.config_entries.async_initialize()
    assert await hass.config_entries.async_setup("01JOFFICE")
    await hass.async_block_till_done()
    entry = hass.config_entries.async_get_entry("01JOFFICE")
    assert entry
    assert entry.state is ConfigEntryState.LOADED
    assert (entry.version, entry.minor_version) == (1, 2)
    assert entry.data == {"make": "simotel", **written["data"]}


async def test_entry_of_a_later_release_may_say_more(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What it says besides is not lost."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "more": "of it"}, minor_version=3
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.data["more"] == "of it"


async def test_entry_of_another_version_is_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What it means is not known here."""
    later = MockConfigEntry(domain="pbx", version=2, data=dict(entry.data))
    later.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(later.entry_id)
    assert later.state is ConfigEntryState.MIGRATION_ERROR


async def test_make_that_asks_for_no_address_gets_none(
    hass: HomeAssistant,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is received for its PBX, and no form speaks of events to tick."""
    silent = replace(MAKES["simotel"], events=None)
    monkeypatch.setitem(MAKES, "simotel", silent)
    flow = hass.config_entries.flow
    result = await flow.async_init("pbx", context={"source": SOURCE_USER})
    result = await flow.async_configure(result["flow_id"], connection_to(simulator))
    result = await flow.async_configure(result["flow_id"], {"context": "main_routing"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert (result["description_placeholders"] or {})["events"] == ""
    assert placeholders_of(hass, entry)["events"] == NO_TEXT
    client = await hass_client_no_auth()
    await client.post(
        f"/api/webhook/{entry.data['webhook_id']}", json={"event_name": "Ping"}
    )
    assert not entry.runtime_data.monitor.heard
