"""How long calling by voice holds the event loop, however many names there are."""

import asyncio
from asyncio.events import Handle
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from statistics import median
from time import thread_time
from types import MappingProxyType
from typing import Any, Final

from custom_components.pbx.const import (
    CONF_ALIASES,
    CONF_CALLER,
    CONF_NUMBER,
    CONF_VOICE,
    SUBENTRY_CONTACT,
)
from homeassistant.components.conversation import async_converse
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import Context, HomeAssistant
from simulator.server import Simulator

from .entries import OPTIONS, add, new_entry, remove
from .measuring import MILLISECONDS, settle_memory, without_collector

CONFIGURATION: Final[dict[str, Any]] = {
    "http": {},
    "webhook": {},
    "homeassistant": {},
    "conversation": {},
}
NAMES: Final = (20, 100, 400)
CHANGE: Final = "change"
CHANGE_WITHOUT: Final = "change_without"
OWN: Final = "own"
OTHER: Final = "other"
_CONTACTS: Final = 20
_SENTENCES: Final = {OWN: "call Person 7 Family", OTHER: "call me a taxi"}
_ROUNDS: Final = 15


async def measure(
    hass: HomeAssistant, simulator: Simulator, *, share: float
) -> dict[str, Any]:
    """Measure with each number of names; `share` of the rounds are played.

    It is the longest turn in the event loop, in milliseconds, while a contact changes
    with and without voice, and while a sentence is said that is ours or another's.
    """
    settle_memory()
    rounds = max(2, round(_ROUNDS * share))
    results: dict[str, Any] = {}
    for names in NAMES:
        turns: dict[str, list[float]] = {}
        for _ in range(rounds):
            for voice in (False, True):
                for name, turn in await _round(hass, simulator, names, voice=voice):
                    turns.setdefault(name, []).append(turn * MILLISECONDS)
        results[str(names)] = {
            name: {"least": min(of_these), "median": median(of_these)}
            for name, of_these in turns.items()
        }
    return results


async def _round(
    hass: HomeAssistant, simulator: Simulator, names: int, *, voice: bool
) -> list[tuple[str, float]]:
    """Return the longest turn of each step with a PBX that has so many names."""
    entry = new_entry(simulator, options={**OPTIONS, CONF_VOICE: voice})
    for number in range(_CONTACTS):
        contact = _contact(number, aliases=names // _CONTACTS - 1)
        entry.subentries = MappingProxyType(
            {**entry.subentries, contact.subentry_id: contact}
        )
    await add(hass, entry)
    # What is made ready for the first sentence of a language is Home Assistant's.
    await _say(hass, _SENTENCES[OTHER])
    turns = [
        (
            CHANGE if voice else CHANGE_WITHOUT,
            await _longest_turn(_change(hass, entry)),
        )
    ]
    if voice:
        turns += [
            (name, await _longest_turn(_say(hass, sentence)))
            for name, sentence in _SENTENCES.items()
        ]
    await remove(hass, entry)
    return turns


def _contact(number: int, *, aliases: int) -> ConfigSubentry:
    name = f"Person {number} Family"
    return ConfigSubentry(
        data=MappingProxyType(
            {
                CONF_NAME: name,
                CONF_NUMBER: f"0912{number:07}",
                CONF_CALLER: "552",
                CONF_ALIASES: [f"دوست شماره‌ی {number} از {n}" for n in range(aliases)],
            }
        ),
        subentry_type=SUBENTRY_CONTACT,
        title=name,
        unique_id=None,
    )


async def _change(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    hass.config_entries.async_add_subentry(entry, _contact(_CONTACTS, aliases=0))
    await hass.async_block_till_done()


async def _say(hass: HomeAssistant, sentence: str) -> None:
    await async_converse(hass, sentence, None, Context(), "en")
    await hass.async_block_till_done()


async def _longest_turn(what: Awaitable[None]) -> float:
    with without_collector(), _turns() as turns:
        # It begins and ends with a turn of its own.
        await asyncio.sleep(0)
        await what
        await asyncio.sleep(0)
    return max(turns)


@contextmanager
def _turns() -> Iterator[list[float]]:
    """Collect how long the thread works in each turn of the event loop."""
    turns: list[float] = []
    run = Handle._run  # noqa: SLF001

    def timed(handle: Handle) -> None:
        started = thread_time()
        run(handle)
        turns.append(thread_time() - started)

    Handle._run = timed  # type: ignore[assignment, method-assign]  # noqa: SLF001
    try:
        yield turns
    finally:
        Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
