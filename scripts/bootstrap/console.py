"""Progress on the terminal, and running other programs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
import subprocess
import tempfile
import time

SECONDS_PER_DOT = 5
LINES_OF_OUTPUT_SHOWN = 12


class SetupError(Exception):
    """Something that set-up needs cannot be had; the text says what."""


class CommandError(SetupError):
    """A program that set-up ran has failed."""


@contextmanager
def step(text: str, on_failure: str = "failed") -> Iterator[None]:
    """Print one line for a step: what is done, then the seconds it took."""
    print(f"{text} ...", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(f" {on_failure}", flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    time_limit: float = 1800,
) -> str:
    """Run a program to its end and return what it printed.

    A dot is printed every few seconds, so that a slow download is seen to live.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=environment,
                cwd=folder,
            )
        except OSError as error:
            raise CommandError(f"{command[0]} cannot be run: {error}") from error
        try:
            _wait(process, time_limit)
        except BaseException:
            process.kill()
            process.wait()
            raise
        output.seek(0)
        printed = output.read().decode(errors="replace")
        if process.returncode == 0:
            return printed
        errors.seek(0)
        lines = f"{printed}\n{errors.read().decode(errors='replace')}".strip()
        shown = "\n".join(lines.splitlines()[-LINES_OF_OUTPUT_SHOWN:])
        raise CommandError(
            f"{Path(command[0]).name} failed with exit code {process.returncode}:\n"
            f"{shown}"
        )


def _wait(process: subprocess.Popen[bytes], time_limit: float) -> None:
    """Wait until the process ends, with a sign of life now and then."""
    end = time.monotonic() + time_limit
    while True:
        try:
            process.wait(SECONDS_PER_DOT)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                raise CommandError(
                    f"{process.args!r} did not end within {time_limit:.0f} seconds"
                ) from None
            print(".", end="", flush=True)
            continue
        return
