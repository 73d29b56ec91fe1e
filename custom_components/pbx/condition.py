"""Conditions on what telephones are doing."""

from typing import ClassVar, Final, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .entity import async_own_entities


class _ExtensionCondition(EntityStateConditionBase):
    """Tests the states of telephones."""

    _domain_specs = {SENSOR_DOMAIN: DomainSpec()}
    _keys: ClassVar[frozenset[str]] = frozenset({"state"})

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not of this integration."""
        entities = super().entity_filter(entities)
        return async_own_entities(self._hass, entities, self._keys)

    @override
    def _should_include(self, _state: State) -> bool:
        """Leave out a phone that is not reachable, as one of which nothing is known."""
        return _state.state != "unreachable" and super()._should_include(_state)

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        """Test all telephones; where nothing is known of any, nothing holds."""
        return bool(states) and super()._check_all_match_state(states)


class IsIdleCondition(_ExtensionCondition):
    """Tests whether telephones are idle."""

    _states = {"idle"}


class IsInUseCondition(_ExtensionCondition):
    """Tests whether telephones are in a call."""

    _states = {"in_use"}


class IsReachableCondition(_ExtensionCondition):
    """Tests whether telephones, or PBXs, are known to be reachable."""

    _domain_specs = {SENSOR_DOMAIN: DomainSpec(), BINARY_SENSOR_DOMAIN: DomainSpec()}
    _keys = frozenset({"connectivity", "state"})
    # Whether a PBX can be reached is a diagnosis.
    _primary_entities_only = False
    _states = {STATE_ON, "idle", "ringing", "in_use", "paused"}

    @override
    def _should_include(self, _state: State) -> bool:
        """Count every phone: one of which nothing is known is not known to be reachable."""
        return True


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_idle": IsIdleCondition,
    "is_in_use": IsInUseCondition,
    "is_reachable": IsReachableCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of the integration."""
    return CONDITIONS
