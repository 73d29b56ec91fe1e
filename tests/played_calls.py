"""Calls of the simulated PBX in no time, and what it tells of them, when.

The simulator's telephones ring on a clock that is turned by hand, so that a whole day
of calls is played at once. What it told can then be lost, doubled, late and mixed up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
import json
from typing import Any

from custom_components.pbx.simotel.events import read_event
from custom_components.pbx.simotel.reports import ReportRow, read_rows
from custom_components.pbx.simotel.signals import account_of, signal_of
from custom_components.pbx.telephony.calls import Call
from custom_components.pbx.telephony.signals import EndSignal, Signal
from simulator import calls as simulated
from simulator.changes import Changes
from simulator.events import Event, spelt
from simulator.exchange import Exchange
from simulator.settings import Extension, Queue, Settings
from simulator.timers import Timers

from .test_calls import World

# When our call is ordered, on the clock of the calls.
BEGIN = 100.0
EPOCH = 1703145000.0
EXTENSIONS = ("557", "552", "553", "600", "601")
QUEUE = Queue(name="Sales", number="9009", agents=("552", "553"))
SETTINGS = Settings(
    extensions=tuple(Extension(number=number) for number in EXTENSIONS), queues=(QUEUE,)
)
OURS = "orig.call.1703145100.000001"


class Clockwork(Timers):
    """A clock of calls that is turned by hand."""

    def __init__(self) -> None:
        """Begin at 0 seconds."""
        super().__init__(speed=1.0)

    def turn(self, until: float) -> None:
        """Let everything happen that is due until then, in its order."""
        while (timer := self._next()) is not None and timer.due <= until:
            self._go_off(timer)
        self._stop_at(until)


@dataclass(frozen=True, kw_only=True)
class Story:
    """A call of ours, who else calls meanwhile, and how the PBX tells of it.

    `others` call at a number of seconds after our call was ordered; one whose number
    begins with 09 calls from outside. `reply` is how long before its order our request
    leaves, and how long after it the reply comes.
    """

    callee: str = "552"
    caller_id: str = "557"
    phones: Sequence[Mapping[str, Any]] = ()
    calls: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)
    others: Sequence[tuple[float, str, str]] = ()
    reply: tuple[float, float] = (0.1, 0.1)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something that the PBX tells at a time."""

    time: float
    name: str
    of_ours: bool
    fields: Mapping[str, Any]

    @property
    def signal(self) -> Signal | None:
        """What it says, as the tracker hears it."""
        body = json.dumps(self.fields).encode()
        return signal_of(read_event(query={}, content_type="", body=body))


@dataclass(kw_only=True)
class Played:
    """What really happened, and all that was told and written down of it."""

    call: simulated.Call
    told: list[Told]
    rows: list[tuple[float, ReportRow]]


def play(story: Story) -> Played:
    """Let a story happen, to the end of all its calls."""
    settings = SETTINGS.changed(
        {"phones": story.phones, "calls": story.calls, "events": story.events}
    )
    clock = Clockwork()
    told: list[Told] = []
    rows: list[tuple[float, ReportRow]] = []

    def tell(event: Event) -> None:
        told.append(
            Told(
                time=clock.now(),
                name=event.name,
                of_ours=event.originated_call_id == OURS,
                fields=spelt(event, settings.events, settings.local_zone),
            )
        )

    exchange = Exchange(
        settings,
        clock=lambda: EPOCH + clock.now(),
        timers=clock,
        tell=tell,
        report=lambda new: rows.extend(
            (clock.now(), row) for row in read_rows(list(new))
        ),
        changes=Changes(),
    )
    exchange.adopt(settings)

    def order() -> None:
        exchange.place(
            simulated.CallOrder(
                caller="557",
                callee=story.callee,
                context="main_routing",
                caller_id=story.caller_id,
            ),
            kind="originated",
            time=EPOCH + clock.now(),
            originated_call_id=OURS,
        ).begin()

    def dial(caller: str, callee: str) -> None:
        outside = caller.startswith("09")
        if not outside and exchange.line(caller).state != "Idle":
            return
        exchange.place(
            simulated.CallOrder(
                caller=caller,
                callee=callee,
                context="main_routing",
                caller_id=caller,
                trunk_name="cisco" if outside else "",
            ),
            kind="incoming" if outside else "inside",
            time=EPOCH + clock.now(),
        ).begin()

    acts: list[tuple[float, Callable[[], None]]] = [(BEGIN, order)]
    for after, caller, callee in story.others:
        acts.append((BEGIN + after, partial(dial, caller, callee)))
    for time, act in sorted(acts, key=lambda item: item[0]):
        clock.turn(time)
        act()
    clock.turn(BEGIN + 10_000)
    (call,) = [call for call in exchange.calls if call.originated_call_id == OURS]
    assert call.outcome
    return Played(call=call, told=told, rows=rows)


class Listener(World):
    """A tracker that hears a story, and may look into the PBX's report."""

    rows: Sequence[tuple[float, ReportRow]] = ()

    def look_up(self, call: Call) -> list[EndSignal]:
        """Return what stands in the report by now."""
        return [
            account_of(row)
            for time, row in self.rows
            if time <= self.now and row.is_of(call.originated_call_id)
        ]


def listen(
    story: Story,
    heard: Sequence[tuple[float, Told]],
    rows: Sequence[tuple[float, ReportRow]],
) -> tuple[Call, Listener]:
    """Place the call of a story and hear of it, each thing at its time."""
    listener = Listener(now=0.0)
    listener.rows = rows
    before, after = story.reply
    calls: list[Call] = []

    def place() -> None:
        calls.append(
            listener.tracker.place(
                caller="557",
                callee=story.callee,
                caller_id=story.caller_id,
                timeout=30,
            )
        )

    def accept() -> None:
        listener.take(listener.tracker.accept(calls[0], OURS))

    def hear(told: Told) -> None:
        if signal := told.signal:
            listener.take(listener.tracker.hear(signal))

    acts: list[tuple[float, Callable[[], None]]] = [
        (BEGIN - before, place),
        (BEGIN + after, accept),
    ]
    for time, told in heard:
        acts.append((time, partial(hear, told)))
    for time, act in sorted(acts, key=lambda item: item[0]):
        listener.wait(time - listener.now)
        act()
    listener.wait(20_000)
    return calls[0], listener
