"""`scripts/demo`: everything ready for a person to click, until Ctrl-C."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Never

import aiohttp

from scripts.bootstrap.console import step

from . import configuration, dashboard
from .home_assistant import PASSWORD, USERNAME
from .processes import Server, require_free_port
from .session import (
    RunningPbx,
    http_session,
    running_home_assistant,
    running_pbx,
    set_up,
)

FOLDER = configuration.ROOT / ".demo"
# How Home Assistant ends when its user asks it to start again.
_EXIT_CODE_OF_RESTART = 100


async def run(*, port: int, simulator_port: int, language: str, fresh: bool) -> Never:
    """Run the demonstration until it is cancelled."""
    require_free_port(port, option="--port")
    require_free_port(simulator_port, option="--simulator-port")
    if fresh:
        configuration.clear(FOLDER)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(http_session())
        with step("Starting the simulated PBX"):
            simulator = await stack.enter_async_context(
                running_pbx(session, folder=FOLDER, port=simulator_port, by_hand=True)
            )
        while True:
            await _run_home_assistant(
                session, simulator, folder=FOLDER, port=port, language=language
            )
            print("Home Assistant was asked to start again.", flush=True)


async def _run_home_assistant(
    session: aiohttp.ClientSession,
    simulator: RunningPbx,
    *,
    folder: Path,
    port: int,
    language: str,
) -> None:
    """Run Home Assistant; return only when it is to be started again."""
    async with AsyncExitStack() as stack:
        with step("Starting Home Assistant"):
            running = await stack.enter_async_context(
                running_home_assistant(
                    session, folder=folder, port=port, language=language
                )
            )
        with step("Connecting it to the simulated PBX"):
            await set_up(
                running.home_assistant, simulator.pbx, folder=folder, language=language
            )
        _announce(running.home_assistant.url, simulator.pbx.url, folder)
        ended = await _first_to_end(running.server, simulator.server)
        if ended.process.returncode != _EXIT_CODE_OF_RESTART:
            raise ended.death()


def _announce(url: str, simulator_url: str, folder: Path) -> None:
    print(
        f"""
Ready.
  Home Assistant   {url}/{dashboard.URL_PATH}
  User name        {USERNAME}
  Password         {PASSWORD}
  Simulated PBX    {simulator_url}
  Log              {folder / configuration.LOG}

Open the first address. Its dashboard shows the page of the simulated PBX beside its
own buttons; the page can be opened by itself as well. Press a button: phones ring on
the page. Answer, reject or ignore them there, and see what Home Assistant learns.

Ctrl-C ends both.""",
        flush=True,
    )


async def _first_to_end(*servers: Server) -> Server:
    """Wait until one of the servers ends, and return it."""
    waiting = {asyncio.create_task(server.process.wait()): server for server in servers}
    try:
        ended, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return waiting[ended.pop()]
