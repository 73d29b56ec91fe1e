"""How long a fresh interpreter takes to import the integration."""

import asyncio
from pathlib import Path
from statistics import median
import sys
from typing import Any

from .contestants import PBX, REST_COMMAND

ROUNDS = 9
_ROOT = Path(__file__).resolve().parents[2]
# What is there in any case before an integration is imported.
_BEFORE = (
    "homeassistant.bootstrap",
    "homeassistant.components.binary_sensor",
    "homeassistant.components.button",
    "homeassistant.components.event",
    "homeassistant.components.sensor",
    "homeassistant.components.webhook",
)
_IMPORTED = {
    PBX: (
        "custom_components.pbx",
        "custom_components.pbx.config_flow",
        "custom_components.pbx.binary_sensor",
        "custom_components.pbx.button",
        "custom_components.pbx.event",
        "custom_components.pbx.sensor",
    ),
    REST_COMMAND: ("homeassistant.components.rest_command",),
}
_PROGRAM = """\
from importlib import import_module
from time import perf_counter

for module in {before}:
    import_module(module)
started = perf_counter()
for module in {imported}:
    import_module(module)
print((perf_counter() - started) * 1000)
"""


async def measure(*, share: float) -> dict[str, Any]:
    """Measure in as many interpreters; times are milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in _IMPORTED}
    for number in range(1 + max(2, round(ROUNDS * share))):
        for name in _IMPORTED:
            milliseconds = await _import(name)
            # The first one may have had to compile.
            if number:
                times[name].append(milliseconds)
    return {
        name: {"least": min(of_one), "median": median(of_one)}
        for name, of_one in times.items()
    }


async def _import(name: str) -> float:
    program = _PROGRAM.format(before=_BEFORE, imported=_IMPORTED[name])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{name} cannot be imported")
    return float(output)
