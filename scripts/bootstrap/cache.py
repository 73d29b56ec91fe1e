"""The folder for what is fetched once and used by every checkout."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil
import tempfile

from .console import SetupError

FOLDER_NAME = "pbx-development"


def cache_folder() -> Path:
    """Return the private cache folder, made if it is not there."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG_CACHE_HOME says that a relative path is ignored.
    parent = Path(base) if base.startswith("/") else Path.home() / ".cache"
    folder = parent / FOLDER_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"The cache folder {folder} cannot be made: {error}"
        ) from error
    return folder


@contextmanager
def exclusive(cache: Path) -> Iterator[None]:
    """Let one set-up work at a time; the system frees the lock of a killed one."""
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run of scripts/setup to finish", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def replaced_when_whole(folder: Path) -> Iterator[Path]:
    """Give a temporary sibling that becomes `folder` only if nothing goes wrong."""
    for leftover in folder.parent.glob(f"{folder.name}.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = Path(
        tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent)
    )
    try:
        yield partial
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
