"""Finding or fetching uv, and running it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import re
import shutil
import sys

from .apt import debian_pip_wheel
from .cache import replaced_when_whole
from .console import CommandError, SetupError, run, step
from .pip_settings import pip_setting

UV_VERSION = "0.13.9"
# Older ones do not know all options and variables used here.
OLDEST_UV = (0, 13)


@dataclass(frozen=True, slots=True)
class Uv:
    """The uv program."""

    program: Path

    def run(
        self,
        arguments: Sequence[str | Path],
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Run uv with the package index that pip is configured for, if any."""
        return run(
            [self.program, *arguments],
            environment={**_environment(), **(variables or {})},
        )


def find_uv(cache: Path) -> Path:
    """Return a uv program, fetched where there is none."""
    for candidate in (shutil.which("uv"), _private_program(cache)):
        if candidate and _is_recent(Path(candidate)):
            return Path(candidate)
    with step(f"Fetching uv {UV_VERSION}"):
        _fetch(cache)
    return _private_program(cache)


def _private_program(cache: Path) -> Path:
    return cache / f"uv-{UV_VERSION}" / "bin" / "uv"


def _is_recent(program: Path) -> bool:
    try:
        version = run([program, "--version"], time_limit=60)
    except CommandError:
        return False
    found = re.match(r"uv (\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_UV


def _fetch(cache: Path) -> None:
    """Install the uv wheel into a private folder, by whichever pip there is."""
    with replaced_when_whole(_private_program(cache).parents[1]) as folder:
        pip = _find_pip(folder)
        try:
            run(
                [
                    *(*pip, "install", "--quiet", "--disable-pip-version-check"),
                    *("--no-cache-dir", "--only-binary=:all:"),
                    *(f"--target={folder / 'wheel'}", f"uv=={UV_VERSION}"),
                ]
            )
        except CommandError as error:
            raise SetupError(
                f"uv {UV_VERSION} could not be fetched from the package index.\n{error}"
            ) from error
        (folder / "bin").mkdir()
        (folder / "wheel" / "bin" / "uv").rename(folder / "bin" / "uv")
        for leftover in ("pip", "apt", "wheel"):
            shutil.rmtree(folder / leftover, ignore_errors=True)


def _find_pip(folder: Path) -> list[str | Path]:
    """Return how to start a pip."""
    try:
        run([sys.executable, "-m", "venv", folder / "pip"])
    except CommandError:
        # Debian and its like leave pip out of their smallest Python.
        return [sys.executable, debian_pip_wheel(folder / "apt") / "pip"]
    return [folder / "pip" / "bin" / "python", "-m", "pip"]


def _environment() -> dict[str, str]:
    """Return the variables for uv, which does not read the settings of pip."""
    variables = dict(os.environ)
    # An active environment would be taken for the one to work on.
    variables.pop("VIRTUAL_ENV", None)
    if index := pip_setting("index-url"):
        if not variables.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
            variables["UV_DEFAULT_INDEX"] = index
    if certificates := pip_setting("cert"):
        variables.setdefault("SSL_CERT_FILE", certificates)
    # Like pip and git, trust what this machine trusts; uv would bring its own list.
    variables.setdefault("UV_SYSTEM_CERTS", "true")
    # A slow mirror is no reason to give up half-way.
    variables.setdefault("UV_HTTP_TIMEOUT", "180")
    return variables
