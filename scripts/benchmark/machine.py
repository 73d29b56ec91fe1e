"""The machine on which something was measured, and what ran on it."""

from importlib.metadata import version
import os
from pathlib import Path
import platform
from typing import Any

from homeassistant.const import __version__ as home_assistant_version

_PROCESSORS = Path("/proc/cpuinfo")


def describe() -> dict[str, Any]:
    """Describe this machine; `load` is how many programs wanted to run of late."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "home_assistant": home_assistant_version,
        "aiohttp": version("aiohttp"),
        "load": os.getloadavg()[0],
    }


def _processor() -> str:
    if _PROCESSORS.exists():
        for line in _PROCESSORS.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
