"""Pasting automations from the readmes and the handbook, and seeing what they do."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.server import Simulator

from .common import originates


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def ring(hass: HomeAssistant, *, minute: int) -> None:
    """Have the doorbell ring."""
    hass.states.async_set(
        "event.front_door",
        f"2026-11-23T10:{minute:02}:00.000+00:00",
        {"device_class": "doorbell", "event_types": ["ring"], "event_type": "ring"},
    )


async def paste(hass: HomeAssistant, automation: Any) -> list[Event]:
    """Set an automation up at a door where it has rung before.

    Returns the actions that are performed from then on.
    """
    ring(hass, minute=0)
    for domain in ("doorbell", "event", "persistent_notification"):
        assert await async_setup_component(hass, domain, {})
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    (entity_id,) = hass.states.async_entity_ids("automation")
    assert hass.states.is_state(entity_id, "on")
    return async_capture_events(hass, EVENT_CALL_SERVICE)


def notices(actions: list[Event]) -> list[str]:
    """Return what was shown to the user."""
    return [
        action.data["service_data"]["message"]
        for action in actions
        if action.data["domain"] == "persistent_notification"
    ]


async def let_call_end(hass: HomeAssistant, simulator: Simulator, number: int) -> None:
    """Wait until so many calls were placed, and let time do its part for the last."""
    await until(lambda: len(originates(simulator)) == number)
    await simulator.pbx.idle()
    await asyncio.sleep(0.05)
    if not hass.states.is_state("sensor.office_calls_in_progress", "0"):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=5))
