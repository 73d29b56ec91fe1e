"""Every text is there in both languages, and every text that is there is used."""

from pathlib import Path
import re
import string
from typing import Any

import pytest

from custom_components.pbx.condition import CONDITIONS
from custom_components.pbx.monitor import CallEventType
from custom_components.pbx.sensor import (
    EXTENSION_STATES,
    LAST_CALL_STATES,
    TRUNK_STATES,
)
from custom_components.pbx.telephony.calls import Outcome
from custom_components.pbx.trigger import TRIGGERS
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import load_yaml_dict

COMPONENT = Path(__file__).parents[1] / "custom_components" / "pbx"
TRANSLATIONS = COMPONENT / "translations"
LANGUAGES = ("en", "fa")
# Errors of a ping, which no form shows.
_OF_NO_CALL = {
    "ping_address_not_permitted",
    "ping_authentication_failed",
    "ping_cannot_connect",
    "ping_not_simotel",
    # Of voice, which knows names only.
    "ambiguous_contact",
    "ambiguous_extension",
    "unknown_contact",
    "unknown_extension",
}
# Reasons that Home Assistant itself gives.
_OF_HOME_ASSISTANT = {"already_configured"}
PERSIAN = re.compile("[\u0600-\u06ff]")


def texts(language: str) -> dict[str, str]:
    """Return all texts of a language by their path."""
    return dict(_flat(load_json_object(TRANSLATIONS / f"{language}.json"), ""))


def _flat(tree: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(tree, str):
        return [(path.removeprefix("."), tree)]
    return [
        item for key, branch in tree.items() for item in _flat(branch, f"{path}.{key}")
    ]


def placeholders(text: str) -> set[str]:
    """Return the names that a text leaves a place for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_texts() -> None:
    """With the same places left open."""
    english, persian = texts("en"), texts("fa")
    assert english.keys() == persian.keys()
    assert {path: placeholders(text) for path, text in english.items()} == {
        path: placeholders(text) for path, text in persian.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_fit_to_be_shown(language: str) -> None:
    """None is empty, none holds an address, and isolates are closed."""
    for path, text in texts(language).items():
        assert text.strip() == text != "", path
        assert "http:" not in text, path
        assert "https:" not in text, path
        assert "%key" not in text, path
        opened = text.count("\u2066") + text.count("\u2067")
        assert opened == text.count("\u2069"), path


def test_persian_is_persian() -> None:
    """Apart from what is called by its Latin name everywhere."""
    for path, text in texts("fa").items():
        assert PERSIAN.search(text), path
        assert not re.search("[كي٠-٩]", text), path


def test_persian_alerts_read_from_right_to_left() -> None:
    """Home Assistant lays an alert out from left to right, whatever its language."""
    alerts = {
        path: text
        for path, text in texts("fa").items()
        if re.match(
            r"(config|options|issues\.\w+\.fix_flow)\.(error|abort)\.|exceptions\.",
            path,
        )
    }
    assert alerts
    for path, text in alerts.items():
        assert text.startswith("\u2067"), path
        assert text.endswith("\u2069"), path


def test_every_error_of_the_code_has_a_text() -> None:
    """And there is no text for an error that the code does not know."""
    sources = "\n".join(path.read_text() for path in COMPONENT.rglob("*.py"))
    for path in texts("en"):
        section, _, rest = path.partition(".")
        if section == "exceptions":
            assert f'"{rest.removesuffix(".message")}"' in sources, path
        if match := re.search(r"(?:^|\.)(?:error|abort)\.(\w+)$", path):
            assert f'"{match[1]}"' in sources or match[1] in _OF_HOME_ASSISTANT, path
    known = {
        path.split(".")[1] for path in texts("en") if path.startswith("exceptions")
    }
    # A failed test call shows the action's errors in its form.
    assert known - _OF_NO_CALL <= {
        path.removeprefix("options.error.") for path in texts("en")
    }
    used = set(re.findall(r'(?<!_attr_)translation_key(?: |=|\n)*"(\w+)"', sources))
    used |= set(re.findall(r'_not_certain\(\s*"(\w+)"', sources))
    used |= set(re.findall(r'(?<!_attr_)translation_key = "(\w+)"', sources))
    selectors = {
        path.split(".")[1] for path in texts("en") if path.startswith("selector.")
    }
    assert used - selectors == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_sentence_of_an_error_can_be_spoken(language: str) -> None:
    """It is told to language models too: no number, and no word of the PBX is in it."""
    for path, text in texts(language).items():
        if path.startswith("exceptions.") and not path.startswith("exceptions.ping_"):
            first = re.split(r"(?<=[.!?؟])\s+", text)[0]
            assert placeholders(first) <= {"contact", "extension", "entity_id", "field"}


def test_every_form_field_is_explained() -> None:
    """A label says what, a description says where to find it."""
    english = texts("en")
    fields = {path for path in english if re.search(r"\.data\.\w+$", path)}
    assert fields
    for path in fields:
        assert path.replace(".data.", ".data_description.") in english


def test_action_and_its_texts_agree() -> None:
    """Each field of the action has a name and a description, and no other."""
    actions = load_yaml_dict(COMPONENT / "services.yaml")
    english = texts("en")
    expected = set()
    for action, definition in actions.items():
        prefix = f"services.{action}"
        expected |= {f"{prefix}.name", f"{prefix}.description"}
        for name, field in definition["fields"].items():
            kind = "sections" if "fields" in field else "fields"
            inner = [f"fields.{key}" for key in field.get("fields", {})]
            for part in [f"{kind}.{name}", *inner]:
                expected |= {f"{prefix}.{part}.name", f"{prefix}.{part}.description"}
    assert {path for path in english if path.startswith("services.")} == expected


@pytest.mark.parametrize(
    ("kind", "offered", "beginning"),
    [
        ("trigger", TRIGGERS, "Triggers when one or more "),
        ("condition", CONDITIONS, "Tests if one or more "),
    ],
)
def test_parts_of_automations_and_their_texts_agree(
    kind: str, offered: dict[str, Any], beginning: str
) -> None:
    """Each is described, has an icon and is named with its fields, and no other."""
    shared, english = f"{kind}s", texts("en")
    icons: Any = load_json_object(COMPONENT / "icons.json")
    assert icons[shared].keys() == offered.keys()
    assert {tuple(icon) for icon in icons[shared].values()} == {(kind,)}
    parts = load_yaml_dict(COMPONENT / f"{shared}.yaml")
    assert {key for key in parts if not key.startswith(".")} == offered.keys()
    expected = set()
    for key in offered:
        assert english[f"{shared}.{key}.description"].startswith(beginning)
        expected |= {f"{shared}.{key}.name", f"{shared}.{key}.description"}
        for name in parts[key].get("fields", {}):
            field = f"{shared}.{key}.fields.{name}"
            # Home Assistant does not explain those two either.
            explained = set() if name in ("behavior", "for") else {"description"}
            expected |= {f"{field}.{text}" for text in {"name", *explained}}
    assert {path for path in english if path.startswith(f"{shared}.")} == expected


def test_icons_belong_to_something() -> None:
    """Each icon names an action, an entity or a state that exists, and none lacks one."""
    icons: Any = load_json_object(COMPONENT / "icons.json")
    actions = load_yaml_dict(COMPONENT / "services.yaml")
    assert icons["services"].keys() == actions.keys()
    english = texts("en")
    for platform, entities in icons["entity"].items():
        for key, parts in entities.items():
            prefix = f"entity.{platform}.{key}"
            assert f"{prefix}.name" in english
            for state in parts.get("state", {}):
                assert f"{prefix}.state.{state}" in english
    named = {path.split(".")[2] for path in english if path.startswith("entity.")}
    drawn = {key for entities in icons["entity"].values() for key in entities}
    # The other one has the icon of its device class.
    assert named - drawn == {"connectivity"}


def test_no_state_has_a_name_that_home_assistant_keeps_for_itself() -> None:
    """The text of such a state is never shown, and triggers take it for a gap."""
    states = {
        state: path
        for path in texts("en")
        if (state := re.sub(r"^entity\.\w+\.\w+\.state\.", "", path)) != path
    }
    assert states.keys() >= {*LAST_CALL_STATES, *EXTENSION_STATES, *TRUNK_STATES}
    assert states.keys().isdisjoint({STATE_UNKNOWN, STATE_UNAVAILABLE}), states


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_for_what_happens_to_a_call_has_a_text(language: str) -> None:
    """The outcomes in each place in the same words."""
    known = texts(language)
    event = "entity.event.calls.state_attributes"
    for kind in CallEventType:
        assert f"{event}.event_type.state.{kind}" in known
    for outcome, state in zip(Outcome, LAST_CALL_STATES, strict=True):
        assert (
            known[f"{event}.outcome.state.{outcome}"]
            == known[f"entity.sensor.last_call.state.{state}"]
            == known[f"selector.outcome.options.{outcome}"]
            == known[f"selector.outcome.options.{state}"]
        )
    for state in TRUNK_STATES:
        assert f"entity.sensor.trunk.state.{state}" in known
    for state in EXTENSION_STATES:
        assert (
            known[f"entity.sensor.state.state.{state}"]
            == known[f"selector.extension_state.options.{state}"]
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["connect_events", "no_address"])
def test_form_after_set_up_repeats_the_text_it_is_shown_instead_of(
    language: str, key: str
) -> None:
    """All but the last paragraph, which offers the first extension."""
    known = texts(language)
    instructions = known[f"config.create_entry.{key}"]
    step = f"config_subentries.extension.step.{key}"
    assert known[f"{step}.description"].rpartition("\n\n")[0] == instructions
    for field in ("number", "name"):
        asked = f"config_subentries.extension.step.user.data.{field}"
        assert known[f"{step}.data.{field}"] == known[asked]
