"""The demonstration's dashboard, of cards that every Home Assistant has.

Its second view is the one that docs/dashboard.md offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any

from homeassistant.util.yaml import load_yaml_dict

from .configuration import ROOT
from .dashboard_texts import TEXTS, Texts

URL_PATH = "pbx-demo"
DOCUMENTED_VIEW = "telephone"
CALL = {"caller": "557", "callee": "552"}
CALL_SCRIPT = "script.pbx_demo_call"
CALL_STATUS = "input_text.pbx_demo_call"
HUNT_SCRIPT = "script.pbx_demo_hunt"
HUNT_STATUS = "input_text.pbx_demo_hunt"

# The scripts leave a word in the text, and after it what the word is about.
_STATUS = """\
{{% set word, about = ((states('{status}') or 'none') ~ ' -').split()[:2] %}}
{{% if word == 'calling' and not is_state('{script}', 'on') %}}
{{% set word = 'broken' %}}
{{% endif %}}
{{% set says = {says} %}}
{{% set called = {called} %}}
**{{{{ says.get(word, word) | replace('{{}}', called.get(about, about)) }}}}**"""
_TALK = """
{{% if word == 'answered' and about | int(0) %}}
{talk}
{{% endif %}}"""


@dataclass(frozen=True, slots=True)
class Entities:
    """The ids of the integration's entities that are shown."""

    connectivity: str
    calls: str
    last_call: str
    calls_in_progress: str


def dashboard(
    *, language: str, entities: Entities, simulator_url: str
) -> dict[str, Any]:
    """Return the dashboard's configuration."""
    texts = TEXTS[language]
    return {
        "views": [
            {
                "title": texts.title,
                "icon": "mdi:test-tube",
                "type": "sections",
                "max_columns": 2,
                "sections": [
                    {
                        "type": "grid",
                        "cards": [
                            *_one_call(texts),
                            *_one_after_the_other(texts),
                            *_known(texts, entities),
                        ],
                    },
                    {"type": "grid", "cards": _phones(texts, simulator_url)},
                ],
            },
            documented_view(language),
        ]
    }


def documented_view(language: str) -> dict[str, Any]:
    """Return the view that a page of the documentation offers."""
    middle = "" if language == "en" else f".{language}"
    return load_yaml_dict(ROOT / "docs" / f"dashboard{middle}.yaml")


def _one_call(texts: Texts) -> list[dict[str, Any]]:
    """Return the cards that place one call, and say what became of it."""
    says = {
        "none": texts.no_call,
        "calling": texts.calling,
        "broken": texts.broken,
        **texts.outcomes,
    }
    status = _status(CALL_SCRIPT, CALL_STATUS, says, {})
    talk = _TALK.format(talk=texts.talk.format("{{ about }}"))
    return [
        _heading(texts.one_call, "mdi:phone"),
        _button(texts.call, "mdi:phone-forward", "pbx.originate", CALL),
        _button(texts.call_and_wait, "mdi:phone-check", CALL_SCRIPT),
        _text(f"{texts.one_call_explanation}\n\n{status}{talk}"),
    ]


def _one_after_the_other(texts: Texts) -> list[dict[str, Any]]:
    """Return the cards that try one after the other, and say who answered."""
    says = {
        "none": texts.no_hunt,
        "calling": texts.hunting,
        "answered": texts.answered_by,
        "nobody": texts.nobody,
        "broken": texts.broken,
    }
    status = _status(HUNT_SCRIPT, HUNT_STATUS, says, texts.phones)
    return [
        _heading(texts.hunt, "mdi:doorbell"),
        {
            **_button(texts.start_hunt, "mdi:phone-sync", HUNT_SCRIPT),
            "grid_options": {"columns": "full", "rows": 2},
        },
        _text(f"{texts.hunt_explanation}\n\n{status}"),
    ]


def _known(texts: Texts, entities: Entities) -> list[dict[str, Any]]:
    """Return the cards with the integration's entities."""
    named = (
        (entities.connectivity, texts.reachable),
        (entities.calls_in_progress, texts.calls_in_progress),
        (entities.last_call, texts.last_call),
        (entities.calls, texts.last_event),
    )
    tiles: list[dict[str, Any]] = [
        {"type": "tile", "entity": entity, "name": name} for entity, name in named
    ]
    # The state of an event entity is a time; what happened then is an attribute.
    tiles[-1]["state_content"] = "event_type"
    return [_heading(texts.known, "mdi:home-assistant"), *tiles]


def _phones(texts: Texts, simulator_url: str) -> list[dict[str, Any]]:
    """Return the cards with the page of the simulated PBX."""
    return [
        {
            **_heading(texts.phones_heading, "mdi:deskphone"),
            "badges": [
                {
                    "type": "button",
                    "icon": "mdi:open-in-new",
                    "text": texts.open_page,
                    "tap_action": {"action": "url", "url_path": simulator_url},
                }
            ],
        },
        {
            "type": "iframe",
            "url": simulator_url,
            "grid_options": {"columns": "full", "rows": 13},
        },
    ]


def _status(
    script: str, status: str, says: Mapping[str, str], called: Mapping[str, str]
) -> str:
    """Return a template that says how far a script is."""
    return _STATUS.format(
        script=script, status=status, says=_literal(says), called=_literal(called)
    )


def _literal(value: Mapping[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _heading(text: str, icon: str) -> dict[str, Any]:
    return {"type": "heading", "heading": text, "icon": icon}


def _text(content: str) -> dict[str, Any]:
    return {"type": "markdown", "content": content}


def _button(
    name: str, icon: str, action: str, data: Mapping[str, str] | None = None
) -> dict[str, Any]:
    return {
        "type": "button",
        "name": name,
        "icon": icon,
        "tap_action": {
            "action": "perform-action",
            "perform_action": action,
            **({"data": data} if data else {}),
        },
    }
