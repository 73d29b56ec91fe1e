"""The way of an event to its receiver, with all that can happen to it there."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
import json
import random
from typing import Literal
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from .changes import Changes
from .events import Event, as_text, spelt, spelt_name
from .journal import Journal
from .settings import Settings
from .switches import EventFault
from .timers import Timers
from .wire import Row, render

type Fate = Literal["waiting", "sent", "unticked", "dropped"]


@dataclass(slots=True, kw_only=True)
class EventRecord:
    """An event and what became of it.

    `time` is when it was sent, in seconds since 1970, or when it happened where it was
    not; `number` counts the events. `fate` is "waiting" until it was sent; "unticked"
    and "dropped" ones are not sent at all. `status` is that of the receiver's answer,
    None where there was none, and then `problem` says why.
    """

    number: int = 0
    time: float
    name: str
    fields: Row
    originated_call_id: str | None
    fate: Fate
    method: str = ""
    url: str = ""
    body: str = ""
    status: int | None = None
    problem: str = ""

    def plain(self) -> Row:
        """Return the record as the control API shows it."""
        return asdict(self)


class Delivery:
    """Sends events, one after the other; none is sent twice because of a failure."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        clock: Callable[[], float],
        timers: Timers,
        changes: Changes,
    ) -> None:
        """Prepare it; `run` sends."""
        self._settings = settings
        self._clock = clock
        self._timers = timers
        self._changes = changes
        self._queue: deque[EventRecord] = deque()
        self._records = Journal[EventRecord](lambda: settings().keep_records, changes)
        self._pushed = asyncio.Event()
        self._delayed = 0
        self._numbered = 0
        self._faults: list[tuple[EventFault, int]] = []
        self._chance = random.Random()
        self.renew()

    @property
    def records(self) -> Sequence[EventRecord]:
        """All events, newest last: those sent in the order of sending."""
        return self._records.records

    @property
    def is_idle(self) -> bool:
        """Whether every event has been delivered."""
        return not self._queue and not self._delayed

    def renew(self) -> None:
        """Count for faults anew, and begin the same row of chances."""
        switches = self._settings().events
        self._faults = [(fault, 0) for fault in switches.faults]
        self._chance = random.Random(switches.seed)

    def push(self, event: Event) -> None:
        """Send an event, or do with it what the switches say."""
        if not self._settings().webhook.ticks(event.name):
            return self._keep(self._record(event, "unticked"))
        fault = self._take(event)
        if fault.drop:
            return self._keep(self._record(event, "dropped"))
        for _copy in range(fault.copies):
            self._send_later(self._record(event, "waiting"), fault)
        return None

    def forget(self) -> None:
        """Forget the events that are through."""
        self._records.forget_where(lambda record: record.fate != "waiting")

    def drop_all(self) -> None:
        """Send nothing of what waits, and forget it."""
        self._queue.clear()
        self._delayed = 0
        self._records.forget_where(lambda record: record.fate == "waiting")

    async def run(self) -> None:
        """Send events as they come, until cancelled."""
        # A connection of its own for each event, as a PBX that keeps none open.
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            while True:
                self._pushed.clear()
                while self._queue:
                    await self._send(self._queue[0], session)
                await self._pushed.wait()

    async def _send(self, record: EventRecord, session: aiohttp.ClientSession) -> None:
        settings = self._settings()
        url, body, headers = _message(record.fields, record.name, settings)
        record.time = self._clock()
        record.method = settings.webhook.method
        record.url = str(url)
        record.body = body.decode()
        try:
            async with session.request(
                record.method,
                url,
                data=body or None,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=settings.webhook.timeout or None),
            ) as response:
                await response.read()
                record.status = response.status
        except TimeoutError:
            record.problem = "no answer in time"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            record.problem = str(error) or type(error).__name__
        record.fate = "sent"
        if self._queue and self._queue[0] is record:
            self._queue.popleft()
            self._timers.release()
        self._changes.note()

    def _send_later(self, record: EventRecord, fault: EventFault) -> None:
        shuffle = self._settings().events.shuffle
        delay = fault.delay + (self._chance.uniform(0, shuffle) if shuffle else 0.0)
        if not delay:
            return self._enqueue(record)
        self._delayed += 1
        self._timers.after(delay, lambda: self._enqueue_delayed(record))
        return None

    def _enqueue_delayed(self, record: EventRecord) -> None:
        self._delayed -= 1
        self._enqueue(record)

    def _enqueue(self, record: EventRecord) -> None:
        self._keep(record)
        self._queue.append(record)
        self._timers.hold()
        self._pushed.set()

    def _keep(self, record: EventRecord) -> None:
        self._numbered += 1
        record.number = self._numbered
        self._records.add(record)

    def _record(self, event: Event, fate: Fate) -> EventRecord:
        settings = self._settings()
        return EventRecord(
            time=self._clock(),
            name=event.name,
            fields=spelt(event, settings.events, settings.local_zone),
            originated_call_id=event.originated_call_id,
            fate=fate,
        )

    def _take(self, event: Event) -> EventFault:
        """Return the fault that an event meets, and count for all that it fits."""
        taken: EventFault | None = None
        for position, (fault, count) in enumerate(self._faults):
            if not _fits(event, fault):
                continue
            self._faults[position] = (fault, count + 1)
            if taken is None and fault.nth in (0, count + 1):
                taken = fault
        return taken or EventFault()


def _fits(event: Event, fault: EventFault) -> bool:
    return (
        fault.event in ("*", event.name)
        and fault.state in ("", event.fields.get("state"))
        and fault.exten in ("", event.fields.get("exten"))
    )


def _message(
    fields: Row, name: str, settings: Settings
) -> tuple[URL, bytes, dict[str, str]]:
    """Return the address, the body and the headers with which an event is sent."""
    webhook = settings.webhook
    headers = {}
    if webhook.username or webhook.password:
        headers["Authorization"] = aiohttp.encode_basic_auth(
            webhook.username, webhook.password, encoding="utf-8"
        )
    url = URL(webhook.address)
    if webhook.version == "Rest4":
        name = spelt_name(name, settings.events).replace(" ", "")
        if settings.events.rest_name == "lower":
            name = name.lower()
        url = url.with_path(f"{url.path.rstrip('/')}/{name}").with_query(url.query)
    if webhook.method == "GET":
        texts = {key: as_text(value) for key, value in fields.items()}
        return url.update_query(texts), b"", headers
    body, headers["Content-Type"] = _body(fields, settings)
    return url, body, headers


def _body(fields: Row, settings: Settings) -> tuple[bytes, str]:
    if settings.events.body == "form":
        texts = {key: as_text(value) for key, value in fields.items()}
        return urlencode(texts).encode(), "application/x-www-form-urlencoded"
    if settings.events.body == "python":
        # Some samples are printed as Python spells a dictionary.
        return repr(json.loads(render(fields))).encode(), "application/json"
    if settings.events.body == "bare":
        return _with_bare_number(fields), "application/json"
    return render(fields), "application/json"


def _with_bare_number(fields: Row) -> bytes:
    """Write JSON in which the number is not quoted, as the sample of IncomingCall has it.

    A number with a zero in front makes it no JSON.
    """
    text = render(fields).decode()
    number = fields.get("number")
    if isinstance(number, str) and number.isdecimal():
        text = text.replace(f'"number": "{number}"', f'"number": {number}', 1)
    return text.encode()
