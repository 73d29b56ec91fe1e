"""What the two readmes say is true, and what they offer to paste works."""

from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import parse_yaml
from simulator.server import Simulator

from .common import originates

REPOSITORY = Path(__file__).parents[1]
COMPONENT = REPOSITORY / "custom_components" / "pbx"
READMES = ("README.md", "README.fa.md")


def text_of(readme: str) -> str:
    """Return a readme as it is."""
    return (REPOSITORY / readme).read_text(encoding="utf-8")


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("readme", READMES)
async def test_doorbell_automation_works_as_pasted(
    hass: HomeAssistant, simulator: Simulator, readme: str
) -> None:
    """The doorbell rings, and the intercom is connected to the reception."""
    (pasted,) = re.findall(r"```yaml\n(alias:.*?)```", text_of(readme), re.DOTALL)
    doorbell = {"device_class": "doorbell", "event_types": ["ring"]}
    hass.states.async_set(
        "event.front_door",
        "2026-11-23T10:00:00.000+00:00",
        {**doorbell, "event_type": "ring"},
    )
    assert await async_setup_component(hass, "doorbell", {})
    assert await async_setup_component(
        hass, "automation", {"automation": parse_yaml(pasted)}
    )
    await hass.async_block_till_done()
    assert not originates(simulator)

    hass.states.async_set(
        "event.front_door",
        "2026-11-23T10:05:00.000+00:00",
        {**doorbell, "event_type": "ring"},
    )
    await hass.async_block_till_done()

    (body,) = originates(simulator)
    assert (body["caller"], body["callee"], body["caller_id"]) == ("570", "557", "570")


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("readme", READMES)
async def test_answer_that_is_shown_has_the_keys_of_the_real_one(
    hass: HomeAssistant, readme: str
) -> None:
    """And what is null in it is null in the real one."""
    (shown,) = re.findall(r"```yaml\n(config_entry.*?)```", text_of(readme), re.DOTALL)
    answer = await hass.services.async_call(
        "pbx",
        "originate",
        {"caller": "570", "callee": "557"},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    example = parse_yaml(shown)
    assert isinstance(example, dict)
    assert {key: value is None for key, value in example.items()} == {
        key: value is None for key, value in answer.items()
    }


@pytest.mark.parametrize("readme", READMES)
def test_every_error_and_field_is_explained(readme: str) -> None:
    """In both languages, and none that is not there."""
    text = text_of(readme)
    english: Any = load_json_object(COMPONENT / "translations" / "en.json")
    errors = {key for key in english["exceptions"] if not key.startswith("ping_")}
    assert set(re.findall(r"^\| `(\w+)` \| \S+ \|", text, re.MULTILINE)) == errors
    for field in english["services"]["originate"]["fields"]:
        assert f"`{field}`" in text, field


@pytest.mark.parametrize("readme", READMES)
def test_every_link_into_the_repository_leads_somewhere(readme: str) -> None:
    """Pictures included."""
    links = re.findall(r"\]\((?!https:)([^)#]+)\)", text_of(readme))
    assert links
    for link in links:
        assert (REPOSITORY / link).exists(), link


def test_both_readmes_have_the_same_parts() -> None:
    """Nothing is missing in one language."""
    counts = [
        [
            len(re.findall(pattern, text_of(readme), re.MULTILINE))
            for pattern in ("^#+ ", r"^ *\| --- ", "^```", r"^!\[")
        ]
        for readme in READMES
    ]
    assert counts[0] == counts[1]
