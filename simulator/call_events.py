"""The events of a call, with the fields that the PBX documents for them."""

from collections.abc import Mapping

from .calls import Call, Leg, Line
from .events import CALL_ID, Event, Moment, Value
from .switches import Events


def new_state(line: Line, leg: Leg, switches: Events) -> Event:
    """Return what an extension does now, because of its part in a call.

    That part is not documented in full for all states, so switches leave some out.
    """
    fields: dict[str, Value] = {"exten": line.number, "state": line.state}
    if line.state in ("Ringing", "InUse") and switches.participants:
        fields |= _parties(leg)
    known = line.state != "Ringing" or switches.ringing_call_id
    fields[CALL_ID] = leg.cuid if known else None
    return Event(
        name="NewState", fields=fields, originated_call_id=leg.call.originated_call_id
    )


def registration(line: Line) -> Event:
    """Report that an extension has gone, or that it is back."""
    return Event(name="NewState", fields={"exten": line.number, "state": line.state})


def incoming_call(call: Call) -> Event:
    """Report that a call has come in."""
    return _of(
        call,
        "IncomingCall",
        {
            "number": call.parties.caller,
            CALL_ID: call.cuid,
            "entry_point": call.parties.trunk_name,
            "originated_call_id": call.originated_call_id,
        },
    )


def outgoing_call(call: Call, number: str, trunk: str) -> Event:
    """Report that a call leaves by a trunk."""
    return _of(
        call,
        "OutgoingCall",
        {
            "number": number,
            CALL_ID: call.cuid,
            "outgoing_point": trunk,
            "originated_call_id": call.originated_call_id,
        },
    )


def cdr(call: Call) -> Event:
    """Report how a call ended; `talk` and `wait` are documented as numbers here."""
    fields: dict[str, Value] = {
        "starttime": Moment(seconds=call.time),
        "endtime": Moment(seconds=call.ended_at),
        "src": call.parties.caller,
        "dst": call.parties.callee,
        "type": call.type,
        "disposition": call.disposition,
    }
    answered = call.disposition == "ANSWERED"
    if call.queue is not None:
        # The queue's music is an answer to the plain report.
        fields["disposition"] = "ANSWERED"
        fields |= {"billsec": call.wait + call.talk, "wait": 0}
    elif answered:
        fields |= {"billsec": call.talk, "wait": call.wait}
    else:
        fields |= {"duration": call.wait, "wait": call.wait}
    fields |= {
        "record": call.recording,
        "entry_point": call.parties.trunk_name if call.kind == "incoming" else None,
        "outgoing_point": call.outgoing_point or None,
        CALL_ID: call.cuid,
        "originated_call_id": call.originated_call_id,
    }
    return _of(call, "Cdr", fields)


def cdr_answered_after_busy(call: Call) -> Event:
    """Report once more that a call ended, answered for no time, as an Asterisk may."""
    fields = {
        **cdr(call).fields,
        "disposition": "ANSWERED",
        "billsec": 0,
        "duration": None,
    }
    return _of(call, "Cdr", fields)


def cdr_of_first_leg(call: Call) -> Event:
    """Report that the caller was not reached, with neither of the numbers in it."""
    fields = {
        **cdr(call).fields,
        "src": call.parties.caller_id,
        "dst": "failed",
        "outgoing_point": call.parties.trunk_name or None,
    }
    # These two a Cdr of this kind never has.
    del fields["record"], fields["entry_point"]
    return _of(call, "Cdr", fields)


def cdr_queue(call: Call) -> Event:
    """Report how a call to a queue ended; all its numbers are documented as texts."""
    queue = "" if call.queue is None else call.queue.number
    answered_at = call.answered_at
    talked = {
        "src": call.parties.caller,
        "dst": call.agent or queue,
        "billsec": str(call.talk),
        "wait": str(call.wait),
        "disposition": call.disposition,
    }
    hung_up_by = {"caller": "caller", "callee": "agent"}.get(call.hung_up_by)
    return _of(
        call,
        "CdrQueue",
        {
            **talked,
            CALL_ID: call.cuid,
            "queue": queue,
            "duration": str(call.talk + call.wait),
            "agent_wait": str(call.wait),
            "hangup": hung_up_by,
            "queue_status": "CONTINUE" if call.agent else "TIMEOUT",
            "comment": None,
            "record": call.recording,
            "starttime": Moment(seconds=call.time),
            "ringtime": Moment(seconds=call.connected_at or call.time),
            "answeredtime": None
            if answered_at is None
            else Moment(seconds=answered_at),
            "endtime": Moment(seconds=call.ended_at),
            "detail": [{**talked, "comment": "", "tries": "1"}],
            "originated_call_id": call.originated_call_id,
        },
    )


def voicemail(call: Call) -> Event:
    """Report that a message was left."""
    file = f"{call.parties.callee}_{int(call.ended_at)}-vm-record-file-{call.number}"
    return _of(
        call,
        "VoiceMail",
        {
            "id": f"{call.number:024x}",
            "number": call.parties.callee,
            "state": "SUCCESS",
            "date": Moment(seconds=call.ended_at),
            "filename": f"{file}.wav",
            "duration": str(call.talk),
            "caller": call.parties.caller,
        },
    )


def _of(call: Call, name: str, fields: Mapping[str, Value]) -> Event:
    return Event(name=name, fields=fields, originated_call_id=call.originated_call_id)


def _parties(leg: Leg) -> dict[str, Value]:
    call = leg.call
    rung: dict[str, Value] = {"participant": call.parties.caller_id, "direction": "in"}
    if leg.role == "second":
        return {**rung, "queue": None if call.queue is None else call.queue.number}
    if call.kind == "originated" and leg.state == "ringing":
        return rung
    dialled: dict[str, Value] = {"participant": call.parties.callee, "direction": "out"}
    return dialled if call.kind == "originated" else {**dialled, "dialer": "yes"}
