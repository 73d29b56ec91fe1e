"""Says what Simotel tells of its calls, phones and trunks in neutral words."""

from ..telephony.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Signal,
    TrunkSignal,
    Verdict,
)
from .events import (
    Cdr,
    CdrQueue,
    Event,
    IncomingCall,
    NewState,
    OutgoingCall,
    TrunkNewState,
    TrunkRemoved,
)
from .reports import ReportRow

# What stands where the callee should.
_FAILED_FIRST_LEG = "failed"
# The dialplan's own extensions: start, invalid, timeout, hang-up and their like.
_NOBODY = frozenset({"s", "i", "t", "h", "o", "a", "e"})
# By the letters alone: "NO ANSWER", "NO_ANSWER" and "NOANSWER" are one word.
_VERDICTS = {
    "ANSWERED": Verdict.ANSWERED,
    "ANSWER": Verdict.ANSWERED,
    "BUSY": Verdict.BUSY,
    "REJECTED": Verdict.BUSY,
    "NOANSWER": Verdict.NO_ANSWER,
    "NOANSWERED": Verdict.NO_ANSWER,
    # The caller gave up.
    "CANCEL": Verdict.NO_ANSWER,
    "CANCELED": Verdict.NO_ANSWER,
    "CANCELLED": Verdict.NO_ANSWER,
    # Of queues.
    "ABANDONED": Verdict.NO_ANSWER,
    "MISSED": Verdict.NO_ANSWER,
    # The PBX's panel names BARRED and CONGESTED; how data spell them is not documented.
    "FAILED": Verdict.FAILED,
    "BARRED": Verdict.FAILED,
    "CONGESTED": Verdict.FAILED,
    "CONGESTION": Verdict.FAILED,
    "CHANUNAVAIL": Verdict.FAILED,
}


# Other words stay as they are.
_PHONE_STATES = {"unavailable": "unreachable"}

_TRUNK_STATES = {
    "ok": "ok",
    "unavailable": "unreachable",
    "deactivate": "deactivated",
    "deactivated": "deactivated",
}


def trunk_signal_of(event: Event) -> TrunkSignal | None:
    """Say an event about a trunk in neutral words; None is for any other event."""
    match event:
        case TrunkNewState(trunk=trunk, state=state) if trunk:
            return TrunkSignal(
                trunk=trunk, state=_TRUNK_STATES.get(state.casefold(), state)
            )
        case TrunkRemoved(trunk=trunk) if trunk:
            return TrunkSignal(trunk=trunk, state=None)
    return None


def signal_of(event: Event) -> Signal | None:
    """Say an event in neutral words; None is for one that says nothing of a call."""
    match event:
        case NewState():
            return PhoneSignal(
                phone=event.extension,
                state=_PHONE_STATES.get(event.state, event.state),
                other_party=event.participant,
                direction=event.direction.casefold(),
                dialing=event.dialing is True,
                queue=event.queue,
                call_id=event.call_id,
            )
        case IncomingCall() | OutgoingCall():
            return LegSignal(
                number=event.number,
                trunk=event.trunk,
                incoming=isinstance(event, IncomingCall),
                call_id=event.call_id,
                originated_call_id=event.originated_call_id,
            )
        case Cdr():
            return account_of(event)
        case CdrQueue():
            return EndSignal(
                verdict=_verdict_of(event.disposition),
                caller=event.caller,
                callee=event.agent,
                talk=event.talk,
                wait=event.wait,
                recording=event.recording,
                of_queue=True,
                call_id=event.call_id,
                originated_call_id=event.originated_call_id,
            )
    return None


def account_of(event: Cdr) -> EndSignal:
    """Say a Cdr, or a row of the report, in neutral words.

    What a row counts of a call to a queue is not what was talked with an agent.
    """
    of_queue = isinstance(event, ReportRow) and event.of_queue
    return EndSignal(
        verdict=_verdict_of(event.disposition),
        caller=event.caller,
        callee=event.callee,
        talk=None if of_queue else event.talk,
        wait=None if of_queue else event.wait,
        recording=event.recording,
        trunk=event.outgoing_trunk or event.entry_trunk,
        kind=event.type.casefold(),
        first_leg_failed=_first_leg_failed(event),
        reached_nobody=event.callee.casefold() in _NOBODY,
        call_id=event.call_id,
        originated_call_id=event.originated_call_id,
    )


def _verdict_of(disposition: str) -> Verdict:
    """Return what a disposition means, however the PBX separates its words."""
    letters = "".join(filter(str.isalpha, disposition.upper()))
    return _VERDICTS.get(letters, Verdict.OTHER)


def _first_leg_failed(event: Cdr) -> bool:
    """Tell whether the caller was not reached, whatever the disposition is."""
    if event.callee.casefold() == _FAILED_FIRST_LEG:
        return True
    return isinstance(event, ReportRow) and event.first_leg_failed
