"""Building the virtual environments out of pinned requirements."""

from collections.abc import Iterator
from dataclasses import dataclass
import hashlib
from pathlib import Path
import re

from .console import CommandError, SetupError, run, step
from .uv import Uv

REQUIREMENTS = Path("requirements_test.txt")
COMPONENTS = Path("scripts/component_requirements.py")
STAMP = "set-up-complete"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment and the pins in which it differs from the first one."""

    folder: Path
    pins: Path | None


ENVIRONMENTS = {
    "harness": Environment(Path(".venv"), None),
    "newest": Environment(
        Path(".venv-newest"), Path("scripts/requirements_newest.txt")
    ),
    "oldest": Environment(
        Path(".venv-oldest"), Path("scripts/requirements_oldest.txt")
    ),
}
DEFAULT_ENVIRONMENTS = ("harness", "newest")


def is_complete(root: Path, environment: Environment) -> bool:
    """Tell whether the environment is what its requirements say, and starts."""
    folder = root / environment.folder
    try:
        stamp = (folder / STAMP).read_text()
    except OSError:
        return False
    if stamp != _digest(root, environment):
        return False
    try:
        run([folder / "bin/python", "-c", ""], time_limit=60)
    except CommandError:
        return False
    return True


def build(root: Path, environment: Environment, uv: Uv, python: Path) -> None:
    """Build the environment anew; the stamp of its being whole comes last."""
    folder = root / environment.folder
    pins = _read_pins(root / REQUIREMENTS)
    if environment.pins:
        pins |= _read_pins(root / environment.pins)
    if "homeassistant" not in pins:
        raise SetupError(f"{REQUIREMENTS} does not pin homeassistant")

    with step(f"Creating {environment.folder} with {python}"):
        uv.run(["venv", "--quiet", "--clear", "--python", python, folder])
    with step(f"Fetching Home Assistant {_version(pins)}"):
        _install(uv, folder, "--no-deps", pins["homeassistant"])

    overrides = folder / "overrides.txt"
    constraints = next(
        folder.glob("lib/*/site-packages/homeassistant/package_constraints.txt")
    )
    # The harness pins what its own release of Home Assistant wants. On another
    # release, that release's word counts, and this repository's before both.
    overrides.write_text(_lines(_read_pins(constraints) | pins))
    with step(f"Installing the test harness into {environment.folder}"):
        _install(uv, folder, "--overrides", overrides, "-r", root / REQUIREMENTS)
    with step("Installing what Home Assistant's components need"):
        needed = run([folder / "bin/python", root / COMPONENTS])
        components = folder / "components.txt"
        components.write_text(needed)
        _install(uv, folder, "--overrides", overrides, "-r", components)

    (folder / STAMP).write_text(_digest(root, environment))


def _install(uv: Uv, folder: Path, *arguments: str | Path) -> None:
    try:
        uv.run(["pip", "install", "--quiet", "--python", folder, *arguments])
    except CommandError as error:
        raise SetupError(
            f"Not all packages for {folder.name} could be installed.\n{error}"
        ) from error


def _version(pins: dict[str, str]) -> str:
    return pins["homeassistant"].partition("==")[2]


def _digest(root: Path, environment: Environment) -> str:
    """Return a fingerprint of all that decides what the environment holds."""
    digest = hashlib.sha256(str(root).encode())
    for file in _deciding_files(root, environment):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _deciding_files(root: Path, environment: Environment) -> Iterator[Path]:
    yield root / REQUIREMENTS
    yield root / COMPONENTS
    if environment.pins:
        yield root / environment.pins
    yield from sorted(Path(__file__).parent.glob("*.py"))


def _read_pins(file: Path) -> dict[str, str]:
    """Return the requirement lines of a file by the normalized package name."""
    pins: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        requirement = line.partition("#")[0].strip()
        if found := re.match(r"[\w.-]+", requirement):
            pins[re.sub(r"[-_.]+", "-", found[0]).lower()] = requirement
    return pins


def _lines(pins: dict[str, str]) -> str:
    return "".join(f"{requirement}\n" for requirement in pins.values())
