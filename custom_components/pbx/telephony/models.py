"""What is asked of a PBX, and what it lists."""

from dataclasses import dataclass

from .errors import InvalidTextError
from .numbers import clean_caller_id, clean_number, clean_text

DEFAULT_TIMEOUT = 30
SHORTEST_TIMEOUT = 1
LONGEST_TIMEOUT = 600
SHORTEST_CALL_LIMIT = 1
LONGEST_CALL_LIMIT = 86_400


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to be placed: the PBX rings the caller, then connects the callee.

    `timeout` is how many seconds the caller's telephone rings. `call_limit` is how
    many seconds the two may talk. `trunk_name` is the caller's trunk, needed where the
    caller is outside; `context` is where the PBX looks for the way to the callee.

    Raises InvalidNumberError or InvalidTextError when it is made, so that no request
    exists that should not be sent.
    """

    caller: str
    callee: str
    context: str
    caller_id: str = ""
    trunk_name: str = ""
    timeout: int = DEFAULT_TIMEOUT
    call_limit: int | None = None

    def __post_init__(self) -> None:
        """Clean what was given; an empty caller ID becomes the caller."""
        cleaned = {
            "caller": clean_number(self.caller),
            "callee": clean_number(self.callee),
            "context": clean_text(self.context),
            "trunk_name": clean_text(self.trunk_name),
        }
        cleaned["caller_id"] = clean_caller_id(self.caller_id) or cleaned["caller"]
        for name, value in cleaned.items():
            object.__setattr__(self, name, value)
        if not self.context:
            raise InvalidTextError


@dataclass(frozen=True, slots=True)
class User:
    """An extension as the PBX lists it, without the secrets that its row contains."""

    number: str
    name: str
    context: str


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk as the PBX lists it, without the secrets that its row contains."""

    name: str
