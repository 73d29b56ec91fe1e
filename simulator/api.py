"""The operations of the documented API, version 4.

Operations that the real API has and this simulator lacks answer as unknown ones do.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from .calls import CallOrder
from .directory import search_queues, search_trunks, search_users
from .parameters import (
    refuse_failed,
    refuse_missing,
    required_text,
    text_of,
    whole_number,
)
from .pbx import Pbx
from .replies import Outcome, Refusal
from .reports import search_calls
from .settings import Settings
from .wire import Json, Row

type Parameters = Mapping[str, Json]
type Operation = Callable[[Pbx, Parameters], Outcome]

_PING_ANSWER = (
    "If the 'Ping' event is enabled in the settings menu, "
    "you'll receive it when it's sent"
)
# The default that the PBX documents for an absent timeout, in seconds.
_RING_TIME = 30


def _originate(pbx: Pbx, parameters: Parameters) -> Outcome:
    caller, callee, context, caller_id = (
        required_text(parameters, name)
        for name in ("caller", "callee", "context", "caller_id")
    )
    call_limit = whole_number(parameters.get("call_limit"), 0)
    order = CallOrder(
        caller=caller,
        callee=callee,
        context=context,
        caller_id=caller_id,
        trunk_name=text_of(parameters.get("trunk_name")),
        timeout=whole_number(parameters.get("timeout"), _RING_TIME),
        call_limit=call_limit or None,
    )
    _check_dialplan(order, pbx.settings)
    call = pbx.place(order, after_reply=True)
    return Outcome(message=None, data={"originated_call_id": call.originated_call_id})


def _check_dialplan(order: CallOrder, settings: Settings) -> None:
    # Whether a PBX refuses these at once, or accepts a call that then fails, is not
    # documented, nor are the texts: the first two are this simulator's own. Names count
    # as they are spelt.
    if settings.unknown_context == "reject" and order.context not in settings.contexts:
        raise Refusal(f"Context '{order.context}' not found")
    known_trunks = [trunk.name for trunk in settings.trunks]
    if order.trunk_name:
        if settings.unknown_trunk == "reject" and order.trunk_name not in known_trunks:
            raise Refusal(f"Trunk '{order.trunk_name}' not found")
        return
    # The trunk is documented as needed for an outside caller, and also as "logical": a
    # parameter whose absence is no error.
    if settings.outside_caller_without_trunk == "reject" and settings.is_outside(
        order.caller
    ):
        refuse_missing("trunk_name")


def _ping(pbx: Pbx, _parameters: Parameters) -> Outcome:
    pbx.send_ping_event()
    return Outcome(message=_PING_ANSWER, data=None)


def _search(search: Callable[[Settings, Parameters], list[Row]]) -> Operation:
    def operation(pbx: Pbx, parameters: Parameters) -> Outcome:
        rows = search(pbx.settings, parameters)
        if not rows:
            return _nothing_found(pbx.settings, [])
        return Outcome(message="", data=[*rows])

    return operation


def _search_calls(*, quick: bool) -> Operation:
    def operation(pbx: Pbx, parameters: Parameters) -> Outcome:
        pagination, rows = search_calls(
            pbx.rows, pbx.settings, parameters, range_optional_with_call_id=quick
        )
        paged: Json = {"pagination": pagination, "data": [*rows]}
        if not rows:
            return _nothing_found(pbx.settings, paged)
        return Outcome(message="", data=paged)

    return operation


def _nothing_found(settings: Settings, empty: Json) -> Outcome:
    # What an empty result looks like is not documented for any search.
    if settings.searches.empty_result == "failure":
        refuse_failed()
    return Outcome(
        message="", data=None if settings.searches.empty_result == "null" else empty
    )


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "/call/originate/act": _originate,
        "/setting/ping/act": _ping,
        "/pbx/users/search": _search(search_users),
        "/pbx/trunks/search": _search(search_trunks),
        "/pbx/queues/search": _search(search_queues),
        "/reports/cdr/search": _search_calls(quick=False),
        "/reports/cdr": _search_calls(quick=True),
        "/reports/quick/search": _search_calls(quick=True),
    }
)
"""The operations by their path under the API's base, as an account's list spells it."""
