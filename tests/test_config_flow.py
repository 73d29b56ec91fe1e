"""Setting up a PBX in the user interface, and changing its connection."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
    FlowType,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from simulator.server import Simulator, running
from simulator.settings import Fault

from .common import (
    PING,
    REFERENCE_ACCOUNT,
    abort_reason,
    choices,
    connection_to,
    setup_integration,
    suggestions,
    without_address,
)

DEFAULTS = {"context": "main_routing", "timeout": 30}
CREDENTIALS = {
    "api_key": REFERENCE_ACCOUNT.token,
    "username": REFERENCE_ACCOUNT.username,
    "password": REFERENCE_ACCOUNT.password,
}


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the dialog for a new PBX."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert not result["errors"]
    return result


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in the form that is shown."""
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], user_input
    )
    await hass.async_block_till_done()
    return result


async def finish(hass: HomeAssistant, result: ConfigFlowResult) -> None:
    """See the flow through to a loaded entry."""
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "defaults")
    result = await submit(hass, result, DEFAULTS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


async def next_form(
    hass: HomeAssistant, result: ConfigFlowResult
) -> SubentryFlowResult:
    """Return the form that Home Assistant's user interface shows next."""
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    return await hass.config_entries.subentries.async_configure(flow_id)


async def test_pbx_is_set_up_in_two_steps(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """What belongs to the connection is data, the rest options."""
    connection = connection_to(simulator)
    result = await submit(hass, await start(hass), connection)
    assert result["step_id"] == "defaults"
    result = await submit(
        hass,
        result,
        {
            "context": "main_routing",
            "caller_id": "۰۲۱ ۸۸۰۰",
            "trunk_name": " cisco ",
            "timeout": 45,
        },
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == f"Simotel 127.0.0.1:{simulator.port}"
    assert entry.options == {
        "context": "main_routing",
        "caller_id": "0218800",
        "trunk_name": "cisco",
        "timeout": 45,
    }
    webhook_id = entry.data["webhook_id"]
    assert entry.data == {
        **connection,
        "make": "simotel",
        "webhook_id": webhook_id,
    }
    assert len(webhook_id) == 64
    assert entry.state is ConfigEntryState.LOADED


async def test_what_to_enter_in_the_panel_is_said_at_the_end(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """With the created entry, not in a step of its own."""
    await async_process_ha_core_config(hass, {"internal_url": "http://192.0.2.5:8123"})
    result = await submit(hass, await start(hass), connection_to(simulator))
    result = await submit(hass, result, DEFAULTS)
    webhook_id = result["result"].data["webhook_id"]
    assert result["description"] == "connect_events"
    to_enter = {
        "webhook_url": f"http://192.0.2.5:8123/api/webhook/{webhook_id}",
        "events": "NewState, IncomingCall, OutgoingCall, Cdr, CdrQueue, "
        "TrunkNewState, TrunkAdded, TrunkRemoved, Ping",
    }
    assert result["description_placeholders"] == to_enter

    # Home Assistant's user interface goes on to this form without showing the above.
    form = await next_form(hass, result)
    assert form["step_id"] == "connect_events"
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert to_enter.items() <= placeholders.items()


async def test_missing_address_of_home_assistant_is_said_at_the_end(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The PBX could not reach it; calls can be placed all the same."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    with without_address(hass):
        result = await submit(hass, result, DEFAULTS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "no_address"


async def test_first_extension_is_offered_after_set_up(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """In the form that follows, which a mistake does not end."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    with without_address(hass):
        result = await submit(hass, result, DEFAULTS)
        form = await next_form(hass, result)
    assert form["step_id"] == "no_address"
    configure = hass.config_entries.subentries.async_configure
    form = await configure(form["flow_id"], {"number": "reception"})
    assert form["step_id"] == "no_address"
    assert form["errors"] == {"number": "invalid_number"}
    added = await configure(form["flow_id"], {"number": "557"})
    assert added["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (extension,) = result["result"].subentries.values()
    assert extension.data == {"number": "557", "name": "Reception"}


async def test_defaults_may_be_left_as_they_are(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """An empty form means the documented defaults."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == DEFAULTS


PASTED = [
    "http://{}/panel/#/login",
    "http://{}/#/dashboard",
    "{}/index.html?lang=fa",
    "http://{}/api/v4/call/originate/act",
    "http://{}/api/v4/setting/ping/act?x=1#y",
    "http://test:Aa123456@{}/setting/ping/act",
    "http://{}/api/v4.1",
]


@pytest.mark.parametrize("pasted", PASTED)
async def test_what_stands_in_the_browser_leads_to_the_api(
    hass: HomeAssistant, simulator: Simulator, pasted: str
) -> None:
    """The panel's address and that of any request, in the form the API's base is kept."""
    connection = connection_to(simulator)
    host = f"127.0.0.1:{simulator.port}"
    result = await submit(
        hass, await start(hass), {**connection, "url": pasted.format(host)}
    )
    await finish(hass, result)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.data["url"] == f"http://{host}/api/v4"
    assert entry.title == f"Simotel {host}"


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("pasted", PASTED)
async def test_pasted_address_of_the_same_pbx_is_not_set_up_twice(
    hass: HomeAssistant, simulator: Simulator, pasted: str
) -> None:
    """However it leads there."""
    url = pasted.format(f"127.0.0.1:{simulator.port}")
    result = await submit(
        hass, await start(hass), {**connection_to(simulator), "url": url}
    )
    assert abort_reason(result) == "already_configured"


@pytest.mark.parametrize("pasted", PASTED)
async def test_pasted_address_is_taken_for_another_connection_too(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    pasted: str,
) -> None:
    """In the form that changes the connection, its own address included."""
    async with running() as other:
        for pbx in (simulator, other):
            result = await loaded_entry.start_reconfigure_flow(hass)
            url = pasted.format(f"127.0.0.1:{pbx.port}")
            result = await submit(hass, result, {**connection_to(pbx), "url": url})
            assert abort_reason(result) == "reconfigure_successful"
            assert loaded_entry.data["url"] == pbx.api_url


@pytest.mark.parametrize(
    ("change", "error", "stays"),
    [
        ({"base_path": "/other"}, "not_simotel", True),
        ({"faults": [Fault(path=PING, status=404)]}, "not_simotel", True),
        ({"faults": [Fault(path=PING, drop="before")]}, "not_simotel", True),
        ({"account": {"token": "another"}}, "invalid_auth", False),
        ({"allowed_addresses": ["192.0.2.1"]}, "address_not_permitted", False),
    ],
)
async def test_path_that_is_none_of_the_api_is_replaced_where_that_helps(
    hass: HomeAssistant,
    simulator: Simulator,
    change: dict[str, Any],
    error: str,
    stays: bool,
) -> None:
    """Once; what the API says there is said, else what was typed comes back."""
    simulator.pbx.change(change)
    connection = connection_to(simulator)
    typed = f"http://127.0.0.1:{simulator.port}/panel"
    result = await submit(hass, await start(hass), {**connection, "url": typed})
    assert result["errors"] == {"base": error}
    assert suggestions(result)["url"] == (typed if stays else simulator.api_url)
    pings = {
        record.path
        for record in simulator.pbx.requests
        if record.path.endswith("/setting/ping/act")
    }
    assert pings <= {"/panel/setting/ping/act", "/api/v4/setting/ping/act"}


@pytest.mark.parametrize(
    ("credentials", "mode"),
    [
        ({"api_key": REFERENCE_ACCOUNT.token}, "token"),
        ({"api_key": f" {REFERENCE_ACCOUNT.token}\u200f\n"}, "token"),
        ({"username": "test ", "password": "Aa123456"}, "basic"),
        ({"api_key": "", "username": "test", "password": "Aa123456"}, "basic"),
    ],
)
async def test_each_mode_of_an_account_works(
    hass: HomeAssistant, simulator: Simulator, credentials: dict[str, str], mode: str
) -> None:
    """Only what is filled in is stored, without what copying adds."""
    simulator.pbx.change(account={"mode": mode})
    result = await submit(
        hass, await start(hass), {"url": simulator.api_url, **credentials}
    )
    await finish(hass, result)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    stored = {key: entry.data[key] for key in CREDENTIALS if key in entry.data}
    reference = {key: CREDENTIALS[key] for key in stored}
    assert stored == reference
    assert ("api_key" in stored) == (mode == "token")


async def test_credentials_in_the_address_move_to_their_fields(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The stored address has none; a field that is filled in wins."""
    simulator.pbx.change(account={"mode": "basic"})
    host = f"127.0.0.1:{simulator.port}"
    result = await start(hass)
    result = await submit(
        hass, result, {"url": f"http://test:Aa123456@{host}", "password": "wrong"}
    )
    assert result["errors"] == {"base": "invalid_auth"}
    assert suggestions(result)["username"] == "test"
    assert suggestions(result)["url"] == f"http://{host}/api/v4"

    result = await submit(hass, result, {"url": f"test:Aa123456@{host.upper()}/"})
    await finish(hass, result)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.data["url"] == f"http://{host}/api/v4"
    assert (entry.data["username"], entry.data["password"]) == ("test", "Aa123456")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"account": {"token": "another"}}, "invalid_auth"),
        ({"account": {"enabled": False}}, "invalid_auth"),
        ({"allowed_addresses": ["192.0.2.1"]}, "address_not_permitted"),
        ({"faults": [Fault(path=PING, drop="before")]}, "cannot_connect"),
        ({"faults": [Fault(path=PING, status=500)]}, "cannot_connect"),
        ({"faults": [Fault(path=PING, status=404)]}, "not_simotel"),
        ({"faults": [Fault(path=PING, status=302)]}, "not_simotel"),
        ({"faults": [Fault(path=PING, status=403)]}, "not_simotel"),
        ({"faults": [Fault(path=PING, status=200, body="<p>")]}, "not_simotel"),
        ({"base_path": "/api/v5"}, "not_simotel"),
    ],
)
async def test_each_failure_is_named_and_can_be_mended(
    hass: HomeAssistant, simulator: Simulator, change: dict[str, Any], error: str
) -> None:
    """The form comes back filled in; when the cause is gone, it goes on."""
    connection = connection_to(simulator)
    simulator.pbx.change(change)
    result = await submit(hass, await start(hass), connection)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {"base": error}
    assert suggestions(result) == connection

    simulator.pbx.reset()
    await finish(hass, await submit(hass, result, connection))


async def test_unreachable_pbx_can_be_mended(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A port at which nobody listens is no connection."""
    await simulator.stop()
    result = await submit(hass, await start(hass), connection_to(simulator))
    assert result["errors"] == {"base": "cannot_connect"}
    await simulator.start()
    await finish(hass, await submit(hass, result, connection_to(simulator)))


@pytest.mark.parametrize(
    ("user_input", "errors"),
    [
        ({"url": "ftp://pbx"}, {"url": "invalid_url"}),
        ({"url": ""}, {"url": "invalid_url"}),
        (
            {"api_key": "", "username": "", "password": ""},
            {"base": "missing_credentials"},
        ),
        ({"password": ""}, {"base": "missing_credentials"}),
        ({"username": ""}, {"base": "missing_credentials"}),
        (
            {"api_key": " \n", "username": "", "password": ""},
            {"base": "missing_credentials"},
        ),
    ],
)
async def test_incomplete_form_sends_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    user_input: dict[str, str],
    errors: dict[str, str],
) -> None:
    """What cannot work is said before the PBX is asked."""
    connection = connection_to(simulator)
    result = await submit(hass, await start(hass), {**connection, **user_input})
    assert result["errors"] == errors
    assert not simulator.pbx.requests
    await finish(hass, await submit(hass, result, connection))


async def test_unexpected_error_is_said_and_can_be_mended(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A fault of ours shows neither a traceback nor a dead end to the user."""
    connection = connection_to(simulator)
    with patch(
        "custom_components.pbx.config_flow.create_client", side_effect=RuntimeError
    ):
        result = await submit(hass, await start(hass), connection)
    assert result["errors"] == {"base": "unknown"}
    await finish(hass, await submit(hass, result, connection))


@pytest.mark.parametrize(
    "change",
    [
        {"account": {"permitted_requests": ["/call/originate/act"]}},
        {"faults": [Fault(path=PING, status=200, body='{"success": 0}')]},
    ],
)
async def test_ping_that_is_not_ticked_is_no_obstacle(
    hass: HomeAssistant, simulator: Simulator, change: dict[str, Any]
) -> None:
    """The refusal proves that address and credentials are right."""
    simulator.pbx.change(change)
    result = await submit(hass, await start(hass), connection_to(simulator))
    await finish(hass, result)


async def test_trunks_and_contexts_of_the_pbx_are_offered(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Where the account may search them; free text is possible always."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    assert choices(result, "context") == ["main_routing"]
    assert choices(result, "trunk_name") == ["cisco", "gsm_gateway", "spare"]
    assert suggestions(result) == {}


async def test_account_that_may_not_search_gets_free_text(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Nothing is missing but the list."""
    simulator.pbx.change(account={"permitted_requests": [PING]})
    result = await submit(hass, await start(hass), connection_to(simulator))
    assert choices(result, "context") is None
    assert choices(result, "trunk_name") is None
    await finish(hass, result)


async def test_context_of_the_extensions_is_suggested(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A PBX whose context is called otherwise says so in its list."""
    simulator.pbx.change(
        extensions=[{"number": "557", "context": "outgoing_context"}],
        contexts=["outgoing_context"],
    )
    result = await submit(hass, await start(hass), connection_to(simulator))
    assert suggestions(result) == {"context": "outgoing_context"}


async def test_text_that_no_pbx_takes_is_refused(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The form comes back with what was typed."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    result = await submit(hass, result, {**DEFAULTS, "trunk_name": "x" * 200})
    assert result["errors"] == {"trunk_name": "invalid_text"}
    assert suggestions(result)["trunk_name"] == "x" * 200
    await finish(hass, result)


@pytest.mark.parametrize("timeout", [0, 601, "soon"])
async def test_ring_time_has_bounds(
    hass: HomeAssistant, simulator: Simulator, timeout: object
) -> None:
    """Between a second and ten minutes."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    with pytest.raises(InvalidData):
        await submit(hass, result, {**DEFAULTS, "timeout": timeout})
    await finish(hass, result)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("spelling", ["http://{}/api/v4", "{}", "HTTP://{}//api/v4/"])
async def test_same_pbx_is_not_set_up_twice(
    hass: HomeAssistant, simulator: Simulator, spelling: str
) -> None:
    """However its address is written."""
    result = await submit(
        hass,
        await start(hass),
        {**CREDENTIALS, "url": spelling.format(f"127.0.0.1:{simulator.port}")},
    )
    assert abort_reason(result) == "already_configured"


async def test_same_pbx_is_not_set_up_twice_at_once(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Two dialogs side by side end in one entry."""
    connection = connection_to(simulator)
    first = await submit(hass, await start(hass), connection)
    second = await submit(hass, await start(hass), connection)
    await finish(hass, first)
    result = await submit(hass, second, DEFAULTS)
    assert abort_reason(result) == "already_configured"


@pytest.mark.parametrize("failed_at_start", [False, True])
async def test_new_credentials_bring_the_entry_back(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    failed_at_start: bool,
) -> None:
    """Whether they were refused at the start or later, a wrong try included."""
    simulator.pbx.change(account={"token": "old" if failed_at_start else "new"})
    if not failed_at_start:
        simulator.pbx.reset()
    await setup_integration(hass, entry)
    simulator.pbx.change(account={"token": "new"})
    if not failed_at_start:
        await entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["step_id"] == "reauth_confirm"
    assert suggestions(result) == CREDENTIALS

    for user_input, error in (
        ({**CREDENTIALS, "api_key": "wrong"}, "invalid_auth"),
        ({"username": "test"}, "missing_credentials"),
    ):
        result = await submit(hass, result, user_input)
        assert result["errors"] == {"base": error}
    result = await submit(hass, result, {**CREDENTIALS, "api_key": "new"})

    assert abort_reason(result) == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["api_key"] == "new"
    assert entry.data["webhook_id"] == "0123456789abcdef" * 4
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_same_credentials_accepted_again_start_the_entry_anew(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """An account that was switched off and on again needs no new password."""
    simulator.pbx.change(account={"enabled": False})
    await loaded_entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert hass.states.is_state("binary_sensor.office_connectivity", "off")
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    simulator.pbx.reset()
    result = await submit(hass, flow, CREDENTIALS)
    assert abort_reason(result) == "reauth_successful"
    assert loaded_entry.state is ConfigEntryState.LOADED
    assert hass.states.is_state("binary_sensor.office_connectivity", "on")


@pytest.mark.parametrize("failed_at_start", [False, True])
async def test_connection_can_be_changed(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    failed_at_start: bool,
) -> None:
    """The new connection is tried first; what else is stored stays."""
    if failed_at_start:
        await simulator.stop()
    await setup_integration(hass, entry)
    async with running() as moved:
        moved.pbx.change(account={"mode": "token"})
        result = await entry.start_reconfigure_flow(hass)
        assert result["step_id"] == "reconfigure"
        assert suggestions(result) == connection_to(simulator)
        user_input = {"url": moved.url, "api_key": REFERENCE_ACCOUNT.token}

        result = await submit(hass, result, {**user_input, "api_key": "wrong"})
        assert result["errors"] == {"base": "invalid_auth"}
        moved.pbx.forget_requests()
        result = await submit(hass, result, user_input)

        assert abort_reason(result) == "reconfigure_successful"
        # One for the flow's own check, one for the one time that the entry is loaded.
        assert len(moved.pbx.requests_for(PING)) == 2
        assert entry.state is ConfigEntryState.LOADED
        assert entry.title == "Office"
        assert entry.data == {
            "url": moved.api_url,
            "api_key": REFERENCE_ACCOUNT.token,
            "verify_ssl": True,
            "webhook_id": "0123456789abcdef" * 4,
            "make": "simotel",
        }
        assert entry.options == DEFAULTS
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_title_follows_the_address_until_the_user_chooses_one(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A title that names an old address would mislead."""
    result = await submit(hass, await start(hass), connection_to(simulator))
    await finish(hass, result)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    async with running() as moved:
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
        )
        await submit(hass, result, connection_to(moved))
        assert entry.title == f"Simotel 127.0.0.1:{moved.port}"
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_connection_cannot_become_that_of_another_entry(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """Its own address is no duplicate, another entry's is."""
    async with running() as other_simulator:
        other_entry = MockConfigEntry(
            domain=DOMAIN, title="Home", data=connection_to(other_simulator)
        )
        await setup_integration(hass, other_entry)

        result = await other_entry.start_reconfigure_flow(hass)
        result = await submit(hass, result, connection_to(simulator))
        assert abort_reason(result) == "already_configured"

        result = await other_entry.start_reconfigure_flow(hass)
        result = await submit(hass, result, connection_to(other_simulator))
        assert abort_reason(result) == "reconfigure_successful"
        assert other_entry.state is ConfigEntryState.LOADED
        assert await hass.config_entries.async_unload(other_entry.entry_id)
