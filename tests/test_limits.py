"""What may be called, how often, and by whom: the guard as Home Assistant sees it."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.pbx.const import DOMAIN
from custom_components.pbx.dialing.guard import EMERGENCY_NUMBERS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    NO_LIMITS,
    ORIGINATE,
    PING,
    REFERENCE_ACCOUNT,
    SEARCH_USERS,
    change_options,
    elapse,
    originate,
    originate_and_wait,
    originates,
    setup_integration,
)


async def refused(hass: HomeAssistant, **fields: Any) -> ServiceValidationError:
    """Return why a call is refused."""
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, **fields)
    return caught.value


def searches(simulator: Simulator) -> int:
    """Return how often the PBX was asked for its extensions."""
    return sum(record.operation == SEARCH_USERS for record in simulator.pbx.requests)


@pytest.mark.parametrize(
    ("options", "fields", "number", "rule"),
    [
        ({"denied_numbers": ["00."]}, {"callee": "+49 30 1"}, "+49301", "✗ 00."),
        ({"allowed_numbers": ["5XX", "09."]}, {"callee": "21"}, "21", "✓ 5XX, 09."),
        ({}, {"callee": "۱۱۰"}, "110", "SOS 110"),
        (
            {"denied_numbers": ["09."], "trunk_name": "cisco"},
            {"caller": "0912"},
            "0912",
            "✗ 09.",
        ),
    ],
)
async def test_number_that_may_not_be_called(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    options: dict[str, Any],
    fields: dict[str, str],
    number: str,
    rule: str,
) -> None:
    """Nothing is placed, and the error says which number and which rule."""
    await change_options(hass, loaded_entry, **options)
    error = await refused(hass, **fields)
    assert error.translation_key == "number_not_allowed"
    assert error.translation_placeholders == {"number": number, "rule": rule}
    assert not originates(simulator)


async def test_pbx_is_not_asked_where_being_an_extension_would_not_help(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """A callee who may not be called may not be called, whoever he is."""
    await change_options(hass, loaded_entry, denied_numbers=["553"])
    await refused(hass, callee="553")
    assert not searches(simulator)


async def test_emergency_number_may_be_allowed_by_name(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """That one alone."""
    await change_options(hass, loaded_entry, emergency_numbers=["125"])
    await originate(hass, callee="125")
    assert (await refused(hass, callee="115")).translation_key == "number_not_allowed"
    assert [body["callee"] for body in originates(simulator)] == ["125"]


async def test_extension_that_was_added_is_no_emergency_number(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Three digits are everyday extensions; the PBX is not asked."""
    extension = ConfigSubentryData(
        data={"number": "110", "name": "Guard house"},
        subentry_type="extension",
        title="Guard house",
        unique_id="110",
    )
    office = MockConfigEntry(
        domain=DOMAIN,
        data=entry.data,
        options=entry.options,
        subentries_data=[extension],
    )
    await setup_integration(hass, office)
    await originate(hass, callee="110")
    assert len(originates(simulator)) == 1
    assert not searches(simulator)


async def test_extension_that_the_pbx_lists_is_no_emergency_number(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """The PBX is asked only where a number looks like an emergency."""
    simulator.pbx.change(extensions=[{"number": "557"}, {"number": "110"}])
    await originate(hass)
    assert not searches(simulator)
    await originate(hass, callee="110")
    assert searches(simulator) == 1
    assert (await refused(hass, callee="112")).translation_key == "number_not_allowed"
    assert len(originates(simulator)) == 2


async def test_list_of_extensions_that_may_not_be_read_saves_no_number(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """What cannot be known counts as an emergency number."""
    simulator.pbx.change(
        extensions=[{"number": "557"}, {"number": "110"}],
        account={"permitted_requests": [ORIGINATE, PING]},
    )
    assert (await refused(hass, callee="110")).translation_key == "number_not_allowed"
    assert not originates(simulator)


async def test_extension_may_be_the_caller_though_a_trunk_is_set(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """The default trunk is for callers outside; the PBX knows who is none."""
    await change_options(
        hass, loaded_entry, trunk_name="cisco", allowed_numbers=["552"]
    )
    await originate(hass)
    error = await refused(hass, caller="0912")
    assert error.translation_placeholders == {"number": "0912", "rule": "✓ 552"}
    assert len(originates(simulator)) == 1


async def test_caller_who_is_no_extension_has_to_be_allowed(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Without a trunk too, unless the PBX does not say which extensions it has."""
    await change_options(hass, loaded_entry, allowed_numbers=["55X"])
    await originate(hass, caller="556")
    assert not searches(simulator)
    error = await refused(hass, caller="0912")
    assert error.translation_placeholders == {"number": "0912", "rule": "✓ 55X"}
    simulator.pbx.change(account={"permitted_requests": [ORIGINATE, PING]})
    # Until then, the answer of a moment ago counts.
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    await originate(hass, caller="0912")
    await refused(hass, caller="0912", trunk_name="cisco", allow_repeat=True)
    assert len(originates(simulator)) == 2


@pytest.mark.parametrize("permitted", ["all", [ORIGINATE, PING]])
@pytest.mark.parametrize("fields", [{"dry_run": True}, {"trunk_name": "cisco"}])
async def test_pbx_is_asked_once_for_its_extensions_whoever_is_refused(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    permitted: object,
    fields: dict[str, Any],
) -> None:
    """All at once and one after the other, whether or not it says which it has."""
    await change_options(hass, loaded_entry, allowed_numbers=["55X"])
    simulator.pbx.change(
        account={"permitted_requests": permitted},
        faults=[Fault(path=SEARCH_USERS, delay=0.05)],
    )
    calls = [
        hass.async_create_task(originate(hass, caller=f"09{number}", **fields))
        for number in range(200)
    ]
    await asyncio.sleep(0.01)
    calls[0].cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(
        isinstance(result, dict | ServiceValidationError) for result in results[1:]
    )
    await asyncio.gather(
        *(originate(hass, caller="09", **fields) for _ in range(20)),
        return_exceptions=True,
    )
    assert searches(simulator) == 1
    assert not originates(simulator)


@pytest.mark.parametrize(
    "callee", ["+34912555555", "0034 912 555 555", "912555555", "+۳۴۹۱۲۵۵۵۵۵۵"]
)
async def test_rule_with_a_country_prefix_alone(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    callee: str,
) -> None:
    """The number leaves without it, and the rule holds."""
    await change_options(
        hass, loaded_entry, country_prefix="+34", denied_numbers=["+34912."]
    )
    assert (await refused(hass, callee=callee)).translation_key == "number_not_allowed"
    assert not originates(simulator)


@pytest.mark.usefixtures("loaded_entry")
async def test_automation_that_fires_twice_rings_once(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Both at the same moment, as two triggers of one event do."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.05)])
    results = await asyncio.gather(
        originate(hass), originate(hass), return_exceptions=True
    )
    errors = [result for result in results if isinstance(result, Exception)]
    assert len(originates(simulator)) == len(errors) == 1
    (error,) = errors
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "repeated_call"
    assert error.translation_placeholders == {
        "caller": "557",
        "callee": "552",
        "seconds": "30",
    }


@pytest.mark.usefixtures("loaded_entry")
async def test_repetition_may_be_meant(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The action has a field for that."""
    await originate(hass)
    await originate(hass, allow_repeat=True)
    assert len(originates(simulator)) == 2


async def test_call_that_has_ended_may_be_repeated(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """At once."""
    connected.pbx.change(phones=[{"number": "552", "behaviour": "busy"}])
    for _ in range(2):
        response = await originate_and_wait(hass, connected, wait_for="ended")
        assert response["outcome"] == "busy"


async def test_call_of_which_nothing_is_known_is_not_repeated(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """It may be ringing, so it counts. One that was not placed does not."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, times=1, status=500)])
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass)
    assert caught.value.translation_key == "call_status_unknown"
    assert (await refused(hass)).translation_key == "repeated_call"
    await change_options(hass, loaded_entry, calls_at_once=1)
    assert (await refused(hass, callee="553")).translation_key == "rate_limited"
    await change_options(hass, loaded_entry, calls_at_once=2)

    simulator.pbx.change(faults=[Fault(path=ORIGINATE, times=1, status=404)])
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass, callee="553")
    assert caught.value.translation_key == "call_rejected"
    await originate(hass, callee="553")


async def test_limits_survive_a_reload(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Calls go on meanwhile, and so does the minute."""
    await originate(hass)
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert (await refused(hass)).translation_key == "repeated_call"
    await change_options(hass, loaded_entry, calls_per_minute=1)
    error = await refused(hass, callee="553")
    assert error.translation_key == "rate_limited"
    assert error.translation_placeholders == {
        "placed": "1",
        "calls_per_minute": "1",
        "in_progress": "1",
        "calls_at_once": "10",
    }
    assert len(originates(simulator)) == 1


@pytest.mark.usefixtures("loaded_entry")
async def test_ten_calls_at_a_time(hass: HomeAssistant, simulator: Simulator) -> None:
    """An eleventh is placed when the clock has ended one of them."""
    for number in range(10):
        await originate(hass, callee=f"09{number}")
    error = await refused(hass)
    assert error.translation_key == "rate_limited"
    placeholders = error.translation_placeholders
    assert placeholders is not None
    assert placeholders["in_progress"] == "10"
    for _ in range(20):
        await elapse(hass)
        if not hass.states.is_state("sensor.office_calls_in_progress", "10"):
            break
    await originate(hass)
    assert len(originates(simulator)) == 11


async def test_thirty_calls_a_minute(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """However many of them have ended; no limit at all is shown as that."""
    await change_options(hass, loaded_entry, calls_at_once=0)
    for number in range(30):
        await originate(hass, callee=f"0912{number}")
    error = await refused(hass)
    assert error.translation_key == "rate_limited"
    placeholders = error.translation_placeholders
    assert placeholders is not None
    assert (placeholders["placed"], placeholders["calls_at_once"]) == ("30", "∞")
    await change_options(hass, loaded_entry, **NO_LIMITS)
    await originate(hass)
    assert len(originates(simulator)) == 31


async def test_dry_run_shows_the_request(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Exactly the one that is sent, but for its secrets; nothing is placed by it."""
    fields = {"caller": "۵۵۷", "callee": "0912 123", "trunk_name": "cisco"}
    response = await originate(hass, dry_run=True, wait_for="ended", **fields)
    assert not originates(simulator)
    request = response.pop("request")
    assert response == {
        "config_entry_id": loaded_entry.entry_id,
        "originated_call_id": None,
        "outcome": "dry_run",
        "caller": "557",
        "callee": "0912123",
        "wait": None,
        "talk": None,
        "recording": None,
        "refused": None,
    }

    await originate(hass, **fields)
    record = next(
        record for record in simulator.pbx.requests if record.operation == ORIGINATE
    )
    assert request["method"] == record.method == "PUT"
    assert request["url"] == f"{simulator.api_url}{ORIGINATE}"
    assert request["body"] == record.parsed
    sent = {name.lower(): value for name, value in record.headers.items()}
    for name, value in request["headers"].items():
        secret = name in ("X-APIKEY", "Authorization")
        assert value == ("***" if secret else sent[name.lower()])
    secrets = {REFERENCE_ACCOUNT.token, REFERENCE_ACCOUNT.password}
    assert not any(secret in str(request) for secret in secrets)


@pytest.mark.usefixtures("loaded_entry")
async def test_dry_run_tells_what_the_guard_says(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """And counts for nothing."""
    for _ in range(40):
        assert (await originate(hass, dry_run=True))["refused"] is None
    response = await originate(hass, dry_run=True, callee="911")
    assert response["refused"] == "number_not_allowed"
    await originate(hass)
    assert (await originate(hass, dry_run=True))["refused"] == "repeated_call"
    response = await originate(hass, dry_run=True, allow_repeat=True)
    assert response["refused"] is None
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, dry_run=True, callee="nobody")
    assert caught.value.translation_key == "invalid_number"
    assert len(originates(simulator)) == 1


async def test_action_may_be_kept_for_administrators(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> None:
    """And automations, which have no user."""

    async def originate_as(user_id: str | None, callee: str, **fields: object) -> None:
        await hass.services.async_call(
            DOMAIN,
            "originate",
            {"caller": "557", "callee": callee, **fields},
            blocking=True,
            context=Context(user_id=user_id),
        )

    guest = MockUser().add_to_hass(hass)
    await originate_as(guest.id, "1001")
    await change_options(hass, loaded_entry, administrators_only=True)
    with pytest.raises(Unauthorized) as caught:
        await originate_as(guest.id, "1002")
    assert caught.value.user_id == guest.id
    # Who may not is not answered, whatever is wanted.
    with pytest.raises(Unauthorized):
        await originate_as(guest.id, "1002", continue_if_not_placed=True)
    with pytest.raises(UnknownUser):
        await originate_as("somebody who is gone", "1003")
    await originate_as(hass_admin_user.id, "1004")
    await originate_as(None, "1005")
    assert [body["callee"] for body in originates(simulator)] == [
        "1001",
        "1004",
        "1005",
    ]


async def test_button_is_guarded_but_not_kept_for_administrators(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Who may press it is a matter of Home Assistant's own permissions."""
    contact = ConfigSubentryData(
        data={"name": "Ali", "number": "0912", "caller": "557"},
        subentry_type="contact",
        title="Ali",
        unique_id="ali",
    )
    office = MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        data=entry.data,
        options={**entry.options, "administrators_only": True},
        subentries_data=[contact],
    )
    await setup_integration(hass, office)
    (button,) = hass.states.async_entity_ids("button")
    guest = MockUser().add_to_hass(hass)
    guest.mock_policy({"entities": {"entity_ids": {button: True}}})

    async def press() -> None:
        await hass.services.async_call(
            "button",
            "press",
            {"entity_id": button},
            blocking=True,
            context=Context(user_id=guest.id),
        )

    await press()
    with pytest.raises(ServiceValidationError) as caught:
        await press()
    assert caught.value.translation_key == "repeated_call"
    assert len(originates(simulator)) == 1


async def test_limits_are_set_in_the_options(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Each with its default; what is emptied is removed, what other steps keep stays."""
    before = dict(loaded_entry.options)
    flow = hass.config_entries.options
    menu = await flow.async_init(loaded_entry.entry_id)
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "guard"})
    assert form["step_id"] == "guard"
    assert form["data_schema"] is not None
    defaults = {
        "calls_per_minute": 30,
        "calls_at_once": 10,
        "repeat_seconds": 30,
        "administrators_only": False,
    }
    assert form["data_schema"]({}) == defaults
    emergency = form["data_schema"].schema["emergency_numbers"]
    assert emergency.config["options"] == list(EMERGENCY_NUMBERS)

    form = await flow.async_configure(
        form["flow_id"],
        {"denied_numbers": ["00.", "0.9", "abc"], "allowed_numbers": ["x.y"]},
    )
    assert form["errors"] == dict.fromkeys(
        ("denied_numbers", "allowed_numbers"), "invalid_pattern"
    )
    assert form["description_placeholders"] == {"pattern": "0.9, abc, x.y"}
    limits = {
        **defaults,
        "denied_numbers": ["00."],
        "allowed_numbers": ["۰۹."],
        "emergency_numbers": ["110"],
        "calls_at_once": 2,
    }
    done = await flow.async_configure(
        form["flow_id"],
        {**limits, "denied_numbers": [" 00. ", " "], "calls_at_once": 1.5},
    )
    assert done["data"] == loaded_entry.options == {**before, **limits}
    await hass.async_block_till_done()
    await originate(hass, callee="0912")
    assert (await refused(hass, callee="0049")).translation_key == "number_not_allowed"

    menu = await flow.async_init(loaded_entry.entry_id)
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "guard"})
    await flow.async_configure(
        form["flow_id"], {"denied_numbers": [], "emergency_numbers": []}
    )
    assert loaded_entry.options == {**before, **defaults}
    await hass.async_block_till_done()
