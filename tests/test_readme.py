"""What the two readmes say is true, and what they offer to paste works."""

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.makes import MAKES
from homeassistant.core import HomeAssistant
from simulator.server import Simulator

from .common import elapse, originates
from .pages import (
    READMES,
    automations_of,
    columns_of,
    lost_links,
    parts_of,
    tables_of_names,
    text_of,
    texts_of,
)
from .pasting import notices, paste, ring
from .test_event import INCOMING, UNANSWERED, send


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("readme", READMES)
async def test_doorbell_automation_works_as_pasted(
    hass: HomeAssistant, simulator: Simulator, readme: str
) -> None:
    """The doorbell rings, and the intercom is connected to the reception."""
    doorbell, _ = automations_of(readme)
    await paste(hass, doorbell)
    assert not originates(simulator)

    ring(hass, minute=5)
    await hass.async_block_till_done()

    (body,) = originates(simulator)
    assert (body["caller"], body["callee"], body["caller_id"]) == ("570", "557", "570")


@pytest.mark.parametrize("readme", READMES)
async def test_missed_call_is_told_as_pasted(
    hass: HomeAssistant, webhook_url: str, readme: str
) -> None:
    """With the number of the one who called."""
    _, missed_call = automations_of(readme)
    actions = await paste(hass, missed_call)
    await send(hass, webhook_url, INCOMING, UNANSWERED)
    await elapse(hass)
    (notice,) = notices(actions)
    assert "09120000004" in notice


@pytest.mark.parametrize("readme", READMES)
async def test_missed_call_without_a_number_is_told_as_pasted(
    hass: HomeAssistant, webhook_url: str, readme: str
) -> None:
    """In words: somebody who hides the number is not called None."""
    actions = await paste(hass, automations_of(readme)[1])
    await send(hass, webhook_url, {**INCOMING, "number": ""}, {**UNANSWERED, "src": ""})
    await elapse(hass)
    (notice,) = notices(actions)
    assert "None" not in notice
    assert notice.startswith(("Somebody without a number", "کسی بدون شماره"))


@pytest.mark.parametrize("readme", READMES)
def test_every_event_to_tick_is_explained(readme: str) -> None:
    """In a table of its own, with none that is not there."""
    events = MAKES["simotel"].events
    assert events
    assert set(events.names) in tables_of_names(readme)


@pytest.mark.parametrize("readme", READMES)
def test_options_are_called_as_home_assistant_shows_them(readme: str) -> None:
    """What the gear at the PBX offers, and the fields of its forms."""
    steps = texts_of(readme)["options"]["step"]
    choices = {f"*{choice}*" for choice in steps["init"]["menu_options"].values()}
    assert choices in map(set, columns_of(readme))
    for field in steps["events"]["data"].values():
        assert f"**{field}**" in text_of(readme), field
    for field in ("country_prefix", "national_prefix"):
        assert steps["defaults"]["data"][field] in text_of(readme), field


async def test_wrong_addresses_and_methods_are_answered_as_is_said(
    hass: HomeAssistant, webhook_url: str, loaded_entry: MockConfigEntry
) -> None:
    """By Home Assistant itself, which is why they are worth a row."""
    event = {"event_name": "Ping"}
    harmful = "?event_name=Cdr&record=../../etc"
    async with ClientSession() as session:
        for method, address, status in (
            ("POST", webhook_url, 200),
            ("POST", f"{webhook_url}/", 404),
            ("POST", f"{webhook_url}/Ping", 404),
            ("PUT", webhook_url, 405),
            ("GET", f"{webhook_url}{harmful}", 400),
        ):
            async with session.request(method, address, json=event) as response:
                assert response.status == status, address
        options = {"webhook_username": "pbx", "webhook_password": "secret"}
        hass.config_entries.async_update_entry(loaded_entry, options=options)
        await hass.async_block_till_done()
        async with session.post(webhook_url, json=event) as response:
            assert response.status == 401


@pytest.mark.parametrize("readme", READMES)
def test_every_link_leads_somewhere(readme: str) -> None:
    """To a file or picture of the repository, and to a heading in it."""
    assert not lost_links(readme)


def test_both_readmes_have_the_same_parts() -> None:
    """Nothing is missing in one language."""
    english, persian = map(parts_of, READMES)
    assert english == persian
