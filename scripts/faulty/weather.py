"""What happens to a core in the soak, at random: use, change and outage."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
import random
from types import MappingProxyType
from typing import Any, Literal

from aiohttp import ClientError, ClientSession

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.exceptions import HomeAssistantError
from simulator.exchange import NotPossible
from simulator.server import Simulator
from simulator.settings import Account, Fault, Settings

from .core import DOMAIN, Core
from .fault import DENIALS
from .watch import Watch

_ACCOUNT = Account()
_ORIGINATE = "/call/originate/act"
# How much faster the simulated calls are than real ones.
_SPEED = 20.0
# The shortest ring time, what is added to it, and a look into the report; and more than
# a little for a machine that does other things.
_SECONDS_TO_END = 30.0
# A call whose PBX went away in the middle of it may go on for hours, as far as anybody
# knows; who waits for it is released when the entry is unloaded.
_SECONDS_TO_BE_RELEASED = 5.0
_MOST_AT_ONCE = 40
# How often somebody who calls has seen to it before that the entry is loaded.
_LOADS_AGAIN = 0.8
_MOST_NOTES = 30
_NOT_LOADED = (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR)
_BEHAVIOURS = ("answer", "busy", "reject", "no_answer", "unreachable", "voicemail")
_EXTENSIONS = tuple(str(6001 + number) for number in range(60))
_OUTCOMES = {"answered", "busy", "no_answer", "caller_no_answer", "failed", "unknown"}
# Errors that an action may have; anything else is none of the documented ones.
_ERRORS = DENIALS | {
    "call_status_unknown",
    "invalid_response",
    "repeated_call",
    "service_config_entry_not_loaded",
}
_WRONG = {
    "repeated": "originate requests beyond one for each action",
    "denied": "“nothing placed” though a call was placed",
    "invented": "accepted calls that the PBX does not know",
    "undocumented": "results that are none of the documented ones",
    "endless": "actions that did not end",
}


@dataclass(slots=True)
class Counted:
    """What was done and what came of it."""

    done: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(_WRONG.values(), 0)
    )
    notes: list[str] = field(default_factory=list)

    def violate(self, what: str, note: str) -> None:
        """Count something that must not be."""
        self.wrong[_WRONG[what]] += 1
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(f"{what}: {note}")

    def text(self) -> str:
        """Return it for a terminal."""
        return "\n".join(
            [
                "Done:",
                *(
                    f"  {name:<40} {count:>6}"
                    for name, count in sorted(self.done.items())
                ),
                "\nActions ended with:",
                *(
                    f"  {name:<40} {count:>6}"
                    for name, count in sorted(self.results.items())
                ),
            ]
        )


class Place:
    """A simulated PBX and its entry."""

    def __init__(self, core: Core, number: int) -> None:
        """Prepare both; `open` starts them."""
        self.core = core
        self.entry_id = f"soak{number}"
        self.webhook_id = f"{number}" * 64
        self.simulator = Simulator(
            Settings().changed(
                {
                    "speed": _SPEED,
                    "extensions": [{"number": number} for number in _EXTENSIONS],
                    "queues": [],
                    "extension_phone": {"after": 0.4},
                }
            )
        )
        self.is_up = False

    @property
    def entry(self) -> ConfigEntry:
        """The entry."""
        return self.core.hass.config_entries.async_get_known_entry(self.entry_id)

    async def open(self) -> None:
        """Start the PBX and add its entry."""
        await self.rise()
        self.simulator.pbx.change(
            webhook={
                "enabled": True,
                "address": f"http://127.0.0.1:{self.core.port}"
                f"/api/webhook/{self.webhook_id}",
                "events": "all",
            },
        )
        await self.core.add(
            entry_id=self.entry_id,
            data={
                "url": self.simulator.api_url,
                "api_key": _ACCOUNT.token,
                "username": _ACCOUNT.username,
                "password": _ACCOUNT.password,
                "verify_ssl": True,
                "webhook_id": self.webhook_id,
            },
            options={
                "context": "main_routing",
                "timeout": 2,
                "calls_per_minute": 1_000_000,
                "calls_at_once": 1_000_000,
            },
        )

    async def rise(self) -> None:
        """Have the PBX answer again."""
        if not self.is_up:
            self.is_up = True
            await self.simulator.start()

    async def fall(self) -> None:
        """Have the PBX go away."""
        if self.is_up:
            self.is_up = False
            await self.simulator.stop()

    async def close(self) -> None:
        """Remove the entry and stop the PBX."""
        self.core.abort_flows(self.entry_id)
        await self.core.hass.config_entries.async_remove(self.entry_id)
        await self.fall()


class Weather:
    """Blows on a core: each gust is one thing, chosen at random."""

    def __init__(
        self, core: Core, watch: Watch, counted: Counted, chance: random.Random
    ) -> None:
        """Take the core, who watches, where to count, and what chooses."""
        self._core = core
        self._hass = core.hass
        self._counted = counted
        self._chance = chance
        self._places: list[Place] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._callee = 0
        self._callees: set[str] = set()
        self._session: ClientSession
        watch.look_for([_ACCOUNT.token, _ACCOUNT.password], [])
        self._kinds: dict[str, tuple[int, Callable[[Place], Awaitable[None]]]] = {
            "Place a call": (40, self._call),
            "Place a call and cancel the action": (6, self._call_and_cancel),
            "Press a contact's button": (6, self._press),
            "Reload the entry": (3, self._reload),
            "Change an option": (1, self._change_option),
            "Change extensions and contacts": (3, self._change_subentries),
            "Ask the PBX how it is": (4, self._poll),
            "Take the PBX away for a while": (1, self._outage),
            "Have the PBX be slow": (2, self._slow),
            "Have the PBX drop connections": (3, self._drop),
            "Have the PBX refuse us": (1, self._refuse),
            "Have a call come in": (6, self._incoming),
            "Send nonsense to the webhook": (8, self._nonsense),
        }

    async def blow(self, seconds: float, *, every_kind: bool = False) -> None:
        """Blow for a while, let everything come to its end, and clear up.

        With `every_kind` each kind of thing happens once before that.
        """
        async with AsyncExitStack() as stack:
            self._session = await stack.enter_async_context(ClientSession())
            for number in (1, 2):
                place = Place(self._core, number)
                await place.open()
                stack.push_async_callback(place.close)
                self._places.append(place)
            if every_kind:
                for name in self._kinds:
                    await self._gust(name)
                for place in self._places * 20:
                    await self._change_subentries(place)
                    await asyncio.sleep(0.05)
            loop = asyncio.get_running_loop()
            end = loop.time() + seconds
            names = list(self._kinds)
            weights = [weight for weight, _ in self._kinds.values()]
            while loop.time() < end:
                (name,) = self._chance.choices(names, weights)
                pause = self._chance.uniform(0, 0.06)
                await self._gust(name)
                await asyncio.sleep(pause)
                while len(self._calls) >= _MOST_AT_ONCE:
                    await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
            await self._calm()

    async def _gust(self, name: str) -> None:
        self._counted.done[name] += 1
        await self._kinds[name][1](self._chance.choice(self._places))

    async def _calm(self) -> None:
        """Mend everything, and wait until each action has ended by itself."""
        for place in self._places:
            await place.rise()
            place.simulator.pbx.change(faults=[], account={"token": _ACCOUNT.token})
        if self._calls:
            await asyncio.wait(self._calls, timeout=_SECONDS_TO_END)
        for place in self._places:
            # Where it was not loaded, only the second time unloads it.
            await self._load(place)
            await self._load(place)
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=_SECONDS_TO_BE_RELEASED)
            for task in late:
                self._counted.violate("endless", repr(task))
                task.cancel()
        for place in self._places:
            callees = Counter(
                record.parsed.get("callee")
                for record in place.simulator.pbx.requests
                if record.operation == _ORIGINATE and isinstance(record.parsed, dict)
            )
            for callee, count in callees.items():
                # Contacts are called again and again.
                if count > 1 and callee in self._callees:
                    self._counted.violate("repeated", f"{callee}: {count}")

    def _follow(self, work: Awaitable[None]) -> asyncio.Task[None]:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def _call(self, place: Place) -> None:
        self._follow(self._originate(place, self._some_call()))

    async def _call_and_cancel(self, place: Place) -> None:
        fields = self._some_call()
        seconds = self._chance.choice((0.0, 0.001, 0.01, 0.2))
        action = self._follow(self._originate(place, fields))
        await asyncio.sleep(seconds)
        action.cancel()

    def _some_call(self) -> dict[str, Any]:
        """Return the fields of a call that nobody else places."""
        self._callee += 1
        number = f"09{self._callee:09}"
        self._callees.add(number)
        return {
            "caller": self._chance.choice(_EXTENSIONS),
            "callee": number,
            "wait_for": self._chance.choice(("accepted", "answered", "ended")),
            "trunk_name": "cisco",
        }

    async def _originate(self, place: Place, fields: dict[str, Any]) -> None:
        behaviour = self._chance.choice(_BEHAVIOURS)
        if place.is_up and self._chance.random() < _LOADS_AGAIN:
            # A reload is nobody's to cancel.
            await asyncio.wait([self._follow(self._load_again(place))])
        simulator = place.simulator
        if len(simulator.pbx.settings.phones) < 200:
            simulator.pbx.set_phone(
                fields["callee"], {"behaviour": behaviour, "talk": 5.0}
            )
        try:
            response = await self._hass.services.async_call(
                DOMAIN,
                "originate",
                {"config_entry_id": place.entry_id, **fields},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            self._judge_error(place, fields, err)
            return
        assert response is not None
        self._counted.results[f"{fields['wait_for']}: {response['outcome']}"] += 1
        known = {
            call.originated_call_id: call.order.callee for call in simulator.pbx.calls
        }
        if known.get(str(response["originated_call_id"])) != fields["callee"]:
            self._counted.violate("invented", f"{response}")
        outcomes = {"accepted"} if fields["wait_for"] == "accepted" else _OUTCOMES
        if response["outcome"] not in outcomes:
            self._counted.violate("undocumented", f"{response}")

    def _judge_error(
        self, place: Place, fields: dict[str, Any], err: HomeAssistantError
    ) -> None:
        key = err.translation_key or repr(err)
        self._counted.results[f"error {key}"] += 1
        if key not in _ERRORS:
            self._counted.violate("undocumented", f"{err!r}")
        placed = any(
            call.order.callee == fields["callee"] for call in place.simulator.pbx.calls
        )
        if key in DENIALS and placed:
            self._counted.violate("denied", f"{key}: {fields}")

    async def _press(self, place: Place) -> None:
        buttons = [
            state.entity_id
            for state in self._hass.states.async_all("button")
            if state.state != "unavailable"
        ]
        if not buttons:
            return

        async def press() -> None:
            try:
                await self._hass.services.async_call(
                    "button",
                    "press",
                    {"entity_id": self._chance.choice(buttons)},
                    blocking=True,
                )
            except HomeAssistantError as err:
                key = err.translation_key or repr(err)
                self._counted.results[f"button: error {key}"] += 1
                if key not in _ERRORS:
                    self._counted.violate("undocumented", f"{err!r}")

        self._follow(press())

    async def _reload(self, place: Place) -> None:
        self._follow(self._load(place))

    async def _load(self, place: Place) -> None:
        await self._hass.config_entries.async_reload(place.entry_id)

    async def _change_option(self, place: Place) -> None:
        change = self._chance.choice(
            ({"caller_id": "021"}, {"timeout": 1}, {"timeout": 2}, {"trunk_name": ""})
        )
        options = {**place.entry.options, **change}
        self._hass.config_entries.async_update_entry(place.entry, options=options)

    async def _change_subentries(self, place: Place) -> None:
        """Add, change or remove one of a few, so that they come back."""
        number = self._chance.randrange(4)
        kind = "extension" if number < 2 else "contact"
        subentry_id = f"{place.entry_id}sub{number}"
        entries, entry = self._hass.config_entries, place.entry
        old = entry.subentries.get(subentry_id)
        if old and self._chance.random() < 0.5:
            entries.async_remove_subentry(entry, subentry_id)
            return
        name = f"{kind} {number} {self._chance.choice('ab')}"
        data: dict[str, Any] = {"name": name, "number": _EXTENSIONS[number]}
        if kind == "contact":
            data |= {"number": f"0911{number:07}", "caller": _EXTENSIONS[number]}
        if old:
            entries.async_update_subentry(entry, old, data=data, title=name)
            return
        entries.async_add_subentry(
            entry,
            ConfigSubentry(
                data=MappingProxyType(data),
                subentry_id=subentry_id,
                subentry_type=kind,
                title=name,
                unique_id=None,
            ),
        )

    async def _poll(self, place: Place) -> None:
        if place.entry.state is ConfigEntryState.LOADED:
            self._follow(place.entry.runtime_data.coordinator.async_refresh())

    async def _outage(self, place: Place) -> None:
        await place.fall()
        seconds = self._chance.uniform(0.1, 2.0)

        async def come_back() -> None:
            await asyncio.sleep(seconds)
            await place.rise()
            await self._load_again(place)

        self._follow(come_back())

    async def _slow(self, place: Place) -> None:
        seconds = self._chance.uniform(0.1, 2.0)
        place.simulator.pbx.change(faults=[Fault(delay=seconds, times=5)])

    async def _drop(self, place: Place) -> None:
        points: tuple[Literal["before", "after", "midway"], ...]
        points = ("before", "after", "midway")
        where = self._chance.choice(points)
        place.simulator.pbx.change(faults=[Fault(drop=where, times=5)])

    async def _refuse(self, place: Place) -> None:
        place.simulator.pbx.change(account={"token": "another"})
        seconds = self._chance.uniform(0.1, 1.0)

        async def forgive() -> None:
            await asyncio.sleep(seconds)
            place.simulator.pbx.change(account={"token": _ACCOUNT.token})
            self._core.abort_flows(place.entry_id)
            await self._load_again(place)

        self._follow(forgive())

    async def _load_again(self, place: Place) -> None:
        """Do what Home Assistant does some seconds, or what the user does, later."""
        if place.entry.state in _NOT_LOADED:
            await self._load(place)

    async def _incoming(self, place: Place) -> None:
        self._callee += 1
        # The trunk or the telephone may be busy.
        with suppress(NotPossible):
            place.simulator.pbx.dial_in(
                f"0915{self._callee:07}", self._chance.choice(_EXTENSIONS)
            )

    async def _nonsense(self, place: Place) -> None:
        body = self._chance.randbytes(self._chance.choice((0, 10, 1000, 70_000)))
        url = f"http://127.0.0.1:{self._core.port}/api/webhook/{place.webhook_id}"
        with suppress(ClientError):
            async with self._session.post(url, data=body) as response:
                await response.read()
