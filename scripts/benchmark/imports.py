"""How long a fresh interpreter takes to import the integration."""

import asyncio
from pathlib import Path
from statistics import median
import sys
from typing import Any

ROUNDS = 7
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
_IMPORTED = (
    "custom_components.pbx",
    "custom_components.pbx.config_flow",
    "custom_components.pbx.binary_sensor",
    "custom_components.pbx.button",
    "custom_components.pbx.event",
    "custom_components.pbx.sensor",
)
_PROGRAM = f"""\
from importlib import import_module
from time import perf_counter

for module in {_BEFORE}:
    import_module(module)
started = perf_counter()
for module in {_IMPORTED}:
    import_module(module)
print((perf_counter() - started) * 1000)
"""


async def measure(*, share: float) -> dict[str, Any]:
    """Measure in as many interpreters; times are milliseconds."""
    # The first one may have to compile.
    await _import()
    times = [await _import() for _ in range(max(2, round(ROUNDS * share)))]
    return {"least": min(times), "median": median(times)}


async def _import() -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("The integration cannot be imported")
    return float(output)
