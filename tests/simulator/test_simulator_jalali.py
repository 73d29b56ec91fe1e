"""The Jalali calendar."""

from datetime import date, datetime, timedelta

import pytest

from simulator.jalali import from_gregorian, text


@pytest.mark.parametrize(
    ("gregorian", "jalali"),
    [
        # From the PBX's own samples.
        ((2022, 9, 11), (1401, 6, 20)),
        ((2023, 7, 18), (1402, 4, 27)),
        ((2020, 5, 20), (1399, 2, 31)),
        # New year's days, and the last days of a leap year and of a common one.
        ((2020, 3, 20), (1399, 1, 1)),
        ((2021, 3, 20), (1399, 12, 30)),
        ((2021, 3, 21), (1400, 1, 1)),
        ((2022, 3, 20), (1400, 12, 29)),
        ((2024, 3, 20), (1403, 1, 1)),
        ((2025, 3, 20), (1403, 12, 30)),
        ((2026, 11, 23), (1405, 9, 2)),
        # The middle of the year, where months become shorter.
        ((2023, 9, 22), (1402, 6, 31)),
        ((2023, 9, 23), (1402, 7, 1)),
        # History.
        ((1979, 2, 11), (1357, 11, 22)),
    ],
)
def test_known_days(
    gregorian: tuple[int, int, int], jalali: tuple[int, int, int]
) -> None:
    """Days known from samples and history come out right."""
    assert from_gregorian(date(*gregorian)) == jalali


def test_successive_days() -> None:
    """Two centuries of days follow each other without a gap."""
    day = date(1900, 1, 1)
    previous = from_gregorian(day)
    while day < date(2100, 1, 1):
        day += timedelta(days=1)
        year, month, day_of_month = previous
        current = from_gregorian(day)
        assert current in {
            (year, month, day_of_month + 1),
            (year, month + 1, 1),
            (year + 1, 1, 1),
        }
        previous = current


def test_first_and_last_day() -> None:
    """The first and the last day that can be converted are known."""
    assert from_gregorian(date(1831, 3, 21)) == (1210, 1, 1)
    assert from_gregorian(date(2255, 3, 20)) == (1633, 12, 29)


@pytest.mark.parametrize("day", [date(1831, 3, 20), date(2255, 3, 21)])
def test_days_beyond(day: date) -> None:
    """Days beyond these are refused."""
    with pytest.raises(ValueError, match="outside"):
        from_gregorian(day)


def test_text() -> None:
    """A moment is spelt as in report rows."""
    assert text(datetime(2022, 9, 11, 22, 43, 21)) == "1401-06-20 22:43:21"
