"""What happens to the calls of a PBX and of its extensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventExtraStoredData
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_EXTENSION
from .coordinator import PbxConfigEntry, PbxCoordinator
from .directory import extension_of
from .entity import PbxBaseEntity, PbxEntity, PbxSubentryEntity
from .monitor import SIGNAL_CALL_EVENT, SIGNAL_PHONE, CallEvent, CallEventType
from .telephony.phones import PhoneNews, PhoneStep

PARALLEL_UPDATES = 0

ATTR_MISSED_NUMBERS: Final = "missed_numbers"
KEPT_MISSED_NUMBERS: Final = 50


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entities of a PBX and of its extensions."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities([PbxCalls(coordinator)])
    for subentry in entry.get_subentries_of_type(SUBENTRY_EXTENSION):
        async_add_entities(
            [PhoneCalls(coordinator, subentry)],
            config_subentry_id=subentry.subentry_id,
        )


@dataclass
class _LastEvent(EventExtraStoredData):
    """What an entity told last, and when, also while it is unavailable."""

    time: str | None
    missed_numbers: list[str]


class _CallsEntity(PbxBaseEntity, EventEntity):
    """What happens to calls: a state is written for that, not for a ping."""

    _attr_translation_key = "calls"
    _unrecorded_attributes = frozenset({ATTR_MISSED_NUMBERS})
    _missed_numbers: tuple[str, ...] = ()

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return who has called and was not answered, the latest last."""
        return {ATTR_MISSED_NUMBERS: list(self._missed_numbers)}

    @property
    @override
    def extra_restore_state_data(self) -> _LastEvent:
        """Return what a reload or a restart must not lose."""
        last = super().extra_restore_state_data
        return _LastEvent(
            last_event_type=last.last_event_type,
            last_event_attributes=last.last_event_attributes,
            time=self.state,
            missed_numbers=list(self._missed_numbers),
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Restore who has called, and begin to listen."""
        await super().async_added_to_hass()
        if extra := await self.async_get_last_extra_data():
            self._missed_numbers = tuple(extra.as_dict().get("missed_numbers", ()))

    @override
    async def async_get_last_state(self) -> State | None:
        """Return the last state, or the one before the PBX went away."""
        state = await super().async_get_last_state()
        extra = await self.async_get_last_extra_data()
        time = extra.as_dict().get("time") if extra else None
        if state is None or state.state != STATE_UNAVAILABLE or time is None:
            return state
        return State(state.entity_id, time)

    @callback
    def _async_tell_event(
        self, event_type: str, number: str | None, attributes: dict[str, Any]
    ) -> None:
        """Tell that something has happened to a call with a number."""
        if event_type == CallEventType.MISSED and number:
            others = (known for known in self._missed_numbers if known != number)
            self._missed_numbers = (*others, number)[-KEPT_MISSED_NUMBERS:]
        self._trigger_event(event_type, attributes)
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state only when the PBX goes or is back."""
        is_shown = not self.hass.states.is_state(self.entity_id, STATE_UNAVAILABLE)
        if self.available != is_shown:
            super()._handle_coordinator_update()


class PbxCalls(PbxEntity, _CallsEntity):
    """Tells of the calls of a PBX, of those that were not placed here as well."""

    _attr_event_types = list(CallEventType)

    def __init__(self, coordinator: PbxCoordinator) -> None:
        """Tell of the calls of the coordinator's PBX."""
        super().__init__(coordinator, "calls")
        entry_id = coordinator.config_entry.entry_id
        self._listen(SIGNAL_CALL_EVENT.format(entry_id), self._async_tell)

    @callback
    def _async_tell(self, event: CallEvent) -> None:
        self._async_tell_event(
            event.type,
            event.caller,
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
                "placed_here": event.placed_here,
            },
        )


class PhoneCalls(PbxSubentryEntity, _CallsEntity):
    """Tells of the calls of one telephone, as the PBX tells of its states."""

    _attr_event_types = list(PhoneStep)
    _attr_translation_key = "phone_calls"

    def __init__(self, coordinator: PbxCoordinator, subentry: ConfigSubentry) -> None:
        """Tell of the calls of the telephone of a subentry."""
        super().__init__(coordinator, subentry, "calls")
        entry_id, number = (
            coordinator.config_entry.entry_id,
            extension_of(subentry).number,
        )
        self._listen(SIGNAL_PHONE.format(entry_id, number), self._async_tell)

    @callback
    def _async_tell(self, news: list[PhoneNews]) -> None:
        for item in news:
            self._async_tell_event(
                item.step,
                item.call.other_party,
                {
                    "other_party": item.call.other_party or None,
                    "queue": item.call.queue or None,
                    "call_id": item.call.call_id or None,
                    "placed_here": item.call.placed_here,
                },
            )
