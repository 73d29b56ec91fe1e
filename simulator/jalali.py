"""The Jalali (Solar Hijri) calendar, in which the PBX dates its reports."""

from datetime import date, datetime

# Within the years 1210 to 1633 leap years repeat every 33 years, at these places in the
# cycle.
_FIRST_YEAR = 1210
_LAST_YEAR = 1633
_CYCLE = 33
_LEAP_PLACES = (1, 5, 9, 13, 17, 22, 26, 30)
_DAYS_OF_CYCLE = _CYCLE * 365 + len(_LEAP_PLACES)

# 1 Farvardin 1221, a year at place 0 of the cycle, as Python's day number.
_CYCLE_START_YEAR = 1221
_CYCLE_START_DAY = date(1842, 3, 21).toordinal()

_FIRST_HALF_MONTH = 31
_FIRST_HALF_DAYS = 6 * _FIRST_HALF_MONTH
_SECOND_HALF_MONTH = 30


def from_gregorian(day: date) -> tuple[int, int, int]:
    """Return the Jalali year, month and day of a Gregorian date.

    Good for the Jalali years 1210 to 1633 (March 1831 to March 2255); ValueError
    outside of them.
    """
    cycles, rest = divmod(day.toordinal() - _CYCLE_START_DAY, _DAYS_OF_CYCLE)
    place = 0
    while rest >= (length := 366 if place in _LEAP_PLACES else 365):
        rest -= length
        place += 1
    year = _CYCLE_START_YEAR + cycles * _CYCLE + place
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{day} is outside of the years that can be converted")
    # Six months of 31 days are followed by months of 30; the last one's 29 days in a
    # common year need no rule of their own, since the year has ended then.
    if rest < _FIRST_HALF_DAYS:
        month, day_of_month = divmod(rest, _FIRST_HALF_MONTH)
        return year, month + 1, day_of_month + 1
    month, day_of_month = divmod(rest - _FIRST_HALF_DAYS, _SECOND_HALF_MONTH)
    return year, month + 7, day_of_month + 1


def text(moment: datetime) -> str:
    """Return a moment as report rows spell it, such as `1401-06-20 22:43:21`.

    The row's times are PBX-local and name no zone, so the moment is taken as it stands
    on the clock.
    """
    year, month, day = from_gregorian(moment.date())
    return f"{year:04}-{month:02}-{day:02} {moment:%H:%M:%S}"
