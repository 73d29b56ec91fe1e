"""Patterns of telephone numbers, as the PBX's dialplan writes them."""

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.dialing.pattern import (
    InvalidPatternError,
    parse_pattern,
    without_plus,
)

DIGITS = st.text("0123456789", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("552", ["552"], ["5520", "0552", "55", "*552"]),
        ("XXX", ["000", "999"], ["99", "9999", "99*"]),
        ("ZXX", ["100", "999"], ["012"]),
        ("NXX", ["200", "999"], ["199", "012"]),
        ("[15-7]0", ["10", "50", "60", "70"], ["20", "40", "80", "-0"]),
        ("09XXXXXXXXX", ["09121234567"], ["9121234567", "0912123456", "091212345678"]),
        ("00.", ["001", "0049301234567"], ["00", "0", "1"]),
        ("00!", ["00", "001"], ["0", "100"]),
        (".", ["1", "*", "12#"], [""]),
        ("!", ["1", ""], []),
        ("*[*#]X", ["**1", "*#1"], ["1*1", "***"]),
        ("*21*.", ["*21*0912"], ["21", "*21*"]),
    ],
)
def test_pattern_means_what_it_means_in_a_dialplan(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    """A whole number has to fit, not a part of it."""
    parsed = parse_pattern(pattern)
    assert all(map(parsed.matches, matching))
    assert not any(map(parsed.matches, others))


@pytest.mark.parametrize(
    "written",
    ["0912XX.", "_0912XX.", "0912xx.", "۰۹۱۲XX.", "٠٩١٢xx.", " (0912) X-X . \u200f"],
)
def test_way_of_writing_does_not_matter(written: str) -> None:
    """As with numbers; Asterisk's own mark is no part of the pattern."""
    assert parse_pattern(written).text == "0912XX."


@pytest.mark.parametrize(
    "written",
    [
        *("", "  ", "_", "0.9", "!.", "..", "abc", "[", "[]", "[1", "1]", "[7-5]"),
        *("[a-z]", "[^1]", "1+", "(?=1)", "\\d", "09{2}", "1|2", "$", "X" * 65),
    ],
)
def test_what_is_no_pattern_is_refused(written: str) -> None:
    """Rather than taken for one that lets through what it should not."""
    with pytest.raises(InvalidPatternError):
        parse_pattern(written)


@given(DIGITS)
def test_plus_is_two_zeros_in_patterns_too(digits: str) -> None:
    """Whichever of the two the rule and the number are written with."""
    for written in (f"+{digits}", f"00{digits}"):
        pattern = parse_pattern(written)
        assert pattern.matches(without_plus(f"+{digits}"))
        assert pattern.matches(without_plus(f"00{digits}"))


@given(st.text(max_size=80))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    """No text is an error of another kind, and none matches without an end."""
    try:
        pattern = parse_pattern(text)
    except InvalidPatternError:
        return
    assert not pattern.matches("letters") or pattern.text in (".", "!")
