"""Fetching packages of a newer Debian without touching the system's own apt."""

import os
from pathlib import Path
import shutil

from .apt_sources import Mirror, debian_mirrors
from .console import CommandError, SetupError, run

# Where the first has no such package any more, the second one does.
NEWER_SUITES = ("forky", "sid")
# Lists that nobody needs here, and any leave to do without signatures.
NOT_TAKEN_OVER = ("Acquire::IndexTargets", "Acquire::Languages", "Acquire::Allow")


class NoDebianError(Exception):
    """Nothing can be had from Debian here; the text says why."""


def unpack_packages(names: list[str], workshop: Path, prefix: Path) -> None:
    """Unpack packages, and all that they need, from a newer Debian into `prefix`."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NoDebianError("this machine has no apt to take Debian's packages with")
    mirrors = debian_mirrors()
    if not mirrors:
        raise NoDebianError("no Debian mirror is in this machine's apt configuration")
    failure: CommandError | None = None
    for suite in NEWER_SUITES:
        for mirror in mirrors:
            try:
                archives = _download(names, workshop / suite, mirror, suite)
            except CommandError as error:
                failure = error
                continue
            for archive in sorted(archives.glob("*.deb")):
                run(["dpkg-deb", "--extract", archive, prefix])
            return
    raise NoDebianError(f"Debian's newer packages could not be fetched ({failure})")


def debian_pip_wheel(workshop: Path) -> Path:
    """Return a wheel of pip; Python can run it without installing it."""
    try:
        unpack_packages(["python3-pip-whl"], workshop, workshop / "unpacked")
    except NoDebianError as error:
        raise SetupError(
            f"This Python has no pip to fetch uv with, and {error}. Install uv, "
            "or pip for python3, and run scripts/setup again."
        ) from error
    return next((workshop / "unpacked/usr/share/python-wheels").glob("pip-*.whl"))


def _download(names: list[str], folder: Path, mirror: Mirror, suite: str) -> Path:
    """Download packages with apt, which checks every signature, and say where to."""
    shutil.rmtree(folder, ignore_errors=True)
    for needed in ("lists/partial", "cache/archives/partial"):
        (folder / needed).mkdir(parents=True)
    # An empty status means that nothing is installed, so libc comes along too.
    (folder / "status").touch()
    keyring = f" [signed-by={mirror.keyring}]" if mirror.keyring else ""
    (folder / "sources.list").write_text(
        f"deb{keyring} {mirror.address} {suite} main\n"
    )
    (folder / "apt.conf").write_text(_configuration(folder))
    apt: list[str | Path] = ["apt-get", "--quiet", "--yes"]
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    run([*apt, "update"], environment=environment)
    run(
        [*apt, "install", "--download-only", "--no-install-recommends", *names],
        environment=environment,
    )
    return folder / "cache" / "archives"


def _configuration(folder: Path) -> str:
    """Return settings of apt that keep all of its state in `folder`.

    The system's settings are left out, as they hold hooks that work on the
    system's own state; those about fetching, such as a proxy, are taken over.
    """
    settings = [
        'Dir::Etc::parts "/dev/null";',
        'Dir::Etc::main "/dev/null";',
        'Dir::Etc::sourceparts "/dev/null";',
        f'Dir::Etc::sourcelist "{folder}/sources.list";',
        f'Dir::State "{folder}";',
        f'Dir::State::lists "{folder}/lists";',
        f'Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache";',
        # As root, apt would change to a user who cannot read a private folder.
        'APT::Sandbox::User "";',
        'APT::Get::Assume-Yes "true";',
    ]
    fetching = [
        line
        for line in run(["apt-config", "dump"]).splitlines()
        if line.startswith("Acquire::") and not line.startswith(NOT_TAKEN_OVER)
    ]
    return "\n".join([*fetching, *settings, 'Acquire::Languages "none";', ""])
