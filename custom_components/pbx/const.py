"""Names that several modules of the integration share."""

from typing import Final

DOMAIN: Final = "pbx"

# The make of every PBX before there was a second one.
MAKE_SIMOTEL: Final = "simotel"

CONF_ADMINISTRATORS_ONLY: Final = "administrators_only"
CONF_ALIASES: Final = "aliases"
CONF_ALLOWED_NUMBERS: Final = "allowed_numbers"
CONF_CALLER: Final = "caller"
CONF_CALLER_ID: Final = "caller_id"
CONF_CALLS_AT_ONCE: Final = "calls_at_once"
CONF_CALLS_PER_MINUTE: Final = "calls_per_minute"
CONF_CONTEXT: Final = "context"
CONF_COUNTRY_PREFIX: Final = "country_prefix"
CONF_DENIED_NUMBERS: Final = "denied_numbers"
CONF_EMERGENCY_NUMBERS: Final = "emergency_numbers"
CONF_MAKE: Final = "make"
CONF_NATIONAL_PREFIX: Final = "national_prefix"
CONF_NUMBER: Final = "number"
CONF_REPEAT_SECONDS: Final = "repeat_seconds"
CONF_TRUNK_NAME: Final = "trunk_name"
CONF_VOICE: Final = "voice"
CONF_WEBHOOK_LOCAL_ONLY: Final = "webhook_local_only"
CONF_WEBHOOK_PASSWORD: Final = "webhook_password"
CONF_WEBHOOK_USERNAME: Final = "webhook_username"

SUBENTRY_CONTACT: Final = "contact"
SUBENTRY_EXTENSION: Final = "extension"
