"""Calling by voice does not keep the event loop, and with it the PBX's events, waiting."""

import asyncio
from asyncio.events import Handle
from collections.abc import Awaitable, Callable
import re
from time import thread_time
from typing import Final

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.pbx.assist.sentences import (
    LONGEST_SENTENCE,
    TEMPLATES,
    parts_in,
    requests_in,
)
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from simulator.server import Simulator

from .common import subentry
from .test_voice import Say, add, conversations, entry_for, say

__all__ = ["conversations", "say"]

# What nobody feels, and what the PBX waits for its events without giving up.
AT_ONCE: Final = 0.02
ALI: Final = subentry("contact", "Ali", number="1", caller="552")
# 400 names with those that are other names.
MANY: Final = [
    subentry(
        "contact",
        f"Person {number} Family",
        number=f"0912{number:07}",
        caller="552",
        aliases=[f"دوست شماره‌ی {number} از {other}" for other in range(19)],
    )
    for number in range(20)
]
NAMES: Final = [
    name
    for data in [ALI, *MANY]
    for name in (data["title"], *data["data"].get("aliases", ()))
]
WORDS: Final = sorted(
    {"ali", "علی", "_", *re.findall(r"[^\s\[\]()<>{}|~]+", " ".join(TEMPLATES))}
)

type LongestTurn = Callable[[Awaitable[object]], Awaitable[float]]


@pytest.fixture
def longest_turn(monkeypatch: pytest.MonkeyPatch) -> LongestTurn:
    """Return what does something, and returns the longest turn in the event loop.

    That is the time for which the thread worked, whatever else the machine does.
    """
    turns: list[float] = []
    run = Handle._run

    def measured(handle: Handle) -> None:
        begin = thread_time()
        run(handle)
        turns.append(thread_time() - begin)

    monkeypatch.setattr(Handle, "_run", measured)

    async def longest_turn(what: Awaitable[object]) -> float:
        turns.clear()
        # It begins and ends with a turn of its own.
        await asyncio.sleep(0)
        await what
        await asyncio.sleep(0)
        return max(turns)

    return longest_turn


async def test_400_names_do_not_hold_the_loop(
    hass: HomeAssistant, simulator: Simulator, say: Say, longest_turn: LongestTurn
) -> None:
    """Neither a change of a contact nor a sentence takes longer with voice than without."""

    async def measure(
        contacts: list[ConfigSubentryDataWithId], *, voice: bool
    ) -> dict[str, float]:
        entry = entry_for(simulator, contacts, voice=voice, entry_id=f"01J{voice}")
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        for sentence in ("call Ali", "turn on the light"):
            await say(sentence)
        steps: dict[str, Awaitable[object]] = {"change": add(hass, entry, ALI)}
        for sentence in ("call Person 7 Family", "call me a taxi", "بگو ساعت چند است"):
            steps[sentence] = say(sentence)
        turns = {name: await longest_turn(step) for name, step in steps.items()}
        await hass.config_entries.async_remove(entry.entry_id)
        return turns

    least: dict[bool, dict[str, float]] = {}
    # What else Python does may take long once, but hardly three times.
    for voice in (False, True, False, True, False, True):
        for name, turn in (await measure(MANY, voice=voice)).items():
            of_these = least.setdefault(voice, {})
            of_these[name] = min(turn, of_these.get(name, turn))
    for name, turn in least[True].items():
        assert turn < least[False][name] + AT_ONCE, (name, least)


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True),
    choose=st.randoms(use_true_random=False),
)
def test_longest_sentence_is_read_at_once(words: list[str], choose: object) -> None:
    """Whatever is said: those are the words that the sentences consist of."""
    pick = choose.choice  # type: ignore[attr-defined]
    sentence = " ".join(pick(words) for _ in range(LONGEST_SENTENCE))[:LONGEST_SENTENCE]

    assert least_time(sentence) < AT_ONCE


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "call ",
        "from ",
        "call Ali ",
        "از ",
        "و ",
        "'",
        "ﷺ",
        "\u064e",
        "[",
        "\\",
        "🍕",
    ],
)
def test_what_is_longer_than_anybody_says_is_not_read(piece: str) -> None:
    """64 KiB cost as little as nothing."""
    sentence = piece * (65536 // len(piece))
    assert not requests_in(sentence, NAMES)
    assert least_time(sentence) < AT_ONCE


def least_time(sentence: str) -> float:
    """Return how long it takes to understand a sentence, at least."""

    def measure() -> float:
        begin = thread_time()
        requests_in(sentence, NAMES)
        parts_in(sentence, NAMES)
        return thread_time() - begin

    return min(measure() for _ in range(3))


def test_sentence_with_very_many_names_is_none_of_ours() -> None:
    """Who says more names than that does not ask for a call."""
    assert requests_in("call Ali", ["Ali"])
    assert not requests_in(f"call {'Ali ' * 20}", ["Ali"])
    assert not parts_in(f"{'Ali ' * 20} call Ali", ["Ali"])


async def test_64_kib_are_answered(say: Say, longest_turn: LongestTurn) -> None:
    """And nothing waits for it."""
    assert await longest_turn(say("call Ali " * 7282)) < 10 * AT_ONCE
