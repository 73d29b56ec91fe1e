"""A release is checked before anything of it is public."""

import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
from zipfile import ZipFile

import pytest

from homeassistant.util.yaml import load_yaml_dict

REPOSITORY = Path(__file__).parents[1]
WORKFLOW = REPOSITORY / ".github" / "workflows" / "release.yml"
EARLIER = "## 0.9.0 - 2026-01-01\n\n- What was before.\n"
RELEASED = "## 1.2.3 - 2026-12-01\n\n### Added\n\n- What is new.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository in miniature, with a release that is right."""
    component = tmp_path / "custom_components" / "pbx"
    (component / "simotel").mkdir(parents=True)
    (component / "__pycache__").mkdir()
    (component / "__pycache__" / "old.pyc").write_bytes(b"old")
    (component / "simotel" / "__init__.py").write_text("")
    (component / "manifest.json").write_text(json.dumps({"version": "1.2.3"}))
    (tmp_path / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "release.py", tmp_path / "scripts")
    write_changes(tmp_path, "## Unreleased\n", RELEASED, EARLIER)
    return tmp_path


def write_changes(checkout: Path, *sections: str) -> None:
    """Write the changelog."""
    text = "\n".join(["# Changelog\n", *sections])
    (checkout / "CHANGELOG.md").write_text(text, encoding="utf-8")


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the repository in miniature."""
    return subprocess.run(
        [sys.executable, "-B", "scripts/release.py", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


def made(checkout: Path) -> set[str]:
    """Return what the command has made."""
    return {path.name for path in checkout.iterdir() if path.is_file()} - {
        "CHANGELOG.md"
    }


def test_release_that_is_right_is_built(checkout: Path) -> None:
    """The archive has the integration and no more, the notes what is new."""
    done = release(checkout, "v1.2.3")
    assert (done.returncode, done.stderr) == (0, "")
    with ZipFile(checkout / "pbx.zip") as archive:
        assert archive.namelist() == ["manifest.json", "simotel/__init__.py"]
    notes = (checkout / "release_notes.md").read_text(encoding="utf-8")
    assert notes == "### Added\n\n- What is new.\n"
    first = (checkout / "pbx.zip").read_bytes()
    release(checkout, "v1.2.3")
    assert (checkout / "pbx.zip").read_bytes() == first


@pytest.mark.parametrize(
    "unreleased",
    [
        "## Unreleased\n\n### Added\n\n- Forgotten.\n",
        "## [Unreleased]\n\n- Forgotten.\n",
        "## unreleased (next month)\n\nForgotten.\n",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_entries_that_are_not_released_are_no_release(
    checkout: Path, unreleased: str, is_first: bool
) -> None:
    """They would be missing in the release's section, wherever they stand."""
    sections = [unreleased, RELEASED] if is_first else [RELEASED, unreleased]
    write_changes(checkout, *sections, EARLIER)
    done = release(checkout, "v1.2.3")
    assert done.returncode == 1
    assert "Forgotten." in done.stderr
    assert not made(checkout)


@pytest.mark.parametrize(
    "unreleased", ["", "## Unreleased\n", "## [Unreleased]\n\n### Added\n\n### Fixed\n"]
)
def test_headings_without_entries_do_not_matter(
    checkout: Path, unreleased: str
) -> None:
    """They wait for the next release."""
    write_changes(checkout, unreleased, RELEASED, EARLIER)
    assert release(checkout, "v1.2.3").returncode == 0


@pytest.mark.parametrize(
    ("tag", "sections"),
    [
        ("v1.2.4", [RELEASED, EARLIER]),
        ("v1.2", [RELEASED, EARLIER]),
        ("v1.2.3", [EARLIER]),
        ("v1.2.3", ["## 1.2.3\n\n- No date.\n", EARLIER]),
        ("v1.2.3", ["## 1.2.3 - soon\n\n- No date.\n", EARLIER]),
        ("v1.2.3", ["## 1.2.3 - 2026-12-01\n\n### Added\n", EARLIER]),
        ("v1.2.3", ["## 1x2x3 - 2026-12-01\n\n- Another.\n", EARLIER]),
    ],
)
def test_what_does_not_agree_is_no_release(
    checkout: Path, tag: str, sections: list[str]
) -> None:
    """The tag, the manifest and the changelog name one version."""
    write_changes(checkout, *sections)
    done = release(checkout, tag)
    assert done.returncode == 1
    assert done.stderr
    assert not made(checkout)


def test_tag_has_to_be_given(checkout: Path) -> None:
    """Nothing is guessed."""
    assert release(checkout).returncode == 2
    assert not made(checkout)


def test_release_is_public_only_when_it_has_its_archive() -> None:
    """A tag starts the workflow; checks, draft, archive, and last the publishing."""
    workflow = load_yaml_dict(str(WORKFLOW))
    # YAML 1.1 reads `on` as true.
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    (job,) = workflow["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    order = [
        next(
            number
            for number, command in enumerate(commands)
            if re.search(part, command)
        )
        for part in (
            r"scripts/release\.py",
            r"gh release create .*--draft",
            r"gh release upload .*pbx\.zip",
            r"gh release edit .*--draft=false",
        )
    ]
    assert order == sorted(order) == list(range(len(commands)))
