"""`scripts/pictures`: pictures of what a user of the integration sees."""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys
import tempfile
from typing import TYPE_CHECKING

from scripts.bootstrap.cache import cache_folder
from scripts.bootstrap.console import SetupError, step
from scripts.bootstrap.uv import Uv, find_uv
from scripts.chromium import find_chromium

from . import configuration
from .household import SECONDS_BEFORE_RELOAD
from .interruption import until_interrupted
from .outcomes import SPEED
from .processes import free_port
from .session import (
    DOMAIN,
    RunningHomeAssistant,
    http_session,
    running_home_assistant,
    running_pbx,
    set_up,
    speak,
)
from .simulated_pbx import SimulatedPbx

if TYPE_CHECKING:
    from playwright.async_api import Page  # type: ignore[import-not-found, unused-ignore]

REQUIREMENTS = configuration.ROOT / "scripts" / "requirements_pictures.txt"
LANGUAGES = ("en", "fa")
# What the pictures show for the address of Home Assistant.
SHOWN_HOME_ASSISTANT = "http://192.168.51.10:8123"
ASSIST = """
assist_pipeline:
conversation:
"""


def main() -> int:
    """Take all pictures and say where they are."""
    argparse.ArgumentParser(
        prog="scripts/pictures",
        description="Take the pictures in docs/images of a real Home Assistant with "
        "the integration. It needs Chromium, and fonts with Persian letters.",
    ).parse_args()
    find_chromium()
    try:
        _install_requirements()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return until_interrupted(_take_pictures())


def _install_requirements() -> None:
    with step("Installing what the pictures need"):
        Uv(find_uv(cache_folder())).run(
            ["pip", "install", "--quiet", "--python", sys.prefix, "-r", REQUIREMENTS]
        )


async def _take_pictures() -> int:
    # Only now: it is installed when this program has begun.
    from .browser import IMAGES  # noqa: PLC0415

    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pbx-pictures-") as name:
        folder = Path(name)
        async with (
            http_session() as session,
            running_pbx(session, folder=folder / "simulator", port=0) as simulator,
            running_home_assistant(
                session,
                folder=folder,
                port=free_port(),
                language="en",
                address=SHOWN_HOME_ASSISTANT,
                besides=ASSIST,
            ) as running,
        ):
            for language in LANGUAGES:
                with step(f"Pictures of the config flow, {language}"):
                    await _picture_set_up(running, simulator.pbx, language)
            for language in LANGUAGES:
                with step(f"Pictures of what comes after it, {language}"):
                    # Entities are named in this language when they are made.
                    await running.home_assistant.command(
                        "config/core/update", language=language
                    )
                    await set_up(
                        running.home_assistant,
                        simulator.pbx,
                        folder=folder,
                        language=language,
                    )
                    await asyncio.sleep(SECONDS_BEFORE_RELOAD + 1)
                    await _picture_rest(running, simulator.pbx, language)
    print(f"The pictures are in {IMAGES.relative_to(configuration.ROOT)}.")
    return 0


async def _picture_set_up(
    running: RunningHomeAssistant, pbx: SimulatedPbx, language: str
) -> None:
    """Take pictures of the config flow, and forget what it has made."""
    from .picture_flows import picture_config_flow  # noqa: PLC0415

    async with _page(running, language) as page:
        await picture_config_flow(page, pbx, language)
    await running.home_assistant.delete_entry(await _entry_id(running))


async def _picture_rest(
    running: RunningHomeAssistant, pbx: SimulatedPbx, language: str
) -> None:
    """Take pictures of what there is once the integration is set up, and forget it."""
    from .picture_flows import picture_options, picture_subentries  # noqa: PLC0415
    from .picture_pages import picture_action, picture_dashboard, picture_device  # noqa: PLC0415
    from .picture_phone import (  # noqa: PLC0415
        let_assist_call,
        picture_assist,
        picture_phone,
        play_calls,
    )

    device = await _name_device(running)
    async with _page(running, language) as page:
        await picture_dashboard(page, pbx, language)
        await pbx.change(
            speed=SPEED,
            calls={"recording": True},
            extension_phone={"behaviour": "answer", "talk": 10},
        )
        await picture_options(page, language)
        await picture_subentries(page, language)
        await picture_action(page, language)
        await picture_device(page, device, language)
    await play_calls(running.home_assistant, pbx)
    async with _page(running, language, scale=2) as page:
        await picture_phone(running.home_assistant, page, language)
        await pbx.press("552", "reject")
        await let_assist_call(
            running.home_assistant, await _entry_id(running), language
        )
        await picture_assist(page, language)
    await running.home_assistant.delete_entry(await _entry_id(running))


@asynccontextmanager
async def _page(
    running: RunningHomeAssistant, language: str, *, scale: int = 1
) -> AsyncGenerator[Page]:
    from .browser import browsing  # noqa: PLC0415

    await speak(running.home_assistant, language)
    async with browsing(
        running.home_assistant.url, running.tokens, language=language, scale=scale
    ) as page:
        await page.goto(running.home_assistant.url)
        await page.locator("home-assistant-main").wait_for()
        yield page


async def _name_device(running: RunningHomeAssistant) -> str:
    """Name the PBX's device as that of one at an ordinary address, and return its id."""
    from .picture_flows import SHOWN_ADDRESS  # noqa: PLC0415

    devices = await running.home_assistant.command("config/device_registry/list")
    entry = await _entry_id(running)
    device: str = next(
        device["id"]
        for device in devices
        if entry in device["config_entries"] and not device["via_device_id"]
    )
    await running.home_assistant.command(
        "config/device_registry/update",
        device_id=device,
        name_by_user=f"Simotel {SHOWN_ADDRESS}",
    )
    return device


async def _entry_id(running: RunningHomeAssistant) -> str:
    entries = await running.home_assistant.entries(DOMAIN)
    entry_id: str = entries[0]["entry_id"]
    return entry_id


if __name__ == "__main__":
    sys.exit(main())
