"""Ending in order when the user, or the system, says so."""

import asyncio
from collections.abc import Coroutine
import signal
import sys

import aiohttp

from .errors import DemonstrationError


def until_interrupted(work: Coroutine[object, object, int]) -> int:
    """Do the work and return its exit status, or that of an interruption."""
    try:
        return asyncio.run(_cancel_on_signal(work))
    except DemonstrationError as error:
        print(error, file=sys.stderr)
    except (aiohttp.ClientError, TimeoutError) as error:
        print(
            f"Home Assistant or the simulator does not answer: {error!r}",
            file=sys.stderr,
        )
    return 1


async def _cancel_on_signal(work: Coroutine[object, object, int]) -> int:
    """Run the work to its end, or cancel it at the first signal to end.

    Ending the servers in order takes a moment; further signals do not shorten it.
    """
    task = asyncio.create_task(work)
    received: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not received:
            print("\nEnding Home Assistant and the simulator ...", flush=True)
            task.cancel()
        received.append(number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
