"""The options of a PBX, and trying its events and a call from there."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import ClientResponse
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.pbx.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    ORIGINATE,
    PING,
    REFERENCE_ACCOUNT,
    abort_reason,
    choices,
    elapse,
    originates,
    suggestions,
    without_address,
)

DEFAULTS = {"context": "main_routing", "timeout": 30}


async def choose(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> ConfigFlowResult:
    """Open the options and choose a step of their menu."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "init")
    assert step in result["menu_options"]
    return await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": step}
    )


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in the form that is shown; what is then under way is not waited for."""
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], user_input
    )
    if result["type"] is not FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done()
    return result


async def progress(
    hass: HomeAssistant, simulator: Simulator, result: ConfigFlowResult
) -> ConfigFlowResult:
    """Let time go by until what is shown as being under way is through.

    Only when nothing moves any more: it must not cut off what is on its way.
    """
    for turn in range(30):
        if result["type"] is not FlowResultType.SHOW_PROGRESS:
            break
        await simulator.pbx.idle()
        await asyncio.sleep(0.02)
        if turn >= 10:
            await elapse(hass)
        result = await hass.config_entries.options.async_configure(result["flow_id"])
    return result


async def test_menu_offers_what_can_be_done(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Without a PBX that is loaded nothing can be tried."""
    result = await hass.config_entries.options.async_init(loaded_entry.entry_id)
    assert result["menu_options"] == [
        "defaults",
        "events",
        "voice",
        "guard",
        "check_events",
        "test_call",
    ]
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    for step in ("check_events", "test_call"):
        other = await hass.config_entries.options.async_init(loaded_entry.entry_id)
        assert other["menu_options"] == ["defaults", "events", "voice", "guard"]
        # A menu that was open before is no way around that.
        stale = await hass.config_entries.options.async_configure(
            result["flow_id"], {"next_step_id": step}
        )
        assert abort_reason(stale) == "not_loaded"
        await hass.config_entries.async_setup(loaded_entry.entry_id)
        result = await hass.config_entries.options.async_init(loaded_entry.entry_id)
        await hass.config_entries.async_unload(loaded_entry.entry_id)


async def test_options_change_the_defaults(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """An emptied field is removed, what other steps keep stays, and it takes effect."""
    hass.config_entries.async_update_entry(
        loaded_entry, options={**DEFAULTS, "caller_id": "021", "kept": True}
    )
    await hass.async_block_till_done()
    result = await choose(hass, loaded_entry, "defaults")
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "defaults")
    assert suggestions(result) == {**DEFAULTS, "caller_id": "021"}
    assert choices(result, "trunk_name") == ["cisco", "gsm_gateway", "spare"]

    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"trunk_name": "a\nb"}
    )
    assert result["errors"] == {"trunk_name": "invalid_text"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"trunk_name": "cisco", "caller_id": "  "}
    )
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == {"trunk_name": "cisco", "kept": True}
    assert loaded_entry.state is ConfigEntryState.LOADED
    await hass.services.async_call(
        DOMAIN, "originate", {"caller": "557", "callee": "552"}, blocking=True
    )
    order = simulator.pbx.calls[0].order
    assert (order.trunk_name, order.context, order.timeout) == (
        "cisco",
        "main_routing",
        30,
    )


async def test_prefix_that_cannot_be_dialled_is_refused(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """One that can is stored as it is dialled."""
    result = await choose(hass, loaded_entry, "defaults")
    result = await submit(
        hass, result, {"country_prefix": "abc", "national_prefix": "0"}
    )
    assert result["errors"] == {"country_prefix": "invalid_prefix"}
    await submit(hass, result, {"country_prefix": "+۹۸", "national_prefix": "۰"})
    assert loaded_entry.options == {"country_prefix": "+98", "national_prefix": "0"}


async def test_options_open_while_the_pbx_is_away(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Without its lists, and without waiting for it."""
    await simulator.stop()
    async with asyncio.timeout(5):
        result = await choose(hass, loaded_entry, "defaults")
    assert choices(result, "context") is None


async def test_events_form_says_what_to_enter_in_the_panel(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """The address is the entry's own; user name and password are offered."""
    await async_process_ha_core_config(hass, {"internal_url": "http://192.0.2.5:8123"})
    result = await choose(hass, loaded_entry, "events")
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "events")
    assert not result["errors"]
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    webhook_id = loaded_entry.data["webhook_id"]
    assert placeholders["webhook_url"] == (
        f"http://192.0.2.5:8123/api/webhook/{webhook_id}"
    )
    offered = suggestions(result)
    assert len(offered["webhook_password"]) >= 20
    again = suggestions(await choose(hass, loaded_entry, "events"))
    assert offered["webhook_username"] != again["webhook_username"]
    assert offered["webhook_password"] != again["webhook_password"]
    # Nothing is asked of the PBX before it is saved.
    assert loaded_entry.options == DEFAULTS


async def test_what_is_offered_takes_effect_when_it_is_saved(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """And is shown, not replaced, from then on; both emptied, it is off again."""
    result = await choose(hass, loaded_entry, "events")
    offered = suggestions(result)
    result = await submit(hass, result, {"webhook_local_only": False, **offered})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == {
        **DEFAULTS,
        "webhook_local_only": False,
        **offered,
    }
    assert loaded_entry.state is ConfigEntryState.LOADED

    result = await choose(hass, loaded_entry, "events")
    assert suggestions(result) == {"webhook_local_only": False, **offered}
    await submit(hass, result, {"webhook_local_only": True})
    assert loaded_entry.options == {**DEFAULTS, "webhook_local_only": True}


@pytest.mark.parametrize(
    ("user_input", "errors"),
    [
        ({"webhook_username": "pbx"}, {"base": "incomplete_credentials"}),
        ({"webhook_password": "secret"}, {"base": "incomplete_credentials"}),
        (
            {"webhook_username": "a:b", "webhook_password": "secret"},
            {"webhook_username": "invalid_username"},
        ),
        (
            {"webhook_username": "pbx", "webhook_password": "a\nb"},
            {"webhook_password": "invalid_text"},
        ),
    ],
)
async def test_half_credentials_are_refused(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    user_input: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """As are those that HTTP Basic cannot carry; what was entered stays."""
    result = await choose(hass, loaded_entry, "events")
    entered = {"webhook_local_only": True, **user_input}
    result = await submit(hass, result, entered)
    assert result["errors"] == errors
    assert suggestions(result) == entered
    good = {"webhook_username": "pbx", "webhook_password": "pass:word"}
    result = await submit(hass, result, {"webhook_local_only": True, **good})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == {**DEFAULTS, "webhook_local_only": True, **good}


async def test_events_form_says_that_there_is_no_address(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """And what to do; the rest can be saved all the same."""
    with without_address(hass):
        result = await choose(hass, loaded_entry, "events")
        assert result["errors"] == {"base": "no_address"}
        result = await submit(hass, result, {"webhook_local_only": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_address_of_a_hosted_pbx_is_the_one_outside(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Where others than those of the local network are let in."""
    await async_process_ha_core_config(
        hass,
        {
            "internal_url": "http://192.0.2.5:8123",
            "external_url": "https://home.example",
        },
    )
    result = await choose(hass, loaded_entry, "events")
    await submit(hass, result, {"webhook_local_only": False})
    result = await choose(hass, loaded_entry, "events")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["webhook_url"].startswith("https://home.example/api/webhook/")


async def test_check_finds_that_events_arrive(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Asking for a Ping event brings one; the flow ends without a change."""
    result = await choose(hass, loaded_entry, "check_events")
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "check_events"
    result = await progress(hass, connected, result)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "events_arrive")
    assert result["description_placeholders"] == {
        "heard": "NewState\u00a0✗, OutgoingCall\u00a0✗, Cdr\u00a0✗, Ping\u00a0✓"
    }
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == DEFAULTS


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"webhook": {"enabled": False}}, "no_ping_event"),
        ({"webhook": {"events": ["Cdr"]}}, "no_ping_event"),
        ({"account": {"permitted_requests": [ORIGINATE]}}, "ping_not_permitted"),
        ({"account": {"token": "another"}}, "invalid_auth"),
        ({"allowed_addresses": ["192.0.2.1"]}, "address_not_permitted"),
        ({"faults": [Fault(path=PING, drop="before")]}, "cannot_connect"),
        ({"faults": [Fault(path=PING, status=404)]}, "not_simotel"),
    ],
)
async def test_check_says_why_no_event_comes(
    hass: HomeAssistant,
    connected: Simulator,
    loaded_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    error: str,
) -> None:
    """A Ping event of before does not count, and one can try again at once."""
    monkeypatch.setattr("custom_components.pbx.webhook.SECONDS_TO_ARRIVE", 0.3)
    connected.pbx.send_event("Ping")
    await connected.pbx.idle()
    connected.pbx.change(change)
    result = await choose(hass, loaded_entry, "check_events")
    result = await progress(hass, connected, result)
    assert (result["type"], result["step_id"]) == (
        FlowResultType.FORM,
        "events_missing",
    )
    assert result["errors"] == {"base": error}

    connected.pbx.change(
        webhook={"enabled": True, "events": "all"},
        account={"permitted_requests": "all", "token": REFERENCE_ACCOUNT.token},
        allowed_addresses="all",
        faults=[],
    )
    result = await submit(hass, result, {})
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "init")
    result = await submit(hass, result, {"next_step_id": "check_events"})
    result = await progress(hass, connected, result)
    assert result["step_id"] == "events_arrive"


@pytest.mark.parametrize(
    ("phone", "outcome"),
    [
        ({"number": "552", "behaviour": "answer"}, "answered"),
        ({"number": "552", "behaviour": "busy"}, "busy"),
        ({"number": "557", "behaviour": "no_answer"}, "caller_no_answer"),
    ],
)
async def test_test_call_shows_what_became_of_it(
    hass: HomeAssistant,
    connected: Simulator,
    loaded_entry: MockConfigEntry,
    phone: dict[str, str],
    outcome: str,
) -> None:
    """With the defaults of the PBX, and which events were heard."""
    connected.pbx.change(phones=[phone])
    result = await choose(hass, loaded_entry, "test_call")
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "test_call")
    result = await submit(hass, result, {"caller": "۵۵۷", "callee": "552"})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "test_call"
    result = await progress(hass, connected, result)
    assert result["step_id"] == "test_call_result"
    assert suggestions(result) == {"outcome": outcome}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["heard"] == (
        "NewState\u00a0✓, OutgoingCall\u00a0✗, Cdr\u00a0✓, Ping\u00a0✗"
    )
    assert placeholders["talk"] == ("10" if outcome == "answered" else "–")
    (body,) = originates(connected)
    assert (body["caller"], body["context"]) == ("557", "main_routing")
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == DEFAULTS


@pytest.mark.parametrize(
    ("change", "numbers", "error"),
    [
        ({}, {"caller": "abc", "callee": "552"}, "invalid_number"),
        ({}, {"caller": "557", "callee": "911"}, "number_not_allowed"),
        ({}, {"caller": "557", "callee": "۵۵۷"}, "same_number"),
        (
            {"account": {"permitted_requests": [PING]}},
            {"caller": "557", "callee": "552"},
            "permission_denied",
        ),
        (
            {"contexts": ["other"]},
            {"caller": "557", "callee": "552"},
            "call_rejected",
        ),
    ],
)
async def test_test_call_says_what_went_wrong(
    hass: HomeAssistant,
    connected: Simulator,
    loaded_entry: MockConfigEntry,
    change: dict[str, Any],
    numbers: dict[str, str],
    error: str,
) -> None:
    """In the form, which can be sent again."""
    connected.pbx.change(change)
    result = await choose(hass, loaded_entry, "test_call")
    result = await submit(hass, result, numbers)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "test_call")
    assert result["errors"] == {"base": error}
    assert suggestions(result) == numbers
    connected.pbx.change(
        account={"permitted_requests": "all"}, contexts=["main_routing"]
    )
    result = await submit(hass, result, {"caller": "557", "callee": "552"})
    result = await progress(hass, connected, result)
    assert suggestions(result) == {"outcome": "answered"}


@pytest.mark.parametrize("removed", [False, True])
async def test_entry_may_go_while_a_test_call_is_placed(
    hass: HomeAssistant,
    connected: Simulator,
    loaded_entry: MockConfigEntry,
    removed: bool,
) -> None:
    """The call is placed, and what became of it is not known."""
    connected.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.2)])
    result = await choose(hass, loaded_entry, "test_call")
    call = hass.async_create_task(
        submit(hass, result, {"caller": "557", "callee": "552"})
    )
    while not originates(connected):
        await asyncio.sleep(0.001)
    if removed:
        await hass.config_entries.async_remove(loaded_entry.entry_id)
    else:
        await hass.config_entries.async_unload(loaded_entry.entry_id)
    result = await call
    assert result["step_id"] == "test_call_result"
    assert suggestions(result) == {"outcome": "unknown"}
    result = await submit(hass, result, {})
    if removed:
        assert abort_reason(result) == "not_loaded"
    else:
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert loaded_entry.options == DEFAULTS
    assert len(originates(connected)) == 1


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize(
    ("permitted", "form"),
    [("all", "events_arrive"), ([ORIGINATE], "events_missing")],
)
async def test_entry_may_go_while_the_form_tells_of_events(
    hass: HomeAssistant,
    connected: Simulator,
    loaded_entry: MockConfigEntry,
    permitted: object,
    form: str,
    removed: bool,
) -> None:
    """What is sent then ends with a sentence."""
    connected.pbx.change(account={"permitted_requests": permitted})
    result = await choose(hass, loaded_entry, "check_events")
    result = await progress(hass, connected, result)
    assert result["step_id"] == form
    if removed:
        await hass.config_entries.async_remove(loaded_entry.entry_id)
    else:
        await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert abort_reason(await submit(hass, result, {})) == "not_loaded"


async def test_entry_may_go_while_an_event_is_waited_for(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Nothing can be said of its events then."""
    connected.pbx.change(faults=[Fault(path=PING, delay=0.1)])
    result = await choose(hass, loaded_entry, "check_events")
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    result = await progress(hass, connected, result)
    assert abort_reason(result) == "not_loaded"


async def test_window_that_is_closed_does_not_end_the_test_call(
    hass: HomeAssistant, connected: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Only the wait for it."""
    result = await choose(hass, loaded_entry, "test_call")
    result = await submit(hass, result, {"caller": "557", "callee": "552"})
    hass.config_entries.options.async_abort(result["flow_id"])
    await connected.pbx.idle()
    await elapse(hass)
    state = hass.states.get("sensor.office_last_call")
    assert state is not None
    assert state.state == "answered"
    assert hass.services.has_service(DOMAIN, "originate")


async def test_abandoned_check_leaves_nothing_behind(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Though its event never came."""
    result = await choose(hass, loaded_entry, "check_events")
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.options.async_abort(result["flow_id"])
    async with asyncio.timeout(1):
        await hass.async_block_till_done()


async def test_voice_is_an_option_of_its_own(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """It is off until it is turned on, and what is stored beside it stays."""
    result = await choose(hass, loaded_entry, "voice")
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "voice")
    assert not suggestions(result)
    assert result["data_schema"] is not None
    assert result["data_schema"]({}) == {"voice": False}
    result = await submit(hass, result, {"voice": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == {**DEFAULTS, "voice": True}
    assert loaded_entry.state is ConfigEntryState.LOADED

    result = await choose(hass, loaded_entry, "voice")
    assert suggestions(result) == {"voice": True}
    await submit(hass, result, {"voice": False})
    assert loaded_entry.options == {**DEFAULTS, "voice": False}


async def test_only_administrators_change_a_pbx(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
    loaded_entry: MockConfigEntry,
) -> None:
    """Home Assistant lets nobody else open a form of the PBX."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client(hass_read_only_access_token)
    for kind, handler in (
        ("config_entries/flow", DOMAIN),
        ("config_entries/options/flow", loaded_entry.entry_id),
        ("config_entries/subentries/flow", [loaded_entry.entry_id, "contact"]),
    ):
        response = await client.post(f"/api/config/{kind}", json={"handler": handler})
        assert response.status == HTTPStatus.UNAUTHORIZED, kind


async def shown_form(response: ClientResponse) -> Any:
    """Return a form as the browser gets it, each field one that it knows."""
    assert response.status == HTTPStatus.OK
    form = await response.json()
    assert form["data_schema"]
    assert all("selector" in field or "type" in field for field in form["data_schema"])
    return form


@pytest.mark.parametrize("step", ["defaults", "events", "voice", "guard", "test_call"])
async def test_browser_can_show_the_forms_of_the_options(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
    step: str,
) -> None:
    """Behind the menu."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    url = "/api/config/config_entries/options/flow"
    response = await client.post(url, json={"handler": loaded_entry.entry_id})
    menu = await response.json()
    response = await client.post(
        f"{url}/{menu['flow_id']}", json={"next_step_id": step}
    )
    assert (await shown_form(response))["step_id"] == step


@pytest.mark.parametrize("kind", ["extension", "contact"])
async def test_browser_can_show_the_forms_of_what_belongs_to_a_pbx(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
    kind: str,
) -> None:
    """The first ones."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    response = await client.post(
        "/api/config/config_entries/subentries/flow",
        json={"handler": [loaded_entry.entry_id, kind]},
    )
    assert (await shown_form(response))["step_id"] == "user"
