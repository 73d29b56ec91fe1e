"""Simotel's events in neutral words."""

import pytest

from custom_components.pbx.simotel.events import (
    Cdr,
    CdrQueue,
    Event,
    IncomingCall,
    NewState,
    OutgoingCall,
    Ping,
    TrunkNewState,
)
from custom_components.pbx.simotel.reports import ReportRow
from custom_components.pbx.simotel.signals import signal_of
from custom_components.pbx.telephony.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Signal,
    Verdict,
)


@pytest.mark.parametrize(
    ("event", "signal"),
    [
        (
            NewState(
                extension="557",
                state="ringing",
                participant="552",
                direction="IN",
                call_id="1.2",
            ),
            PhoneSignal(
                phone="557",
                state="ringing",
                other_party="552",
                direction="in",
                call_id="1.2",
            ),
        ),
        (
            NewState(extension="557", state="in_use", dialing=True),
            PhoneSignal(phone="557", state="in_use", dialing=True),
        ),
        (
            IncomingCall(number="0912", trunk="cisco", call_id="1.2"),
            LegSignal(number="0912", trunk="cisco", incoming=True, call_id="1.2"),
        ),
        (
            OutgoingCall(number="0912", trunk="cisco", originated_call_id="o"),
            LegSignal(number="0912", trunk="cisco", originated_call_id="o"),
        ),
        (
            Cdr(
                caller="557",
                callee="552",
                disposition="ANSWERED",
                talk=9,
                wait=3,
                recording="a.mp3",
                outgoing_trunk="cisco",
                entry_trunk="other",
                type="outgoing",
                call_id="1.2",
                originated_call_id="o",
            ),
            EndSignal(
                verdict=Verdict.ANSWERED,
                caller="557",
                callee="552",
                talk=9,
                wait=3,
                recording="a.mp3",
                trunk="cisco",
                kind="outgoing",
                call_id="1.2",
                originated_call_id="o",
            ),
        ),
        (
            Cdr(callee="Failed", disposition="NO ANSWER", entry_trunk="cisco"),
            EndSignal(
                verdict=Verdict.NO_ANSWER,
                callee="Failed",
                trunk="cisco",
                first_leg_failed=True,
            ),
        ),
        (
            ReportRow(channel="OutgoingSpoolFailed", disposition="FAILED"),
            EndSignal(verdict=Verdict.FAILED, first_leg_failed=True),
        ),
        (
            ReportRow(channel="SIP/t7075-000011f1", disposition="BUSY"),
            EndSignal(verdict=Verdict.BUSY),
        ),
        # Its seconds are those in the queue.
        (
            ReportRow(application="Queue", disposition="ANSWERED", talk=40, wait=0),
            EndSignal(verdict=Verdict.ANSWERED),
        ),
        (
            ReportRow(application="Dial", disposition="ANSWERED", talk=40, wait=2),
            EndSignal(verdict=Verdict.ANSWERED, talk=40, wait=2),
        ),
        (
            CdrQueue(caller="1", agent="993", disposition="MISSED", talk=0),
            EndSignal(
                verdict=Verdict.NO_ANSWER,
                caller="1",
                callee="993",
                talk=0,
                of_queue=True,
            ),
        ),
        (Cdr(disposition="WAS IST DAS"), EndSignal(verdict=Verdict.OTHER)),
        (Ping(), None),
        (TrunkNewState(trunk="cisco", state="Ok"), None),
    ],
)
def test_event_in_neutral_words(event: Event, signal: Signal | None) -> None:
    """What another make of PBX would say in its own way."""
    assert signal_of(event) == signal
