"""How long an entry takes to be set up and reloaded, and what memory it takes."""

import gc
from statistics import median
from time import perf_counter
import tracemalloc
from typing import Any, Final

from homeassistant.core import HomeAssistant
from simulator.server import Simulator

from .entries import add, new_entry, reload, remove
from .measuring import MILLISECONDS, settle_memory, without_collector

EXTENSIONS: Final = (0, 100, 1000)
ROUNDS = 7


async def measure(
    hass: HomeAssistant, simulator: Simulator, *, share: float
) -> dict[str, Any]:
    """Measure with each number of extensions; `share` of the rounds are played.

    Times are milliseconds: the least, which is what the work takes where nothing else
    disturbs, and the median. Memory is what was allocated and is still held.
    """
    settle_memory()
    set_up: dict[int, list[float]] = {extensions: [] for extensions in EXTENSIONS}
    reloaded: dict[int, list[float]] = {extensions: [] for extensions in EXTENSIONS}
    for _ in range(max(2, round(ROUNDS * share))):
        for extensions in EXTENSIONS:
            entry = new_entry(simulator, extensions=extensions)
            with without_collector():
                started = perf_counter()
                await add(hass, entry)
                set_up[extensions].append(perf_counter() - started)
            with without_collector():
                started = perf_counter()
                await reload(hass, entry)
                reloaded[extensions].append(perf_counter() - started)
            await remove(hass, entry)
    return {
        str(extensions): {
            "set_up": _milliseconds(set_up[extensions]),
            "reload": _milliseconds(reloaded[extensions]),
            "kibibytes": await _memory(hass, simulator, extensions) / 1024,
        }
        for extensions in EXTENSIONS
    }


async def _memory(hass: HomeAssistant, simulator: Simulator, extensions: int) -> int:
    """Return the bytes that an entry takes while it is set up, registries included."""
    entry = new_entry(simulator, extensions=extensions)
    gc.collect()
    tracemalloc.start()
    await add(hass, entry)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await remove(hass, entry)
    return size


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    return {
        "least": min(seconds) * MILLISECONDS,
        "median": median(seconds) * MILLISECONDS,
    }
