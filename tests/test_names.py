"""A name is the same however it is typed or spoken."""

import pytest

from custom_components.pbx.names import plain_name


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
