"""Pictures of the dialogs: setting the integration up, and its options."""

from playwright.async_api import Page  # type: ignore[import-not-found, unused-ignore]

from .browser import dialog, fill, submit, take
from .dashboard import CALL
from .person import Person
from .session import DOMAIN
from .simulated_pbx import ACCOUNT, SimulatedPbx

# What the pictures show for the address of a PBX: the one that the forms' texts name.
SHOWN_ADDRESS = "192.168.51.20"

# What the pictures show of a phone and a contact that are added.
_ADDED = {
    "en": {
        "extension": {"name": "Reception"},
        "contact": {"name": "Maryam", "number": "09124445566"},
    },
    "fa": {
        "extension": {"name": "پذیرش"},
        "contact": {"name": "مریم", "number": "09124445566"},
    },
}


async def picture_config_flow(page: Page, pbx: SimulatedPbx, language: str) -> None:
    """Set the integration up, and take pictures on the way."""
    await page.goto(f"/_my_redirect/config_flow_start?domain={DOMAIN}")
    # It asks whether the user means it.
    await page.locator("dialog-box ha-button:visible").last.click()
    form = page.locator("step-flow-form")
    await form.locator("input[name=url]").wait_for()
    await fill(form, url=SHOWN_ADDRESS, **_credentials(ACCOUNT.token))
    await take(dialog(page), f"flow-user-{language}")

    await fill(form, url=pbx.url, **_credentials("not-the-key-of-this-account"))
    await _picture_error(page, f"error-invalid-auth-{language}")
    await fill(form, url="127.0.0.1:9", **_credentials(ACCOUNT.token))
    await _picture_error(page, f"error-cannot-connect-{language}")
    await pbx.change(allowed_addresses=["192.0.2.1"])
    await fill(form, url=pbx.url)
    await _picture_error(page, f"error-address-not-permitted-{language}")
    await pbx.change(allowed_addresses="all")

    await submit(page)
    await form.locator("ha-selector-number input").wait_for()
    await take(dialog(page), f"flow-defaults-{language}")
    await submit(page)
    await form.locator("input[name=name]").wait_for()
    await take(dialog(page), f"flow-created-{language}")


async def picture_options(page: Page, language: str) -> None:
    """Go through the options, and take pictures of them."""
    await _open_options(page)
    await take(dialog(page), f"options-menu-{language}")
    await _choose(page, 1)
    form = page.locator("step-flow-form")
    await form.locator("input[name=webhook_username]").wait_for()
    await take(dialog(page), f"options-events-{language}")

    await _open_options(page)
    await _choose(page, 3)
    await form.locator("ha-selector-number input").first.wait_for()
    await take(dialog(page), f"options-limits-{language}")

    await _open_options(page)
    await _choose(page, -1)
    await form.locator("input[name=caller]").wait_for()
    await fill(form, **CALL)
    await submit(page)
    await form.locator("ha-selector-select").wait_for()
    await take(dialog(page), f"options-test-call-{language}")


async def picture_subentries(page: Page, language: str) -> None:
    """Take pictures of the forms that add a phone and a contact."""
    person = Person(page, language)
    for kind, values in _ADDED[language].items():
        await page.goto(f"/config/integrations/integration/{DOMAIN}")
        await person.begin_to_add(kind)
        await fill(person.form, **values)
        await take(dialog(page), f"add-{kind}-{language}")


async def _open_options(page: Page) -> None:
    await page.goto(f"/config/integrations/integration/{DOMAIN}")
    await page.locator("ha-config-entry-row ha-icon-button[slot=end]").first.click()
    await page.locator("step-flow-menu").wait_for()


async def _choose(page: Page, position: int) -> None:
    """Choose a part of the options by its place in the menu, from its end if negative."""
    await page.locator("step-flow-menu ha-list-item").nth(position).click()


async def _picture_error(page: Page, name: str) -> None:
    """Submit the form and take a picture of its top, where the error stands."""
    alert = page.locator("step-flow-form ha-alert")
    before = await alert.inner_text() if await alert.count() else ""
    await submit(page)
    await alert.filter(has_not_text=before or None).wait_for()
    await take(dialog(page), name, bottom=alert)


def _credentials(api_key: str) -> dict[str, str]:
    return {
        "api_key": api_key,
        "username": ACCOUNT.username,
        "password": ACCOUNT.password,
    }
