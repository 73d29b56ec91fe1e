"""The guard: which numbers may be dialled, how often, and not twice."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.dialing.guard import (
    EMERGENCY_NUMBERS,
    DialGuard,
    DialRules,
    NumberNotAllowedError,
    RateLimitedError,
    RepeatedCallError,
    Rule,
)
from custom_components.pbx.dialing.pattern import parse_pattern
from custom_components.pbx.telephony.numbers import clean_number


@dataclass(frozen=True)
class Open:
    """A call that has not ended."""

    caller: str = "557"
    callee: str = "552"
    placed_at: float = 0.0


@dataclass
class Guarded:
    """A guard with a clock that is moved by hand."""

    now: float = 0.0
    open: list[Open] = field(default_factory=list)
    extensions: Collection[str] = ()

    def __post_init__(self) -> None:
        """Start with no calls."""
        self.guard = DialGuard(lambda: self.now)

    def check(
        self,
        *,
        caller: str = "557",
        callee: str = "552",
        trunk: bool = False,
        allow_repeat: bool = False,
        **rules: Any,
    ) -> None:
        """Ask whether a call may be placed."""
        self.guard.check(
            caller=caller,
            callee=callee,
            outside_caller=trunk,
            rules=rules_of(**rules),
            is_extension=lambda number: number in self.extensions,
            in_progress=self.open,
            allow_repeat=allow_repeat,
        )


def rules_of(
    *, denied: Collection[str] = (), allowed: Collection[str] = (), **others: Any
) -> DialRules:
    """Return rules with patterns as they are written."""
    return DialRules(
        denied=tuple(map(parse_pattern, denied)),
        allowed=tuple(map(parse_pattern, allowed)),
        **others,
    )


def refused(number: str, **rules: Any) -> Rule | None:
    """Return what stands against a callee, if anything does."""
    try:
        Guarded().check(callee=number, **rules)
    except NumberNotAllowedError as err:
        return err.rule
    return None


def test_everything_may_be_called_that_nothing_stands_against() -> None:
    """Without rules of the user's own, all but the emergency numbers."""
    for number in ("552", "09121234567", "+989121234567", "*21*552", "1100", "9110"):
        assert refused(number) is None


def test_denial_wins() -> None:
    """Over what is allowed."""
    rules: dict[str, Any] = {"allowed": ["09."], "denied": ["0900."]}
    assert refused("0912", **rules) is None
    assert refused("09001", **rules) is Rule.DENIED
    assert refused("552", **rules) is Rule.NOT_ALLOWED


def test_refusal_names_the_pattern() -> None:
    """The one that denies, or all that would have allowed."""
    rules: dict[str, Any] = {"allowed": ["5XX", "09."], "denied": ["1.", "00."]}
    for number, patterns in (("+49", ["00."]), ("021", ["5XX", "09."])):
        with pytest.raises(NumberNotAllowedError) as caught:
            Guarded().check(callee=number, **rules)
        assert caught.value.number == number
        assert list(caught.value.patterns) == patterns


@pytest.mark.parametrize("number", EMERGENCY_NUMBERS)
def test_emergency_number_is_called_only_if_it_is_allowed_by_name(number: str) -> None:
    """In whatever way it is written; being among the allowed patterns is not enough."""
    others = frozenset(EMERGENCY_NUMBERS) - {number}
    for written in (number, f"+{number}", f"00{number}", f"0{number}", f"{number}#"):
        assert refused(written) is Rule.EMERGENCY
        assert refused(written, allowed=["."]) is Rule.EMERGENCY
        assert refused(written, emergency=others) is Rule.EMERGENCY
        by_name = frozenset({number})
        assert refused(written, emergency=by_name) is None
        assert refused(written, emergency=by_name, allowed=["09."]) is None
        assert refused(written, emergency=by_name, denied=["!"]) is Rule.DENIED


def test_extension_is_no_emergency_number() -> None:
    """But like every callee it has to be one that may be called."""
    guarded = Guarded(extensions={"115"})
    guarded.check(callee="115")
    with pytest.raises(NumberNotAllowedError) as caught:
        guarded.check(callee="115", allowed=["5XX"])
    assert caught.value.rule is Rule.NOT_ALLOWED
    with pytest.raises(NumberNotAllowedError) as caught:
        guarded.check(callee="00115")
    assert caught.value.rule is Rule.EMERGENCY
    assert caught.value.spares_extensions


@pytest.mark.parametrize(
    ("caller", "trunk", "rules", "rule"),
    [
        ("0912", True, {"denied": ["09."]}, Rule.DENIED),
        ("0912", False, {"denied": ["09."]}, Rule.DENIED),
        ("0912", True, {"allowed": ["552"]}, Rule.NOT_ALLOWED),
        ("0912", True, {"allowed": ["552", "09."]}, None),
        ("110", True, {}, Rule.EMERGENCY),
        ("110", False, {}, Rule.EMERGENCY),
        ("110", True, {"emergency": frozenset({"110"})}, None),
        # Without a trunk the PBX rings a caller nowhere but inside.
        ("557", False, {"allowed": ["552"]}, None),
        ("570", True, {"allowed": ["552"], "denied": ["570"]}, None),
    ],
)
def test_caller_outside_is_called_too(
    caller: str, trunk: bool, rules: dict[str, Any], rule: Rule | None
) -> None:
    """So the same rules hold; an extension is not dialled but rung."""
    guarded = Guarded(extensions={"570"})
    if rule is None:
        guarded.check(caller=caller, trunk=trunk, **rules)
        return
    with pytest.raises(NumberNotAllowedError) as caught:
        guarded.check(caller=caller, trunk=trunk, **rules)
    assert caught.value.rule is rule
    assert caught.value.spares_extensions


NUMBERS = st.from_regex(r"\+?[0-9*#]{1,30}", fullmatch=True)
PATTERNS = st.from_regex(r"(\+|00)?([0-9XZN]|\[[1-3]5-8\]){1,9}[.!]?", fullmatch=True)
NOISE = st.sampled_from(["", " ", "-", "_", "(", ")", "\u200f", "\u200c", "\u00a0"])


@given(
    number=NUMBERS,
    noise=st.lists(NOISE, min_size=31, max_size=31),
    digits=st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]),
    denied=st.lists(PATTERNS, max_size=3),
    allowed=st.lists(PATTERNS, max_size=3),
)
def test_no_way_of_writing_slips_past_a_rule(
    number: str,
    noise: list[str],
    digits: str,
    denied: list[str],
    allowed: list[str],
) -> None:
    """Persian digits, blanks, and `00` for `+` change nothing."""
    truth = refused(clean_number(number), denied=denied, allowed=allowed)
    written = "".join(
        f"{before}{digits[int(character)] if character.isdigit() else character}"
        for before, character in zip(noise, number, strict=False)
    )
    written = clean_number(written)
    assert refused(written, denied=denied, allowed=allowed) is truth
    other = f"00{written[1:]}" if written.startswith("+") else written
    assert refused(other, denied=denied, allowed=allowed) is truth
    if written.startswith("00") and len(written) > 2:
        other = f"+{written[2:]}"
        assert refused(other, denied=denied, allowed=allowed) is truth


@given(number=st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_what_may_be_dropped_on_the_way_does_not_slip_past_a_denial(
    number: str,
) -> None:
    """A `#` ends a number, and a trunk that knows no `+` may leave it out."""
    assert refused(f"{number}#", denied=[number]) is Rule.DENIED
    assert refused(f"{number}##", denied=[f"{number}#"]) is Rule.DENIED
    assert refused(f"+00{number}", denied=[f"00{number}"]) is Rule.DENIED


@pytest.mark.parametrize("pattern", ["+98912.", "0098912.", "0912."])
def test_rule_holds_with_and_without_the_prefix_of_the_country(pattern: str) -> None:
    """The number is dialled in its national form, however rule and number are written."""
    prefixes = {"country_prefix": "+98", "national_prefix": "0"}
    assert refused("09121234567", denied=[pattern], **prefixes) is Rule.DENIED
    assert refused("09121234567", allowed=[pattern], **prefixes) is None
    assert refused("09351234567", allowed=[pattern], **prefixes) is Rule.NOT_ALLOWED
    assert refused("552", allowed=[pattern], **prefixes) is Rule.NOT_ALLOWED


def test_numbers_of_other_countries_are_not_taken_for_ones_own() -> None:
    """Though they begin with the national prefix."""
    prefixes = {"country_prefix": "+98", "national_prefix": "0"}
    assert refused("0049301", allowed=["+98."], **prefixes) is Rule.NOT_ALLOWED
    assert refused("0049301", denied=["+98."], **prefixes) is None
    assert refused("09121", denied=["+98."], country_prefix="+98") is None


def test_rule_for_other_countries_is_none_for_ones_own() -> None:
    """However wide its pattern is."""
    prefixes = {"country_prefix": "+98", "national_prefix": "0"}
    for pattern in ("00.", "00[1-9]X."):
        assert refused("09121234567", denied=[pattern], **prefixes) is None
        assert refused("09121234567", allowed=[pattern], **prefixes) is Rule.NOT_ALLOWED
        assert refused("0049301", denied=[pattern], **prefixes) is Rule.DENIED
        assert refused("0049301", allowed=[pattern], **prefixes) is None


@pytest.mark.parametrize("pattern", ["+34912.", "0034 912.", "912."])
def test_rule_holds_in_a_country_without_a_national_prefix(pattern: str) -> None:
    """Where numbers are dialled as they are; short ones are extensions."""
    assert refused("912555555", denied=[pattern], country_prefix="+34") is Rule.DENIED
    assert refused("912555555", allowed=[pattern], country_prefix="+34") is None
    assert refused("552", denied=["+34."], country_prefix="+34") is None
    assert refused("*215552552", denied=["+34."], country_prefix="+34") is None


def test_same_call_is_not_placed_twice() -> None:
    """Until some time has gone by, or it has ended."""
    guarded = Guarded(now=100.0, open=[Open(placed_at=100.0)])
    with pytest.raises(RepeatedCallError):
        guarded.check()
    guarded.check(allow_repeat=True)
    guarded.check(repeat_seconds=0)
    guarded.check(callee="553")
    guarded.check(caller="570")
    guarded.check(caller="552", callee="557")
    guarded.now = 129.9
    with pytest.raises(RepeatedCallError):
        guarded.check()
    guarded.now = 130.0
    guarded.check()


def test_same_call_written_differently_is_the_same() -> None:
    """`+` and `00` are one thing here too."""
    guarded = Guarded(open=[Open(caller="+98912", callee="0049")])
    with pytest.raises(RepeatedCallError):
        guarded.check(caller="0098912", callee="+49")


def test_so_many_calls_a_minute() -> None:
    """And no more, until the first is a minute old."""
    guarded = Guarded()
    for second in range(30):
        guarded.now = float(second)
        guarded.check()
        guarded.guard.count()
    with pytest.raises(RateLimitedError) as caught:
        guarded.check()
    assert (caught.value.placed, caught.value.in_progress) == (30, 0)
    guarded.check(calls_per_minute=31)
    guarded.check(calls_per_minute=0)
    guarded.now = 59.9
    with pytest.raises(RateLimitedError):
        guarded.check()
    guarded.now = 60.0
    guarded.check()
    guarded.guard.count()
    with pytest.raises(RateLimitedError):
        guarded.check()


def test_so_many_calls_at_a_time() -> None:
    """And no more, until one has ended."""
    guarded = Guarded(open=[Open(callee=str(number)) for number in range(10)])
    with pytest.raises(RateLimitedError) as caught:
        guarded.check()
    assert (caught.value.placed, caught.value.in_progress) == (0, 10)
    guarded.check(calls_at_once=11)
    guarded.check(calls_at_once=0)
    guarded.open.pop()
    guarded.check()
