"""The command line: `python -m simulator`."""

import argparse
import asyncio
from pathlib import Path
import signal
import sys

from .server import Simulator
from .settings import Settings

_BY_HAND = {"behaviour": "manual", "talk": 0.0}


def main() -> int:
    """Run the simulator until it is told to end; return the exit status."""
    arguments = _arguments()
    try:
        settings = (
            Settings.from_file(arguments.config) if arguments.config else Settings()
        )
    except (OSError, ValueError) as error:
        # What is no UTF-8, no TOML or no setting is a ValueError of its own kind.
        sys.stderr.write(f"Cannot use {arguments.config}: {error}\n")
        return 2
    if arguments.manual:
        settings = settings.changed({"extension_phone": _BY_HAND})
    return asyncio.run(_serve(settings, host=arguments.host, port=arguments.port))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A simulated Simotel PBX."
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8080,
        help="port to listen on, 0 for a free one (%(default)s)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s: this machine only)",
    )
    parser.add_argument(
        "--config", type=Path, help="TOML file with switches, see example.toml"
    )
    parser.add_argument(
        "--manual",
        action="store_true",
        help="let extensions ring until somebody answers them on the page",
    )
    return parser.parse_args()


async def _serve(settings: Settings, *, host: str, port: int) -> int:
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, told_to_end.set)
    simulator = Simulator(settings, host=host, port=port)
    try:
        await simulator.start()
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"Cannot listen on {host} port {port}: {error}\n")
        return 1
    # A parent process waits for this line to learn the port.
    sys.stdout.write(f"Simotel simulator listening on {simulator.url}\n")
    sys.stdout.flush()
    await told_to_end.wait()
    await simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
