"""Misbehaviour on demand: which fault of the settings a request meets."""

from collections.abc import Sequence
from dataclasses import replace
import gzip

from .replies import Reply, web_server_page
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
    if fault.status and fault.body is not None:
        body = fault.body.encode(errors=BYTES)
        reply = Reply(status=fault.status, body=body, headers=fault.headers)
    elif fault.status:
        page = web_server_page(fault.status)
        reply = replace(page, headers={**page.headers, **fault.headers})
    if fault.gzip:
        headers = {**reply.headers, "Content-Encoding": "gzip"}
        reply = replace(reply, body=gzip.compress(reply.body), headers=headers)
    return reply
