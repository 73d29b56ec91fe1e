"""The rows that calls leave in the call report, as the PBX's samples have them."""

from datetime import datetime, tzinfo
import hashlib

from . import jalali
from .calls import Call
from .settings import Settings
from .wire import Row


def rows_of(call: Call, settings: Settings) -> list[Row]:
    """Return what a call that has ended leaves in the report.

    Switches say whether a failed first leg shows the numbers of the request, or
    `failed`, and whether a busy callee leaves a second row.
    """
    row = _row(call, settings.local_zone)
    if call.outcome == "caller_no_answer":
        row |= {
            "channel": "OutgoingSpoolFailed",
            "dstchannel": "",
            "lastapp": "Hangup",
            "lastdata": "",
            "answer": "",
        }
        if settings.calls.first_leg_row == "failed":
            row |= {"src": call.parties.caller_id, "dst": "failed"}
    if call.disposition != "BUSY" or not settings.calls.answered_after_busy:
        return [row]
    second = {
        **row,
        "_id": _identifier(call, 1),
        "disposition": "ANSWERED",
        "billsec": 0,
        "billsec_hhmmss": _clock(0),
        "ANSWERED": 1,
    }
    del second["BUSY"]
    return [row, second]


def _row(call: Call, zone: tzinfo) -> Row:
    talk, wait, disposition = call.talk, call.wait, str(call.disposition)
    if call.queue is not None:
        # The queue's music is an answer to the plain report.
        talk, wait, disposition = call.talk + call.wait, 0, "ANSWERED"
    first_up = call.connected_at is not None
    connected = call.connected_at or call.time
    row: Row = {
        "_id": _identifier(call, 0),
        "type": call.type,
        "cuid": call.cuid,
        "clid": f'"" <{call.parties.caller_id}>',
        "src": call.parties.caller,
        "dst": call.parties.callee,
        "dcontext": call.parties.context,
        "channel": f"SIP/{call.parties.caller}-{call.number:08x}",
        "dstchannel": f"SIP/{call.outgoing_point or call.parties.callee}",
        "lastapp": "Dial" if call.queue is None else "Queue",
        "lastdata": f"SIP/{call.parties.callee},30,TtKk",
        "start": jalali.text(datetime.fromtimestamp(call.time, zone)),
        "answer": (
            f"{datetime.fromtimestamp(connected, zone):%Y-%m-%d %H:%M:%S}"
            if first_up
            else ""
        ),
        "duration": 1,
        "billsec": talk,
        "disposition": disposition,
        "uniqueid": call.uniqueid,
        "v": 2,
        "route": [
            {
                "type": "OutgoingRoute",
                "name": "Outgoing Route",
                "duration": 0.033743,
                "date": {"$date": {"$numberLong": str(int(connected * 1000))}},
            }
        ],
        "wait": wait,
        "starttime": jalali.text(datetime.fromtimestamp(connected, zone)),
        "endtime": jalali.text(datetime.fromtimestamp(call.ended_at, zone)),
        disposition: 1,
        call.type: 1,
        "billsec_hhmmss": _clock(talk),
        "wait_hhmmss": _clock(wait),
    }
    optional = {
        "outgoing_point": call.outgoing_point,
        "entry_point": call.parties.trunk_name if call.kind == "incoming" else "",
        "record": call.recording,
        "hangup": call.hung_up_by,
    }
    row |= {name: value for name, value in optional.items() if value}
    if call.originated_call_id is not None:
        row |= _origin(call, call.originated_call_id)
    return row


def _origin(call: Call, originated_call_id: str) -> Row:
    row: Row = {"originated_call_id": originated_call_id}
    comments = [f"originated call: {originated_call_id}"]
    if call.twin is not None:
        # Two calls that share a call id have each other's comment, and each other's
        # numbers.
        comments.append(f"originated call: {call.twin.originated_call_id}")
        row["dst"] = call.twin.parties.callee
        row["details"] = [
            {"src": one.parties.caller, "dst": one.parties.callee}
            for one in (call, call.twin)
        ]
    return row | {"comment": ". ".join(comments)}


def _identifier(call: Call, part: int) -> str:
    text = f"{call.uniqueid} {call.number} {part}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
