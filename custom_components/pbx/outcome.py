"""How a call ended: what was heard of it proves that, or it is `unknown`.

Pure: no input or output, no Home Assistant and no clock. What the PBX says of calls is
incomplete, and of the most important end, that the caller's telephone was not taken,
there mostly is no word. docs/outcomes.md has the rules in full.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from .call_record import CallRecord
from .simotel.signals import EndSignal, Verdict


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CALLER_NO_ANSWER = "caller_no_answer"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended. `wait` and `talk` are seconds, None where nobody knows.

    `account` is the one of the PBX that tells it, if it is one alone.
    """

    outcome: Outcome
    wait: int | None = None
    talk: int | None = None
    recording: str = ""
    trunk: str = ""
    account: EndSignal | None = field(default=None, compare=False, repr=False)


_OUTCOMES = {
    Verdict.BUSY: Outcome.BUSY,
    Verdict.FAILED: Outcome.FAILED,
    Verdict.NO_ANSWER: Outcome.NO_ANSWER,
}


def outcome_of(verdict: Verdict) -> Outcome:
    """Return the outcome that a verdict about the second leg stands for.

    An answer is more than its verdict, and no outcome here.
    """
    return _OUTCOMES.get(verdict, Outcome.UNKNOWN)


def ending_of(outcome: Outcome, account: EndSignal) -> Ending:
    """Return how a call ended, with what the PBX's account says of it.

    The PBX counts seconds of talk for calls that were not answered too.
    """
    return Ending(
        outcome=outcome,
        wait=account.wait,
        talk=account.talk if outcome is Outcome.ANSWERED else None,
        recording=account.recording,
        trunk=account.trunk,
        account=account,
    )


def is_beyond_doubt(call: CallRecord) -> bool:
    """Tell whether nothing that may still come can change what is known of a call."""
    return any(
        account.first_leg_failed
        or (call.talking and account.verdict is Verdict.ANSWERED and account.talk)
        for account in call.accounts
    )


def told_by_accounts(call: CallRecord) -> Ending:
    """Read the PBX's accounts of a call, that of a queue before the others."""
    for account in call.accounts:
        if account.first_leg_failed:
            return Ending(outcome=Outcome.CALLER_NO_ANSWER, trunk=account.trunk)
    accounts = [account for account in call.accounts if account.of_queue]
    accounts = accounts or call.accounts
    answered = [account for account in accounts if account.verdict is Verdict.ANSWERED]
    talked = max(answered, key=lambda account: account.talk or 0, default=None)
    if talked is not None and (talked.talk or call.talking):
        return ending_of(Outcome.ANSWERED, talked)
    # An answer of no length stands in the PBX's records for other things as well.
    others = [account for account in accounts if account not in answered]
    agree = len({account.verdict for account in others}) == 1
    if not agree or call.talking or call.caller_only_rang:
        return Ending(outcome=Outcome.UNKNOWN)
    return ending_of(outcome_of(others[0].verdict), others[0])


def told_by_time(call: CallRecord) -> Ending:
    """Say what it proves that nothing more is heard of a call, which is little."""
    if call.talking:
        return Ending(outcome=Outcome.ANSWERED)
    if call.caller_answered is not None or not call.trusts(call.caller):
        return Ending(outcome=Outcome.UNKNOWN)
    if call.caller_phone.only_rang and not call.may_have_second_leg:
        return Ending(outcome=Outcome.CALLER_NO_ANSWER)
    last = call.states.get(call.caller)
    if call.is_silent and last is not None and last.state == "unavailable":
        return Ending(outcome=Outcome.CALLER_NO_ANSWER)
    return Ending(outcome=Outcome.UNKNOWN)
