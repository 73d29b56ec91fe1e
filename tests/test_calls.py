"""What is said of a call is proven by what was heard, or it is `unknown`."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.pbx.telephony.call_record import HOLD
from custom_components.pbx.telephony.calls import (
    GRACE,
    KEPT_CALLS,
    KEPT_FOR,
    LIMIT_GRACE,
    LONGEST_CALL,
    LONGEST_REPORT,
    Call,
    CallTracker,
    News,
    Step,
)
from custom_components.pbx.telephony.outcome import Outcome
from custom_components.pbx.telephony.phone_states import PhoneStates
from custom_components.pbx.telephony.signals import (
    EndSignal,
    LegSignal,
    PhoneSignal,
    Signal,
    Verdict,
)

ORIGINATED = "orig.call.1703145054.787335"
CALL_ID = "1703145055.17"


@dataclass
class World:
    """A tracker with a clock that a test moves, and what it said."""

    now: float = 1000.0
    news: list[News] = field(default_factory=list)
    reported: list[EndSignal] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the tracker on this world's clock."""
        self.tracker = CallTracker(lambda: self.now)

    def request(self, caller: str = "557", callee: str = "552", **more: Any) -> Call:
        """Have the request for a call leave; no reply has come yet."""
        return self.tracker.place(
            caller=caller, callee=callee, caller_id="900", timeout=30, **more
        )

    def place(
        self,
        caller: str = "557",
        callee: str = "552",
        *,
        originated: str = ORIGINATED,
        **more: Any,
    ) -> Call:
        """Place a call that the PBX accepts."""
        call = self.request(caller, callee, **more)
        self.take(self.tracker.accept(call, originated))
        return call

    def hear(self, *signals: Signal) -> None:
        """Hear one signal after the other, a tenth of a second apart."""
        for signal in signals:
            self.wait(0.1)
            self.take(self.tracker.hear(signal))

    def wait(self, seconds: float) -> None:
        """Let time go by, and the tracker do what is due meanwhile."""
        until = self.now + seconds
        while (due := self.tracker.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            self.take(self.tracker.tick())
        self.now = until
        self.take(self.tracker.tick())

    def take(self, news: Iterable[News]) -> None:
        """Keep what is said; where a report is wanted, look into it at once.

        That the PBX has accepted the call is left out, since `place` has it do so.
        """
        for item in news:
            if item.step is Step.ORIGINATED:
                continue
            self.news.append(item)
            if item.step is Step.REPORT_WANTED:
                self.take(self.tracker.report(item.call, self.look_up(item.call)))

    def look_up(self, call: Call) -> list[EndSignal]:
        """Return what the PBX's report shows of a call."""
        return self.reported

    def steps(self) -> list[Step]:
        """Return what was said, in its order."""
        return [item.step for item in self.news if item.step is not Step.REPORT_WANTED]


def phone(number: str, state: str, **more: Any) -> PhoneSignal:
    """Return a telephone's new state in our call."""
    party = {"557": "552", "552": "900"}.get(number, "")
    return PhoneSignal(
        **{
            "phone": number,
            "state": state,
            "other_party": party if state != "idle" else "",
            "call_id": CALL_ID,
            **more,
        }
    )


def end(verdict: Verdict = Verdict.ANSWERED, **more: Any) -> EndSignal:
    """Return the PBX's account of our call."""
    return replace(
        EndSignal(verdict=verdict, call_id=CALL_ID, originated_call_id=ORIGINATED),
        **more,
    )


def outside(number: str = "09121234567") -> LegSignal:
    """Return a leg to outside of our call."""
    return LegSignal(number=number, call_id=CALL_ID, originated_call_id=ORIGINATED)


def is_open(call: Call) -> bool:
    """Tell whether a call has not ended yet."""
    return call.ending is None


def outcome_of(call: Call) -> Outcome | None:
    """Return how a call has ended, if it has."""
    return call.ending.outcome if call.ending else None


def is_ours(tracker: CallTracker, account: EndSignal) -> bool:
    """Tell whether an account is taken for one of a call that was placed here."""
    tracker.hear(account)
    return account not in tracker.take_unclaimed()


CALLER_RINGS = phone("557", "ringing")
CALLER_ANSWERS = phone("557", "in_use")
CALLER_IDLE = phone("557", "idle")
CALLEE_RINGS = phone("552", "ringing", direction="in")
CALLEE_ANSWERS = phone("552", "in_use", direction="in")
CALLEE_IDLE = phone("552", "idle")
BOTH_RANG = (CALLER_RINGS, CALLER_ANSWERS, CALLEE_RINGS)
TALKED = (*BOTH_RANG, CALLEE_ANSWERS, CALLER_IDLE, CALLEE_IDLE)
UNANSWERED = (*BOTH_RANG, CALLEE_IDLE, CALLER_IDLE)
NOT_TAKEN = (CALLER_RINGS, CALLER_IDLE)
THIRD_RINGS = phone("553", "ringing", direction="in", other_party="900")
THIRD_IDLE = phone("553", "idle")
RING_GROUP = (*BOTH_RANG, THIRD_RINGS, CALLEE_ANSWERS, THIRD_IDLE)

ROWS: dict[str, tuple[tuple[Signal, ...], Outcome]] = {
    "answered": ((*TALKED, end(talk=9)), Outcome.ANSWERED),
    "answered, Cdr first": (
        (*BOTH_RANG, CALLEE_ANSWERS, end(talk=9), CALLER_IDLE, CALLEE_IDLE),
        Outcome.ANSWERED,
    ),
    "answered, Cdr alone": ((end(talk=9),), Outcome.ANSWERED),
    "answered, no Cdr": (TALKED, Outcome.ANSWERED),
    "answered, Cdr of 0 s, callee seen in use": (
        (*TALKED, end(talk=0)),
        Outcome.ANSWERED,
    ),
    "Cdr of 0 s alone": ((CALLER_RINGS, CALLER_ANSWERS, end(talk=0)), Outcome.UNKNOWN),
    "Cdr ANSWERED without talk seconds": ((end(),), Outcome.UNKNOWN),
    "answered outside": (
        (CALLER_RINGS, CALLER_ANSWERS, outside(), CALLER_IDLE, end(talk=9)),
        Outcome.ANSWERED,
    ),
    "busy": (
        (CALLER_RINGS, CALLER_ANSWERS, CALLER_IDLE, end(Verdict.BUSY)),
        Outcome.BUSY,
    ),
    "busy, then ANSWERED of 0 s": (
        (CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY), end(talk=0), CALLER_IDLE),
        Outcome.BUSY,
    ),
    "ANSWERED of 0 s, then busy": (
        (CALLER_RINGS, CALLER_ANSWERS, end(talk=0), end(Verdict.BUSY), CALLER_IDLE),
        Outcome.BUSY,
    ),
    "no answer": ((*UNANSWERED, end(Verdict.NO_ANSWER)), Outcome.NO_ANSWER),
    "no answer, Cdr alone": ((end(Verdict.NO_ANSWER),), Outcome.NO_ANSWER),
    "no answer, no Cdr": (UNANSWERED, Outcome.UNKNOWN),
    "no answer outside": (
        (CALLER_RINGS, CALLER_ANSWERS, outside(), end(Verdict.NO_ANSWER)),
        Outcome.NO_ANSWER,
    ),
    "failed": (
        (CALLER_RINGS, CALLER_ANSWERS, CALLER_IDLE, end(Verdict.FAILED)),
        Outcome.FAILED,
    ),
    "another word of the PBX": (
        (CALLER_RINGS, CALLER_ANSWERS, end(Verdict.OTHER)),
        Outcome.UNKNOWN,
    ),
    "accounts that contradict each other": (
        (CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY), end(Verdict.FAILED)),
        Outcome.UNKNOWN,
    ),
    "account that contradicts the telephones": (
        (*TALKED, end(Verdict.BUSY)),
        Outcome.UNKNOWN,
    ),
    "first leg failed, Cdr": (
        (*NOT_TAKEN, end(Verdict.NO_ANSWER, first_leg_failed=True)),
        Outcome.CALLER_NO_ANSWER,
    ),
    "first leg failed, Cdr alone": (
        (end(Verdict.FAILED, first_leg_failed=True),),
        Outcome.CALLER_NO_ANSWER,
    ),
    "first leg failed, no Cdr": (NOT_TAKEN, Outcome.CALLER_NO_ANSWER),
    "first leg failed, Cdr that looks like a second leg's": (
        (*NOT_TAKEN, end(Verdict.NO_ANSWER)),
        Outcome.UNKNOWN,
    ),
    "caller rings on": ((CALLER_RINGS,), Outcome.CALLER_NO_ANSWER),
    "caller unavailable": (
        (phone("557", "unreachable", call_id=""),),
        Outcome.CALLER_NO_ANSWER,
    ),
    "nothing heard": ((), Outcome.UNKNOWN),
    "queue answered": (
        (
            CALLER_RINGS,
            CALLER_ANSWERS,
            phone("993", "ringing"),
            phone("993", "in_use"),
            end(Verdict.ANSWERED, talk=40),
            end(Verdict.ANSWERED, talk=31, of_queue=True),
        ),
        Outcome.ANSWERED,
    ),
    "queue not answered, though the call was": (
        (
            CALLER_RINGS,
            CALLER_ANSWERS,
            end(Verdict.ANSWERED, talk=40),
            end(Verdict.NO_ANSWER, of_queue=True),
        ),
        Outcome.NO_ANSWER,
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_outcome(row: str) -> None:
    """Each sequence of events has one outcome, and every call ends."""
    signals, outcome = ROWS[row]
    world = World()
    call = world.place()
    world.hear(*signals)
    world.wait(LONGEST_CALL + GRACE)
    assert outcome_of(call) is outcome
    assert world.steps().count(Step.ENDED) == 1
    assert not world.tracker.open_calls
    assert world.tracker.next_due is None


def test_call_is_followed_step_by_step() -> None:
    """Each step is said once, when it is known."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_RINGS)
    assert world.steps() == [Step.CALLER_RINGING]
    world.hear(CALLER_ANSWERS, CALLEE_RINGS)
    assert world.steps()[1:] == [Step.CALLER_ANSWERED, Step.CALLEE_RINGING]
    world.hear(CALLEE_ANSWERS, CALLEE_ANSWERS)
    assert world.steps()[3:] == [Step.ANSWERED]
    assert is_open(call)
    world.wait(600)
    assert is_open(call)
    world.hear(end(talk=600, wait=4, recording="a.mp3", trunk="cisco"))
    assert world.steps()[4:] == [Step.ENDED]
    assert call.ending
    assert (call.ending.wait, call.ending.talk) == (4, 600)
    assert (call.ending.recording, call.ending.trunk) == ("a.mp3", "cisco")


def test_answer_outside_is_known_with_the_account() -> None:
    """The PBX does not announce it; the account proves it afterwards."""
    world = World()
    world.place(callee="09121234567")
    world.hear(phone("557", "in_use", other_party="09121234567"), outside())
    assert Step.ANSWERED not in world.steps()
    world.hear(end(talk=5))
    world.wait(HOLD)
    assert world.steps()[-2:] == [Step.ANSWERED, Step.ENDED]


def test_account_is_held_while_another_may_come() -> None:
    """Events overtake each other."""
    world = World()
    call = world.place()
    world.hear(end(Verdict.BUSY))
    world.wait(HOLD - 0.5)
    assert is_open(call)
    world.wait(0.5)
    assert call.ending


def test_account_without_doubt_is_not_held() -> None:
    """Both were seen talking, and the PBX says so too."""
    world = World()
    call = world.place()
    world.hear(*BOTH_RANG, CALLEE_ANSWERS, end(talk=9))
    assert call.ending


def test_idle_that_overtook_the_answer_proves_nothing() -> None:
    """A caller who fell idle and was seen in use afterwards has answered."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_IDLE, CALLER_ANSWERS)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_event_that_overtook_the_reply_is_not_lost() -> None:
    """The id is known a moment later."""
    world = World()
    call = world.request(callee="09121234567")
    world.hear(end(talk=9), outside())
    assert is_open(call)
    world.take(world.tracker.accept(call, ORIGINATED))
    world.wait(HOLD)
    assert call.ending
    assert call.ending.talk == 9


def test_events_that_overtook_the_reply_are_told_of_no_other_call() -> None:
    """Although the first of them has ended the call."""
    world = World()
    call = world.request()
    failed = end(first_leg_failed=True)
    world.hear(failed, outside(), failed)
    world.take(world.tracker.accept(call, ORIGINATED))
    assert call.ending
    assert not world.tracker.take_unclaimed()


def test_early_event_is_not_kept_for_ever() -> None:
    """What nobody asked for is forgotten after a minute."""
    world = World()
    world.hear(end(talk=9))
    world.wait(61)
    world.hear(end(talk=9, originated_call_id="orig.call.2.2"))
    call = world.place()
    world.wait(HOLD)
    assert is_open(call)


def test_call_that_was_not_placed_is_forgotten() -> None:
    """It never rang."""
    world = World()
    call = world.request()
    world.tracker.discard(call)
    world.hear(CALLER_RINGS)
    world.wait(LONGEST_CALL)
    assert not world.news


def test_accepted_calls_are_counted_until_they_end() -> None:
    """Each once, also where its end is told again when an account comes late."""
    world = World()
    world.request("100", "200")
    assert world.tracker.accepted_calls == 0
    call = world.place("300", "400")
    assert world.tracker.accepted_calls == 1
    world.wait(30 + GRACE)
    assert world.tracker.accepted_calls == 0
    world.place("500", "600", originated="orig.call.3.3")
    world.hear(end(talk=9))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.ANSWERED
    assert world.tracker.accepted_calls == 1


def test_call_that_ended_before_the_reply_to_it_is_not_counted() -> None:
    """It has rung as long as it could."""
    world = World()
    call = world.request()
    world.wait(30 + GRACE)
    assert not is_open(call)
    world.take(world.tracker.accept(call, ORIGINATED))
    assert world.tracker.accepted_calls == 0


@pytest.mark.parametrize(
    ("call_limit", "longest"), [(None, LONGEST_CALL), (60, 60 + LIMIT_GRACE)]
)
def test_conversation_without_an_end_ends(
    call_limit: int | None, longest: float
) -> None:
    """Answered, as far as is known; how long they talked is not."""
    world = World()
    call = world.place(call_limit=call_limit)
    world.hear(*BOTH_RANG, CALLEE_ANSWERS)
    world.wait(longest - 1)
    assert is_open(call)
    world.wait(1)
    assert call.ending
    assert (call.ending.outcome, call.ending.talk) == (Outcome.ANSWERED, None)


def test_silent_caller_is_given_up_after_his_ring_time() -> None:
    """And not before."""
    world = World()
    call = world.place()
    world.wait(30 + GRACE - 1)
    assert is_open(call)
    world.wait(1)
    assert call.ending


def test_report_settles_what_the_clock_would_guess() -> None:
    """A look into it comes before the clock's answer."""
    world = World(reported=[end(Verdict.BUSY)])
    call = world.place()
    world.wait(30 + GRACE)
    assert outcome_of(call) is Outcome.BUSY


def test_report_that_never_comes_is_not_waited_for() -> None:
    """Nothing waits for ever."""
    world = World()
    call = world.place()
    world.take = world.news.extend  # type: ignore[assignment,method-assign]
    world.wait(30 + GRACE)
    assert is_open(call)
    world.wait(LONGEST_REPORT)
    assert call.ending
    assert not world.tracker.report(call, [end(talk=9)])
    assert call.ending.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        ([end(talk=9)], Outcome.ANSWERED),
        ([end(talk=9), end(Verdict.BUSY)], Outcome.ANSWERED),
        ([end(talk=0), end(Verdict.BUSY)], Outcome.BUSY),
        ([end(Verdict.OTHER)], Outcome.UNKNOWN),
    ],
)
def test_late_account_settles_the_call_once(
    late: list[EndSignal], outcome: Outcome
) -> None:
    """The clock ends the wait, not the truth."""
    world = World()
    call = world.place()
    world.wait(60)
    world.hear(*late, *late)
    world.wait(HOLD)
    assert outcome_of(call) is outcome
    expected = 1 if outcome is Outcome.UNKNOWN else 2
    assert world.steps().count(Step.ENDED) == expected


def test_account_that_follows_an_account_changes_nothing() -> None:
    """The PBX may write a second row for a call that has ended."""
    world = World()
    call = world.place()
    world.hear(end(Verdict.BUSY))
    world.wait(HOLD)
    world.hear(end(talk=9))
    assert outcome_of(call) is Outcome.BUSY
    assert world.steps().count(Step.ENDED) == 1


def test_call_id_that_was_learned_names_the_call() -> None:
    """With the originated one, and then by itself."""
    world = World()
    call = world.place(callee="09121234567")
    world.hear(outside(), end(talk=9, originated_call_id=""))
    world.wait(HOLD)
    assert call.ending
    assert call.ending.talk == 9


def test_call_id_that_two_calls_share_names_neither() -> None:
    """Two originates in one second may share it."""
    world = World()
    first = world.place("557", "552", originated="orig.call.1.1")
    second = world.place("558", "553", originated="orig.call.1.2")
    world.hear(
        replace(outside(), incoming=True, originated_call_id="orig.call.1.1"),
        replace(outside(), incoming=True, originated_call_id="orig.call.1.2"),
        end(talk=9, originated_call_id=""),
        phone("557", "in_use"),
    )
    world.wait(HOLD)
    assert is_open(first)
    assert is_open(second)
    assert Step.CALLER_ANSWERED not in world.steps()
    world.hear(
        end(talk=1, originated_call_id="orig.call.1.1"),
        end(talk=2, originated_call_id="orig.call.1.2"),
    )
    world.wait(HOLD)
    assert first.ending
    assert second.ending
    assert (first.ending.talk, second.ending.talk) == (1, 2)


def test_account_of_another_originate_is_never_ours() -> None:
    """Not even with our call id."""
    world = World()
    call = world.place()
    world.hear(outside(), end(talk=9, originated_call_id="orig.call.9.9"))
    world.wait(HOLD)
    assert is_open(call)


@pytest.mark.parametrize(
    "stranger",
    [
        phone("557", "in_use", other_party="600"),
        phone("552", "in_use", other_party="600", direction="in"),
        phone("552", "in_use", direction="out"),
        phone("600", "in_use"),
    ],
)
def test_state_of_another_call_is_not_ours(stranger: PhoneSignal) -> None:
    """Its other party or its direction does not fit."""
    world = World()
    world.place()
    world.hear(replace(stranger, call_id="1703145055.99"))
    assert not world.news


def test_call_id_heard_before_the_request_is_another_call() -> None:
    """What was there before cannot be ours."""
    world = World()
    world.hear(phone("557", "ringing"), phone("557", "idle"))
    world.place()
    world.hear(phone("557", "ringing"))
    assert not world.news


def test_states_of_a_telephone_already_in_use_prove_nothing() -> None:
    """Whose they are cannot be told."""
    world = World()
    world.hear(phone("557", "in_use", call_id="1.1", other_party="600"))
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_IDLE)
    assert not world.news
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_states_that_two_calls_could_claim_prove_nothing() -> None:
    """Neither then nor later."""
    world = World()
    first = world.place(originated="orig.call.1.1")
    second = world.place(originated="orig.call.1.2")
    world.hear(replace(CALLER_RINGS, call_id=""), CALLER_RINGS, CALLER_IDLE)
    assert not world.news
    world.wait(60)
    for call in (first, second):
        assert outcome_of(call) is Outcome.UNKNOWN


def test_callee_who_rings_shows_that_the_caller_has_answered() -> None:
    """Though the event that said so was lost."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLEE_RINGS)
    world.wait(60)
    world.hear(CALLEE_IDLE, CALLER_IDLE, end(Verdict.NO_ANSWER))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.NO_ANSWER


def test_callee_who_is_not_proven_to_be_ours_shows_nothing() -> None:
    """A state without another party may be of any call while the caller rings."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, replace(CALLEE_RINGS, other_party="", call_id="1.1"))
    world.wait(60)
    assert outcome_of(call) is Outcome.CALLER_NO_ANSWER


def test_idle_alone_proves_nothing() -> None:
    """A telephone that falls idle may have been in any call."""
    world = World()
    call = world.place()
    world.hear(CALLER_IDLE)
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_caller_outside_is_never_said_not_to_have_answered() -> None:
    """Silence about somebody outside proves nothing."""
    world = World()
    call = world.place("09121234567", "552", trunk_name="cisco")
    world.hear(outside("09121234567"))
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_second_leg_of_a_caller_outside_keeps_the_call_open() -> None:
    """The leg to the callee follows the caller's answer."""
    world = World()
    call = world.place("09121234567", "09127654321", trunk_name="cisco")
    world.hear(outside("09121234567"), outside("09127654321"))
    world.wait(600)
    assert is_open(call)
    world.hear(replace(outside(), incoming=True), end(talk=580))
    world.wait(HOLD)
    assert call.ending
    assert call.ending.talk == 580


def test_agent_of_a_queue_belongs_to_the_call_by_its_id() -> None:
    """Nobody knew the agent's number before."""
    world = World()
    world.place(callee="9009")
    world.hear(
        replace(CALLER_RINGS, other_party="9009"),
        replace(CALLER_ANSWERS, other_party="9009"),
        outside(),
        phone("993", "ringing"),
        phone("993", "in_use"),
    )
    assert world.steps()[-1] is Step.ANSWERED


def test_finished_calls_are_forgotten() -> None:
    """After an hour, and at most a thousand are kept."""
    world = World()
    for number in range(KEPT_CALLS + 50):
        world.place(str(number), "552", originated=f"orig.call.1.{number}")
        world.hear(
            end(
                Verdict.BUSY,
                originated_call_id=f"orig.call.1.{number}",
                call_id=f"1.{number}",
            )
        )
    world.wait(HOLD)
    assert len(world.tracker.kept_calls) == KEPT_CALLS
    named = end(originated_call_id="orig.call.1.1049", call_id="1.1049")
    assert is_ours(world.tracker, named)
    world.wait(KEPT_FOR + 60)
    assert not world.tracker.kept_calls
    assert not is_ours(world.tracker, named)
    assert not is_ours(world.tracker, replace(named, originated_call_id=""))


def test_no_more_calls_are_kept_though_time_brings_nothing() -> None:
    """A PBX that says at once how each call ended needs no tick."""
    tracker = CallTracker(lambda: 0.0)
    accounts = [
        end(first_leg_failed=True, originated_call_id=f"orig.call.1.{number}")
        for number in range(KEPT_CALLS + 1)
    ]
    for account in accounts:
        call = tracker.place(caller="557", callee="552", caller_id="1", timeout=30)
        tracker.accept(call, account.originated_call_id)
        tracker.hear(account)
    assert not is_ours(tracker, accounts[0])
    assert is_ours(tracker, accounts[1])


def test_call_whose_id_never_came_ends_and_is_forgotten() -> None:
    """No account could name it."""
    world = World()
    call = world.request()
    world.hear(CALLER_RINGS)
    world.wait(60)
    assert outcome_of(call) is Outcome.CALLER_NO_ANSWER
    world.hear(end(talk=9))
    world.wait(KEPT_FOR + 60)
    assert world.steps().count(Step.ENDED) == 1


def test_call_id_stays_known_while_one_of_two_calls_is_kept() -> None:
    """Forgetting the older one leaves the younger one its own."""
    world = World()
    world.place("557", "552", originated="orig.call.1.1")
    world.hear(end(Verdict.BUSY, originated_call_id="orig.call.1.1"))
    world.wait(KEPT_FOR / 2)
    younger = world.place("558", "553", originated="orig.call.1.2")
    world.hear(end(Verdict.BUSY, originated_call_id="orig.call.1.2"))
    assert not world.tracker.hear(end(talk=9, originated_call_id=""))
    world.wait(KEPT_FOR / 2 + 60)
    assert world.tracker.kept_calls == [younger]
    assert is_ours(world.tracker, end(originated_call_id=""))


def test_ids_that_were_heard_are_bounded() -> None:
    """A PBX with many calls does not fill the memory."""
    world = World()
    for number in range(10_100):
        world.tracker.hear(phone("600", "idle", call_id=f"2.{number}"))
    world.place()
    # The newest still count as heard before, the oldest ids are forgotten.
    world.hear(phone("557", "idle", call_id="2.10099"))
    assert not world.news
    world.hear(phone("557", "ringing", call_id="2.0"))
    assert world.steps() == [Step.CALLER_RINGING]


def test_nothing_is_told_of_a_call_before_the_pbx_has_accepted_it() -> None:
    """Then all at once, that it was accepted first."""
    world = World()
    call = world.request()
    world.hear(CALLER_RINGS, CALLER_ANSWERS, CALLER_IDLE)
    world.wait(HOLD + 1)
    assert not world.news
    news = world.tracker.accept(call, ORIGINATED)
    assert [item.step for item in news] == [
        Step.ORIGINATED,
        Step.CALLER_RINGING,
        Step.CALLER_ANSWERED,
        Step.REPORT_WANTED,
    ]


def test_call_that_may_have_been_placed_is_followed_in_silence() -> None:
    """So that its states are not taken for those of the call that is tried next."""
    world = World()
    lost = world.request()
    world.tracker.lose(lost)
    second = world.place()
    world.hear(CALLER_RINGS, CALLER_IDLE)
    world.wait(60)
    assert world.steps() == [Step.ENDED, Step.ENDED]
    assert outcome_of(second) is Outcome.UNKNOWN


def test_signal_of_another_originate_is_given_back() -> None:
    """At once where nobody waits for a reply, else when no reply can claim it."""
    world = World()
    stranger = end(originated_call_id="orig.call.9.9", call_id="9.9")
    world.hear(stranger)
    assert world.tracker.take_unclaimed() == [stranger]
    assert not world.tracker.take_unclaimed()
    first = world.request()
    second = world.request("558", "552")
    world.hear(stranger, end(talk=9))
    world.take(world.tracker.accept(first, ORIGINATED))
    assert not world.tracker.take_unclaimed()
    world.tracker.discard(second)
    assert world.tracker.take_unclaimed() == [stranger]
    world.wait(HOLD)
    assert first.ending
    assert first.ending.talk == 9


def test_callee_is_known_though_the_pbx_names_nobody() -> None:
    """Neither the other party nor a call id: what follows the caller's answer is his."""
    world = World()
    world.place()
    bare = {"other_party": "", "call_id": ""}
    world.hear(
        phone("557", "ringing", **bare),
        phone("557", "in_use", **bare),
        phone("552", "ringing", **bare),
        phone("552", "in_use", **bare),
    )
    assert world.steps()[-1] is Step.ANSWERED


def test_agent_of_a_queue_is_known_by_the_id_of_the_callers_states() -> None:
    """Where these name the call; no event has told its id yet."""
    world = World()
    world.place(callee="9009")
    world.hear(
        replace(CALLER_RINGS, other_party="900"),
        phone("993", "ringing"),
        replace(CALLER_ANSWERS, other_party="9009"),
        phone("993", "in_use"),
    )
    assert world.steps()[-1] is Step.ANSWERED


def test_agent_is_not_known_by_an_id_that_may_be_of_another_call() -> None:
    """A state without another party may be of any call."""
    world = World()
    world.place(callee="9009")
    world.hear(
        replace(CALLER_RINGS, other_party=""),
        replace(CALLER_ANSWERS, other_party=""),
        phone("993", "in_use"),
    )
    assert Step.ANSWERED not in world.steps()


@pytest.mark.parametrize("first", [0, 1])
def test_callee_who_calls_the_caller_by_himself_has_not_answered(first: int) -> None:
    """Whichever of the two events comes first."""
    world = World()
    call = world.place()
    crossing = [
        phone("557", "ringing", direction="in", call_id="2.2"),
        phone("552", "in_use", other_party="557", direction="out", call_id="2.2"),
    ]
    world.hear(crossing[first], crossing[1 - first])
    world.hear(
        phone("557", "in_use", direction="in", call_id="2.2"),
        phone("557", "idle", call_id="2.2"),
        phone("552", "idle", call_id="2.2"),
    )
    world.wait(LONGEST_CALL + 60)
    assert Step.ANSWERED not in world.steps()
    assert outcome_of(call) is Outcome.UNKNOWN


def test_stranger_who_takes_the_caller_does_not_end_our_call() -> None:
    """That the caller's telephone falls idle then is not of our call."""
    world = World()
    call = world.place()
    stranger = {"other_party": "600", "call_id": "2.2"}
    world.hear(
        CALLER_RINGS,
        phone("557", "in_use", **stranger),
        phone("557", "idle", call_id="2.2"),
    )
    world.wait(HOLD)
    assert is_open(call)
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_callee_in_another_call_does_not_answer_ours() -> None:
    """His states were none of ours before the caller answered, so they never are."""
    world = World()
    call = world.place()
    stranger = {"other_party": "", "direction": "in", "call_id": "2.2"}
    world.hear(
        phone("552", "ringing", **stranger),
        CALLER_RINGS,
        CALLER_ANSWERS,
        phone("552", "in_use", **stranger),
        end(Verdict.BUSY),
        CALLER_IDLE,
    )
    world.wait(HOLD)
    assert Step.ANSWERED not in world.steps()
    assert outcome_of(call) is Outcome.BUSY


def test_telephone_that_leaves_its_old_call_counts_again() -> None:
    """The next number is often tried before the PBX says that the last call is over."""
    world = World()
    world.place(originated="orig.call.1.1")
    world.hear(*(replace(signal, call_id="1.1") for signal in BOTH_RANG))
    world.hear(end(Verdict.BUSY, call_id="1.1", originated_call_id="orig.call.1.1"))
    world.wait(HOLD)
    world.news.clear()
    world.place(callee="553")
    world.hear(replace(CALLER_IDLE, call_id="1.1"))
    world.hear(replace(CALLER_RINGS, other_party="553"))
    assert world.steps() == [Step.CALLER_RINGING]


def test_caller_outside_is_waited_for_though_the_callee_is_idle() -> None:
    """The dialplan may lead the call on to somebody of whom nothing is heard."""
    world = World()
    call = world.place("09121234567", "552", trunk_name="cisco")
    rings = phone("552", "ringing", other_party="09121234567", direction="in")
    world.hear(rings, CALLEE_IDLE)
    world.wait(HOLD + 5)
    assert is_open(call)
    world.wait(30 + GRACE)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_caller_whose_call_is_known_ends_it_by_falling_idle() -> None:
    """Though the telephone was in another call before, and its states proved nothing."""
    world = World()
    world.hear(phone("557", "in_use", call_id="1.1", other_party="600"))
    call = world.place(callee="09121234567")
    world.hear(outside(), CALLER_IDLE)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_what_a_call_gathers_is_bounded() -> None:
    """Whoever knows its id and sends events by the thousand."""
    world = World()
    call = world.place()
    for number in range(500):
        world.tracker.hear(outside(str(number)))
        world.tracker.hear(end(Verdict.OTHER, talk=number, call_id=f"2.{number}"))
        world.tracker.hear(phone(str(number), "ringing"))
    assert len(call.call_ids) == 50
    world.wait(HOLD)
    assert call.ending


def test_id_that_the_pbx_repeats_proves_nothing() -> None:
    """Whose its rows are cannot be told, so each call ends by what its phones showed."""
    world = World()
    first = world.place("557", "552")
    world.hear(end(Verdict.BUSY))
    second = world.place("558", "553")
    third = world.place("559", "554")
    world.hear(end(talk=9), outside())
    world.wait(30 + GRACE)
    assert {outcome_of(call) for call in (first, second, third)} == {Outcome.UNKNOWN}
    assert not world.tracker.take_unclaimed()


def test_calls_with_a_repeated_id_are_forgotten() -> None:
    """Each once, and the id is free again."""
    world = World()
    for _ in range(3):
        world.place()
    world.wait(30 + GRACE + KEPT_FOR + 60)
    world.place("558", "553", originated="orig.call.9.9")
    world.wait(30 + GRACE + KEPT_FOR + 60)
    world.tracker.tick()
    assert len(world.tracker.kept_calls) <= 1
    call = world.place()
    world.hear(end(talk=9))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.ANSWERED


def test_id_that_comes_after_the_end_is_told_and_forgotten() -> None:
    """The clock was faster than the PBX's reply."""
    world = World()
    call = world.request()
    world.wait(30 + GRACE)
    assert outcome_of(call) is Outcome.UNKNOWN
    news = world.tracker.accept(call, ORIGINATED)
    assert [item.step for item in news] == [Step.ORIGINATED, Step.ENDED]
    world.hear(end(talk=9))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.ANSWERED
    world.wait(KEPT_FOR + 60)
    world.place("558", "553", originated="orig.call.9.9")
    assert call not in world.tracker.kept_calls
    assert is_ours(world.tracker, end()) is False


def test_call_that_cannot_be_decided_hurts_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is given up, once, and the clock goes on."""
    world = World()
    broken = world.place("557", "552")
    sound = world.place("558", "553", originated="orig.call.9.9")
    decide = Call.decide

    def fail(call: Call, now: float) -> list[News]:
        if call is broken:
            raise OverflowError
        return decide(call, now)

    monkeypatch.setattr(Call, "decide", fail)
    world.wait(30 + GRACE)
    assert outcome_of(broken) is Outcome.UNKNOWN
    assert outcome_of(sound) is Outcome.UNKNOWN
    assert world.tracker.next_due is None
    assert len(caplog.records) == 1


def test_late_account_that_cannot_be_read_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The call has ended; nothing is due for it any more."""
    world = World()
    call = world.place()
    world.wait(30 + GRACE)
    world.hear(end(Verdict.BUSY))
    assert call.is_settling

    def fail(call: Call, now: float) -> list[News]:
        raise OverflowError

    monkeypatch.setattr(Call, "decide", fail)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN
    assert world.tracker.next_due is None


def test_phone_of_another_call_keeps_nobody_waiting() -> None:
    """A call id that two calls have does not say which of them is in use."""
    world = World()
    call = world.place()
    world.hear(
        phone("601", "in_use", other_party="602", direction="out"),
        replace(outside(), incoming=True),
        end(Verdict.BUSY),
    )
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.BUSY


def test_callers_phone_that_is_off_has_left_the_call() -> None:
    """The rows of the call are held once more, and then decide."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY))
    world.wait(60)
    assert is_open(call)
    world.hear(phone("557", "unavailable", call_id=""))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.BUSY


def test_phone_that_leaves_another_call_has_not_left_ours() -> None:
    """With call waiting it is in both for a while."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY))
    world.hear(
        phone("557", "in_use", other_party="600", call_id="2.2"),
        phone("557", "idle", other_party="", call_id="2.2"),
    )
    world.wait(60)
    assert is_open(call)
    world.hear(CALLER_IDLE)
    world.wait(HOLD)
    assert call.ending


def test_leg_that_follows_the_callers_answer_is_the_second() -> None:
    """Wherever it leads: the callee's phone is forwarded."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_ANSWERS, outside("09123450001"))
    world.hear(outside("09123450001"), end(Verdict.BUSY), CALLER_IDLE)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.BUSY


def test_second_number_outside_is_the_callee_of_a_caller_outside() -> None:
    """However the PBX rewrites it."""
    world = World()
    call = world.place("09120000009", "200", trunk_name="cisco")
    world.hear(outside("09120000009"))
    assert Step.CALLER_ANSWERED not in world.steps()
    world.hear(outside("5550200"))
    assert Step.CALLER_ANSWERED in world.steps()
    world.wait(600)
    assert is_open(call)


def test_calls_of_a_phone_are_bounded() -> None:
    """A PBX that never tells an end does not fill the memory."""
    states = PhoneStates()
    for number in range(100):
        states.update(phone("557", "in_use", call_id=f"3.{number}"))
    assert states.is_call_in_use("3.0")
    assert not states.is_call_in_use("3.99")
    states.update(phone("557", "idle", call_id=""))
    assert not states.is_in_use("557")


def test_row_of_another_phone_decides_nothing_while_strangers_ring() -> None:
    """The row of the phone that took the call is lost, and whether it talks is not seen."""
    world = World()
    call = world.place()
    strangers = [
        phone(number, "ringing", other_party="600", call_id="1703145055.90")
        for number in ("557", "552")
    ]
    world.hear(*strangers, CALLER_ANSWERS, CALLEE_RINGS, CALLER_RINGS, THIRD_RINGS)
    world.hear(CALLEE_ANSWERS, THIRD_IDLE, end(Verdict.NO_ANSWER, callee="553"))
    world.wait(60)
    world.hear(CALLEE_IDLE, CALLER_IDLE)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_account_of_the_first_leg_next_to_a_talk_is_a_contradiction() -> None:
    """Which of them is right cannot be told."""
    world = World()
    call = world.place()
    world.hear(end(talk=9), end(Verdict.FAILED, first_leg_failed=True))
    world.wait(HOLD)
    assert outcome_of(call) in (Outcome.CALLER_NO_ANSWER, Outcome.UNKNOWN)


def test_states_are_bounded() -> None:
    """Whoever makes up the telephones."""
    world = World()
    for number in range(10_010):
        world.tracker.hear(phone(f"x{number}", "idle", call_id=""))
    assert len(world.tracker.states) == 10_000


def test_account_that_said_nothing_may_be_followed_by_one_that_does() -> None:
    """An answer of no seconds ends the wait as unknown, not the truth."""
    world = World()
    call = world.place()
    world.hear(CALLER_RINGS, CALLER_ANSWERS, CALLER_IDLE, end(talk=0))
    world.wait(HOLD)
    world.hear(end(Verdict.BUSY, wait=3))
    world.wait(HOLD)
    endings = [item.ending for item in world.news if item.ending]
    assert [ending.outcome for ending in endings] == [Outcome.UNKNOWN, Outcome.BUSY]
    assert (endings[1].wait, endings[1].talk) == (3, None)
    assert call.ending is endings[1]


@pytest.mark.parametrize(
    "told",
    [
        EndSignal(verdict=Verdict.ANSWERED, talk=50, call_id=CALL_ID),
        LegSignal(number="09350000000", incoming=True, call_id=CALL_ID),
        LegSignal(number="552", call_id=CALL_ID, originated_call_id="orig.call.8.8"),
    ],
)
def test_states_of_what_turns_out_to_be_another_call_are_taken_back(
    told: EndSignal | LegSignal,
) -> None:
    """Nobody was named, until the PBX says whose call it was."""
    world = World()
    call = world.place()
    world.hear(*(replace(signal, other_party="") for signal in TALKED))
    assert Step.ANSWERED in world.steps()
    world.hear(told)
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_signal_that_may_be_ours_takes_nothing_back_before_it_is_not() -> None:
    """It may have overtaken the reply to another request."""
    world = World()
    call = world.place()
    other = world.request("558", "553")
    world.hear(CALLER_RINGS, end(talk=9, originated_call_id="orig.call.8.8"))
    assert call.trusts("557")
    world.tracker.discard(other)
    assert not call.trusts("557")
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_caller_who_dials_the_callee_by_himself_has_not_answered() -> None:
    """His telephone did not ring, and somebody has begun to dial on it."""
    world = World()
    call = world.place()
    world.hear(
        replace(phone("557", "in_use", direction="out"), dialing=True),
        CALLEE_RINGS,
        CALLEE_ANSWERS,
        CALLER_IDLE,
        CALLEE_IDLE,
    )
    world.wait(60)
    assert not {Step.CALLER_ANSWERED, Step.ANSWERED} & set(world.steps())
    assert outcome_of(call) is Outcome.UNKNOWN


@pytest.mark.parametrize("ringing_id", [CALL_ID, ""])
def test_caller_who_rang_first_may_be_said_to_dial(ringing_id: str) -> None:
    """A PBX may say so of the leg that it dials for him."""
    world = World()
    world.place()
    world.hear(
        replace(CALLER_RINGS, call_id=ringing_id),
        replace(CALLER_ANSWERS, direction="out", dialing=True),
    )
    assert world.steps()[-1] is Step.CALLER_ANSWERED


def test_caller_who_dials_after_he_was_rung_is_in_another_call() -> None:
    """It has another id."""
    world = World()
    call = world.place()
    world.hear(
        CALLER_RINGS,
        replace(CALLER_ANSWERS, direction="out", dialing=True, call_id="2.2"),
        replace(CALLEE_RINGS, call_id="2.2"),
        replace(CALLEE_ANSWERS, call_id="2.2"),
    )
    world.wait(60)
    assert Step.CALLER_ANSWERED not in world.steps()
    assert outcome_of(call) is Outcome.UNKNOWN


def test_callee_who_is_called_by_the_caller_afterwards_has_not_answered() -> None:
    """Ours is over: the caller's telephone has fallen idle."""
    world = World()
    call = world.place()
    world.hear(*NOT_TAKEN, replace(CALLEE_RINGS, call_id="2.2"))
    world.hear(replace(CALLEE_ANSWERS, call_id="2.2"))
    world.wait(60)
    assert Step.ANSWERED not in world.steps()
    assert outcome_of(call) is Outcome.CALLER_NO_ANSWER


@pytest.mark.parametrize(
    ("over", "longest"), [((CALLER_IDLE,), 60), ((), LONGEST_CALL + 60)]
)
def test_caller_with_two_ids_is_in_two_calls(
    over: tuple[Signal, ...], longest: float
) -> None:
    """One of them is of another call, and nobody says which."""
    world = World()
    call = world.place()
    rings = replace(CALLER_RINGS, other_party="")
    answers = replace(CALLER_ANSWERS, other_party="")
    world.hear(rings, answers, *over, replace(rings, call_id="2.2"))
    world.hear(CALLEE_RINGS, CALLEE_ANSWERS, CALLER_IDLE, CALLEE_IDLE)
    world.wait(longest)
    assert Step.ANSWERED not in world.steps()
    assert outcome_of(call) is Outcome.UNKNOWN


def test_second_leg_proves_the_callers_answer_though_his_states_do_not() -> None:
    """They were of another call; the end of this one is told late."""
    world = World()
    call = world.place()
    world.hear(
        replace(CALLER_RINGS, call_id="2.2"),
        outside("552"),
        replace(CALLEE_RINGS, other_party="552", call_id="2.2"),
    )
    world.wait(100)
    assert is_open(call)
    world.hear(end(talk=9))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.ANSWERED


def test_caller_with_an_id_that_is_not_the_calls_own_is_in_another_call() -> None:
    """Once that is known."""
    world = World()
    call = world.place(callee="09121234567")
    world.hear(outside(), phone("557", "ringing", other_party="", call_id="2.2"))
    assert Step.CALLER_RINGING not in world.steps()
    world.hear(phone("557", "in_use", other_party="09121234567"), end(talk=9))
    world.wait(HOLD)
    assert call.ending
    assert call.ending.talk == 9


def test_own_id_outweighs_the_one_that_was_guessed() -> None:
    """What was heard under the other one was of another call."""
    world = World()
    call = world.place(callee="09121234567")
    world.hear(
        phone("557", "ringing", other_party="", call_id="2.2"),
        replace(outside(), incoming=True),
        phone("557", "ringing", other_party="900"),
        phone("557", "idle"),
    )
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN
    assert Step.CALLER_ANSWERED not in world.steps()


def test_caller_whose_call_names_somebody_else_is_in_another_call() -> None:
    """Although it rang as ours would, and under the same id."""
    world = World()
    call = world.place()
    world.hear(
        CALLER_RINGS,
        replace(CALLER_ANSWERS, other_party="600"),
        phone("600", "in_use", other_party="900", direction="in"),
    )
    world.wait(60)
    assert not {Step.CALLER_ANSWERED, Step.ANSWERED} & set(world.steps())
    assert outcome_of(call) is Outcome.UNKNOWN


def test_callee_of_whom_nobody_is_named_is_ours_by_the_callers_id() -> None:
    """A PBX that names no parties still says which states are of one call."""
    world = World()
    world.place()
    both = [replace(signal, other_party="", direction="") for signal in BOTH_RANG]
    world.hear(*both, replace(CALLEE_ANSWERS, other_party="", call_id="2.2"))
    assert Step.ANSWERED not in world.steps()
    world.hear(replace(CALLEE_ANSWERS, other_party="", direction=""))
    assert world.steps()[-1] is Step.ANSWERED


def test_telephones_that_did_not_ring_have_answered_nobody_unnamed() -> None:
    """Either of them may have dialled the other."""
    world = World()
    call = world.place()
    world.hear(
        phone("557", "in_use", other_party=""), phone("552", "in_use", other_party="")
    )
    assert world.steps() == [Step.CALLER_RINGING]
    world.hear(end(talk=9))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.ANSWERED


def test_callee_who_calls_out_is_not_ours_by_the_callers_id() -> None:
    """He has called the caller."""
    world = World()
    world.place()
    unnamed = {"other_party": "", "direction": "out"}
    world.hear(
        phone("557", "ringing", other_party=""), phone("552", "in_use", **unnamed)
    )
    world.hear(phone("557", "in_use", other_party=""))
    assert Step.CALLER_ANSWERED not in world.steps()


def test_agent_whose_state_overtakes_the_callers_is_not_lost() -> None:
    """He is named as ours would be, so the id is not that of another call."""
    world = World()
    world.place(callee="9009")
    world.hear(
        phone("993", "ringing", other_party="900", direction="in"),
        phone("557", "in_use", other_party="9009"),
        phone("993", "in_use", other_party="900", direction="in"),
    )
    assert world.steps()[-1] is Step.ANSWERED


@pytest.mark.parametrize(
    "busy_before",
    [
        (phone("552", "ringing", other_party="600", call_id="1.1"),),
        (),
    ],
)
def test_callee_in_other_calls_hides_whether_he_is_rung(
    busy_before: tuple[Signal, ...],
) -> None:
    """The caller may have answered, unheard: his telephone has not fallen idle."""
    world = World()
    world.hear(*busy_before)
    call = world.place()
    world.hear(CALLER_RINGS)
    if not busy_before:
        world.hear(phone("552", "in_use", other_party="600", call_id="2.2"))
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_telephone_that_rings_on_proves_nothing_where_nobody_is_named() -> None:
    """The PBX would not name who is rung then, either."""
    world = World()
    call = world.place()
    world.hear(replace(CALLER_RINGS, other_party=""))
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_state_that_may_be_of_the_callee_leaves_the_caller_in_doubt() -> None:
    """Neither names anybody, and the ids differ."""
    world = World()
    call = world.place()
    world.hear(
        replace(CALLER_RINGS, other_party=""),
        phone("552", "ringing", other_party="", call_id="2.2"),
        CALLER_IDLE,
    )
    world.wait(60)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_idle_that_overtook_the_ringing_counts() -> None:
    """It carries the same id."""
    world = World()
    call = world.place()
    world.hear(CALLER_IDLE, CALLER_RINGS)
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.CALLER_NO_ANSWER


def test_account_about_the_callee_is_in_doubt_after_strangers_too() -> None:
    """The caller's telephone only rang, as far as was seen."""
    world = World()
    call = world.place()
    world.hear(
        replace(CALLER_RINGS, other_party=""),
        phone("557", "in_use", other_party="600", call_id=CALL_ID),
        end(Verdict.NO_ANSWER),
        CALLER_IDLE,
    )
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.UNKNOWN


def test_second_leg_that_is_known_outlives_what_is_taken_back() -> None:
    """The call goes on, whatever the telephones were in."""
    world = World()
    call = world.place(callee="09121234567")
    world.hear(
        phone("557", "in_use", other_party="", call_id="2.2"),
        outside(),
        EndSignal(verdict=Verdict.BUSY, call_id="2.2"),
    )
    world.wait(600)
    assert is_open(call)
    world.hear(end(talk=580))
    world.wait(HOLD)
    assert call.ending
    assert call.ending.talk == 580


def test_caller_of_two_calls_answers_one_of_them() -> None:
    """What is proven for one is not of the other."""
    world = World()
    first = world.place(originated="orig.call.1.1")
    world.hear(replace(CALLER_RINGS, call_id="1.1"))
    world.place(callee="553", originated="orig.call.1.2")
    world.hear(phone("557", "in_use", other_party="553", call_id="1.2"))
    world.wait(60)
    assert outcome_of(first) is Outcome.UNKNOWN


SHARED = (("557", "552", "orig.call.1.1"), ("521", "553", "orig.call.1.2"))


def two_calls_with_one_id(world: World) -> tuple[Call, Call]:
    """Place two calls in one second, to which the PBX gives one id."""
    first, second = (
        world.place(caller, callee, originated=originated)
        for caller, callee, originated in SHARED
    )
    return first, second


@pytest.mark.parametrize("placed_before", [True, False])
def test_telephones_of_two_calls_with_one_id_prove_nothing(placed_before: bool) -> None:
    """The caller of one is not somebody who takes the other; the accounts decide."""
    world = World()
    if placed_before:
        first, second = two_calls_with_one_id(world)
        world.hear(CALLER_RINGS)
    else:
        first = world.place(originated="orig.call.1.1")
        world.hear(CALLER_RINGS)
        second = world.place("521", "553", originated="orig.call.1.2")
    world.hear(
        phone("521", "ringing", other_party="900"),
        phone("521", "in_use", other_party="553"),
        phone("553", "in_use", other_party="900", direction="in"),
        CALLER_ANSWERS,
        CALLEE_RINGS,
    )
    assert not {Step.CALLER_ANSWERED, Step.ANSWERED} & set(world.steps())
    world.hear(
        end(Verdict.BUSY, originated_call_id="orig.call.1.1"),
        end(talk=9, originated_call_id="orig.call.1.2"),
        CALLER_IDLE,
    )
    world.wait(HOLD)
    # Of the first no more was seen than that its caller rang.
    assert outcome_of(first) in (Outcome.BUSY, Outcome.UNKNOWN)
    assert outcome_of(second) is Outcome.ANSWERED


def test_id_that_two_callers_had_proves_nothing() -> None:
    """Neither could be somebody who takes the other's call."""
    world = World()
    two_calls_with_one_id(world)
    unnamed = [replace(signal, other_party="") for signal in BOTH_RANG]
    world.hear(*unnamed, phone("521", "ringing", other_party=""))
    world.hear(replace(CALLEE_ANSWERS, other_party=""))
    assert Step.ANSWERED not in world.steps()


def test_id_that_may_be_of_another_call_proves_nothing() -> None:
    """Its caller was in use before, so that his state counted for nobody."""
    world = World()
    world.hear(phone("557", "in_use", call_id="1.1", other_party="600"))
    two_calls_with_one_id(world)
    world.hear(
        CALLER_RINGS,
        phone("521", "ringing", other_party="900"),
        phone("521", "in_use", other_party="553"),
        phone("552", "in_use", other_party="900", direction="in"),
    )
    assert not {Step.CALLER_ANSWERED, Step.ANSWERED} & set(world.steps())


def test_id_that_is_learned_for_another_call_proves_nothing() -> None:
    """The states that carry it may be of either."""
    world = World()
    two_calls_with_one_id(world)
    world.hear(
        CALLER_RINGS,
        CALLER_ANSWERS,
        end(Verdict.BUSY, originated_call_id="orig.call.1.2"),
        CALLEE_ANSWERS,
        phone("993", "in_use", other_party="900", direction="in"),
    )
    assert Step.ANSWERED not in world.steps()


def test_id_that_was_of_another_call_proves_nothing_when_it_is_learned() -> None:
    """A stranger had it before."""
    world = World()
    call = world.place()
    world.hear(
        phone("601", "in_use", other_party="602", direction="out"),
        replace(outside(), incoming=True),
        phone("602", "in_use", other_party="601", direction="in"),
    )
    assert Step.ANSWERED not in world.steps()
    world.hear(end(Verdict.BUSY))
    world.wait(HOLD)
    assert outcome_of(call) is Outcome.BUSY


def test_callee_who_calls_out_has_not_answered() -> None:
    """Not even under the call's own id, which another call may share."""
    world = World()
    world.place()
    world.hear(
        replace(outside(), incoming=True),
        phone("557", "in_use"),
        phone("552", "in_use", other_party="553", direction="out"),
    )
    assert Step.ANSWERED not in world.steps()


@pytest.mark.parametrize("first", [0, 1])
def test_late_account_of_a_queue_outranks_the_other(first: int) -> None:
    """They overtake each other after the clock as well."""
    world = World()
    call = world.place(callee="9009")
    world.wait(60)
    late = [end(talk=40), end(Verdict.NO_ANSWER, of_queue=True)]
    world.hear(late[first], late[1 - first])
    world.wait(HOLD)
    outcomes = [item.ending.outcome for item in world.news if item.ending]
    assert outcomes == [Outcome.UNKNOWN, Outcome.NO_ANSWER]
    assert call.ending
    assert world.tracker.next_due is None


def test_late_account_without_doubt_settles_the_call_at_once() -> None:
    """Nothing that may still come can change it."""
    world = World()
    call = world.place()
    world.wait(60)
    world.hear(end(first_leg_failed=True))
    assert outcome_of(call) is Outcome.CALLER_NO_ANSWER


def test_nothing_is_due_once_a_late_account_is_confirmed() -> None:
    """That both have talked is heard after the PBX's account of it."""
    world = World()
    call = world.place()
    world.hear(outside(), CALLER_RINGS, CALLER_ANSWERS, end(talk=0))
    world.wait(HOLD)
    world.hear(end(talk=9), CALLEE_ANSWERS)
    assert outcome_of(call) is Outcome.ANSWERED
    assert world.tracker.next_due is None


def test_unknown_states_are_kept_but_prove_nothing() -> None:
    """A newer PBX may have more of them."""
    world = World()
    world.place()
    world.hear(phone("557", "Dancing"))
    assert world.tracker.states == {"557": "Dancing"}
    assert not world.news


# Stands for a minute in which two people talk, or a telephone rings.
AFTER_A_MINUTE = None
TRUTHS: dict[str, tuple[tuple[Signal | None, ...], set[Outcome]]] = {
    "answered": ((*TALKED, end(talk=9)), {Outcome.ANSWERED}),
    "answered outside": (
        (CALLER_RINGS, CALLER_ANSWERS, outside("552"), CALLER_IDLE, end(talk=9)),
        {Outcome.ANSWERED},
    ),
    "busy": (
        (CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY), CALLER_IDLE),
        {Outcome.BUSY},
    ),
    "busy, with a second account": (
        (CALLER_RINGS, CALLER_ANSWERS, end(Verdict.BUSY), end(talk=0), CALLER_IDLE),
        {Outcome.BUSY},
    ),
    "no answer": ((*UNANSWERED, end(Verdict.NO_ANSWER)), {Outcome.NO_ANSWER}),
    "one of a ring group answered": (
        (
            *RING_GROUP,
            end(Verdict.NO_ANSWER, callee="553"),
            AFTER_A_MINUTE,
            end(talk=70, callee="552"),
            CALLEE_IDLE,
            CALLER_IDLE,
        ),
        {Outcome.ANSWERED},
    ),
    "followed to a mobile": (
        (
            *BOTH_RANG,
            CALLEE_IDLE,
            end(Verdict.NO_ANSWER, callee="552"),
            outside("09123450001"),
            AFTER_A_MINUTE,
            end(talk=35, callee="09123450001"),
            CALLER_IDLE,
        ),
        {Outcome.ANSWERED},
    ),
    "nobody of a ring group answered": (
        (
            CALLER_RINGS,
            CALLER_ANSWERS,
            THIRD_RINGS,
            end(Verdict.NO_ANSWER, callee="553"),
            THIRD_IDLE,
            AFTER_A_MINUTE,
            end(Verdict.NO_ANSWER, callee="552"),
            CALLER_IDLE,
        ),
        {Outcome.NO_ANSWER},
    ),
    "first leg failed": (NOT_TAKEN, {Outcome.CALLER_NO_ANSWER}),
    "first leg failed with an account": (
        (*NOT_TAKEN, end(Verdict.NO_ANSWER, first_leg_failed=True)),
        {Outcome.CALLER_NO_ANSWER},
    ),
}

STATES: list[Signal] = [
    PhoneSignal(phone=number, state=state, other_party="600", call_id=call_id)
    for number in ("557", "552")
    for state in ("ringing", "in_use")
    for call_id in ("1703145055.90", "1703145055.91")
]
# Nobody is named, and each telephone has an id of its own.
UNNAMED: list[Signal] = [
    PhoneSignal(phone=number, state=state, direction=direction, call_id=call_id)
    for number, call_id in (("557", "1703145055.92"), ("552", "1703145055.93"))
    for state in ("ringing", "in_use")
    for direction in ("", "in")
]
STRANGERS: list[Signal] = [
    *STATES,
    *UNNAMED,
    *(
        PhoneSignal(phone=number, state="idle", call_id=f"1703145055.{call}")
        for number in ("557", "552")
        for call in (90, 91, 92, 93)
    ),
    PhoneSignal(
        phone="552",
        state="in_use",
        other_party="557",
        direction="out",
        dialing=True,
        call_id="1703145055.94",
    ),
    PhoneSignal(
        phone="557",
        state="ringing",
        other_party="552",
        direction="in",
        call_id="1703145055.94",
    ),
    EndSignal(verdict=Verdict.ANSWERED, talk=50, call_id="1703145055.90"),
    EndSignal(
        verdict=Verdict.BUSY,
        call_id="1703145055.91",
        originated_call_id="orig.call.8.8",
    ),
    LegSignal(number="552", call_id="1703145055.90"),
]


@settings(max_examples=800, deadline=None)
@given(data=st.data())
def test_what_is_said_is_true_or_unknown(data: st.DataObject) -> None:
    """With events doubled, shuffled, one of them lost, and strangers in between."""
    name = data.draw(st.sampled_from(sorted(TRUTHS)))
    signals, truths = TRUTHS[name]
    heard: list[Signal | None] = list(signals)
    if data.draw(st.booleans(), label="one is lost"):
        heard.pop(data.draw(st.integers(0, len(heard) - 1)))
    # Within three seconds events overtake each other; those of one second do here.
    times: list[tuple[float, Signal]] = []
    later = 0.0
    for index, signal in enumerate(heard):
        if signal is AFTER_A_MINUTE:
            later = 60.0
        else:
            times.append((later + index * 0.4 + data.draw(st.floats(0, 1.2)), signal))
    copies = [signal for _, signal in times if not later]
    more = data.draw(st.lists(st.sampled_from([*copies, *STRANGERS]), max_size=9))
    times.extend((data.draw(st.floats(0, 4)), signal) for signal in more)
    times.sort(key=lambda item: item[0])

    world = World()
    call = world.place()
    began = world.now
    for time, signal in times:
        world.wait(max(0.0, began + time - world.now))
        world.take(world.tracker.hear(signal))
    world.wait(LONGEST_CALL + 60)

    assert call.ending
    assert call.ending.outcome in truths | {Outcome.UNKNOWN}
    said = set(world.steps())
    if Outcome.ANSWERED not in truths:
        assert Step.ANSWERED not in said
    if truths == {Outcome.CALLER_NO_ANSWER}:
        assert Step.CALLER_ANSWERED not in said
