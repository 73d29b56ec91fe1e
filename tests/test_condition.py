"""Conditions in automations: what telephones are doing."""

from collections.abc import Mapping
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.pbx.sensor import EXTENSION_STATES
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.setup import async_setup_component
from simulator.server import Simulator
from simulator.settings import Fault

from .common import PING, elapse
from .test_event import send
from .test_extensions import new_state
from .test_trigger import PHONE, ask, device_of, entry, websocket

__all__ = ["entry", "websocket"]

OTHER_PHONE = "sensor.workshop_state"
CONNECTIVITY = "binary_sensor.office_connectivity"
CONDITIONS = ("is_idle", "is_in_use", "is_reachable")
BOTH = {"entity_id": [PHONE, OTHER_PHONE]}
# Where the PBX has another word for a state.
WIRE_WORDS = {"unreachable": "Unavailable"}


class Watch:
    """An automation for each of some conditions, which runs when it is asked to."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Collect what runs."""
        self._hass = hass
        self._runs = async_mock_service(hass, "test", "run")

    async def set_up(
        self,
        *conditions: str,
        target: str | Mapping[str, Any] = PHONE,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the automations up."""
        if isinstance(target, str):
            target = {"entity_id": target}
        config = [
            {
                "alias": condition,
                "triggers": {"trigger": "event", "event_type": "asked"},
                "conditions": {
                    "condition": f"pbx.{condition}",
                    "target": target,
                    "options": options or {},
                },
                "actions": {"action": "test.run", "data": {"holds": condition}},
            }
            for condition in conditions
        ]
        assert await async_setup_component(
            self._hass, "automation", {"automation": config}
        )
        for condition in conditions:
            assert self._hass.states.is_state(f"automation.{condition}", "on")

    async def holding(self) -> set[str]:
        """Return which of the conditions hold now."""
        self._runs.clear()
        self._hass.bus.async_fire("asked")
        await self._hass.async_block_till_done()
        return {run.data["holds"] for run in self._runs}


@pytest.fixture
def watch(hass: HomeAssistant) -> Watch:
    """Return what sets up automations and says which of them would run."""
    return Watch(hass)


def other_state(state: str) -> dict[str, Any]:
    """Return an event that tells what 552 does."""
    return {**new_state(state), "exten": "552"}


@pytest.mark.parametrize("behavior", ["any", "all"])
@pytest.mark.parametrize(
    ("state", "holding"),
    [
        ("Idle", {"is_idle", "is_reachable"}),
        ("Ringing", {"is_reachable"}),
        ("InUse", {"is_in_use", "is_reachable"}),
        ("Hold", {"is_in_use", "is_reachable"}),
        ("Pause", {"is_reachable"}),
        ("Unavailable", set()),
        ("Dancing", set()),
    ],
)
async def test_conditions_hold_by_the_state_of_the_telephone(
    webhook_url: str,
    hass: HomeAssistant,
    watch: Watch,
    state: str,
    holding: set[str],
    behavior: str,
) -> None:
    """None does before the PBX has told of it, since nothing is known of it then."""
    await watch.set_up(*CONDITIONS, options={"behavior": behavior})
    assert await watch.holding() == set()
    await send(hass, webhook_url, new_state(state))
    assert await watch.holding() == holding


async def test_conditions_follow_a_call(
    hass: HomeAssistant,
    webhook_url: str,
    loaded_entry: MockConfigEntry,
    watch: Watch,
) -> None:
    """Through a reload in the middle of it, to the end."""
    await watch.set_up(*CONDITIONS)
    await send(hass, webhook_url, new_state("Ringing"))
    assert await watch.holding() == {"is_reachable"}
    await send(hass, webhook_url, new_state("InUse"))
    assert await watch.holding() == {"is_in_use", "is_reachable"}
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert await watch.holding() == {"is_in_use", "is_reachable"}
    await send(hass, webhook_url, new_state("Idle"))
    assert await watch.holding() == {"is_idle", "is_reachable"}


@pytest.mark.parametrize(
    ("behavior", "first", "second", "holding"),
    [
        ("any", "Idle", "InUse", {*CONDITIONS}),
        ("all", "Idle", "InUse", {"is_reachable"}),
        ("all", "Idle", "Idle", {"is_idle", "is_reachable"}),
        # One that cannot be reached is left out, but is the point of the third.
        ("all", "Idle", "Unavailable", {"is_idle"}),
        ("all", "InUse", "Dancing", {"is_in_use"}),
        ("any", "Unavailable", "Ringing", {"is_reachable"}),
    ],
)
async def test_several_telephones(
    hass: HomeAssistant,
    webhook_url: str,
    watch: Watch,
    behavior: str,
    first: str,
    second: str,
    holding: set[str],
) -> None:
    """One of them is enough, or all are wanted, as in Home Assistant's own conditions."""
    await watch.set_up(*CONDITIONS, target=BOTH, options={"behavior": behavior})
    await send(hass, webhook_url, new_state(first), other_state(second))
    assert await watch.holding() == holding


async def test_condition_holds_only_after_some_time(
    hass: HomeAssistant,
    webhook_url: str,
    watch: Watch,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Reachable goes on while the telephone does one thing after the other."""
    await watch.set_up(*CONDITIONS, options={"for": {"minutes": 1}})
    await send(hass, webhook_url, new_state("Ringing"))
    freezer.tick(40)
    await send(hass, webhook_url, new_state("Idle"))
    freezer.tick(30)
    assert await watch.holding() == {"is_reachable"}
    freezer.tick(30)
    assert await watch.holding() == {"is_idle", "is_reachable"}
    await send(hass, webhook_url, new_state("Unavailable"), new_state("Idle"))
    assert await watch.holding() == set()


async def test_pbx_that_answers_is_reachable(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str, watch: Watch
) -> None:
    """While it does not, neither it nor any of its telephones is."""
    target = {"entity_id": [PHONE, CONNECTIVITY]}
    await watch.set_up("is_reachable", target=target, options={"behavior": "any"})
    assert await watch.holding() == {"is_reachable"}
    await send(hass, webhook_url, new_state("Idle"))
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    assert hass.states.is_state(CONNECTIVITY, "off")
    assert await watch.holding() == set()


async def test_device_of_the_pbx_is_a_target(
    loaded_entry: MockConfigEntry, entity_registry: er.EntityRegistry, watch: Watch
) -> None:
    """Though the entity that tells it is a diagnosis."""
    device = {"device_id": device_of(entity_registry, CONNECTIVITY)}
    await watch.set_up("is_reachable", target=device)
    assert await watch.holding() == {"is_reachable"}


async def test_area_is_a_target(
    hass: HomeAssistant,
    webhook_url: str,
    watch: Watch,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The telephones that are there count, and no sensor of anything else."""
    hall = area_registry.async_create("Hall")
    device_registry.async_update_device(
        device_of(entity_registry, PHONE), area_id=hall.id
    )
    other = entity_registry.async_get_or_create(
        "sensor", "door", "one", translation_key="state"
    )
    entity_registry.async_update_entity(other.entity_id, area_id=hall.id)
    hass.states.async_set(other.entity_id, "in_use")
    options = {"behavior": "any"}
    await watch.set_up(*CONDITIONS, target={"area_id": hall.id}, options=options)
    await send(hass, webhook_url, new_state("Idle"), other_state("InUse"))
    assert await watch.holding() == {"is_idle", "is_reachable"}


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(
    "options",
    [{"behavior": "each"}, {"for": "a while"}, {"state": "idle"}],
)
async def test_wrong_options_are_refused(
    websocket: MockHAClientWebSocket, condition: str, options: Mapping[str, Any]
) -> None:
    """When the automation is saved; without them it is right, and without a target not."""
    right = {"condition": f"pbx.{condition}", "target": {"entity_id": PHONE}}
    wrong = [{**right, "options": options}, {"condition": f"pbx.{condition}"}]
    for config, valid in ((right, True), (wrong[0], False), (wrong[1], False)):
        answer = await ask(websocket, "validate_config", conditions=config)
        assert answer["conditions"]["valid"] is valid, config


async def test_editor_offers_the_conditions(websocket: MockHAClientWebSocket) -> None:
    """With their targets and options, as they can be chosen."""
    await ask(websocket, "condition_platforms/subscribe")
    offered: dict[str, Any] = (await websocket.receive_json())["event"]
    ours = {key: value for key, value in offered.items() if key.startswith("pbx.")}
    assert ours.keys() == {f"pbx.{condition}" for condition in CONDITIONS}
    for key, value in ours.items():
        for target in value["target"]["entity"]:
            assert target["integration"] == "pbx", key
        assert value["fields"].keys() == {"behavior", "for"}, key


@pytest.mark.parametrize("state", EXTENSION_STATES)
async def test_no_state_is_forgotten(
    hass: HomeAssistant, webhook_url: str, watch: Watch, state: str
) -> None:
    """A telephone is reachable in each but one."""
    await watch.set_up("is_reachable")
    await send(hass, webhook_url, new_state(WIRE_WORDS.get(state, state)))
    assert hass.states.is_state(PHONE, state)
    assert (await watch.holding() == {"is_reachable"}) is (state != "unreachable")
