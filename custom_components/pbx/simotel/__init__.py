"""The HTTP API of Simotel, an Asterisk-based PBX, as an asynchronous library.

Knows nothing of Home Assistant. SimotelClient places calls; `telephony.errors`
says of each failure whether a call can have been placed.
"""

from .address import ApiAddress, at_default_path, parse_address
from .client import SimotelClient
from .models import Credentials

__all__ = [
    "ApiAddress",
    "Credentials",
    "SimotelClient",
    "at_default_path",
    "parse_address",
]
