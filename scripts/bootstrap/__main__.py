"""Entry point of scripts/setup."""

import argparse
from pathlib import Path
import sys

from .cache import cache_folder, exclusive
from .console import SetupError
from .environments import DEFAULT_ENVIRONMENTS, ENVIRONMENTS, build, is_complete
from .python import find_python
from .uv import Uv, find_uv

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Make the environments that were asked for and are not complete yet."""
    parser = argparse.ArgumentParser(
        prog="scripts/setup",
        description="Make the virtual environments for tests and for the demo.",
    )
    parser.add_argument(
        "environments",
        nargs="*",
        metavar="environment",
        help=f"any of {', '.join(ENVIRONMENTS)}; "
        f"without one: {', '.join(DEFAULT_ENVIRONMENTS)}",
    )
    names: list[str] = parser.parse_args().environments or list(DEFAULT_ENVIRONMENTS)
    if unknown := [name for name in names if name not in ENVIRONMENTS]:
        parser.error(f"there is no environment named {unknown[0]}")

    try:
        set_up(names)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; run scripts/setup again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up(names: list[str]) -> None:
    """Build what is missing of the named environments."""
    wanted = [ENVIRONMENTS[name] for name in names]
    if all(is_complete(ROOT, environment) for environment in wanted):
        return
    cache = cache_folder()
    with exclusive(cache):
        # Another run may have done the work while this one waited.
        missing = [entry for entry in wanted if not is_complete(ROOT, entry)]
        if not missing:
            return
        uv = Uv(find_uv(cache))
        python = find_python(uv, cache)
        for environment in missing:
            build(ROOT, environment, uv, python)


if __name__ == "__main__":
    sys.exit(main())
