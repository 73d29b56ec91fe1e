"""Everything by clicking: from an installed integration to a call from the door.

    python -m scripts.demonstration.everyday_use [FOLDER]

A person who never writes YAML adds the PBX, two phones and two contacts, imports the
doorbell blueprint, and is called when the doorbell rings; in English, and in Persian. It
needs Chromium. Where something goes wrong, a picture of the page goes to the folder, if
one is named.
"""

import argparse
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from homeassistant.util.yaml import load_yaml_dict
from scripts.bootstrap.console import SetupError, step
from scripts.chromium import find_chromium, install_playwright
from scripts.loopback import serving

from .configuration import ROOT
from .errors import DemonstrationError
from .interruption import until_interrupted
from .processes import free_port
from .session import (
    DOMAIN,
    RunningHomeAssistant,
    http_session,
    running_home_assistant,
    running_pbx,
    speak,
)
from .simulated_pbx import ACCOUNT, SimulatedPbx
from .texts import own_text

if TYPE_CHECKING:
    from playwright.async_api import Page  # type: ignore[import-not-found, unused-ignore]

    from .person import Person

BLUEPRINTS = ROOT / "blueprints" / "automation" / DOMAIN
BLUEPRINT = "doorbell.yaml"
HOME = Path(__file__).with_name(BLUEPRINT)
DOORBELL = "Doorbell"
VISITOR = "Visitor"
INTERCOM, KITCHEN, FIRST, SECOND = "570", "557", "552", "553"


@dataclass(frozen=True, slots=True)
class _Names:
    """What the person calls the phones and the contacts."""

    intercom: str
    kitchen: str
    first: str
    second: str


_NAMES = {
    "en": _Names("Front door", "Kitchen", "Sara", "Ali"),
    "fa": _Names("درِ ورودی", "آشپزخانه", "سارا", "علی"),
}


def main() -> int:
    """Do everything by clicking, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.demonstration.everyday_use",
        description="Set the integration up and use it as a person would, in Chromium.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="where a picture of what went wrong goes",
    )
    folder: Path | None = parser.parse_args().folder
    find_chromium()
    try:
        install_playwright()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return until_interrupted(_check(folder))


async def _check(pictures: Path | None) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pbx-everyday-") as name:
        folder = Path(name)
        configuration = folder / "home-assistant"
        configuration.mkdir()
        # What Home Assistant's editor of automations writes to.
        (configuration / "automations.yaml").touch()
        async with (
            http_session() as session,
            _blueprints() as blueprints,
            running_pbx(
                session, folder=folder / "simulator", port=0, by_hand=True
            ) as simulator,
            running_home_assistant(
                session,
                folder=configuration,
                port=free_port(),
                language="en",
                besides=HOME.read_text(encoding="utf-8"),
            ) as running,
        ):
            for language in _NAMES:
                with step(f"Starting anew, {language}"):
                    await _forget(running, simulator.pbx, language)
                await _use(running, simulator.pbx, blueprints, language, pictures)
    print(f"\nAll of it can be done by clicking ({time.monotonic() - began:.0f} s).")
    return 0


async def _use(
    running: RunningHomeAssistant,
    pbx: SimulatedPbx,
    blueprints: str,
    language: str,
    pictures: Path | None,
) -> None:
    """Do everything in one language; raise DemonstrationError where it cannot be done."""
    # Only now: it is installed when this program has begun.
    from playwright.async_api import Error  # noqa: PLC0415

    from .browser import browsing  # noqa: PLC0415
    from .person import Person  # noqa: PLC0415

    async with browsing(
        running.home_assistant.url, running.tokens, language=language, sidebar=True
    ) as page:
        await page.goto("/")
        phones = await page.context.new_page()
        await phones.goto(pbx.url)
        # A tab that is not seen is slow.
        await page.bring_to_front()
        way = _Way(Person(page, language), phones, pbx, f"{blueprints}/{BLUEPRINT}")
        for name, act in way.steps:
            began = time.monotonic()
            try:
                await act()
            except (AssertionError, DemonstrationError, Error) as error:
                if pictures is not None:
                    pictures.mkdir(parents=True, exist_ok=True)
                    for place, shown in (("home-assistant", page), ("phones", phones)):
                        await shown.screenshot(path=pictures / f"{place}.png")
                raise DemonstrationError(
                    f"By clicking, this cannot be done ({language}): {name}\n{error}"
                ) from error
            print(f"{time.monotonic() - began:8.1f} s  {name}", flush=True)


class _Way:
    """The way from nothing to a call, in steps."""

    def __init__(
        self, person: Person, phones: Page, pbx: SimulatedPbx, blueprint: str
    ) -> None:
        """Begin with nothing; `phones` shows the simulator's page."""
        self._person = person
        self._phones = phones
        self._pbx = pbx
        self._blueprint = blueprint
        self._names = _NAMES[person.language]
        self._inputs = _inputs(BLUEPRINTS / BLUEPRINT)

    @property
    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """The steps in their order, each with what it is called."""
        return [
            ("Find the integration in the list of all", self._person.add_integration),
            ("Enter the PBX's address and credentials", self._connect),
            ("Take the defaults", self._take_defaults),
            ("Enter in the panel what the next form shows", self._connect_events),
            ("Add the first phone with that form", self._add_intercom),
            ("Add another phone", self._add_kitchen),
            ("Add two contacts", self._add_contacts),
            ("Import the blueprint from its address", self._import_blueprint),
            ("Fill in its inputs and save the automation", self._automate),
            ("Ring at the door", self._ring),
            ("Reject on the first phone, answer the second", self._take_calls),
            ("See what the PBX has done", self._compare_calls),
            ("See what Home Assistant shows of it", self._look),
        ]

    async def _connect(self) -> None:
        form = self._person.form
        await form.locator("input[name=url]").wait_for()
        await self._person.answer(
            choices={},
            url=self._pbx.url,
            api_key=ACCOUNT.token,
            username=ACCOUNT.username,
            password=ACCOUNT.password,
        )

    async def _take_defaults(self) -> None:
        await self._person.form.locator("ha-selector-number input").wait_for()
        await self._person.answer(choices={})

    async def _connect_events(self) -> None:
        shown = self._person.form.locator("ha-markdown code").first
        address = await shown.inner_text()
        await self._phones.bring_to_front()
        await self._phones.locator("#receiver summary").click()
        await self._phones.locator("#webhook-form [name=address]").fill(address)
        await self._phones.locator("#webhook-form button.go").click()
        await self._phones.locator("#webhook.on").wait_for()
        await self._person.page.bring_to_front()

    async def _add_intercom(self) -> None:
        await self._person.answer(choices={0: INTERCOM}, name=self._names.intercom)
        await self._person.finish()

    async def _add_kitchen(self) -> None:
        await self._person.open_integration()
        await self._person.begin_to_add("extension")
        await self._person.answer(choices={0: KITCHEN}, name=self._names.kitchen)
        await self._person.finish()

    async def _add_contacts(self) -> None:
        for name, number in ((self._names.first, FIRST), (self._names.second, SECOND)):
            await self._person.begin_to_add("contact")
            await self._person.answer(choices={0: KITCHEN}, name=name, number=number)
            await self._person.finish()

    async def _import_blueprint(self) -> None:
        await self._person.import_blueprint(
            self._blueprint, load_yaml_dict(BLUEPRINTS / BLUEPRINT)["blueprint"]["name"]
        )

    async def _automate(self) -> None:
        state = own_text(self._person.language, "entity", "sensor", "state", "name")
        call = own_text(self._person.language, "entity", "button", "call", "name")
        await self._person.choose_entity(self._inputs["doorbell"], DOORBELL)
        offered = await self._person.choose_entity(
            self._inputs["intercom"], state, self._names.intercom
        )
        if len(offered) != 2:
            raise DemonstrationError(f"Two phones are set up, but it offers {offered}.")
        for name in (self._names.first, self._names.second):
            await self._person.choose_entity(self._inputs["people"], call, name)
        await self._person.save_automation()

    async def _ring(self) -> None:
        if calls := await self._pbx.traffic():
            raise DemonstrationError(f"Calls were placed before: {calls}")
        await self._person.press_helper(VISITOR)

    async def _take_calls(self) -> None:
        """The intercom takes the calls by itself."""
        await self._phones.bring_to_front()
        await self._press(FIRST, "Ringing", "stop")
        await self._press(SECOND, "Ringing", "go")
        await self._press(SECOND, "InUse", "stop")
        await self._pbx.wait_until(INTERCOM, "Idle")
        await self._person.page.bring_to_front()

    async def _compare_calls(self) -> None:
        calls = [
            (call["caller"], call["callee"], call["outcome"])
            for call in await self._pbx.traffic()
        ]
        wanted = [(INTERCOM, FIRST, "busy"), (INTERCOM, SECOND, "answered")]
        if calls != wanted:
            raise DemonstrationError(f"The PBX has connected {calls}, not {wanted}.")

    async def _look(self) -> None:
        for name, outcome in (
            (self._names.first, "busy"),
            (self._names.second, "answered"),
        ):
            lists = await self._person.open_device(name)
            text = own_text(
                self._person.language,
                *("entity", "sensor", "last_call", "state", outcome),
            )
            await lists.filter(has_text=text).wait_for()

    async def _press(self, number: str, state: str, button: str) -> None:
        """Wait until a phone of the simulator's page is in a state, and press a button."""
        phone = self._phones.locator(f'.phone.{state}[data-number="{number}"]')
        await phone.wait_for()
        await phone.locator(f"button.big.{button}:visible").click()


async def _forget(
    running: RunningHomeAssistant, pbx: SimulatedPbx, language: str
) -> None:
    """Have Home Assistant and the PBX as they are before anything is done."""
    home_assistant = running.home_assistant
    for automation in await _automations(running):
        await home_assistant.delete(f"/api/config/automation/config/{automation}")
    for entry in await home_assistant.entries(DOMAIN):
        await home_assistant.delete_entry(entry["entry_id"])
    for path in await home_assistant.command("blueprint/list", domain="automation"):
        if path.endswith(f"/{BLUEPRINT}"):
            await home_assistant.command(
                "blueprint/delete", domain="automation", path=path
            )
    await pbx.reset()
    # Entities are named in this language when they are made.
    await home_assistant.command("config/core/update", language=language)
    await speak(home_assistant, language)


async def _automations(running: RunningHomeAssistant) -> list[str]:
    """Return the ids of the automations that were made in the editor."""
    states: list[dict[str, Any]] = await running.home_assistant.get("/api/states")
    return [
        state["attributes"]["id"]
        for state in states
        if state["entity_id"].startswith("automation.")
    ]


@asynccontextmanager
async def _blueprints() -> AsyncGenerator[str]:
    """Serve the blueprints as a web site does, and yield its address."""
    application = web.Application()
    application.router.add_static("/", BLUEPRINTS)
    async with serving(application) as address:
        yield address


def _inputs(blueprint: Path) -> dict[str, str]:
    """Return what the inputs of a blueprint are called, by their keys."""
    found: dict[str, str] = {}
    for key, value in load_yaml_dict(blueprint)["blueprint"]["input"].items():
        for name, wanted in value.get("input", {key: value}).items():
            found[name] = wanted["name"]
    return found


if __name__ == "__main__":
    sys.exit(main())
