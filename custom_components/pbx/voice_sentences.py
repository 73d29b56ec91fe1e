"""The sentences by which a call is asked for, in English and Persian.

They are written in the template language of Home Assistant's sentence triggers:
`[may be left out]`, `(one|or another)`. A trigger cannot let go of a sentence that it has
matched, and it comes before all else that Home Assistant understands, language models
included. So the sentences are offered with the names of the contacts in them, and what is
said of anybody else is left to others: "call me a taxi". Where a contact is named, any
telephone is taken, so that an unknown one can be answered.

Nothing of Home Assistant is known here but hassil, by which it understands sentences; it
is there where the conversation integration is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
import re
from typing import Final

from hassil.intents import Intents, WildcardSlotList
from hassil.models import MatchEntity
from hassil.recognize import recognize_all

from .names import persian_letters, plain_letters

_HALF_SPACE: Final = "\u200c"
# Between the parts of a word that are written together, apart or with a half-space.
_JOINT: Final = f"[( |{_HALF_SPACE})]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A way to understand a sentence; which one is meant depends on who there is."""

    contact: str
    extension: str | None
    wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """How one asks for a call in a language.

    `{contact}` is the name of a contact, `{extension}` is anything.
    """

    before: str
    after: str
    wait: str
    sentences: tuple[str, ...]


_ENGLISH: Final = _Language(
    before=(
        "[please|[please] (can|could|would|will) you [please]"
        "|(I want|I would like|I'd like) to]"
    ),
    after="[for me] [now] [(please|thanks|thank you)]",
    wait=(
        "[and|then] ((tell me|let me know|say) "
        "(how it (ended|ends|went|goes)|what happened|what became of it"
        "|(if|whether) (he|she|they|somebody|someone|anybody|anyone) answered)"
        "|wait [(for it|until it ends|until it is over)])"
    ),
    sentences=(
        "([from {extension}] (call|phone|ring|dial) [up]"
        "|(make|place|start) a [(phone|telephone)] call [from {extension}] to"
        "|(connect me|put me through|(connect|put) {extension} [through]) (to|with)) "
        "[(the|my)] {contact} [(from|on|using) {extension}]",
        "give [(the|my)] {contact} a [(phone|telephone)] (call|ring) "
        "[(from|on|using) {extension}]",
    ),
)

_RA: Final = f"{_JOINT}(را|رو)"
# Other commas than the Persian one are left out by hassil itself.
_YOU: Final = "[(ید|ین|ی)][،]"
_CALL: Final = (
    f"[(یک|یه)] (تماس{_JOINT}(بگیر|برقرار{_JOINT}کن)|(زنگ|تلفن){_JOINT}(بزن|کن))"
)
_FROM: Final = "[از {extension}]"
_TO: Final = "(با|به) {contact}"
_WHOM: Final = f"(من[{_RA}]|مرا|منو|{{extension}}[{_RA}])"
_CONNECT: Final = f"وصل{_JOINT}کن{_YOU}"

_PERSIAN: Final = _Language(
    before=(
        f"[(می{_JOINT}(شه|شود|تونی|توانی|تونید|توانید)|ممکنه|ممکن است)] [(لطفا|لطفاً)[،]]"
    ),
    after="[(لطفا|لطفاً|ممنون|مرسی)]",
    wait=(
        f"[و] [بعد] (نتیجه{_JOINT}[(اش|ش|ی آن|ی تماس)] [(به من|بهم)] [(را|رو)] "
        "[(به من|بهم)] (بگو|بگویید|بگید)"
        "|(بگو|بگویید|بگید) (چه|چی|چطور|چگونه) شد"
        "|(بگو|بگویید|بگید) (جواب|پاسخ) داد یا نه"
        "|(صبر (کن|کنید)|منتظر (باش|باشید|بمان|بمانید|بمون|بمونید)) "
        f"[تا [تماس] (تمام|تموم){_JOINT}(شود|بشود|شه|بشه)])[،]"
    ),
    sentences=(
        f"{_FROM} {_TO} {_FROM} {_CALL}{_YOU}",
        f"می{_JOINT}خوا[ه]م {_FROM} {_TO} {_FROM} {_CALL}م",
        f"[(یک|یه)] (تماس|زنگ|تلفن) {_TO} (بگیر|بزن|کن){_YOU} {_FROM}",
        f"{_CALL}{_YOU} {_TO} {_FROM}",
        f"[شماره{_JOINT}[ی]] {{contact}}{_RA} بگیر{_YOU}",
        f"{_WHOM} (به {{contact}} {_CONNECT}|{_CONNECT} به {{contact}})",
    ),
)

_LANGUAGES: Final = (_ENGLISH, _PERSIAN)

_WAITING: Final = "waiting"
_NOT_WAITING: Final = "not_waiting"

# Whichever of the two is on a keyboard.
_IN_EITHER_LETTERS: Final = {ord("ی"): "(ی|ي)", ord("ک"): "(ک|ك)"}
_TO_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_TO_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def sentences_for(contacts: Iterable[str]) -> list[str]:
    """Return the templates of all sentences that are ours, given names of contacts."""
    spellings = dict.fromkeys(chain.from_iterable(map(_spellings, contacts)))
    if not spellings:
        return []
    contact = f"({'|'.join(spellings)})[،]"
    return [
        _whole(language, sentence.replace("{contact}", contact), f"[{language.wait}]")
        for language in _LANGUAGES
        for sentence in language.sentences
    ]


def requests_in(sentence: str) -> list[Request]:
    """Return all ways to understand a sentence, none where it cannot be one of ours."""
    return [
        Request(
            contact=_said(result.entities["contact"]),
            extension=(
                _said(result.entities["extension"])
                if "extension" in result.entities
                else None
            ),
            wait=result.intent.name == _WAITING,
        )
        for result in recognize_all(sentence, _intents())
    ]


def _said(entity: MatchEntity) -> str:
    return entity.text.strip(f" ،{_HALF_SPACE}")


@cache
def _intents() -> Intents:
    """Return the sentences with any names, apart by whether the end is waited for."""
    intents = Intents.from_dict(
        {
            "language": "",
            "intents": {
                name: {
                    "data": [
                        {
                            "sentences": [
                                _whole(language, text, language.wait if waits else "")
                                for language in _LANGUAGES
                                for text in language.sentences
                            ]
                        }
                    ]
                }
                for name, waits in ((_WAITING, True), (_NOT_WAITING, False))
            },
        }
    )
    for name in ("contact", "extension"):
        intents.slot_lists[name] = WildcardSlotList(name)
    return intents


def _whole(language: _Language, sentence: str, wait: str) -> str:
    """Return a sentence with what may be said around it, in both its spellings."""
    whole = f"{language.before} {sentence} {wait} {language.after}"
    return whole.translate(_IN_EITHER_LETTERS)


def _spellings(name: str) -> Iterator[str]:
    """Yield how a name may be written, nothing where there is nothing to be said.

    Those are many, but have few choices in them, for which hassil needs the most time.
    """
    for letters in (persian_letters(name), plain_letters(name)):
        for digits in ({}, _TO_PERSIAN_DIGITS, _TO_ARABIC_DIGITS):
            text = letters.translate(digits)
            written = re.sub(rf"[^\w&'،{_HALF_SPACE}-]+", " ", text).strip()
            if not any(map(str.isalnum, written)):
                return
            words = re.findall(r"\w+|&", written.replace("'", ""))
            for spelling in (
                written,
                re.sub(f"['،{_HALF_SPACE}-]", "", written),
                *(joint.join(words) for joint in (" ", "", "-", _HALF_SPACE)),
            ):
                yield spelling
                for conjunction in ("and", "و") if "&" in spelling else ():
                    yield spelling.replace("&", conjunction)
