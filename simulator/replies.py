"""What goes back to a client: the PBX's envelope, or the web server's own pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from .settings import Envelope
from .wire import Json, render

_VERDICTS: dict[str, tuple[Json, Json]] = {
    "number": (0, 1),
    "boolean": (False, True),
    "text": ("0", "1"),
}
_DONE = "Requested operation is done successfully"


class Refusal(Exception):
    """The PBX refuses a request.

    `status` is the HTTP status and `message` the documented text. Status 200 is what
    the PBX documents for a service that was found but whose operation failed.
    """

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Keep the text and the status."""
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an operation that went well says: the documented message and its data."""

    message: str | None
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole HTTP reply."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def done(outcome: Outcome, envelope: Envelope) -> Reply:
    """Wrap what an operation answers, spelt as the envelope's switches say."""
    message = {"documented": outcome.message, "null": None, "empty": "", "text": _DONE}[
        envelope.message
    ]
    return _enveloped(
        HTTPStatus.OK, _VERDICTS[envelope.success][1], message, outcome.data
    )


def refused(refusal: Refusal, envelope: Envelope) -> Reply:
    """Wrap a refusal; whatever the switches say, its message is the reason."""
    return _enveloped(
        refusal.status, _VERDICTS[envelope.success][0], refusal.message, None
    )


def web_server_page(status: int) -> Reply:
    """Make a page of the web server in front of the PBX, which knows no envelopes."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    sentence = {
        404: "The requested URL was not found on this server.",
        413: "The requested resource does not allow request data with this amount.",
    }.get(status, "The server could not complete your request.")
    page = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n'
        f"<html><head>\n<title>{status} {phrase}</title>\n</head><body>\n"
        f"<h1>{phrase}</h1>\n<p>{sentence}</p>\n<hr>\n"
        "<address>Apache Server</address>\n</body></html>\n"
    )
    return Reply(
        status=status,
        body=page.encode(),
        headers={"Content-Type": "text/html; charset=iso-8859-1"},
    )


def _enveloped(status: int, success: Json, message: str | None, data: Json) -> Reply:
    return Reply(
        status=int(status),
        body=render({"success": success, "message": message, "data": data}),
        headers={"Content-Type": "application/json"},
    )
