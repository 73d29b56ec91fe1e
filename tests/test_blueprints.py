"""The blueprints, imported as a user would, at work with the simulated PBX.

Each test says who is rung, in which order, and who is told what.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from pathlib import Path
import re
import shutil
from typing import Any, Final
from unittest.mock import patch

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from homeassistant.components.blueprint import importer
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
from homeassistant.util.yaml import load_yaml_dict
from simulator.server import Simulator

from .common import connection_to, elapse, originate_and_wait, originates, subentry
from .test_contacts import RECEPTION, WORKSHOP
from .test_event import send

REPOSITORY: Final = Path(__file__).parents[1]
BLUEPRINTS: Final = sorted((REPOSITORY / "blueprints").glob("*/pbx/*.yaml"))
HANDBOOKS: Final = ("docs/blueprints.md", "docs/blueprints.fa.md")
ON_GITHUB: Final = "https://github.com/pbx-for-home-assistant/pbx/blob/main/"
RAW: Final = "https://raw.githubusercontent.com/pbx-for-home-assistant/pbx/main/"

DOORBELL: Final = "event.front_door"
INTERCOM: Final = "sensor.intercom_state"
RECEPTION_PHONE: Final = "sensor.reception_state"
WORKSHOP_PHONE: Final = "sensor.workshop_state"
SARA: Final = "button.sara_call"
GUARD: Final = "button.guard_call"
SARAS_NUMBER: Final = "09127654321"
TEXTS: Final = {
    f"text_{name}": name
    for name in ("nobody", "intercom", "own", "unknown", "error", "quiet")
} | {"text_skipped": "skipped {names}"}
# What a template makes an integer of.
FRAGILE: Final = ["+989121234567", "۰۹۱۲۱۲۳۴۵۶۷"]
AS_DIALLED: Final = ["+989121234567", "09121234567"]

callback_of: Final = attrgetter("_callback")
IN_EVENTS: Final = "homeassistant.helpers.event"
IN_SCRIPTS: Final = "homeassistant.helpers.script"
# No two things happen in the same millisecond.
moments: Final = count(1)


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with extensions and contacts, not set up."""
    simulator.pbx.change(calls={"barred_prefixes": []})
    return MockConfigEntry(
        domain="pbx",
        title="Office",
        entry_id="01JOFFICE",
        data={**connection_to(simulator), "webhook_id": "0123456789abcdef" * 4},
        options={"context": "main_routing", "timeout": 30, "trunk_name": "cisco"},
        subentries_data=[
            subentry("extension", "Intercom", number="570"),
            RECEPTION,
            WORKSHOP,
            subentry("contact", "Sara", number=SARAS_NUMBER),
            subentry("contact", "Guard", number="553", caller="552"),
        ],
    )


@pytest.fixture
def imported(hass: HomeAssistant, tmp_path: Path) -> None:
    """Have the blueprints where importing them puts them."""
    hass.config.config_dir = str(tmp_path)
    for blueprint in BLUEPRINTS:
        kind = blueprint.parts[-3]
        folder = tmp_path / "blueprints" / kind / "pbx-for-home-assistant"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(blueprint, folder)


@pytest.fixture
def shown(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect the notifications that Home Assistant itself shows."""
    return async_mock_service(hass, "persistent_notification", "create")


@pytest.fixture
def pushed(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect the notifications that are sent to the mobile."""
    return async_mock_service(hass, "notify", "mobile_app_sara_s_phone")


@pytest.fixture
def mobile(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, pushed: list[ServiceCall]
) -> str:
    """Return the device of a mobile with the app, which was renamed."""
    app = MockConfigEntry(domain="mobile_app")
    app.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=app.entry_id,
        identifiers={("mobile_app", "sara")},
        name="Sara's phone",
    )
    device_registry.async_update_device(device.id, name_by_user="The red one")
    return device.id


pytestmark = pytest.mark.usefixtures("imported", "shown")


async def automate(hass: HomeAssistant, blueprint: str, **inputs: Any) -> str:
    """Make an automation of a blueprint and return its entity."""
    path = f"pbx-for-home-assistant/{blueprint}.yaml"
    config = {"alias": "Ours", "use_blueprint": {"path": path, "input": inputs}}
    assert await async_setup_component(hass, "doorbell", {})
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    assert hass.states.is_state("automation.ours", "on")
    return "automation.ours"


async def write_script(hass: HomeAssistant, blueprint: str, **inputs: Any) -> str:
    """Make a script of a blueprint and return its entity."""
    path = f"pbx-for-home-assistant/{blueprint}.yaml"
    config = {"alias": "Ours", "use_blueprint": {"path": path, "input": inputs}}
    assert await async_setup_component(hass, "script", {"script": {"ours": config}})
    await hass.async_block_till_done()
    assert hass.states.is_state("script.ours", "off")
    return "script.ours"


def start(hass: HomeAssistant) -> asyncio.Task[Any]:
    """Run the script and return what becomes its response."""
    return asyncio.create_task(
        hass.services.async_call("script", "ours", blocking=True, return_response=True)
    )


def press(hass: HomeAssistant, entity: str, **attributes: Any) -> None:
    """Have something happen at an entity that knows only when it last did."""
    moment = dt_util.utcnow() + timedelta(milliseconds=next(moments))
    hass.states.async_set(entity, moment.isoformat(), attributes)


def ring(hass: HomeAssistant) -> None:
    """Ring the doorbell."""
    press(
        hass,
        DOORBELL,
        device_class="doorbell",
        event_types=["ring"],
        event_type="ring",
    )


async def doorbell(hass: HomeAssistant, **inputs: Any) -> str:
    """Connect a doorbell that has rung before; Reception is called first, then Sara."""
    ring(hass)
    return await automate(
        hass,
        "doorbell",
        **{
            "doorbell": [DOORBELL],
            "intercom": INTERCOM,
            "people": [RECEPTION_PHONE, SARA],
            **TEXTS,
            **inputs,
        },
    )


def set_by(hass: HomeAssistant, *modules: str) -> list[asyncio.TimerHandle]:
    """Return the timers that are set for the functions of some modules."""
    return [
        handle
        for handle in get_scheduled_timer_handles(hass.loop)
        if isinstance(handle, asyncio.TimerHandle)
        and not handle.cancelled()
        and getattr(callback_of(handle), "__module__", "") in modules
    ]


def waits(hass: HomeAssistant) -> list[int]:
    """Return for how many more seconds scripts wait, at most."""
    now = hass.loop.time()
    return [round(timer.when() - now) for timer in set_by(hass, IN_SCRIPTS)]


def is_asking(hass: HomeAssistant) -> bool:
    """Tell whether a request is on its way, as its time limit shows."""
    return any(
        callback_of(timer).__qualname__.startswith("TimeoutHandle.")
        for timer in set_by(hass, "aiohttp.helpers")
    )


async def quiet_down(hass: HomeAssistant, simulator: Simulator) -> None:
    """Let everything happen that takes no time; requests and events take none."""
    quiet = 0
    while quiet < 50:
        # Threads and sockets take a moment on a busy machine.
        await asyncio.sleep(0 if quiet % 5 else 0.001)
        await simulator.pbx.idle()
        quiet += 1
        if is_asking(hass):
            await asyncio.sleep(0.001)
            quiet = 0


async def run(
    hass: HomeAssistant,
    simulator: Simulator,
    done: Callable[[], object],
) -> list[int]:
    """Let one timer go off after the other, in their order, until something is done.

    Returns for how many seconds a script itself has waited, each time.
    """
    passed = 0.0
    due: dict[asyncio.TimerHandle, float] = {}
    delays: dict[asyncio.TimerHandle, float] = {}
    waited: list[int] = []
    for _ in range(200):
        await quiet_down(hass, simulator)
        if done():
            return waited
        now = hass.loop.time()
        for timer in set_by(hass, IN_EVENTS, IN_SCRIPTS):
            delays.setdefault(timer, timer.when() - now)
            due.setdefault(timer, passed + delays[timer])
        due = {timer: when for timer, when in due.items() if not timer.cancelled()}
        if not due:
            continue
        timer = min(due, key=lambda timer: due[timer])
        passed = max(passed, due.pop(timer))
        if timer in set_by(hass, IN_SCRIPTS):
            waited.append(round(delays[timer]))
        then = dt_util.utcnow() + timedelta(seconds=delays[timer] + 1)
        with (
            patch("homeassistant.helpers.event.time_tracker_utcnow", return_value=then),
            patch(
                "homeassistant.helpers.event.time_tracker_timestamp",
                return_value=then.timestamp(),
            ),
        ):
            timer._run()
            timer.cancel()
    pytest.fail("it goes on and on")


async def run_automation(hass: HomeAssistant, simulator: Simulator) -> list[int]:
    """Let the automation run to its end."""

    def done() -> bool:
        state = hass.states.get("automation.ours")
        return state is None or state.attributes["current"] == 0

    return await run(hass, simulator, done)


async def run_script(hass: HomeAssistant, simulator: Simulator) -> Any:
    """Run the script to its end and return its response."""
    response = start(hass)
    await run(hass, simulator, response.done)
    return await response


def rung(simulator: Simulator) -> list[tuple[str, str]]:
    """Return who was connected with whom: the one that rings first comes first."""
    return [(body["caller"], body["callee"]) for body in originates(simulator)]


def messages(calls: list[ServiceCall]) -> list[str]:
    """Return what notifications say."""
    return [call.data["message"] for call in calls]


def behave(simulator: Simulator, **phones: str | Mapping[str, Any]) -> None:
    """Say how telephones behave; others answer, and the intercom does so by itself."""
    simulator.pbx.change(
        phones=[
            {
                "number": number.strip("_"),
                **({"behaviour": how} if isinstance(how, str) else how),
            }
            for number, how in {"_570": "intercom", **phones}.items()
        ]
    )


BOTH: Final = [("570", "557"), ("570", SARAS_NUMBER)]


@pytest.mark.parametrize(
    ("phones", "inputs", "connected_with", "told"),
    [
        ({}, {}, BOTH[:1], []),
        ({"_557": "busy"}, {}, BOTH, []),
        ({"_557": "reject"}, {}, BOTH, []),
        ({"_557": "no_answer"}, {}, BOTH, []),
        ({"_557": "no_answer", "_09.": "busy"}, {}, BOTH, ["nobody"]),
        ({"_557": "busy", "_09.": "no_route"}, {}, BOTH, ["nobody"]),
        # The intercom is out of order: others would only hear it as well.
        ({"_570": "unreachable"}, {}, BOTH[:1], ["intercom"]),
        ({"_570": "no_answer"}, {}, BOTH[:1], ["intercom"]),
        # A voicemail answers, and nobody talks to it for long.
        ({"_557": {"talk": 3}}, {}, BOTH[:1], []),
        ({"_557": {"talk": 3}}, {"min_talk": 3}, BOTH[:1], []),
        ({"_557": {"talk": 3}}, {"min_talk": 4}, BOTH, []),
        ({"_557": {"talk": 3}, "_09.": {"talk": 3}}, {"min_talk": 4}, BOTH, ["nobody"]),
        # Several phones at once, and nobody at all.
        ({}, {"people": [], "numbers": ["9009"]}, [("570", "9009")], []),
        ({}, {"people": []}, [], ["nobody"]),
        ({}, {"intercom": "", "intercom_number": "570"}, BOTH[:1], []),
        ({"_557": "busy"}, {"intercom": "", "intercom_number": "570"}, BOTH, []),
        (
            {"_557": "busy"},
            {"people": [RECEPTION_PHONE], "numbers": [SARAS_NUMBER]},
            BOTH,
            [],
        ),
        # Neither intercom: nothing can be called.
        ({}, {"intercom": ""}, [], ["error"]),
    ],
)
async def test_doorbell_intercom_first(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    phones: dict[str, Any],
    inputs: dict[str, Any],
    connected_with: list[tuple[str, str]],
    told: list[str],
) -> None:
    """One after the other is called, until somebody is reached."""
    behave(connected, **phones)
    await doorbell(hass, **inputs)
    assert not originates(connected)
    ring(hass)
    await run_automation(hass, connected)
    assert rung(connected) == connected_with
    assert messages(shown) == told
    # Whatever the defaults are, the intercom is no caller outside.
    assert all(body["trunk_name"] == "" for body in originates(connected))


@pytest.mark.parametrize(
    ("phones", "inputs", "connected_with", "told"),
    [
        ({}, {}, [("557", "570")], []),
        ({"_557": "no_answer"}, {}, [("557", "570"), ("552", "570")], []),
        ({"_557": "unreachable"}, {}, [("557", "570"), ("552", "570")], []),
        (
            {"_557": "no_answer", "_552": "reject"},
            {},
            [("557", "570"), ("552", "570")],
            ["nobody"],
        ),
        # Somebody has answered, and the intercom did not take the call.
        ({"_570": "busy"}, {}, [("557", "570")], ["intercom"]),
        ({"_570": "no_answer"}, {}, [("557", "570")], ["intercom"]),
        ({}, {"intercom": "", "intercom_number": "570"}, [("557", "570")], []),
        ({}, {"people": [], "numbers": ["552"]}, [("552", "570")], []),
        # A contact cannot be rung first, and somebody else can.
        (
            {},
            {"people": [SARA, RECEPTION_PHONE]},
            [("557", "570")],
            ["skipped Sara"],
        ),
        ({}, {"people": [SARA]}, [], ["error"]),
    ],
)
async def test_doorbell_phone_first(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    phones: dict[str, Any],
    inputs: dict[str, Any],
    connected_with: list[tuple[str, str]],
    told: list[str],
) -> None:
    """The phones show the intercom's number and ring as long as is said here."""
    behave(connected, **phones)
    await doorbell(
        hass,
        **{
            "first": "phone",
            "people": [RECEPTION_PHONE, WORKSHOP_PHONE],
            "ring_time": 17,
            **inputs,
        },
    )
    ring(hass)
    await run_automation(hass, connected)
    assert rung(connected) == connected_with
    assert messages(shown) == told
    for body in originates(connected):
        assert (body["caller_id"], body["timeout"], body["trunk_name"]) == (
            "570",
            "17",
            "",
        )


@pytest.mark.parametrize(
    ("inputs", "connected_with", "told"),
    [
        ({}, BOTH[:1], ["unknown"]),
        ({"when_unknown": "next"}, BOTH, ["nobody"]),
    ],
)
async def test_doorbell_when_the_outcome_is_unknown(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    inputs: dict[str, Any],
    connected_with: list[tuple[str, str]],
    told: list[str],
) -> None:
    """Somebody may have been reached, so nobody else is called unless that is wanted."""
    connected.pbx.change(
        events={"faults": [{"event": "*", "drop": True}]},
        account={"permitted_requests": ["/call/originate/act"]},
    )
    await doorbell(hass, **inputs)
    ring(hass)
    await run_automation(hass, connected)
    assert rung(connected) == connected_with
    assert messages(shown) == told


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"drop": "after"}, {"status": 200, "body": "<html>"}]
)
async def test_doorbell_after_an_error_nobody_else_is_called(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    fault: dict[str, Any],
) -> None:
    """A phone may be ringing: also where an earlier call had an answer."""
    behave(connected, _557="busy")
    await doorbell(
        hass,
        people=[RECEPTION_PHONE, SARA, WORKSHOP_PHONE],
        when_unknown="next",
    )
    ring(hass)
    while not originates(connected):
        await asyncio.sleep(0.001)
    await quiet_down(hass, connected)
    connected.pbx.change(faults=[{"path": "/call/originate/act", **fault}])
    await run_automation(hass, connected)
    assert rung(connected) == BOTH
    assert messages(shown) == ["error"]


REFUSED: Final = {"path": "/call/originate/act", "acts": False}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        # The PBX refuses one call, or all from then on.
        ({"status": 400, "times": 1}, ["skipped Sara"]),
        ({"status": 400}, ["nobody skipped Sara, Workshop"]),
        ({"status": 401}, ["nobody skipped Sara, Workshop"]),
        ({"status": 403}, ["nobody skipped Sara, Workshop"]),
    ],
)
async def test_doorbell_goes_on_where_nothing_was_placed(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    fault: dict[str, Any],
    told: list[str],
) -> None:
    """Reception is busy, Sara's call is refused, so the workshop is next."""
    behave(connected, _557="busy")
    await doorbell(hass, people=[RECEPTION_PHONE, SARA, WORKSHOP_PHONE])
    ring(hass)
    while not originates(connected):
        await asyncio.sleep(0.001)
    await quiet_down(hass, connected)
    connected.pbx.change(faults=[{**REFUSED, **fault}])
    await run_automation(hass, connected)
    assert rung(connected) == [*BOTH, ("570", "552")]
    assert messages(shown) == told


@pytest.mark.parametrize(
    ("inputs", "connected_with", "told"),
    [
        # A number that the limits refuse, and one that is none.
        ({"people": [], "numbers": ["0900", "557"]}, BOTH[:1], ["skipped 0900"]),
        (
            {"people": [], "numbers": ["my mother", "557"]},
            BOTH[:1],
            ["skipped my mother"],
        ),
        # Entities that are none of ours; Reception answers between them.
        (
            {"people": ["button.nobody", RECEPTION_PHONE, "sensor.nobody"]},
            BOTH[:1],
            ["skipped button.nobody"],
        ),
        ({"people": ["button.nobody"], "numbers": ["0900"]}, [], ["error"]),
    ],
)
async def test_doorbell_passes_over_who_cannot_be_called(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    connected: Simulator,
    shown: list[ServiceCall],
    inputs: dict[str, Any],
    connected_with: list[tuple[str, str]],
    told: list[str],
) -> None:
    """The next one is called, and somebody is told of it."""
    options = {**entry.options, "denied_numbers": ["0900"]}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    await doorbell(hass, **inputs)
    ring(hass)
    await run_automation(hass, connected)
    assert rung(connected) == connected_with
    assert messages(shown) == told


@pytest.mark.parametrize(
    ("first", "intercom", "connected_with"),
    [
        ("intercom", {}, ("570", "557")),
        ("phone", {}, ("557", "570")),
        ("phone", {"intercom": "", "intercom_number": "570"}, ("557", "570")),
    ],
)
async def test_doorbell_shows_no_more_than_the_action_takes(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    first: str,
    intercom: dict[str, str],
    connected_with: tuple[str, str],
) -> None:
    """A text that is too long, or of several lines, is no reason not to call."""
    text = "Garden\ngate " + "m" * 300
    await doorbell(
        hass, first=first, caller_id=text, people=[RECEPTION_PHONE], **intercom
    )
    ring(hass)
    await run_automation(hass, connected)
    assert rung(connected) == [connected_with]
    assert originates(connected)[0]["caller_id"] == "Garden gate " + "m" * 116
    assert not shown


@pytest.mark.parametrize(
    ("lost", "inputs", "waited"),
    [
        (False, {}, []),
        (True, {}, [5]),
        (True, {"intercom": "", "intercom_number": "570"}, []),
    ],
)
async def test_doorbell_waits_for_the_intercom(
    hass: HomeAssistant,
    connected: Simulator,
    lost: bool,
    inputs: dict[str, Any],
    waited: list[float],
) -> None:
    """Between two attempts it is to be idle, and after five seconds it is called anyway."""
    behave(connected, _557="busy")
    if lost:
        idle = {"event": "NewState", "state": "Idle", "exten": "570", "drop": True}
        connected.pbx.change(events={"faults": [idle]})
    await doorbell(hass, **inputs)
    ring(hass)
    assert await run_automation(hass, connected) == waited
    assert rung(connected) == BOTH


@pytest.mark.parametrize(("min_pause", "calls"), [(15, 1), (0, 2)])
async def test_doorbell_that_is_rung_again(
    hass: HomeAssistant, connected: Simulator, min_pause: int, calls: int
) -> None:
    """During a call it is ignored, and so soon after it as well."""
    await doorbell(hass, min_pause=min_pause)
    ring(hass)
    while not originates(connected):
        await asyncio.sleep(0)
    ring(hass)
    await run_automation(hass, connected)
    assert len(originates(connected)) == 1
    ring(hass)
    await run_automation(hass, connected)
    assert len(originates(connected)) == calls


@pytest.mark.parametrize(
    ("begins", "ends", "quiet", "calls", "told"),
    [
        (-1, 1, True, 0, ["quiet"]),
        (-1, 1, False, 1, []),
        (1, 2, True, 1, []),
        (-2, -1, True, 1, []),
    ],
)
async def test_doorbell_in_quiet_hours(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    begins: int,
    ends: int,
    quiet: bool,
    calls: int,
    told: list[str],
) -> None:
    """Nobody is called, and the notification comes at once."""

    def hours(later: int) -> str:
        time: datetime = dt_util.now() + timedelta(hours=later)
        return time.strftime("%H:%M:%S")

    await doorbell(hass, quiet=quiet, quiet_from=hours(begins), quiet_to=hours(ends))
    ring(hass)
    await run_automation(hass, connected)
    assert len(originates(connected)) == calls
    assert messages(shown) == told


async def test_doorbell_notification_on_a_mobile(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    pushed: list[ServiceCall],
    mobile: str,
) -> None:
    """With a picture, in the user's language; and whatever else is to be done is done."""
    done = async_mock_service(hass, "test", "tell")
    await doorbell(
        hass,
        people=[],
        devices=[mobile],
        camera="camera.front_door",
        title="زنگ در",
        text_nobody="کسی پشت در است.",
        more_actions=[
            {
                "action": "test.tell",
                "data": {"message": "{{ title }}: {{ message }} ({{ result }})"},
            }
        ],
    )
    ring(hass)
    await run_automation(hass, connected)
    (call,) = pushed
    assert call.data == {
        "title": "زنگ در",
        "message": "کسی پشت در است.",
        "data": {
            "ttl": 0,
            "priority": "high",
            "image": "/api/camera_proxy/camera.front_door",
        },
    }
    assert messages(done) == ["زنگ در: کسی پشت در است. (nobody)"]
    assert not shown


def test_template_by_itself_would_dial_another_number(hass: HomeAssistant) -> None:
    """Which is why the blueprints keep numbers inside of lists and dictionaries.

    Home Assistant 2026.10 makes integers of Persian digits as well, 2026.11 does not.
    """
    number = {"number": FRAGILE[0]}
    alone = Template("{{ number }}", hass).async_render(number)
    assert alone == int(FRAGILE[0])
    kept = Template("{{ {'callee': number} }}", hass).async_render(number)
    assert kept == {"callee": FRAGILE[0]}


@pytest.mark.parametrize("first", ["intercom", "phone"])
async def test_doorbell_dials_numbers_as_they_are(
    hass: HomeAssistant, connected: Simulator, first: str
) -> None:
    """Whichever way round, and of the intercom too."""
    behave(connected, **{"_.": "busy"})
    await doorbell(hass, first=first, people=[], numbers=FRAGILE, when_unknown="next")
    ring(hass)
    await run_automation(hass, connected)
    dialled = "callee" if first == "intercom" else "caller"
    assert [body[dialled] for body in originates(connected)] == AS_DIALLED


@pytest.mark.parametrize("number", FRAGILE)
async def test_doorbell_dials_the_intercom_as_it_is(
    hass: HomeAssistant, connected: Simulator, number: str
) -> None:
    """It may be typed in Persian, and it is what the phones show."""
    await doorbell(hass, first="phone", intercom="", intercom_number=number)
    ring(hass)
    await run_automation(hass, connected)
    (body,) = originates(connected)
    assert body["callee"] == AS_DIALLED[FRAGILE.index(number)]
    assert body["caller_id"] == AS_DIALLED[FRAGILE.index(number)]


THREE: Final = [RECEPTION_PHONE, SARA, GUARD]
ROUND: Final = [("552", "557"), ("552", SARAS_NUMBER), ("552", "553")]


@pytest.mark.parametrize(
    ("phones", "inputs", "connected_with", "result", "told"),
    [
        ({}, {}, ROUND[:1], "reached", []),
        ({"_557": "busy"}, {}, ROUND[:2], "reached", []),
        (
            {"_557": "busy", "_09.": "no_answer", "_553": "reject"},
            {"rounds": 2},
            ROUND * 2,
            "nobody",
            ["nobody"],
        ),
        # Somebody is reached in the second round.
        (
            {"_557": {"behaviour": "busy", "times": 1}},
            {"people": [RECEPTION_PHONE], "rounds": 3},
            [ROUND[0]] * 2,
            "reached",
            [],
        ),
        ({"_552": "no_answer"}, {}, ROUND[:1], "own", ["own"]),
        ({"_557": {"talk": 3}}, {"min_talk": 4}, ROUND[:2], "reached", []),
        ({}, {"people": []}, [], "nobody", ["nobody"]),
        # Those who are called ring first.
        (
            {"_557": "no_answer"},
            {"first": "people", "people": [RECEPTION_PHONE], "numbers": ["553"]},
            [("557", "552"), ("553", "552")],
            "reached",
            [],
        ),
        (
            {"_552": "busy"},
            {"first": "people", "people": [RECEPTION_PHONE, INTERCOM]},
            [("557", "552")],
            "own",
            ["own"],
        ),
        # A contact with a phone of its own.
        ({}, {"own_phone": "", "people": [GUARD]}, ROUND[2:], "reached", []),
        ({}, {"own_phone": "", "people": [SARA]}, [], "error", ["error"]),
        (
            {},
            {"own_phone": "", "numbers": ["557"], "people": []},
            [],
            "error",
            ["error"],
        ),
    ],
)
async def test_list_is_called(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    phones: dict[str, Any],
    inputs: dict[str, Any],
    connected_with: list[tuple[str, str]],
    result: str,
    told: list[str],
) -> None:
    """One after the other and round after round, until somebody is reached."""
    behave(connected, **phones)
    await write_script(
        hass,
        "call_list",
        **{
            "own_phone": WORKSHOP_PHONE,
            "people": THREE,
            "rounds": 1,
            **TEXTS,
            **inputs,
        },
    )
    response = await run_script(hass, connected)
    assert rung(connected) == connected_with
    assert messages(shown) == told
    assert response["result"] == result
    if result == "reached":
        assert response["call"]["outcome"] == "answered"


@pytest.mark.parametrize(
    ("inputs", "calls", "result"),
    [({}, 1, "unknown"), ({"when_unknown": "next"}, 3, "nobody")],
)
async def test_list_when_the_outcome_is_unknown(
    hass: HomeAssistant,
    connected: Simulator,
    shown: list[ServiceCall],
    inputs: dict[str, Any],
    calls: int,
    result: str,
) -> None:
    """It is given up unless that is not wanted."""
    connected.pbx.change(
        events={"faults": [{"event": "*", "drop": True}]},
        account={"permitted_requests": ["/call/originate/act"]},
    )
    inputs = {"own_phone": WORKSHOP_PHONE, "people": THREE, "rounds": 1, **inputs}
    await write_script(hass, "call_list", **inputs, **TEXTS)
    response = await run_script(hass, connected)
    assert response["result"] == result
    assert len(originates(connected)) == calls
    assert messages(shown) == [result]


async def test_list_after_an_error_nobody_else_is_called(
    hass: HomeAssistant, connected: Simulator, shown: list[ServiceCall]
) -> None:
    """A phone may be ringing."""
    connected.pbx.change(faults=[{"path": "/call/originate/act", "status": 503}])
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=THREE,
        when_unknown="next",
        **TEXTS,
    )
    response = await run_script(hass, connected)
    assert response == {"result": "error", "call": None}
    assert len(originates(connected)) == 1
    assert messages(shown) == ["error"]


@pytest.mark.parametrize("change", ["renamed", "removed"])
@pytest.mark.parametrize(
    ("answers", "result", "told"),
    [
        (True, "reached", ["skipped {sara}"]),
        (False, "nobody", ["nobody skipped {sara}"]),
    ],
)
async def test_list_goes_on_past_a_contact_that_is_gone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    connected: Simulator,
    shown: list[ServiceCall],
    change: str,
    answers: bool,
    result: str,
    told: list[str],
) -> None:
    """Nothing was placed, so the next one is called, and somebody is told."""
    if not answers:
        behave(connected, _553="busy")
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=[SARA, GUARD],
        rounds=1,
        **TEXTS,
    )
    if change == "renamed":
        entity_registry.async_update_entity(SARA, new_entity_id="button.sister_call")
    else:
        (sara,) = (
            subentry_id
            for subentry_id, known in entry.subentries.items()
            if known.title == "Sara"
        )
        hass.config_entries.async_remove_subentry(entry, sara)
    await hass.async_block_till_done()
    response = await run_script(hass, connected)
    assert response["result"] == result
    assert rung(connected) == ROUND[2:]
    assert messages(shown) == [text.format(sara=SARA) for text in told]


async def test_list_is_called_again_when_the_pbx_is_back(
    hass: HomeAssistant, connected: Simulator, shown: list[ServiceCall]
) -> None:
    """It was away in the first round: nothing was placed then, and the second counts."""
    await connected.stop()
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=[RECEPTION_PHONE, GUARD],
        rounds=2,
        **TEXTS,
    )
    response = start(hass)
    await run(hass, connected, lambda: 60 in waits(hass))
    assert not originates(connected)
    await connected.start()
    await run(hass, connected, response.done)
    assert (await response)["result"] == "reached"
    assert rung(connected) == ROUND[:1]
    assert messages(shown) == ["skipped Reception, Guard"]


async def test_list_pauses_between_rounds(
    hass: HomeAssistant, connected: Simulator, shown: list[ServiceCall]
) -> None:
    """As long as is said, and not at the end."""
    behave(connected, _557="busy")
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=[RECEPTION_PHONE],
        rounds=3,
        pause={"seconds": 40},
    )
    response = start(hass)
    waited = await run(hass, connected, response.done)
    assert waited == [40, 40]
    assert len(originates(connected)) == 3
    assert len(shown) == 1


@pytest.mark.parametrize("in_pause", [True, False])
async def test_list_is_stopped(
    hass: HomeAssistant, connected: Simulator, shown: list[ServiceCall], in_pause: bool
) -> None:
    """By a switch: nobody else is called, and nobody is told."""
    behave(connected, _557="busy", **{"_09.": "busy"})
    hass.states.async_set("input_boolean.known", "off")
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=[RECEPTION_PHONE] if in_pause else [RECEPTION_PHONE, SARA],
        rounds=5,
        stop_entity="input_boolean.known",
    )
    response = start(hass)
    await run(hass, connected, lambda: waits(hass) if in_pause else rung(connected))
    hass.states.async_set("input_boolean.known", "on")
    assert await run(hass, connected, response.done) == []
    assert (await response)["result"] == "stopped"
    assert len(originates(connected)) == 1
    assert not shown


async def test_list_is_stopped_while_the_own_phone_is_not_free(
    hass: HomeAssistant, connected: Simulator, shown: list[ServiceCall]
) -> None:
    """It is not waited for then."""
    behave(connected, _557="busy", **{"_09.": "busy"})
    no_idle = {"event": "NewState", "state": "Idle", "exten": "552", "drop": True}
    connected.pbx.change(events={"faults": [no_idle]})
    hass.states.async_set("input_boolean.known", "off")
    await write_script(
        hass,
        "call_list",
        own_phone=WORKSHOP_PHONE,
        people=[RECEPTION_PHONE, SARA],
        stop_entity="input_boolean.known",
    )
    response = start(hass)
    await run(hass, connected, lambda: waits(hass))
    hass.states.async_set("input_boolean.known", "on")
    assert await run(hass, connected, response.done) == []
    assert (await response)["result"] == "stopped"
    assert len(originates(connected)) == 1
    assert not shown


async def test_list_that_is_called_already(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Starting it again does nothing."""
    await write_script(hass, "call_list", own_phone=WORKSHOP_PHONE, people=THREE)
    first, second = start(hass), start(hass)
    await run(hass, connected, lambda: first.done() and second.done())
    assert len(originates(connected)) == 1


@pytest.mark.parametrize("first", ["own", "people"])
async def test_list_dials_numbers_as_they_are(
    hass: HomeAssistant, connected: Simulator, first: str
) -> None:
    """Whichever way round, your own too."""
    own = {"number": "00441632960", "leg": "first"}
    connected.pbx.change(phones=[own, {"number": ".", "behaviour": "busy"}])
    await write_script(
        hass,
        "call_list",
        first=first,
        own_number="00441632960",
        numbers=FRAGILE,
        rounds=1,
        when_unknown="next",
    )
    await run_script(hass, connected)
    bodies = originates(connected)
    theirs, ours = ("callee", "caller") if first == "own" else ("caller", "callee")
    assert [body[theirs] for body in bodies] == AS_DIALLED
    assert {body[ours] for body in bodies} == {"00441632960"}
    # They may be outside, so the default trunk is used.
    assert {body["trunk_name"] for body in bodies} == {"cisco"}


def missed(number: str | None, call_id: str) -> list[dict[str, Any]]:
    """Return the events of a call from outside that nobody took."""
    return [
        {
            "event_name": "IncomingCall",
            "number": number,
            "unique_id": call_id,
            "entry_point": "to_simo",
        },
        {
            "event_name": "Cdr",
            "src": number,
            "dst": "557",
            "type": "incoming",
            "disposition": "NO ANSWER",
            "unique_id": call_id,
        },
    ]


async def until_told(
    hass: HomeAssistant,
    simulator: Simulator,
    pushed: list[ServiceCall],
    times: int = 1,
) -> None:
    """Wait until so many notifications were sent: a call has ended a moment ago."""
    await run(hass, simulator, lambda: len(pushed) == times)


def tap(hass: HomeAssistant, notification: ServiceCall) -> None:
    """Tap the button of a notification."""
    (button,) = notification.data["data"]["actions"]
    hass.bus.async_fire(
        "mobile_app_notification_action", {"action": button["action"], "other": 1}
    )


@pytest.mark.parametrize(
    ("number", "dialled", "own", "caller", "trunk_name"),
    [
        (FRAGILE[0], AS_DIALLED[0], {"own_phone": RECEPTION_PHONE}, "557", ""),
        (FRAGILE[1], AS_DIALLED[1], {"own_number": FRAGILE[0]}, AS_DIALLED[0], "cisco"),
        ("02181", "02181", {"own_number": FRAGILE[1]}, AS_DIALLED[1], "cisco"),
    ],
)
async def test_missed_call_is_called_back(
    hass: HomeAssistant,
    webhook_url: str,
    connected: Simulator,
    pushed: list[ServiceCall],
    mobile: str,
    number: str,
    dialled: str,
    own: dict[str, str],
    caller: str,
    trunk_name: str,
) -> None:
    """The button rings the own phone first and calls the number as it came."""
    await automate(
        hass, "missed_call", watched=["event.office_calls"], devices=[mobile], **own
    )
    await send(hass, webhook_url, *missed(number, "1.1"))
    await until_told(hass, connected, pushed)
    (told,) = pushed
    assert told.data["title"] == "Missed call"
    assert re.fullmatch(r"\S+ has called\.", told.data["message"])
    assert not originates(connected)

    hass.bus.async_fire("mobile_app_notification_action", {"action": "other"})
    hass.bus.async_fire("mobile_app_notification_action", {})
    tap(hass, told)
    await run_automation(hass, connected)
    (body,) = originates(connected)
    assert (body["caller"], body["callee"]) == (caller, dialled)
    assert body["trunk_name"] == trunk_name
    # It goes away on all mobiles, so that nobody calls back twice.
    assert pushed[1].data == {
        "message": "clear_notification",
        "data": {"tag": told.data["data"]["tag"]},
    }


async def test_missed_calls_do_not_wait_for_each_other(
    hass: HomeAssistant,
    webhook_url: str,
    connected: Simulator,
    pushed: list[ServiceCall],
    mobile: str,
) -> None:
    """Each is told of, once, and each can be called back, the older one too."""
    await automate(
        hass,
        "missed_call",
        watched=["event.office_calls"],
        devices=[mobile],
        own_phone=RECEPTION_PHONE,
        text="از {number} تماسی بی‌پاسخ ماند.",
        text_anonymous="ناشناس",
    )
    for call, number in enumerate(["09120000001", "09120000002", None]):
        await send(hass, webhook_url, *missed(number, f"1.{call}"))
        await until_told(hass, connected, pushed, call + 1)
    assert messages(pushed) == [
        "از 09120000001 تماسی بی‌پاسخ ماند.",
        "از 09120000002 تماسی بی‌پاسخ ماند.",
        "ناشناس",
    ]
    assert "actions" not in pushed[2].data["data"]
    tap(hass, pushed[0])
    await run_automation(hass, connected)
    assert rung(connected) == [("557", "09120000001")]
    assert len(pushed) == 4


async def test_nobody_but_who_called_is_called_back(
    hass: HomeAssistant,
    webhook_url: str,
    connected: Simulator,
    pushed: list[ServiceCall],
    mobile: str,
) -> None:
    """Whatever somebody writes into the action of a notification."""
    entity = await automate(
        hass,
        "missed_call",
        watched=["event.office_calls"],
        devices=[mobile],
        own_phone=RECEPTION_PHONE,
    )
    taken = [*missed("09120000002", "1.2")]
    taken[1] |= {"disposition": "ANSWERED", "billsec": 9}
    await send(hass, webhook_url, *taken, *missed("09120000001", "1.1"))
    await until_told(hass, connected, pushed)
    [button] = pushed[0].data["data"]["actions"]
    for forged in (
        button["action"].replace("09120000001", "09009009090"),
        f"{button['action']}:09009009090",
        f"{button['action']}1",
        f"pbx_call_back {entity}:",
        f"pbx_call_back {entity}:09120000002",
    ):
        hass.bus.async_fire("mobile_app_notification_action", {"action": forged})
        await quiet_down(hass, connected)
    assert not originates(connected)
    tap(hass, pushed[0])
    await run_automation(hass, connected)
    assert rung(connected) == [("557", "09120000001")]


@pytest.mark.parametrize(
    ("inputs", "told"), [({}, []), ({"placed_here": True}, ["557 has called."])]
)
async def test_call_of_ours_that_nobody_took_is_not_called_back(
    hass: HomeAssistant,
    webhook_url: str,
    connected: Simulator,
    pushed: list[ServiceCall],
    mobile: str,
    inputs: dict[str, Any],
    told: list[str],
) -> None:
    """Else Home Assistant would tell of its own call, unless that is asked for.

    The telephone shows the caller ID.
    """
    behave(connected, _557="no_answer")
    await automate(
        hass,
        "missed_call",
        watched=["event.reception_calls"],
        devices=[mobile],
        own_phone=RECEPTION_PHONE,
        **inputs,
    )
    await originate_and_wait(hass, connected, wait_for="ended")
    await quiet_down(hass, connected)
    last = hass.states.get("event.reception_calls")
    assert last is not None
    assert last.attributes["event_type"] == "missed"
    assert messages(pushed) == told


async def test_missed_call_of_an_extension(
    hass: HomeAssistant,
    webhook_url: str,
    connected: Simulator,
    pushed: list[ServiceCall],
    mobile: str,
) -> None:
    """Its own entity tells of them; what was told before is not told again."""
    await automate(
        hass,
        "missed_call",
        watched=["event.reception_calls"],
        devices=[mobile],
        own_phone=RECEPTION_PHONE,
    )
    state = {"event_name": "NewState", "exten": "557", "participant": "0912"}
    for _ in range(2):
        await send(
            hass,
            webhook_url,
            {**state, "state": "Ringing"},
            {**state, "state": "Idle"},
        )
        await quiet_down(hass, connected)
    assert messages(pushed) == ["0912 has called."] * 2
    last = hass.states.get("event.reception_calls")
    assert last is not None
    hass.states.async_set(last.entity_id, "unavailable", last.attributes)
    hass.states.async_set(last.entity_id, last.state, last.attributes)
    hass.states.async_set(last.entity_id, last.state, {**last.attributes, "more": 1})
    await quiet_down(hass, connected)
    assert len(pushed) == 2


@pytest.mark.parametrize(
    ("inputs", "connected_with", "trunk_name"),
    [
        ({"person": GUARD}, ("552", "553"), "cisco"),
        ({"person": SARA, "own_phone": RECEPTION_PHONE}, ("557", SARAS_NUMBER), ""),
        ({"person": WORKSHOP_PHONE, "own_number": "553"}, ("553", "552"), "cisco"),
        (
            {"number": FRAGILE[1], "own_number": FRAGILE[0]},
            tuple(AS_DIALLED),
            "cisco",
        ),
        (
            {"number": FRAGILE[0], "own_number": FRAGILE[1], "pbx": "01JOFFICE"},
            tuple(reversed(AS_DIALLED)),
            "cisco",
        ),
    ],
)
async def test_button_calls_somebody(
    hass: HomeAssistant,
    connected: Simulator,
    inputs: dict[str, Any],
    connected_with: tuple[str, str],
    trunk_name: str,
) -> None:
    """A contact, an extension or a number; a double press is one call."""
    press(hass, "input_button.call")
    await automate(hass, "button", buttons=["input_button.call"], **inputs)
    press(hass, "input_button.call")
    await run_automation(hass, connected)
    press(hass, "input_button.call")
    await run_automation(hass, connected)
    assert rung(connected) == [connected_with]
    assert originates(connected)[0]["trunk_name"] == trunk_name


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        (("event.remote", "unknown", None), ("T1", "press"), 1),
        (("event.remote", "T1", "hold"), ("T2", "press"), 1),
        (("event.remote", "T1", "press"), ("T2", "hold"), 0),
        (("event.remote", "T1", "press"), ("T1", "press again"), 0),
        (("event.remote", "unavailable", None), ("T1", "press"), 0),
        (("event.remote", "T1", "press"), ("unavailable", "press"), 0),
        (("input_boolean.call", "off", None), ("on", None), 1),
        (("input_boolean.call", "on", None), ("off", None), 0),
        (("switch.call", "unavailable", None), ("on", None), 0),
        (("button.call", "unknown", None), ("T1", None), 1),
        (("button.call", None, None), ("T1", None), 0),
    ],
)
async def test_button_of_any_kind(
    hass: HomeAssistant,
    connected: Simulator,
    before: tuple[str, str | None, str | None],
    after: tuple[str, str | None],
    calls: int,
) -> None:
    """Only a press is one, of those that were chosen."""
    entity, state, event_type = before
    if state:
        hass.states.async_set(entity, state, {"event_type": event_type})
    await automate(
        hass,
        "button",
        buttons=[entity],
        event_types=["press", "press again"],
        person=GUARD,
    )
    hass.states.async_set(entity, after[0] or "", {"event_type": after[1]})
    await run_automation(hass, connected)
    assert len(originates(connected)) == calls


async def test_button_that_is_no_entity(
    hass: HomeAssistant, connected: Simulator
) -> None:
    """Whatever can start an automation will do."""
    await automate(
        hass,
        "button",
        triggers=[{"trigger": "event", "event_type": "remote_pressed"}],
        person=GUARD,
        caller_id="100",
    )
    hass.bus.async_fire("remote_pressed")
    await run_automation(hass, connected)
    (body,) = originates(connected)
    assert (body["callee"], body["caller_id"]) == ("553", "100")


def new_state(number: str, state: str) -> dict[str, Any]:
    """Return an event that tells what an extension does."""
    return {"event_name": "NewState", "exten": number, "state": state}


async def tell(address: str, *events: dict[str, Any]) -> None:
    """Send events as the PBX would, while a script waits."""
    async with ClientSession() as session:
        for event in events:
            await session.post(address, json=event)


async def waits_now(hass: HomeAssistant, simulator: Simulator) -> list[int]:
    """Return for how long scripts wait when everything else has happened."""
    await quiet_down(hass, simulator)
    return waits(hass)


async def test_connected_when_free(
    hass: HomeAssistant,
    connected: Simulator,
    webhook_url: str,
    shown: list[ServiceCall],
) -> None:
    """As soon as both are free for a while, once, and it is told."""
    await write_script(
        hass,
        "connect_when_free",
        wanted=WORKSHOP_PHONE,
        own_phone=RECEPTION_PHONE,
        text_free="{name} آزاد شد.",
    )
    await tell(webhook_url, new_state("552", "InUse"), new_state("557", "Idle"))
    first, second = start(hass), start(hass)
    assert await waits_now(hass, connected) == [900]
    assert not first.done()
    await tell(webhook_url, new_state("557", "InUse"), new_state("552", "Idle"))
    assert await waits_now(hass, connected) == [900]
    await tell(webhook_url, new_state("557", "Idle"))
    assert await waits_now(hass, connected) == [3]
    # It was free for a moment only.
    await tell(webhook_url, new_state("552", "Ringing"))
    assert await waits_now(hass, connected) == [900]
    assert not originates(connected)
    assert not shown
    await tell(webhook_url, new_state("552", "Idle"))
    waited = await run(hass, connected, lambda: first.done() and second.done())
    assert waited == [3]
    assert rung(connected) == [("557", "552")]
    assert messages(shown) == ["Workshop آزاد شد."]


async def test_not_connected_while_one_of_two_calls_goes_on(
    hass: HomeAssistant, connected: Simulator, webhook_url: str
) -> None:
    """Somebody who did not get through has hung up; the extension talks on."""
    await write_script(
        hass, "connect_when_free", wanted=WORKSHOP_PHONE, own_phone=RECEPTION_PHONE
    )
    await tell(
        webhook_url,
        {**new_state("552", "InUse"), "unique_id": "A"},
        {**new_state("552", "Ringing"), "unique_id": "B"},
    )
    response = start(hass)
    await tell(webhook_url, {**new_state("552", "Idle"), "unique_id": "B"})
    assert await waits_now(hass, connected) == [900]
    assert not originates(connected)
    await tell(webhook_url, {**new_state("552", "Idle"), "unique_id": "A"})
    await run(hass, connected, response.done)
    assert rung(connected) == [("557", "552")]


async def test_not_connected_when_it_does_not_become_free(
    hass: HomeAssistant,
    connected: Simulator,
    webhook_url: str,
    shown: list[ServiceCall],
    pushed: list[ServiceCall],
    mobile: str,
) -> None:
    """After the longest wait it is given up, and that is told."""
    await write_script(
        hass,
        "connect_when_free",
        wanted=WORKSHOP_PHONE,
        own_phone=RECEPTION_PHONE,
        longest_wait={"seconds": 20},
        devices=[mobile],
    )
    await send(hass, webhook_url, new_state("552", "InUse"))
    response = start(hass)
    assert await run(hass, connected, response.done) == [20]
    assert not originates(connected)
    assert messages(pushed) == ["Workshop did not become free."]
    assert not shown


@pytest.mark.parametrize(("number", "dialled"), zip(FRAGILE, AS_DIALLED, strict=True))
async def test_connected_from_a_number(
    hass: HomeAssistant, connected: Simulator, number: str, dialled: str
) -> None:
    """One of which nothing is known is rung, and so is an extension not yet heard of."""
    await write_script(
        hass, "connect_when_free", wanted=WORKSHOP_PHONE, own_number=number, settle=0
    )
    response = start(hass)
    await run(hass, connected, response.done)
    (body,) = originates(connected)
    assert (body["caller"], body["callee"]) == (dialled, "552")
    assert body["trunk_name"] == "cisco"
    await connected.pbx.idle()
    await elapse(hass)


@pytest.mark.parametrize(
    "blueprint", BLUEPRINTS, ids=[path.stem for path in BLUEPRINTS]
)
async def test_blueprint_can_be_imported(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, blueprint: Path
) -> None:
    """By the address that it names, on the release from which on it works."""
    path = blueprint.relative_to(REPOSITORY).as_posix()
    address = ON_GITHUB + path
    text = blueprint.read_text(encoding="utf-8")
    aioclient_mock.request("get", RAW + path, text=text)  # type: ignore[no-untyped-call]
    fetched = await importer.fetch_blueprint_from_url(hass, address)
    assert fetched.suggested_filename == f"pbx-for-home-assistant/{blueprint.stem}"
    about = fetched.blueprint.metadata
    assert about["source_url"] == address
    assert about["domain"] == blueprint.parts[-3]
    assert about["homeassistant"] == {"min_version": "2026.10.0"}
    assert fetched.blueprint.validate() is None


@pytest.mark.parametrize(
    "blueprint", BLUEPRINTS, ids=[path.stem for path in BLUEPRINTS]
)
def test_every_input_is_named_and_asked_for_by_a_form(blueprint: Path) -> None:
    """In sections with names; what waits is never restarted, and says nothing of it."""
    content = load_yaml_dict(str(blueprint))
    for section in content["blueprint"]["input"].values():
        assert section["name"]
        for field in section["input"].values():
            assert field["name"]
            assert field["selector"]
    assert content["mode"] in ("single", "queued")
    assert content["max_exceeded"] == "silent"


@pytest.mark.parametrize("handbook", HANDBOOKS)
def test_handbook_has_an_import_link_for_every_blueprint(handbook: str) -> None:
    """And none that leads nowhere."""
    text = (REPOSITORY / handbook).read_text(encoding="utf-8")
    links = re.findall(
        r"https://my\.home-assistant\.io/redirect/blueprint_import/\?blueprint_url=(\S+?)\)",
        text,
    )
    assert sorted(links) == sorted(
        (ON_GITHUB + path.relative_to(REPOSITORY).as_posix())
        .replace(":", "%3A")
        .replace("/", "%2F")
        for path in BLUEPRINTS
    )


def test_handbooks_have_the_same_parts() -> None:
    """Nothing is missing in one language."""
    counts = [
        [
            len(
                re.findall(
                    pattern,
                    (REPOSITORY / handbook).read_text(encoding="utf-8"),
                    re.MULTILINE,
                )
            )
            for pattern in ("^#+ ", r"^ *\| --- ", r"^\| ", "^```", r"^\[!\[")
        ]
        for handbook in HANDBOOKS
    ]
    assert counts[0] == counts[1]
