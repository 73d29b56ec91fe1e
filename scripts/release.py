"""Check that a release is consistent, and build the archive that HACS installs.

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


def main() -> int:
    """Build the archive, or say why this is no release."""
    if len(sys.argv) != 2:
        print("usage: scripts/release.py TAG", file=sys.stderr)
        return 2
    if problems := find_problems(sys.argv[1]):
        print("\n".join(problems), file=sys.stderr)
        return 1
    build_archive()
    print(f"Built {ARCHIVE.name}")
    return 0


def find_problems(tag: str) -> list[str]:
    """Compare the tag with the manifest and with the changelog."""
    manifest = json.loads((INTEGRATION / "manifest.json").read_bytes())
    version = manifest["version"]
    problems = []
    if tag.removeprefix("v") != version:
        problems.append(f"The tag is {tag}, but the manifest's version is {version}.")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[?{re.escape(version)}\]? - \d{{4}}-\d\d-\d\d$"
    if not re.search(heading, changelog, re.MULTILINE):
        problems.append(f"CHANGELOG.md has no dated section for {version}.")
    return problems


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
