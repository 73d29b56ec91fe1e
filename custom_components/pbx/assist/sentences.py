"""The sentences by which a call is asked for, in English and Persian.

A sentence is ours only where the name of a contact stands at its place, so what is said
of anybody else is left to others: "call me a taxi". Where a contact is named, any
telephone is taken, so that an unknown one can be answered.

First it is looked where names stand in a sentence, however they are spelled, and then
whether the rest is one of the forms below. The forms know no names, so they are made
ready once, whoever the contacts are and whenever they change. Each has at most one
telephone on each side of the name, so the time grows with the length of a sentence, and
what is longer than anybody says is not read.

Pure: nothing of Home Assistant is known here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
import re
from typing import Final

from .names import CONJUNCTIONS, Words, bare_contact, spoken_name, words_in

LONGEST_SENTENCE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A way to understand a sentence; which one is meant depends on who there is."""

    contact: str
    extension: str | None
    wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """How one asks for a call in a language.

    `[may be left out]`, `(one|or another)`; a blank stands between words, a `~` between
    parts of a word that are written together or apart. `{contact}` is the name of a
    contact, `{extension}` is anything; all is in the form in which words are compared.
    """

    before: str
    after: str
    wait: str
    sentences: tuple[str, ...]


_ENGLISH: Final = _Language(
    before=(
        "[please|[please] (can|could|would|will) you [please]"
        "|(i want|i would like|id like) to]"
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

_RA: Final = "~(را|رو)"
_YOU: Final = "[(ید|ین|ی)]"
_CALL: Final = "[(یک|یه)] (تماس~(بگیر|برقرار~کن)|(زنگ|تلفن)~(بزن|کن))"
_FROM: Final = "[از {extension}]"
_TO: Final = "(با|به) {contact}"
_WHOM: Final = f"(من[{_RA}]|مرا|منو|{{extension}}[{_RA}])"
_CONNECT: Final = f"وصل~کن{_YOU}"

_PERSIAN: Final = _Language(
    before="[(می~(شه|شود|تونی|توانی|تونید|توانید)|ممکنه|ممکن است)] [لطفا]",
    after="[(لطفا|ممنون|مرسی)]",
    wait=(
        "[و] [بعد] (نتیجه~[(اش|ش|ی ان|ی تماس)] [(به من|بهم)] [(را|رو)] "
        "[(به من|بهم)] (بگو|بگویید|بگید)"
        "|(بگو|بگویید|بگید) (چه|چی|چطور|چگونه) شد"
        "|(بگو|بگویید|بگید) (جواب|پاسخ) داد یا نه"
        "|(صبر (کن|کنید)|منتظر (باش|باشید|بمان|بمانید|بمون|بمونید)) "
        "[تا [تماس] (تمام|تموم)~(شود|بشود|شه|بشه)])"
    ),
    sentences=(
        f"{_FROM} {_TO} {_FROM} {_CALL}{_YOU}",
        f"می~خوا[ه]م {_FROM} {_TO} {_FROM} {_CALL}م",
        f"[(یک|یه)] (تماس|زنگ|تلفن) {_TO} (بگیر|بزن|کن){_YOU} {_FROM}",
        f"{_CALL}{_YOU} {_TO} {_FROM}",
        f"[شماره~[ی]] {{contact}}{_RA} بگیر{_YOU}",
        f"{_WHOM} (به {{contact}} {_CONNECT}|{_CONNECT} به {{contact}})",
    ),
)

TEMPLATES: Final = tuple(
    f"{language.before} {sentence} [<{language.wait}>] {language.after}"
    for language in (_ENGLISH, _PERSIAN)
    for sentence in language.sentences
)

# Stands where the name of the contact was. It counts as a letter, but none is so.
_NAME: Final = "_"
_BETWEEN_WORDS: Final = r"(?:(?<![^ ])| |\Z)"
_WORDS_BUT_FEW: Final = "[^_ ](?:[^_]*?[^_ ])??"
_WORDS: Final = "[^_ ](?:[^_]*[^_ ])?"
_SIGNS: Final = {
    "[": "(?:",
    "]": ")?",
    "(": "(?:",
    "<": "(?P<wait>",
    ">": ")",
    "~": " ?",
    " ": _BETWEEN_WORDS,
}
_FORMS: Final = (bare_contact, spoken_name)
# Who says more names than that says something else.
_MOST_PLACES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the name of a contact stands in a sentence."""

    words: Words
    start: int
    end: int

    @property
    def masked(self) -> str:
        """Return the sentence without the name."""
        text = self.words.text
        return f"{text[: self.start]}{_NAME}{text[self.end :]}"

    def original(self, start: int, end: int) -> str:
        """Return how something was written that has a place in the masked sentence."""
        hidden = self.end - self.start - len(_NAME)
        return self.words.original(
            start if start <= self.start else start + hidden,
            end if end <= self.start else end + hidden,
        )


def requests_in(sentence: str, contacts: Iterable[str]) -> list[Request]:
    """Return all ways to understand a sentence, none where it is not one of ours.

    `contacts` are the names of those who can be called.
    """
    return [
        Request(
            contact=place.original(place.start, place.start + len(_NAME)),
            extension=_extension_in(match, place),
            wait=match["wait"] is not None,
        )
        for place in _places_of(contacts, sentence)
        for pattern in (*patterns(greedy=False), *patterns(greedy=True))
        if (match := pattern.fullmatch(place.masked))
    ]


def parts_in(sentence: str, contacts: Iterable[str]) -> set[str]:
    """Return the parts of a sentence that are ours where they are said alone.

    In "call Ali in five minutes" that is "call Ali".
    """
    return {
        place.original(*match.span()).strip()
        for place in _places_of(contacts, sentence)
        for pattern in patterns(greedy=True)
        if (match := pattern.search(place.masked))
    }


@cache
def patterns(*, greedy: bool) -> tuple[re.Pattern[str], ...]:
    """Return the forms of all sentences; to make them ready takes some milliseconds.

    Where a telephone is named at the end, what follows can be part of its name, or not:
    `greedy` takes as much as there is for it, else as little as possible.
    """
    words = _WORDS if greedy else _WORDS_BUT_FEW
    return tuple(re.compile(_regular(template, words)) for template in TEMPLATES)


def _regular(template: str, words: str) -> str:
    """Return a template as a regular expression."""
    pieces: list[str] = []
    for number, piece in enumerate(template.split("{extension}")):
        if number:
            pieces.append(f"(?P<extension_{number}>{words})")
        pieces.extend(
            _SIGNS.get(sign, sign) for sign in piece.replace("{contact}", _NAME)
        )
    return "".join((r"(?<![^ ])", *pieces, _BETWEEN_WORDS))


def _extension_in(match: re.Match[str], place: _Place) -> str | None:
    """Return the telephone that a sentence names, None where it names none."""
    for group, found in reversed(match.groupdict().items()):
        if found and group != "wait":
            return place.original(*match.span(group))
    return None


def _places_of(contacts: Iterable[str], sentence: str) -> Iterator[_Place]:
    """Yield where somebody's name stands in a sentence.

    Blanks in names and between their words make no difference, so they are looked for
    among the letters alone.
    """
    if len(sentence) > LONGEST_SENTENCE:
        return
    words = words_in(sentence)
    letters: list[str] = []
    places: list[int] = []
    for word in re.finditer("[^ ]+", words.text):
        if word[0] not in CONJUNCTIONS:
            letters.append(word[0])
            places.extend(range(*word.span()))
    spoken = "".join(letters)
    found = {
        (places[start], places[start + len(name) - 1] + 1)
        for name in {form(name) for name in contacts for form in _FORMS}
        if name
        for start in _starts_of(name, spoken)
        if places[start] == 0 or words.text[places[start] - 1] == " "
    }
    if len(found) <= _MOST_PLACES:
        for start, end in found:
            yield _Place(words=words, start=start, end=end)


def _starts_of(name: str, spoken: str) -> Iterator[int]:
    """Yield where a name begins in what was spoken."""
    start = spoken.find(name)
    while start >= 0:
        yield start
        start = spoken.find(name, start + 1)
