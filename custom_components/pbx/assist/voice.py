"""Sentences that Assist understands by itself, without a language model.

Home Assistant knows the sentences of automations. Such a sentence cannot let go of what
it has matched, all of them are parsed anew in the event loop whenever one of them
changes, and each is matched there, however long what was said is. So ours are not kept
there: what is said is looked at first, and only if it is one of ours it is registered,
as it was said and until it is answered. Who the contacts are then, counts.
"""

from dataclasses import dataclass
from functools import partial
import re
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_when_setup

from ..const import CONF_VOICE
from ..coordinator import PbxConfigEntry
from ..directory import contacts_of
from .names import bare_contact, plain_name, spoken_name, words_in
from .replies import async_call_by_words
from .resolve import async_settle, find_contacts, find_extensions, names_to_call
from .sentences import Request, parts_in, patterns, requests_in

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult

    from homeassistant.components.conversation import ConversationInput

_CONVERSATION: Final = "conversation"
# Whoever speaks at the same time; an answer that fails tells nobody that it is over.
_MOST_OFFERS: Final = 16
_SIGNS_OF_TEMPLATES: Final = re.compile(r"[][(){}<>|;\\]")


@callback
def async_setup_voice(hass: HomeAssistant) -> None:
    """Listen to what is said, as soon as there are conversations."""
    async_when_setup(hass, _CONVERSATION, _async_conversation_is_up)


@callback
def async_prepare_voice(hass: HomeAssistant, entry: PbxConfigEntry) -> None:
    """Have what the first sentence needs made ready before it is said.

    It takes long enough to be felt in the event loop, and the PBX is not kept waiting for
    it. After a change only the names that are new are left to be read.
    """
    if entry.options.get(CONF_VOICE):
        names = [name for contact in contacts_of(entry) for name in contact.names]
        hass.async_add_executor_job(_prepare, names)


def _prepare(names: list[str]) -> None:
    for greedy in (False, True):
        patterns(greedy=greedy)
    for name in names:
        for form in (plain_name, spoken_name, bare_contact):
            form(name)


async def _async_conversation_is_up(hass: HomeAssistant, _name: str) -> None:
    # What it needs is installed with conversations only.
    from homeassistant.components.conversation import chat_log  # noqa: PLC0415

    chat_log.async_subscribe_chat_logs(hass, _Listener(hass).async_hear)


@dataclass(frozen=True, slots=True)
class _Offer:
    """A sentence that is registered, and the conversations in which it was said."""

    withdraw: CALLBACK_TYPE
    conversations: set[str]


class _Listener:
    """Has those sentences understood that are ours, while they are being answered."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Offer nothing yet."""
        self._hass = hass
        # By their words: who says the same twice is not to be answered twice.
        self._offers: dict[str, _Offer] = {}

    @callback
    def async_hear(
        self, conversation_id: str, _event_type: str, data: dict[str, Any]
    ) -> None:
        """Handle what is said in a conversation, by whomever."""
        content = data.get("content")
        if content is None:
            return
        if content["role"] == "user":
            self._async_end_offers(conversation_id)
            self._async_consider(conversation_id, content["content"])
        elif content["role"] == "assistant" and not content.get("tool_calls"):
            self._async_end_offers(conversation_id)

    @callback
    def _async_consider(self, conversation_id: str, text: str) -> None:
        """Offer what is ours in what somebody has just said.

        Where that is a part only, it may be what Home Assistant is asked to do later: it
        looks first whether that could be understood.
        """
        names = list(names_to_call(self._hass))
        if requests := requests_in(text, names):
            self._async_offer(conversation_id, text, requests)
            return
        for part in parts_in(text, names):
            self._async_offer(conversation_id, part, requests_in(part, names))

    @callback
    def _async_offer(
        self, conversation_id: str, sentence: str, requests: list[Request]
    ) -> None:
        """Register a sentence until it is answered."""
        from homeassistant.components.conversation import agent_manager  # noqa: PLC0415

        conversations = {conversation_id}
        words = words_in(sentence).text
        if earlier := self._offers.pop(words, None):
            earlier.withdraw()
            conversations |= earlier.conversations
        manager = agent_manager.get_agent_manager(self._hass)
        withdraw = manager.register_trigger(
            [_template_of(sentence)], partial(self._async_called, requests)
        )
        self._offers[words] = _Offer(withdraw, conversations)
        if len(self._offers) > _MOST_OFFERS:
            self._offers.pop(next(iter(self._offers))).withdraw()

    @callback
    def _async_end_offers(self, conversation_id: str) -> None:
        """Register no longer what was said in a conversation alone."""
        for words, offer in list(self._offers.items()):
            offer.conversations.discard(conversation_id)
            if not offer.conversations:
                del self._offers[words]
                offer.withdraw()

    async def _async_called(
        self,
        requests: list[Request],
        user_input: ConversationInput,
        _result: RecognizeResult,
    ) -> str:
        """Answer a sentence that is one of ours."""
        await async_settle(self._hass)
        request = _meant(self._hass, requests)
        answer = await async_call_by_words(
            self._hass,
            contact=request.contact,
            extension=request.extension,
            wait=request.wait,
            device_id=_device_of(self._hass, user_input),
            context=user_input.context,
            language=user_input.language,
        )
        return answer.text


def _template_of(sentence: str) -> str:
    """Return the template of a single sentence."""
    from hassil.util import normalize_for_matching  # noqa: PLC0415

    # Home Assistant takes the same away from what is said.
    text = normalize_for_matching(sentence).text
    return _SIGNS_OF_TEMPLATES.sub(r"\\\g<0>", text)


def _device_of(hass: HomeAssistant, user_input: ConversationInput) -> str | None:
    """Return the device that was spoken to."""
    if user_input.satellite_id and (
        satellite := er.async_get(hass).async_get(user_input.satellite_id)
    ):
        return satellite.device_id
    return user_input.device_id


def _meant(hass: HomeAssistant, requests: list[Request]) -> Request:
    """Return the way to understand a sentence that makes most sense.

    Somebody who is a contact and a telephone that is an extension come first; then the
    longest name of a contact and, since there was more to the sentence than the name, the
    shortest of a telephone.
    """

    def doubts(request: Request) -> tuple[bool, bool, int, int]:
        phone = request.extension or ""
        found = find_contacts(hass, request.contact)
        strange_phone = bool(phone) and not any(
            find_extensions(entry, phone) for entry, _ in found
        )
        return not found, strange_phone, -len(request.contact), len(phone)

    return min(requests, key=doubts)
