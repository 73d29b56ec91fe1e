"""The phones and the contacts of the demonstration's home."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import DemonstrationError
from .home_assistant import SUBENTRY_FLOWS, HomeAssistant

KITCHEN = "557"


@dataclass(frozen=True, slots=True)
class _Member:
    """A phone or a contact: its number, its names by language, and a word for its ids."""

    number: str
    word: str
    names: Mapping[str, str]


_EXTENSIONS = (
    _Member(KITCHEN, "kitchen", {"en": "Kitchen", "fa": "آشپزخانه"}),
    _Member("552", "workshop", {"en": "Workshop", "fa": "کارگاه"}),
    _Member("570", "front_door", {"en": "Front door", "fa": "درِ ورودی"}),
)
_CONTACTS = (
    _Member("09121234567", "sara", {"en": "Sara", "fa": "سارا"}),
    _Member("09127654321", "ali", {"en": "Ali", "fa": "علی"}),
    _Member("09351112233", "mother", {"en": "Mother", "fa": "مادر"}),
    _Member("553", "caretaker", {"en": "Caretaker", "fa": "سرایدار"}),
)
# What the ids of entities end with, by the keys of their translations.
_ENDINGS = {"phone_calls": "calls"}
_SHOWN_BUT_DISABLED = "other_party"
# How long Home Assistant waits before it reloads an entry with entities just enabled.
SECONDS_BEFORE_RELOAD = 30


async def move_in(
    home_assistant: HomeAssistant, entry_id: str, *, language: str
) -> None:
    """Add the phones and the contacts, and give their entities the documented ids."""
    for member in _EXTENSIONS:
        await _add(
            home_assistant,
            entry_id,
            "extension",
            {"number": member.number, "name": member.names[language]},
        )
    for member in _CONTACTS:
        await _add(
            home_assistant,
            entry_id,
            "contact",
            {
                "name": member.names[language],
                "number": member.number,
                "caller": KITCHEN,
            },
        )
    await _name_entities(home_assistant, entry_id, language)


async def _add(
    home_assistant: HomeAssistant, entry_id: str, kind: str, data: Mapping[str, Any]
) -> None:
    step = await home_assistant.start_flow(SUBENTRY_FLOWS, handler=[entry_id, kind])
    step = await home_assistant.answer_flow(step, data, SUBENTRY_FLOWS)
    if step["type"] != "create_entry":
        raise DemonstrationError(f"The {kind} is not taken: {step}")


async def _name_entities(
    home_assistant: HomeAssistant, entry_id: str, language: str
) -> None:
    """Rename all entities of the PBX, and enable those that the dashboard shows."""
    subentries = await home_assistant.command(
        "config_entries/subentries/list", entry_id=entry_id
    )
    words = {
        member.names[language]: member.word for member in (*_EXTENSIONS, *_CONTACTS)
    }
    owners = {
        subentry["subentry_id"]: words[subentry["title"]] for subentry in subentries
    }
    for entity in await home_assistant.command("config/entity_registry/list"):
        if entity["config_entry_id"] != entry_id:
            continue
        domain, _, _ = entity["entity_id"].partition(".")
        word = owners.get(entity["config_subentry_id"], "pbx")
        key = entity["translation_key"]
        wanted: dict[str, str | None] = {
            "new_entity_id": f"{domain}.{word}_{_ENDINGS.get(key, key)}"
        }
        if key == _SHOWN_BUT_DISABLED:
            wanted["disabled_by"] = None
        await home_assistant.command(
            "config/entity_registry/update", entity_id=entity["entity_id"], **wanted
        )
    await home_assistant.reload_entry(entry_id)
