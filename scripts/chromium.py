"""Finding the Chromium of this machine."""

import os
from pathlib import Path
import shutil
import sys

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
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path:
    """Return the program, or end with a sentence that says how to get it."""
    for name in (os.environ.get("CHROMIUM", ""), *_NAMES):
        if name and (program := shutil.which(name)):
            return Path(program)
    sys.exit(
        "This needs Chromium, which is not on this machine: install it with "
        "'apt-get install chromium' or as your system does, or name its program in "
        "the variable CHROMIUM."
    )
