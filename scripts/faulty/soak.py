"""The command line of scripts/soak: everyday use and outages at random, then nothing."""

import argparse
import asyncio
import random
import sys
import time

from .core import running_core
from .leftovers import possessions, settled
from .result import Left
from .tally import Tally
from .watch import watching
from .weather import Counted, Weather

_SECONDS_TO_WARM_UP = 4.0


async def soak(*, seconds: float, seed: int) -> int:
    """Let a core live through it, and return the exit status."""
    tally = Tally()
    with watching(tally) as watch:
        async with running_core() as core:
            warming_up = Counted()
            await Weather(core, watch, warming_up, random.Random(seed)).blow(
                _SECONDS_TO_WARM_UP, every_kind=True
            )
            before = possessions(core.hass)
            counted = Counted()
            started = time.monotonic()
            await Weather(core, watch, counted, random.Random(seed)).blow(seconds)
            after = await settled(core.hass, before)
            left = Left.between(before, after)
    print(f"Seed {seed}, {time.monotonic() - started:.0f} s\n")
    print(counted.text())
    print("\nMust be zero:")
    wrong = {
        **{
            what: count + warming_up.wrong[what]
            for what, count in counted.wrong.items()
        },
        "tracebacks": tally.total.tracebacks,
        "exceptions that nobody handled": tally.total.unhandled,
        "secrets told": tally.total.secrets,
    }
    for what, count in wrong.items():
        print(f"  {what:<58} {count:>6}")
    print("\nLeft in the end:")
    print("\n".join(left.lines()))
    for note in (*warming_up.notes, *counted.notes, *tally.total.notes):
        print(f"  {note}")
    violations = sum(wrong.values()) + left.violations
    if violations:
        again = f"scripts/soak {seconds / 60:g} --seed {seed}"
        print(f"\n{violations} things are not as they must be; again: {again}")
        return 1
    print("\nNothing is left.")
    return 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Run the integration in a real Home Assistant core with two "
        "simulated PBXs: calls, reloads, changes and outages at random. In the end "
        "nothing may be left, and nothing may have gone wrong.",
    )
    parser.add_argument("minutes", type=float, help="how long, such as 0.2 or 600")
    parser.add_argument("--seed", type=int, help="repeat the choices of another run")
    arguments = parser.parse_args()
    seed = arguments.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1_000_000)
    print(f"Seed {seed}", flush=True)
    return asyncio.run(soak(seconds=arguments.minutes * 60, seed=seed))


if __name__ == "__main__":
    sys.exit(main())
