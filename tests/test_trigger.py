"""Triggers in automations: what happens to calls and at telephones."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
    mock_restore_cache_with_extra_data,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.pbx.sensor import EXTENSION_STATES, LAST_CALL_STATES
from homeassistant.core import HomeAssistant, ServiceCall, State
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.setup import async_setup_component
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    PING,
    change_options,
    elapse,
    office,
    originate,
    originate_and_wait,
    setup_integration,
)
from .test_contacts import ALI, RECEPTION, WORKSHOP
from .test_event import ANSWERED, INCOMING, TAKEN, UNANSWERED, send
from .test_extensions import new_state

CALLS = "event.office_calls"
PHONE_CALLS = "event.reception_calls"
PHONE = "sensor.reception_state"
STRANGER = "09120000004"

type Options = Mapping[str, Any]


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with extensions and a contact, not set up."""
    return office(
        simulator,
        options={
            "context": "main_routing",
            "country_prefix": "+98",
            "national_prefix": "0",
        },
        subentries_data=[RECEPTION, WORKSHOP, ALI],
    )


async def automate(
    hass: HomeAssistant,
    trigger: str,
    target: str | Mapping[str, Any],
    options: Options | None = None,
) -> list[ServiceCall]:
    """Set up an automation, and return what will collect its runs."""
    runs = async_mock_service(hass, "test", "run")
    if isinstance(target, str):
        target = {"entity_id": target}
    config = {
        "id": "watch",
        "alias": "Watch",
        "triggers": {
            "trigger": f"pbx.{trigger}",
            "target": target,
            "options": options or {},
        },
        "actions": {
            "action": "test.run",
            "data": {
                "entity": "{{ trigger.entity_id }}",
                "before": "{{ trigger.from_state.state }}",
                "now": "{{ trigger.to_state.state }}",
                "caller": "{{ trigger.to_state.attributes.caller }}",
                "outcome": "{{ trigger.to_state.attributes.outcome }}",
            },
        },
        "mode": "parallel",
    }
    assert await async_setup_component(hass, "automation", {"automation": config})
    assert hass.states.is_state("automation.watch", "on")
    return runs


@pytest.fixture
async def websocket(
    loaded_entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """Connect as the automation editor does."""
    return await hass_ws_client()


async def ask(client: MockHAClientWebSocket, what: str, **fields: Any) -> Any:
    """Return what Home Assistant answers to the automation editor."""
    await client.send_json_auto_id({"type": what, **fields})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


def changes(runs: list[ServiceCall]) -> list[str]:
    """Return from which states to which ones the runs tell of."""
    return [f"{run.data['before']} {run.data['now']}" for run in runs]


def device_of(entity_registry: er.EntityRegistry, entity_id: str) -> str:
    """Return the device of an entity."""
    registered = entity_registry.async_get(entity_id)
    assert registered is not None
    assert registered.device_id is not None
    return registered.device_id


async def dial_in(hass: HomeAssistant, simulator: Simulator) -> None:
    """Have somebody outside call the reception, and wait for the end of it."""
    simulator.pbx.dial_in(STRANGER, "557")
    await simulator.pbx.idle()
    await elapse(hass)


@pytest.mark.parametrize("target", [CALLS, PHONE_CALLS])
@pytest.mark.parametrize(
    ("trigger", "behaviour", "fires"),
    [
        ("incoming_call", "answer", True),
        ("incoming_call", "no_answer", True),
        ("call_answered", "answer", True),
        ("call_answered", "no_answer", False),
        ("call_missed", "answer", False),
        ("call_missed", "no_answer", True),
    ],
)
async def test_strangers_call_triggers_once(
    hass: HomeAssistant,
    connected: Simulator,
    target: str,
    trigger: str,
    behaviour: str,
    fires: bool,
) -> None:
    """At the PBX as at the telephone that it rings."""
    connected.pbx.change(phones=[{"number": "557", "behaviour": behaviour}])
    runs = await automate(hass, trigger, target)
    await dial_in(hass, connected)
    assert [run.data["entity"] for run in runs] == [target] * fires


@pytest.mark.parametrize(
    ("outcome", "fires"),
    [
        (None, True),
        ([], True),
        ("busy", True),
        (["busy", "no_answer"], True),
        (["answered"], False),
    ],
)
async def test_call_of_ours_that_ends_triggers_by_its_outcome(
    hass: HomeAssistant,
    connected: Simulator,
    outcome: str | list[str] | None,
    fires: bool,
) -> None:
    """Or whatever the outcome is, where none is chosen."""
    connected.pbx.change(phones=[{"number": "552", "behaviour": "busy"}])
    options = {} if outcome is None else {"outcome": outcome}
    runs = await automate(hass, "call_ended", CALLS, options)
    await originate_and_wait(hass, connected, wait_for="ended")
    assert [run.data["outcome"] for run in runs] == ["busy"] * fires


@pytest.mark.parametrize(
    ("outcome", "fires"), [("undetermined", 1), ("unknown", 1), ("failed", 0)]
)
async def test_call_whose_outcome_nobody_knows_is_undetermined(
    hass: HomeAssistant, webhook_url: str, outcome: str, fires: int
) -> None:
    """As for the sensors; the action's own word is understood as well."""
    runs = await automate(hass, "call_ended", CALLS, {"outcome": outcome})
    await send(hass, webhook_url, TAKEN, ANSWERED | {"disposition": "DANCED"})
    await elapse(hass)
    assert [run.data["outcome"] for run in runs] == ["unknown"] * fires


async def test_telephone_alone_does_not_tell_how_a_call_ended(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """So it is no target of the trigger for that."""
    runs = await automate(hass, "call_ended", PHONE_CALLS)
    await dial_in(hass, connected)
    assert not hass.states.is_state(PHONE_CALLS, "unknown")
    assert not runs


@pytest.mark.parametrize("target", [CALLS, PHONE_CALLS])
@pytest.mark.parametrize(
    ("number", "fires"),
    [
        ("09120000004", True),
        ("۰۹۱۲۰۰۰۰۰۰۴", True),
        ("٠٩١٢-٠٠٠ ٠٠٠٤", True),
        ("+989120000004", True),
        ("۰۰۹۸۹۱۲۰۰۰۰۰۰۴", True),
        (["09127654321", "0912 000 0004"], True),
        ([], True),
        ("9120000004", True),
        (552, False),
    ],
)
async def test_incoming_call_triggers_by_its_number(
    hass: HomeAssistant,
    connected: Simulator,
    target: str,
    number: object,
    fires: bool,
) -> None:
    """However the number is written."""
    runs = await automate(hass, "incoming_call", target, {"number": number})
    await dial_in(hass, connected)
    assert len(runs) == fires


@pytest.mark.parametrize(
    "caller",
    [
        "09123450001",
        "9123450001",
        "989123450001",
        "+989123450001",
        "00989123450001",
        "۰۹۱۲۳۴۵۰۰۰۱",
    ],
)
@pytest.mark.parametrize("country", ["+98", ""])
async def test_incoming_call_triggers_however_the_pbx_writes_its_number(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caller: str,
    country: str,
) -> None:
    """Numbers are compared as numbers, also where the country is not set."""
    await change_options(hass, loaded_entry, country_prefix=country)
    runs = await automate(hass, "incoming_call", CALLS, {"number": "09123450001"})
    await send(hass, webhook_url, {**INCOMING, "number": caller})
    assert len(runs) == 1
    others = ("09123450002", "3450001", "551", "")
    for index, number in enumerate(others):
        other = {**INCOMING, "number": number, "unique_id": f"2.{index}"}
        await send(hass, webhook_url, other)
    assert len(runs) == 1


@pytest.mark.parametrize("behaviour", ["no_answer", "reject"])
@pytest.mark.parametrize(
    ("options", "fires"), [({}, False), ({"placed_here": True}, True)]
)
@pytest.mark.parametrize(("caller", "callee"), [("557", "09121234567"), ("552", "557")])
async def test_call_of_ours_is_missed_only_where_that_is_asked_for(
    hass: HomeAssistant,
    connected: Simulator,
    behaviour: str,
    options: Options,
    fires: bool,
    caller: str,
    callee: str,
) -> None:
    """The telephone rang because Home Assistant placed the call."""
    connected.pbx.change(phones=[{"number": "557", "behaviour": behaviour}])
    runs = await automate(hass, "call_missed", PHONE_CALLS, options)
    await originate_and_wait(
        hass, connected, caller=caller, callee=callee, wait_for="ended"
    )
    state = hass.states.get(PHONE_CALLS)
    assert state is not None
    assert state.attributes["event_type"] == "missed"
    assert state.attributes["placed_here"] is True
    assert len(runs) == fires


@pytest.mark.parametrize(
    "order", [("ours", "theirs"), ("theirs", "ours")], ids=lambda order: order[0]
)
@pytest.mark.parametrize(
    "theirs",
    [{"participant": STRANGER, "unique_id": "1.2"}, {"unique_id": "1.2"}],
    ids=["named", "unnamed"],
)
async def test_strangers_call_is_missed_while_ours_rings(
    hass: HomeAssistant, webhook_url: str, theirs: dict[str, str], order: tuple[str]
) -> None:
    """At the same telephone, whichever of them ends first."""
    runs = await automate(hass, "call_missed", PHONE_CALLS)
    await originate(hass)
    ours = {"participant": "552", "unique_id": "1.1"}
    await send(hass, webhook_url, new_state("Ringing", **ours))
    await send(hass, webhook_url, new_state("Ringing", **theirs))
    for which in order:
        ended = {"ours": ours, "theirs": theirs}[which]
        await send(hass, webhook_url, new_state("Idle", **ended))
        told = hass.states.get(PHONE_CALLS)
        assert told is not None
        assert told.attributes["placed_here"] is (which == "ours")
        assert told.attributes["event_type"] == "missed"
    assert len(runs) == 1
    await elapse(hass)


@pytest.mark.parametrize("taken", [True, False])
async def test_who_rings_after_ours_is_a_stranger(
    hass: HomeAssistant, webhook_url: str, taken: bool
) -> None:
    """The telephone took our call, or left it, though neither has an id or a name."""
    runs = await automate(hass, "call_missed", PHONE_CALLS)
    await originate(hass)
    await send(hass, webhook_url, new_state("Ringing"))
    await send(hass, webhook_url, new_state("InUse" if taken else "Idle"))
    await send(hass, webhook_url, new_state("Ringing", unique_id="1.2"))
    await send(hass, webhook_url, new_state("Idle", unique_id="1.2"))
    assert len(runs) == 1
    await elapse(hass)


async def test_calls_of_ours_that_share_an_id_are_ours(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """Which of them it is does not matter."""
    runs = await automate(hass, "call_missed", PHONE_CALLS)
    await originate(hass, caller="552", callee="557")
    await originate(hass, caller="557", callee="553", allow_repeat=True)
    for state in ("Ringing", "Idle"):
        await send(hass, webhook_url, new_state(state, unique_id="1.1"))
        theirs = {**new_state(state, unique_id="1.1"), "exten": "552"}
        await send(hass, webhook_url, theirs)
    await send(hass, webhook_url, new_state("Ringing", unique_id="1.1"))
    told = hass.states.get(PHONE_CALLS)
    assert told is not None
    assert told.attributes["placed_here"] is True
    assert not runs
    await elapse(hass)


async def test_telephone_of_a_group_that_we_call_rings_for_us(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """It shows who calls, which is enough to tell that the call was placed here."""
    runs = await automate(hass, "call_missed", PHONE_CALLS)
    await originate(hass, caller="552", callee="600")
    for state in ("Ringing", "Idle"):
        await send(hass, webhook_url, new_state(state, participant="552"))
    told = hass.states.get(PHONE_CALLS)
    assert told is not None
    assert told.attributes["event_type"] == "missed"
    assert not runs
    await elapse(hass)


async def test_trace_says_that_the_number_was_not_known(
    hass: HomeAssistant, websocket: MockHAClientWebSocket, webhook_url: str
) -> None:
    """Of a call for which an automation with a number did not run."""
    runs = await automate(hass, "incoming_call", CALLS, {"number": STRANGER})
    await send(hass, webhook_url, {**INCOMING, "number": "anonymous"})
    assert not runs
    item = {"domain": "automation", "item_id": "watch"}
    [listed] = await ask(websocket, "trace/list", **item)
    found = await ask(websocket, "trace/get", run_id=listed["run_id"], **item)
    assert found["trace"]["trigger/0"][0]["result"] == {
        "reason": "number_not_known",
        "data": {"entity_id": CALLS},
    }


@pytest.mark.parametrize(
    ("trigger", "events"),
    [
        ("incoming_call", [INCOMING, INCOMING]),
        ("call_answered", [INCOMING, TAKEN, TAKEN]),
        ("call_ended", [INCOMING, UNANSWERED, UNANSWERED]),
        # It ends and is missed within the same millisecond.
        ("call_missed", [INCOMING, UNANSWERED, UNANSWERED]),
    ],
)
async def test_event_that_comes_twice_triggers_once(
    hass: HomeAssistant, webhook_url: str, trigger: str, events: list[dict[str, Any]]
) -> None:
    """The PBX sends some again."""
    runs = await automate(hass, trigger, CALLS)
    await send(hass, webhook_url, *events)
    await elapse(hass)
    assert [run.data["caller"] for run in runs] == [STRANGER]


@pytest.mark.usefixtures("freezer")
async def test_calls_within_the_same_millisecond_trigger_each(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """Home Assistant never gives two events the same time."""
    runs = await automate(hass, "incoming_call", CALLS)
    await send(hass, webhook_url, INCOMING, {**INCOMING, "unique_id": "1.2"})
    assert len(runs) == 2


async def test_new_name_is_no_event(
    hass: HomeAssistant, webhook_url: str, entity_registry: er.EntityRegistry
) -> None:
    """The state is written anew with it, and says no more than before."""
    await send(hass, webhook_url, INCOMING, new_state("Idle"))
    calls = await automate(hass, "incoming_call", CALLS)
    states = await automate(hass, "extension_state_changed", PHONE)
    for entity_id in (CALLS, PHONE):
        entity_registry.async_update_entity(entity_id, name="Another name")
    await hass.async_block_till_done()
    assert not calls
    assert not states


@pytest.mark.parametrize(
    ("trigger", "events"),
    [
        ("incoming_call", [INCOMING]),
        ("call_answered", [INCOMING, TAKEN]),
        ("call_ended", [INCOMING, TAKEN, ANSWERED]),
        ("call_missed", [INCOMING, UNANSWERED]),
    ],
)
async def test_entity_that_goes_and_is_back_triggers_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    trigger: str,
    events: list[dict[str, Any]],
) -> None:
    """Neither at a reload nor while the PBX does not answer; the next event does."""
    await send(hass, webhook_url, *events)
    await elapse(hass)
    runs = await automate(hass, trigger, CALLS)
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await hass.async_block_till_done()
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    assert hass.states.is_state(CALLS, "unavailable")
    simulator.pbx.change(faults=[])
    await elapse(hass)
    assert not hass.states.is_state(CALLS, "unavailable")
    assert not runs
    await send(hass, webhook_url, *({**event, "unique_id": "1.2"} for event in events))
    await elapse(hass)
    assert len(runs) == 1


async def test_first_call_after_an_outage_triggers(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
) -> None:
    """Although a contact was changed while the PBX was away."""
    runs = await automate(hass, "incoming_call", CALLS)
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    hass.config_entries.async_update_subentry(
        loaded_entry, loaded_entry.subentries["01JALI"], title="Ali Reza"
    )
    await hass.async_block_till_done()
    assert hass.states.is_state(CALLS, "unavailable")
    simulator.pbx.change(faults=[])
    await elapse(hass)
    assert hass.states.is_state(CALLS, "unknown")
    await send(hass, webhook_url, INCOMING)
    assert len(runs) == 1


async def test_event_of_an_earlier_run_triggers_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Home Assistant starts, and its automations before the entities are there."""
    extra = {
        "last_event_type": "incoming",
        "last_event_attributes": {"caller": STRANGER},
    }
    time = "2026-11-23T10:00:00.000+00:00"
    mock_restore_cache_with_extra_data(hass, [(State(CALLS, time), extra)])
    runs = await automate(hass, "incoming_call", CALLS)
    await setup_integration(hass, entry)
    assert hass.states.is_state(CALLS, time)
    assert not runs


async def test_automation_that_was_there_first_is_triggered(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    entry: MockConfigEntry,
) -> None:
    """It finds the entity when that comes."""
    assert await async_setup_component(hass, "webhook", {})
    client = await hass_client_no_auth()
    runs = await automate(hass, "incoming_call", CALLS)
    await setup_integration(hass, entry)
    address = client.make_url(f"/api/webhook/{entry.data['webhook_id']}")
    await send(hass, str(address), INCOMING)
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("options", "fired"),
    [
        ({}, ["unknown idle", "idle ringing", "ringing in_use", "in_use idle"]),
        (
            {"from": [], "to": []},
            ["unknown idle", "idle ringing", "ringing in_use", "in_use idle"],
        ),
        ({"to": "idle"}, ["unknown idle", "in_use idle"]),
        ({"from": ["idle", "ringing"]}, ["idle ringing", "ringing in_use"]),
        ({"from": "in_use", "to": ["idle", "paused"]}, ["in_use idle"]),
        ({"from": "idle", "to": "in_use"}, []),
    ],
)
async def test_state_of_a_telephone_triggers_by_what_it_was_and_is(
    hass: HomeAssistant, webhook_url: str, options: Options, fired: list[str]
) -> None:
    """Each change once; the first state that is heard after a start is one too."""
    runs = await automate(hass, "extension_state_changed", PHONE, options)
    for state in ("Idle", "Idle", "Ringing", "Ringing", "InUse", "Hold", "Idle"):
        await send(hass, webhook_url, new_state(state))
    assert changes(runs) == fired


async def test_call_shows_in_the_states_of_its_telephone(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """A whole one, from the PBX's own events."""
    runs = await automate(hass, "extension_state_changed", PHONE)
    await dial_in(hass, connected)
    assert changes(runs) == [
        "unknown ringing",
        "ringing in_use",
        "in_use idle",
    ]


async def test_telephone_that_cannot_be_reached_is_told_from_a_pbx_that_cannot(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
) -> None:
    """The first is a state of the telephone, the second one of no telephone."""
    runs = await automate(hass, "extension_state_changed", PHONE)
    await send(hass, webhook_url, new_state("Idle"), new_state("Unavailable"))
    # It stays what it is, while the PBX goes and is back, and at a reload.
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    simulator.pbx.change(faults=[])
    await elapse(hass)
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await send(hass, webhook_url, new_state("Idle"))
    expected = ["unknown idle", "idle unreachable", "unreachable idle"]
    assert changes(runs) == expected
    # What happens while the PBX is away is old when it is back.
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    assert hass.states.is_state(PHONE, "unavailable")
    await send(hass, webhook_url, new_state("Ringing"))
    simulator.pbx.change(faults=[])
    await elapse(hass)
    assert hass.states.is_state(PHONE, "ringing")
    assert changes(runs) == expected
    await send(hass, webhook_url, new_state("Idle"))
    assert changes(runs) == [*expected, "ringing idle"]


async def test_reload_changes_no_telephone(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, webhook_url: str
) -> None:
    """Its state is known before and after."""
    await send(hass, webhook_url, new_state("Idle"))
    runs = await automate(hass, "extension_state_changed", PHONE)
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(PHONE, "idle")
    assert not runs
    await send(hass, webhook_url, new_state("Ringing"))
    assert changes(runs) == ["idle ringing"]


@pytest.mark.parametrize(
    ("sent", "state"), [("Unavailable", "unreachable"), ("Idle", "idle")]
)
async def test_state_that_was_there_before_the_automation_is_changed_from(
    hass: HomeAssistant, webhook_url: str, sent: str, state: str
) -> None:
    """It need not see how the telephone got there."""
    await send(hass, webhook_url, new_state(sent))
    runs = await automate(hass, "extension_state_changed", PHONE, {"from": state})
    await send(hass, webhook_url, new_state("Ringing"))
    assert changes(runs) == [f"{state} ringing"]


async def test_entity_that_is_new_changes_no_telephone(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """What was heard of the telephone before is shown at once."""
    await send(hass, webhook_url, new_state("Idle"))
    runs = await automate(hass, "extension_state_changed", PHONE)
    entity_registry.async_remove(PHONE)
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(PHONE, "idle")
    assert not runs


async def test_state_that_is_not_known_is_no_change(
    hass: HomeAssistant, webhook_url: str
) -> None:
    """What follows it is one from what was heard before."""
    runs = await automate(hass, "extension_state_changed", PHONE, {"from": "idle"})
    for state in ("Idle", "Dancing", "Idle", "Dancing"):
        await send(hass, webhook_url, new_state(state))
    assert not runs
    await send(hass, webhook_url, new_state("Ringing"))
    assert changes(runs) == ["unknown ringing"]


async def test_device_is_a_target(
    hass: HomeAssistant, webhook_url: str, entity_registry: er.EntityRegistry
) -> None:
    """That of a telephone has its calls, and no others."""
    device = {"device_id": device_of(entity_registry, PHONE)}
    runs = await automate(hass, "incoming_call", device)
    await send(hass, webhook_url, new_state("Ringing"))
    await send(hass, webhook_url, {**new_state("Ringing"), "exten": "552"}, INCOMING)
    assert [run.data["entity"] for run in runs] == [PHONE_CALLS]


async def test_area_is_a_target(
    hass: HomeAssistant,
    webhook_url: str,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """A telephone counts while it is there."""
    hall = area_registry.async_create("Hall")
    device = device_of(entity_registry, PHONE)
    runs = await automate(hass, "extension_state_changed", {"area_id": hall.id})
    await send(hass, webhook_url, new_state("Idle"))
    device_registry.async_update_device(device, area_id=hall.id)
    await hass.async_block_till_done()
    assert not runs
    await send(hass, webhook_url, new_state("Ringing"))
    device_registry.async_update_device(device, area_id=None)
    await hass.async_block_till_done()
    await send(hass, webhook_url, new_state("Idle"))
    assert changes(runs) == ["idle ringing"]


@pytest.mark.parametrize(
    ("trigger", "mine", "others"),
    [
        ("incoming_call", CALLS, ("event", "calls")),
        ("extension_state_changed", PHONE, ("sensor", "state")),
    ],
)
@pytest.mark.usefixtures("loaded_entry")
async def test_entities_of_others_are_no_targets(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    trigger: str,
    mine: str,
    others: tuple[str, str],
) -> None:
    """Whatever they look like; nor are our own that are something else."""
    other = entity_registry.async_get_or_create(
        others[0], "door", "one", translation_key=others[1]
    )
    entities = [
        mine,
        other.entity_id,
        f"{others[0]}.unregistered",
        "sensor.office_last_call",
        "binary_sensor.office_connectivity",
    ]
    runs = await automate(hass, trigger, {"entity_id": entities})
    for state in "idle ringing":
        for entity_id in entities:
            hass.states.async_set(entity_id, state, {"event_type": "incoming"})
        await hass.async_block_till_done()
    assert {run.data["entity"] for run in runs} == {mine}


@pytest.mark.parametrize(
    ("trigger", "options"),
    [
        ("call_ended", {"outcome": "eaten"}),
        ("call_ended", {"outcome": ["answered", "accepted"]}),
        ("call_ended", {"number": "552"}),
        ("incoming_call", {"number": "my mother"}),
        ("incoming_call", {"number": [""]}),
        ("incoming_call", {"number": 0.5}),
        ("incoming_call", {"number": ["552", None]}),
        ("incoming_call", {"outcome": "answered"}),
        ("call_answered", {"number": "552"}),
        ("call_missed", {"for": "00:01:00"}),
        ("extension_state_changed", {"to": "unknown"}),
        ("extension_state_changed", {"from": ["idle", "dancing"]}),
    ],
)
async def test_wrong_options_are_refused(
    websocket: MockHAClientWebSocket, trigger: str, options: Options
) -> None:
    """When the automation is saved; without them it is right, and without a target not."""
    right = {"trigger": f"pbx.{trigger}", "target": {"entity_id": CALLS}}
    wrong = [{**right, "options": options}, {"trigger": f"pbx.{trigger}"}]
    for config, valid in ((right, True), (wrong[0], False), (wrong[1], False)):
        answer = await ask(websocket, "validate_config", triggers=config)
        assert answer["triggers"]["valid"] is valid, config


async def test_editor_offers_the_triggers(
    websocket: MockHAClientWebSocket,
) -> None:
    """With their targets and options, as they can be chosen."""
    await ask(websocket, "trigger_platforms/subscribe")
    offered: dict[str, Any] = (await websocket.receive_json())["event"]
    ours = {key: value for key, value in offered.items() if key.startswith("pbx.")}
    assert ours.keys() == {
        "pbx.call_answered",
        "pbx.call_ended",
        "pbx.call_missed",
        "pbx.extension_state_changed",
        "pbx.incoming_call",
    }
    for key, value in ours.items():
        [target] = value["target"]["entity"]
        assert target["integration"] == "pbx", key
    outcome = ours["pbx.call_ended"]["fields"]["outcome"]["selector"]["select"]
    assert outcome["options"] == LAST_CALL_STATES
    for field in ours["pbx.extension_state_changed"]["fields"].values():
        assert field["selector"]["select"]["options"] == EXTENSION_STATES
