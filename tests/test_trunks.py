"""The sensors of trunks: which there are, which are remembered, and which go."""

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.server import Simulator
from simulator.settings import Fault

from .common import ORIGINATE, PING, setup_integration
from .test_event import send

SEARCH_TRUNKS = "/pbx/trunks/search"
TRUNK = "sensor.office_trunk_cisco"


def trunk_event(name: str = "TrunkNewState", **fields: Any) -> dict[str, Any]:
    """Return an event about a trunk, as the PBX documents it."""
    return {
        "event_name": name,
        "trunk_name": "cisco",
        "trunk_type": "SIP",
        "last_time": 1703145054.787335,
        "last_time_sec": 0,
        "date": 1703145054.787335,
        **fields,
    }


@pytest.fixture
def enabled_by_default() -> Iterator[None]:
    """Have entities be enabled that are not at first."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


@pytest.mark.usefixtures("enabled_by_default")
@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("Ok", "ok"),
        ("OK", "ok"),
        ("Unavailable", "unreachable"),
        ("Deactivate", "deactivated"),
        ("Dancing", "unknown"),
    ],
)
async def test_trunk_has_a_sensor_once_it_is_heard_of(
    hass: HomeAssistant, webhook_url: str, sent: str, state: str
) -> None:
    """With the state that the PBX tells; a word that is not documented is no state."""
    assert hass.states.get(TRUNK) is None
    await send(hass, webhook_url, trunk_event(state="Ok"), trunk_event(state=sent))
    assert hass.states.is_state(TRUNK, state)


async def test_trunk_is_disabled_at_first_and_remembered(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """Who enables it finds it after a restart as well, its state unknown until heard."""
    await send(hass, webhook_url, trunk_event("TrunkAdded", state="Ok"))
    registered = entity_registry.async_get(TRUNK)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert registered.entity_category == "diagnostic"
    assert registered.unique_id == f"{loaded_entry.entry_id}_trunk_cisco"
    entity_registry.async_update_entity(TRUNK, disabled_by=None)
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    await hass.config_entries.async_setup(loaded_entry.entry_id)
    assert hass.states.is_state(TRUNK, "ok")
    other = {"trunk_name": "spare", "state": "Unavailable"}
    await send(
        hass, webhook_url, trunk_event(state="Unavailable"), trunk_event(**other)
    )
    assert hass.states.is_state(TRUNK, "unreachable")


def registered(registry: er.EntityRegistry) -> list[str]:
    """Return the names of the trunks that have a sensor."""
    return [
        entity.unique_id.partition("_trunk_")[2]
        for entity in registry.entities.values()
        if "_trunk_" in entity.unique_id
    ]


def remembered(registry: er.EntityRegistry) -> int:
    """Return of how many trunks the registry knows, those without a sensor included."""
    gone = [key for *_, key in registry.deleted_entities if "_trunk_" in key]
    return len(registered(registry)) + len(gone)


def searches(simulator: Simulator) -> int:
    """Return how often the PBX was asked for its trunks."""
    return sum(record.operation == SEARCH_TRUNKS for record in simulator.pbx.requests)


def flood(run: str, name: str = "TrunkNewState") -> list[dict[str, Any]]:
    """Return events about more trunks than are remembered, none of which exists."""
    return [
        trunk_event(name, trunk_name=f"{run} {number}", state="Ok")
        for number in range(60)
    ]


async def settle(hass: HomeAssistant) -> None:
    """Wait until the PBX has been asked, and what follows from it is done."""
    await hass.async_block_till_done(wait_background_tasks=True)


def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Have Home Assistant forget what it keeps while it runs."""
    entry.runtime_data.monitor.trunks.clear()


async def test_strangers_trunks_are_bounded(
    hass: HomeAssistant, webhook_url: str, entity_registry: er.EntityRegistry
) -> None:
    """Who has the address must not be able to fill the registry."""
    await send(hass, webhook_url, *flood("a"), trunk_event(trunk_name="", state="Ok"))
    assert len(registered(entity_registry)) == 50


@pytest.mark.parametrize("permitted", ["all", [ORIGINATE, PING]])
async def test_strangers_trunks_are_bounded_over_restarts(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
    permitted: object,
) -> None:
    """Whether they come, go, or come and go, and whether the PBX can be asked."""
    simulator.pbx.change(account={"permitted_requests": permitted})
    for run in ("a", "b", "c"):
        added, removed = flood(run), flood(run, "TrunkRemoved")
        await send(hass, webhook_url, *added[:30], *removed[:30], *added[30:])
        await settle(hass)
        assert remembered(entity_registry) <= 50
        assert registered(entity_registry) or run != "a"
        restart(hass, loaded_entry)
        await hass.config_entries.async_reload(loaded_entry.entry_id)
        await settle(hass)
        if permitted == "all":
            assert not registered(entity_registry)
            # One that was there before is let in again.
            await send(hass, webhook_url, added[0])
            assert registered(entity_registry) == (["a 0"] if run == "a" else [])
            await send(hass, webhook_url, removed[0])
    await send(hass, webhook_url, trunk_event(state="Ok"))
    await settle(hass)
    assert ("cisco" in registered(entity_registry)) == (permitted == "all")


async def test_trunk_of_the_pbx_wins_over_strangers(
    hass: HomeAssistant,
    simulator: Simulator,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """The PBX is asked once, however many strangers there are; no other place is lost."""
    simulator.pbx.change(faults=[Fault(path=SEARCH_TRUNKS, delay=0.5)])
    await send(hass, webhook_url, *flood("a"))
    assert not {"cisco", "spare"} & {*registered(entity_registry)}
    cisco = trunk_event(state="Unavailable")
    spare = trunk_event(trunk_name="spare", state="Ok")
    gone = trunk_event("TrunkRemoved", trunk_name="spare")
    await send(hass, webhook_url, cisco, spare, gone, *flood("b"))
    await settle(hass)
    await send(hass, webhook_url, *flood("c"), cisco)
    await settle(hass)
    names = registered(entity_registry)
    assert len(names) == 50
    assert "cisco" in names
    assert "spare" not in names
    assert searches(simulator) == 1
    await send(hass, webhook_url, spare)
    assert "spare" in registered(entity_registry)
    assert len(registered(entity_registry)) == 50


async def test_strangers_do_not_drive_each_other_out(
    hass: HomeAssistant,
    simulator: Simulator,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """Nor does a trunk of a PBX that has more than are remembered."""
    simulator.pbx.change(
        trunks=[{"name": f"line {number}"} for number in range(60)],
        webhook={"enabled": False},
    )
    lines = [
        trunk_event(trunk_name=f"line {number}", state="Ok") for number in range(60)
    ]
    await send(hass, webhook_url, *lines)
    await settle(hass)
    assert registered(entity_registry) == [f"line {number}" for number in range(50)]


async def test_trunk_that_was_removed_does_not_come_back(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """Not with a start, but with the next event about it, as the user had it."""
    await send(hass, webhook_url, trunk_event("TrunkAdded", state="Ok"))
    entity_registry.async_update_entity(TRUNK, disabled_by=None, name="Line")
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert hass.states.is_state(TRUNK, "ok")
    await send(hass, webhook_url, *[trunk_event("TrunkRemoved")] * 2)
    for _ in range(2):
        assert hass.states.get(TRUNK) is None
        assert entity_registry.async_get(TRUNK) is None
        await hass.config_entries.async_reload(loaded_entry.entry_id)
    await send(hass, webhook_url, trunk_event(state="Unavailable"))
    assert hass.states.is_state(TRUNK, "unreachable")
    entity = entity_registry.async_get(TRUNK)
    assert entity is not None
    assert entity.name == "Line"


async def test_trunk_whose_sensor_the_user_deleted_may_be_removed(
    hass: HomeAssistant, webhook_url: str, entity_registry: er.EntityRegistry
) -> None:
    """There is nothing left to remove, and it comes back as others do."""
    await send(hass, webhook_url, trunk_event(state="Ok"))
    entity_registry.async_remove(TRUNK)
    await send(hass, webhook_url, trunk_event("TrunkRemoved"), trunk_event(state="Ok"))
    assert registered(entity_registry) == ["cisco"]


@pytest.mark.parametrize("permitted", ["all", [ORIGINATE, PING]])
async def test_trunk_that_the_pbx_no_longer_lists_goes_with_a_start(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    permitted: object,
) -> None:
    """Unless the PBX does not say which it has; one that it lists stays in any case."""
    entry.add_to_hass(hass)
    for name in ("cisco", "sold"):
        entity_registry.async_get_or_create(
            "sensor", "pbx", f"{entry.entry_id}_trunk_{name}", config_entry=entry
        )
    simulator.pbx.change(account={"permitted_requests": permitted})
    await setup_integration(hass, entry)
    await settle(hass)
    left = ["cisco"] if permitted == "all" else ["cisco", "sold"]
    assert registered(entity_registry) == left
    assert searches(simulator) == 1


async def test_trunk_that_is_heard_of_stays_though_it_is_not_listed(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """The PBX may list others only; nothing is asked then."""
    await send(hass, webhook_url, trunk_event(trunk_name="other", state="Ok"))
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await settle(hass)
    assert registered(entity_registry) == ["other"]


async def test_question_for_the_trunks_ends_with_the_entry(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
) -> None:
    """Nothing lingers."""
    simulator.pbx.change(faults=[Fault(path=SEARCH_TRUNKS, delay=5.0)])
    await send(hass, webhook_url, *flood("a"), *flood("b"))
    while not searches(simulator):
        await asyncio.sleep(0.001)
    async with asyncio.timeout(1):
        assert await hass.config_entries.async_unload(loaded_entry.entry_id)
