"""Misbehaviour on demand: which fault of the settings a request meets."""

from collections.abc import Sequence
from dataclasses import dataclass

from .replies import Reply, compressed, web_server_page
from .settings import Fault
from .wire import BYTES

WELL_BEHAVED = Fault()
"""The fault that changes nothing."""


@dataclass(slots=True)
class _Stock:
    fault: Fault
    left: int | None


class Faults:
    """The faults of the settings, with what is left of those that are used up."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Begin with every fault unused."""
        self._stock = [
            _Stock(fault=fault, left=fault.times or None) for fault in faults
        ]

    def take(self, *paths: str) -> Fault:
        """Return the fault that a request meets, and count its use.

        `paths` are the names by which a fault may mean the request.
        """
        for stock in self._stock:
            if stock.left == 0 or (
                stock.fault.path != "*" and stock.fault.path not in paths
            ):
                continue
            if stock.left is not None:
                stock.left -= 1
            return stock.fault
        return WELL_BEHAVED


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
