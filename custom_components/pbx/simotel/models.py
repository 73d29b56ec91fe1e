"""What is sent to the PBX and what is read from its replies."""

from base64 import b64encode
from dataclasses import dataclass, field

from ..telephony.models import CallRequest

DEFAULT_CONTEXT = "main_routing"

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


def originate_body(request: CallRequest) -> dict[str, str]:
    """Return the documented body of an originate; every value of it is a JSON string."""
    body = {
        "caller": request.caller,
        "callee": request.callee,
        "context": request.context,
        "caller_id": request.caller_id,
        "trunk_name": request.trunk_name,
        "timeout": str(request.timeout),
    }
    if request.call_limit is not None:
        body["call_limit"] = str(request.call_limit)
    return body
