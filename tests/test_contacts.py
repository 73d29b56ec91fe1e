"""Calling those who were added as contacts and extensions, without typing a number."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_track_state_change_event
from simulator.server import Simulator, running
from simulator.settings import Fault

from .common import (
    PING,
    connection_to,
    elapse,
    office,
    originate,
    originates,
    setup_integration,
    subentry,
)
from .test_subentry_flow import change, submit

PHONE = "sensor.reception_state"
BUTTON = "button.ali_call"
LAST_CALL = "sensor.ali_last_call"


RECEPTION = subentry("extension", "Reception", number="557")
WORKSHOP = subentry("extension", "Workshop", number="552")
ALI = subentry(
    "contact",
    "Ali",
    number="09121234567",
    caller="552",
    context="main_routing",
    caller_id="021",
    trunk_name="spare",
    timeout=20,
)
SARA = subentry("contact", "Sara", number="09127654321")


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with extensions and contacts, not set up."""
    return office(
        simulator,
        options={"context": "main_routing", "timeout": 30, "trunk_name": "cisco"},
        subentries_data=[RECEPTION, WORKSHOP, ALI, SARA],
    )


async def press(hass: HomeAssistant, button: str) -> None:
    """Press a button."""
    await hass.services.async_call(
        "button", "press", {"entity_id": button}, blocking=True
    )


@pytest.mark.usefixtures("loaded_entry")
async def test_button_calls_a_contact(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The contact's own telephone rings first, and the rest is the contact's too."""
    await press(hass, BUTTON)
    assert originates(simulator) == [
        {
            "caller": "552",
            "callee": "09121234567",
            "context": "main_routing",
            "caller_id": "021",
            "trunk_name": "spare",
            "timeout": "20",
        }
    ]


async def test_contact_is_made_by_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """It is a person; also where an earlier version has called it a device."""
    ids = {known.title: key for key, known in entry.subentries.items()}
    entry.add_to_hass(hass)
    device_registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=ids["Ali"],
        identifiers={("pbx", f"{entry.entry_id}_{ids['Ali']}")},
        manufacturer="Nasim Telecom",
        model="Contact",
        name="Ali",
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    made_by = {
        (device.name, device.manufacturer)
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    }
    assert made_by == {
        ("Office", "Nasim Telecom"),
        ("Reception", "Nasim Telecom"),
        ("Workshop", "Nasim Telecom"),
        ("Ali", None),
        ("Sara", None),
    }


@pytest.mark.usefixtures("loaded_entry")
async def test_button_of_a_contact_without_a_telephone_says_so(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Nobody is guessed."""
    with pytest.raises(ServiceValidationError) as caught:
        await press(hass, "button.sara_call")
    assert caught.value.translation_key == "caller_missing"
    assert not originates(simulator)


async def test_button_that_waited_for_an_entry_that_is_gone_says_so(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """One press at a time is worked off; the entry may be unloaded meanwhile."""
    simulator.pbx.change(faults=[Fault(delay=0.5)])
    first, second = (asyncio.create_task(press(hass, BUTTON)) for _ in range(2))
    while not originates(simulator):
        await asyncio.sleep(0.01)
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    await first
    with pytest.raises(ServiceValidationError) as caught:
        await second
    assert caught.value.translation_key == "service_config_entry_not_loaded"
    assert len(originates(simulator)) == 1


async def test_contact_knows_how_the_last_call_ended(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Whichever way it was placed; calls to others are none of its."""
    connected.pbx.change(phones=[{"number": "09.", "behaviour": "busy"}])
    assert hass.states.is_state(LAST_CALL, "unknown")
    await press(hass, BUTTON)
    await connected.pbx.idle()
    await elapse(hass)
    assert hass.states.is_state(LAST_CALL, "busy")
    assert hass.states.is_state("sensor.sara_last_call", "unknown")


async def test_last_call_of_a_contact_is_there_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """As it was."""
    extra = {"native_value": "no_answer", "native_unit_of_measurement": None}
    mock_restore_cache_with_extra_data(hass, [(State(LAST_CALL, "no_answer"), extra)])
    await setup_integration(hass, entry)
    assert hass.states.is_state(LAST_CALL, "no_answer")


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (
            {"caller_entity_id": PHONE, "callee_entity_id": BUTTON},
            {"caller": "557", "callee": "09121234567", "timeout": "20"},
        ),
        (
            {"callee_entity_id": BUTTON},
            {"caller": "552", "trunk_name": "spare", "caller_id": "021"},
        ),
        (
            {"caller": "553", "callee_entity_id": BUTTON, "timeout": 5},
            {"caller": "553", "timeout": "5", "trunk_name": "spare"},
        ),
        (
            {"callee_entity_id": BUTTON, "trunk_name": "", "caller_id": ""},
            {"trunk_name": "", "caller_id": "021"},
        ),
        (
            {"caller_entity_id": PHONE, "callee_entity_id": "sensor.workshop_state"},
            {"caller": "557", "callee": "552", "trunk_name": "cisco", "timeout": "30"},
        ),
        (
            {"caller_entity_id": PHONE, "callee": "553"},
            {"caller": "557", "callee": "553"},
        ),
        (
            {"caller_entity_id": PHONE, "callee_entity_id": "button.sara_call"},
            {"caller": "557", "callee": "09127654321", "trunk_name": "cisco"},
        ),
        (
            {"callee_entity_id": BUTTON, "config_entry_id": "01JOFFICE"},
            {"caller": "552"},
        ),
    ],
)
async def test_entities_stand_for_numbers(
    hass: HomeAssistant,
    simulator: Simulator,
    fields: dict[str, Any],
    sent: dict[str, str],
) -> None:
    """A field that is given wins over the contact's, and that over the default."""
    response = await hass.services.async_call(
        "pbx", "originate", fields, blocking=True, return_response=True
    )
    (body,) = originates(simulator)
    assert {**body, **sent} == body
    assert response is not None
    assert (response["caller"], response["callee"]) == (body["caller"], body["callee"])


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"caller_entity_id": PHONE, "callee_entity_id": PHONE[:-1]}, "not_ours"),
        ({"caller_entity_id": BUTTON, "callee": "552"}, "not_a_telephone"),
        (
            {"caller": "557", "callee_entity_id": "event.office_calls"},
            "not_a_telephone",
        ),
        (
            {"caller_entity_id": "sensor.reception_other_party", "callee": "552"},
            "not_a_telephone",
        ),
        (
            {"caller_entity_id": PHONE, "callee_entity_id": "event.workshop_calls"},
            "not_a_telephone",
        ),
        (
            {"caller_entity_id": PHONE, "callee_entity_id": LAST_CALL},
            "not_a_telephone",
        ),
        ({"callee_entity_id": "button.sara_call"}, "caller_missing"),
        ({"callee_entity_id": PHONE}, "caller_missing"),
    ],
)
async def test_entity_that_is_no_telephone_is_refused(
    hass: HomeAssistant, simulator: Simulator, fields: dict[str, Any], key: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call("pbx", "originate", fields, blocking=True)
    assert caught.value.translation_key == key
    assert not originates(simulator)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    "fields",
    [
        {"caller": "557"},
        {"callee": "552"},
        {"caller": "557", "callee": "552", "callee_entity_id": BUTTON},
        {"caller": "557", "caller_entity_id": PHONE, "callee": "552"},
        {"caller_entity_id": PHONE},
    ],
)
async def test_each_party_is_named_once(
    hass: HomeAssistant, simulator: Simulator, fields: dict[str, Any]
) -> None:
    """By a number or by an entity."""
    with pytest.raises(vol.Invalid):
        await hass.services.async_call("pbx", "originate", fields, blocking=True)
    assert not originates(simulator)


async def test_entity_decides_the_pbx(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """With several set up, nobody has to say which; a contradiction is refused."""
    other_entry = MockConfigEntry(
        domain="pbx",
        title="Home",
        data=connection_to(simulator),
        subentries_data=[subentry("extension", "Kitchen", number="553")],
    )
    await setup_integration(hass, other_entry)
    call = {"caller_entity_id": PHONE, "callee": "552"}
    response = await hass.services.async_call(
        "pbx", "originate", call, blocking=True, return_response=True
    )
    assert response is not None
    assert response["config_entry_id"] == loaded_entry.entry_id
    for fields in (
        {**call, "config_entry_id": other_entry.entry_id},
        {"caller_entity_id": "sensor.kitchen_state", "callee_entity_id": BUTTON},
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await hass.services.async_call("pbx", "originate", fields, blocking=True)
        assert caught.value.translation_key == "several_pbxs"
    assert len(originates(simulator)) == 1


@pytest.mark.parametrize(
    ("options", "given", "dialled"),
    [
        ({}, "+989121234567", "+989121234567"),
        ({"country_prefix": "+98"}, "+989121234567", "9121234567"),
        (
            {"country_prefix": "+98", "national_prefix": "0"},
            "+98 912 123 4567",
            "09121234567",
        ),
        (
            {"country_prefix": "98", "national_prefix": "0"},
            "00989121234567",
            "09121234567",
        ),
        (
            {"country_prefix": "+98", "national_prefix": "0"},
            "+15551234",
            "+15551234",
        ),
        ({"country_prefix": "+98", "national_prefix": "0"}, "989121", "989121"),
        ({"country_prefix": "+98", "national_prefix": "0"}, "+98", "+98"),
    ],
)
async def test_prefix_of_the_own_country_is_dialled_as_at_home(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    options: dict[str, str],
    given: str,
    dialled: str,
) -> None:
    """Where the options say so; all other numbers stay as they are."""
    hass.config_entries.async_update_entry(
        loaded_entry, options={**loaded_entry.options, **options}
    )
    await hass.async_block_till_done()
    response = await originate(hass, callee=given)
    assert response["callee"] == dialled
    assert originates(simulator)[0]["callee"] == dialled


async def awaited(hass: HomeAssistant, simulator: Simulator) -> asyncio.Task[Any]:
    """Return an action that waits for the end of the only call, which is placed."""
    waiting = asyncio.create_task(originate(hass, wait_for="ended"))
    while not simulator.pbx.calls:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    return waiting


async def test_change_of_a_contact_does_not_end_a_wait(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """It takes effect at once, while the call goes on; any other change ends the wait."""
    async with running() as simulator:
        simulator.pbx.change(extension_phone={"behaviour": "manual"})
        entry = office(simulator, subentries_data=[WORKSHOP, ALI])
        await setup_integration(hass, entry)
        waiting = [
            asyncio.create_task(originate(hass, caller=caller, wait_for="ended"))
            for caller in ("557", "553")
        ]
        while len(simulator.pbx.calls) < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)

        result = await change(hass, entry, "01JALI")
        await submit(hass, result, {**ALI["data"], "number": "0912"})
        assert not any(action.done() for action in waiting)
        await press(hass, BUTTON)
        assert originates(simulator)[-1]["callee"] == "0912"
        client = await hass_client_no_auth()
        event = {
            "event_name": "Cdr",
            "dst": "failed",
            "disposition": "NO ANSWER",
            "originated_call_id": simulator.pbx.calls[0].originated_call_id,
        }
        address = f"/api/webhook/{entry.data['webhook_id']}"
        assert (await client.post(address, json=event)).status == 200
        assert (await waiting[0])["outcome"] == "caller_no_answer"

        result = await change(hass, entry, "01JWORKSHOP")
        await submit(hass, result, {"number": "552", "name": "Shed"})
        assert (await waiting[1])["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("fault", "connectivity", "phone"),
    [
        (Fault(path=PING, delay=0.4), "on", "in_use"),
        (Fault(path=PING, status=500), "off", "unavailable"),
    ],
)
async def test_change_of_a_contact_does_not_wait_for_the_pbx(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    fault: Fault,
    connectivity: str,
    phone: str,
) -> None:
    """Events are taken while it is pinged, and waits go on though it may be away."""
    async with running() as simulator:
        simulator.pbx.change(extension_phone={"behaviour": "manual"})
        entry = office(simulator, subentries_data=[WORKSHOP, ALI])
        await setup_integration(hass, entry)
        client = await hass_client_no_auth()
        address = f"/api/webhook/{entry.data['webhook_id']}"
        waiting = await awaited(hass, simulator)

        simulator.pbx.change(faults=[fault])
        result = await change(hass, entry, "01JALI")
        await submit(hass, result, {**ALI["data"], "number": "0912"})
        assert entry.state is ConfigEntryState.LOADED
        for event in (
            {"event_name": "NewState", "exten": "552", "state": "InUse"},
            {
                "event_name": "Cdr",
                "dst": "failed",
                "disposition": "NO ANSWER",
                "originated_call_id": simulator.pbx.calls[0].originated_call_id,
            },
        ):
            assert (await client.post(address, json=event)).status == 200
        response = await asyncio.wait_for(waiting, 1)
        assert response["outcome"] == "caller_no_answer"
        await asyncio.sleep(fault.delay + 0.1)
        assert hass.states.is_state("binary_sensor.office_connectivity", connectivity)
        assert hass.states.is_state("sensor.workshop_state", phone)


async def test_change_of_a_contact_finds_the_pbx_as_it_was(
    hass: HomeAssistant,
) -> None:
    """A PBX that is away does not seem to be back for a moment."""
    async with running() as simulator:
        entry = office(simulator, subentries_data=[ALI])
        await setup_integration(hass, entry)
    with pytest.raises(HomeAssistantError):
        await originate(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.is_state("binary_sensor.office_connectivity", "off")
    seen: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if state := event.data["new_state"]:
            seen.append(state.state)

    async_track_state_change_event(hass, "binary_sensor.office_connectivity", note)
    result = await change(hass, entry, "01JALI")
    await submit(hass, result, {**ALI["data"], "number": "0912"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert "on" not in seen
    assert seen[-1] == "off"


async def test_wait_ends_where_more_than_a_contact_has_changed(
    hass: HomeAssistant,
) -> None:
    """Even if the contact was changed in the same moment."""
    async with running() as simulator:
        simulator.pbx.change(extension_phone={"behaviour": "manual"})
        entry = office(simulator, subentries_data=[WORKSHOP, ALI])
        await setup_integration(hass, entry)
        waiting = await awaited(hass, simulator)
        hass.config_entries.async_update_subentry(
            entry, entry.subentries["01JALI"], title="Ali Reza"
        )
        hass.config_entries.async_update_entry(
            entry, options={**entry.options, "context": "other"}
        )
        response = await asyncio.wait_for(waiting, 1)
        assert response["outcome"] == "unknown"


async def test_no_event_is_lost_while_a_contact_changes(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
) -> None:
    """A reload for it waits for nothing, so none comes between."""
    client = await hass_client_no_auth()
    address = f"/api/webhook/{loaded_entry.data['webhook_id']}"
    sent = 0
    changing = True

    async def send_on() -> None:
        nonlocal sent
        while changing:
            sent += 1
            assert (await client.post(address, json={"event_name": "Ping"})).ok

    streams = [asyncio.create_task(send_on()) for _ in range(4)]
    for number in ("0912", "0913", "0914"):
        hass.config_entries.async_update_subentry(
            loaded_entry,
            loaded_entry.subentries["01JALI"],
            data={**ALI["data"], "number": number},
        )
        await asyncio.sleep(0.2)
    changing = False
    await asyncio.gather(*streams)
    assert loaded_entry.runtime_data.monitor.heard["Ping"].count == sent


async def test_button_does_not_connect_a_telephone_to_itself(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Whatever was stored before that was refused in the form."""
    entry = office(
        simulator,
        subentries_data=[subentry("contact", "Me", number="557", caller="۵۵۷")],
    )
    await setup_integration(hass, entry)
    with pytest.raises(ServiceValidationError) as caught:
        await press(hass, "button.me_call")
    assert caught.value.translation_key == "same_number"
    assert not originates(simulator)
