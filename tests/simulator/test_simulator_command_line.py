"""`python -m simulator`."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import signal
import socket
import sys

import aiohttp
import pytest

import simulator
from simulator.__main__ import main

from .conftest import CREDENTIALS, PING

ROOT = Path(simulator.__file__).parent.parent


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """Start the simulator, and end it should the test not have done so."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *arguments,
        cwd=ROOT,
        # Output that waits in a buffer would be hidden by this setting.
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def address_of(process: Process) -> str:
    """Return the address that a simulator prints once it listens."""
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    words, _, address = line.strip().rpartition(" ")
    assert words == "Simotel simulator listening on"
    return address


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
async def test_command_line(
    signal_number: signal.Signals,
) -> None:
    """It prints its address, serves there and ends cleanly at either signal."""
    async with started("--port", "0") as process, aiohttp.ClientSession() as session:
        address = await address_of(process)
        assert address.startswith("http://127.0.0.1:")
        async with session.post(
            f"{address}/api/v4{PING}", headers=CREDENTIALS
        ) as response:
            assert response.status == 200
        process.send_signal(signal_number)
        output, errors = await process.communicate()
        assert (process.returncode, output, errors) == (0, b"", b"")


async def test_command_line_with_file(tmp_path: Path) -> None:
    """A file named on the command line sets switches."""
    path = tmp_path / "pbx.toml"
    path.write_text('base_path = "/api/v4.1"\n', encoding="utf-8")
    arguments = ("--port", "0", "--config", str(path))
    async with started(*arguments) as process, aiohttp.ClientSession() as session:
        address = await address_of(process)
        async with session.post(
            f"{address}/api/v4.1{PING}", headers=CREDENTIALS
        ) as response:
            assert response.status == 200


async def test_command_line_by_hand() -> None:
    """On request its extensions ring until somebody answers them."""
    arguments = ("--port", "0", "--manual")
    async with started(*arguments) as process, aiohttp.ClientSession() as session:
        address = await address_of(process)
        async with session.get(f"{address}/_control/phones") as response:
            phones = await response.json()
        assert {phone["number"]: phone["behaviour"] for phone in phones} == {
            "557": "manual",
            "552": "manual",
            "553": "manual",
            "521": "manual",
            "570": "intercom",
            "580": "unreachable",
        }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colour = 1", "colour: no such setting"),
        ("colour", "Cannot use"),
        (None, "No such file"),
    ],
)
def test_command_line_with_bad_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    complaint: str,
) -> None:
    """A file that cannot be used ends it with a sentence that names the file."""
    path = tmp_path / "pbx.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["simulator", "--config", str(path)])
    assert main() == 2
    output, errors = capsys.readouterr()
    assert not output
    assert complaint in errors
    assert str(path) in errors


async def test_command_line_with_impossible_port() -> None:
    """A number that is no port ends it with a sentence that names it."""
    async with started("--port", "99999") as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert "Cannot listen on 127.0.0.1 port 99999" in errors.decode()


async def test_command_line_with_taken_port() -> None:
    """A port in use ends it with a sentence that names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started("--port", str(port)) as process:
            _, errors = await process.communicate()
    assert process.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in errors.decode()
