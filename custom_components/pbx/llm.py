"""Tools by which a language model calls contacts, with the limits of a spoken call."""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.llm import LLMTools
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import config_validation as cv, intent
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)

from .assist.replies import async_spoken_error
from .assist.resolve import (
    async_call,
    async_permission,
    async_settle,
    find_contacts,
    is_voice_wanted,
    voice_entries,
)
from .const import DOMAIN
from .directory import contacts_of, extensions_of
from .services import localised
from .telephony.calls import Step

_CONTACT: Final = "contact"
_EXTENSION: Final = "extension"
_WAIT: Final = "wait"

_NO_CONTACT: Final = "There is no such contact."
_SEVERAL_CONTACTS: Final = "Several contacts are called so: ask which one is meant."

OUTCOME_CALLING: Final = "calling"
OUTCOME_GOING_ON: Final = "going_on"


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools where a PBX lets its contacts be called by voice."""
    if api_id != LLM_API_ASSIST or not is_voice_wanted(hass):
        return None
    return LLMTools(tools=[CallContactTool(), ListContactsTool(), LastCallTool()])


def _checked(tool: Tool, tool_input: ToolInput) -> dict[str, Any]:
    """Return the arguments of a tool; models give null where they mean nothing."""
    given = {
        name: value for name, value in tool_input.tool_args.items() if value is not None
    }
    args: dict[str, Any] = tool.parameters(given)
    return args


async def _told(hass: HomeAssistant, error: HomeAssistantError) -> HomeAssistantError:
    """Return an error as a model may be told it: its key, and our own words for it.

    The whole text would tell numbers and, in the PBX's words, what anybody may have
    written there.
    """
    kind = (
        ServiceValidationError
        if isinstance(error, ServiceValidationError)
        else HomeAssistantError
    )
    text = await async_spoken_error(hass, "en", error)
    if error.translation_key:
        text = f"{text} ({error.translation_key})"
    return kind(
        text,
        translation_domain=error.translation_domain,
        translation_key=error.translation_key,
    )


class CallContactTool(Tool):
    """Calls a contact."""

    name = f"{DOMAIN}__call_contact"
    title = "Call a contact"
    description = (
        "Calls a contact by telephone: a telephone of the house rings first and, when it "
        "is taken, the contact is called. Real telephones ring at once, so use this only "
        "when the user asks for a call, and never a second time by yourself, not even "
        "after an error. Numbers cannot be called."
    )
    parameters = vol.Schema(
        {
            vol.Required(
                _CONTACT, description="Name of the contact, as the user says it"
            ): intent.non_empty_string,
            vol.Optional(
                _EXTENSION,
                description=(
                    "Name of the telephone that rings first. Leave it out unless the "
                    "user names one: then the one near the user or the usual one rings"
                ),
            ): cv.string,
            vol.Optional(
                _WAIT,
                description=(
                    "Wait until the call has ended to learn how, for up to four minutes"
                ),
            ): cv.boolean,
        }
    )
    annotations = ToolAnnotations()
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Call the contact; the result says what rings first, or how it ended."""
        args = _checked(self, tool_input)
        try:
            placed = await async_call(
                hass,
                contact=args[_CONTACT],
                extension=args.get(_EXTENSION),
                wait=args.get(_WAIT, False),
                device_id=llm_context.device_id,
                context=llm_context.context or Context(),
            )
        except Unauthorized:
            raise
        except HomeAssistantError as err:
            raise await _told(hass, err) from err
        planned = placed.planned
        if placed.ending:
            outcome: str = placed.ending.outcome
        else:
            outcome = OUTCOME_GOING_ON if placed.waited else OUTCOME_CALLING
        return ToolResult(
            data={
                "contact": planned.contact.name,
                "rings_first": planned.phone,
                "outcome": outcome,
            }
        )


class ListContactsTool(Tool):
    """Tells who can be called, and from where."""

    name = f"{DOMAIN}__list_contacts"
    title = "List contacts"
    description = (
        "Lists the contacts that can be called by telephone and the telephones that can "
        "ring first."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, open_world=False)
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """List names; numbers are of no use here."""
        await async_settle(hass)
        may_call = await async_permission(hass, llm_context.context or Context())
        return ToolResult(
            data={
                "pbxs": [
                    {
                        "name": entry.title,
                        "contacts": [
                            {"name": contact.name, "aliases": list(contact.aliases)}
                            for contact in contacts_of(entry)
                            if may_call(entry, contact)
                        ],
                        "extensions": [
                            extension.name for extension in extensions_of(entry)
                        ],
                    }
                    for entry in voice_entries(hass)
                ]
            }
        )


class LastCallTool(Tool):
    """Tells what became of the last call."""

    name = f"{DOMAIN}__last_call"
    title = "Last call"
    description = (
        "Tells what became of the last call that was placed to a contact, or to any of "
        "them, within the last hour."
    )
    parameters = vol.Schema(
        {
            vol.Optional(
                _CONTACT, description="Name of the contact; leave it out for any"
            ): intent.non_empty_string
        }
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, open_world=False)
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Look for the call among those of the contacts that the user may call."""
        name = _checked(self, tool_input).get(_CONTACT)
        await async_settle(hass)
        only = find_contacts(hass, name) if name else []
        if name and len(only) != 1:
            error = _SEVERAL_CONTACTS if only else _NO_CONTACT
            return ToolResult(data={"error": error}, error=True)
        may_call = await async_permission(hass, llm_context.context or Context())
        calls = [
            (contact, call)
            for entry in voice_entries(hass)
            for contact in contacts_of(entry)
            if may_call(entry, contact) and (not only or (entry, contact) in only)
            for call in entry.runtime_data.monitor.tracker.kept_calls
            if call.callee == localised(contact.number, entry.options)
        ]
        if not calls:
            return ToolResult(data={"last_call": None})
        contact, call = max(calls, key=lambda item: item[1].placed_at)
        ending = call.ending
        return ToolResult(
            data={
                "last_call": {
                    "contact": contact.name,
                    "in_progress": ending is None,
                    "answered": call.has_reached(Step.ANSWERED),
                    "outcome": ending.outcome if ending else None,
                    "talk_seconds": ending.talk if ending else None,
                }
            }
        )
