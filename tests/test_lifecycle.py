"""Whatever fails, goes or comes anew in the middle of a call hurts nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
import logging
from typing import Any
from unittest.mock import PropertyMock, patch

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.pbx import monitor
from custom_components.pbx.const import DOMAIN
from custom_components.pbx.simotel import client
from custom_components.pbx.telephony.calls import CallTracker
from custom_components.pbx.telephony.phones import Phones
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HassJob, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    ORIGINATE,
    PING,
    SEARCH_USERS,
    change_options,
    elapse,
    originate,
    originate_and_wait,
    originates,
    subentry,
)

IN_PROGRESS = "sensor.office_calls_in_progress"
LAST_CALL = "sensor.office_last_call"
REPORT = "/reports/cdr/search"


def errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what was logged as an error."""
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def timers(hass: HomeAssistant) -> list[str]:
    """Return the names of the integration's own timers that are set."""
    return [
        str(job.name)
        for handle in get_scheduled_timer_handles(hass.loop)
        if not handle.cancelled()
        and handle._args
        and isinstance(job := handle._args[-1], HassJob)
        and str(job.name).startswith(DOMAIN)
    ]


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens within a moment."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the entry up anew."""
    assert await hass.config_entries.async_reload(entry.entry_id)


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove the entry."""
    await hass.config_entries.async_remove(entry.entry_id)


async def stop(hass: HomeAssistant, _entry: MockConfigEntry) -> None:
    """Stop Home Assistant."""
    await hass.async_stop()


def failing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that does its work, and fails nevertheless."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        method(*args, **kwargs)
        raise ZeroDivisionError

    return fail


@pytest.mark.parametrize("name", ["tick", "accept", "hear", "report"])
async def test_error_in_the_handling_of_calls_hurts_nobody(
    hass: HomeAssistant,
    connected: Simulator,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """Who waits gets the answer, the clock goes on, and the log is not filled."""
    connected.pbx.change(phones=[{"number": "552", "behaviour": "busy"}])
    if name == "report":
        connected.pbx.change(events={"faults": [{"event": "Cdr", "drop": True}]})
    with patch.object(CallTracker, name, failing(getattr(CallTracker, name))):
        for _ in range(2):
            response = await originate_and_wait(hass, connected, wait_for="ended")
            assert response["outcome"] == "busy"
    (record,) = errors(caplog)
    assert record.name == "custom_components.pbx.monitor"
    assert hass.states.is_state(IN_PROGRESS, "0")
    caplog.clear()
    await originate_and_wait(hass, connected, wait_for="ended")
    assert not errors(caplog)


async def test_request_that_fails_twice_over_is_told_as_what_it_is(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """The user learns what became of the request, not what became of its record."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, status=500)])
    with (
        patch.object(CallTracker, "lose", failing(CallTracker.lose)),
        pytest.raises(HomeAssistantError) as caught,
    ):
        await originate(hass)
    assert caught.value.translation_key == "call_status_unknown"


async def test_clock_that_cannot_be_read_is_read_again(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """Until then no call is lost."""
    due = PropertyMock(side_effect=ZeroDivisionError)
    with patch.object(CallTracker, "next_due", due):
        action = asyncio.create_task(originate(hass, wait_for="ended"))
        await until(lambda: simulator.pbx.calls)
        await hass.async_block_till_done()
    await elapse(hass)
    response = await asyncio.wait_for(action, 1)
    assert response["outcome"] == "unknown"


async def test_event_that_cannot_be_followed_is_answered(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant would log the secret address with each."""
    event = {"event_name": "NewState", "exten": "557", "state": "Ringing"}
    with patch.object(Phones, "hear", failing(Phones.hear)):
        async with ClientSession() as session:
            for _ in range(3):
                async with session.post(webhook_url, json=event) as response:
                    assert response.status == HTTPStatus.OK
    (record,) = errors(caplog)
    assert loaded_entry.data["webhook_id"] not in caplog.handler.format(record)


async def test_report_that_cannot_be_understood_leaves_it_unknown(
    hass: HomeAssistant, connected: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The look into it has a task of its own, of which nobody would hear."""
    connected.pbx.change(
        events={"faults": [{"event": "Cdr", "drop": True}]},
        phones=[{"number": "552", "behaviour": "busy"}],
    )
    with patch.object(client, "account_of", side_effect=ZeroDivisionError):
        response = await originate_and_wait(hass, connected, wait_for="ended")
    assert response["outcome"] == "unknown"
    assert len(errors(caplog)) == 1


@pytest.mark.parametrize("wait_for", ["accepted", "ended"])
@pytest.mark.parametrize("status", [0, 500])
@pytest.mark.parametrize("end", [unload, reload, remove, stop])
async def test_entry_that_goes_while_the_pbx_is_asked(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    end: Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]],
    status: int,
    wait_for: str,
) -> None:
    """The request takes its course, nobody waits for more, and nothing is left."""
    fault = Fault(path=ORIGINATE, delay=0.2, status=status, body="" if status else None)
    simulator.pbx.change(faults=[fault])
    action = asyncio.create_task(originate(hass, wait_for=wait_for))
    await until(lambda: originates(simulator))
    await end(hass, loaded_entry)
    if end is reload and wait_for == "ended" and not status:
        # The reply came after the entry was back.
        await until(lambda: hass.states.is_state(IN_PROGRESS, "1"))
        await hass.config_entries.async_unload(loaded_entry.entry_id)
    if status:
        with pytest.raises(HomeAssistantError) as caught:
            await asyncio.wait_for(action, 2)
        assert caught.value.translation_key == "call_status_unknown"
    else:
        response = await asyncio.wait_for(action, 2)
        ended = "accepted" if wait_for == "accepted" else "unknown"
        assert response["outcome"] == ended
    if end in (remove, stop):
        assert not timers(hass)
    assert not errors(caplog)


@pytest.mark.parametrize("end", [unload, remove])
async def test_entry_that_goes_before_the_request_leaves(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    simulator: Simulator,
    end: Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]],
) -> None:
    """The call was asked for; nobody waits for its end, and nothing is left."""
    simulator.pbx.change(
        extensions=[{"number": "557"}, {"number": "110"}],
        faults=[Fault(path=SEARCH_USERS, delay=0.2)],
    )
    action = asyncio.create_task(originate(hass, callee="110", wait_for="ended"))
    await until(lambda: simulator.pbx.requests_for(SEARCH_USERS))
    await end(hass, loaded_entry)
    response = await asyncio.wait_for(action, 2)
    assert response["outcome"] == "unknown"
    assert response["originated_call_id"] == simulator.pbx.calls[0].originated_call_id
    assert bool(timers(hass)) == (end is unload)


async def test_home_assistant_that_has_stopped_places_nothing(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And says so, as it would of a PBX that is not there."""
    await hass.async_stop()
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass, wait_for="ended")
    assert caught.value.translation_key == "cannot_connect"
    assert not originates(simulator)
    assert not timers(hass)
    assert not errors(caplog)


@pytest.mark.parametrize("end", [unload, remove, stop])
async def test_second_look_into_the_report_ends_with_the_entry(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    simulator: Simulator,
    end: Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]],
) -> None:
    """It is a few seconds away when the entry goes, or Home Assistant stops."""
    empty = '{"success": 1, "message": "", "data": {"data": []}}'
    simulator.pbx.change(faults=[Fault(path=REPORT, status=200, body=empty)])
    action = asyncio.create_task(originate(hass, wait_for="ended"))
    await until(lambda: hass.states.is_state(IN_PROGRESS, "1"))
    await hass.async_block_till_done()
    while "pbx report" not in timers(hass):
        # Not so long that the PBX would close its kept connections.
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=50))
        await hass.async_block_till_done(wait_background_tasks=True)
    await end(hass, loaded_entry)
    assert (await asyncio.wait_for(action, 1))["outcome"] == "unknown"
    assert "pbx report" not in timers(hass)


async def test_wait_that_begins_while_a_contact_is_changed(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, connected: Simulator
) -> None:
    """It is no other than one that has begun before."""
    connected.pbx.change(
        faults=[Fault(path=ORIGINATE, delay=0.2), Fault(path=PING, delay=0.5)],
        phones=[{"number": "552", "behaviour": "busy"}],
        # A first state that came before the reload would leave the row in doubt.
        events={"faults": [{"event": "NewState", "drop": True}]},
    )
    platforms = hass.config_entries.async_forward_entry_setups
    placed = asyncio.Event()

    async def set_up_late(*args: Any) -> None:
        """Take as long as the reply does."""
        await placed.wait()
        await platforms(*args)

    action = asyncio.create_task(originate(hass, wait_for="ended"))
    await until(lambda: originates(connected))
    contact = dict(subentry("contact", "Ali", number="553"))
    with patch.object(hass.config_entries, "async_forward_entry_setups", set_up_late):
        hass.config_entries.async_add_subentry(
            loaded_entry,
            ConfigSubentry(**contact),  # type: ignore[arg-type]
        )
        await until(lambda: connected.pbx.requests_for(ORIGINATE)[0].status)
        await asyncio.sleep(0.05)
        placed.set()
        await hass.async_block_till_done()
    assert not action.done()
    await connected.pbx.idle()
    await elapse(hass)
    assert (await asyncio.wait_for(action, 1))["outcome"] == "busy"


async def test_clock_that_was_early_is_right_afterwards(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """A minute is a minute, though a timer came 45 seconds too early."""
    await change_options(hass, loaded_entry, calls_per_minute=1)
    simulator.pbx.change(account={"permitted_requests": [ORIGINATE, PING]})
    now = 1000.0
    with patch.object(monitor, "monotonic", lambda: now):
        await originate(hass)
        await elapse(hass)
        assert hass.states.is_state(IN_PROGRESS, "0")
        now += 80.0
        await originate(hass)
        await elapse(hass)
        now += 50.0
        with pytest.raises(ServiceValidationError) as caught:
            await originate(hass)
    assert caught.value.translation_key == "rate_limited"


async def test_what_an_old_request_shows_is_not_held_against_the_new_entry(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """Nobody is asked for credentials that were changed meanwhile."""
    simulator.pbx.change(
        faults=[Fault(path=ORIGINATE, delay=0.2, status=401, body="")],
    )
    action = asyncio.create_task(originate(hass))
    await until(lambda: originates(simulator))
    await reload(hass, loaded_entry)
    with pytest.raises(HomeAssistantError) as caught:
        await action
    assert caught.value.translation_key == "authentication_failed"
    assert not hass.config_entries.flow.async_progress()
