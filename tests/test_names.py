"""A name is the same however it is typed or spoken."""

import pytest

from custom_components.pbx.assist.names import (
    LONGEST_NAME,
    bare_contact,
    bare_extension,
    called,
    plain_name,
    words_in,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ali", "ALI"),
        ("Ali Rezaei", " ali  rezaei "),
        ("علی", "علي"),
        ("کیمیا", "كيميا"),
        ("فاطمه", "فاطمة"),
        ("خانه‌ی پدر", "خانه ی پدر"),
        ("علی‌رضا", "علیرضا"),
        ("دفتر ۲", "دفتر 2"),
        ("دفتر ٢", "دفتر 2"),
        ("مُحَمَّد", "محمد"),
        ("Straße", "STRASSE"),
        ("\u202bعلی\u202c", "علی"),
        ("ﻋﻠﯽ", "علی"),
        ("آژانس", "اژانس"),
        ("مؤذن رئوفی", "موذن ریوفی"),
        ("عـــلی", "علی"),
        ("محمّدرضا", "محمد رضا"),
        ("رضائی", "رضایی"),
        ("زهراء", "زهرا"),
        ("İpek", "ipek"),
    ],
)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    """Digits, letters, half-spaces, blanks, marks and case make no difference."""
    assert plain_name(one) == plain_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Ali", "Alia"), ("علی", "والی"), ("دفتر ۱", "دفتر ۲")]
)
def test_different_names_are_different(one: str, other: str) -> None:
    """Nobody may be taken for somebody else."""
    assert plain_name(one) != plain_name(other)


@pytest.mark.parametrize("name", ["", "  ", "\u200c", "\u200f\u200f"])
def test_what_nobody_sees_is_no_name(name: str) -> None:
    """Nothing is left of it."""
    assert plain_name(name) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Call  Dr. Who's office! ", "call dr whos office"),
        ("24/7 Support", "24 7 support"),
        ("خانه‌ی پدر،\tتماس", "خانه ی پدر تماس"),
        ("\u202bعلی\u202c ۱۲", "علی 12"),
        ("राम", "राम"),
        ("🍕", ""),
    ],
)
def test_words_are_what_is_spoken(text: str, words: str) -> None:
    """Without punctuation, with one blank between them."""
    assert words_in(text).text == words


def test_words_are_found_again_as_they_were_written() -> None:
    """However many characters their plain form has."""
    words = words_in("ﻋﻠﯽ, the  Straße «Große»")
    start = words.text.index("strasse")
    assert words.original(start, start + len("strasse")) == "Straße"
    assert words.original(start, len(words.text)) == "Straße «Große"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("A-B", ["A-B"]),
        ("AB", ["AB"]),
        ("A/B", ["A-B", "AB"]),
        ("the sons and daughters", ["Sons & Daughters"]),
        ("my", ["My"]),
        ("nobody", []),
        ("!", []),
        ("a" * (LONGEST_NAME + 1), []),
    ],
)
def test_name_that_is_exactly_so_wins(name: str, found: list[str]) -> None:
    """Then the one that sounds so; several where that is not certain."""
    known = [
        (name, (name,))
        for name in ("A-B", "AB", "Sons & Daughters", "My", "a" * (LONGEST_NAME + 1))
    ]
    assert called(name, known, bare_contact) == found


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("the phone in the kitchen", "kitchen"),
        ("Kitchen phone", "kitchen"),
        ("phone", "phone"),
        ("the phone", "phone"),
        ("گوشی‌ی حیاط", "حیاط"),
        ("داخلی ۵۵۷", "557"),
    ],
)
def test_words_for_a_telephone_are_no_part_of_its_name(name: str, bare: str) -> None:
    """Unless there is nothing else."""
    assert bare_extension(name) == bare
