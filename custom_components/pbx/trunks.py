"""Which trunks a PBX has, as its events tell, and as it lists them."""

from collections.abc import Callable, Iterable, Set as AbstractSet
from typing import Final

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalTypeFormat

from .const import DOMAIN
from .telephony.errors import PbxError
from .telephony.models import Trunk
from .telephony.shared_search import SharedSearch
from .telephony.signals import TrunkSignal

MOST_TRUNKS: Final = 50
# Before the name of a trunk in the key of its sensor.
TRUNK_KEY: Final = "trunk_"

# Sent for one entry, whose id is put into it, with the name of the trunk.
SIGNAL_TRUNK: SignalTypeFormat[str] = SignalTypeFormat("pbx_{}_trunk")


class Trunks:
    """The trunks of a PBX, each of which has a sensor, while the entry is loaded.

    The registry remembers their names, also those of sensors that were removed. Whoever
    knows the webhook can tell of trunks that do not exist, so what is remembered is
    bounded over all restarts. Beyond that, the PBX is asked which trunks it has: those
    take the places of others.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        search: SharedSearch[Trunk],
        states: dict[str, str | None],
    ) -> None:
        """Know no trunks yet; `states` outlives a reload of the entry."""
        self._hass = hass
        self._entry = entry
        self._search = search
        self._states = states
        self._names: dict[str, None] = {}
        self._undecided: dict[str, TrunkSignal] = {}
        self._add: Callable[[str], None] | None = None

    @callback
    def async_start(self, add: Callable[[str], None]) -> None:
        """Have a sensor added for each trunk that is known, and for each new one."""
        self._add = add
        entities = er.async_entries_for_config_entry(
            er.async_get(self._hass), self._entry.entry_id
        )
        for name in (*self._among(entities), *self._states):
            self._async_add(name)
        if silent := self._names.keys() - self._states.keys():
            self._entry.async_create_background_task(
                self._hass, self._async_forget_gone(silent), f"{DOMAIN} trunks"
            )

    @callback
    def async_hear(self, signal: TrunkSignal) -> None:
        """Take what the PBX says of a trunk."""
        name = signal.trunk
        if signal.state is None:
            self._async_remove(name)
        elif name in self._names or self._has_room_for(name):
            self._async_take(signal)
        elif name in self._undecided or len(self._undecided) < MOST_TRUNKS:
            is_first = not self._undecided
            self._undecided[name] = signal
            if is_first:
                self._entry.async_create_background_task(
                    self._hass, self._async_decide(), f"{DOMAIN} trunks"
                )

    def state_of(self, name: str) -> str | None:
        """Return the state of a trunk, None until it is heard of."""
        return self._states.get(name)

    @property
    def _prefix(self) -> str:
        """How the unique ids of the sensors begin."""
        return f"{self._entry.entry_id}_{TRUNK_KEY}"

    @callback
    def _async_take(self, signal: TrunkSignal) -> None:
        self._states[signal.trunk] = signal.state
        self._async_add(signal.trunk)
        async_dispatcher_send(
            self._hass, SIGNAL_TRUNK.format(self._entry.entry_id), signal.trunk
        )

    @callback
    def _async_add(self, name: str) -> None:
        if name not in self._names and self._add:
            self._names[name] = None
            self._add(name)

    @callback
    def _async_remove(self, name: str) -> None:
        self._undecided.pop(name, None)
        self._states.pop(name, None)
        if name not in self._names:
            return
        del self._names[name]
        registry = er.async_get(self._hass)
        if entity_id := registry.async_get_entity_id(
            SENSOR_DOMAIN, DOMAIN, f"{self._prefix}{name}"
        ):
            registry.async_remove(entity_id)

    def _has_room_for(self, name: str) -> bool:
        """Return whether a trunk may be added, though it may not exist."""
        if len(self._names) >= MOST_TRUNKS:
            return False
        removed = self._among(er.async_get(self._hass).deleted_entities.values())
        remembered = {*self._names, *removed}
        return name in remembered or len(remembered) < MOST_TRUNKS

    async def _async_decide(self) -> None:
        """Add those trunks of which was heard that the PBX lists."""
        listed = await self._async_listed() or frozenset()
        undecided, self._undecided = self._undecided, {}
        for name, signal in undecided.items():
            if name not in listed:
                continue
            if len(self._names) >= MOST_TRUNKS:
                others = (other for other in self._names if other not in listed)
                if (other := next(others, None)) is None:
                    return
                self._async_remove(other)
            self._async_take(signal)

    async def _async_forget_gone(self, silent: AbstractSet[str]) -> None:
        """Remove those trunks that the PBX no longer lists.

        Home Assistant knows of them from an earlier run only.
        """
        listed = await self._async_listed()
        if listed is None:
            return
        for name in silent - listed - self._states.keys():
            self._async_remove(name)

    async def _async_listed(self) -> frozenset[str] | None:
        """Return the names of the trunks that the PBX lists, None where it does not."""
        try:
            return frozenset(trunk.name for trunk in await self._search.rows())
        except PbxError:
            return None

    def _among(
        self, entities: Iterable[er.RegistryEntry | er.DeletedRegistryEntry]
    ) -> list[str]:
        """Return the names of the trunks whose sensors are among some entities."""
        prefix = self._prefix
        return [
            entity.unique_id.removeprefix(prefix)
            for entity in entities
            if entity.platform == DOMAIN and entity.unique_id.startswith(prefix)
        ]
