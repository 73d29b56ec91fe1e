"""Calling a contact by a button."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_CONTACT
from .coordinator import PbxConfigEntry, PbxCoordinator
from .directory import contact_of
from .entity import PbxSubentryEntity
from .services import async_call_contact

# One after the other, so that a double click is no two calls at once.
PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up a button for each contact."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT):
        async_add_entities(
            [CallContact(entry.runtime_data.coordinator, subentry)],
            config_subentry_id=subentry.subentry_id,
        )


class CallContact(PbxSubentryEntity, ButtonEntity):
    """Calls a contact: his own first telephone rings, then he is connected."""

    _attr_translation_key = "call"

    def __init__(self, coordinator: PbxCoordinator, subentry: ConfigSubentry) -> None:
        """Call the contact of a subentry."""
        super().__init__(coordinator, subentry, "call")
        self._contact = contact_of(subentry)

    @override
    async def async_press(self) -> None:
        """Place the call; the button does not wait for what becomes of it."""
        entry = self.coordinator.config_entry
        await async_call_contact(self.hass, entry, self._contact)
