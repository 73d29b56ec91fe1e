"""Follows the calls of a PBX: gives the tracker its clock and tells its news on."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
import logging
from time import monotonic
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import (
    CALLBACK_TYPE,
    EVENT_HOMEASSISTANT_STOP,
    Event,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalTypeFormat

from .const import DOMAIN
from .dialing.guard import DialGuard
from .telephony.calls import Call, CallTracker, Ending, News, Outcome, Step
from .telephony.errors import PbxError, PermissionDeniedError
from .telephony.other_calls import OtherCalls, OtherNews
from .telephony.pbx import Pbx
from .telephony.phones import PhoneNews, Phones
from .telephony.signals import EndSignal, PhoneSignal, Signal

_LOGGER = logging.getLogger(__name__)

# The PBX writes the row of a call a moment after its end.
SECOND_LOOK: Final = 5.0
# After an error the clock goes on, but does not run in circles.
PAUSE_AFTER_ERROR: Final = 1.0
NO_EVENTS: Final = "no_events"

_MONITORS: HassKey[dict[str, CallMonitor]] = HassKey(f"{DOMAIN}_monitors")


class CallEventType(StrEnum):
    """What can happen to a call, for whoever watches the calls of a PBX."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ORIGINATED = "originated"
    CALLER_ANSWERED = "caller_answered"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Something happened to a call, placed here or not.

    `wait` and `talk` are seconds. What is not known is None.
    """

    type: CallEventType
    placed_here: bool
    caller: str | None
    callee: str | None
    trunk: str | None
    call_id: str | None
    originated_call_id: str | None
    outcome: Outcome | None = None
    wait: int | None = None
    talk: int | None = None
    recording: str | None = None


# Each is sent for one entry, whose id is put into it.
SIGNAL_CALL_EVENT: SignalTypeFormat[CallEvent] = SignalTypeFormat("pbx_{}_call_event")
SIGNAL_CALLS_CHANGED: SignalTypeFormat[()] = SignalTypeFormat("pbx_{}_calls_changed")
# For one telephone, whose number follows the entry's id, with what is new of its calls.
SIGNAL_PHONE: SignalTypeFormat[list[PhoneNews]] = SignalTypeFormat("pbx_{}_phone_{}")

_EVENT_TYPES = {
    Step.ORIGINATED: CallEventType.ORIGINATED,
    Step.CALLER_ANSWERED: CallEventType.CALLER_ANSWERED,
    Step.ANSWERED: CallEventType.ANSWERED,
    Step.ENDED: CallEventType.ENDED,
}


@dataclass(slots=True)
class Heard:
    """How often an event of one name has come, and when it last did."""

    count: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Wait:
    """Somebody waits for a call to get as far as a step, or to end."""

    call: Call
    step: Step
    reply: asyncio.Future[Ending]

    @callback
    def async_reply(self, ending: Ending) -> None:
        """End the wait, if it has not ended."""
        if not self.reply.done():
            self.reply.set_result(ending)


class CallMonitor:
    """What is known of one PBX's calls, kept while Home Assistant runs.

    It outlives a reload of the entry: calls go on meanwhile. `heard` has the events
    that have come, by name; `was_reachable` says whether the PBX was before a reload
    for a small change, and is None where the entry is set up for another reason.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with no calls and nothing heard."""
        self.tracker = CallTracker(self._now)
        self.guard = DialGuard(self._now)
        self.heard: defaultdict[str, Heard] = defaultdict(Heard)
        self.phones = Phones(self._now)
        self.unknown_states: set[str] = set()
        self.trunks: dict[str, str | None] = {}
        self._hass = hass
        self._entry_id = entry_id
        self._others = OtherCalls(self._now, self.phones)
        self._entry: ConfigEntry | None = None
        self._client: Pbx | None = None
        self._may_search = True
        self._told_in_progress = 0
        self._waits: list[_Wait] = []
        self.was_reachable: bool | None = None
        self._awaited: list[tuple[str, asyncio.Future[None]]] = []
        self._reached = 0.0
        self._due: float | None = None
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._second_looks: dict[int, CALLBACK_TYPE] = {}
        self._errors: set[type[Exception]] = set()
        self._has_failed = False
        self._is_closed = False
        self._stop_listening = hass.bus.async_listen(
            EVENT_HOMEASSISTANT_STOP, self._async_close
        )

    @property
    def calls_in_progress(self) -> int:
        """How many calls that the PBX has accepted have not ended, as far as is known."""
        return self.tracker.accepted_calls

    @callback
    def async_start(self, entry: ConfigEntry, client: Pbx) -> None:
        """Work for a loaded entry, until it is unloaded."""
        self._entry = entry
        self._client = client
        self.was_reachable = None
        self._may_search = True
        entry.async_on_unload(self._async_stop)
        self._async_learn(self.tracker.tick)

    @callback
    def async_place(
        self,
        *,
        caller: str,
        callee: str,
        caller_id: str,
        timeout: int,
        call_limit: int | None,
        trunk_name: str,
    ) -> Call:
        """Begin to follow a call whose request is about to leave."""
        call = self.tracker.place(
            caller=caller,
            callee=callee,
            caller_id=caller_id,
            timeout=timeout,
            call_limit=call_limit,
            trunk_name=trunk_name,
        )
        self._async_wake_by(call.due())
        return call

    @callback
    def async_accept(self, call: Call, originated_call_id: str) -> None:
        """Take that the PBX has accepted a call."""
        self._async_learn(partial(self.tracker.accept, call, originated_call_id))

    @callback
    def async_give_up(self, call: Call, *, may_ring: bool) -> None:
        """Take that a request failed; `may_ring` where the PBX may have acted on it."""
        with self.contained():
            if may_ring:
                self.tracker.lose(call)
            else:
                self.tracker.discard(call)
        self._async_take([])

    @callback
    def async_note_heard(self, name: str) -> None:
        """Take note that an event of some name has come."""
        if not self.heard:
            ir.async_delete_issue(self._hass, DOMAIN, f"{NO_EVENTS}_{self._entry_id}")
        heard = self.heard[name]
        heard.count += 1
        heard.last = dt_util.utcnow()
        for awaited, arrived in self._awaited:
            if awaited == name and not arrived.done():
                arrived.set_result(None)

    @asynccontextmanager
    async def async_expect(self, name: str) -> AsyncIterator[asyncio.Future[None]]:
        """Yield what is done when an event of some name comes from now on."""
        expected = (name, self._hass.loop.create_future())
        self._awaited.append(expected)
        try:
            yield expected[1]
        finally:
            self._awaited.remove(expected)

    @callback
    def async_hear(self, signal: Signal) -> None:
        """Take what the PBX says of a call."""
        news: list[News] = []
        placed_here = False
        with self.contained():
            placed_here = isinstance(signal, PhoneSignal) and self.tracker.claims(
                signal
            )
            news = self.tracker.hear(signal)
        if isinstance(signal, PhoneSignal):
            with self.contained():
                async_dispatcher_send(
                    self._hass,
                    SIGNAL_PHONE.format(self._entry_id, signal.phone),
                    self.phones.hear(signal, placed_here=placed_here),
                )
            with self.contained():
                self._async_tell_others(self._others.hear_phone(signal))
        self._async_take(news)

    async def async_wait(self, call: Call, step: Step) -> Ending:
        """Wait until a call has got as far as a step, or has ended.

        Returns how it ended, or that it is answered. The outcome is unknown where the
        entry is unloaded, or Home Assistant stops, before that is known.
        """
        if ending := _known_by_now(call, step):
            return ending
        if self._is_closed or (self._entry is None and self.was_reachable is None):
            return Ending(outcome=Outcome.UNKNOWN)
        wait = _Wait(call, step, self._hass.loop.create_future())
        self._waits.append(wait)
        try:
            return await wait.reply
        finally:
            self._waits.remove(wait)

    @callback
    def async_prepare_reload(self, *, was_reachable: bool | None) -> None:
        """Say what the next unloading is for.

        Waits outlive one that is a reload for a small change. It may turn out to be for
        more: None then.
        """
        self.was_reachable = was_reachable

    @callback
    def async_forget(self) -> None:
        """End everything: the entry is removed."""
        self._stop_listening()
        self._async_close()

    @contextmanager
    def contained(self) -> Iterator[None]:
        """Have an error hurt nothing but that in which it happens.

        Each kind of error is logged once.
        """
        try:
            yield
        except Exception as err:
            self._has_failed = True
            level = logging.DEBUG if type(err) in self._errors else logging.ERROR
            self._errors.add(type(err))
            _LOGGER.log(level, "Could not follow a call", exc_info=True)

    @callback
    def _async_stop(self) -> None:
        """Take that the entry is unloaded; calls go on, and the clock with them."""
        self._entry = self._client = None
        while self._second_looks:
            _, cancel = self._second_looks.popitem()
            cancel()
        if self.was_reachable is None:
            self._async_end_waits()

    @callback
    def _async_close(self, _event: Event | None = None) -> None:
        """Let nothing wait for the calls any more, for good."""
        self._is_closed = True
        self.was_reachable = None
        self._async_stop()
        if self._cancel_timer:
            self._cancel_timer()

    @callback
    def _async_end_waits(self) -> None:
        """End all waits, with an outcome that is unknown."""
        for wait in self._waits:
            wait.async_reply(Ending(outcome=Outcome.UNKNOWN))

    @callback
    def _async_learn(self, learn: Callable[[], list[News]]) -> None:
        """Learn something of the calls, and tell what is new."""
        news: list[News] = []
        with self.contained():
            news = learn()
        self._async_take(news)

    @callback
    def _async_take(self, news: list[News]) -> None:
        """Tell on what has become known, and see to it that time does its part."""
        for item in news:
            with self.contained():
                self._async_tell(item)
        self._async_answer_waits()
        for unclaimed in self.tracker.take_unclaimed():
            with self.contained():
                self._async_tell_others(self._others.hear(unclaimed))
        with self.contained():
            self._async_tell_others(self._others.tick())
        in_progress = self.calls_in_progress
        if self._told_in_progress != in_progress:
            self._told_in_progress = in_progress
            signal = SIGNAL_CALLS_CHANGED.format(self._entry_id)
            async_dispatcher_send(self._hass, signal)
        self._async_set_timer()

    @callback
    def _async_answer_waits(self) -> None:
        """Answer those who wait for what is known by now.

        Whether that is new does not matter: an error may have kept it from being told.
        """
        for wait in self._waits:
            if not (ending := _known_by_now(wait.call, wait.step)):
                continue
            wait.async_reply(ending)
            if wait.call.ending:
                self._async_complain_of_silence()

    @callback
    def _async_tell(self, news: News) -> None:
        """Tell of a call that was placed here."""
        call, ending = news.call, news.ending or Ending(outcome=Outcome.UNKNOWN)
        if news.step is Step.REPORT_WANTED:
            self._async_look_up(call)
        elif call.originated_call_id and news.step in _EVENT_TYPES:
            self._async_send(
                CallEvent(
                    type=_EVENT_TYPES[news.step],
                    placed_here=True,
                    caller=call.caller,
                    callee=call.callee,
                    trunk=ending.trunk or call.trunk_name or None,
                    call_id=call.call_id or None,
                    originated_call_id=call.originated_call_id,
                    outcome=ending.outcome if news.ending else None,
                    wait=ending.wait,
                    talk=ending.talk,
                    recording=ending.recording or None,
                )
            )

    @callback
    def _async_complain_of_silence(self) -> None:
        """Tell the user that waiting is of no use while the PBX sends no events."""
        if self.heard or self._entry is None:
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{NO_EVENTS}_{self._entry_id}",
            data={"entry_id": self._entry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=NO_EVENTS,
            translation_placeholders={"name": self._entry.title},
        )

    @callback
    def _async_tell_others(self, news: Iterable[OtherNews]) -> None:
        """Tell of a call that was not placed here."""
        for item in news:
            ending = item.ending
            self._async_send(
                CallEvent(
                    type=CallEventType(item.step),
                    placed_here=False,
                    caller=item.caller or None,
                    callee=item.callee or None,
                    trunk=item.trunk or None,
                    call_id=item.call_id or None,
                    originated_call_id=item.originated_call_id or None,
                    outcome=ending.outcome if ending else None,
                    wait=ending.wait if ending else None,
                    talk=ending.talk if ending else None,
                    recording=(ending.recording or None) if ending else None,
                )
            )

    @callback
    def _async_send(self, event: CallEvent) -> None:
        signal = SIGNAL_CALL_EVENT.format(self._entry_id)
        async_dispatcher_send(self._hass, signal, event)

    def _now(self) -> float:
        """Return the seconds on a clock that never goes back.

        The event loop may wake a moment too early; what it wakes for is due then.
        """
        return max(monotonic(), self._reached)

    @callback
    def _async_set_timer(self) -> None:
        """Have the tracker act when something is due, and soon after an error.

        A timer that comes too early is left alone: it sets the next one.
        """
        dues: list[float | None] = []
        with self.contained():
            dues = [self.tracker.next_due, self._others.next_due]
        if self._has_failed:
            self._has_failed = False
            dues = [self._now() + PAUSE_AFTER_ERROR]
        for due in dues:
            if due is not None:
                self._async_wake_by(due)

    @callback
    def _async_wake_by(self, due: float) -> None:
        """Have the tracker act at a time, or before."""
        if self._is_closed:
            return
        if self._cancel_timer:
            if self._due is not None and self._due <= due:
                return
            self._cancel_timer()
        self._due = due
        self._cancel_timer = async_call_later(
            self._hass,
            max(0.0, due - self._now()),
            HassJob(
                partial(self._async_timer_fired, due),
                f"{DOMAIN} calls",
                cancel_on_shutdown=True,
            ),
        )

    @callback
    def _async_timer_fired(self, due: float, _time: datetime) -> None:
        """Do what is due."""
        self._due = self._cancel_timer = None
        self._reached = max(self._reached, due)
        self._async_learn(self.tracker.tick)

    @callback
    def _async_look_up(self, call: Call, *, again: bool = True) -> None:
        """Look for a call in the PBX's report, now and once more a little later."""
        if not (self._entry and self._client and self._may_search):
            self._async_learn(partial(self.tracker.report, call, []))
            return
        self._entry.async_create_background_task(
            self._hass,
            self._async_search(self._client, call, again=again),
            f"{DOMAIN} report",
        )

    async def _async_search(self, client: Pbx, call: Call, *, again: bool) -> None:
        accounts: list[EndSignal] = []
        with self.contained():
            try:
                accounts = await client.look_up(
                    call.originated_call_id, today=dt_util.utcnow().date()
                )
            except PermissionDeniedError:
                self._may_search = again = False
            except PbxError:
                again = False
        if accounts or not again:
            self._async_learn(partial(self.tracker.report, call, accounts))
            return

        @callback
        def look_again(_time: datetime) -> None:
            del self._second_looks[call.number]
            self._async_look_up(call, again=False)

        self._second_looks[call.number] = async_call_later(
            self._hass,
            SECOND_LOOK,
            HassJob(look_again, f"{DOMAIN} report", cancel_on_shutdown=True),
        )


def _known_by_now(call: Call, step: Step) -> Ending | None:
    """Return how a call ended, or that it got as far as a step, if it did."""
    if call.ending is None and call.has_reached(step):
        return Ending(outcome=Outcome.ANSWERED)
    return call.ending


@callback
def async_get_monitor(hass: HomeAssistant, entry_id: str) -> CallMonitor:
    """Return the monitor of an entry; there is one while Home Assistant runs."""
    monitors = hass.data.setdefault(_MONITORS, {})
    if entry_id not in monitors:
        monitors[entry_id] = CallMonitor(hass, entry_id)
    return monitors[entry_id]


@callback
def async_forget_monitor(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the calls of an entry that is removed."""
    if monitor := hass.data.get(_MONITORS, {}).pop(entry_id, None):
        monitor.async_forget()
    ir.async_delete_issue(hass, DOMAIN, f"{NO_EVENTS}_{entry_id}")
