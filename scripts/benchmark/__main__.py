"""The command line of scripts/bench."""

import argparse
import asyncio
from datetime import UTC, datetime
import json
import logging
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from homeassistant.runner import create_event_loop
from simulator.server import running as running_simulator
from simulator.settings import Settings

from . import calls, events, imports, machine, set_up, voice
from .contestants import REST_COMMAND, rest_command_configuration
from .home_assistant import running
from .pages import write, write_json
from .tables import plain_aims, tables
from .texts import ENGLISH, TEXTS

# Its telephones do not ring while something is measured.
_PBX = Settings().changed({"calls": {"begin_after": 3600.0}})
_QUICK = 0.05


def main() -> int:
    """Measure, or take what was measured, and say it; return the exit status."""
    arguments = _arguments()
    if arguments.read:
        results = json.loads(arguments.read.read_text(encoding="utf-8"))
    else:
        logging.basicConfig(level=logging.ERROR)
        with asyncio.Runner(loop_factory=create_event_loop) as runner:
            results = runner.run(_measure(share=_QUICK if arguments.quick else 1.0))
    texts = TEXTS[ENGLISH]
    for name, part in tables(results, texts).items():
        if name != "aims":
            print(f"\n{part}")
    print(f"\n{plain_aims(results, texts)}")
    if arguments.json:
        write_json(arguments.json, results)
    if arguments.write_docs:
        write(results)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure how fast the integration is, beside what Home Assistant "
        "has for the same: placing calls, taking events, setting up, being spoken to, "
        "importing. A real "
        "Home Assistant and a simulated PBX run in this process and talk over loopback. "
        "On a quiet machine it takes about two minutes.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="write the results, tables and plots in the folder docs",
    )
    parser.add_argument(
        "--read",
        type=Path,
        metavar="FILE",
        help="measure nothing, take the results of an earlier run",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="measure little, to see that everything works; the numbers mean nothing",
    )
    arguments = parser.parse_args()
    if arguments.quick and arguments.write_docs:
        parser.error("what --quick measures is not fit for the documentation")
    return arguments


async def _measure(*, share: float) -> dict[str, Any]:
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine.describe(),
    }
    with TemporaryDirectory() as folder:
        async with running_simulator(_PBX) as simulator:
            configuration = {
                "http": {},
                "webhook": {},
                REST_COMMAND: rest_command_configuration(simulator),
            }
            async with running(Path(folder), configuration) as hass:
                _say("Placing calls")
                results["calls"] = await calls.measure(hass, simulator, share=share)
                _say("Taking events")
                results["events"] = await events.measure(hass, simulator, share=share)
                _say("Setting up and reloading")
                results["entries"] = await set_up.measure(hass, simulator, share=share)
    # By itself, so that nothing of conversations weighs on the rest.
    with TemporaryDirectory() as folder:
        async with (
            running_simulator(_PBX) as simulator,
            running(Path(folder), voice.CONFIGURATION) as hass,
        ):
            _say("Being spoken to")
            results["voice"] = await voice.measure(hass, simulator, share=share)
    _say("Importing")
    results["imports"] = await imports.measure(share=share)
    _say("Done")
    return results


def _say(what: str) -> None:
    print(f"{monotonic() - _STARTED:6.1f} s  {what}", file=sys.stderr, flush=True)


_STARTED = monotonic()

if __name__ == "__main__":
    sys.exit(main())
