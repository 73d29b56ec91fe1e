"""The action `pbx.originate`: what it sends, what it answers, how it fails."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.pbx.const import DOMAIN
from homeassistant.auth.models import User
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.server import Simulator, running
from simulator.settings import Fault

from .common import (
    NO_LIMITS,
    ORIGINATE,
    change_options,
    connection_to,
    originate,
    originates,
    setup_integration,
)
from .raw_server import Step, http_reply, raw_server

CALL = {"caller": "557", "callee": "552"}


async def test_call_is_placed_and_named(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """The request is the documented one, and the response has every key."""
    response = await originate(hass, trunk_name="cisco")

    assert originates(simulator) == [
        {
            "caller": "557",
            "callee": "552",
            "context": "main_routing",
            "caller_id": "557",
            "trunk_name": "cisco",
            "timeout": "30",
        }
    ]
    assert response == {
        "config_entry_id": loaded_entry.entry_id,
        "originated_call_id": simulator.pbx.calls[0].originated_call_id,
        "outcome": "accepted",
        "caller": "557",
        "callee": "552",
        "wait": None,
        "talk": None,
        "recording": None,
    }


@pytest.mark.usefixtures("loaded_entry")
async def test_response_is_offered_not_forced(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A dashboard button wants no answer."""
    await hass.services.async_call(DOMAIN, "originate", CALL, blocking=True)
    assert len(originates(simulator)) == 1


@pytest.mark.parametrize(
    ("options", "given", "sent"),
    [
        ({}, {}, {"context": "main_routing", "caller_id": "557", "timeout": "30"}),
        (
            {
                "context": "sales",
                "caller_id": "021",
                "trunk_name": "cisco",
                "timeout": 20,
            },
            {},
            {
                "context": "sales",
                "caller_id": "021",
                "trunk_name": "cisco",
                "timeout": "20",
            },
        ),
        (
            {"context": "sales", "caller_id": "021", "trunk_name": "gsm_gateway"},
            {
                "context": "main_routing",
                "caller_id": "۰۹۹",
                "trunk_name": "cisco",
                "timeout": 600,
                "call_limit": 86400,
            },
            {
                "context": "main_routing",
                "caller_id": "099",
                "trunk_name": "cisco",
                "timeout": "600",
                "call_limit": "86400",
            },
        ),
        (
            {"context": "sales", "caller_id": "021", "trunk_name": "cisco"},
            {"context": "", "caller_id": "", "trunk_name": ""},
            {"context": "sales", "caller_id": "021", "trunk_name": ""},
        ),
        (
            {"trunk_name": "cisco", "timeout": 20},
            {"context": None, "caller_id": None, "trunk_name": None, "timeout": None},
            {"trunk_name": "cisco", "timeout": "20"},
        ),
        ({}, {"caller_id": "masking"}, {"caller_id": "masking"}),
        ({}, {"caller_id": 21, "timeout": "45"}, {"caller_id": "21", "timeout": "45"}),
        ({}, {"timeout": 45.0, "call_limit": None}, {"timeout": "45"}),
        ({}, {"caller": 557, "callee": "۰۹۱۲ ۳۴۵"}, {"callee": "0912345"}),
        ({}, {"wait_for": "accepted"}, {}),
    ],
)
async def test_what_is_given_wins_then_the_options(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    options: dict[str, Any],
    given: dict[str, Any],
    sent: dict[str, str],
) -> None:
    """An empty trunk is given; an empty caller ID or context is not."""
    simulator.pbx.change(contexts=["main_routing", "sales"])
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_setup(entry.entry_id)

    await originate(hass, **given)

    (body,) = originates(simulator)
    assert {**body, **sent} == body
    assert all(isinstance(value, str) for value in body.values())
    assert ("call_limit" in body) == ("call_limit" in sent)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("field", ["caller", "callee"])
@pytest.mark.parametrize("value", ["abc", "", 557.0, True, ["557"], None, 1e300])
async def test_what_is_no_number_is_refused_before_anything_is_sent(
    hass: HomeAssistant, simulator: Simulator, field: str, value: object
) -> None:
    """The error names the field and shows what was given."""
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, **{field: value})
    assert caught.value.translation_key == "invalid_number"
    assert caught.value.translation_placeholders == {
        "field": field,
        "value": repr(value),
    }
    assert not originates(simulator)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": 0},
        {"timeout": 601},
        {"timeout": 30.5},
        {"timeout": True},
        {"timeout": "soon"},
        {"call_limit": 0},
        {"call_limit": 86401},
        {"context": "a\nb"},
        {"context": ["main_routing"]},
        {"trunk_name": 5.5},
        {"caller_id": "a\r\nb"},
        {"wait_for": "talking"},
        {"dry_run": "perhaps"},
        {"allow_repeat": [True]},
        {"continue_if_not_placed": "perhaps"},
        {"unknown": 1},
    ],
)
async def test_what_the_schema_does_not_know_is_refused(
    hass: HomeAssistant, simulator: Simulator, fields: dict[str, Any]
) -> None:
    """Nothing is rounded, cut or ignored silently."""
    with pytest.raises(vol.Invalid):
        await originate(hass, **fields)
    assert not originates(simulator)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"account": {"permitted_requests": []}}, "permission_denied"),
        ({"allowed_addresses": ["192.0.2.1"]}, "address_not_permitted"),
        ({"account": {"token": "another"}}, "authentication_failed"),
        ({"contexts": ["other"]}, "call_rejected"),
        ({"verbs": ["GET"]}, "call_rejected"),
        ({"faults": [Fault(status=404)]}, "call_rejected"),
        ({"faults": [Fault(status=429)]}, "call_rejected"),
        ({"faults": [Fault(status=501)]}, "call_rejected"),
        ({"faults": [Fault(status=500)]}, "call_status_unknown"),
        ({"faults": [Fault(status=502)]}, "call_status_unknown"),
        ({"faults": [Fault(status=503)]}, "call_status_unknown"),
        ({"faults": [Fault(status=504)]}, "call_status_unknown"),
        ({"faults": [Fault(drop="before")]}, "call_status_unknown"),
        ({"faults": [Fault(drop="after")]}, "call_status_unknown"),
        ({"faults": [Fault(drop="midway")]}, "call_status_unknown"),
        ({"faults": [Fault(status=302)]}, "invalid_response"),
        ({"faults": [Fault(status=200, body="<html>")]}, "invalid_response"),
    ],
)
async def test_each_failure_has_its_own_error(
    hass: HomeAssistant, simulator: Simulator, change: dict[str, Any], key: str
) -> None:
    """By key, and after one request (two verbs where the first is not taken)."""
    simulator.pbx.change(change)
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass)
    assert not isinstance(caught.value, ServiceValidationError)
    assert (caught.value.translation_domain, caught.value.translation_key) == (
        DOMAIN,
        key,
    )
    sent = [
        record for record in simulator.pbx.requests if record.operation == ORIGINATE
    ]
    assert [record.method for record in sent] in (["PUT"], ["PUT", "POST"])
    assert (len(sent) == 2) == ("verbs" in change)


NOT_PLACED = {
    "config_entry_id": None,
    "originated_call_id": None,
    "outcome": "not_placed",
    "caller": None,
    "callee": None,
    "wait": None,
    "talk": None,
    "recording": None,
}


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("change", "fields", "key"),
    [
        ({"account": {"permitted_requests": []}}, {}, "permission_denied"),
        ({"account": {"token": "another"}}, {}, "authentication_failed"),
        ({"contexts": ["other"]}, {}, "call_rejected"),
        ({}, {"callee": "my mother"}, "invalid_number"),
        ({}, {"callee": "911"}, "number_not_allowed"),
        ({}, {"config_entry_id": "gone"}, "service_config_entry_not_found"),
        ({}, {"callee": "my mother", "dry_run": True}, "invalid_number"),
    ],
)
async def test_script_goes_on_where_nothing_was_placed_if_that_is_wanted(
    hass: HomeAssistant,
    simulator: Simulator,
    change: dict[str, Any],
    fields: dict[str, Any],
    key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The answer has the error's key, and the log its text."""
    simulator.pbx.change(change)
    response = await originate(hass, continue_if_not_placed=True, **fields)
    assert response == {**NOT_PLACED, "error": key}
    assert not simulator.pbx.calls
    assert "though nothing was called" in caplog.text


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(status=503), "call_status_unknown"),
        (Fault(drop="after"), "call_status_unknown"),
        (Fault(status=200, body="<html>"), "invalid_response"),
    ],
)
async def test_script_never_goes_on_where_a_phone_may_ring(
    hass: HomeAssistant, simulator: Simulator, fault: Fault, key: str
) -> None:
    """Whatever is wanted: the next call would be one too many."""
    simulator.pbx.change(faults=[fault])
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass, continue_if_not_placed=True)
    assert caught.value.translation_key == key


@pytest.mark.usefixtures("loaded_entry")
async def test_call_that_is_placed_is_answered_as_always(hass: HomeAssistant) -> None:
    """There is no error in the answer."""
    response = await originate(hass, continue_if_not_placed=True)
    assert response["outcome"] == "accepted"
    assert response.keys() == NOT_PLACED.keys()


@pytest.mark.usefixtures("loaded_entry")
async def test_rejection_says_what_the_pbx_said(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Its own text is a placeholder, so that it stands in any language."""
    text = '{"success": 0, "message": "Field \'callee\':value is missing"}'
    simulator.pbx.change(faults=[Fault(status=200, body=text)])
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass)
    assert caught.value.translation_placeholders == {
        "message": "Field 'callee':value is missing"
    }


async def test_unreachable_pbx_has_placed_nothing(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """The port refuses, so nothing has left; and the sensor knows at once.

    A connection kept from the call before does not make that uncertain.
    """
    await originate(hass)
    await simulator.stop()
    with pytest.raises(HomeAssistantError) as caught:
        await originate(hass, callee="553")
    assert caught.value.translation_key == "cannot_connect"
    await hass.async_block_till_done(wait_background_tasks=True)
    state = hass.states.get("binary_sensor.office_connectivity")
    assert state is not None
    assert state.state == "off"


async def test_wrong_credentials_ask_for_new_ones(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """A reauthentication starts once, however often the action fails."""
    simulator.pbx.change(account={"token": "another"})
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await originate(hass)
        await hass.async_block_till_done()
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_several_pbxs_side_by_side(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """With two of them the action wants to know which; each gets its own calls."""
    async with running() as other_simulator:
        other_entry = MockConfigEntry(
            domain=DOMAIN, title="Home", data=connection_to(other_simulator)
        )
        await setup_integration(hass, other_entry)

        with pytest.raises(ServiceValidationError):
            await originate(hass)
        response = await originate(hass, config_entry_id=other_entry.entry_id)

        assert response["config_entry_id"] == other_entry.entry_id
        assert len(originates(other_simulator)) == 1
        assert not originates(simulator)
        assert await hass.config_entries.async_unload(other_entry.entry_id)
        await originate(hass, config_entry_id=loaded_entry.entry_id)
        assert len(originates(simulator)) == 1


@pytest.mark.parametrize("config_entry_id", ["unknown", "01JOFFICE"])
async def test_unknown_or_unloaded_entry_is_refused(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    config_entry_id: str,
) -> None:
    """In Home Assistant's own words; the action itself stays registered."""
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, config_entry_id=config_entry_id)
    assert caught.value.translation_domain == "homeassistant"
    assert not originates(simulator)


async def test_concurrent_calls_do_not_mix(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """Two hundred calls at a time each get the id of their own."""
    await change_options(hass, loaded_entry, **NO_LIMITS)
    simulator.pbx.change(faults=[Fault(delay=0.05)])
    numbers = [str(number) for number in range(1000, 1200)]
    responses = await asyncio.gather(
        *(originate(hass, caller=number) for number in numbers)
    )
    placed = {
        call.order.caller: call.originated_call_id for call in simulator.pbx.calls
    }
    assert len(originates(simulator)) == 200
    assert {
        response["caller"]: response["originated_call_id"] for response in responses
    } == placed


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("status", [0, 500])
async def test_cancelled_action_leaves_the_call_in_peace(
    hass: HomeAssistant,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """A script that is restarted does not tear its originate; nor is it repeated."""
    simulator.pbx.change(
        faults=[
            Fault(path=ORIGINATE, delay=0.2, status=status, body="" if status else None)
        ]
    )
    action = hass.async_create_task(originate(hass))
    while not originates(simulator):
        await asyncio.sleep(0.01)
    action.cancel()
    with pytest.raises(asyncio.CancelledError):
        await action
    await hass.async_block_till_done()

    (record,) = [
        record for record in simulator.pbx.requests if record.operation == ORIGINATE
    ]
    assert record.status == (status or 200)
    assert "never retrieved" not in caplog.text


async def test_unloading_leaves_the_call_in_peace(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """An entry that is reloaded in the middle of an originate still names the call."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.2)])
    action = hass.async_create_task(originate(hass))
    while not originates(simulator):
        await asyncio.sleep(0.01)
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert loaded_entry.state is ConfigEntryState.NOT_LOADED

    response = await action
    assert response["originated_call_id"] == simulator.pbx.calls[0].originated_call_id


@pytest.mark.usefixtures("loaded_entry")
async def test_home_assistant_waits_for_the_call_when_it_stops(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Else the PBX would ring and nobody would know its id."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, delay=0.5)])
    action = asyncio.create_task(originate(hass))
    while not originates(simulator):
        await asyncio.sleep(0.01)
    await hass.async_stop()

    (record,) = simulator.pbx.requests_for(ORIGINATE)
    assert record.status == 200
    response = await action
    assert response["originated_call_id"] == simulator.pbx.calls[0].originated_call_id


@pytest.mark.usefixtures("loaded_entry")
async def test_nothing_is_left_to_wait_for_when_the_call_is_placed(
    hass: HomeAssistant,
) -> None:
    """Else each call would stay in memory until Home Assistant stops."""
    with patch.object(hass, "async_add_shutdown_job") as add_shutdown_job:
        await originate(hass)
        await hass.async_block_till_done()
    add_shutdown_job.return_value.assert_called_once_with()


@pytest.mark.parametrize(
    "change",
    [
        {"account": {"token": "another"}},
        {"allowed_addresses": ["192.0.2.1"]},
    ],
)
async def test_entry_that_goes_meanwhile_learns_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
) -> None:
    """Nobody is asked for the credentials of an entry that was removed."""
    simulator.pbx.change({**change, "faults": [Fault(path=ORIGINATE, delay=0.2)]})
    action = hass.async_create_task(originate(hass))
    while not simulator.pbx.requests_for(ORIGINATE):
        await asyncio.sleep(0.01)
    await hass.config_entries.async_remove(loaded_entry.entry_id)
    caplog.clear()
    with pytest.raises(HomeAssistantError):
        await action
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not hass.config_entries.flow.async_progress()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_any_user_may_call(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    hass_read_only_user: Any,
) -> None:
    """A wall tablet is no administrator."""
    await hass.services.async_call(
        DOMAIN,
        "originate",
        CALL,
        blocking=True,
        context=Context(user_id=hass_read_only_user.id),
    )
    assert len(originates(simulator)) == 1


async def test_one_action_is_one_originate_in_bytes(hass: HomeAssistant) -> None:
    """From the action down to the socket, a call that breaks is sent once."""
    pong = http_reply(b'{"success": 1, "message": "", "data": null}')
    steps = [Step(reply=pong, after="keep"), Step(), Step(reply=pong)]
    async with raw_server(steps) as server:
        entry = MockConfigEntry(
            domain=DOMAIN, title="Raw", data={"url": server.url, "api_key": "key"}
        )
        await setup_integration(hass, entry)
        with pytest.raises(HomeAssistantError) as caught:
            await originate(hass)
        assert caught.value.translation_key == "call_status_unknown"
        assert server.originates == 1
        assert server.connections == 1
        assert await hass.config_entries.async_unload(entry.entry_id)


SAME = [
    ("557", "۵۵۷"),
    ("557", " 5-5 7#"),
    ("+989121234567", "00989121234567"),
]


@pytest.mark.parametrize(("caller", "callee"), SAME)
@pytest.mark.parametrize("allow_repeat", [True, False])
async def test_telephone_is_not_connected_to_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    caller: str,
    callee: str,
    allow_repeat: bool,
) -> None:
    """However its number is written; nothing is asked, and a dry run says the same."""
    await change_options(hass, loaded_entry, denied_numbers=["09."], **NO_LIMITS)
    asked = len(simulator.pbx.requests)
    call = {"caller": caller, "callee": callee, "allow_repeat": allow_repeat}
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, **call)
    assert caught.value.translation_key == "same_number"
    assert caught.value.translation_placeholders is not None
    response = await originate(hass, **call, dry_run=True)
    assert response["refused"] == "same_number"
    # A reload may have the PBX pinged.
    assert not originates(simulator)
    assert len(simulator.pbx.requests) <= asked + 1


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        ("557", "5570"),
        ("557", "0557"),
        ("557", "*557"),
        ("09121234567", "09121234568"),
        ("09121234567", "+989121234567"),
    ],
)
async def test_similar_numbers_are_different_telephones(
    hass: HomeAssistant, simulator: Simulator, caller: str, callee: str
) -> None:
    """A number that only looks like the caller's is called."""
    response = await originate(hass, caller=caller, callee=callee, dry_run=True)
    assert response["refused"] is None


async def test_number_in_its_national_form_is_the_same_telephone(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """It is what would be dialled that is compared."""
    await change_options(
        hass, loaded_entry, country_prefix="+1", national_prefix="9", timeout=20
    )
    with pytest.raises(ServiceValidationError) as caught:
        await originate(hass, caller="91234", callee="+11234")
    assert caught.value.translation_key == "same_number"


async def test_entry_that_goes_while_the_user_is_looked_up_is_no_fault(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry
) -> None:
    """The error is Home Assistant's own for an entry that is not loaded."""
    await change_options(hass, loaded_entry, administrators_only=True)
    admin = MockUser(is_owner=True).add_to_hass(hass)
    look_up = hass.auth.async_get_user

    async def unload_and_look_up(user_id: str) -> User | None:
        await hass.config_entries.async_unload(loaded_entry.entry_id)
        return await look_up(user_id)

    with (
        patch.object(hass.auth, "async_get_user", unload_and_look_up),
        pytest.raises(ServiceValidationError),
    ):
        await hass.services.async_call(
            DOMAIN, "originate", CALL, blocking=True, context=Context(user_id=admin.id)
        )
    assert not originates(simulator)
