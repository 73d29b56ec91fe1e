"""Calling somebody who is named in words, and what is said of it.

The texts are the integration's translations. Those of errors are its exceptions', of
which the first sentence is spoken: it says what is wrong, and whether a call may have
been placed. The others are under `common`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Final

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import translation
from homeassistant.util import language as language_util

from ..const import DOMAIN
from .resolve import PlacedCall, async_call

LANGUAGES: Final = ("en", "fa")

# Marks for the eye, of which a voice may make words.
_UNSPOKEN: Final = re.compile("[`*\u2066-\u2069]")
_AFTER_A_SENTENCE: Final = re.compile(r"(?<=[.!?؟])\s+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said; `error` is why no call, or perhaps none, was placed, else None."""

    text: str
    error: HomeAssistantError | None = None


async def async_call_by_words(
    hass: HomeAssistant,
    *,
    contact: str,
    extension: str | None,
    wait: bool,
    device_id: str | None,
    context: Context,
    language: str,
) -> Answer:
    """Call somebody, and return what to say of it in a language.

    Names are as they were said; `device_id` is what was spoken to. Where it is asked for,
    this takes until the call has ended, or some minutes.
    """
    try:
        placed = await async_call(
            hass,
            contact=contact,
            extension=extension,
            wait=wait,
            device_id=device_id,
            context=context,
        )
    except Unauthorized as err:
        return Answer(
            await _async_text(hass, language, "common", "voice_not_allowed"), err
        )
    except HomeAssistantError as err:
        return Answer(await async_spoken_error(hass, language, err), err)
    return Answer(await _async_news(hass, language, placed))


async def _async_news(hass: HomeAssistant, language: str, placed: PlacedCall) -> str:
    """Return what is said of a call that the PBX has accepted."""
    planned = placed.planned
    if placed.ending:
        key = f"voice_{placed.ending.outcome}"
    elif placed.waited:
        key = "voice_going_on"
    else:
        key = "voice_calling" if planned.phone else "voice_calling_own"
    names = {"contact": planned.contact.name, "phone": planned.phone or ""}
    return await _async_text(hass, language, "common", key, names)


async def async_spoken_error(
    hass: HomeAssistant, language: str, error: HomeAssistantError
) -> str:
    """Return what is said of an error: the first sentence of its text.

    That one names no number, and nothing in it comes from the PBX: what is spoken may
    reach a language model, which could take it for an instruction.
    """
    if error.translation_domain != DOMAIN or error.translation_key is None:
        return str(error)
    return await _async_text(
        hass,
        language,
        "exceptions",
        f"{error.translation_key}.message",
        error.translation_placeholders,
    )


async def _async_text(
    hass: HomeAssistant,
    language: str,
    section: str,
    key: str,
    placeholders: Mapping[str, str] | None = None,
) -> str:
    """Return the first sentence of one of the integration's texts.

    In English where there is none in the language.
    """
    spoken = next(iter(language_util.matches(language, LANGUAGES)), LANGUAGES[0])
    texts = await translation.async_get_translations(hass, spoken, section, {DOMAIN})
    text = _UNSPOKEN.sub("", texts[f"component.{DOMAIN}.{section}.{key}"])
    return _AFTER_A_SENTENCE.split(text)[0].format(**(placeholders or {}))
