"""What a PBX tells of its calls, phones and trunks, in neutral words."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How the PBX says that a call ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSignal:
    """A telephone changed its state.

    `state` is ringing, in_use, idle, unreachable or another word; `direction` is in or
    out as seen from the telephone, or empty. `dialing` tells that somebody has begun to
    dial on it. What was not said is empty.
    """

    phone: str
    state: str
    other_party: str = ""
    direction: str = ""
    dialing: bool = False
    queue: str = ""
    call_id: str = ""

    @property
    def calls_out(self) -> bool:
        """Whether it says that the telephone is the one that calls."""
        return self.direction == "out" or self.dialing


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSignal:
    """A leg over a trunk began: from outside where `incoming`, else to outside."""

    number: str
    trunk: str = ""
    incoming: bool = False
    call_id: str = ""
    originated_call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignal:
    """The PBX's account of a call that ended.

    `talk` and `wait` are seconds, None where the PBX does not say. `first_leg_failed`
    tells that the caller was not reached, whatever the verdict is. `reached_nobody`
    tells that an extension of the dialplan itself stands where the callee should.
    `of_queue` marks the account of a queue, which knows better than that of the call as
    a whole.
    """

    verdict: Verdict
    caller: str = ""
    callee: str = ""
    talk: int | None = None
    wait: int | None = None
    recording: str = ""
    trunk: str = ""
    kind: str = ""
    first_leg_failed: bool = False
    reached_nobody: bool = False
    of_queue: bool = False
    call_id: str = ""
    originated_call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSignal:
    """A trunk changed its state: ok, unreachable, deactivated or another word.

    It is None for one that was removed.
    """

    trunk: str
    state: str | None


type Signal = PhoneSignal | LegSignal | EndSignal
