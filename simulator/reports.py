"""The search of the call report (CDR)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
import json
import re

from .parameters import (
    matches,
    refuse_failed,
    refuse_missing,
    similar,
    table,
    text_of,
    whole_number,
)
from .settings import Settings
from .wire import Json, Row

_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_CALL_ID = re.compile(r"([0-9]{1,12})\.[0-9]+")
_ROWS_BY_DEFAULT = 20
_COLUMN_OF_CONDITION = {"from": "src", "to": "dst", "cuid": "cuid"}


def search_calls(
    rows: Sequence[Row],
    settings: Settings,
    parameters: Mapping[str, Json],
    *,
    range_optional_with_call_id: bool,
) -> tuple[Row, list[Row]]:
    """Return the pagination, and the rows that fit, sorted and cut by it.

    `range_optional_with_call_id` is how the quick search behaves: with a `cuid` it
    wants an empty range.
    """
    alike = similar(parameters, required=settings.searches.require_alike)
    conditions = table(parameters.get("conditions"))
    wanted = {
        column: text_of(conditions.get(name))
        for name, column in _COLUMN_OF_CONDITION.items()
    }
    date_range = table(parameters.get("date_range"))
    if date_range or not (range_optional_with_call_id and wanted["cuid"]):
        first, last = (_moment(date_range, name, settings) for name in ("from", "to"))
        rows = [row for row in rows if _within(row, first, last)]
    fitting = [
        row
        for row in rows
        if all(
            matches(row.get(column), text, alike=alike)
            for column, text in wanted.items()
        )
    ]
    return _page(fitting, table(parameters.get("pagination")))


def _moment(date_range: Mapping[str, Json], name: str, settings: Settings) -> float:
    """Return one end of the range in epoch seconds.

    It comes as a Gregorian minute on the PBX's own clock.
    """
    text = text_of(date_range.get(name)) or refuse_missing("date_range")
    if not _MINUTE.fullmatch(text):
        refuse_failed()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        refuse_failed()
    return moment.replace(tzinfo=settings.local_zone).timestamp()


def _within(row: Row, first: float, last: float) -> bool:
    # The rows' dates are Jalali and name no zone; the call id begins with the true
    # second of the call.
    for column in ("cuid", "uniqueid"):
        match = _CALL_ID.fullmatch(str(row.get(column)))
        if match:
            return first <= int(match[1]) <= last
    # A row that tells no time, which only a test would add, is always found.
    return True


def _page(rows: list[Row], pagination: Mapping[str, Json]) -> tuple[Row, list[Row]]:
    start = whole_number(pagination.get("start"), 0)
    count = whole_number(pagination.get("count"), _ROWS_BY_DEFAULT)
    sorting = table(pagination.get("sorting"))
    # Sorting is stable, so the first column named is the last one to be sorted by.
    for column, direction in reversed(sorting.items()):
        if text_of(direction) not in ("1", "-1"):
            refuse_failed()
        rows = sorted(rows, key=_column_key(column), reverse=text_of(direction) == "-1")
    used: Row = {"start": start, "count": count, "sorting": sorting}
    return used, rows[start : start + count]


def _column_key(column: str) -> Callable[[Row], tuple[int, float, str]]:
    return lambda row: _sort_key(row.get(column))


def _sort_key(value: Json) -> tuple[int, float, str]:
    """Order values of any types: none, numbers, text, then anything else."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    if isinstance(value, str):
        return 2, 0.0, value
    return 3, 0.0, json.dumps(value, sort_keys=True)
