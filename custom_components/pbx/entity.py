"""What all entities of a PBX have in common."""

from homeassistant.const import CONF_URL
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import PbxCoordinator


class PbxEntity(CoordinatorEntity[PbxCoordinator]):
    """An entity of the PBX itself."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: PbxCoordinator, key: str) -> None:
        """Place the entity on the PBX's device."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            configuration_url=panel_url(entry.data[CONF_URL]),
            entry_type=DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, entry.entry_id)},
            manufacturer="Nasim Telecom",
            model="Simotel",
            name=entry.title,
        )


def panel_url(url: str) -> str:
    """Return the address of the PBX's panel, which its API is a path of."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
