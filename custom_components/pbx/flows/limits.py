"""What the options of a PBX say of what may be dialled, and the form that asks for it."""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import voluptuous as vol

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..const import (
    CONF_ADMINISTRATORS_ONLY,
    CONF_ALLOWED_NUMBERS,
    CONF_CALLS_AT_ONCE,
    CONF_CALLS_PER_MINUTE,
    CONF_COUNTRY_PREFIX,
    CONF_DENIED_NUMBERS,
    CONF_EMERGENCY_NUMBERS,
    CONF_NATIONAL_PREFIX,
    CONF_REPEAT_SECONDS,
)
from ..dialing.guard import (
    DEFAULT_CALLS_AT_ONCE,
    DEFAULT_CALLS_PER_MINUTE,
    DEFAULT_REPEAT_SECONDS,
    EMERGENCY_NUMBERS,
    DialRules,
)
from ..dialing.pattern import InvalidPatternError, parse_pattern

_PATTERNS: Final = TextSelector(TextSelectorConfig(multiple=True))


def _limit(*, most: int, unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(min=0, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


GUARD_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_DENIED_NUMBERS): _PATTERNS,
        vol.Optional(CONF_ALLOWED_NUMBERS): _PATTERNS,
        vol.Optional(CONF_EMERGENCY_NUMBERS): SelectSelector(
            SelectSelectorConfig(
                options=list(EMERGENCY_NUMBERS),
                multiple=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        vol.Optional(CONF_CALLS_PER_MINUTE, default=DEFAULT_CALLS_PER_MINUTE): _limit(
            most=1000
        ),
        vol.Optional(CONF_CALLS_AT_ONCE, default=DEFAULT_CALLS_AT_ONCE): _limit(
            most=1000
        ),
        vol.Optional(CONF_REPEAT_SECONDS, default=DEFAULT_REPEAT_SECONDS): _limit(
            most=3600, unit="s"
        ),
        vol.Required(CONF_ADMINISTRATORS_ONLY, default=False): BooleanSelector(),
    }
)


def cleaned_limits(
    user_input: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """Return the options that the form stands for, its errors and their placeholders."""
    options = dict(user_input)
    errors: dict[str, str] = {}
    for key in (CONF_CALLS_PER_MINUTE, CONF_CALLS_AT_ONCE, CONF_REPEAT_SECONDS):
        # A fraction may not become 0, which is no limit.
        options[key] = ceil(options[key])
    invalid: list[str] = []
    for key in (CONF_DENIED_NUMBERS, CONF_ALLOWED_NUMBERS):
        texts = [text for text in options.pop(key, ()) if text.strip()]
        for text in texts:
            try:
                parse_pattern(text)
            except InvalidPatternError:
                errors[key] = "invalid_pattern"
                invalid.append(text.strip())
        if texts:
            options[key] = [text.strip() for text in texts]
    if not options.get(CONF_EMERGENCY_NUMBERS):
        options.pop(CONF_EMERGENCY_NUMBERS, None)
    return options, errors, {"pattern": ", ".join(invalid)}


def rules_of(options: Mapping[str, Any]) -> DialRules:
    """Return what may be dialled through a PBX."""
    return DialRules(
        denied=tuple(map(parse_pattern, options.get(CONF_DENIED_NUMBERS, ()))),
        allowed=tuple(map(parse_pattern, options.get(CONF_ALLOWED_NUMBERS, ()))),
        emergency=frozenset(options.get(CONF_EMERGENCY_NUMBERS, ())),
        calls_per_minute=options.get(CONF_CALLS_PER_MINUTE, DEFAULT_CALLS_PER_MINUTE),
        calls_at_once=options.get(CONF_CALLS_AT_ONCE, DEFAULT_CALLS_AT_ONCE),
        repeat_seconds=options.get(CONF_REPEAT_SECONDS, DEFAULT_REPEAT_SECONDS),
        country_prefix=options.get(CONF_COUNTRY_PREFIX, ""),
        national_prefix=options.get(CONF_NATIONAL_PREFIX, ""),
    )
