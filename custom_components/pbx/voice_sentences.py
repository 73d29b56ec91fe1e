"""The sentences by which a call is asked for, in English and Persian.

They are written in the template language of Home Assistant's sentence triggers:
`[may be left out]`, `(one|or another)`. A trigger cannot let go of a sentence that it has
matched, and it comes before all else that Home Assistant understands, language models
included. So most sentences are offered with the names of the contacts in them, and what
is said of anybody else is left to others: "call me a taxi". Only what cannot be meant
otherwise is taken with any name, so that an unknown one can be answered.

Nothing of Home Assistant is known here but hassil, by which it understands sentences; it
is there where the conversation integration is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
import re
from typing import Final
import unicodedata

from hassil.intents import Intents, WildcardSlotList
from hassil.models import MatchEntity
from hassil.recognize import recognize_all

_HALF_SPACE = "\u200c"
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

    `ours` are taken with any name, `shared` with the name of a contact only, and
    `from_ours` with any name where the extension is one.
    """

    before: str
    after: str
    wait: str
    ours: tuple[str, ...]
    shared: tuple[str, ...]
    from_ours: tuple[str, ...] = ()


_ENGLISH: Final = _Language(
    before="[please|((can|could|would) you [please])]",
    after="[please]",
    wait=(
        "[and|then] ((tell me|let me know|say) "
        "(how it (ended|ends|went|goes)|what happened|what became of it"
        "|(if|whether) (he|she|they|somebody|someone|anybody|anyone) answered)"
        "|wait [(for it|until it ends|until it is over)])"
    ),
    ours=(
        "(make|place|start) a [(phone|telephone)] call to {contact} "
        "[(from|on|using) {extension}]",
        "(make|place|start) a [(phone|telephone)] call from {extension} to {contact}",
        "give {contact} a [(phone|telephone)] call [(from|on|using) {extension}]",
    ),
    shared=(
        "(call|phone|ring|dial) [up] [(the|my)] {contact} "
        "[(from|on|using) {extension}]",
        "from {extension} (call|phone|ring|dial) [(the|my)] {contact}",
        "give [(the|my)] {contact} a ring [(from|on|using) {extension}]",
        "(connect me|put me through) (to|with) [(the|my)] {contact}",
        "(connect|put) {extension} [through] (to|with) [(the|my)] {contact}",
    ),
    from_ours=("(call|phone|ring|dial) [up] {contact} from [the] {extension}",),
)

_RA: Final = f"{_JOINT}(را|رو)"
_TAKE: Final = "(بگیر|بگیرید|بگیرین)"
_DO: Final = "(بزن|بزنید|بزنین)"
_MAKE: Final = "(کن|کنید|کنین)"
_WITH: Final = f"تماس{_JOINT}{_TAKE}"
_RING: Final = f"(زنگ{_JOINT}{_DO}|تلفن{_JOINT}({_DO}|{_MAKE}))"
_CONNECT: Final = f"وصل{_JOINT}{_MAKE}"

_PERSIAN: Final = _Language(
    before="[(لطفا|لطفاً)]",
    after="[(لطفا|لطفاً)]",
    wait=(
        f"[و] [بعد] (نتیجه{_JOINT}[(اش|ش|ی آن|ی تماس)] [به من] [(را|رو)] [به من] (بگو|بگویید|بگید)"
        f"|(بگو|بگویید|بگید) (چه|چی|چطور|چگونه) شد"
        f"|(بگو|بگویید|بگید) (جواب|پاسخ) داد یا نه)"
    ),
    ours=(
        f"[از {{extension}}] با {{contact}} [(یک|یه)] {_WITH}",
        f"با {{contact}} از {{extension}} [(یک|یه)] {_WITH}",
        f"[(یک|یه)] تماس با {{contact}} {_TAKE}",
        f"{_WITH} با {{contact}} [از {{extension}}]",
        f"[از {{extension}}] به {{contact}} [(یک|یه)] {_RING}",
        f"به {{contact}} از {{extension}} [(یک|یه)] {_RING}",
        f"[(یک|یه)] زنگ به {{contact}} {_DO}",
        f"{_RING} به {{contact}} [از {{extension}}]",
    ),
    shared=(
        f"(من|مرا|منو){_JOINT}[(را|رو)] به {{contact}} {_CONNECT}",
        f"{{extension}}[{_RA}] به {{contact}} {_CONNECT}",
        f"شماره{_JOINT}[ی] {{contact}}{_RA} {_TAKE}",
    ),
)

_LANGUAGES: Final = (_ENGLISH, _PERSIAN)

_WAITING: Final = "waiting"
_NOT_WAITING: Final = "not_waiting"

# Letters and digits, and all that are typed or written down in the place of each.
_ALIKE: Final = {
    ord(letter): f"({'|'.join(letters)})"
    for letters in (
        "یيى",
        "کك",
        "هة",
        "اأإٱ",
        *(f"{digit}{chr(0x6F0 + digit)}{chr(0x660 + digit)}" for digit in range(10)),
    )
    for letter in letters
}
# What may stand, or not, between the parts of a name.
_BETWEEN_PARTS: Final = f"[( |{_HALF_SPACE}|-|'|.)]"


def sentences_for(contacts: Iterable[str], extensions: Iterable[str]) -> list[str]:
    """Return the templates of all sentences that are ours, given the names there are."""
    contact, extension = _any_of(contacts), _any_of(extensions)
    templates: list[str] = []
    for language in _LANGUAGES:
        said = list(language.ours)
        if contact:
            said += [text.replace("{contact}", contact) for text in language.shared]
        if extension:
            said += [
                text.replace("{extension}", extension) for text in language.from_ours
            ]
        templates += [_whole(language, text, f"[{language.wait}]") for text in said]
    return templates


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
    return entity.text.strip(f" {_HALF_SPACE}")


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
                                for text in (*language.ours, *language.shared)
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


def _whole(language: _Language, text: str, wait: str) -> str:
    """Return a sentence with what may be said around it, in all its spellings."""
    return f"{language.before} {text} {wait} {language.after}".translate(_ALIKE)


def _any_of(names: Iterable[str]) -> str:
    """Return a template for any of some names, empty where there is none to be said."""
    parts = [re.findall(r"\w+", _unmarked(name)) for name in names]
    spoken = dict.fromkeys(_BETWEEN_PARTS.join(part) for part in parts if part)
    return f"({'|'.join(spoken)})" if spoken else ""


def _unmarked(name: str) -> str:
    """Return a name without the marks above and below its letters."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character) != "Mn"
    )
