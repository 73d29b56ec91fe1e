"""The command line of scripts/faults."""

import argparse
import asyncio
import json
from pathlib import Path
import sys

from .document import write_documents
from .run import run
from .self_check import self_check


def main() -> int:
    """Try all faults, print what happened, and return the exit status."""
    arguments = _arguments()
    if arguments.self_check:
        return asyncio.run(self_check())
    result = asyncio.run(run())
    print(result.text())
    if arguments.json:
        plain = json.dumps(result.plain(), indent=2, ensure_ascii=False)
        arguments.json.write_text(plain + "\n", encoding="utf-8")
    if result.violations:
        print(f"\n{result.violations} things are not as they must be.", file=sys.stderr)
        return 1
    if arguments.write:
        write_documents(result)
    print(f"\nAll as it must be, after {result.seconds:.0f} s.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Run the integration in a real Home Assistant core against a PBX "
        "and a network that misbehave at the level of bytes, and against strangers at "
        "its webhook. Count what happens; the numbers that must be zero fail the run. "
        "All traffic stays on loopback.",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers to a file as well"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the table into docs/faults.md and docs/faults.fa.md, if all is well",
    )
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="break the integration on purpose instead, and see that it is noticed",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
