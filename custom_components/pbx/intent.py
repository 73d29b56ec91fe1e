"""The intent to call a contact, for sentences and scripts of one's own."""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, intent

from .assist.replies import async_call_by_words

INTENT_CALL_CONTACT: Final = "PbxCallContact"

_NOT_FOUND: Final = ("unknown_contact", "unknown_extension")


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register the intent."""
    intent.async_register(hass, CallContactIntentHandler())


class CallContactIntentHandler(intent.IntentHandler):
    """Calls a contact, with the limits that a spoken call has."""

    intent_type = INTENT_CALL_CONTACT
    description = "Calls a contact by telephone through the PBX"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """Return who is called, which telephone rings first, whether to wait."""
        return {
            vol.Required("contact"): intent.non_empty_string,
            vol.Optional("extension"): cv.string,
            vol.Optional("wait"): cv.boolean,
        }

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Call the contact and say so, or how it ended, or why there is no call."""
        slots = self.async_validate_slots(intent_obj.slots)
        answer = await async_call_by_words(
            intent_obj.hass,
            contact=slots["contact"]["value"],
            extension=slots.get("extension", {}).get("value"),
            wait=slots.get("wait", {}).get("value", False),
            device_id=intent_obj.device_id,
            context=intent_obj.context,
            language=intent_obj.language,
        )
        response = intent_obj.create_response()
        if answer.error is None:
            response.async_set_speech(answer.text)
        else:
            response.async_set_error(
                # What is not found here may be found by a language model.
                intent.IntentResponseErrorCode.NO_VALID_TARGETS
                if answer.error.translation_key in _NOT_FOUND
                else intent.IntentResponseErrorCode.FAILED_TO_HANDLE,
                answer.text,
            )
        return response
