"""The PBX's report of calls, in which an originated call can be looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from .events import Cdr, read_fields, sent_as
from .texts import read_text

PAGE: Final = 100
MOST_PAGES: Final = 5

_FAILED_CHANNEL = "OutgoingSpoolFailed"
_QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow(Cdr):
    """A row of the report: what the event says, and how the first leg went."""

    channel: str = sent_as(read_text, "channel")
    application: str = sent_as(read_text, "lastapp")
    comment: str = sent_as(read_text, "comment")

    @property
    def first_leg_failed(self) -> bool:
        """Whether the caller was not reached; Asterisk names the channel so then."""
        return self.channel.startswith(_FAILED_CHANNEL)

    @property
    def of_queue(self) -> bool:
        """Whether it only tells that a queue took the call, and for how long."""
        return self.application.casefold() == _QUEUE

    def is_of(self, originated_call_id: str) -> bool:
        """Tell whether the row is that of an originate.

        Where two originates share a call, the comment of each row names both.
        """
        if self.originated_call_id:
            return self.originated_call_id == originated_call_id
        return originated_call_id in self.comment


def report_query(*, today: date, page: int) -> dict[str, object]:
    """Return the body that asks for a page of the newest calls.

    The report wants a range in the PBX's own zone, which is not known, so that it
    begins yesterday and ends tomorrow.
    """
    day = timedelta(days=1)
    return {
        "conditions": {"from": "", "to": "", "cuid": ""},
        "date_range": {
            "from": f"{today - day:%Y-%m-%d} 00:00",
            "to": f"{today + day:%Y-%m-%d} 23:59",
        },
        "pagination": {
            "start": page * PAGE,
            "count": PAGE,
            "sorting": {"starttime": -1},
        },
        "alike": "true",
    }


def read_rows(data: object) -> list[ReportRow]:
    """Read the rows of a page; what is no row is left out."""
    rows = data.get("data") if isinstance(data, Mapping) else data
    if not isinstance(rows, list):
        return []
    return [
        ReportRow(**read_fields(ReportRow, row))
        for row in rows
        if isinstance(row, dict)
    ]


def is_older(row: ReportRow, originated_call_id: str) -> bool:
    """Tell whether a call began before an originate was asked for.

    Both ids hold the second in which that was, on the PBX's own clock.
    """
    began, _, _ = row.call_id.partition(".")
    asked = originated_call_id.rpartition(".")[0].rpartition(".")[2]
    return began.isdecimal() and asked.isdecimal() and int(began) < int(asked)
