"""Pictures of the documented dashboard, as it is seen on a telephone."""

from playwright.async_api import Page, expect  # type: ignore[import-not-found, unused-ignore]

from . import dashboard
from .browser import IMAGES
from .errors import DemonstrationError
from .home_assistant import OPTIONS_FLOWS, HomeAssistant
from .outcomes import SPEED
from .simulated_pbx import SimulatedPbx

VIEWPORT = {"width": 412, "height": 915}
SCHEMES = ("light", "dark")
# Who is called before the pictures are taken, and how those phones behave.
_CALLS = (
    ("ali", "busy"),
    ("mother", "answer"),
    ("caretaker", "no_answer"),
    ("sara", "answer"),
)
_SAID = {"en": "Call Sara", "fa": "با سارا تماس بگیر"}
_MARGIN = 16
_OUTCOMES = {"answer": "answered", "busy": "busy", "no_answer": "no_answer"}


async def play_calls(home_assistant: HomeAssistant, pbx: SimulatedPbx) -> None:
    """Have everybody called, and leave a phone that the door intercom rings."""
    await pbx.change(speed=SPEED)
    for contact, behaviour in _CALLS:
        phones = {"behaviour": behaviour, "talk": 20}
        await pbx.change(extension_phone=phones, outside_phone=phones)
        await pbx.set_phone("557", behaviour="answer", talk=0)
        await home_assistant.press(f"button.{contact}_call")
        sensor = f"sensor.{contact}_last_call"
        if not await home_assistant.wait_for_state(sensor, _OUTCOMES[behaviour]):
            raise DemonstrationError(f"{sensor} does not get {_OUTCOMES[behaviour]}.")
        await home_assistant.wait_for_state("sensor.pbx_calls_in_progress", "0")
    await pbx.change(speed=1)
    await pbx.set_phone("552", behaviour="manual", talk=0)
    await home_assistant.perform("pbx.originate", {"caller": "570", "callee": "552"})
    await pbx.wait_until("552", "Ringing")


async def picture_phone(
    home_assistant: HomeAssistant, page: Page, language: str
) -> None:
    """Take pictures of the dashboard by day and by night, with nothing beside it."""
    view = dashboard.documented_view(language)
    await home_assistant.command(
        "lovelace/config/save", url_path=dashboard.URL_PATH, config={"views": [view]}
    )
    await page.set_viewport_size(VIEWPORT)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.goto(f"/{dashboard.URL_PATH}/{dashboard.DOCUMENTED_VIEW}")
        await page.locator("hui-logbook-card .entry").first.wait_for()
        await page.evaluate("() => document.fonts.ready")
        await page.screenshot(
            path=IMAGES / f"phone-{scheme}-{language}.png",
            animations="disabled",
            caret="hide",
        )


async def let_assist_call(
    home_assistant: HomeAssistant, entry_id: str, language: str
) -> None:
    """Switch calling by voice on, and have Assist understand a language."""
    step = await home_assistant.start_flow(OPTIONS_FLOWS, handler=entry_id)
    step = await home_assistant.answer_flow(
        step, {"next_step_id": "voice"}, OPTIONS_FLOWS
    )
    await home_assistant.answer_flow(step, {"voice": True}, OPTIONS_FLOWS)
    found = await home_assistant.command("assist_pipeline/pipeline/list")
    for pipeline in found["pipelines"]:
        await home_assistant.command(
            "assist_pipeline/pipeline/update",
            **{
                **{key: value for key, value in pipeline.items() if key != "id"},
                "pipeline_id": pipeline["id"],
                "language": language,
                "conversation_language": language,
            },
        )


async def picture_assist(page: Page, language: str) -> None:
    """Ask Assist for a call, and take a picture of the conversation."""
    await page.set_viewport_size(VIEWPORT)
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await page.goto(f"/{dashboard.URL_PATH}")
    await page.locator("hui-tile-card").first.wait_for()
    await page.keyboard.press("a")
    dialog = page.locator("ha-voice-command-dialog")
    await dialog.locator("input").first.fill(_SAID[language])
    await page.keyboard.press("Enter")
    asked = dialog.locator(".message.user")
    # What Assist says first is a greeting.
    answered = dialog.locator(".message.hass").nth(1)
    # The answer appears bit by bit, but its full stop is the last.
    await expect(answered).to_contain_text(".")
    first, last = await asked.bounding_box(), await answered.bounding_box()
    top = first["y"] - _MARGIN
    await page.screenshot(
        path=IMAGES / f"assist-{language}.png",
        animations="disabled",
        caret="hide",
        clip={
            "x": 0,
            "y": top,
            "width": VIEWPORT["width"],
            "height": last["y"] + last["height"] + _MARGIN - top,
        },
    )
