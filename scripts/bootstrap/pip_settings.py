"""Reading single settings of pip, so that uv can be told the same."""

import configparser
import os
from pathlib import Path


def pip_setting(name: str) -> str | None:
    """Return a setting as pip would find it: environment first, then its files."""
    if value := os.environ.get(f"PIP_{name.upper().replace('-', '_')}"):
        return value
    found = None
    for file in _files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file)
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            found = parser.get(section, name, fallback=found)
    return found


def _files() -> list[Path]:
    """Return the configuration files of pip; a later one wins."""
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    home = Path.home()
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        configuration / "pip" / "pip.conf",
    ]
    return [*files, Path(named)] if named else files
