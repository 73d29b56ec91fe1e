"""How a call ended: what was heard of it proves that, or it is `unknown`.

Pure: no input or output, no Home Assistant and no clock. What the PBX says of calls is
incomplete, and of the most important end, that the caller's telephone was not taken,
there mostly is no word. docs/outcomes.md has the rules in full.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from .call_record import CallRecord
from .numbers import is_same_number
from .signals import EndSignal, Verdict


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
    """Tell whether nothing that may still come can change what is known of a call.

    Where the PBX led a call to several telephones, each of them may have an account.
    """
    is_simple = call.talking and len(call.other_phones) == 1
    return any(
        (account.first_leg_failed and not call.sees_answer)
        or (is_simple and account.verdict is Verdict.ANSWERED and account.talk)
        for account in call.accounts
    )


def proves_talk(call: CallRecord) -> bool:
    """Tell whether the PBX's accounts prove that the two parties talked."""
    ending = told_by_accounts(call)
    return ending.outcome is Outcome.ANSWERED and bool(ending.talk)


def told_by_accounts(call: CallRecord) -> Ending:
    """Read the PBX's accounts of a call, that of a queue before the others.

    There may be one for each telephone that was tried. Of several conversations the
    longest counts.
    """
    accounts = [account for account in call.accounts if account.of_queue]
    accounts = accounts or call.accounts
    talks = [account for account in accounts if _is_talk(call, account)]
    talked = max(talks, key=lambda account: account.talk or 0, default=None)
    for account in call.accounts:
        if account.first_leg_failed:
            if talked is not None:
                return Ending(outcome=Outcome.UNKNOWN)
            return Ending(outcome=Outcome.CALLER_NO_ANSWER, trunk=account.trunk)
    if talked is not None:
        return ending_of(Outcome.ANSWERED, talked)
    # An answer of no length stands in the PBX's records for other things as well.
    others = [
        account for account in accounts if account.verdict is not Verdict.ANSWERED
    ]
    agree = len({account.verdict for account in others}) == 1
    may_be_first_leg = call.caller_only_rang or call.may_be_forwarded
    if not agree or call.talking or may_be_first_leg or _misses_leg(call, others):
        return Ending(outcome=Outcome.UNKNOWN)
    return ending_of(outcome_of(others[0].verdict), others[0])


def _is_talk(call: CallRecord, account: EndSignal) -> bool:
    """Tell whether an account proves that caller and callee talked."""
    if account.verdict is not Verdict.ANSWERED:
        return False
    if call.talking:
        return True
    if not account.talk or account.reached_nobody:
        return False
    # Somebody who was rung in the caller's place may have talked to nobody.
    return not call.may_be_forwarded or is_same_number(account.callee, call.callee)


def _misses_leg(call: CallRecord, accounts: list[EndSignal]) -> bool:
    """Tell whether somebody may have been rung of whom no account tells.

    That is so if the PBX rang somebody outside of whom it says no more, or if the
    accounts are those of other telephones than the callee's and nothing else is certain.
    """
    told = [account.callee for account in accounts]
    if not all(told):
        return False
    # A phone that another call may have kept busy does not show whether it talks.
    is_certain = call.trusts(call.caller) and call.trusts(call.callee)
    wanted = list(call.forwarded_to)
    if call.was_doubted or not is_certain:
        wanted.append(call.callee)
    return any(
        not any(is_same_number(number, callee) for callee in told) for number in wanted
    )


def told_by_time(call: CallRecord) -> Ending:
    """Say what it proves that nothing more is heard of a call, which is little."""
    if call.talking:
        return Ending(outcome=Outcome.ANSWERED)
    if call.caller_answered is not None or not call.trusts(call.caller):
        return Ending(outcome=Outcome.UNKNOWN)
    if call.caller_phone.only_rang and not call.may_have_second_leg:
        return Ending(outcome=Outcome.CALLER_NO_ANSWER)
    last = call.states.get(call.caller)
    if call.is_silent and last is not None and last.state == "unreachable":
        return Ending(outcome=Outcome.CALLER_NO_ANSWER)
    return Ending(outcome=Outcome.UNKNOWN)
