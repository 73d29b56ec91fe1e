"""The promises hold in every history, not only in every state.

Hypothesis makes up what happens: calls, events that are true, repeated or forged,
replies that come late, a PBX that goes and comes back, changes, reloads, restarts. It
all passes through Home Assistant's public surface and over real HTTP, and time is
played. Explore more than a test run does with `PBX_HISTORIES=2000`.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
import gc
import logging
import os
import sys
from types import FunctionType, MethodType
from typing import Any, override

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, Phase, seed, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.const import DOMAIN
from custom_components.pbx.telephony.calls import Call, CallTracker
from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigSubentry,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from .common import NO_LIMITS, subentry
from .house import House, LogKeeper, moved
from .scripted_pbx import DOUBTFUL_REPLIES, Order, Plan, Reply, ScriptedPbx

HISTORIES = int(os.environ.get("PBX_HISTORIES", "0"))
SEEDS = 1 if HISTORIES else 5

# All that is told of calls, here by how the request for it ended.
OUTCOMES = {"answered", "busy", "no_answer", "caller_no_answer", "failed", "unknown"}
API_KEY, PASSWORD, WEBHOOK_ID = "KEY-k3y-KEY", "w0rd-PASS", "f00d" * 16
# A PBX that is away is asked again after half an hour at the latest.
LONGEST_DOUBT = 31 * 60.0
LONGEST_WAIT = 4 * 3600.0 + 10 * 60.0
# An account that comes later than that settles nothing any more.
LONGEST_MEMORY = 3700.0

# So few that they repeat by themselves.
CALLERS = ["557", "558"]
CALLEES = ["552", "553", "09121234567"]
IDS = ["A", "B"]
NUMBERS = st.sampled_from([*CALLERS, *CALLEES, ""])
CALL_IDS = st.sampled_from(["1610778618.1", "1610778618.2", ""])
ORIGINATED_IDS = st.sampled_from([*IDS, "C", ""])
SECONDS = st.sampled_from([0, 1, 35, ""])

EVENTS = st.one_of(
    st.fixed_dictionaries(
        {
            "event_name": st.just("NewState"),
            "exten": st.sampled_from([*CALLERS, "552", "553"]),
            "state": st.sampled_from(
                ["Ringing", "InUse", "Idle", "Hold", "Unavailable", "Pause", "Dancing"]
            ),
            "participant": NUMBERS,
            "direction": st.sampled_from(["in", "out", ""]),
            "unique_id": CALL_IDS,
        }
    ),
    st.fixed_dictionaries(
        {
            "event_name": st.sampled_from(["Cdr", "CdrQueue"]),
            "src": NUMBERS,
            "dst": NUMBERS | st.sampled_from(["failed", "s"]),
            "disposition": st.sampled_from(
                ["ANSWERED", "BUSY", "NO ANSWER", "FAILED", "ABANDONED", "WHATEVER"]
            ),
            "billsec": SECONDS,
            "wait": SECONDS,
            "type": st.sampled_from(["incoming", "outgoing", "local", ""]),
            "unique_id": CALL_IDS,
            "originated_call_id": ORIGINATED_IDS,
        }
    ),
    st.fixed_dictionaries(
        {
            "event_name": st.sampled_from(["IncomingCall", "OutgoingCall"]),
            "number": NUMBERS,
            "entry_point": st.sampled_from(["cisco", ""]),
            "unique_id": CALL_IDS,
            "originated_call_id": ORIGINATED_IDS,
        }
    ),
    st.fixed_dictionaries(
        {
            "event_name": st.sampled_from(["TrunkNewState", "TrunkRemoved"]),
            "trunk_name": st.sampled_from(["cisco", "astel"]),
            "state": st.sampled_from(["OK", "Unavailable", "Deactivate"]),
        }
    ),
    st.fixed_dictionaries({"event_name": st.sampled_from(["Ping", "Transfer", "No"])}),
)
PLANS = st.builds(
    Plan,
    reply=st.sampled_from([Reply.ACCEPT] * 5 + list(Reply)),
    id=st.sampled_from(IDS),
    other_verb=st.booleans(),
    slow=st.sampled_from([False, False, True]),
    held=st.sampled_from([False, False, True]),
)
CALLS = st.fixed_dictionaries(
    {
        "caller": st.sampled_from(CALLERS),
        "callee": st.sampled_from(CALLEES),
        "timeout": st.sampled_from([1, 1, 30]),
        "wait_for": st.sampled_from(["accepted", "answered", "ended", "ended"]),
    },
    optional={"call_limit": st.just(5), "trunk_name": st.just("cisco")},
)
OPTIONS = st.sampled_from(
    [
        {"timeout": 5},
        {"caller_id": "02155550000"},
        {"trunk_name": "cisco"},
        {"calls_at_once": 3},
        {"repeat_seconds": 30},
        {"webhook_local_only": False},
    ]
)


@dataclass(slots=True, eq=False)
class Action:
    """An action that somebody has performed; its context names it on the wire."""

    context: str
    wait_for: str
    task: asyncio.Task[dict[str, Any]]
    is_judged: bool = False


class Histories(RuleBasedStateMachine):
    """A house with a PBX, to which everything happens that can."""

    def __init__(self, hass: HomeAssistant, clock: FrozenDateTimeFactory) -> None:
        """Begin with a Home Assistant that knows no PBX yet."""
        super().__init__()
        self.loop = hass.loop
        self.actions: list[Action] = []
        self.plans: dict[str, Plan] = {}
        self.outages = 0
        self.entry: MockConfigEntry | None = None
        self.pbx = ScriptedPbx(self.plans.__getitem__)
        self.pbx_changed = 0.0
        self.house = House(self.loop, clock, self.pbx)
        self.log = LogKeeper()
        self.own_log = logging.getLogger("custom_components.pbx")

    def play(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """Let something happen, and all that follows at once."""
        result = self.loop.run_until_complete(self.house.let(doing))
        self.loop.run_until_complete(self.house.settle())
        return result

    @property
    def is_loaded(self) -> bool:
        """Whether the PBX is set up."""
        return self.entry is not None and self.entry.state is ConfigEntryState.LOADED

    @initialize()
    def begin(self) -> None:
        """Set the house up."""
        logging.getLogger().addHandler(self.log)
        self.own_log.setLevel(logging.DEBUG)
        self.loop.run_until_complete(self.pbx.start())
        self.loop.run_until_complete(self.house.open())
        self.add_entry()

    @precondition(lambda self: not self.entry)
    @rule()
    def add_entry(self) -> None:
        """Add the PBX."""
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            title="Office",
            data={
                "url": self.pbx.url,
                "api_key": API_KEY,
                "username": "test",
                "password": PASSWORD,
                "webhook_id": WEBHOOK_ID,
            },
            options=NO_LIMITS,
            subentries_data=[
                subentry("extension", "Desk", number="557"),
                subentry("extension", "Door", number="552"),
                subentry("contact", "Ali", number="552", caller="557"),
            ],
        )
        self.set_up()

    def set_up(self) -> None:
        """Have Home Assistant set up the PBX that was added."""
        assert self.entry
        hass = self.house.hass
        self.entry.add_to_hass(hass)
        if not self.entry.disabled_by:
            self.play(hass.config_entries.async_setup(self.entry.entry_id))

    @precondition(lambda self: self.entry)
    @rule(calls=st.lists(st.tuples(CALLS, PLANS), min_size=1, max_size=3))
    def place(self, calls: list[tuple[dict[str, Any], Plan]]) -> None:
        """Somebody performs the action, or several do."""
        for call, plan in calls:
            context = f"context{len(self.actions)}"
            self.plans[context] = plan
            fields = {"context": context, **call}
            task = self.loop.create_task(originate(self.house.hass, fields))
            self.actions.append(Action(context, call["wait_for"], task))
        self.loop.run_until_complete(self.house.settle())

    def place_one(self, plan: Plan, *, caller: str, callee: str) -> Action:
        """Perform the action once, and wait for the end of the call."""
        call = {
            "caller": caller,
            "callee": callee,
            "timeout": 30,
            "wait_for": "ended",
        }
        self.place([(call, plan)])
        return self.actions[-1]

    @precondition(lambda self: self.is_loaded)
    @rule(events=st.lists(EVENTS, min_size=1, max_size=4))
    def tell(self, events: list[dict[str, Any]]) -> None:
        """The PBX, or somebody else, sends events."""
        assert self.entry
        for event in events:
            assert self.play(self.house.tell(self.entry, event)) == (200, "")

    @precondition(lambda self: self.pbx.held)
    @rule(data=st.data())
    def reply(self, data: st.DataObject) -> None:
        """The PBX answers at last."""
        order = data.draw(st.sampled_from(self.pbx.held), "order")
        order.decision.set_result(data.draw(st.sampled_from(Reply), "reply"))
        self.loop.run_until_complete(self.house.settle())

    @precondition(lambda self: any(not action.task.done() for action in self.actions))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A script that waits is stopped."""
        waiting = [action for action in self.actions if not action.task.done()]
        action = data.draw(st.sampled_from(waiting), "action")
        action.task.cancel()
        self.loop.run_until_complete(self.house.settle())

    @precondition(lambda self: self.pbx.is_up)
    @rule(is_noticed=st.booleans())
    def go(self, is_noticed: bool) -> None:
        """The PBX goes."""
        self.outages += 1
        self.pbx_changed = self.loop.time()
        self.play(self.pbx.go_down())
        if is_noticed:
            self.pass_time(LONGEST_DOUBT)

    @precondition(lambda self: not self.pbx.is_up)
    @rule()
    def come_back(self) -> None:
        """The PBX is back."""
        self.pbx_changed = self.loop.time()
        self.play(self.pbx.start())

    @precondition(lambda self: not self.pbx.is_up)
    @rule()
    def come_back_and_be_found(self) -> None:
        """The PBX is back, for so long that nobody can miss it."""
        self.come_back()
        self.pass_time(LONGEST_DOUBT)

    @rule(seconds=st.sampled_from([0.5, 3.5, 9.0, 16.5, 46.0, 300.0, 3700.0]))
    def pass_time(self, seconds: float) -> None:
        """Time goes by."""
        self.loop.run_until_complete(self.house.advance(seconds))

    @precondition(lambda self: self.entry)
    @rule(data=st.data())
    def change_contacts(self, data: st.DataObject) -> None:
        """A contact is added, changed or removed."""
        assert self.entry
        entries = self.house.hass.config_entries
        contacts = list(self.entry.get_subentries_of_type("contact"))
        contact = data.draw(st.sampled_from([*contacts, None]), "contact")
        if contact is None:
            new = dict(subentry("contact", "Sara", number="553", caller="558"))
            del new["subentry_id"]
            entries.async_add_subentry(self.entry, ConfigSubentry(**new))  # type: ignore[arg-type]
        elif data.draw(st.booleans(), "removed"):
            entries.async_remove_subentry(self.entry, contact.subentry_id)
        else:
            number = data.draw(st.sampled_from(CALLEES), "number")
            entries.async_update_subentry(
                self.entry, contact, data={**contact.data, "number": number}
            )
        self.loop.run_until_complete(self.house.settle())

    @precondition(lambda self: self.entry)
    @rule(options=OPTIONS)
    def change_options(self, options: dict[str, Any]) -> None:
        """An option is changed."""
        assert self.entry
        self.house.hass.config_entries.async_update_entry(
            self.entry, options={**self.entry.options, **options}
        )
        self.loop.run_until_complete(self.house.settle())

    @precondition(lambda self: self.entry)
    @rule(calls=st.lists(st.tuples(CALLS, PLANS), max_size=2), data=st.data())
    def administer(
        self, calls: list[tuple[dict[str, Any], Plan]], data: st.DataObject
    ) -> None:
        """In the middle of calls, the PBX is set up anew or goes, or all is restarted."""
        assert self.entry
        self.place(calls)
        ways = [self.remove, self.replace, self.restart]
        if self.entry.disabled_by:
            ways += [self.turn_on] * 3
        else:
            ways += [self.reload, self.reload, self.turn_off]
        data.draw(st.sampled_from(ways), "way")()

    def reload(self) -> None:
        """Set the PBX up anew."""
        assert self.entry
        entries = self.house.hass.config_entries
        self.play(entries.async_reload(self.entry.entry_id))

    def turn_on(self) -> None:
        """Enable the PBX."""
        self.disable(None)

    def turn_off(self) -> None:
        """Disable the PBX."""
        self.disable(ConfigEntryDisabler.USER)
        self.expect_no_wait()

    def disable(self, by: ConfigEntryDisabler | None) -> None:
        """Have the PBX disabled by somebody, or by nobody."""
        assert self.entry
        entries = self.house.hass.config_entries
        self.play(entries.async_set_disabled_by(self.entry.entry_id, by))

    def remove(self) -> None:
        """Remove the PBX."""
        assert self.entry
        entry, self.entry = self.entry, None
        self.play(self.house.hass.config_entries.async_remove(entry.entry_id))
        self.expect_no_wait()

    def replace(self) -> None:
        """Remove the PBX, and add it again."""
        self.remove()
        self.add_entry()

    def restart(self) -> None:
        """Start Home Assistant again."""
        self.loop.run_until_complete(self.house.stop())
        self.expect_no_wait()
        # Somebody is too late.
        assert self.place_one(Plan(), caller="557", callee="552").task.done()
        self.judge_all()
        assert not self.house.remains
        self.loop.run_until_complete(self.house.open())
        if self.entry:
            self.entry = moved(self.entry)
            self.set_up()

    def expect_no_wait(self) -> None:
        """Nobody waits any more, except for a reply of the PBX."""
        replying = len(self.pbx.awaited) + self.pbx.dawdling
        assert sum(not action.task.done() for action in self.actions) <= replying

    @invariant()
    def judge_all(self) -> None:
        """Each action that is over has said what is true."""
        for action in self.actions:
            orders = [
                order for order in self.pbx.orders if order.context == action.context
            ]
            assert len(orders) <= 1
            if action.task.done() and not action.is_judged:
                action.is_judged = True
                judge(action, next(iter(orders), None))

    @invariant()
    def nothing_is_complained_of(self) -> None:
        """No error is logged, nothing is lost in the event loop, no secret is told."""
        assert not self.house.mishaps
        errors = [
            line
            for record, line in zip(self.log.records, self.log.lines, strict=True)
            if record.levelno >= logging.ERROR
            or (record.exc_info and record.levelno > logging.DEBUG)
        ]
        assert all("fetching Office data" in error for error in errors), errors
        assert len(errors) <= self.outages
        for record, line in zip(self.log.records, self.log.lines, strict=True):
            if record.name.startswith("custom_components.pbx"):
                assert API_KEY not in line
                assert PASSWORD not in line
                assert WEBHOOK_ID not in line

    @invariant()
    def entities_show_what_holds(self) -> None:
        """The connectivity is on or off, and all else is there while it is on."""
        if not self.entry or not self.is_loaded:
            return
        states = {
            entity.translation_key: self.house.hass.states.get(entity.entity_id)
            for entity in er.async_entries_for_config_entry(
                er.async_get(self.house.hass), self.entry.entry_id
            )
            if not entity.disabled
        }
        shown = {key: state.state if state else None for key, state in states.items()}
        connectivity = shown.pop("connectivity")
        assert connectivity in ("on", "off")
        if self.loop.time() > self.pbx_changed + LONGEST_DOUBT:
            assert (connectivity == "on") == self.pbx.is_up
        away = {key: state == STATE_UNAVAILABLE for key, state in shown.items()}
        assert away == dict.fromkeys(away, connectivity == "off")
        if connectivity == "on":
            assert int(shown["calls_in_progress"] or "") >= 0
            assert shown["last_call"] in OUTCOMES | {"undetermined"}

    @override
    def teardown(self) -> None:
        """Let everything come to its end, and see that nothing is left."""
        try:
            # After a failure, one more would only hide it.
            if sys.exception() is None:
                self.end()
        finally:
            logging.getLogger().removeHandler(self.log)
            tasks = [action.task for action in self.actions]
            self.loop.run_until_complete(self.house.abandon(tasks))

    def end(self) -> None:
        """Wait until every call must have ended, and take the house down."""
        if not self.pbx.is_up:
            self.come_back()
        self.pass_time(LONGEST_WAIT)
        for action in self.actions:
            assert action.task.done()
        self.judge_all()
        self.entities_show_what_holds()
        if self.is_loaded:
            self.pass_time(LONGEST_MEMORY)
            self.call_once_more()
        if self.entry:
            self.remove()
        assert not self.house.remains
        self.loop.run_until_complete(self.house.stop())
        self.nothing_is_complained_of()

    def call_once_more(self) -> None:
        """See that a call is as it would be had nothing happened before."""
        in_progress = partial(
            self.house.hass.states.is_state, "sensor.office_calls_in_progress"
        )
        assert in_progress("0")
        # Its telephones are not among those of which anything was told.
        action = self.place_one(Plan(id="D"), caller="559", callee="554")
        assert in_progress("1")
        self.tell(
            [
                {
                    "event_name": "Cdr",
                    "src": "559",
                    "dst": "554",
                    "disposition": "BUSY",
                    "originated_call_id": "D",
                }
            ]
        )
        self.pass_time(3.5)
        assert in_progress("0")
        assert self.entry
        assert len(remembered(self.entry.runtime_data.monitor.tracker)) == 1
        assert action.task.result()["outcome"] == "busy"


async def originate(hass: HomeAssistant, fields: dict[str, Any]) -> dict[str, Any]:
    """Perform the action."""
    response = await hass.services.async_call(
        DOMAIN, "originate", fields, blocking=True, return_response=True
    )
    return dict(response or {})


def remembered(tracker: CallTracker) -> set[Call]:
    """Return the calls that a tracker keeps, wherever it does."""
    seen: dict[int, object] = {}
    rest: list[object] = [tracker]
    while rest:
        kept = rest.pop()
        if id(kept) in seen or isinstance(kept, type | FunctionType | MethodType):
            continue
        seen[id(kept)] = kept
        rest += gc.get_referents(kept)
    return {kept for kept in seen.values() if isinstance(kept, Call)}


def judge(action: Action, order: Order | None) -> None:
    """See that an action has said what became of it."""
    if action.task.cancelled():
        return
    error = action.task.exception()
    reply = order.reply if order else None
    if error is None:
        response = action.task.result()
        assert order
        assert reply is Reply.ACCEPT
        assert response["originated_call_id"] == order.id
        accepted = action.wait_for == "accepted"
        assert response["outcome"] in ({"accepted"} if accepted else OUTCOMES)
        return
    assert isinstance(error, HomeAssistantError), error
    key = str(error.translation_key)
    if key == "call_rejected":
        assert reply is Reply.REFUSE
    elif key == "invalid_response":
        assert reply is Reply.NONSENSE
    elif key == "call_status_unknown":
        assert order
        assert reply is None or reply in DOUBTFUL_REPLIES
    else:
        # The last are Home Assistant's own, for a PBX that is not set up.
        assert key in ("cannot_connect", "repeated_call", "rate_limited") or (
            key.startswith("service_") and "config_entry" in key
        )
        assert order is None


@contextmanager
def played_time(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> Iterator[FrozenDateTimeFactory]:
    """Have time stand still until it is told to go by."""
    caplog.set_level(logging.WARNING)
    # Keep tracebacks of all tasks and timers only where somebody looks for a fault.
    hass.loop.set_debug(False)
    # Hypothesis has a time limit of its own, which is meant for time that is real.
    with freeze_time(ignore=["hypothesis.internal.conjecture.engine"]) as clock:
        assert isinstance(clock, FrozenDateTimeFactory)
        yield clock


@pytest.mark.timeout(0 if HISTORIES else 60)
@pytest.mark.parametrize("beginning", range(SEEDS))
def test_every_history_keeps_the_promises(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, beginning: int
) -> None:
    """Whatever happens after whatever."""
    with played_time(hass, caplog) as clock:

        def histories() -> Histories:
            return Histories(hass, clock)

        run_state_machine_as_test(
            # What comes by chance is the same in each run, except when exploring.
            histories if HISTORIES else seed(beginning)(histories),  # type: ignore[arg-type]
            settings=settings(
                max_examples=HISTORIES or 25,
                stateful_step_count=25,
                deadline=None,
                database=None,
                print_blob=False,
                report_multiple_bugs=False,
                # To find the shortest history takes longer than a test may.
                phases=[Phase.generate, *([Phase.shrink] if HISTORIES else [])],
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_calls_that_fail_leave_no_ping_for_later(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """It would come in the middle of Home Assistant's stopping."""
    call = {"caller": "557", "callee": "552", "timeout": 1, "wait_for": "accepted"}
    with played_time(hass, caplog) as clock:
        histories = Histories(hass, clock)
        try:
            histories.begin()
            histories.go(is_noticed=False)
            histories.place([(call, Plan()), (call, Plan())])
            histories.restart()
        finally:
            histories.teardown()
