"""The Chromium of this machine, and what a program drives it with.

    python -m scripts.chromium

prints where it is, or ends with 1 and a sentence that says how to get it.
"""

import os
from pathlib import Path
import shutil
import sys

from .bootstrap.cache import cache_folder, exclusive
from .bootstrap.console import CommandError, run, step
from .bootstrap.uv import Uv, find_uv

# Without a window, and talking to nobody but the page shown. The sandbox does not work
# for root, as whom containers run, and only pages of this machine are opened.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    # Where macOS has them.
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_REQUIREMENTS = Path(__file__).with_name("requirements_pictures.txt")
_SECONDS_TO_START = 60


def find_chromium() -> Path:
    """Return the program, or end with a sentence that says how to get it."""
    unusable: list[str] = []
    for name in (os.environ.get("CHROMIUM", ""), *_NAMES):
        if not name or not (program := shutil.which(name)):
            continue
        if _starts(program):
            return Path(program)
        unusable.append(program)
    trouble = (
        f"does not start here ({', '.join(unusable)})"
        if unusable
        else "is not on this machine"
    )
    sys.exit(
        f"This needs Chromium, which {trouble}: install it with "
        "'apt-get install chromium' or as your system does, or name its program in "
        "the variable CHROMIUM."
    )


def install_playwright() -> None:
    """Install what drives Chromium into the environment that runs this.

    Raises SetupError where that cannot be had.
    """
    cache = cache_folder()
    with step("Installing what drives the browser"), exclusive(cache):
        Uv(find_uv(cache)).run(
            ["pip", "install", "--quiet", "--python", sys.prefix, "-r", _REQUIREMENTS]
        )


def _starts(program: str) -> bool:
    """Say whether it is a browser; some systems have a hint on how to get one there."""
    try:
        run([program, "--version"], time_limit=_SECONDS_TO_START)
    except CommandError:
        return False
    return True


if __name__ == "__main__":
    print(find_chromium())
