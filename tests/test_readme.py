"""What the two readmes say is true, and what they offer to paste works."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
import re
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.pbx.calls import Outcome
from custom_components.pbx.monitor import CallEventType
from custom_components.pbx.services import OUTCOME_ACCEPTED
from custom_components.pbx.webhook import EVENTS_TO_TICK
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
from simulator.server import Simulator

from .common import originate_and_wait, originates
from .test_event import ATTRIBUTES, INCOMING, UNANSWERED, send

REPOSITORY = Path(__file__).parents[1]
COMPONENT = REPOSITORY / "custom_components" / "pbx"
LANGUAGES = {"README.md": "en", "README.fa.md": "fa"}
READMES = tuple(LANGUAGES)
# In which order the readmes have the automations that can be pasted.
DOORBELL, ONE_AFTER_THE_OTHER, MISSED_CALL = range(3)


def text_of(readme: str) -> str:
    """Return a readme as it is."""
    return (REPOSITORY / readme).read_text(encoding="utf-8")


def texts_of(readme: str) -> Any:
    """Return what Home Assistant shows in the language of a readme."""
    return load_json_object(COMPONENT / "translations" / f"{LANGUAGES[readme]}.json")


def automation_of(readme: str, which: int) -> Any:
    """Return an automation as it can be pasted."""
    pasted = re.findall(r"```yaml\n(alias:.*?)```", text_of(readme), re.DOTALL)
    assert len(pasted) == MISSED_CALL + 1
    return parse_yaml(pasted[which])


def first_columns(readme: str) -> list[list[str]]:
    """Return the first cell of each row of each table."""
    text = re.sub(r"</?bdi[^>]*>", "", text_of(readme))
    tables = re.findall(r"^ *\| --- .*\n((?: *\| .*\n)+)", text, re.MULTILINE)
    return [
        [line.strip(" |").partition(" | ")[0] for line in table.splitlines()]
        for table in tables
    ]


def tables_of_names(readme: str) -> list[set[str]]:
    """Return for each table what its first column names as code."""
    return [
        {name for cell in column for name in re.findall(r"`([^`]+)`", cell)}
        for column in first_columns(readme)
    ]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def ring(hass: HomeAssistant, *, minute: int) -> None:
    """Have the doorbell ring."""
    hass.states.async_set(
        "event.front_door",
        f"2026-11-23T10:{minute:02}:00.000+00:00",
        {"device_class": "doorbell", "event_types": ["ring"], "event_type": "ring"},
    )


async def paste(hass: HomeAssistant, automation: Any) -> list[Event]:
    """Set an automation up at a door where it has rung before.

    Returns the actions that are performed from then on.
    """
    ring(hass, minute=0)
    for domain in ("doorbell", "event", "persistent_notification"):
        assert await async_setup_component(hass, domain, {})
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    return async_capture_events(hass, EVENT_CALL_SERVICE)


def notices(actions: list[Event]) -> list[str]:
    """Return what was shown to the user."""
    return [
        action.data["service_data"]["message"]
        for action in actions
        if action.data["domain"] == "persistent_notification"
    ]


async def let_call_end(hass: HomeAssistant, simulator: Simulator, number: int) -> None:
    """Wait until so many calls were placed, and let time do its part for the last."""
    await until(lambda: len(originates(simulator)) == number)
    await simulator.pbx.idle()
    await asyncio.sleep(0.05)
    if not hass.states.is_state("sensor.office_calls_in_progress", "0"):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=5))


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("readme", READMES)
async def test_doorbell_automation_works_as_pasted(
    hass: HomeAssistant, simulator: Simulator, readme: str
) -> None:
    """The doorbell rings, and the intercom is connected to the reception."""
    await paste(hass, automation_of(readme, DOORBELL))
    assert not originates(simulator)

    ring(hass, minute=5)
    await hass.async_block_till_done()

    (body,) = originates(simulator)
    assert (body["caller"], body["callee"], body["caller_id"]) == ("570", "557", "570")


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize(
    ("phones", "called", "told"),
    [
        ({"557": "answer"}, ["557"], 0),
        ({"557": "busy"}, ["557", "552"], 0),
        ({"557": "no_answer", "552": "no_route"}, ["557", "552", "553"], 0),
        (
            {"557": "busy", "552": "reject", "553": "no_answer"},
            ["557", "552", "553"],
            1,
        ),
        ({"570": "unreachable"}, ["557"], 1),
    ],
)
async def test_one_number_is_called_after_the_other(
    hass: HomeAssistant,
    connected: Simulator,
    readme: str,
    phones: dict[str, str],
    called: list[str],
    told: int,
) -> None:
    """Until one answers and no further; where none does, somebody is told."""
    connected.pbx.change(
        phones=[
            {"number": number, "behaviour": behaviour}
            for number, behaviour in ({"570": "intercom"} | phones).items()
        ]
    )
    actions = await paste(hass, automation_of(readme, ONE_AFTER_THE_OTHER))
    ring(hass, minute=5)
    for number in range(1, len(called) + 1):
        await let_call_end(hass, connected, number)
    await hass.async_block_till_done()

    assert [body["callee"] for body in originates(connected)] == called
    assert len(notices(actions)) == told


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("readme", READMES)
async def test_nobody_else_is_called_while_it_is_not_known_whether_one_answered(
    hass: HomeAssistant, simulator: Simulator, readme: str
) -> None:
    """The PBX sends no events, and the account may not look into the report."""
    simulator.pbx.change(account={"permitted_requests": ["/call/originate/act"]})
    actions = await paste(hass, automation_of(readme, ONE_AFTER_THE_OTHER))
    ring(hass, minute=5)
    await let_call_end(hass, simulator, 1)
    await hass.async_block_till_done()

    assert len(originates(simulator)) == 1
    (notice,) = notices(actions)
    assert "557" in notice
    assert "unknown" in notice


@pytest.mark.parametrize("readme", READMES)
async def test_missed_call_is_told_as_pasted(
    hass: HomeAssistant, webhook_url: str, readme: str
) -> None:
    """With the number of the one who called."""
    actions = await paste(hass, automation_of(readme, MISSED_CALL))
    await send(hass, webhook_url, INCOMING, UNANSWERED)
    (notice,) = notices(actions)
    assert "09120000004" in notice


@pytest.mark.parametrize("readme", READMES)
async def test_answer_that_is_shown_is_like_the_real_one(
    hass: HomeAssistant, connected: Simulator, readme: str
) -> None:
    """Apart from ids and the name of the recording."""
    (shown,) = re.findall(r"```yaml\n(config_entry.*?)```", text_of(readme), re.DOTALL)
    example = parse_yaml(shown)
    assert isinstance(example, dict)
    connected.pbx.change(calls={"recording": True})
    answer = await originate_and_wait(
        hass, connected, caller="570", callee="557", wait_for="ended"
    )
    assert example.keys() == answer.keys()
    for key in ("config_entry_id", "originated_call_id", "recording"):
        assert isinstance(example.pop(key), str)
        assert isinstance(answer.pop(key), str)
    assert example == answer


@pytest.mark.parametrize("readme", READMES)
def test_every_error_and_field_is_explained(readme: str) -> None:
    """In both languages, and none that is not there."""
    text = text_of(readme)
    english: Any = load_json_object(COMPONENT / "translations" / "en.json")
    errors = {key for key in english["exceptions"] if not key.startswith("ping_")}
    assert errors in tables_of_names(readme)
    for field in english["services"]["originate"]["fields"]:
        assert f"`{field}`" in text, field


@pytest.mark.parametrize("readme", READMES)
def test_every_name_of_the_code_is_explained(readme: str) -> None:
    """In a table of its own, with none that is not there."""
    tables = tables_of_names(readme)
    fields = load_yaml_dict(COMPONENT / "services.yaml")["originate"]["fields"]
    waits = fields["wait_for"]["selector"]["select"]["options"]
    assert set(waits) in tables
    assert {OUTCOME_ACCEPTED, *Outcome} in tables
    assert set(CallEventType) in tables
    assert set(ATTRIBUTES) in tables
    assert set(EVENTS_TO_TICK) in tables


@pytest.mark.parametrize("readme", READMES)
def test_everything_is_called_as_home_assistant_shows_it(readme: str) -> None:
    """The entities, and what the gear at the PBX offers."""
    texts = texts_of(readme)
    entities = {
        f"**{text['name'].format(trunk='cisco')}**"
        for platform in texts["entity"].values()
        for text in platform.values()
    }
    choices = {
        f"*{choice}*"
        for choice in texts["options"]["step"]["init"]["menu_options"].values()
    }
    columns = [set(column) for column in first_columns(readme)]
    assert entities in columns
    assert choices in columns
    for field in texts["options"]["step"]["events"]["data"].values():
        assert f"**{field}**" in text_of(readme), field


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
def test_every_link_into_the_repository_leads_somewhere(readme: str) -> None:
    """Pictures included."""
    links = re.findall(r"\]\((?!https:)([^)#]+)\)", text_of(readme))
    assert links
    for link in links:
        assert (REPOSITORY / link).exists(), link


@pytest.mark.parametrize("readme", READMES)
def test_every_link_within_a_readme_leads_to_a_heading(readme: str) -> None:
    """By the address that GitHub makes of it, or the one that stands before it."""
    text = text_of(readme)
    addresses = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    addresses |= set(re.findall(r'^<a id="(.+)"></a>\n\n#', text, re.MULTILINE))
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert links
    assert set(links) <= addresses


def test_both_readmes_have_the_same_parts() -> None:
    """Nothing is missing in one language."""
    counts = [
        [
            len(re.findall(pattern, text_of(readme), re.MULTILINE))
            for pattern in ("^#+ ", r"^ *\| ", "^```", r"^!\[", r"\]\(")
        ]
        for readme in READMES
    ]
    assert counts[0] == counts[1]
