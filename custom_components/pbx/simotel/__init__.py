"""The HTTP API of Simotel, an Asterisk-based PBX, as an asynchronous library.

Knows nothing of Home Assistant. SimotelClient places calls, `errors` says of each
failure whether a call can have been placed.
"""

from .address import ApiAddress, at_default_path, parse_address
from .client import SimotelClient
from .models import Credentials, OriginateRequest, Trunk, User
from .numbers import clean_number

__all__ = [
    "ApiAddress",
    "Credentials",
    "OriginateRequest",
    "SimotelClient",
    "Trunk",
    "User",
    "at_default_path",
    "clean_number",
    "parse_address",
]
