"""Finding a Python that Home Assistant runs on."""

import os
from pathlib import Path
import shutil

from .apt import NoDebianError
from .console import CommandError, SetupError, run, step
from .debian_python import (
    INSIDE_PREFIX,
    prefix_folder,
    unpack_debian_python,
    unsupported_machine,
)
from .uv import Uv

OLDEST = (3, 14, 2)
TOO_NEW = (3, 15)
# Some Pythons were built without modules that Home Assistant cannot do without.
PROBE = (
    "import bz2, ctypes, lzma, os, sqlite3, ssl, sys; "
    "print(*sys.version_info[:3], os.path.realpath(sys.executable))"
)


def find_python(uv: Uv, cache: Path) -> Path:
    """Return a Python 3.14 that starts, fetched where there is none."""
    for candidate in _already_there(uv, cache):
        if python := _checked(candidate):
            return python
    if python := _installed_by_uv(uv):
        return python
    return _from_debian(uv, cache)


def _already_there(uv: Uv, cache: Path) -> list[Path]:
    candidates = [prefix_folder(cache) / INSIDE_PREFIX]
    if known := _known_to_uv(uv):
        candidates.insert(0, known)
    if on_path := shutil.which("python3.14"):
        candidates.insert(0, Path(on_path))
    return candidates


def _known_to_uv(uv: Uv) -> Path | None:
    wanted = f">={'.'.join(map(str, OLDEST))},<{'.'.join(map(str, TOO_NEW))}"
    try:
        # "--system" passes over the environments that are about to be replaced.
        return Path(uv.run(["python", "find", "--system", wanted]).strip())
    except CommandError:
        return None


def _checked(python: Path) -> Path | None:
    """Return the real path of this Python if it is new enough and complete."""
    try:
        answer = run([python, "-c", PROBE], time_limit=60).strip()
    except CommandError:
        return None
    major, minor, micro, path = answer.split(" ", 3)
    if OLDEST <= (int(major), int(minor), int(micro)) < TOO_NEW:
        return Path(path)
    return None


def _installed_by_uv(uv: Uv) -> Path | None:
    # Where the download is refused, trying again would only cost time.
    variables = {"UV_HTTP_RETRIES": os.environ.get("UV_HTTP_RETRIES", "0")}
    try:
        with step("Fetching Python 3.14 with uv", on_failure="not to be had here"):
            uv.run(["python", "install", "--quiet", "--no-bin", "3.14"], variables)
    except CommandError:
        return None
    known = _known_to_uv(uv)
    return _checked(known) if known else None


def _from_debian(uv: Uv, cache: Path) -> Path:
    refusal = (
        "Python 3.14.2 or later was not found, uv could not download it, and "
        "{reason}. Install Python 3.14 and run scripts/setup again."
    )
    if reason := unsupported_machine():
        raise SetupError(refusal.format(reason=reason))
    try:
        with step("Unpacking Python 3.14 of a newer Debian into the cache folder"):
            unpack_debian_python(uv, cache)
    except NoDebianError as error:
        raise SetupError(refusal.format(reason=error)) from error
    if python := _checked(prefix_folder(cache) / INSIDE_PREFIX):
        return python
    raise SetupError(
        refusal.format(reason="the one of a newer Debian does not run here")
    )
