"""What is left when everything has ended, compared with what there was before."""

import asyncio
from collections import Counter
import ctypes
from dataclasses import dataclass
import gc
import linecache
import os
from pathlib import Path
import resource
import stat
import sys

from aiohttp import web_app

from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.util.async_ import get_scheduled_timer_handles

_DESCRIPTORS = Path("/dev/fd")
_PAGES = Path("/proc/self/statm")
# How often it is looked whether something has gone, and how long between.
_LOOKS = 40
_SECONDS_BETWEEN = 0.25


@dataclass(frozen=True, slots=True)
class Possessions:
    """What a core and its event loop hold at one moment.

    `blocks` are pieces of memory that Python has handed out; `resident` is the memory
    of the process in bytes, 0 where the system does not tell.
    """

    tasks: Counter[str]
    timers: Counter[str]
    listeners: Counter[str]
    sockets: int
    files: int
    blocks: int
    resident: int

    def beyond(self, before: Possessions) -> dict[str, int]:
        """Return how many more there are than before, of what can be counted."""
        return {
            "tasks": (self.tasks - before.tasks).total(),
            "timers": (self.timers - before.timers).total(),
            "listeners": (self.listeners - before.listeners).total(),
            "sockets": max(0, self.sockets - before.sockets),
            "files": max(0, self.files - before.files),
        }

    def names_beyond(self, before: Possessions) -> list[str]:
        """Return what there is more than before, by name."""
        return [
            f"{kind}: {name} ({count} more)"
            for kind in ("tasks", "timers", "listeners")
            for name, count in (getattr(self, kind) - getattr(before, kind)).items()
        ]


def possessions(hass: HomeAssistant) -> Possessions:
    """Return what there is now, garbage left out."""
    # The lines of code that tracebacks have shown are kept for the next one.
    linecache.clearcache()
    # aiohttp keeps the last thousand web applications, so those of the simulators too.
    for kept in vars(web_app).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
    for _ in range(3):
        gc.collect()
    _give_back_memory()
    kinds = Counter(
        stat.S_ISSOCK(mode) for mode in map(_mode, _DESCRIPTORS.iterdir()) if mode
    )
    return Possessions(
        tasks=Counter(_name_of(task) for task in asyncio.all_tasks()),
        timers=Counter(
            _name_of_callback(handle)
            for handle in get_scheduled_timer_handles(hass.loop)
            if not handle.cancelled()
        ),
        listeners=Counter(
            {str(kind): count for kind, count in hass.bus.async_listeners().items()}
        )
        + Counter(
            {
                f"signal {signal}": len(targets)
                for signal, targets in hass.data.get(DATA_DISPATCHER, {}).items()
            }
        )
        + Counter({"webhook": len(hass.data.get("webhook", {}))}),
        sockets=kinds[True],
        files=kinds[False],
        blocks=sys.getallocatedblocks(),
        resident=_resident(),
    )


async def settled(hass: HomeAssistant, before: Possessions) -> Possessions:
    """Return what there is once nothing more than before is left, or time is up."""
    for _ in range(_LOOKS):
        now = possessions(hass)
        if not any(now.beyond(before).values()):
            break
        await asyncio.sleep(_SECONDS_BETWEEN)
    return now


def peak_memory() -> int:
    """Return the most memory that this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _name_of(task: asyncio.Task[object]) -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", repr(coroutine))


def _name_of_callback(handle: asyncio.TimerHandle) -> str:
    # What it says of itself, without the addresses and times in it.
    text = repr(handle).partition(" when=")[2].partition(" ")[2]
    return text.partition(" at 0x")[0][:120]


def _mode(descriptor: Path) -> int:
    try:
        return os.fstat(int(descriptor.name)).st_mode
    except OSError:
        # That by which the folder itself is read.
        return 0


def _resident() -> int:
    try:
        pages = int(_PAGES.read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _give_back_memory() -> None:
    """Have the C library give back what it keeps for later, where it can."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError, OSError:
        return
