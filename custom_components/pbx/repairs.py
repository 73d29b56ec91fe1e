"""Tells a user whose PBX sends no events how to connect them."""

from typing import Any

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .coordinator import PbxConfigEntry
from .webhook import NO_TEXT, async_check_events, placeholders_of


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow for the only issue that there is: no event has ever come."""
    entry = hass.config_entries.async_get_entry((data or {}).get("entry_id", ""))
    return NoEventsRepairFlow(entry)


class NoEventsRepairFlow(RepairsFlow):
    """Shows what to enter in the PBX's panel, and then sees whether it works."""

    def __init__(self, entry: PbxConfigEntry | None) -> None:
        """Repair the events of an entry."""
        self._entry = entry

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_connect()

    async def async_step_connect(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what to enter, then ask the PBX for an event and wait for it."""
        entry = self._entry
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        placeholders = placeholders_of(self.hass, entry)
        if placeholders["webhook_url"] == NO_TEXT:
            errors["base"] = "no_address"
        if user_input is not None:
            error = await async_check_events(entry)
            if error is None:
                return self.async_create_entry(data={})
            errors["base"] = error
        return self.async_show_form(
            step_id="connect",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders=placeholders,
        )
