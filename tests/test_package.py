"""The integration is packaged as Home Assistant and HACS want it."""

from pathlib import Path
import re
from typing import Any

import homeassistant
from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import load_yaml_dict

REPOSITORY = Path(__file__).parents[1]
COMPONENT = REPOSITORY / "custom_components" / "pbx"
CORE = Path(homeassistant.__file__).parent / "components"


def rules(path: Path) -> dict[str, Any]:
    """Return the rules of a quality scale with their status."""
    found: dict[str, Any] = load_yaml_dict(path)["rules"]
    return found


def test_every_rule_of_the_quality_scale_is_kept() -> None:
    """With the rules that Home Assistant's own integrations answer; so it is platinum."""
    core: set[str] = set()
    for path in CORE.glob("*/quality_scale.yaml"):
        core |= rules(path).keys()
    ours = rules(COMPONENT / "quality_scale.yaml")
    assert len(core) > 50
    assert ours.keys() == core
    for rule, answer in ours.items():
        status = answer if isinstance(answer, str) else answer["status"]
        assert status in ("done", "exempt"), rule
        assert status == "done" or answer["comment"], rule
    manifest = load_json_object(COMPONENT / "manifest.json")
    assert manifest["quality_scale"] == "platinum"


def test_manifest_is_complete_and_in_order() -> None:
    """Domain and name first, the rest by the alphabet."""
    manifest = load_json_object(COMPONENT / "manifest.json")
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert {"codeowners", "documentation", "issue_tracker", "version"} <= set(keys)
    assert manifest["requirements"] == []
    # Hosted PBXs are supported as well.
    assert manifest["connectivity"] == ["cloud", "network"]


def test_versions_agree() -> None:
    """The manifest's version is the newest in the change log."""
    manifest = load_json_object(COMPONENT / "manifest.json")
    changes = (REPOSITORY / "CHANGELOG.md").read_text()
    assert f"\n## {manifest['version']} - " in changes


def test_oldest_supported_home_assistant_is_named_once() -> None:
    """For HACS, which checks it, and for the workflow, which tests it."""
    hacs = load_json_object(REPOSITORY / "hacs.json")
    oldest = (REPOSITORY / "scripts" / "requirements_oldest.txt").read_text()
    assert f"homeassistant=={hacs['homeassistant']}" in oldest


def test_dependabot_knows_every_requirement() -> None:
    """In whichever folder it is pinned."""
    updates = load_yaml_dict(REPOSITORY / ".github" / "dependabot.yml")["updates"]
    folders = {
        REPOSITORY / folder.strip("/")
        for update in updates
        if update["package-ecosystem"] == "pip"
        for folder in update["directories"]
    }
    found = {
        path.parent
        for path in REPOSITORY.rglob("requirements*.txt")
        if not any(part.startswith(".") for part in path.relative_to(REPOSITORY).parts)
    }
    assert folders == found


def test_contributing_names_every_part_of_the_tests() -> None:
    """Those that scripts/test runs, in their order."""
    script = (REPOSITORY / "scripts" / "test").read_text(encoding="utf-8")
    parts = re.findall(r'^(?:browser_)?part "([^"]+)"', script, re.MULTILINE)
    contributing = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = contributing.partition("\n| Part | What it runs |\n")[2].partition("\n\n")[
        0
    ]
    named = [row.split("|")[1].strip() for row in table.splitlines()[1:]]
    both = "Tests on two releases of Home Assistant"
    told = [
        both if part.startswith("Tests on Home Assistant") else part for part in parts
    ]
    assert told.count(both) == 2
    assert [*dict.fromkeys(told)] == named


def test_no_other_file_is_called_manifest() -> None:
    """Home Assistant's checker takes each of them for an integration."""
    found = [
        path
        for path in REPOSITORY.rglob("manifest.json")
        if not any(part.startswith(".") for part in path.relative_to(REPOSITORY).parts)
    ]
    assert found == [COMPONENT / "manifest.json"]
