"""A lane of the bench: one PBX, one entry, and one fault after the other."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
import itertools
import ssl
from typing import Any

from aiohttp import ClientSession

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .core import DOMAIN, Core
from .fault import DENIALS, REFUSALS, TRUTHS, Fault, Meaning
from .pbx import FaultyPbx
from .tally import Counts, Tally
from .watch import Watch

# Longer than anything that is waited for may take: a request, a report and its second
# look.
SECONDS_TO_END = 60.0
# An account of a call is held for a few seconds, in case another one comes.
SECONDS_TO_SETTLE = 10.0
_MODES = ("accepted", "answered", "ended")
_APART = 0.04
_SENSOR = "binary_sensor.{}_connectivity"
_IN_PROGRESS = "sensor.{}_calls_in_progress"
_EVENT = "event.{}_calls"
# What the guard allows in a minute is another subject.
_OPTIONS = {
    "context": "main_routing",
    "timeout": 30,
    "calls_per_minute": 1_000_000,
    "calls_at_once": 1_000_000,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an action said: an error's key, or else what it answered."""

    error: str | None
    response: Mapping[str, Any]


class Lane:
    """One PBX with its entry."""

    def __init__(
        self,
        core: Core,
        *,
        number: int,
        credentials: Mapping[str, str],
        webhook_id: str,
        tls: ssl.SSLContext,
        tally: Tally,
        watch: Watch,
        session: ClientSession,
    ) -> None:
        """Prepare a lane; `open` adds its entry."""
        self._core = core
        self._hass = core.hass
        self.name = f"lane{number}"
        self._webhook_id = webhook_id
        self._credentials = credentials
        self._tls = tls
        self.tally = tally
        self._watch = watch
        self.session = session
        # No two calls have a number in common.
        self._numbers = (f"{number:03}{each:05}" for each in itertools.count())
        self.pbx = FaultyPbx()
        self._entry: ConfigEntry | None = None

    @property
    def entry(self) -> ConfigEntry:
        """The entry, once the lane is open."""
        assert self._entry is not None
        return self._entry

    def number(self) -> str:
        """Return a number that no other call has."""
        return next(self._numbers)

    async def open(self) -> None:
        """Have the PBX listen, and set up its entry."""
        await self.pbx.start()
        await self.add_entry()

    async def add_entry(self) -> None:
        """Add the entry, as it was in the beginning."""
        self._entry = await self._core.add(
            entry_id=self.name,
            data={
                **self._credentials,
                "url": self._url(None),
                "verify_ssl": True,
                "webhook_id": self._webhook_id,
            },
            options=_OPTIONS,
        )

    async def close(self) -> None:
        """Remove the entry, and listen no more."""
        self._core.abort_flows(self.entry.entry_id)
        await self._hass.config_entries.async_remove(self.entry.entry_id)
        await self.pbx.stop()
        self._entry = None

    async def try_fault(self, fault: Fault) -> None:
        """Do everything that the integration does with a PBX that misbehaves so."""
        self.tally.blame(fault.family)
        counts = self.tally.of(fault.family)
        counts.faults += 1
        if not await self._be_well(fault, counts):
            return
        counts.actions += 1
        report = await self._begin_call()
        self._core.names.answers[self._host] = (
            ("127.0.0.1",) if fault.resolves is None else fault.resolves
        )
        self._forget_names()
        await self.pbx.spoil(fault)
        await self._originate_all(fault, counts)
        await self._within(report, f"{fault.name}: report", counts)
        if report.done() and report.result().response.get("outcome") != "unknown":
            counts.wrong("other_errors", f"{fault.name}: report {report.result()}")
        await asyncio.gather(
            self._set_up(fault, counts), self._fill_in_form(fault, counts)
        )
        await self._be_well(fault, counts)
        await self.see_in_progress(fault, counts)
        self._watch.told(
            "".join(
                f"{state.state} {dict(state.attributes)}"
                for state in self._hass.states.async_all()
                if f"pbx_{self.name}" in state.entity_id
            ),
            "in the states",
        )

    async def try_while_well(self, fault: Fault) -> None:
        """Place calls, and ask the PBX how it is, while nothing is wrong with it."""
        counts = self.tally.of(fault.family)
        counts.faults += 1
        await self.pbx.spoil(fault)
        await self._originate_all(fault, counts)

    async def try_calls(self, fault: Fault, *, modes: Sequence[str]) -> None:
        """Place calls while the PBX misbehaves, and do no more."""
        counts = self.tally.current
        if await self._be_well(fault, counts):
            await self.pbx.spoil(fault)
            await self._originate_all(fault, counts, modes)

    async def originate_in_silence(self, mode: str) -> Said:
        """Place a call of which nothing is heard, with the shortest time to ring."""
        return await self.originate(self.number(), self.number(), mode, timeout=1)

    async def _be_well(self, fault: Fault, counts: Counts) -> bool:
        """Have PBX and entry well, and say whether they are."""
        self.pbx.tls = self._tls if fault.tls else None
        self._core.names.answers[self._host] = ("127.0.0.1",)
        self._forget_names()
        await self.pbx.mend()
        self._core.abort_flows(self.entry.entry_id)
        entries = self._hass.config_entries
        url = self._url(fault)
        if self.entry.data["url"] != url:
            if self.entry.state is ConfigEntryState.LOADED:
                await entries.async_unload(self.entry.entry_id)
            entries.async_update_entry(self.entry, data={**self.entry.data, "url": url})
        await entries.async_reload(self.entry.entry_id)
        self._see_state(fault, counts, {ConfigEntryState.LOADED}, "well again")
        self._see_sensor(fault, counts, {True})
        return self.entry.state is ConfigEntryState.LOADED

    async def _begin_call(self) -> asyncio.Task[Said]:
        """Place a call that is about to end, so that the report is looked into."""
        caller, callee = self.number(), self.number()
        task = asyncio.create_task(self.originate(caller, callee, "ended"))
        async with asyncio.timeout(SECONDS_TO_SETTLE):
            while self._core.state(self.entry, _IN_PROGRESS) != "1":
                await asyncio.sleep(0.005)
        for state in ("Ringing", "InUse", "Idle"):
            await self.send_event(
                {
                    "event_name": "NewState",
                    "exten": caller,
                    "state": state,
                    "participant": callee,
                    "direction": "out",
                }
            )
        return task

    async def _originate_all(
        self, fault: Fault, counts: Counts, modes: Sequence[str] = _MODES
    ) -> None:
        """Place calls in all modes, then one more while the PBX is asked how it is."""
        *callees, last = (self.number() for _ in range(len(modes) + 1))
        helper = asyncio.create_task(self._end_calls([*callees, last]))
        await asyncio.gather(
            *(
                self._try_originate(fault, counts, callee, mode)
                for callee, mode in zip(callees, modes, strict=True)
            )
        )
        await asyncio.gather(
            self._try_originate(fault, counts, last, "accepted"),
            self._try_poll(fault, counts),
        )
        helper.cancel()
        if Meaning.ACCEPTED in fault.of_originate:
            await self.tell_of_end([*callees, last])
        counts.originates += self.pbx.heads
        repeated = sum(max(0, times - 1) for times in self.pbx.originates.values())
        repeated = max(repeated, self.pbx.heads - len(modes) - 1)
        if repeated > 0:
            counts.wrong("repeated", f"{fault.name}: {repeated}", times=repeated)
        if self.pbx.cookies:
            counts.wrong("secrets", f"{fault.name}: a cookie was sent back")

    async def _end_calls(self, callees: list[str]) -> None:
        """Tell of the end of each call as soon as the PBX has taken it."""
        left = set(callees)
        while True:
            taken = left & self.pbx.call_ids.keys()
            left -= taken
            await self.tell_of_end(taken)
            await asyncio.sleep(0.02)

    async def tell_of_end(self, callees: Iterable[str]) -> None:
        """Send the account of each call, which was answered."""
        for callee in callees:
            await self.send_event(
                {
                    "event_name": "Cdr",
                    "src": "0",
                    "dst": callee,
                    "disposition": "ANSWERED",
                    "billsec": 5,
                    "wait": 2,
                    "cuid": f"{callee}.1",
                    "originated_call_id": self.pbx.call_ids.get(callee, "none"),
                }
            )

    async def _try_originate(
        self, fault: Fault, counts: Counts, callee: str, mode: str
    ) -> None:
        counts.actions += 1
        caller = self.number()
        task = asyncio.create_task(self.originate(caller, callee, mode))
        if not await self._within(task, f"{fault.name}: {mode}", counts):
            return
        said = task.result()
        what = f"{fault.name}: {mode}: {said}"
        meanings = fault.of_originate
        if said.error not in {TRUTHS[meaning].error for meaning in meanings}:
            counts.wrong("other_errors", what)
        if said.error in DENIALS and not meanings & REFUSALS and self.pbx.heads:
            counts.wrong("denied", what)
        if said.error is not None:
            return
        accepted = self.pbx.call_ids.get(callee)
        if Meaning.ACCEPTED not in meanings or (
            said.response["originated_call_id"] != accepted
        ):
            counts.wrong("invented", what)
        outcome = "accepted" if mode == "accepted" else "answered"
        if said.response["outcome"] != outcome:
            counts.wrong("other_errors", what)

    async def originate(
        self, caller: str, callee: str, mode: str, *, timeout: int = 30
    ) -> Said:
        """Place a call, and return what the action said."""
        try:
            response = await self._hass.services.async_call(
                DOMAIN,
                "originate",
                {
                    "config_entry_id": self.entry.entry_id,
                    "caller": caller,
                    "callee": callee,
                    "wait_for": mode,
                    "timeout": timeout,
                },
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            said = f"{err!r} {err} {err.translation_placeholders} {err.__cause__}"
            self._watch.told(said, "in an error")
            return Said(err.translation_key or repr(err), {})
        except Exception as err:  # noqa: BLE001 - whatever it is, it is counted
            return Said(repr(err), {})
        self._watch.told(repr(response), "in a response")
        return Said(None, response or {})

    async def _try_poll(self, fault: Fault, counts: Counts) -> None:
        counts.actions += 1
        coordinator = self.entry.runtime_data.coordinator
        polling = asyncio.create_task(coordinator.async_refresh())
        if await self._within(polling, f"{fault.name}: ping", counts):
            self._see_sensor(
                fault,
                counts,
                {TRUTHS[meaning].reachable for meaning in fault.of_ping},
            )

    async def _set_up(self, fault: Fault, counts: Counts) -> None:
        counts.actions += 1
        reloading = asyncio.create_task(
            self._hass.config_entries.async_reload(self.entry.entry_id)
        )
        if await self._within(reloading, f"{fault.name}: set-up", counts):
            expected = {TRUTHS[meaning].entry for meaning in fault.of_ping}
            self._see_state(fault, counts, expected, "set-up")

    async def _fill_in_form(self, fault: Fault, counts: Counts) -> None:
        """Add the same PBX by its form, under another path."""
        counts.actions += 1
        url = self._url(fault).replace("/api/", "/another/api/")
        flows = self._hass.config_entries.flow
        filling = asyncio.create_task(
            flows.async_init(
                DOMAIN,
                context={"source": SOURCE_USER},
                data={**self._credentials, "url": url, "verify_ssl": True},
            )
        )
        if not await self._within(filling, f"{fault.name}: form", counts):
            return
        result = filling.result()
        said = (result.get("errors") or {}).get("base")
        expected = {TRUTHS[meaning].form for meaning in fault.of_ping}
        if result["type"] is not FlowResultType.FORM or said not in expected:
            counts.wrong("other_errors", f"{fault.name}: form: {said}")
        self._watch.told(repr(result.get("description_placeholders")), "in a form")
        flows.async_abort(result["flow_id"])

    async def _within(self, task: asyncio.Task[Any], what: str, counts: Counts) -> bool:
        """Wait for something, and say whether it came to an end."""
        done, _ = await asyncio.wait([task], timeout=SECONDS_TO_END)
        if not done:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            counts.wrong("other_errors", f"{what} never ends")
            return False
        if error := task.exception():
            counts.wrong("other_errors", f"{what} raises {error!r}")
            return False
        return True

    def _see_state(
        self,
        fault: Fault,
        counts: Counts,
        expected: set[ConfigEntryState],
        when: str,
    ) -> None:
        if self.entry.state not in expected:
            state = self.entry.state.value
            counts.wrong("states", f"{fault.name}: {when}: the entry is {state}")

    def _see_sensor(self, fault: Fault, counts: Counts, expected: set[bool]) -> None:
        """See that the sensor is right, and everything else there only with the PBX."""
        sensor = self._core.state(self.entry, _SENSOR)
        others = [self._core.state(self.entry, name) for name in (_EVENT, _IN_PROGRESS)]
        right = sensor in {"on" if reachable else "off" for reachable in expected}
        for other in others:
            right = right and (other == "unavailable") == (sensor == "off")
        if not right:
            counts.wrong("states", f"{fault.name}: sensor {sensor}, others {others}")

    async def see_in_progress(self, fault: Fault, counts: Counts) -> None:
        """See that no call is left in progress, some seconds after its account came."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_SETTLE):
                while self._core.state(self.entry, _IN_PROGRESS) != "0":
                    await asyncio.sleep(0.05)
        in_progress = self._core.state(self.entry, _IN_PROGRESS)
        if in_progress != "0":
            counts.wrong("states", f"{fault.name}: {in_progress} calls in progress")

    async def send_event(self, event: Mapping[str, Any]) -> None:
        """Send an event as the PBX does."""
        url = f"http://127.0.0.1:{self._core.port}"
        path = self._core.webhook_path(self.entry)
        async with self.session.post(url + path, json=event) as response:
            response.raise_for_status()

    def _forget_names(self) -> None:
        """Have the next connection ask the name service, as after some seconds."""
        connector: Any = async_get_clientsession(self._hass).connector
        connector.clear_dns_cache()

    @property
    def _host(self) -> str:
        return f"{self.name}.invalid"

    def _url(self, fault: Fault | None) -> str:
        scheme = "https" if fault and fault.tls else "http"
        by_name = fault is not None and fault.resolves is not None
        host = self._host if by_name else "127.0.0.1"
        return f"{scheme}://{host}:{self.pbx.port}/api/v4"


async def in_lanes(lanes: list[Lane], faults: list[Fault]) -> None:
    """Try all faults, as many at a time as there are lanes."""
    queue = iter(faults)

    async def drive(lane: Lane, seconds: float) -> None:
        # All at once would make everything late in the beginning.
        await asyncio.sleep(seconds)
        for fault in queue:
            # A task has a context of its own, by which what happens in it is told apart.
            trial = asyncio.create_task(lane.try_fault(fault))
            await asyncio.wait([trial])
            if error := trial.exception():
                counts = lane.tally.of(fault.family)
                counts.wrong("unhandled", f"{fault.name} could not be tried: {error!r}")

    await asyncio.gather(
        *(drive(lane, number * _APART) for number, lane in enumerate(lanes))
    )
