"""The options of a PBX: its defaults for calls, its events, and whether they work."""

import asyncio
from collections.abc import Mapping
import secrets
from typing import TYPE_CHECKING, Any, Final, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_TIMEOUT
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import (
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_COUNTRY_PREFIX,
    CONF_NATIONAL_PREFIX,
    CONF_TRUNK_NAME,
    CONF_VOICE,
    CONF_WEBHOOK_LOCAL_ONLY,
    CONF_WEBHOOK_PASSWORD,
    CONF_WEBHOOK_USERNAME,
)
from ..coordinator import PbxConfigEntry, create_client
from ..monitor import CallMonitor
from ..services import ATTR_CALLEE, ATTR_CALLER, async_originate, request_from
from ..telephony.calls import Ending, Outcome, Step
from ..telephony.errors import InvalidTextError
from ..telephony.numbers import clean_text
from ..webhook import NO_TEXT, async_check_events, placeholders_of
from .forms import (
    DEFAULTS,
    NUMBER,
    PASSWORD,
    PREFIXES,
    TEXT,
    TIMEOUT,
    USERNAME,
    async_search,
    choice,
    cleaned,
    without,
)
from .limits import GUARD_SCHEMA, cleaned_limits

EVENTS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_WEBHOOK_LOCAL_ONLY, default=True): BooleanSelector(),
        vol.Optional(CONF_WEBHOOK_USERNAME): USERNAME,
        vol.Optional(CONF_WEBHOOK_PASSWORD): PASSWORD,
    }
)
VOICE_SCHEMA = vol.Schema({vol.Required(CONF_VOICE, default=False): BooleanSelector()})
TEST_CALL_SCHEMA = vol.Schema(
    {vol.Required(ATTR_CALLER): NUMBER, vol.Required(ATTR_CALLEE): NUMBER}
)
# Shown, not asked for.
OUTCOME_SCHEMA = vol.Schema(
    {
        vol.Optional("outcome"): SelectSelector(
            SelectSelectorConfig(
                options=list(Outcome),
                mode=SelectSelectorMode.DROPDOWN,
                read_only=True,
                translation_key="outcome",
            )
        )
    }
)
# Which of the events the test call's result speaks of.
_TELLING_EVENTS: Final = ("NewState", "OutgoingCall", "Cdr", "Ping")


class PbxOptionsFlow(OptionsFlow):
    """Changes the options of a PBX, and tries its events and a call."""

    config_entry: PbxConfigEntry

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._check: asyncio.Task[str | None] | None = None
        self._end: asyncio.Task[Ending] | None = None
        self._monitor: CallMonitor | None = None

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the parts; what needs a PBX that is set up is offered then only."""
        steps = ["defaults", "events", "voice", "guard"]
        if self._is_loaded:
            steps += ["check_events", "test_call"]
        return self.async_show_menu(step_id="init", menu_options=steps)

    async def async_step_defaults(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the defaults of a call."""
        errors: dict[str, str] = {}
        if user_input is not None:
            defaults, errors = cleaned(user_input, DEFAULTS | PREFIXES)
            if not errors:
                kept = without(self.config_entry.options, DEFAULTS | PREFIXES)
                return self.async_create_entry(data={**kept, **defaults})
        contexts, trunks = await async_search(
            create_client(self.hass, self.config_entry.data)
        )
        schema = vol.Schema(
            {
                vol.Optional(CONF_CONTEXT): choice(contexts),
                vol.Optional(CONF_CALLER_ID): TEXT,
                vol.Optional(CONF_TRUNK_NAME): choice(trunks),
                vol.Optional(CONF_TIMEOUT): TIMEOUT,
                vol.Optional(CONF_COUNTRY_PREFIX): TEXT,
                vol.Optional(CONF_NATIONAL_PREFIX): TEXT,
            }
        )
        return self.async_show_form(
            step_id="defaults",
            data_schema=self.add_suggested_values_to_schema(
                schema,
                self.config_entry.options if user_input is None else user_input,
            ),
            errors=errors,
        )

    async def async_step_events(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what to enter in the PBX's panel, and ask who may send events."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            receiver, errors = _cleaned_receiver(user_input)
            if not errors:
                kept = without(options, EVENTS_SCHEMA.schema)
                return self.async_create_entry(data={**kept, **receiver})
        placeholders = placeholders_of(self.hass, self.config_entry)
        if placeholders["webhook_url"] == NO_TEXT:
            errors.setdefault("base", "no_address")
        return self.async_show_form(
            step_id="events",
            data_schema=self.add_suggested_values_to_schema(
                EVENTS_SCHEMA, user_input or {**_random_credentials(), **options}
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_voice(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the contacts can be called by voice."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        return self.async_show_form(
            step_id="voice",
            data_schema=self.add_suggested_values_to_schema(VOICE_SCHEMA, options),
        )

    async def async_step_guard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what may be called, how often, and by whom."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            limits, errors, placeholders = cleaned_limits(user_input)
            if not errors:
                kept = without(options, GUARD_SCHEMA.schema)
                return self.async_create_entry(data={**kept, **limits})
        return self.async_show_form(
            step_id="guard",
            data_schema=self.add_suggested_values_to_schema(
                GUARD_SCHEMA, options if user_input is None else user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_check_events(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask the PBX for a Ping event and wait for it."""
        if self._check is None:
            if not self._is_loaded:
                return self.async_abort(reason="not_loaded")
            self._monitor = self.config_entry.runtime_data.monitor
            self._check = self.hass.async_create_task(
                async_check_events(self.config_entry), "pbx check of events"
            )
        if not self._check.done():
            return self.async_show_progress(
                step_id="check_events",
                progress_action="check_events",
                progress_task=self._check,
            )
        return self.async_show_progress_done(
            next_step_id="events_missing" if self._check.result() else "events_arrive"
        )

    async def async_step_events_arrive(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that events arrive."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return self._async_finish()
        return self.async_show_form(
            step_id="events_arrive",
            description_placeholders={"heard": self._heard},
            last_step=True,
        )

    async def async_step_events_missing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that no event came, and what to do; then offer to begin again."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        error = self._check.result() if self._check else None
        if user_input is not None or error is None:
            self._check = None
            return await self.async_step_init()
        return self.async_show_form(
            step_id="events_missing",
            errors={"base": error},
            description_placeholders=placeholders_of(self.hass, self.config_entry),
            last_step=False,
        )

    async def async_step_test_call(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for two numbers and place a call between them."""
        if not self._is_loaded:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        placeholders: Mapping[str, str] = {}
        if user_input is not None:
            entry = self.config_entry
            # It outlives the entry, which may go while the call is placed.
            self._monitor = entry.runtime_data.monitor
            try:
                call = await async_originate(
                    self.hass, entry, request_from(user_input, entry)
                )
            except HomeAssistantError as err:
                errors["base"] = err.translation_key or "unknown"
                placeholders = err.translation_placeholders or {}
            else:
                self._end = self.hass.async_create_task(
                    self._monitor.async_wait(call, Step.ENDED),
                    "pbx test call",
                )
                if self._end.done():
                    # Progress that is over at once would hand on what was sent here.
                    return await self.async_step_test_call_result()
                return await self.async_step_await_end()
        return self.async_show_form(
            step_id="test_call",
            data_schema=self.add_suggested_values_to_schema(
                TEST_CALL_SCHEMA, user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_await_end(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Wait until the test call has ended."""
        if TYPE_CHECKING:
            assert self._end is not None
        if not self._end.done():
            return self.async_show_progress(
                step_id="await_end",
                progress_action="test_call",
                progress_task=self._end,
            )
        return self.async_show_progress_done(next_step_id="test_call_result")

    async def async_step_test_call_result(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say how the test call ended, and which events were heard so far.

        The entry may be gone by then; the call was placed all the same.
        """
        if self._end is None or user_input is not None:
            return self._async_finish()
        ending = self._end.result()
        return self.async_show_form(
            step_id="test_call_result",
            data_schema=self.add_suggested_values_to_schema(
                OUTCOME_SCHEMA, {"outcome": ending.outcome}
            ),
            description_placeholders={
                "heard": self._heard,
                "wait": _shown(ending.wait),
                "talk": _shown(ending.talk),
            },
            last_step=True,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """End what is waited for; a call goes on."""
        for task in (self._check, self._end):
            if task is not None:
                task.cancel()

    @property
    def _is_loaded(self) -> bool:
        entry = self.hass.config_entries.async_get_entry(self.handler)
        return entry is not None and entry.state is ConfigEntryState.LOADED

    @property
    def _heard(self) -> str:
        """Which of the most telling events have come from this PBX."""
        heard = self._monitor.heard if self._monitor else {}
        return ", ".join(
            f"{name}\u00a0{'✓' if name in heard else '✗'}" for name in _TELLING_EVENTS
        )

    @callback
    def _async_finish(self) -> ConfigFlowResult:
        """End with the options as they are."""
        entry = self.hass.config_entries.async_get_entry(self.handler)
        if entry is None:
            return self.async_abort(reason="not_loaded")
        return self.async_create_entry(data=dict(entry.options))


def _random_credentials() -> dict[str, str]:
    """Return a user name and a password that nobody can guess."""
    return {
        CONF_WEBHOOK_USERNAME: f"pbx-{secrets.token_hex(4)}",
        CONF_WEBHOOK_PASSWORD: secrets.token_urlsafe(18),
    }


def _cleaned_receiver(
    user_input: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return who may send events, and the form's errors."""
    receiver = {CONF_WEBHOOK_LOCAL_ONLY: user_input[CONF_WEBHOOK_LOCAL_ONLY]}
    errors: dict[str, str] = {}
    for key in (CONF_WEBHOOK_USERNAME, CONF_WEBHOOK_PASSWORD):
        try:
            text = clean_text(user_input.get(key, ""))
        except InvalidTextError:
            errors[key] = "invalid_text"
            continue
        if text:
            receiver[key] = text
    # HTTP Basic separates the two by the first colon.
    if ":" in receiver.get(CONF_WEBHOOK_USERNAME, ""):
        errors[CONF_WEBHOOK_USERNAME] = "invalid_username"
    if not errors and len(receiver) == 2:
        errors["base"] = "incomplete_credentials"
    return receiver, errors


def _shown(seconds: int | None) -> str:
    return NO_TEXT if seconds is None else str(seconds)
