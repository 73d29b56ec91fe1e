"""Names that several modules of the integration share."""

from typing import Final

DOMAIN: Final = "pbx"

CONF_CALLER_ID: Final = "caller_id"
CONF_CONTEXT: Final = "context"
CONF_TRUNK_NAME: Final = "trunk_name"
CONF_WEBHOOK_LOCAL_ONLY: Final = "webhook_local_only"
CONF_WEBHOOK_PASSWORD: Final = "webhook_password"
CONF_WEBHOOK_USERNAME: Final = "webhook_username"
