"""The makes of PBX that there are; nothing else imports one."""

from collections.abc import Mapping
from typing import Any, Final

from .const import CONF_MAKE
from .simotel.make import SIMOTEL
from .telephony.pbx import Make

MAKES: Final = {make.name: make for make in (SIMOTEL,)}


def make_of(data: Mapping[str, Any]) -> Make:
    """Return the make of the PBX of an entry, by the entry's data."""
    return MAKES[data[CONF_MAKE]]
