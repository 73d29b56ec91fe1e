"""Whether the PBX can be reached."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PbxConfigEntry
from .entity import PbxEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PbxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensor of a PBX."""
    async_add_entities(
        [PbxConnectivity(entry.runtime_data.coordinator, "connectivity")]
    )


class PbxConnectivity(PbxEntity, BinarySensorEntity):
    """On while the PBX answers, off while it does not."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "connectivity"

    @property
    @override
    def available(self) -> bool:
        """Stay available: that the PBX is away is what this sensor is for."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the PBX answered when it was last asked."""
        return self.coordinator.last_update_success
