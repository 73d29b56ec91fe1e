"""Triggers for what happens to telephone calls and at telephones."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeIs, override

import voluptuous as vol

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import (
    ATTR_ENTITY_ID,
    CONF_OPTIONS,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.target import (
    TargetStateChangedData,
    async_track_target_selector_state_change_event,
)
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)

from .const import CONF_NUMBER, DOMAIN
from .coordinator import PbxConfigEntry
from .entity import async_own_entities
from .monitor import CallEventType
from .sensor import EXTENSION_STATES, LAST_CALL_STATES, last_call_state
from .services import localised
from .telephony.errors import InvalidNumberError
from .telephony.numbers import clean_number, is_same_number

CONF_FROM: Final = "from"
CONF_OUTCOME: Final = "outcome"
CONF_PLACED_HERE: Final = "placed_here"
CONF_TO: Final = "to"


def _number(value: object) -> str:
    """Return a number of the configuration in the form in which numbers are compared."""
    try:
        return clean_number(value)
    except InvalidNumberError as err:
        raise vol.Invalid(f"not a telephone number: {value!r:.50}") from err


def _last_call(value: object) -> object:
    """Return how a call must have ended in the word that the sensors have for it.

    The action's word for what nobody knows is understood as well.
    """
    return vol.In(LAST_CALL_STATES)(last_call_state(value))


def _limits(validators: Mapping[str, Callable[[Any], Any]]) -> vol.Schema:
    """Return a schema of options that take one value or several; none are no limit."""
    options = {
        vol.Optional(option): vol.All(cv.ensure_list, [validator])
        for option, validator in validators.items()
    }
    return ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {vol.Required(CONF_OPTIONS, default={}): options}
    )


def _allows(limits: list[str], value: str | None) -> bool:
    return not limits or value in limits


def _entry_of(hass: HomeAssistant, entity_id: str) -> PbxConfigEntry | None:
    """Return the entry of an entity of ours, None where it is not loaded."""
    registered = er.async_get(hass).async_get(entity_id)
    loaded: dict[str | None, PbxConfigEntry] = {
        entry.entry_id: entry
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
    }
    return loaded.get(registered.config_entry_id) if registered else None


class _CallTrigger(StatelessEntityTriggerBase):
    """Triggers on one kind of event of the calls of a PBX, or of a telephone."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec()}
    _event_type: ClassVar[CallEventType]
    _keys: ClassVar[frozenset[str]] = frozenset({"calls", "phone_calls"})

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not of this integration."""
        entities = super().entity_filter(entities)
        return async_own_entities(self._hass, entities, self._keys)

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether the event is of the right kind."""
        return state.attributes.get("event_type") == self._event_type


class CallAnsweredTrigger(_CallTrigger):
    """Triggers when a call is answered."""

    _event_type = CallEventType.ANSWERED


class CallMissedTrigger(_CallTrigger):
    """Triggers when a call is missed, if wanted one that was placed here as well."""

    _event_type = CallEventType.MISSED
    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS, default={}): {
                vol.Optional(CONF_PLACED_HERE, default=False): cv.boolean
            }
        }
    )

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether a call was missed that somebody else placed."""
        if not super().is_valid_state(state, report_not_triggered):
            return False
        placed_here = state.attributes.get("placed_here")
        if self._options[CONF_PLACED_HERE] or not placed_here:
            return True
        report_not_triggered("call_placed_here", entity_id=state.entity_id)
        return False


class CallEndedTrigger(_CallTrigger):
    """Triggers when a call of a PBX ends, in one of some ways where these are given.

    A telephone alone does not tell how a call ended.
    """

    _event_type = CallEventType.ENDED
    _keys = frozenset({"calls"})
    _schema = _limits({CONF_OUTCOME: _last_call})

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether a call has ended in one of the ways."""
        if not super().is_valid_state(state, report_not_triggered):
            return False
        outcomes = self._options.get(CONF_OUTCOME, [])
        return _allows(outcomes, last_call_state(state.attributes.get("outcome")))


class IncomingCallTrigger(_CallTrigger):
    """Triggers when a call comes in, from one of some numbers where these are given."""

    _event_type = CallEventType.INCOMING
    _schema = _limits({CONF_NUMBER: _number})

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether a call has come in, from one of the numbers."""
        if not super().is_valid_state(state, report_not_triggered):
            return False
        if not (numbers := self._options.get(CONF_NUMBER)):
            return True
        attributes = state.attributes
        try:
            number = clean_number(
                attributes.get("caller") or attributes.get("other_party")
            )
        except InvalidNumberError:
            report_not_triggered("number_not_known", entity_id=state.entity_id)
            return False
        entry = _entry_of(self._hass, state.entity_id)
        options = entry.options if entry else {}
        number = localised(number, options)
        return any(
            is_same_number(number, localised(wanted, options)) for wanted in numbers
        )


class ExtensionStateChangedTrigger(EntityTriggerBase):
    """Triggers when the state of a phone changes.

    A change is one from the state that was known last: the PBX may use a word that is
    not documented in between, for which the entity is unknown.
    """

    _domain_specs = {SENSOR_DOMAIN: DomainSpec()}
    _schema = _limits(
        {CONF_FROM: vol.In(EXTENSION_STATES), CONF_TO: vol.In(EXTENSION_STATES)}
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the states to which the trigger is limited."""
        super().__init__(hass, config)
        self._from: list[str] = self._options.get(CONF_FROM, [])
        self._to: list[str] = self._options.get(CONF_TO, [])

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not the state of a telephone of this integration."""
        entities = super().entity_filter(entities)
        return async_own_entities(self._hass, entities, {"state"})

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Attach the trigger to an action runner."""
        known: dict[str, str] = {}

        @callback
        def add_entities(
            added: set[str], _removed: set[str], states: Mapping[str, State | None]
        ) -> None:
            for entity_id in added:
                if _is_known(state := states[entity_id]):
                    known[entity_id] = state.state

        @callback
        def handle_state(data: TargetStateChangedData) -> None:
            event = data.state_change_event
            entity_id = event.data["entity_id"]
            old, new = event.data["old_state"], event.data["new_state"]
            if not _is_known(new):
                return
            before, known[entity_id] = known.get(entity_id), new.state
            # An entity that is back shows what may have happened long ago.
            if old is None or old.state == STATE_UNAVAILABLE or before == new.state:
                return
            if _allows(self._from, before) and _allows(self._to, new.state):
                run_action(
                    {ATTR_ENTITY_ID: entity_id, "from_state": old, "to_state": new},
                    f"state of {entity_id}",
                    event.context,
                )

        return await async_track_target_selector_state_change_event(
            self._hass,
            self._target,
            handle_state,
            self.entity_filter,
            add_entities,
            primary_entities_only=self._primary_entities_only,
        )


def _is_known(state: State | None) -> TypeIs[State]:
    """Return whether an entity shows what its phone is doing."""
    return state is not None and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "call_answered": CallAnsweredTrigger,
    "call_ended": CallEndedTrigger,
    "call_missed": CallMissedTrigger,
    "extension_state_changed": ExtensionStateChangedTrigger,
    "incoming_call": IncomingCallTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of the integration."""
    return TRIGGERS
