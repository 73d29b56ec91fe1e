"""The extensions and contacts of a PBX, as its subentries hold them."""

from collections.abc import Iterator
from dataclasses import dataclass

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME, CONF_TIMEOUT
from homeassistant.core import HomeAssistant

from .const import (
    CONF_ALIASES,
    CONF_CALLER,
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_NUMBER,
    CONF_TRUNK_NAME,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_EXTENSION,
)
from .coordinator import PbxConfigEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A telephone of the PBX."""

    subentry_id: str
    name: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who can be called, and what calls to him use instead of the defaults.

    `caller` is the telephone that is rung first. What is not set is None.
    """

    subentry_id: str
    name: str
    number: str
    aliases: tuple[str, ...] = ()
    caller: str | None = None
    context: str | None = None
    caller_id: str | None = None
    trunk_name: str | None = None
    timeout: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return how he is called, by his name and his other names."""
        return (self.name, *self.aliases)


def extension_of(subentry: ConfigSubentry) -> Extension:
    """Return the extension that a subentry holds."""
    return Extension(
        subentry_id=subentry.subentry_id,
        name=subentry.title,
        number=subentry.data[CONF_NUMBER],
    )


def contact_of(subentry: ConfigSubentry) -> Contact:
    """Return the contact that a subentry holds."""
    data = subentry.data
    return Contact(
        subentry_id=subentry.subentry_id,
        name=data[CONF_NAME],
        number=data[CONF_NUMBER],
        aliases=tuple(data.get(CONF_ALIASES, ())),
        caller=data.get(CONF_CALLER),
        context=data.get(CONF_CONTEXT),
        caller_id=data.get(CONF_CALLER_ID),
        trunk_name=data.get(CONF_TRUNK_NAME),
        timeout=data.get(CONF_TIMEOUT),
    )


def extensions_of(entry: PbxConfigEntry) -> list[Extension]:
    """Return the extensions of a PBX."""
    return [
        extension_of(subentry)
        for subentry in entry.get_subentries_of_type(SUBENTRY_EXTENSION)
    ]


def contacts_of(entry: PbxConfigEntry) -> list[Contact]:
    """Return the contacts of a PBX."""
    return [
        contact_of(subentry)
        for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT)
    ]


def loaded_contacts(hass: HomeAssistant) -> Iterator[tuple[PbxConfigEntry, Contact]]:
    """Yield the contacts of all PBXs that are set up and running."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for contact in contacts_of(entry):
            yield entry, contact
