"""Starting server programs, and ending them whatever happens."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
import ctypes
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import socket
import sys
import time

from .errors import DemonstrationError

SECONDS_TO_END = 20.0
LINES_SHOWN = 15
_SET_SIGNAL_OF_PARENT_DEATH = 1


@dataclass(frozen=True, slots=True)
class Server:
    """A program that runs until it is told to end; what it prints goes to a file."""

    name: str
    process: asyncio.subprocess.Process
    output: Path

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    def last_lines(self) -> str:
        """Return the end of what it printed."""
        text = self.output.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.strip().splitlines()[-LINES_SHOWN:])

    def death(self) -> DemonstrationError:
        """Return the error that says how it ended by itself."""
        return DemonstrationError(
            f"{self.name} ended by itself with exit code {self.process.returncode}. "
            f"Its last words:\n{self.last_lines() or '(none)'}"
        )

    async def first_line(self, *, time_limit: float) -> str:
        """Wait for the first line that it prints."""
        end = time.monotonic() + time_limit
        while True:
            line, newline, _ = self.output.read_text(encoding="utf-8").partition("\n")
            if newline:
                return line
            await self.pause(until=end)

    async def pause(self, *, until: float) -> None:
        """Let a moment pass between two looks at whether it is ready.

        Raises DemonstrationError when it has ended, or when the time is over.
        """
        if not self.is_running:
            raise self.death()
        if time.monotonic() > until:
            raise DemonstrationError(
                f"{self.name} did not get ready in time. "
                f"Its last words:\n{self.last_lines() or '(none)'}"
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await self.process.wait()

    async def end(self) -> None:
        """Ask it to end, wait, and force it and whatever it has started at last."""
        if self.is_running:
            self.process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_TO_END):
                    await self.process.wait()
        # It leads a process group of its own.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def started(
    name: str,
    command: Sequence[str | Path],
    *,
    folder: Path,
    output: Path,
    variables: Mapping[str, str] | None = None,
) -> AsyncGenerator[Server]:
    """Run a server program in a folder while the context lasts."""
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(variables or {})},
            # Ctrl-C in a terminal is for this program, which then ends the others in order.
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    server = Server(name, process, output)
    try:
        yield server
    finally:
        await server.end()


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(port: int, *, option: str) -> None:
    """Raise DemonstrationError when something listens on a port already."""
    with socket.socket() as probe:
        # As servers do: connections of the last run that fade away do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except (OSError, OverflowError) as error:
            raise DemonstrationError(
                f"Port {port} cannot be used ({error}). End what listens there, "
                f"or name another port with {option}."
            ) from error


def _end_with_parent() -> None:
    """Have the system end this process when the one that started it is killed."""
    ctypes.CDLL(None).prctl(_SET_SIGNAL_OF_PARENT_DEATH, signal.SIGTERM)
