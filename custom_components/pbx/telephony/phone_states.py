"""The states heard of each phone, and whether it is in use for any call.

Pure: no input or output, no Home Assistant and no clock. A phone with call waiting is in
several calls, each known by its id, and is in use until the last of them has ended.
"""

from typing import Final

from .signals import PhoneSignal

_MOST_PHONES: Final = 10_000
_MOST_CALLS_OF_A_PHONE: Final = 50

_IN_USE = frozenset({"in_use", "hold"})
# States of a phone that is in no call.
NOT_IN_A_CALL: Final = frozenset({"idle", "unavailable", "unreachable"})


class PhoneStates:
    """Keeps the last state of each phone, and the calls for which it is in use."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._last: dict[str, PhoneSignal] = {}
        # The calls that each phone took, and the phones that took each call.
        self._calls: dict[str, set[str]] = {}
        self._phones: dict[str, set[str]] = {}

    def __contains__(self, phone: object) -> bool:
        """Return whether anything was heard of a phone."""
        return phone in self._last

    def get(self, phone: str) -> PhoneSignal | None:
        """Return the last state of a phone, None if nothing was heard of it."""
        return self._last.get(phone)

    def is_in_use(self, phone: str) -> bool:
        """Return whether a phone took a call that is not known to have ended."""
        return bool(self._calls.get(phone))

    def is_in_call(self, phone: str, call_id: str) -> bool:
        """Return whether a phone took the call of an id and has not left it."""
        return call_id in self._calls.get(phone, ())

    def is_call_in_use(self, call_id: str) -> bool:
        """Return whether any phone took a call and has not left it."""
        return call_id in self._phones

    @property
    def words(self) -> dict[str, str]:
        """The last state of each phone, in words."""
        return {phone: signal.state for phone, signal in self._last.items()}

    def update(self, signal: PhoneSignal) -> None:
        """Keep the new state of a phone."""
        phone, call_id = signal.phone, signal.call_id
        if phone not in self._last and len(self._last) >= _MOST_PHONES:
            oldest = next(iter(self._last))
            del self._last[oldest]
            self._end_all(oldest)
        self._last[phone] = signal
        calls = self._calls.get(phone, set())
        if signal.state in _IN_USE:
            if len(calls) < _MOST_CALLS_OF_A_PHONE:
                self._calls.setdefault(phone, set()).add(call_id)
                self._phones.setdefault(call_id, set()).add(phone)
        elif signal.state in NOT_IN_A_CALL:
            if not call_id or calls == {""}:
                self._end_all(phone)
            else:
                self._end(phone, call_id)

    def _end_all(self, phone: str) -> None:
        """End all calls of a phone: its state names none, or they have no ids."""
        for call_id in tuple(self._calls.get(phone, ())):
            self._end(phone, call_id)

    def _end(self, phone: str, call_id: str) -> None:
        """End one call of a phone, if the phone is in it."""
        for index, key, item in (
            (self._calls, phone, call_id),
            (self._phones, call_id, phone),
        ):
            members = index.get(key, set())
            members.discard(item)
            if not members:
                index.pop(key, None)
