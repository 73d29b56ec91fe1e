"""Numbers reach the PBX as it takes them, or not at all."""

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.telephony.errors import InvalidNumberError, InvalidTextError
from custom_components.pbx.telephony.numbers import (
    clean_caller_id,
    clean_number,
    clean_text,
    is_same_number,
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("557", "557"),
        (557, "557"),
        (0, "0"),
        ("0912 345 67 89", "09123456789"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "09123456789"),
        ("٠٩١٢٣٤٥٦٧٨٩", "09123456789"),
        ("۰9۱۲٣", "09123"),
        ("+98 (912) 345-67_89", "+989123456789"),
        ("\u200e+98\u202c\u00a0912\u200c345\ufeff\u2067", "+98912345"),
        ("\u202a0912\u202f345\u3000\t6\u202c", "09123456"),
        ("*98#", "*98#"),
        (" 557\n", "557"),
        ("1" * 32, "1" * 32),
        ("+" + "1" * 32, "+" + "1" * 32),
        (10**32 - 1, "9" * 32),
    ],
)
def test_what_people_write_becomes_a_number(written: object, number: str) -> None:
    """Digits of three scripts and everything that copying adds are understood."""
    assert clean_number(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "+",
        "abc",
        "55a7",
        "0912/345",
        "0912.345",
        "55+7",
        "++55",
        "912+",
        "1" * 33,
        "+" + "1" * 33,
        "557\n552",
        "557\r\nContext: other",
        "557;552",
        "557,552",
        "５５７",
        "५५७",
        "²³",
        "5\x005",
        "1" * 300,
        "-" * 1000 + "557",
        -557,
        10**32,
        pytest.param(10**5000, id="too long to be printed"),
        557.0,
        1e300,
        float("nan"),
        True,
        False,
        None,
        [557],
        ["557"],
        {"number": "557"},
        b"557",
    ],
)
def test_anything_else_is_refused(written: object) -> None:
    """What is no number is refused instead of being guessed at."""
    with pytest.raises(InvalidNumberError):
        clean_number(written)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_a_clean_number_is_clean(written: object) -> None:
    """Whatever comes out consists of what a PBX takes, and stays as it is."""
    try:
        number = clean_number(written)
    except InvalidNumberError:
        return
    assert set(number.removeprefix("+")) <= set("0123456789*#")
    assert 1 <= len(number.removeprefix("+")) <= 32
    assert clean_number(number) == number


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("main_routing", "main_routing"),
        (" cisco\n", "cisco"),
        ("\u200fترانک یک\u200f", "ترانک یک"),
        (7, "7"),
        ("", ""),
        ("x" * 128, "x" * 128),
    ],
)
def test_names_are_taken_as_they_are(written: object, text: str) -> None:
    """Only what nobody sees at the ends of a name is removed."""
    assert clean_text(written) == text


@pytest.mark.parametrize(
    "written",
    [
        "a\nb",
        "a\x00b",
        "a\u2028b",
        "\ud800",
        "x" * 129,
        1.5,
        True,
        None,
        [],
        -1,
        10**99,
    ],
)
def test_names_that_break_lines_are_refused(written: object) -> None:
    """A line that ends would begin an instruction of its own on the PBX."""
    with pytest.raises(InvalidTextError):
        clean_text(written)


@pytest.mark.parametrize(
    ("written", "caller_id"),
    [("۵۵۷", "557"), ("021-88 00", "0218800"), ("masking", "masking"), (557, "557")],
)
def test_caller_id_is_a_number_or_a_name(written: object, caller_id: str) -> None:
    """The PBX takes both; a number is cleaned as one."""
    assert clean_caller_id(written) == caller_id


SPELLINGS = [
    "09123450001",
    "9123450001",
    "989123450001",
    "+989123450001",
    "00989123450001",
    "۰۹۱۲۳۴۵۰۰۰۱",
    "\u202a۰۹۱۲ ۳۴۵ ۰۰۰۱\u202c",
]


@pytest.mark.parametrize("first", SPELLINGS)
@pytest.mark.parametrize("second", SPELLINGS)
def test_one_number_is_recognised_in_every_spelling(first: str, second: str) -> None:
    """A PBX writes a caller as its trunk hands it over."""
    assert is_same_number(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("551", "551"),
        ("۵۵۱", "551"),
        ("0551", "0551"),
        ("*21#", "*21#"),
        ("+98 (0) 912 345 0001", "09123450001"),
        ("+3545812345", "5812345"),
        ("+390612345678", "0612345678"),
        ("anonymous", "anonymous"),
    ],
)
def test_numbers_written_alike_are_the_same(first: str, second: str) -> None:
    """Short numbers are the same with the same digits, codes with the same signs."""
    assert is_same_number(first, second)
    assert is_same_number(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("", "551"),
        ("551", "0551"),
        ("551", "+551"),
        ("551", "989123450551"),
        ("09123450001", "09123450002"),
        ("09123450001", "9123450001#"),
        ("*09123450001", "09123450001"),
        # The code of a town is none of a country.
        ("88776655", "02188776655"),
        ("88776655", "+982188776655"),
        ("8776655", "18776655"),
        # Two that name their country, or none, are not in different ones.
        ("+9123450001", "+989123450001"),
        ("09123450001", "0989123450001"),
        # No country begins with a zero, or has more than three digits.
        ("9123450001", "+123459123450001"),
        ("anonymous", "09123450001"),
        ("anonymous", "unknown"),
    ],
)
def test_other_numbers_are_not_the_same(first: str, second: str) -> None:
    """Numbers that merely look alike reach somebody else."""
    assert not is_same_number(first, second)
    assert not is_same_number(second, first)


@given(
    st.integers(min_value=1, max_value=999),
    st.integers(min_value=10**8, max_value=10**11),
    st.sampled_from(("", "+", "00")),
)
def test_the_country_may_be_left_out(country: int, number: int, way_out: str) -> None:
    """Which country it is plays no part."""
    assert is_same_number(f"{way_out}{country}{number}", f"0{number}")
    assert is_same_number(f"{number}", f"{way_out}{country}{number}")
