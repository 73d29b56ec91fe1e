"""The dialplan: where a number leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .calls import CallOrder
from .patterns import fits
from .settings import Queue, Settings
from .switches import Phone

type TrunkState = Literal["Ok", "Unavailable", "Deactivate"]
type Kind = Literal["extension", "queue", "outside", "nowhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a number leads; `trunk` for one outside, `reason` where it leads nowhere."""

    kind: Kind
    trunk: str = ""
    queue: Queue | None = None
    reason: str = ""


def trunk_states(settings: Settings) -> dict[str, TrunkState]:
    """Return the states that the trunks begin in."""
    return {
        trunk.name: "Ok" if trunk.active else "Deactivate" for trunk in settings.trunks
    }


def first_leg(
    order: CallOrder, settings: Settings, states: Mapping[str, TrunkState]
) -> Destination:
    """Return where the first leg of an originate leads: no context is needed."""
    if settings.extension(order.caller) is not None:
        return Destination(kind="extension")
    if not order.trunk_name:
        # Indispensable for a caller outside, although its absence is no error.
        return Destination(kind="nowhere", reason="no_trunk")
    return _outside(order.caller, order.trunk_name, settings, states)


def second_leg(
    order: CallOrder, settings: Settings, states: Mapping[str, TrunkState]
) -> Destination:
    """Return where the context of a call leads the dialled number."""
    callee = order.callee
    if order.context not in settings.contexts:
        return Destination(kind="nowhere", reason="no_route")
    if callee.startswith(settings.calls.barred_prefixes):
        return Destination(kind="nowhere", reason="barred")
    patterns = settings.calls.routes.get(order.context)
    if patterns is not None and not any(fits(callee, item) for item in patterns):
        return Destination(kind="nowhere", reason="no_route")
    return _inside(callee, settings) or _outside(
        callee, outgoing_trunk(settings), settings, states
    )


def incoming(callee: str, settings: Settings) -> Destination:
    """Return where a call from outside leads: no context of outgoing calls is asked."""
    nowhere = Destination(kind="nowhere", reason="no_route")
    return _inside(callee, settings) or nowhere


def outgoing_trunk(settings: Settings) -> str:
    """Return the trunk by which the dialplan reaches the outside."""
    if settings.calls.trunk:
        return settings.calls.trunk
    return next((trunk.name for trunk in settings.trunks if trunk.active), "")


def _inside(number: str, settings: Settings) -> Destination | None:
    if settings.extension(number) is not None:
        return Destination(kind="extension")
    for queue in settings.queues:
        if queue.number == number:
            return Destination(kind="queue", queue=queue)
    return None


def _outside(
    number: str, trunk: str, settings: Settings, states: Mapping[str, TrunkState]
) -> Destination:
    rule = _outside_rule(number, settings)
    if rule is None and not settings.is_outside(number):
        return Destination(kind="nowhere", reason="no_route")
    if rule is not None and rule.behaviour in ("no_route", "barred"):
        return Destination(kind="nowhere", reason=rule.behaviour)
    if states.get(trunk) != "Ok":
        return Destination(kind="nowhere", reason="trunk_down")
    return Destination(kind="outside", trunk=trunk)


def _outside_rule(number: str, settings: Settings) -> Phone | None:
    """Return the first rule about a number outside.

    One that fits an extension as well is about extensions.
    """
    for phone in settings.phones:
        if fits(number, phone.number) and not any(
            fits(extension.number, phone.number) for extension in settings.extensions
        ):
            return phone
    return None
