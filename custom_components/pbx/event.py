"""What happens to the calls of a PBX."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PbxConfigEntry, PbxCoordinator
from .entity import PbxEntity
from .monitor import SIGNAL_CALL_EVENT, CallEvent, CallEventType

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of a PBX."""
    async_add_entities([PbxCalls(entry.runtime_data.coordinator)])


class PbxCalls(PbxEntity, EventEntity):
    """Tells of the calls of a PBX, of those that were not placed here as well."""

    _attr_event_types = list(CallEventType)
    _attr_translation_key = "calls"

    def __init__(self, coordinator: PbxCoordinator) -> None:
        """Tell of the calls of the coordinator's PBX."""
        super().__init__(coordinator, "calls")
        self._was_available = True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for what happens."""
        await super().async_added_to_hass()
        signal = SIGNAL_CALL_EVENT.format(self.coordinator.config_entry.entry_id)
        self.async_on_remove(
            async_dispatcher_connect(self.hass, signal, self._async_tell)
        )

    @callback
    def _async_tell(self, event: CallEvent) -> None:
        self._trigger_event(
            event.type,
            {
                "caller": event.caller,
                "callee": event.callee,
                "outcome": event.outcome,
                "wait": event.wait,
                "talk": event.talk,
                "trunk": event.trunk,
                "recording": event.recording,
                "call_id": event.call_id,
                "originated_call_id": event.originated_call_id,
            },
        )
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state only when the PBX goes or is back: a ping is no event."""
        if self.available != self._was_available:
            self._was_available = self.available
            super()._handle_coordinator_update()
