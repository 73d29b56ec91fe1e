"""Names that several modules of the integration share."""

from typing import Final

DOMAIN: Final = "pbx"

CONF_CALLER_ID: Final = "caller_id"
CONF_CONTEXT: Final = "context"
CONF_TRUNK_NAME: Final = "trunk_name"
