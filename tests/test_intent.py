"""The intent to call a contact."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from simulator.server import Simulator

from .common import setup_integration
from .test_voice import ALI_FROM_KITCHEN, EVERYBODY, SARA_FROM_HERS, dialled, entry_for


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry whose contacts can be called by voice, not set up."""
    return entry_for(simulator, EVERYBODY)


@pytest.fixture(autouse=True)
async def intents(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Have Home Assistant know the intents of integrations, and the entry set up."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    await setup_integration(hass, entry)


async def handle(
    hass: HomeAssistant, language: str = "en", **slots: Any
) -> intent.IntentResponse:
    """Handle the intent with the values of some slots."""
    return await intent.async_handle(
        hass,
        "test",
        "PbxCallContact",
        {slot: {"value": value} for slot, value in slots.items()},
        context=Context(),
        language=language,
    )


@pytest.mark.parametrize(
    ("slots", "call", "speech"),
    [
        (
            {"contact": "sara ann"},
            SARA_FROM_HERS,
            "Calling Sara Ann: Workshop phone rings first.",
        ),
        (
            {"contact": "Ali", "extension": "kitchen", "wait": False},
            ALI_FROM_KITCHEN,
            "Calling Ali: Kitchen rings first.",
        ),
        (
            {"contact": "Ali", "extension": "557", "preferred_area_id": "hall"},
            ALI_FROM_KITCHEN,
            "Calling Ali: Kitchen rings first.",
        ),
    ],
)
async def test_intent_calls_a_contact(
    hass: HomeAssistant,
    simulator: Simulator,
    slots: dict[str, Any],
    call: tuple[str, str],
    speech: str,
) -> None:
    """And says so."""
    response = await handle(hass, **slots)
    assert response.response_type is intent.IntentResponseType.ACTION_DONE
    assert response.speech["plain"]["speech"] == speech
    assert dialled(simulator) == [call]


async def test_intent_waits(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the call ends, but not for ever."""
    monkeypatch.setattr("custom_components.pbx.assist.resolve.LONGEST_WAIT", 0.01)
    response = await handle(hass, contact="Sara Ann", wait=True)
    assert response.speech["plain"]["speech"] == (
        "The call to Sara Ann has not ended yet."
    )


@pytest.mark.parametrize(
    ("slots", "code", "speech"),
    [
        (
            {"contact": "باب"},
            intent.IntentResponseErrorCode.NO_VALID_TARGETS,
            "تماسی برقرار نشد: مخاطبی به نام باب نیست که بتوان با صدا با او تماس گرفت.",
        ),
        (
            {"contact": "Ali", "extension": "گاراژ"},
            intent.IntentResponseErrorCode.NO_VALID_TARGETS,
            "تماسی برقرار نشد: تلفنی به نام گاراژ نیست که بتوان از آن با Ali تماس گرفت.",
        ),
        (
            {"contact": "09121234567"},
            intent.IntentResponseErrorCode.NO_VALID_TARGETS,
            "تماسی برقرار نشد: مخاطبی به نام 09121234567 نیست که بتوان با صدا با او تماس "
            "گرفت.",
        ),
    ],
)
async def test_intent_says_why_nobody_is_called(
    hass: HomeAssistant,
    simulator: Simulator,
    slots: dict[str, Any],
    code: intent.IntentResponseErrorCode,
    speech: str,
) -> None:
    """In the language of the conversation."""
    response = await handle(hass, "fa", **slots)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert response.error_code == code
    assert response.speech["plain"]["speech"] == speech
    assert not dialled(simulator)


async def test_intent_fails_as_a_call_does(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """What is missing can only be added by the user."""
    response = await handle(hass, contact="Ali")
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert "which telephone should ring first" in response.speech["plain"]["speech"]
    assert not dialled(simulator)


@pytest.mark.parametrize(
    "slots", [{}, {"contact": " "}, {"contact": "Ali", "wait": "perhaps"}]
)
async def test_slots_are_checked(hass: HomeAssistant, slots: dict[str, Any]) -> None:
    """Somebody must be named."""
    with pytest.raises(intent.InvalidSlotInfo):
        await handle(hass, **slots)


async def test_intent_does_nothing_without_the_option(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """It is there, but there is nobody to call."""
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    response = await handle(hass, contact="Sara Ann")
    assert response.error_code is intent.IntentResponseErrorCode.NO_VALID_TARGETS
    assert not dialled(simulator)
