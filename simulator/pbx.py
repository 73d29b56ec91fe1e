"""The state of the simulated PBX: how it is set up and what has happened to it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
import time

from multidict import CIMultiDictProxy

from .calls import Call, CallKind, CallOrder
from .changes import Changes
from .delivery import Delivery, EventRecord
from .dialplan import incoming, outgoing_trunk
from .events import Event
from .exchange import Exchange, NotPossible
from .faults import Faults
from .journal import Journal
from .settings import Settings
from .timers import Sleep, Timers
from .wire import Json, Row


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    r"""A request as it was received.

    It is kept from its arrival on and filled in as it goes: `body` and `parsed` once it
    was read, `status` once a reply has begun. So `status` is None for a request that
    waits for its reply or whose connection was dropped before one. `time` is in seconds
    since 1970; `path` is as received, query included; bytes of `body` that are no UTF-8
    are spelt `\udc80` to `\udcff`; `operation` is the request as the account's list of
    permitted requests spells it, None outside of the API. Secrets in `headers` are kept
    as received.
    """

    time: float
    remote: str
    method: str
    path: str
    operation: str | None
    headers: CIMultiDictProxy[str]
    body: str = ""
    parsed: Json = None
    status: int | None = None

    def plain(self) -> Row:
        """Return the record as the control API shows it."""
        record = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**record, "headers": dict(self.headers.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """An originate that was accepted; `time` is in seconds since 1970."""

    originated_call_id: str
    time: float
    order: CallOrder

    def plain(self) -> Row:
        """Return the record as the control API shows it."""
        return {
            "originated_call_id": self.originated_call_id,
            "time": self.time,
            **asdict(self.order),
        }


class Pbx:
    """A PBX with its journal of requests, its calls and its report rows, newest last.

    Of each of them, and of the events, the newest `settings.keep_records` are kept.
    Telephones ring and events are sent between `start` and `stop` only.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Set the PBX up.

        `clock` gives the seconds since 1970. `sleep` is how calls let time pass:
        `timers.instant` lets none pass.
        """
        self._initial = settings or Settings()
        self._settings = self._initial
        self._clock = clock
        self._last_stamp = 0
        self.faults = Faults(self._initial.faults)
        self.changes = Changes()
        self._requests = Journal[RequestRecord](self._limit, self.changes)
        self._calls = Journal[CallRecord](self._limit, self.changes)
        self._rows = Journal[Row](self._limit, self.changes)
        self._timers = Timers(speed=self._initial.speed, sleep=sleep)
        self._delivery = Delivery(
            lambda: self._settings,
            clock=clock,
            timers=self._timers,
            changes=self.changes,
        )
        self.exchange = Exchange(
            self._initial,
            clock=clock,
            timers=self._timers,
            tell=self._delivery.push,
            report=self.add_rows,
            changes=self.changes,
        )
        # What people do with telephones and trunks; each raises NotPossible where it
        # cannot be done now.
        self.answer = partial(self.exchange.press, "answer")
        self.reject = partial(self.exchange.press, "reject")
        self.ignore = partial(self.exchange.press, "ignore")
        self.hang_up = partial(self.exchange.press, "hangup")
        self.set_trunk = self.exchange.set_trunk
        self.keep_request = self._requests.add
        # Calls that go on and events that wait are not forgotten.
        self.forget_requests = self._requests.forget
        self.forget_calls = self._calls.forget
        self.forget_rows = self._rows.forget
        self.forget_traffic = self.exchange.forget
        self.forget_events = self._delivery.forget
        self._after_reply: list[Callable[[], None]] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> Settings:
        """The switches as they stand now."""
        return self._settings

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """The requests received, those to the control API left out."""
        return self._requests.records

    @property
    def calls(self) -> Sequence[CallRecord]:
        """The originates accepted."""
        return self._calls.records

    @property
    def rows(self) -> Sequence[Row]:
        """The rows of the call report."""
        return self._rows.records

    @property
    def traffic(self) -> Sequence[Call]:
        """The calls of all kinds, with what became of them."""
        return self.exchange.calls

    def call_of(self, originated_call_id: str) -> Call:
        """Return the call of an originate; raises LookupError for an unknown id."""
        for call in self.traffic:
            if call.originated_call_id == originated_call_id:
                return call
        raise LookupError(originated_call_id)

    @property
    def events(self) -> Sequence[EventRecord]:
        """The events that were sent, in this order, and those that wait for it."""
        return tuple(
            record
            for record in self._delivery.records
            if record.fate in ("sent", "waiting")
        )

    @property
    def all_events(self) -> Sequence[EventRecord]:
        """The events, with those that were not sent: not ticked, or dropped."""
        return self._delivery.records

    @property
    def is_idle(self) -> bool:
        """Whether no call goes on and every event has been delivered."""
        return (
            self.exchange.is_idle
            and self._delivery.is_idle
            and self._timers.is_idle
            and not self._after_reply
        )

    async def start(self) -> None:
        """Start the clock of calls and the sending of events."""
        self._tasks = [
            asyncio.create_task(self._timers.run()),
            asyncio.create_task(self._delivery.run()),
        ]
        for task in self._tasks:
            # Those who wait for the end of all calls learn of a failure.
            task.add_done_callback(lambda _task: self.changes.note())

    async def stop(self) -> None:
        """End all calls without a trace and send nothing more, at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._drop_all()

    async def idle(self) -> None:
        """Wait until no call goes on and every event has been delivered.

        A call in which nobody ever hangs up goes on. Raises what went wrong where the
        simulator itself failed.
        """
        while not self.is_idle:
            if not self._tasks:
                raise RuntimeError("The PBX was not started")
            for task in self._tasks:
                if task.done():
                    task.result()
            await self.changes.beyond(self.changes.count)

    async def delivered(self) -> None:
        """Wait until every event that is to be sent by now has been delivered."""
        while not self._delivery.is_idle:
            await self.changes.beyond(self.changes.count)

    def now(self) -> float:
        """Return the PBX's own time in seconds since 1970."""
        return self._clock()

    def change(
        self, changes: Mapping[str, object] | None = None, /, **more: object
    ) -> None:
        """Set switches, by the names of `example.toml`.

        Raises SettingsError for what cannot be meant, and then changes nothing.

        Tables and faults are given as mappings or as the tables of `settings`.
        Setting `faults` makes their number of uses begin anew.
        """
        self._adopt(self._settings.changed({**(changes or {}), **more}))

    def reset(self) -> None:
        """Go back to the settings of the start and forget everything that happened."""
        self._drop_all()
        self._adopt(self._initial)
        self.faults = Faults(self._initial.faults)
        self._delivery.drop_all()
        self._delivery.renew()
        self.exchange.reset()
        self.forget_requests()
        self.forget_calls()
        self.forget_traffic()
        self.forget_events()
        self.forget_rows()

    def requests_for(self, path: str) -> list[RequestRecord]:
        """Return the requests of one operation (`/setting/ping/act`) or whole path."""
        return [
            record
            for record in self.requests
            if path in (record.operation, record.path)
        ]

    def place(self, order: CallOrder, *, after_reply: bool = False) -> CallRecord:
        """Accept a call and give it its id, unique in the life of this PBX.

        It begins at once, or when the reply to the request has been sent.
        """
        now = self.now()
        # The PBX's ids look like its clock in microseconds, which two calls must not
        # share.
        self._last_stamp = max(int(now * 1_000_000), self._last_stamp + 1)
        seconds, fraction = divmod(self._last_stamp, 1_000_000)
        call = CallRecord(
            originated_call_id=f"orig.call.{seconds}.{fraction:06}",
            time=now,
            order=order,
        )
        self._calls.add(call)
        flow = self.exchange.place(
            order,
            kind="originated",
            time=now,
            originated_call_id=call.originated_call_id,
        )
        if after_reply:
            self._after_reply.append(flow.begin)
        else:
            flow.begin()
        return call

    def send_ping_event(self) -> None:
        """Send a Ping event when the reply to the request has been sent."""
        self._after_reply.append(lambda: self.send_event("Ping"))

    def take_after_reply(self) -> list[Callable[[], None]]:
        """Return what is to be done when the reply to a request has been sent.

        Who takes it has to do it.
        """
        taken, self._after_reply = self._after_reply, []
        return taken

    def dial(self, caller: str, callee: str) -> Call:
        """Call a number from an extension, as somebody who lifts it and dials.

        Raises NotPossible for what is no extension, or is busy.
        """
        extension = self._settings.extension(caller)
        if extension is None:
            raise NotPossible(f"{caller} is no extension")
        if self.exchange.line(caller).state != "Idle":
            raise NotPossible(f"{caller} is not idle")
        return self._begin(
            CallOrder(
                caller=caller,
                callee=callee,
                context=extension.context,
                caller_id=caller,
            ),
            kind="inside",
        )

    def dial_in(self, number: str, callee: str, *, trunk: str = "") -> Call:
        """Call a number of the PBX from outside.

        `trunk` is the one by which he comes in, the usual one for outgoing calls where
        none is named. Raises NotPossible where that one is down.
        """
        trunk = trunk or outgoing_trunk(self._settings)
        if self.exchange.trunk_states.get(trunk) != "Ok":
            raise NotPossible(f"Trunk {trunk} is down")
        if incoming(callee, self._settings).kind == "nowhere":
            raise NotPossible(f"{callee} is neither an extension nor a queue")
        context = self._settings.contexts[0] if self._settings.contexts else ""
        return self._begin(
            CallOrder(
                caller=number,
                callee=callee,
                context=context,
                caller_id=number,
                trunk_name=trunk,
            ),
            kind="incoming",
        )

    def set_phone(self, number: str, changes: Mapping[str, object]) -> None:
        """Change how one telephone behaves, by the names of `phones` in `example.toml`.

        What is not named stays as it is for that number. Raises SettingsError for what
        cannot be meant.
        """
        others = [phone for phone in self._settings.phones if phone.number != number]
        usual = dict(self.exchange.behaviours.of(number))
        self.change(phones=[{**usual, **changes, "number": number}, *others])

    def send_event(self, name: str, fields: Mapping[str, Json] | None = None) -> None:
        """Send an event of any name and with any fields."""
        self._delivery.push(Event(name=name, fields=fields or {}))

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows to the call report, in the documented shape or in any other."""
        for row in rows:
            self._rows.add(row)

    def _limit(self) -> int:
        return self._settings.keep_records

    def _adopt(self, settings: Settings) -> None:
        if settings.faults is not self._settings.faults:
            self.faults = Faults(settings.faults)
        before, self._settings = self._settings, settings
        if settings.events is not before.events:
            self._delivery.renew()
        if settings.speed != before.speed:
            self._timers.speed = settings.speed
        self.exchange.adopt(settings)
        self.changes.note()

    def _begin(self, parties: CallOrder, *, kind: CallKind) -> Call:
        flow = self.exchange.place(parties, kind=kind, time=self.now())
        flow.begin()
        return flow.call

    def _drop_all(self) -> None:
        self.exchange.drop_all()
        self._delivery.drop_all()
        self._timers.clear()
        self._after_reply.clear()
        self.changes.note()
