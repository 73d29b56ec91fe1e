"""Among other people's calls, what is said of ours is true or `unknown`.

The simulated PBX knows how each call really ended. What it tells is lost, doubled, late
and mixed up, and both telephones are in other calls before, meanwhile and afterwards.
"""

from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.pbx.telephony.call_record import HOLD
from custom_components.pbx.telephony.calls import Step
from custom_components.pbx.telephony.outcome import Outcome

from .played_calls import BEGIN, Played, Story, Told, listen, play

CALLER = ["answer", "no_answer", "reject", "busy", "unreachable", "intercom"]
CALLEE = [*CALLER, "voicemail"]
# Who calls whom, without us having asked for it.
PAIRS = [
    ("600", "557"),
    ("600", "552"),
    ("557", "600"),
    ("552", "600"),
    ("552", "557"),
    ("557", "552"),
    ("601", "557"),
    ("601", "552"),
    ("600", "601"),
    ("600", "9009"),
    ("09350000000", "557"),
    ("09350000000", "552"),
    ("09350000000", "9009"),
]


def behaving(number: str, behaviours: list[str], **more: Any) -> st.SearchStrategy[Any]:
    """Return the ways in which a telephone behaves."""
    return st.fixed_dictionaries(
        {
            "number": st.just(number),
            "behaviour": st.sampled_from(behaviours),
            "after": st.sampled_from([0.5, 2, 5, 29]),
            "talk": st.sampled_from([1, 3, 10, 300]),
            "call_waiting": st.booleans(),
            **{name: st.just(value) for name, value in more.items()},
        }
    )


def sometimes(**switches: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return some of the switches, each with one of its values."""
    options = {name: st.sampled_from(values) for name, values in switches.items()}
    return st.fixed_dictionaries({}, optional=options)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a call of ours with others around it, in a PBX of some kind."""
    callee = draw(st.sampled_from(["552", "552", "09121234567", "9009"]))
    answering = callee if callee != "9009" else "552"
    more = ["no_route"] if callee.startswith("09") else []
    phones = [
        draw(behaving("557", CALLER, leg="first", other=callee)),
        draw(behaving(answering, CALLEE + more, leg="second", other="557")),
        draw(behaving("553", ["answer", "no_answer", "reject"], leg="second")),
        *(draw(behaving(number, ["answer", "reject"])) for number in ("557", "552")),
        draw(behaving("60X", ["answer", "no_answer", "reject"])),
    ]
    times = st.one_of(st.floats(-60, -0.3), st.floats(0.1, 4), st.floats(4, 60))
    others = st.tuples(times, st.sampled_from(PAIRS)).map(lambda it: (it[0], *it[1]))
    return Story(
        callee=callee,
        caller_id=draw(st.sampled_from(["557", "900"])),
        phones=phones,
        calls=draw(
            sometimes(
                end_order=["cdr_first"],
                second_leg_call_id=["own"],
                answered_after_busy=[True],
                unreachable=["FAILED", "BUSY", "ANSWERED"],
                rejected=["NO ANSWER"],
                first_leg_failure=["report", "nothing"],
            )
        ),
        events=draw(sometimes(participants=[False], ringing_call_id=[False])),
        others=draw(st.lists(others, max_size=3)),
        reply=draw(st.sampled_from([(0.05, 0.05), (0.5, 0.3), (0.05, 4.0)])),
    )


def is_true(played: Played, story: Story, said: set[Outcome], steps: set[Step]) -> bool:
    """Tell whether all that was said of a call is true, or that it is unknown."""
    truth = Outcome(str(played.call.outcome))
    if not said <= {truth, Outcome.UNKNOWN}:
        return False
    return Step.ANSWERED not in steps or truth is Outcome.ANSWERED


def assert_true(story: Story, played: Played, heard: list[tuple[float, Told]]) -> None:
    """Hear a story, with or without a look into the report."""
    for rows in ([], played.rows):
        call, listener = listen(story, heard, rows)
        assert call.ending
        assert not listener.tracker.open_calls
        said = {
            item.ending.outcome
            for item in listener.news
            if item.ending and item.call is call
        }
        assert is_true(played, story, said, set(listener.steps())), (said, played.call)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(story=stories(), data=st.data())
def test_with_one_event_lost_and_others_doubled(
    story: Story, data: st.DataObject
) -> None:
    """Any single one may be missing; not that of a queue, without which nobody knows."""
    played = play(story)
    kept = list(played.told)
    lost = data.draw(st.none() | st.integers(0, len(kept) - 1) if kept else st.none())
    if lost is not None and kept[lost].name != "CdrQueue":
        kept.pop(lost)
    heard = [(told.time, told) for told in kept]
    if kept:
        again = st.tuples(st.floats(0, HOLD), st.sampled_from(kept))
        for delay, told in data.draw(st.lists(again, max_size=3)):
            heard.append((told.time + delay, told))
    assert_true(story, played, heard)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(story=stories(), data=st.data())
def test_with_events_that_overtake_each_other(
    story: Story, data: st.DataObject
) -> None:
    """Those of less than three seconds do."""
    # One who dials the callee himself, in the moment of our request, cannot be told
    # from our call by events in the wrong order.
    others = [other for other in story.others if other[1:] != ("557", story.callee)]
    story = Story(**{**vars(story), "others": others})
    played = play(story)
    delays = st.floats(0, HOLD - 0.1)
    heard = [(told.time + data.draw(delays), told) for told in played.told]
    assert_true(story, played, heard)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(story=stories(), delay=st.floats(30, 90))
def test_with_an_account_after_the_clock(story: Story, delay: float) -> None:
    """The clock ends the wait, not the truth: a Cdr that is late still settles it."""
    played = play(story)
    heard = [
        (told.time + (delay if told.name.startswith("Cdr") else 0.0), told)
        for told in played.told
    ]
    assert_true(story, played, heard)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(story=stories())
def test_with_everything_in_order_nearly_all_is_known(story: Story) -> None:
    """Where the PBX names the parties and nobody else calls, nothing stays unknown."""
    calls = {
        name: value
        for name, value in story.calls.items()
        if name not in ("first_leg_failure", "unreachable")
    }
    quiet = {**vars(story), "others": (), "events": {}, "calls": calls}
    story = Story(**quiet)
    played = play(story)
    call, _ = listen(story, [(told.time, told) for told in played.told], [])
    assert call.ending
    assert call.ending.outcome == played.call.outcome


def test_clock_of_the_calls_is_ours() -> None:
    """Our call begins when it was ordered."""
    played = play(Story())
    assert played.told[0].time == BEGIN
    assert played.call.outcome == "answered"
