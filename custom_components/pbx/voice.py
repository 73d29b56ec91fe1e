"""Sentences that Assist understands by itself, without a language model.

There is one set of them for all PBXs whose option allows it. It is attached as the
triggers of automations are, which is the way in which an integration can bring sentences.
"""

import asyncio
from functools import partial
import logging
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_COMMAND, CONF_PLATFORM
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.script import ScriptRunResult
from homeassistant.helpers.trigger import (
    async_initialize_triggers,
    async_validate_trigger_config,
)
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from .const import CONF_VOICE, DOMAIN
from .coordinator import PbxConfigEntry
from .directory import contacts_of
from .voice_answers import async_call_by_words
from .voice_calls import find_contact, find_extension

if TYPE_CHECKING:
    from .voice_sentences import Request

_LOGGER = logging.getLogger(__name__)

_CONVERSATION: Final = "conversation"
_SENTENCES: HassKey[_Sentences] = HassKey(f"{DOMAIN}_sentences")


async def async_setup_voice(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Have the contacts of a PBX called by voice while it is loaded, if it is wanted."""
    if not entry.options.get(CONF_VOICE):
        return
    sentences = _async_get_sentences(hass)
    entry.async_on_unload(partial(sentences.async_remove, entry))
    await sentences.async_add(entry)


class _Sentences:
    """The sentences of all PBXs together, attached to the conversation integration."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with no PBX."""
        self._hass = hass
        self._entries: dict[str, PbxConfigEntry] = {}
        self._lock = asyncio.Lock()
        self._detach: CALLBACK_TYPE | None = None
        self._awaits_conversation = False

    async def async_add(self, entry: PbxConfigEntry) -> None:
        """Understand the names of a PBX, as soon as there are conversations."""
        self._entries[entry.entry_id] = entry
        if _CONVERSATION in self._hass.config.components:
            await self._async_attach()
        elif not self._awaits_conversation:
            self._awaits_conversation = True
            async_when_setup(self._hass, _CONVERSATION, self._async_conversation_is_up)

    async def async_remove(self, entry: PbxConfigEntry) -> None:
        """Forget the names of a PBX."""
        del self._entries[entry.entry_id]
        await self._async_attach()

    async def _async_conversation_is_up(self, _hass: HomeAssistant, _name: str) -> None:
        await self._async_attach()

    async def _async_attach(self) -> None:
        """Attach the sentences with the names that there are now, once."""
        async with self._lock:
            if self._detach:
                self._detach()
                self._detach = None
            if not self._entries or _CONVERSATION not in self._hass.config.components:
                return
            # What it needs is installed with conversations only.
            from .voice_sentences import sentences_for  # noqa: PLC0415

            commands = sentences_for(
                name
                for entry in self._entries.values()
                for contact in contacts_of(entry)
                for name in (contact.name, *contact.aliases)
            )
            if not commands:
                return
            triggers = await async_validate_trigger_config(
                self._hass, [{CONF_PLATFORM: _CONVERSATION, CONF_COMMAND: commands}]
            )
            self._detach = await async_initialize_triggers(
                self._hass, triggers, self._async_called, DOMAIN, "voice", _LOGGER.log
            )

    async def _async_called(
        self, run_variables: dict[str, Any], context: Context | None = None
    ) -> ScriptRunResult:
        """Answer a sentence that is one of ours.

        It was not checked against the names by their plain form, and it can be understood
        in more ways than one: that is done here.
        """
        from .voice_sentences import requests_in  # noqa: PLC0415

        heard = run_variables["trigger"]
        # A trigger of sentences has the context of whoever spoke in there only.
        user_input = heard["user_input"]
        request = _meant(self._hass, requests_in(heard["sentence"]))
        answer = await async_call_by_words(
            self._hass,
            contact=request.contact,
            extension=request.extension,
            wait=request.wait,
            device_id=heard["device_id"],
            context=Context(**user_input["context"]),
            language=user_input["language"],
        )
        return ScriptRunResult(
            conversation_response=answer.text, service_response=None, variables={}
        )


def _meant(hass: HomeAssistant, requests: list[Request]) -> Request:
    """Return the way to understand a sentence that makes most sense.

    Somebody who is a contact and a telephone that is an extension come first; then the
    longest name of a contact and, since there was more to the sentence than the name, the
    shortest of a telephone.
    """

    def doubts(request: Request) -> tuple[bool, bool, int, int]:
        phone = request.extension or ""
        found = find_contact(hass, request.contact)
        strange_phone = bool(phone) and not (found and find_extension(found[0], phone))
        return found is None, strange_phone, -len(request.contact), len(phone)

    return min(requests, key=doubts)


@callback
def _async_get_sentences(hass: HomeAssistant) -> _Sentences:
    """Return the sentences of all PBXs."""
    if _SENTENCES not in hass.data:
        hass.data[_SENTENCES] = _Sentences(hass)
    return hass.data[_SENTENCES]
