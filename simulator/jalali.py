"""The Jalali (Solar Hijri) calendar, in which the PBX dates its reports."""

from datetime import date, datetime

# Within these years the leap years repeat every 33 years.
_FIRST_YEAR = 1210
_LAST_YEAR = 1633
# Chosen so that 1 Farvardin 1402 is 21 March 2023.
_EPOCH = date(2023, 3, 21).toordinal() - 1402 * 365 - (1402 * 8 + 21) // 33


def from_gregorian(day: date) -> tuple[int, int, int]:
    """Return the Jalali year, month and day of a Gregorian date.

    Good for the Jalali years 1210 to 1633 (March 1831 to March 2255); ValueError
    outside of them.
    """
    year = day.year - 621
    if day.toordinal() < _new_year(year):
        year -= 1
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{day} is outside of the years that can be converted")
    # Six months of 31 days are followed by months of 30; the last one's 29 days in a
    # common year need no rule of their own, since the year has ended then.
    rest = day.toordinal() - _new_year(year)
    if rest < 186:
        return year, rest // 31 + 1, rest % 31 + 1
    return year, (rest - 186) // 30 + 7, (rest - 186) % 30 + 1


def text(moment: datetime) -> str:
    """Return a moment as report rows spell it, such as `1401-06-20 22:43:21`.

    The times of a row are PBX-local and name no zone, so the moment is taken as it
    stands on the clock.
    """
    year, month, day = from_gregorian(moment.date())
    return f"{year:04}-{month:02}-{day:02} {moment:%H:%M:%S}"


def _new_year(year: int) -> int:
    """Return the day number of 1 Farvardin, after 8 leap years in every 33."""
    return _EPOCH + year * 365 + (year * 8 + 21) // 33
