"""A Home Assistant whose time is played, and that can really be started again.

The event loop reads its time from a frozen clock, which jumps from one timer to the
next: hours pass in a moment, and each timer comes in its order.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
import logging
import re
from time import sleep
from typing import Any

from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.pbx.const import DOMAIN
from homeassistant import loader
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import frame
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles

from .scripted_pbx import ScriptedPbx

# Rounds of the event loop after which nothing more happens by itself.
_QUIET_ROUNDS = 10
_MOST_ROUNDS = 20_000


class LogKeeper(logging.Handler):
    """Keeps what is logged, as it reads."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.records: list[logging.LogRecord] = []
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)
        self.lines.append(self.format(record))


class House:
    """Home Assistant and its PBX; all of it happens in one event loop."""

    hass: HomeAssistant
    session: ClientSession
    _webhook: TestServer

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: FrozenDateTimeFactory,
        pbx: ScriptedPbx,
    ) -> None:
        """Be empty until it is opened."""
        self.loop = loop
        self.pbx = pbx
        self.mishaps: list[Mapping[str, Any]] = []
        self._clock = clock
        self._open = AsyncExitStack()

    async def open(self) -> None:
        """Start Home Assistant, without any entry."""
        self.loop.set_exception_handler(lambda _, mishap: self.mishaps.append(mishap))
        self.hass = await self._open.enter_async_context(async_test_home_assistant())
        frame.async_setup(self.hass)
        self.hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        assert await async_setup_component(self.hass, "webhook", {})
        assert await async_setup_component(self.hass, DOMAIN, {})
        self._webhook = TestServer(self.hass.http.app)
        await self._webhook.start_server()
        self.session = ClientSession(connector=TCPConnector(force_close=True))
        await self.settle()

    async def stop(self) -> None:
        """Stop Home Assistant, as long as that takes."""
        await self.let(self.session.close())
        await self.let(self._webhook.close())
        await self.let(self.hass.async_stop(force=True))
        await self._open.aclose()

    async def abandon(self, actions: Iterable[asyncio.Task[Any]]) -> None:
        """Leave nothing of it, however it was left."""
        await self.let(self.pbx.close())
        if self.hass.state is not CoreState.stopped:
            await self.stop()
        tasks = {*actions, *asyncio.all_tasks()} - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What is cancelled may set a timer.
        for timer in self.timers:
            timer.cancel()

    async def tell(
        self, entry: MockConfigEntry, event: Mapping[str, Any]
    ) -> tuple[int, str]:
        """Send an event to an entry's webhook, and return what it is answered."""
        url = self._webhook.make_url(f"/api/webhook/{entry.data['webhook_id']}")
        async with self.session.post(url, json=event) as response:
            return response.status, await response.text()

    async def let[T](self, doing: Coroutine[Any, Any, T]) -> T:
        """Let something be done, and time go by only where it takes time."""
        task = self.loop.create_task(doing)
        for _ in range(200):
            await self.settle(until=task)
            if task.done():
                break
            await self.advance(1.0, until=task)
        assert task.done(), "This never ends"
        return task.result()

    async def settle(self, *, until: asyncio.Task[Any] | None = None) -> None:
        """Let everything happen that takes no time."""
        quiet = 0
        for turn in range(_MOST_ROUNDS):
            if quiet > _QUIET_ROUNDS or (until and until.done()):
                return
            quiet = quiet + 1 if self._is_quiet or (until and turn > 500) else 0
            if turn % 50 == 49:
                await self.loop.run_in_executor(None, sleep, 0.001)
            else:
                await asyncio.sleep(0)
        raise AssertionError("Home Assistant does not come to rest")

    async def advance(
        self, seconds: float, *, until: asyncio.Task[Any] | None = None
    ) -> None:
        """Let time go by, and each timer come in its order."""
        end = self.loop.time() + seconds
        while not (until and until.done()):
            timers = [timer.when() for timer in self.timers]
            following = min([timer for timer in timers if timer <= end], default=end)
            pause = max(0.0, following - self.loop.time())
            self._clock.tick(timedelta(seconds=pause, microseconds=1))
            await self.settle(until=until)
            if following >= end:
                return

    @property
    def timers(self) -> list[asyncio.TimerHandle]:
        """The timers that are set."""
        return [
            timer
            for timer in get_scheduled_timer_handles(self.loop)
            if not timer.cancelled()
        ]

    @property
    def remains(self) -> list[str]:
        """What is left of the integration in the event loop."""
        timers = [
            f"{getattr(timer, '_callback', None)} {timer._args}"
            for timer in self.timers
        ]
        tasks = [
            f"{task.get_name()} {getattr(task.get_coro(), 'cr_code', None)}"
            for task in asyncio.all_tasks(self.loop)
        ]
        ours = re.compile(rf"custom_components.{DOMAIN}|\b{DOMAIN}\b")
        return [left for left in timers + tasks if ours.search(left)]

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing is done but to wait for replies of the PBX."""
        tasks = {*self.hass._tasks, *self.hass._background_tasks}
        originating = {
            task
            for task in tasks
            if isinstance(task, asyncio.Task)
            and task.get_name() == f"{DOMAIN} originate"
        }
        waiting = len(self.pbx.awaited) + self.pbx.dawdling
        return (
            tasks == originating
            and len(originating) <= waiting
            and not self.pbx.at_work
        )


def moved(entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry as it is read when Home Assistant starts again."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=entry.title,
        entry_id=entry.entry_id,
        data=entry.data,
        options=entry.options,
        disabled_by=entry.disabled_by,
        subentries_data=[
            ConfigSubentryData(
                data=subentry.data,
                subentry_type=subentry.subentry_type,
                title=subentry.title,
                unique_id=subentry.unique_id,
            )
            for subentry in entry.subentries.values()
        ],
    )
