"""Names that several modules of the integration share."""

from typing import Final

DOMAIN: Final = "pbx"

CONF_ALIASES: Final = "aliases"
CONF_CALLER: Final = "caller"
CONF_CALLER_ID: Final = "caller_id"
CONF_CONTEXT: Final = "context"
CONF_COUNTRY_PREFIX: Final = "country_prefix"
CONF_NATIONAL_PREFIX: Final = "national_prefix"
CONF_NUMBER: Final = "number"
CONF_TRUNK_NAME: Final = "trunk_name"
CONF_VOICE: Final = "voice"
CONF_WEBHOOK_LOCAL_ONLY: Final = "webhook_local_only"
CONF_WEBHOOK_PASSWORD: Final = "webhook_password"
CONF_WEBHOOK_USERNAME: Final = "webhook_username"

SUBENTRY_CONTACT: Final = "contact"
SUBENTRY_EXTENSION: Final = "extension"
