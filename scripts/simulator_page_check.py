"""Use the simulator's page as a person would, in Chromium.

    python -m scripts.simulator_page_check [FOLDER]

It needs Playwright (requirements_pictures.txt) and Chromium. Pictures of the page go to
the folder, if one is named. It ends with 1 and a sentence where the page does not do
what it should.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys

from aiohttp import web
from playwright.async_api import Locator, Page, async_playwright, expect  # type: ignore[import-not-found, unused-ignore]

from scripts.chromium import FLAGS, find_chromium
from simulator.pbx import CallOrder
from simulator.server import Simulator, running
from simulator.settings import Settings

_DESKTOP = {"width": 1280, "height": 900}
_TELEPHONE = {"width": 390, "height": 844}


def main() -> int:
    """Check the page, and return the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_check(folder))
    except AssertionError as error:
        print(f"The page fails: {error}", file=sys.stderr)
        return 1
    print("The page does what it should.")
    return 0


async def _check(folder: Path | None) -> None:
    settings = Settings().changed(
        {
            "extension_phone": {"behaviour": "manual", "talk": 0.0},
            "outside_phone": {"behaviour": "manual", "talk": 0.0},
        }
    )
    async with running(settings) as simulator, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=list(FLAGS)
        )
        try:
            page = await browser.new_page(viewport=_DESKTOP, locale="en-US")
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    faults.append(message.text) if message.type == "error" else None
                ),
            )
            await page.goto(simulator.url)
            async with _receiver() as address:
                await _connect(page, address, folder)
                await _use(page, simulator, folder)
            assert not faults, "; ".join(faults)
        finally:
            await browser.close()


@asynccontextmanager
async def _receiver() -> AsyncGenerator[str]:
    """Run a server that answers every event, and give its address."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_post("/events", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    finally:
        await runner.cleanup()


async def _use(page: Page, simulator: Simulator, folder: Path | None) -> None:
    """Answer, hang up, reject, dial in and dial, and look at what the page says."""
    await expect(_phone(page, "557")).to_contain_text("Idle")
    await _picture(page, folder, "idle")
    simulator.pbx.place(
        CallOrder(
            caller="557", callee="552", context="main_routing", caller_id="02188880000"
        )
    )
    await expect(_phone(page, "557")).to_contain_text("Rings")
    await _picture(page, folder, "caller_rings")
    await _press(page, "557", "Answer")
    await expect(_phone(page, "552")).to_contain_text("Rings")
    await _picture(page, folder, "callee_rings")
    await _press(page, "552", "Answer")
    await expect(_phone(page, "552")).to_contain_text("In a call")
    await _picture(page, folder, "talking")
    await _press(page, "557", "Hang up")
    await expect(_phone(page, "557")).to_contain_text("Idle")
    await expect(page.locator("#calls li").first).to_contain_text("answered")

    await page.locator("#dial-in select").select_option("9009")
    await page.locator("#dial-in button").click()
    for number in ("552", "553"):
        await expect(_phone(page, number)).to_contain_text("queue Sales")
    await _picture(page, folder, "queue_rings")
    await _press(page, "552", "Reject")
    await _press(page, "553", "Reject")
    await expect(page.locator("#calls li").first).to_contain_text("no answer")

    card = _phone(page, "521")
    await card.locator("input").fill("09121234567")
    await card.get_by_role("button", name="Call").click()
    await _press(page, "09121234567", "Answer")
    await expect(card).to_contain_text("In a call")
    await _press(page, "521", "Hang up")

    await _phone(page, "552").locator("select").select_option("busy")
    await expect(_phone(page, "552").locator("select")).to_have_value("busy")
    await page.locator("#outside").select_option("answer")
    await expect(page.locator("#log .tag").first).to_have_text("200")
    await page.locator("#log summary").first.click()
    await _small_and_persian(page, simulator, folder)


async def _small_and_persian(
    page: Page, simulator: Simulator, folder: Path | None
) -> None:
    """See the same on a telephone, in Persian, and in the dark."""
    await page.locator("#language").click()
    assert await page.locator("html").get_attribute("dir") == "rtl"
    simulator.pbx.dial_in("09121234567", "557")
    await expect(_phone(page, "557")).to_contain_text("زنگ می‌خورد")
    await _picture(page, folder, "persian")
    await page.set_viewport_size(_TELEPHONE)
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= _TELEPHONE["width"], f"it is {width} pixels wide on a telephone"
    await _picture(page, folder, "persian_small")
    await page.locator("#language").click()
    await page.emulate_media(color_scheme="dark")
    await _picture(page, folder, "dark_small")
    await page.set_viewport_size(_DESKTOP)
    await _picture(page, folder, "dark")
    await _press(page, "557", "Answer")
    await _press(page, "557", "Hang up")
    await expect(_phone(page, "557")).to_contain_text("Idle")


async def _connect(page: Page, address: str, folder: Path | None) -> None:
    """Say where events go."""
    await expect(page.locator("#webhook")).to_have_text("Events are off")
    await page.locator("#receiver summary").click()
    await page.locator("#webhook-form [name=address]").fill(address)
    await _picture(page, folder, "events_off")
    await page.get_by_role("button", name="Send all events").click()
    await expect(page.locator("#webhook")).to_contain_text("Events go to")


def _phone(page: Page, number: str) -> Locator:
    return page.locator(f'.phone[data-number="{number}"]')


async def _press(page: Page, number: str, name: str) -> None:
    await _phone(page, number).get_by_role("button", name=name, exact=True).click()


async def _picture(page: Page, folder: Path | None, name: str) -> None:
    if folder is not None:
        await page.screenshot(path=folder / f"{name}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
