"""Check that a release is consistent, and build what it consists of.

That is the archive that HACS installs, and the notes, which are the release's section
of the changelog.

Usage: scripts/release.py TAG
"""

import json
from pathlib import Path
import re
import sys
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "custom_components" / "pbx"
ARCHIVE = ROOT / "pbx.zip"
NOTES = ROOT / "release_notes.md"
UNRELEASED = "Unreleased"


def main() -> int:
    """Build the archive and the notes, or say why this is no release."""
    if len(sys.argv) != 2:
        print("usage: scripts/release.py TAG", file=sys.stderr)
        return 2
    if problems := find_problems(sys.argv[1]):
        print("\n".join(problems), file=sys.stderr)
        return 1
    build_archive()
    NOTES.write_text(f"{changes_in(version())}\n", encoding="utf-8")
    print(f"Built {ARCHIVE.name} and {NOTES.name}")
    return 0


def find_problems(tag: str) -> list[str]:
    """Compare the tag with the manifest and with the changelog."""
    problems = []
    if tag.removeprefix("v") != version():
        problems.append(f"The tag is {tag}, but the manifest's version is {version()}.")
    if changes_in(version()) is None:
        problems.append(f"CHANGELOG.md has no dated section for {version()}.")
    elif not _entries(changes_in(version())):
        problems.append(f"CHANGELOG.md says nothing under {version()}.")
    if unreleased := _entries(changes_in(UNRELEASED)):
        problems.append(
            "CHANGELOG.md still has entries under Unreleased: move them into the "
            f"section for {version()}. The first is: {unreleased[0]}"
        )
    return problems


def version() -> str:
    """Return the version that the manifest names."""
    manifest = json.loads((INTEGRATION / "manifest.json").read_bytes())
    return str(manifest["version"])


def changes_in(name: str) -> str | None:
    """Return the changelog's section of a release, or of what is not released yet.

    The section of a release has a date, else it is none; the heading of the other may
    say more than that.
    """
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pattern = rf"\[?{re.escape(name)}\]? - \d{{4}}-\d\d-\d\d"
    if name == UNRELEASED:
        pattern = rf".*\b{UNRELEASED}\b.*"
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, changes = section.partition("\n")
        if re.fullmatch(pattern, heading.strip(), re.IGNORECASE):
            return changes.strip()
    return None


def _entries(changes: str | None) -> list[str]:
    """Return the lines of a section that say something."""
    lines = (line.strip() for line in (changes or "").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def build_archive() -> None:
    """Pack the integration; the same files always give the same archive."""
    with ZipFile(ARCHIVE, "w") as archive:
        for file in sorted(INTEGRATION.rglob("*")):
            if file.is_dir() or "__pycache__" in file.parts:
                continue
            entry = ZipInfo(file.relative_to(INTEGRATION).as_posix())
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), ZIP_DEFLATED)


if __name__ == "__main__":
    sys.exit(main())
