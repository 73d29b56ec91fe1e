"""Pictures of the pages: the dashboard, the action's form, the device."""

import json

from playwright.async_api import Page  # type: ignore[import-not-found, unused-ignore]

from . import dashboard
from .browser import take
from .configuration import COMPONENT
from .simulated_pbx import SimulatedPbx

_MARGIN = 12
_HEIGHT_OF_DEVICE = 640


async def picture_dashboard(page: Page, pbx: SimulatedPbx, language: str) -> None:
    """Take a picture while the second of three is called, and let him answer."""
    by_hand = {"behaviour": "manual", "talk": 0}
    await pbx.change(speed=1, extension_phone=by_hand)
    await page.goto(f"/{dashboard.URL_PATH}")
    buttons = page.locator("hui-button-card")
    await buttons.last.click()
    await pbx.wait_until("552", "Ringing")
    await pbx.press("552", "reject")
    await pbx.wait_until("553", "Ringing")
    await take(
        page.locator("hui-sections-view .content").first,
        f"dashboard-{language}",
        margin=_MARGIN,
    )
    await pbx.press("553", "answer")
    await pbx.wait_until("553", "InUse")
    await pbx.press("553", "hangup")


async def picture_action(page: Page, language: str) -> None:
    """Take pictures of the action's form, with its section closed and open."""
    # The page offers what its user has last filled in.
    data = {**dashboard.CALL, "wait_for": "ended"}
    await page.evaluate(
        "last => localStorage.setItem('panel-dev-action-state-service-data', last)",
        json.dumps({"action": "pbx.originate", "data": data}),
    )
    await page.goto("/config/tools/action")
    form = page.locator("tools-action ha-card").first
    await form.locator("ha-service-control input").first.wait_for()
    # The page may have shown the form before it had the names of the choices, and then
    # it leaves them as they are. So the form is made once more.
    await page.wait_for_load_state("networkidle")
    modes = page.locator("tools-action ha-button-toggle-group ha-button")
    await modes.last.click()
    await modes.first.click()
    choice = form.get_by_text(_choice(language, data["wait_for"]), exact=True)
    # The other one is in the list, which is closed.
    await choice.last.wait_for()
    await take(form, f"action-{language}")
    section = form.locator("ha-service-control ha-expansion-panel")
    await section.locator("#summary").click()
    await section.locator("ha-service-section-icon, input").last.wait_for()
    await take(section, f"action-details-{language}", margin=_MARGIN)

    await page.locator("tools-action ha-progress-button").last.click()
    answer = page.locator("tools-action ha-card").filter(has_text="originated_call_id")
    await take(answer, f"action-response-{language}")


async def picture_device(page: Page, device: str, language: str) -> None:
    """Take a picture of the page of the PBX's device."""
    await page.goto(f"/config/devices/device/{device}")
    panel = page.locator("ha-config-device-page")
    await panel.locator("ha-device-entities-card").first.wait_for()
    await take(panel, f"device-{language}", height=_HEIGHT_OF_DEVICE)


def _choice(language: str, value: str) -> str:
    """Return what a choice of `wait_for` is called."""
    file = COMPONENT / "translations" / f"{language}.json"
    texts = json.loads(file.read_text(encoding="utf-8"))
    choice: str = texts["selector"]["wait_for"]["options"][value]
    return choice
