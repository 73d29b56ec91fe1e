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
from .settings import Settings
from .switches import EventFault, Webhook
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

    number: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    method: str
    url: URL
    body: bytes | None
    headers: dict[str, str]


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
        self._records: deque[EventRecord] = deque()
        self._pushed = asyncio.Event()
        self._delayed = 0
        self._numbered = 0
        self._faults: list[tuple[EventFault, int]] = []
        self._chance = random.Random()
        self.renew()

    @property
    def records(self) -> Sequence[EventRecord]:
        """All events, newest last: those sent in the order of sending."""
        return tuple(self._records)

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
        settings = self._settings()
        record = self._record(event, settings)
        if not settings.webhook.ticks(event.name):
            return self._keep_unsent(record, "unticked")
        fault = self._take(event)
        if fault.drop:
            return self._keep_unsent(record, "dropped")
        for copy in range(fault.copies):
            self._send_later(
                record if copy == 0 else self._record(event, settings), fault
            )
        return None

    def forget(self) -> None:
        """Forget the events that are through."""
        self._records = deque(
            record for record in self._records if record.fate == "waiting"
        )
        self._changes.note()

    def drop_all(self) -> None:
        """Send nothing of what waits, and forget it."""
        self._queue.clear()
        self._delayed = 0
        self._records = deque(
            record for record in self._records if record.fate != "waiting"
        )
        self._changes.note()

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
        message = _message(record, settings)
        record.time = self._clock()
        record.method = message.method
        record.url = str(message.url)
        record.body = (message.body or b"").decode()
        try:
            async with session.request(
                message.method,
                message.url,
                data=message.body,
                headers=message.headers,
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

    def _keep_unsent(self, record: EventRecord, fate: Fate) -> None:
        record.fate = fate
        self._keep(record)

    def _keep(self, record: EventRecord) -> None:
        self._numbered += 1
        record.number = self._numbered
        self._records.append(record)
        while len(self._records) > self._settings().keep_records:
            self._records.popleft()
        self._changes.note()

    def _record(self, event: Event, settings: Settings) -> EventRecord:
        return EventRecord(
            number=0,
            time=self._clock(),
            name=event.name,
            fields=spelt(event, settings.events, settings.local_zone),
            originated_call_id=event.originated_call_id,
            fate="waiting",
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


def _message(record: EventRecord, settings: Settings) -> _Message:
    webhook = settings.webhook
    url = _url(record, settings)
    headers = _credentials(webhook)
    if webhook.method == "GET":
        parameters = {key: as_text(value) for key, value in record.fields.items()}
        return _Message(
            method="GET", url=url.update_query(parameters), body=None, headers=headers
        )
    body, content_type = _body(record.fields, settings)
    return _Message(
        method="POST",
        url=url,
        body=body,
        headers={**headers, "Content-Type": content_type},
    )


def _url(record: EventRecord, settings: Settings) -> URL:
    url = URL(settings.webhook.address)
    if settings.webhook.version == "G4":
        return url
    name = spelt_name(record.name, settings.events).replace(" ", "")
    if settings.events.rest_name == "lower":
        name = name.lower()
    return url.with_path(f"{url.path.rstrip('/')}/{name}").with_query(url.query)


def _credentials(webhook: Webhook) -> dict[str, str]:
    if not webhook.username and not webhook.password:
        return {}
    return {
        "Authorization": aiohttp.encode_basic_auth(
            webhook.username, webhook.password, encoding="utf-8"
        )
    }


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
