"""What is sent to the PBX and what is read from its replies."""

from base64 import b64encode
from dataclasses import dataclass, field

from .errors import InvalidTextError
from .numbers import clean_caller_id, clean_number, clean_text

DEFAULT_CONTEXT = "main_routing"
DEFAULT_TIMEOUT = 30
SHORTEST_TIMEOUT = 1
LONGEST_TIMEOUT = 600
SHORTEST_CALL_LIMIT = 1
LONGEST_CALL_LIMIT = 86_400

_FOR_ADDRESSES = str.maketrans("+/", "-_")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account of the PBX: an API key, or user name with password, or all three.

    The PBX documents three modes for an account: `X-APIKEY`, Basic, and both together.
    What is empty is not sent.
    """

    api_key: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def complete(self) -> bool:
        """Whether the PBX could accept them: no half of a pair, and not nothing."""
        if bool(self.username) != bool(self.password):
            return False
        return bool(self.api_key or self.username)

    def headers(self) -> dict[str, str]:
        """Return the headers that carry the credentials."""
        headers = {}
        if self.api_key:
            headers["X-APIKEY"] = self.api_key
        if self.username:
            headers["Authorization"] = f"Basic {_base64(self._pair)}"
        return headers

    def secrets(self) -> tuple[str, ...]:
        """Return every text that must not be shown."""
        texts = {self.api_key, self.username, self.password, self._pair} - {"", ":"}
        encoded = set(map(_base64, texts))
        # As some write it: for addresses, and without what only fills it up.
        encoded |= {text.translate(_FOR_ADDRESSES) for text in encoded}
        encoded |= {text.rstrip("=") for text in encoded}
        return tuple(sorted(texts | encoded))

    @property
    def _pair(self) -> str:
        return f"{self.username}:{self.password}"


def _base64(text: str) -> str:
    return b64encode(text.encode(errors="replace")).decode("ascii")


@dataclass(frozen=True, slots=True)
class OriginateRequest:
    """A call to be placed: the PBX rings the caller, then connects the callee.

    `timeout` is how many seconds the caller's telephone rings. `call_limit` is how
    many seconds the two may talk. `trunk_name` is the caller's trunk, needed where the
    caller is outside; `context` is where the PBX looks for the way to the callee.

    Raises InvalidNumberError or InvalidTextError when it is made, so that no request
    exists that should not be sent.
    """

    caller: str
    callee: str
    context: str = DEFAULT_CONTEXT
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

    def body(self) -> dict[str, str]:
        """Return the documented body; every value of it is a JSON string."""
        body = {
            "caller": self.caller,
            "callee": self.callee,
            "context": self.context,
            "caller_id": self.caller_id,
            "trunk_name": self.trunk_name,
            "timeout": str(self.timeout),
        }
        if self.call_limit is not None:
            body["call_limit"] = str(self.call_limit)
        return body


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
