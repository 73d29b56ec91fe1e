"""Using Home Assistant's own web page as a person does, with nothing but clicks and keys.

Nothing is found by a text of Home Assistant, so that any language will do.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import re

from playwright.async_api import Locator, Page, expect  # type: ignore[import-not-found, unused-ignore]

from .browser import MILLISECONDS_TO_APPEAR, fill, submit
from .session import DOMAIN
from .texts import own_text

expect.set_options(timeout=MILLISECONDS_TO_APPEAR)

# What the integration is called in every language.
_NAME = "PBX"


class Person:
    """Somebody at the web page of Home Assistant, in one language."""

    def __init__(self, page: Page, language: str) -> None:
        """Sit down before a page that shows Home Assistant."""
        self.page = page
        self.language = language

    async def go_to(self, *links: str) -> None:
        """Open the settings, and follow links to addresses that begin so."""
        await self.page.locator('ha-sidebar a[href="/config"]').click()
        for link in links:
            await self.page.locator(f'a[href^="{link}"]:visible').first.click()

    async def add_integration(self) -> None:
        """Find the integration in the list of all, and choose it."""
        await self.go_to("/config/integrations")
        await self.page.locator(
            "ha-config-integrations-dashboard ha-button[slot=fab]"
        ).click()
        dialog = self.page.locator("dialog-add-integration")
        await dialog.locator("input").first.fill(DOMAIN)
        item = dialog.locator("ha-integration-list-item")
        await expect(item).to_have_count(1)
        await item.click()

    async def open_integration(self) -> None:
        """Open the integration's page."""
        await self.go_to("/config/integrations")
        await self.page.locator("ha-integration-card").filter(has_text=_NAME).click()

    @property
    def form(self) -> Locator:
        """The form that is open."""
        return self.page.locator("step-flow-form")

    async def answer(self, *, choices: Mapping[int, str], **values: str) -> None:
        """Fill in the form that is open, and submit it.

        `choices` say what is picked from which of its lists, by what stands there.
        """
        for position, choice in choices.items():
            picker = self.form.locator("ha-generic-picker").nth(position)
            async with self._list_of(picker) as items:
                await items.filter(has_text=choice).click()
            await expect(picker.locator("#trigger")).to_contain_text(choice)
        await fill(self.form, **values)
        for name, value in values.items():
            await expect(self.form.locator(f"input[name={name}]")).to_have_value(value)
        await submit(self.page)

    async def finish(self) -> None:
        """Close the dialog that says that all is done."""
        await self.page.locator("step-flow-create-entry").wait_for()
        await submit(self.page)
        await self._see_dialog_closed()

    async def begin_to_add(self, kind: str) -> None:
        """Press the button that adds something to the PBX."""
        text = own_text(
            self.language, "config_subentries", kind, "initiate_flow", "user"
        )
        # The menu of the PBX has the same.
        await self.page.locator("ha-button").filter(has_text=text).click()
        await self.form.locator("input[name=name]").wait_for()

    async def import_blueprint(self, address: str, name: str) -> None:
        """Import a blueprint from an address, and begin an automation with it."""
        await self.go_to("/config/automation", "/config/blueprint")
        overview = self.page.locator("ha-blueprint-overview")
        await overview.locator("ha-button[slot=fab]").click()
        dialog = self.page.locator("ha-dialog-import-blueprint")
        await dialog.locator("input").fill(address)
        await submit(self.page)
        # It shows what it is, and where it will be kept.
        await dialog.get_by_text(name, exact=True).wait_for()
        await submit(self.page)
        await self._see_dialog_closed()
        await overview.get_by_text(name, exact=True).click()

    async def choose_entity(self, name: str, *described_by: str) -> list[str]:
        """Pick an entity for an input of the automation, and return all that is offered.

        `described_by` are texts that stand at it in the list.
        """
        row = self.page.locator("blueprint-automation-editor ha-settings-row").filter(
            has=self.page.get_by_text(name, exact=True)
        )
        # Where several can be picked, an empty list comes after those picked before.
        picker = row.locator("ha-generic-picker").last
        async with self._list_of(picker) as items:
            offered = [
                " | ".join(text.split("\n")) for text in await items.all_inner_texts()
            ]
            item = items
            for text in described_by:
                item = item.filter(has=self.page.get_by_text(text, exact=True))
            await item.click()
        await expect(row).to_contain_text(described_by[0])
        return offered

    async def save_automation(self) -> str:
        """Save the automation, and return the address where it is edited."""
        await self.page.locator(
            "blueprint-automation-editor ha-button[slot=fab]"
        ).click()
        await self.page.wait_for_url(re.compile(r"/config/automation/edit/\d+"))
        address: str = self.page.url
        return address

    async def press_helper(self, entity: str) -> None:
        """Open a button of the home, and press it."""
        await self.go_to("/config/integrations", "/config/helpers")
        await (
            self.page.locator("ha-config-helpers .row-button")
            .filter(has_text=entity)
            .click()
        )
        await self.page.locator("state-card-input_button ha-control-button").click()
        await self.page.keyboard.press("Escape")
        await self._see_dialog_closed()

    async def open_device(self, name: str) -> Locator:
        """Open the page of a device of the PBX, and return the lists of its entities."""
        await self.open_integration()
        await (
            self.page.locator("ha-config-entry-device-row")
            .filter(has=self.page.get_by_text(name, exact=True))
            .click()
        )
        return self.page.locator("ha-config-device-page ha-device-entities-card")

    async def _see_dialog_closed(self) -> None:
        await expect(self.page.locator("dialog[open]:visible")).to_have_count(0)

    @asynccontextmanager
    async def _list_of(self, picker: Locator) -> AsyncGenerator[Locator]:
        """Open a list, yield its items, and see that it has closed."""
        button = picker.locator("#trigger, ha-button").first
        await button.click()
        opened = picker.locator("ha-picker-combo-box")
        items = opened.locator("ha-combo-box-item")
        await items.first.wait_for()
        yield items
        await expect(opened).to_have_count(0)
