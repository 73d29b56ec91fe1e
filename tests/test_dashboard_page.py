"""The dashboard of the documentation shows what there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import load_yaml_dict
from simulator.server import Simulator

from .common import connection_to, setup_integration, subentry

DOCS = Path(__file__).parents[1] / "docs"
VIEWS = ("dashboard.yaml", "dashboard.fa.yaml")
# What differs between the languages.
TEXTS = ("title", "heading")


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with the phones and contacts of the dashboard, not set up."""
    return MockConfigEntry(
        domain="pbx",
        title="PBX",
        data={**connection_to(simulator), "webhook_id": "0123456789abcdef" * 4},
        subentries_data=[
            subentry("extension", "Kitchen", number="557"),
            subentry("extension", "Workshop", number="552"),
            subentry("extension", "Front door", number="570"),
            subentry("contact", "Sara", number="09121234567"),
            subentry("contact", "Ali", number="09127654321"),
            subentry("contact", "Mother", number="09351112233"),
            subentry("contact", "Caretaker", number="553"),
        ],
    )


def entities_in(part: Any) -> Iterator[str]:
    """Yield the entities that a part of a view names."""
    if isinstance(part, list):
        for item in part:
            yield from entities_in(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("entity", "entity_id"):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from entities_in(value)


def without_texts(part: Any) -> Any:
    """Return a part of a view without what is said in a language."""
    if isinstance(part, list):
        return [without_texts(item) for item in part]
    if isinstance(part, dict):
        return {
            key: without_texts(value) for key, value in part.items() if key not in TEXTS
        }
    return part


async def test_view_shows_entities_that_there_are(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, entry: MockConfigEntry
) -> None:
    """With phones and contacts of those names, nothing has to be replaced."""
    await setup_integration(hass, entry)
    shown = set(entities_in(load_yaml_dict(DOCS / VIEWS[0])))
    assert len(shown) > 15
    assert shown <= set(entity_registry.entities)


def test_view_is_the_same_in_both_languages() -> None:
    """But for the texts."""
    english, persian = (load_yaml_dict(DOCS / view) for view in VIEWS)
    assert without_texts(english) == without_texts(persian)
    assert english != persian


@pytest.mark.parametrize("page", ["dashboard.md", "dashboard.fa.md"])
def test_page_offers_the_view_and_shows_pictures_that_there_are(page: str) -> None:
    """Of its own language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    language = "fa" if ".fa" in page else "en"
    assert f"]({page.removesuffix('.md')}.yaml)" in text
    for scheme in ("light", "dark"):
        picture = f"images/phone-{scheme}-{language}.png"
        assert f'src="{picture}"' in text
        assert (DOCS / picture).is_file()
