"""Reading which Debian mirror this machine uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re

APT_FOLDER = Path("/etc/apt")
# A mirror that carries one of these is Debian's own archive, so it carries the
# newer suites as well. The archives of derivatives name their suites otherwise.
DEBIAN_SUITES = {
    *("bullseye", "bookworm", "trixie", "forky", "sid"),
    *("oldoldstable", "oldstable", "stable", "testing", "unstable"),
}


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian mirror and, if one is named for it, the keyring to trust it by."""

    address: str
    keyring: str | None


def debian_mirrors(folder: Path = APT_FOLDER) -> list[Mirror]:
    """Return the Debian mirrors of the apt configuration in the order given."""
    mirrors: list[Mirror] = []
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    for file in lists:
        mirrors.extend(_from_lines(_text(file)))
    for file in sorted(folder.glob("sources.list.d/*.sources")):
        mirrors.extend(_from_stanzas(_text(file)))
    return list(dict.fromkeys(mirrors))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _from_lines(text: str) -> Iterator[Mirror]:
    """Read the classic form: deb [signed-by=...] address suite component..."""
    for line in text.splitlines():
        entry = re.match(
            r"\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?"
            r"(?P<address>\S+)\s+(?P<suite>\S+)\s+(?P<components>[^#]*)",
            line,
        )
        if (
            not entry
            or entry["suite"] not in DEBIAN_SUITES
            or "main" not in entry["components"].split()
        ):
            continue
        keyring = re.search(r"signed-by=(\S+)", entry["options"] or "", re.IGNORECASE)
        yield Mirror(entry["address"], keyring[1] if keyring else None)


def _from_stanzas(text: str) -> Iterator[Mirror]:
    """Read the newer form: stanzas of "Field: value" lines."""
    without_comments = re.sub(r"(?m)^#.*\n?", "", text)
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = {
            found[1].lower(): found[2].strip()
            for found in re.finditer(r"(?m)^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza)
        }
        if (
            fields.get("enabled", "yes").lower() in ("no", "false", "0")
            or "deb" not in fields.get("types", "").split()
            or "main" not in fields.get("components", "").split()
            or DEBIAN_SUITES.isdisjoint(fields.get("suites", "").split())
        ):
            continue
        keyring = fields.get("signed-by", "")
        for address in fields.get("uris", "").split():
            # A key written into the stanza itself is left to apt's trusted keys.
            yield Mirror(address, keyring if keyring.startswith("/") else None)
