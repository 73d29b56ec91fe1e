"""`scripts/pictures`: pictures of what a user of the integration sees."""

import argparse
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
import tempfile
from typing import TYPE_CHECKING

from scripts.bootstrap.cache import cache_folder
from scripts.bootstrap.console import SetupError, step
from scripts.bootstrap.uv import Uv, find_uv
from scripts.chromium import find_chromium

from . import configuration, dashboard
from .interruption import until_interrupted
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
from .simulated_pbx import ACCOUNT, SimulatedPbx

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page  # type: ignore[import-not-found, unused-ignore]

IMAGES = configuration.ROOT / "docs" / "images"
REQUIREMENTS = configuration.ROOT / "scripts" / "requirements_pictures.txt"
LANGUAGES = ("en", "fa")
# What the pictures show for the address of a PBX: the one that the forms' texts name.
SHOWN_ADDRESS = "192.168.51.20"
_MARGIN = 12
_HEIGHT_OF_DEVICE = 560


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
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pbx-pictures-") as name:
        folder = Path(name)
        async with (
            http_session() as session,
            running_pbx(session, folder=folder / "simulator", port=0) as simulator,
            running_home_assistant(
                session, folder=folder, port=free_port(), language="en"
            ) as running,
        ):
            for language in LANGUAGES:
                with step(f"Pictures of the config flow, {language}"):
                    async with _page(running, language) as page:
                        await _picture_flow(page, simulator.pbx, language)
            for language in LANGUAGES:
                with step(f"Pictures of what comes after it, {language}"):
                    await set_up(
                        running.home_assistant,
                        simulator.pbx,
                        folder=folder,
                        language=language,
                    )
                    await _show_ordinary_address(running)
                    async with _page(running, language) as page:
                        await _picture_dashboard(page, language)
                        await _picture_action(page, language)
                        await _picture_device(page, running, language)
    print(f"The pictures are in {IMAGES.relative_to(configuration.ROOT)}.")
    return 0


@asynccontextmanager
async def _page(running: RunningHomeAssistant, language: str) -> AsyncGenerator[Page]:
    # Only now: it is installed when this program has begun.
    from .browser import browsing  # noqa: PLC0415

    await speak(running.home_assistant, language)
    async with browsing(
        running.home_assistant.url, running.tokens, language=language
    ) as page:
        await page.goto(running.home_assistant.url)
        await page.locator("home-assistant-main").wait_for()
        yield page


async def _picture_flow(page: Page, pbx: SimulatedPbx, language: str) -> None:
    await page.goto(f"/_my_redirect/config_flow_start?domain={DOMAIN}")
    # It asks whether the user means it.
    await page.locator("dialog-box ha-button:visible").last.click()
    form = page.locator("step-flow-form")
    await form.locator("input[name=url]").wait_for()
    await _fill(form, url=SHOWN_ADDRESS, **_credentials(ACCOUNT.token))
    await _take(_dialog(page), f"flow-user-{language}")

    await _fill(form, url=pbx.url, **_credentials("not-the-key-of-this-account"))
    await _picture_error(page, f"error-invalid-auth-{language}")
    await _fill(form, url="127.0.0.1:9", **_credentials(ACCOUNT.token))
    await _picture_error(page, f"error-cannot-connect-{language}")
    await pbx.change(allowed_addresses=["192.0.2.1"])
    await _fill(form, url=pbx.url)
    await _picture_error(page, f"error-address-not-permitted-{language}")
    await pbx.reset()

    await _submit(page)
    await form.locator("ha-selector-number input").wait_for()
    await _take(_dialog(page), f"flow-defaults-{language}")


async def _picture_error(page: Page, name: str) -> None:
    """Submit the form and take a picture of its top, where the error stands."""
    alert = page.locator("step-flow-form ha-alert")
    before = await alert.inner_text() if await alert.count() else ""
    await _submit(page)
    await alert.filter(has_not_text=before or None).wait_for()
    await _take(_dialog(page), name, bottom=alert)


async def _picture_dashboard(page: Page, language: str) -> None:
    await page.goto(f"/{dashboard.URL_PATH}")
    buttons = page.locator("hui-button-card")
    await buttons.last.click()
    await page.locator("hui-markdown-card code").wait_for()
    await _take(
        page.locator("hui-grid-section"), f"dashboard-{language}", margin=_MARGIN
    )


async def _picture_action(page: Page, language: str) -> None:
    """Take pictures of the action's form, with its section closed and open."""
    # The page offers what its user has last filled in.
    last = json.dumps({"action": "pbx.originate", "data": dashboard.CALL})
    await page.evaluate(
        "last => localStorage.setItem('panel-dev-action-state-service-data', last)",
        last,
    )
    await page.goto("/config/tools/action")
    form = page.locator("tools-action ha-card").first
    await form.locator("ha-service-control input").first.wait_for()
    await _take(form, f"action-{language}")
    section = form.locator("ha-service-control ha-expansion-panel")
    await section.locator("#summary").click()
    await section.locator("ha-service-section-icon, input").last.wait_for()
    await _take(section, f"action-details-{language}", margin=_MARGIN)

    await page.locator("tools-action ha-progress-button").last.click()
    answer = page.locator("tools-action ha-card").filter(has_text="originated_call_id")
    await _take(answer, f"action-response-{language}")


async def _picture_device(
    page: Page, running: RunningHomeAssistant, language: str
) -> None:
    device = await _device(running)
    await page.goto(f"/config/devices/device/{device}")
    panel = page.locator("ha-config-device-page")
    await panel.locator("ha-device-entities-card").first.wait_for()
    await _take(panel, f"device-{language}", height=_HEIGHT_OF_DEVICE)


async def _device(running: RunningHomeAssistant) -> str:
    devices = await running.home_assistant.command("config/device_registry/list")
    entry = await _entry_id(running)
    found: list[str] = [
        device["id"] for device in devices if entry in device["config_entries"]
    ]
    return found[0]


async def _entry_id(running: RunningHomeAssistant) -> str:
    entries = await running.home_assistant.entries(DOMAIN)
    entry_id: str = entries[0]["entry_id"]
    return entry_id


async def _show_ordinary_address(running: RunningHomeAssistant) -> None:
    """Name the PBX's device as that of one at an ordinary address is named."""
    await running.home_assistant.command(
        "config/device_registry/update",
        device_id=await _device(running),
        name_by_user=f"Simotel {SHOWN_ADDRESS}",
    )


async def _take(
    target: Locator,
    name: str,
    *,
    margin: int = 0,
    bottom: Locator | None = None,
    height: int | None = None,
) -> None:
    from .browser import take  # noqa: PLC0415

    file = IMAGES / f"{name}.png"
    await take(target, file, margin=margin, bottom=bottom, height=height)


def _dialog(page: Page) -> Locator:
    return page.locator("dialog[open]:visible").last


async def _submit(page: Page) -> None:
    await page.locator("ha-dialog-footer ha-button:visible").last.click()


async def _fill(form: Locator, **values: str) -> None:
    for name, value in values.items():
        await form.locator(f"input[name={name}]").fill(value)


def _credentials(api_key: str) -> dict[str, str]:
    return {
        "api_key": api_key,
        "username": ACCOUNT.username,
        "password": ACCOUNT.password,
    }


if __name__ == "__main__":
    sys.exit(main())
