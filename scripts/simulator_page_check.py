"""Use the simulator's page as a person would, in Chromium.

    python -m scripts.simulator_page_check [FOLDER]

It needs Chromium, and installs what drives it into the environment that runs it.
Pictures of the page go to the folder, if one is named; for Persian to look right in them
a font with its letters is needed. It ends with 1 and a sentence where the page does not
do what it should.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from aiohttp import web

from simulator.calls import CallOrder
from simulator.server import Simulator, running
from simulator.settings import Settings

from .bootstrap.console import SetupError
from .chromium import FLAGS, find_chromium, install_playwright
from .loopback import serving

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, LocatorAssertions, Page  # type: ignore[import-not-found, unused-ignore]

_DESKTOP = {"width": 1280, "height": 900}
_TELEPHONE = {"width": 390, "height": 844}
_OUTSIDE = "09121234567"
# What is on the page, in each of its languages.
_TEXTS = {
    "en-US": {
        "rings": "Rings",
        "answer": "Answer",
        "reject": "Reject",
        "ignore": "Ignore",
        "hang_up": "Hang up",
        "in_a_call": "In a call",
        "by_hand": "I answer all phones",
        "by_itself": "All answer by themselves",
        "answered": "answered",
        "busy": "busy",
        "no_answer": "no answer",
        "caller_no_answer": "caller did not answer",
    },
    "fa-IR": {
        "rings": "زنگ می‌خورد",
        "answer": "پاسخ",
        "reject": "رد تماس",
        "ignore": "نادیده بگیر",
        "hang_up": "قطع تماس",
        "in_a_call": "در تماس",
        "by_hand": "همه را خودم پاسخ می‌دهم",
        "by_itself": "همه خودکار پاسخ دهند",
        "answered": "پاسخ داد",
        "busy": "مشغول",
        "no_answer": "بی‌پاسخ",
        "caller_no_answer": "تماس‌گیرنده پاسخ نداد",
    },
}
# What a person does with which phone, and what then becomes of a call from 557 to 552.
_CALLS = (
    ("answered", (("557", "answer"), ("552", "answer"), ("552", "hang_up"))),
    ("busy", (("557", "answer"), ("552", "reject"))),
    ("no_answer", (("557", "answer"), ("552", "ignore"))),
    ("no_answer", (("557", "answer"), ("557", "hang_up"))),
    ("caller_no_answer", (("557", "reject"),)),
    ("caller_no_answer", (("557", "ignore"),)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the page, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulator_page_check",
        description="Use the simulator's page as a person would, in Chromium.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, help="where pictures of the page go"
    )
    folder: Path | None = parser.parse_args(arguments).folder
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    try:
        install_playwright()
        asyncio.run(_check(chromium, folder))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except AssertionError as error:
        print(f"The page fails: {error}", file=sys.stderr)
        return 1
    print("The page does what it should.")
    return 0


async def _check(chromium: Path, folder: Path | None) -> None:
    # Only now: it is installed when this program has begun.
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        try:
            for language in _TEXTS:
                async with (
                    _simulator() as simulator,
                    _page(browser, simulator, language) as page,
                ):
                    await _decide(page, simulator, language)
            async with (
                _simulator() as simulator,
                _receiver() as address,
                _page(browser, simulator, "en-US") as page,
            ):
                await _connect(page, address, folder)
                await _use(page, simulator, folder)
                await _small_and_persian(page, simulator, folder)
        except Error as error:
            raise AssertionError(str(error)) from error
        finally:
            await browser.close()


@asynccontextmanager
async def _simulator() -> AsyncGenerator[Simulator]:
    """Run a simulator whose phones wait for a person."""
    by_hand = {"behaviour": "manual", "talk": 0.0}
    settings = Settings().changed(
        {"extension_phone": by_hand, "outside_phone": by_hand}
    )
    async with running(settings) as simulator:
        yield simulator


@asynccontextmanager
async def _page(
    browser: Browser, simulator: Simulator, language: str
) -> AsyncGenerator[Page]:
    """Open the page with a browser of some language; faults in its script are ours."""
    context = await browser.new_context(viewport=_DESKTOP, locale=language)
    try:
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if message.type == "error" else None
            ),
        )
        await page.goto(simulator.url)
        yield page
        assert not faults, "; ".join(faults)
    finally:
        await context.close()


@asynccontextmanager
async def _receiver() -> AsyncGenerator[str]:
    """Run a server that answers every event, and give its address."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_post("/events", answer)
    async with serving(application) as address:
        yield f"{address}/events"


async def _decide(page: Page, simulator: Simulator, language: str) -> None:
    """Answer, reject and ignore, with nothing but the buttons of the phones that ring."""
    texts = _TEXTS[language]
    right_to_left = language.startswith("fa")
    await _expect(page.locator("html")).to_have_attribute(
        "dir", "rtl" if right_to_left else "ltr"
    )
    # Both at once is what "all phones" says, those outside with them.
    await page.get_by_role("button", name=texts["by_itself"], exact=True).click()
    await _expect(page.locator("#outside")).to_have_value("answer")
    await page.get_by_role("button", name=texts["by_hand"], exact=True).click()
    await _expect(page.locator("#outside")).to_have_value("manual")
    await _expect(_phone(page, "570").locator("select")).to_have_value("manual")
    for outcome, presses in _CALLS:
        _place(simulator)
        for number, button in presses:
            if button != "hang_up":
                await _expect(_phone(page, number)).to_contain_text(texts["rings"])
                assert f"☎ {number}" in await page.title(), "its title does not ring"
            await _press(page, number, texts[button])
        await _expect(page.locator("#calls li .tag").first).to_have_text(texts[outcome])
        await _expect(_phone(page, "557").locator("select")).to_be_visible()
        assert simulator.pbx.traffic[-1].outcome == outcome
        await page.locator("#clear").click()
        await _expect(page.locator("#calls li.none")).to_be_visible()
    simulator.pbx.dial("557", _OUTSIDE)
    await _press(page, _OUTSIDE, texts["ignore"])
    await _expect(page.locator("#calls li .tag").first).to_have_text(texts["no_answer"])


async def _use(page: Page, simulator: Simulator, folder: Path | None) -> None:
    """Answer, hang up, reject, dial in and dial, and look at what the page says."""
    await _expect(_phone(page, "557")).to_contain_text("Idle")
    await _picture(page, folder, "idle")
    _place(simulator)
    await _expect(_phone(page, "557")).to_contain_text("Rings")
    await _picture(page, folder, "caller_rings")
    await _press(page, "557", "Answer")
    await _expect(_phone(page, "552")).to_contain_text("Rings")
    await _picture(page, folder, "callee_rings")
    await _press(page, "552", "Answer")
    await _expect(_phone(page, "552")).to_contain_text("In a call")
    await _picture(page, folder, "talking")
    await _press(page, "557", "Hang up")
    await _expect(_phone(page, "557")).to_contain_text("Idle")
    await _expect(page.locator("#calls li").first).to_contain_text("answered")

    await page.locator("#dial-in select").select_option("9009")
    await page.locator("#dial-in button").click()
    for number in ("552", "553"):
        await _expect(_phone(page, number)).to_contain_text("queue Sales")
    await _picture(page, folder, "queue_rings")
    await _press(page, "552", "Reject")
    await _press(page, "553", "Ignore")
    await _expect(page.locator("#calls li").first).to_contain_text("no answer")

    card = _phone(page, "521")
    await card.locator("input").fill(_OUTSIDE)
    await card.get_by_role("button", name="Call").click()
    await _expect(_phone(page, _OUTSIDE)).to_contain_text("Rings")
    await _picture(page, folder, "outside_rings")
    await _press(page, _OUTSIDE, "Answer")
    await _expect(card).to_contain_text("In a call")
    await _press(page, "521", "Hang up")

    await _phone(page, "552").locator("select").select_option("busy")
    await _expect(_phone(page, "552").locator("select")).to_have_value("busy")
    await page.locator("#outside").select_option("answer")
    newest = page.locator("#log li").first
    await _expect(newest.locator(".what")).to_contain_text("Cdr")
    await _expect(newest.locator(".tag")).to_have_text("200")
    await newest.locator("summary").click()
    await _expect(page.locator("#log details[open] pre")).to_contain_text(
        '"disposition": "ANSWERED"'
    )


async def _small_and_persian(
    page: Page, simulator: Simulator, folder: Path | None
) -> None:
    """See the same on a telephone, in Persian, and in the dark."""
    await page.locator("#language").click()
    assert await page.locator("html").get_attribute("dir") == "rtl"
    simulator.pbx.dial_in(_OUTSIDE, "557")
    await _expect(_phone(page, "557")).to_contain_text("زنگ می‌خورد")
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
    # The language that was chosen stays.
    await page.locator("#language").click()
    await page.reload()
    await _expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await page.locator("#language").click()
    await _press(page, "557", "Answer")
    await _press(page, "557", "Hang up")
    await _expect(_phone(page, "557")).to_contain_text("Idle")


async def _connect(page: Page, address: str, folder: Path | None) -> None:
    """Say where events go."""
    await _expect(page.locator("#webhook")).to_have_text("Events are off")
    await page.locator("#receiver summary").click()
    await page.locator("#webhook-form [name=address]").fill(address)
    await _picture(page, folder, "events_off")
    await page.get_by_role("button", name="Send all events").click()
    await _expect(page.locator("#webhook")).to_contain_text("Events go to")


def _place(simulator: Simulator) -> None:
    simulator.pbx.place(
        CallOrder(
            caller="557", callee="552", context="main_routing", caller_id="02188880000"
        )
    )


def _phone(page: Page, number: str) -> Locator:
    return page.locator(f'.phone[data-number="{number}"]')


async def _press(page: Page, number: str, name: str) -> None:
    await _phone(page, number).get_by_role("button", name=name, exact=True).click()


def _expect(locator: Locator) -> LocatorAssertions:
    from playwright.async_api import expect  # noqa: PLC0415

    return expect(locator)


async def _picture(page: Page, folder: Path | None, name: str) -> None:
    if folder is not None:
        await page.screenshot(path=folder / f"{name}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
