"""The command line of scripts/demo."""

import argparse
import sys

from .check import check
from .dashboard_texts import TEXTS
from .interruption import until_interrupted
from .run import run


def main() -> int:
    """Run or check the demonstration; return the exit status."""
    arguments = _arguments()
    if arguments.check:
        return until_interrupted(check())
    work = run(
        port=arguments.port,
        simulator_port=arguments.simulator_port,
        language=arguments.language,
        fresh=arguments.fresh,
    )
    return until_interrupted(work)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a real Home Assistant with the integration, connected to a "
        "simulated PBX. Both listen on this machine only and keep what they know in "
        "the folder .demo; Ctrl-C ends both.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="do it without a person, on free ports and in a temporary folder: set "
        "up the integration, place calls, answer, reject and ignore them, and tell "
        "whether all is as documented",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8123,
        help="port of Home Assistant (%(default)s)",
    )
    parser.add_argument(
        "--simulator-port",
        type=int,
        default=8080,
        help="port of the simulated PBX (%(default)s)",
    )
    parser.add_argument(
        "--language",
        choices=list(TEXTS),
        default="en",
        help="language of Home Assistant (%(default)s)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget what earlier runs have left"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
