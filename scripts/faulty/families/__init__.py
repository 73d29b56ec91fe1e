"""The faults of the PBX and the network, a module for each kind."""

from scripts.faulty.certificates import Authority
from scripts.faulty.fault import Fault

from .compression import compressed_replies
from .connections import broken_connections
from .echoes import cookies, echoes
from .envelopes import envelopes
from .framing import framing, strange_http
from .names import failing_names
from .pages import pages, redirects, statuses
from .slowness import slowness
from .tls import broken_tls


def all_faults(authority: Authority, elsewhere: str) -> list[Fault]:
    """Return every fault; `elsewhere` is the address of a host that must get nothing."""
    return [
        *slowness(),
        *broken_connections(),
        *broken_tls(authority),
        *failing_names(),
        *framing(),
        *strange_http(),
        *compressed_replies(),
        *redirects(elsewhere),
        *pages(),
        *statuses(),
        *envelopes(),
        *echoes(),
        *cookies(),
    ]
