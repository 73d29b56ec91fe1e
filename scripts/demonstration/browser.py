"""Looking at Home Assistant with a browser."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
import json
from typing import Any

from playwright.async_api import (  # type: ignore[import-not-found, unused-ignore]
    Locator,
    Page,
    TimeoutError as TooLate,
    async_playwright,
)

from scripts.chromium import FLAGS, find_chromium

from .configuration import ROOT

LOCALES = {"en": "en-US", "fa": "fa-IR"}
# Long enough for every form to be seen whole.
VIEWPORT = {"width": 1100, "height": 1400}
MILLISECONDS_TO_APPEAR = 30_000
MILLISECONDS_TO_GET_IDLE = 5_000
MARGIN_BELOW = 24
IMAGES = ROOT / "docs" / "images"
# The focus is in the innermost of the components that are nested in each other.
_BLUR = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) {
        element = element.shadowRoot.activeElement;
    }
    element?.blur();
}"""
_FAR_FUTURE = 4_102_444_800_000


@asynccontextmanager
async def browsing(
    url: str,
    tokens: Mapping[str, Any],
    *,
    language: str,
    sidebar: bool = False,
    scale: int = 1,
) -> AsyncGenerator[Page]:
    """Open a browser page whose user is logged in, in one language.

    `scale` is how many pixels of a picture one of the page becomes, in each direction.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=list(FLAGS)
        )
        try:
            context = await browser.new_context(
                base_url=url,
                viewport=VIEWPORT,
                locale=LOCALES[language],
                timezone_id="Asia/Tehran",
                reduced_motion="reduce",
                device_scale_factor=scale,
            )
            await context.add_init_script(_logged_in(url, tokens, language, sidebar))
            page = await context.new_page()
            page.set_default_timeout(MILLISECONDS_TO_APPEAR)
            yield page
        finally:
            await browser.close()


async def take(
    target: Locator,
    name: str,
    *,
    margin: int = 0,
    bottom: Locator | None = None,
    height: int | None = None,
) -> None:
    """Save a picture of a part of the page under a name.

    `bottom` is what the picture ends below, `height` how much of the part it has; without
    them it has the whole. `margin` is what it has around that.
    """
    page = target.page
    await target.wait_for()
    # Neither pointer nor focus is to be seen.
    await page.mouse.move(0, 0)
    await page.evaluate(_BLUR)
    # A frame with the simulator's page is never idle: it waits for news.
    with suppress(TooLate):
        await page.wait_for_load_state("networkidle", timeout=MILLISECONDS_TO_GET_IDLE)
    await page.evaluate("() => document.fonts.ready")
    await target.scroll_into_view_if_needed()
    area = await target.bounding_box()
    if bottom:
        last = await bottom.bounding_box()
        height = last["y"] + last["height"] + MARGIN_BELOW - area["y"]
    if height:
        area["height"] = min(height, area["height"])
    area["x"] -= margin
    area["y"] -= margin
    area["width"] += 2 * margin
    area["height"] += 2 * margin
    await page.screenshot(
        path=IMAGES / f"{name}.png", animations="disabled", caret="hide", clip=area
    )


def dialog(page: Page) -> Locator:
    """Return the dialog that is open."""
    return page.locator("dialog[open]:visible").last


async def submit(page: Page) -> None:
    """Press the last button of the dialog that is open."""
    await page.locator("ha-dialog-footer ha-button:visible").last.click()


async def fill(form: Locator, **values: str) -> None:
    """Enter values in the fields of a form."""
    for name, value in values.items():
        await form.locator(f"input[name={name}]").fill(value)


def _logged_in(
    url: str, tokens: Mapping[str, Any], language: str, sidebar: bool
) -> str:
    """Return a script that has a page begin as that of a user who has logged in."""
    stored = {
        "hassTokens": {
            **tokens,
            "hassUrl": url,
            "clientId": f"{url}/",
            "expires": _FAR_FUTURE,
        },
        "selectedLanguage": language,
        "dockedSidebar": "auto" if sidebar else "always_hidden",
    }
    return "\n".join(
        f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});"
        for name, value in stored.items()
    )
