"""Calls that somebody asks for in words: whom they mean, whether they may, placing them.

Sentences, intents and the tools of language models all call by this, so that all of them
have the same limits: only contacts, only of PBXs whose option allows it, and only those
that the user may control.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import CONF_VOICE, DOMAIN
from ..coordinator import PbxConfigEntry
from ..directory import Contact, Extension, contacts_of, extensions_of, loaded_contacts
from ..services import async_call_contact, localised
from ..telephony.calls import Ending, Step
from .names import bare_contact, bare_extension, called

# Whoever asked how a call ends is told by then, even where people talk for longer.
# A pipeline of Assist gives up after five minutes, and nothing would be said then.
LONGEST_WAIT: Final = 240.0

# A PBX is set up anew for each change of a contact, which takes much less.
_LONGEST_SET_UP: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that is understood, but not placed.

    `extension` is what rings first, None for the contact's own telephone; `phone` is how
    that telephone is called, None where it has no name here.
    """

    entry: PbxConfigEntry
    contact: Contact
    extension: Extension | None
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCall:
    """A call that the PBX has accepted.

    `ending` is None where nobody waited for it, or not for long enough; `waited` tells
    which.
    """

    planned: PlannedCall
    waited: bool
    ending: Ending | None


@callback
def voice_entries(hass: HomeAssistant) -> list[PbxConfigEntry]:
    """Return the PBXs that are running and whose contacts can be called by voice."""
    return [
        entry
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if entry.options.get(CONF_VOICE)
    ]


@callback
def names_to_call(hass: HomeAssistant) -> Iterator[str]:
    """Yield all names of those who can be called by voice.

    Also those of PBXs that are just being set up, such as after each change of a contact.
    """
    for entry in _entries_with_voice(hass):
        for contact in contacts_of(entry):
            yield from contact.names


@callback
def is_voice_wanted(hass: HomeAssistant) -> bool:
    """Return whether the contacts of any PBX can be called by voice."""
    return bool(_entries_with_voice(hass))


@callback
def _entries_with_voice(hass: HomeAssistant) -> list[PbxConfigEntry]:
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False)
        if entry.options.get(CONF_VOICE)
        and (entry.state is ConfigEntryState.LOADED or entry.setup_lock.locked())
    ]


async def async_settle(hass: HomeAssistant) -> None:
    """Wait for the PBXs that are just being set up, for some seconds."""
    try:
        async with asyncio.timeout(_LONGEST_SET_UP):
            for entry in _entries_with_voice(hass):
                async with entry.setup_lock:
                    pass
    except TimeoutError:
        pass


async def async_call(
    hass: HomeAssistant,
    *,
    contact: str,
    extension: str | None,
    wait: bool,
    device_id: str | None,
    context: Context,
) -> PlacedCall:
    """Call somebody who is named in words, and wait for the end if that is asked for.

    Raises ServiceValidationError where it is not known who or what is meant, else as
    `async_place` does.
    """
    await async_settle(hass)
    planned = _plan(hass, contact, extension, device_id)
    return await async_place(hass, planned, context, wait=wait)


@callback
def _plan(
    hass: HomeAssistant,
    contact_name: str,
    extension_name: str | None,
    device_id: str | None,
) -> PlannedCall:
    """Find out who is to be called, and which telephone rings first.

    That is the one that is named; else the one in the area of the device that was spoken
    to, unless there are several; else the contact's own.

    Raises ServiceValidationError where somebody or something is not known.
    """
    contacts = find_contacts(hass, contact_name)
    if not contacts:
        raise _not_certain("unknown_contact", contact=contact_name)
    if len(contacts) > 1:
        raise _not_certain("ambiguous_contact", contact=contact_name)
    entry, contact = contacts[0]
    extension: Extension | None
    phone: str | None
    if extension_name:
        names = {"contact": contact.name, "extension": extension_name}
        extensions = find_extensions(entry, extension_name)
        if not extensions:
            raise _not_certain("unknown_extension", **names)
        if len(extensions) > 1:
            raise _not_certain("ambiguous_extension", **names)
        extension = extensions[0]
    else:
        extension = _nearby_extension(hass, entry, contact, device_id)
    if extension:
        phone = extension.name
    elif contact.caller is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="caller_missing"
        )
    else:
        phones = {known.number: known.name for known in extensions_of(entry)}
        phone = phones.get(contact.caller)
    return PlannedCall(entry=entry, contact=contact, extension=extension, phone=phone)


def _not_certain(translation_key: str, **names: str) -> ServiceValidationError:
    """Return the error for a name that nobody has, or for one that several have."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=translation_key,
        translation_placeholders=names,
    )


async def async_place(
    hass: HomeAssistant, planned: PlannedCall, context: Context, *, wait: bool
) -> PlacedCall:
    """Place a call, and wait for its end, for some minutes, if that is asked for.

    Raises Unauthorized, or HomeAssistantError as `async_call_contact` does.
    """
    entry, contact = planned.entry, planned.contact
    # The entry may be unloaded while something is awaited.
    monitor = entry.runtime_data.monitor
    may_call = await async_permission(hass, context)
    if not may_call(entry, contact):
        raise Unauthorized(
            context=context,
            config_entry_id=entry.entry_id,
            entity_id=_button_of(hass, entry, contact),
            permission=POLICY_CONTROL,
        )
    call = await async_call_contact(
        hass,
        entry,
        contact,
        caller=planned.extension.number if planned.extension else None,
    )
    ending = None
    if wait:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                ending = await monitor.async_wait(call, Step.ENDED)
        except TimeoutError:
            pass
    return PlacedCall(planned=planned, waited=wait, ending=ending)


async def async_permission(
    hass: HomeAssistant, context: Context
) -> Callable[[PbxConfigEntry, Contact], bool]:
    """Return what tells whether a contact may be called by whoever asks.

    It is the permission for the contact's button. A voice satellite has no user and, as
    everywhere in Home Assistant, may do what it is there for.

    Raises UnknownUser.
    """
    if context.user_id is None:
        return lambda entry, contact: True
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL)
    return lambda entry, contact: _may_control(user, _button_of(hass, entry, contact))


def _may_control(user: User, entity_id: str | None) -> bool:
    if entity_id is None:
        return user.permissions.access_all_entities(POLICY_CONTROL)
    return user.permissions.check_entity(entity_id, POLICY_CONTROL)


@callback
def _button_of(
    hass: HomeAssistant, entry: PbxConfigEntry, contact: Contact
) -> str | None:
    """Return the entity of a contact's button, None where it was deleted."""
    return next(
        (
            entity.entity_id
            for entity in er.async_entries_for_config_entry(
                er.async_get(hass), entry.entry_id
            )
            if entity.config_subentry_id == contact.subentry_id
            and entity.domain == BUTTON_DOMAIN
        ),
        None,
    )


@callback
def find_contacts(
    hass: HomeAssistant, name: str
) -> list[tuple[PbxConfigEntry, Contact]]:
    """Return who is called so, by name or another name, and on which PBX.

    Several where it is not certain who is meant.
    """
    return called(
        name,
        (
            ((entry, contact), contact.names)
            for entry, contact in loaded_contacts(hass)
            if entry.options.get(CONF_VOICE)
        ),
        bare_contact,
    )


def find_extensions(entry: PbxConfigEntry, name: str) -> list[Extension]:
    """Return the extensions that have a name or number; several where several fit."""
    return called(
        name,
        (
            (extension, (extension.name, extension.number))
            for extension in extensions_of(entry)
        ),
        bare_extension,
    )


@callback
def _nearby_extension(
    hass: HomeAssistant, entry: PbxConfigEntry, contact: Contact, device_id: str | None
) -> Extension | None:
    """Return the extension in the same area as a device, None where none or several are.

    The telephone that is called is none: it cannot ring itself.
    """
    devices = dr.async_get(hass)
    device = devices.async_get(device_id) if device_id else None
    area_id = dr.async_get_effective_area_id(hass, device) if device else None
    if area_id is None:
        return None
    in_area = {
        identifier
        for phone in dr.async_entries_for_config_entry(devices, entry.entry_id)
        if phone.area_id == area_id
        for _, identifier in phone.identifiers
    }
    callee = localised(contact.number, entry.options)
    nearby = [
        extension
        for extension in extensions_of(entry)
        if f"{entry.entry_id}_{extension.subentry_id}" in in_area
        and extension.number != callee
    ]
    return nearby[0] if len(nearby) == 1 else None
