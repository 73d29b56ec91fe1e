"""What the entities of a PBX, and of what belongs to it, have in common."""

from collections.abc import Callable, Set as AbstractSet
from typing import Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_URL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN, SUBENTRY_EXTENSION
from .coordinator import PbxConfigEntry, PbxCoordinator

MANUFACTURER: Final = "Nasim Telecom"


class PbxBaseEntity(CoordinatorEntity[PbxCoordinator]):
    """An entity that shows what the PBX says, by its events as well as by its replies."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: PbxCoordinator) -> None:
        """Listen for nothing yet."""
        super().__init__(coordinator)
        self._listeners: list[Callable[[], CALLBACK_TYPE]] = []

    def _listen[*Ts](
        self, signal: SignalType[*Ts], target: Callable[[*Ts], None]
    ) -> None:
        """Have a signal taken while the entity is part of Home Assistant."""
        self._listeners.append(
            lambda: async_dispatcher_connect(self.hass, signal, target)
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Begin to listen."""
        await super().async_added_to_hass()
        for listen in self._listeners:
            self.async_on_remove(listen())


class PbxEntity(PbxBaseEntity):
    """An entity of the PBX itself."""

    def __init__(self, coordinator: PbxCoordinator, key: str) -> None:
        """Place the entity on the PBX's device."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})


class PbxSubentryEntity(PbxBaseEntity):
    """An entity of an extension or a contact, on a device of its own."""

    def __init__(
        self, coordinator: PbxCoordinator, subentry: ConfigSubentry, key: str
    ) -> None:
        """Place the entity on the device of its subentry."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        device = f"{entry.entry_id}_{subentry.subentry_id}"
        self._attr_unique_id = f"{device}_{key}"
        self._attr_device_info = DeviceInfo(
            entry_type=DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, device)},
            # A contact is a person, whom nobody manufactures.
            manufacturer=(
                MANUFACTURER if subentry.subentry_type == SUBENTRY_EXTENSION else None
            ),
            model=subentry.subentry_type.capitalize(),
            name=subentry.title,
            via_device_id=dr.async_get_device_id_by_identifier(
                coordinator.hass,
                (DOMAIN, entry.entry_id),
                config_entry_id=entry.entry_id,
            ),
        )


@callback
def async_setup_device(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Register the PBX's device, to which those of its extensions refer."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        configuration_url=panel_url(entry.data[CONF_URL]),
        entry_type=DeviceEntryType.SERVICE,
        identifiers={(DOMAIN, entry.entry_id)},
        manufacturer=MANUFACTURER,
        model="Simotel",
        name=entry.title,
    )


@callback
def async_own_entities(
    hass: HomeAssistant,
    entity_ids: AbstractSet[str],
    translation_keys: AbstractSet[str],
) -> set[str]:
    """Return those of some entities that are ours and of some translation keys."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (registered := registry.async_get(entity_id))
        and registered.platform == DOMAIN
        and registered.translation_key in translation_keys
    }


def panel_url(url: str) -> str:
    """Return the address of the PBX's panel, which its API is a path of."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
