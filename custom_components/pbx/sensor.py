"""How the last call ended, how many go on, and the states of telephones and trunks."""

import logging
from typing import Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_CONTACT, SUBENTRY_EXTENSION
from .coordinator import PbxConfigEntry, PbxCoordinator
from .directory import contact_of, extension_of
from .entity import PbxBaseEntity, PbxEntity, PbxSubentryEntity
from .monitor import (
    SIGNAL_CALL_EVENT,
    SIGNAL_CALLS_CHANGED,
    SIGNAL_PHONE,
    CallEvent,
    CallEventType,
    CallMonitor,
)
from .services import localised
from .telephony.calls import Outcome
from .telephony.phones import PHONE_STATES, Phone, PhoneNews
from .trunks import SIGNAL_TRUNK, TRUNK_KEY, Trunks

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 0

EXTENSION_STATES: Final = list(PHONE_STATES)
UNDETERMINED: Final = "undetermined"
LAST_CALL_STATES: Final = [
    UNDETERMINED if outcome is Outcome.UNKNOWN else outcome.value for outcome in Outcome
]
MOST_UNKNOWN_STATES: Final = 10
TRUNK_STATES: Final = ["ok", "unreachable", "deactivated"]


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a PBX; those of its trunks as they are heard of."""
    coordinator, monitor = entry.runtime_data.coordinator, entry.runtime_data.monitor
    trunks = entry.runtime_data.trunks

    @callback
    def add_trunk(name: str) -> None:
        async_add_entities([TrunkState(coordinator, trunks, name)])

    async_add_entities([LastCall(coordinator), CallsInProgress(coordinator, monitor)])
    for subentry in entry.get_subentries_of_type(SUBENTRY_EXTENSION):
        async_add_entities(
            [
                ExtensionState(coordinator, monitor, subentry),
                OtherParty(coordinator, monitor, subentry),
            ],
            config_subentry_id=subentry.subentry_id,
        )
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT):
        async_add_entities(
            [LastCallToContact(coordinator, subentry)],
            config_subentry_id=subentry.subentry_id,
        )
    trunks.async_start(add_trunk)


class _LastCall(PbxBaseEntity, RestoreSensor):
    """How the last one of some calls that were placed here ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = LAST_CALL_STATES
    _attr_translation_key = "last_call"

    def _is_meant(self, callee: str | None) -> bool:
        """Tell whether a call to somebody is one of those."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the state, and listen for calls that end.

        One may have ended while the entry was not loaded.
        """
        entry_id = self.coordinator.config_entry.entry_id
        self._listen(SIGNAL_CALL_EVENT.format(entry_id), self._async_take)
        await super().async_added_to_hass()
        last = await self.async_get_last_sensor_data()
        state = last_call_state(last.native_value if last else None)
        if state in LAST_CALL_STATES:
            self._attr_native_value = state
        tracker = self.coordinator.config_entry.runtime_data.monitor.tracker
        for call in tracker.kept_calls:
            if call.ending and self._is_meant(call.callee):
                self._attr_native_value = last_call_state(call.ending.outcome)

    @callback
    def _async_take(self, event: CallEvent) -> None:
        if event.type is not CallEventType.ENDED or not event.placed_here:
            return
        if self._is_meant(event.callee):
            self._attr_native_value = last_call_state(event.outcome)
            self.async_write_ha_state()


def last_call_state[StateT](state: StateT) -> StateT | str:
    """Return the state for an outcome, or for a state that an earlier version stored.

    `unknown` is Home Assistant's word for an entity that has no state.
    """
    return UNDETERMINED if state == Outcome.UNKNOWN else state


class LastCall(PbxEntity, _LastCall):
    """How the last call that was placed here ended."""

    def __init__(self, coordinator: PbxCoordinator) -> None:
        """Tell of the calls of the coordinator's PBX."""
        super().__init__(coordinator, "last_call")


class LastCallToContact(PbxSubentryEntity, _LastCall):
    """How the last call to a contact ended, whichever way it was placed here."""

    def __init__(self, coordinator: PbxCoordinator, subentry: ConfigSubentry) -> None:
        """Tell of the calls to the contact of a subentry."""
        super().__init__(coordinator, subentry, "last_call")
        self._number = localised(
            contact_of(subentry).number, coordinator.config_entry.options
        )

    @override
    def _is_meant(self, callee: str | None) -> bool:
        return callee == self._number


class CallsInProgress(PbxEntity, SensorEntity):
    """How many calls that were placed here have not ended, as far as is known."""

    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_translation_key = "calls_in_progress"

    def __init__(self, coordinator: PbxCoordinator, monitor: CallMonitor) -> None:
        """Count the calls of a monitor."""
        super().__init__(coordinator, "calls_in_progress")
        self._monitor = monitor
        entry_id = coordinator.config_entry.entry_id
        self._listen(SIGNAL_CALLS_CHANGED.format(entry_id), self.async_write_ha_state)

    @property
    @override
    def native_value(self) -> int:
        """Return the number of calls."""
        return self._monitor.calls_in_progress


class _PhoneSensor(PbxSubentryEntity, SensorEntity):
    """Something about what a telephone is doing."""

    def __init__(
        self,
        coordinator: PbxCoordinator,
        monitor: CallMonitor,
        subentry: ConfigSubentry,
        key: str,
    ) -> None:
        """Look at the telephone of a subentry."""
        super().__init__(coordinator, subentry, key)
        self._attr_translation_key = key
        self._monitor = monitor
        self._number = extension_of(subentry).number
        entry_id = coordinator.config_entry.entry_id
        self._listen(SIGNAL_PHONE.format(entry_id, self._number), self._async_take)

    @property
    def _phone(self) -> Phone | None:
        return self._monitor.phones.of(self._number)

    @callback
    def _async_take(self, _news: list[PhoneNews]) -> None:
        self.async_write_ha_state()


class ExtensionState(_PhoneSensor):
    """What a telephone is doing, unknown until the PBX says it."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = EXTENSION_STATES

    def __init__(
        self,
        coordinator: PbxCoordinator,
        monitor: CallMonitor,
        subentry: ConfigSubentry,
    ) -> None:
        """Show the state of the telephone of a subentry."""
        super().__init__(coordinator, monitor, subentry, "state")

    @property
    @override
    def native_value(self) -> str | None:
        """Return the state; a word that is not documented is no state."""
        phone = self._phone
        return phone.state if phone and phone.state in EXTENSION_STATES else None

    @callback
    @override
    def _async_take(self, news: list[PhoneNews]) -> None:
        """Write the state, and log a word that is not documented, once."""
        super()._async_take(news)
        phone, logged = self._phone, self._monitor.unknown_states
        if phone is None or phone.state in EXTENSION_STATES or phone.state in logged:
            return
        if len(logged) < MOST_UNKNOWN_STATES:
            logged.add(phone.state)
            _LOGGER.warning(
                "The PBX tells of a state that is not known: %.40s", phone.state
            )


class OtherParty(_PhoneSensor):
    """With whom a telephone is in a call, or who rings it."""

    _attr_entity_registry_enabled_default = False

    def __init__(
        self,
        coordinator: PbxCoordinator,
        monitor: CallMonitor,
        subentry: ConfigSubentry,
    ) -> None:
        """Show the other party of the telephone of a subentry."""
        super().__init__(coordinator, monitor, subentry, "other_party")

    @property
    @override
    def native_value(self) -> str | None:
        """Return the number; nobody is there while the telephone is in no call."""
        phone = self._phone
        if phone is None or phone.state not in ("ringing", "in_use"):
            return None
        return phone.other_party or None


class TrunkState(PbxEntity, SensorEntity):
    """The state of a trunk, unknown until it is heard of."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False
    _attr_options = TRUNK_STATES
    _attr_translation_key = "trunk"

    def __init__(self, coordinator: PbxCoordinator, trunks: Trunks, trunk: str) -> None:
        """Show the state of a trunk of this name."""
        super().__init__(coordinator, f"{TRUNK_KEY}{trunk}")
        self._attr_translation_placeholders = {"trunk": trunk}
        self._trunks = trunks
        self._trunk = trunk
        entry_id = coordinator.config_entry.entry_id
        self._listen(SIGNAL_TRUNK.format(entry_id), self._async_take)

    @callback
    def _async_take(self, trunk: str) -> None:
        if trunk == self._trunk:
            self.async_write_ha_state()

    @property
    @override
    def native_value(self) -> str | None:
        """Return the state; a word that is not documented is no state."""
        state = self._trunks.state_of(self._trunk)
        return state if state in TRUNK_STATES else None
