"""Adding and changing extensions and contacts."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from simulator.server import Simulator

from .common import abort_reason, choices, connection_to, setup_integration, suggestions

ALI = {"name": "علی رضایی", "number": "09121234567", "caller": "557"}


async def start(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> SubentryFlowResult:
    """Open the dialog for a new one."""
    result = await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context={"source": SOURCE_USER}
    )
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    return result


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str
) -> SubentryFlowResult:
    """Open the dialog for one that was added."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, entry.subentries[subentry_id].subentry_type),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )


async def submit(
    hass: HomeAssistant, result: SubentryFlowResult, user_input: dict[str, Any]
) -> SubentryFlowResult:
    """Fill in the form that is shown."""
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], user_input
    )
    await hass.async_block_till_done()
    return result


async def add(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, user_input: dict[str, Any]
) -> SubentryFlowResult:
    """Add one in one go."""
    return await submit(hass, await start(hass, entry, kind), user_input)


def stored(entry: MockConfigEntry) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the kind, title and data of all subentries."""
    return [
        (item.subentry_type, item.title, dict(item.data))
        for item in entry.subentries.values()
    ]


async def test_extension_is_picked_from_the_list_of_the_pbx(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """It is called as the PBX calls it, and has a device behind that of the PBX."""
    result = await start(hass, loaded_entry, "extension")
    offered = choices(result, "number")
    assert offered is not None
    assert {"value": "557", "label": "Reception (557)"} in offered
    assert {"value": "521", "label": "521"} in offered
    result = await submit(hass, result, {"number": "557"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored(loaded_entry) == [
        ("extension", "Reception", {"number": "557", "name": "Reception"})
    ]
    assert loaded_entry.state is ConfigEntryState.LOADED
    devices = {
        device.name: device
        for device in dr.async_entries_for_config_entry(
            device_registry, loaded_entry.entry_id
        )
    }
    assert devices["Reception"].via_device_id == devices["Office"].id
    assert hass.states.is_state("sensor.reception_state", "unknown")


async def test_extension_is_typed_where_the_list_may_not_be_seen(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Its number is cleaned, and is its name where it has none."""
    simulator.pbx.change(account={"permitted_requests": ["/setting/ping/act"]})
    result = await start(hass, loaded_entry, "extension")
    assert choices(result, "number") is None
    result = await submit(hass, result, {"number": "abc"})
    assert result["errors"] == {"number": "invalid_number"}
    result = await submit(hass, result, {"number": "557", "name": "a\nb"})
    assert result["errors"] == {"name": "invalid_text"}
    await submit(hass, result, {"number": " ۵۵۷ ", "name": ""})
    assert stored(loaded_entry) == [
        ("extension", "557", {"number": "557", "name": "557"})
    ]


async def test_extension_is_added_once(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Whatever it is called, and however its number is spelt."""
    await add(hass, loaded_entry, "extension", {"number": "557"})
    result = await add(
        hass, loaded_entry, "extension", {"number": "۵۵۷", "name": "Desk"}
    )
    assert abort_reason(result) == "already_configured"
    assert len(loaded_entry.subentries) == 1


async def test_extension_is_changed_and_removed(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """It keeps its entities; another one's number is refused."""
    await add(hass, loaded_entry, "extension", {"number": "557"})
    await add(hass, loaded_entry, "extension", {"number": "552"})
    subentry_id = next(iter(loaded_entry.subentries))
    result = await change(hass, loaded_entry, subentry_id)
    assert result["step_id"] == "reconfigure"
    assert suggestions(result) == {"number": "557", "name": "Reception"}
    result = await submit(hass, result, {"number": "557", "name": "Desk"})
    assert abort_reason(result) == "reconfigure_successful"
    assert ("extension", "Desk", {"number": "557", "name": "Desk"}) in stored(
        loaded_entry
    )
    assert hass.states.is_state("sensor.reception_state", "unknown")
    result = await change(hass, loaded_entry, subentry_id)
    result = await submit(hass, result, {"number": "552", "name": "Desk"})
    assert abort_reason(result) == "already_configured"

    hass.config_entries.async_remove_subentry(loaded_entry, subentry_id)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.reception_state") is None
    assert loaded_entry.state is ConfigEntryState.LOADED


async def test_contact_is_added_with_what_differs_from_the_defaults(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Everything is cleaned, and what is empty is not stored."""
    await add(hass, loaded_entry, "extension", {"number": "557"})
    result = await start(hass, loaded_entry, "contact")
    assert choices(result, "caller") == [{"value": "557", "label": "Reception (557)"}]
    result = await submit(
        hass,
        result,
        {
            **ALI,
            "number": "۰۹۱۲ ۱۲۳ ۴۵۶۷",
            "aliases": [" Ali ", ""],
            "context": "sales",
            "caller_id": "",
            "timeout": 20,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored(loaded_entry)[1] == (
        "contact",
        "علی رضایی",
        {**ALI, "aliases": ["Ali"], "context": "sales", "timeout": 20},
    )


async def test_contact_needs_a_name_and_a_number_only(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Whoever calls may say which telephone rings first."""
    contact = {"name": "Sara", "number": "09127654321"}
    await add(hass, loaded_entry, "contact", contact)
    assert stored(loaded_entry) == [("contact", "Sara", contact)]


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"number": "abc"}, {"number": "invalid_number"}),
        ({"caller": "abc"}, {"caller": "invalid_number"}),
        ({"name": "a\nb"}, {"name": "invalid_text"}),
        ({"name": "\u200c"}, {"name": "name_missing"}),
        ({"name": "!!!"}, {"name": "name_missing"}),
        (
            {"aliases": [f"Ali {number}" for number in range(21)]},
            {"aliases": "too_many_aliases"},
        ),
        ({"aliases": ["a\nb"]}, {"aliases": "invalid_text"}),
        ({"context": "a\nb"}, {"context": "invalid_text"}),
        ({"number": "+989121234567"}, {"number": "barred_prefix"}),
        ({"number": "00989121234567"}, {"number": "barred_prefix"}),
    ],
)
async def test_what_makes_no_sense_is_said_in_the_form(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    change: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """What was entered stays, and can be sent when it is mended."""
    result = await add(hass, loaded_entry, "contact", {**ALI, **change})
    assert result["errors"] == errors
    assert suggestions(result) == {**ALI, **change}
    result = await submit(hass, result, ALI)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_number_that_a_stock_pbx_bars_may_be_meant(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Whoever sends it once more knows his PBX."""
    contact = {**ALI, "number": "+989121234567"}
    result = await add(hass, loaded_entry, "contact", contact)
    assert result["errors"] == {"number": "barred_prefix"}
    result = await submit(hass, result, contact)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert stored(loaded_entry)[0][2] == contact


async def test_number_with_the_own_country_is_no_trouble(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Where the options say how such a number is dialled."""
    options = {
        **loaded_entry.options,
        "country_prefix": "+98",
        "national_prefix": "0",
    }
    hass.config_entries.async_update_entry(loaded_entry, options=options)
    await hass.async_block_till_done()
    contact = {**ALI, "number": "+989121234567"}
    result = await add(hass, loaded_entry, "contact", contact)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_names_of_contacts_are_unique_over_all_pbxs(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """However they are spelt, and other names included: voice needs that."""
    await add(hass, loaded_entry, "contact", {**ALI, "aliases": ["Ali"]})
    other_entry = MockConfigEntry(
        domain="pbx", title="Home", data=connection_to(simulator)
    )
    await setup_integration(hass, other_entry)
    for name in ("علي‌رضايي", "ALI"):
        result = await add(hass, other_entry, "contact", {**ALI, "name": name})
        assert result["errors"] == {"name": "name_taken"}
        assert result["description_placeholders"] == {"owner": "علی رضایی"}
    result = await add(
        hass, other_entry, "contact", {**ALI, "name": "Sara", "aliases": ["ali"]}
    )
    assert result["errors"] == {"aliases": "name_taken"}
    result = await submit(hass, result, {**ALI, "name": "Sara"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_contact_may_keep_its_own_names(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Changing it is no duplicate of itself, and what is emptied is removed."""
    await add(
        hass, loaded_entry, "contact", {**ALI, "aliases": ["Ali"], "context": "sales"}
    )
    (subentry_id,) = loaded_entry.subentries
    result = await change(hass, loaded_entry, subentry_id)
    assert suggestions(result) == {**ALI, "aliases": ["Ali"], "context": "sales"}
    result = await submit(hass, result, {**ALI, "aliases": ["علي"]})
    assert abort_reason(result) == "reconfigure_successful"
    assert stored(loaded_entry) == [
        ("contact", "علی رضایی", {**ALI, "aliases": ["علي"]})
    ]


@pytest.mark.parametrize(
    ("number", "caller"),
    [
        ("557", "۵۵۷"),
        ("09121234567", "0912 123 4567"),
        ("00989121234567", "+98 912 123 4567"),
    ],
)
async def test_contact_cannot_be_rung_first_on_his_own_number(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, number: str, caller: str
) -> None:
    """However the two are written; the form can be mended."""
    contact = {"name": "Ali", "number": number, "caller": caller}
    result = await add(hass, loaded_entry, "contact", contact)
    assert result["errors"] == {"caller": "same_number"}
    mended = {"name": "Ali", "number": "552"}
    result = await submit(hass, result, {**mended, "caller": "557"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
