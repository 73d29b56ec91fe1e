"""What a user can attach to a report without giving anything away."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    CONF_API_KEY,
    CONF_PASSWORD,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import HomeAssistant

from .const import (
    CONF_ALLOWED_NUMBERS,
    CONF_CALLER_ID,
    CONF_DENIED_NUMBERS,
    CONF_TRUNK_NAME,
    CONF_WEBHOOK_PASSWORD,
    CONF_WEBHOOK_USERNAME,
)
from .coordinator import PbxConfigEntry

# A trunk may be called by its telephone number.
TO_REDACT = {
    CONF_ALLOWED_NUMBERS,
    CONF_API_KEY,
    CONF_CALLER_ID,
    CONF_DENIED_NUMBERS,
    CONF_PASSWORD,
    CONF_TRUNK_NAME,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
    CONF_WEBHOOK_PASSWORD,
    CONF_WEBHOOK_USERNAME,
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: PbxConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an entry, whether or not it is loaded."""
    return {
        "data": async_redact_data(entry.data, TO_REDACT),
        "options": async_redact_data(entry.options, TO_REDACT),
        "reachability": _reachability(entry),
        "events": _events(entry),
    }


def _reachability(entry: PbxConfigEntry) -> dict[str, Any] | None:
    """Return how the last ping went; the PBX's own words may hold numbers."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    coordinator = entry.runtime_data.coordinator
    error = coordinator.last_exception
    cause = error.__cause__ if error else None
    return {
        "reachable": coordinator.last_update_success,
        "last_error": getattr(error, "translation_key", None),
        "last_cause": type(cause).__name__ if cause else None,
    }


def _events(entry: PbxConfigEntry) -> dict[str, Any] | None:
    """Return which events have come, and when; what they said stays here."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    monitor = entry.runtime_data.monitor
    return {
        "heard": {
            name: {"count": heard.count, "last": heard.last}
            for name, heard in monitor.heard.items()
        },
        "calls_in_progress": monitor.calls_in_progress,
    }
