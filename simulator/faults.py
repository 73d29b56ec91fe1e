"""Misbehaviour on demand: which fault of the settings a request meets."""

from collections.abc import Sequence

from .replies import Reply, compressed, web_server_page
from .rules import Rules
from .settings import Fault
from .wire import BYTES

WELL_BEHAVED = Fault()
"""The fault that changes nothing."""


class Faults:
    """The faults of the settings, with what is left of those that are used up."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Begin with every fault unused."""
        self._rules = Rules(faults)

    def take(self, *paths: str) -> Fault:
        """Return the fault that a request meets, and count its use.

        `paths` are the names by which a fault may mean the request.
        """
        rule = self._rules.take(lambda fault: fault.path in ("*", *paths))
        return rule or WELL_BEHAVED


def distorted(reply: Reply, fault: Fault) -> Reply:
    """Return the reply as a fault wants it to look."""
    if fault.status:
        reply = _replacement(fault)
    return compressed(reply) if fault.gzip else reply


def _replacement(fault: Fault) -> Reply:
    page = web_server_page(fault.status)
    if fault.body is None:
        return Reply(
            status=page.status,
            body=page.body,
            headers={**page.headers, **fault.headers},
        )
    body = fault.body.encode(errors=BYTES)
    return Reply(status=fault.status, body=body, headers=fault.headers)
