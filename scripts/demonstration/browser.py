"""Looking at Home Assistant with a browser."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, async_playwright  # type: ignore[import-not-found, unused-ignore]

from scripts.chromium import FLAGS, find_chromium

LOCALES = {"en": "en-US", "fa": "fa-IR"}
# Long enough for every form to be seen whole.
VIEWPORT = {"width": 1100, "height": 1400}
MILLISECONDS_TO_APPEAR = 30_000
MARGIN_BELOW = 24
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
    url: str, tokens: Mapping[str, Any], *, language: str
) -> AsyncGenerator[Page]:
    """Open a browser page whose user is logged in, in one language."""
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
            )
            await context.add_init_script(_logged_in(url, tokens, language))
            page = await context.new_page()
            page.set_default_timeout(MILLISECONDS_TO_APPEAR)
            yield page
        finally:
            await browser.close()


async def take(
    target: Locator,
    file: Path,
    *,
    margin: int = 0,
    bottom: Locator | None = None,
    height: int | None = None,
) -> None:
    """Save a picture of a part of the page.

    `bottom` is what the picture ends below, `height` how much of the part it has; without
    them it has the whole. `margin` is what it has around that.
    """
    page = target.page
    await target.wait_for()
    # Neither pointer nor focus is to be seen.
    await page.mouse.move(0, 0)
    await page.evaluate(_BLUR)
    await page.wait_for_load_state("networkidle")
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
    await page.screenshot(path=file, animations="disabled", caret="hide", clip=area)


def _logged_in(url: str, tokens: Mapping[str, Any], language: str) -> str:
    """Return a script that has a page begin as that of a user who has logged in."""
    stored = {
        "hassTokens": {
            **tokens,
            "hassUrl": url,
            "clientId": f"{url}/",
            "expires": _FAR_FUTURE,
        },
        "selectedLanguage": language,
        "dockedSidebar": "always_hidden",
    }
    return "\n".join(
        f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});"
        for name, value in stored.items()
    )
