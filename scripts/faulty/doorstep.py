"""Tries what strangers and broken clients send to the webhook."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
import json
import secrets
from time import monotonic
from typing import Any

from aiohttp import BasicAuth
from yarl import URL

from .bench import Bench, hidden
from .lane import Lane
from .tally import Counts
from .visits import (
    REFUSED,
    TAKEN,
    Visit,
    bodies,
    costly_bodies,
    incomplete_events,
    slow_and_broken,
    strange_requests,
    writings,
    wrong_credentials,
)

SHAPES = "Webhook: JSON of every shape"
CROWD = "Webhook: thousands of requests"
NUMBERS = "Webhook: numbers in every writing"
COSTLY = "Webhook: what takes long to read"
_CALLS = "event.{}_calls"
# The PBX waits no longer for its answer.
_SECONDS_TO_READ = 1.0
# Longer than the webhook reads a body.
_SECONDS_TO_ANSWER = 8.0
_SECONDS_OF_SILENCE = 6.0
# Longer than the account of a call is held before anybody is told.
_SECONDS_TO_BE_QUIET = 4.0
_AT_ONCE = 25
_CROWD = 6_000
_CROWD_AT_ONCE = 200
_LONGEST_STATE = 255
_LONGEST_ATTRIBUTES = 16_384
_LONGEST_NOTE = 1_000


class Doorstep:
    """The webhook of one lane, and who comes there."""

    def __init__(self, bench: Bench, lane: Lane) -> None:
        """Stand before the webhook of a lane."""
        self._bench = bench
        self._lane = lane
        self._hass = bench.core.hass
        self._path = bench.core.webhook_path(lane.entry)

    async def warm_up(self) -> None:
        """Have it seen before what thousands of requests make Python keep."""
        await self._try_bodies()
        await self._try_crowd(_AT_ONCE * 30)

    async def try_slowly(self) -> None:
        """Try what takes long but costs nothing."""
        await self._try_visits(slow_and_broken)
        await self.try_strange_requests()
        await self.try_incomplete_events()
        await self.try_writings()

    async def try_strange_requests(self) -> None:
        """Try methods and headers that are not taken."""
        await self._try_visits(strange_requests)

    async def try_incomplete_events(self) -> None:
        """Try events that say nothing."""
        await self._try_visits(incomplete_events)

    async def try_fast(self) -> None:
        """Try what keeps the machine busy, and then without the right word."""
        await self.try_costly_bodies()
        await self._try_bodies()
        await self._try_crowd(_CROWD)
        await self._try_credentials()

    async def _try_visits(self, visits: Callable[[str], Iterable[Visit]]) -> None:
        """Make visits that bring no event, at the same time."""
        todo = list(visits(self._path))
        await asyncio.sleep(_SECONDS_TO_BE_QUIET)
        with self._bench.tally.blaming(todo[0].family) as counts:
            before = self._snapshot()
            await asyncio.gather(*(self._make(visit, counts) for visit in todo))
            await asyncio.sleep(0.1)
            self._see_unchanged(before, counts)
            await self._see_open(counts)

    async def _make(self, visit: Visit, counts: Counts) -> None:
        counts.faults += 1
        counts.requests += 1
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._bench.core.port
        )
        sending = asyncio.create_task(_send(writer, visit))
        seconds = _SECONDS_TO_ANSWER if visit.statuses else _SECONDS_OF_SILENCE
        try:
            async with asyncio.timeout(0.2 if visit.leaves else seconds):
                line = await reader.readline()
        except TimeoutError:
            line = None
        except OSError:
            line = b""
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending
            writer.transport.abort()
        if not visit.statuses:
            right = line in (None, b"")
        elif not line:
            right = line == b"" and visit.unanswered
        else:
            right = int(line.split()[1]) in visit.statuses
        if not right:
            counts.wrong("other_errors", f"{visit.name}: {line!r}")

    async def try_costly_bodies(self, most: int | None = None) -> None:
        """Send what a reader may take long for, one after the other."""
        with self._bench.tally.blaming(COSTLY) as counts:
            for name, body in islice(costly_bodies(), most):
                counts.faults += 1
                started = monotonic()
                status = await self._post(body, counts)
                seconds = monotonic() - started
                if status not in TAKEN | REFUSED or seconds > _SECONDS_TO_READ:
                    counts.wrong(
                        "other_errors", f"{name}: {status} after {seconds:.2f} s"
                    )
            self._see_states(counts)
            await self._see_open(counts)

    async def try_writings(self) -> None:
        """Send numbers as callers write them, and see what is shown of them."""
        with self._bench.tally.blaming(NUMBERS) as counts:
            for writing in writings():
                counts.faults += 1
                counts.requests += 1
                # Each is a call of its own, which is told of once.
                query, body = (
                    part.replace("8.8", f"{counts.faults}.8")
                    for part in (writing.query, writing.body.decode())
                )
                async with self._lane.session.request(
                    writing.method,
                    URL(self._url(f"{self._path}?{query}"), encoded=True),
                    data=body or None,
                    headers={"Content-Type": writing.content_type},
                ) as response:
                    status = response.status
                entity_id = _CALLS.format(self._slug)
                state = self._hass.states.get(entity_id)
                shown = state and state.attributes.get("caller")
                if status != 200 or shown != writing.number:
                    counts.wrong("states", f"{writing.name}: {status}, {shown!r}")
            await self._see_open(counts)

    async def _try_bodies(self) -> None:
        """Send every shape of JSON, a number of them at the same time."""
        queue = iter(bodies())
        with self._bench.tally.blaming(SHAPES) as counts:

            async def send() -> None:
                for body, statuses in queue:
                    counts.faults += 1
                    status = await self._post(body, counts)
                    if status not in statuses:
                        counts.wrong("other_errors", f"{status} for {body[:120]!r}")

            await asyncio.gather(*(send() for _ in range(_AT_ONCE)))
            self._see_states(counts)
            await self._see_open(counts)

    async def _try_crowd(self, count: int) -> None:
        """Have thousands come at once: with events, without, and to no address."""
        kinds: list[tuple[bytes, str, frozenset[int]]] = []
        for number in range(count // 3):
            state = ("Ringing", "InUse", "Idle")[number % 3]
            event = {
                "event_name": "NewState",
                "exten": str(200_000 + number % 400),
                "state": state,
                "participant": str(900_000 + number),
            }
            kinds += [
                (json.dumps(event).encode(), self._path, TAKEN),
                (b'{"nothing": 1}', self._path, REFUSED),
                # Home Assistant does not tell which addresses there are.
                (b"{}", f"/api/webhook/{secrets.token_hex(32)}", TAKEN),
            ]
        queue = iter(kinds)
        with self._bench.tally.blaming(CROWD) as counts:
            # Of each kind there are as many.
            counts.faults += 3

            async def send() -> None:
                for body, path, statuses in queue:
                    status = await self._post(body, counts, path=path)
                    if status not in statuses:
                        counts.wrong("other_errors", f"{status} for {body[:120]!r}")

            await asyncio.gather(*(send() for _ in range(_CROWD_AT_ONCE)))
            self._see_states(counts)
            await self._see_open(counts)

    async def _try_credentials(self) -> None:
        """Protect the webhook, and come without the word."""
        word = secrets.token_hex(12)
        right = b64encode(f"pbx:{word}".encode()).decode()
        entry = self._lane.entry
        options = {
            **entry.options,
            "webhook_username": "pbx",
            "webhook_password": word,
        }
        self._bench.watch.look_for(
            [*hidden(self._bench.credentials), word, right], self._bench.webhook_ids
        )
        self._hass.config_entries.async_update_entry(entry, options=options)
        await self._hass.async_block_till_done()
        await self._try_visits(lambda path: wrong_credentials(path, right))
        with self._bench.tally.blaming("Webhook: wrong credentials") as counts:
            status = await self._post(
                b'{"event_name": "Ping"}', counts, auth=BasicAuth("pbx", word)
            )
            if status != 200:
                counts.wrong("other_errors", f"{status} for the right credentials")

    async def _post(
        self,
        body: bytes,
        counts: Counts,
        *,
        path: str | None = None,
        auth: BasicAuth | None = None,
    ) -> int:
        counts.requests += 1
        url = self._url(path or self._path)
        async with self._lane.session.post(url, data=body, auth=auth) as response:
            await response.read()
            return response.status

    async def _see_open(self, counts: Counts) -> None:
        """See that a right event is still taken, unless credentials are asked for."""
        if self._lane.entry.options.get("webhook_password"):
            return
        before = self._lane.entry.runtime_data.monitor.heard.get("IncomingCall")
        count = before.count if before else 0
        await self._post(
            b'{"event_name": "IncomingCall", "number": "0912", "unique_id": "7.7"}',
            counts,
        )
        heard = self._lane.entry.runtime_data.monitor.heard.get("IncomingCall")
        if not heard or heard.count != count + 1:
            counts.wrong("states", "a right event is no longer taken")

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._bench.core.port}{path}"

    @property
    def _slug(self) -> str:
        return f"pbx_{self._lane.name}"

    def _snapshot(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return all states, and how often each event was heard."""
        heard = self._lane.entry.runtime_data.monitor.heard
        counted: dict[str, tuple[str, dict[str, Any]]] = {
            f"heard {name}": (str(item.count), {}) for name, item in heard.items()
        }
        return counted | {
            state.entity_id: (state.state, dict(state.attributes))
            for state in self._hass.states.async_all()
            if state.entity_id.partition(".")[2].startswith(f"{self._slug}_")
        }

    def _see_unchanged(
        self, before: dict[str, tuple[str, dict[str, Any]]], counts: Counts
    ) -> None:
        """See that every state is as it was before."""
        now = self._snapshot()
        for entity_id in sorted(before.keys() | now.keys()):
            was, is_now = before.get(entity_id), now.get(entity_id)
            if was != is_now:
                change = f"{entity_id} was {was} and is {is_now}"[:_LONGEST_NOTE]
                counts.wrong("states", change)

    def _see_states(self, counts: Counts) -> None:
        """See that no state and no attribute is without measure."""
        for entity_id, (state, attributes) in self._snapshot().items():
            size = len(json.dumps(attributes, default=str))
            if len(state) > _LONGEST_STATE or size > _LONGEST_ATTRIBUTES:
                counts.wrong("states", f"{entity_id} is {len(state)} and {size} long")


async def _send(writer: asyncio.StreamWriter, visit: Visit) -> None:
    due = monotonic()
    try:
        writer.write(visit.data)
        await writer.drain()
        while visit.more:
            writer.write(visit.more)
            await writer.drain()
            # What was late by chance does not make the whole late.
            due += visit.seconds
            await asyncio.sleep(max(0.0, due - monotonic()))
    except OSError:
        # The server has closed the connection.
        return
