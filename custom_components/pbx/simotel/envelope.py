"""Reading the envelope of the PBX's replies, and what a reply means."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
import json
import re

from ..telephony.errors import (
    AddressNotPermittedError,
    InvalidResponseError,
    PermissionDeniedError,
    RefusedError,
    ServerError,
)
from .errors import (
    InvalidCredentialsError,
    MalformedRequestError,
    MethodNotAllowedError,
    MissingCredentialsError,
    NotFoundError,
    OperationFailedError,
    UnknownServiceError,
    UnsupportedMediaTypeError,
)
from .texts import read_message
from .transport import Reply

_SUCCESS_WORDS = {"1": True, "true": True, "0": False, "false": False}
# What a reply says where the PBX has acted, however it is written.
_SAYS_IT_ACTED = re.compile(
    rb"""originated_call_id|["']success["']\s*:\s*["']?(?:1|true)\b""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every documented reply has: a verdict, perhaps a text, perhaps data."""

    success: bool
    # Both may repeat the credentials.
    message: str = field(repr=False)
    data: object = field(repr=False)


def read_envelope(body: bytes) -> Envelope | None:
    """Read a body as the documented envelope; None if it is anything else."""
    try:
        document = json.loads(body.decode(errors="replace").removeprefix("\ufeff"))
    except ValueError, RecursionError:
        return None
    if not isinstance(document, dict):
        return None
    success = _truth(document.get("success"))
    if success is None:
        return None
    message = document.get("message")
    return Envelope(
        success=success,
        message=message if isinstance(message, str) else "",
        data=document.get("data"),
    )


def data_of(reply: Reply, *, secrets: Iterable[str]) -> object:
    """Return the data of a successful reply.

    `secrets` are removed from any text of the PBX that an error carries.

    Raises the error that the reply documents, ServerError for any other 5xx, and
    InvalidResponseError for what is neither success nor failure, or both at once.
    """
    envelope = read_envelope(reply.body) if reply.whole else None
    if 200 <= reply.status < 300:
        if envelope is None:
            raise InvalidResponseError(f"HTTP {reply.status}, not the documented reply")
        if envelope.success:
            return envelope.data
        raise OperationFailedError(
            status=reply.status, message=_reason(reply, envelope, secrets)
        )
    if reply.status >= 500 and reply.status != HTTPStatus.NOT_IMPLEMENTED:
        raise ServerError(status=reply.status)
    if reply.status < 400:
        raise InvalidResponseError(f"HTTP {reply.status}, not the documented reply")
    if _SAYS_IT_ACTED.search(reply.body) or (envelope and envelope.success):
        raise InvalidResponseError(f"HTTP {reply.status}, which speaks of a success")
    error = _refusal(reply, envelope)
    raise error(status=reply.status, message=_reason(reply, envelope, secrets))


def _refusal(reply: Reply, envelope: Envelope | None) -> type[RefusedError]:
    """Return the error that a refusing status stands for.

    After a 405 the request is sent with another verb. One whose end is not known could
    speak of a success there, and is a refusal like any other.
    """
    message = envelope.message.casefold() if envelope else ""
    match reply.status:
        case HTTPStatus.UNAUTHORIZED if "missing" in message:
            return MissingCredentialsError
        case HTTPStatus.UNAUTHORIZED:
            return InvalidCredentialsError
        case HTTPStatus.NOT_FOUND:
            return NotFoundError
        case HTTPStatus.METHOD_NOT_ALLOWED if reply.whole:
            return MethodNotAllowedError
        case HTTPStatus.FORBIDDEN if "access denied" in message:
            return PermissionDeniedError
        case HTTPStatus.FORBIDDEN if "ip is not permitted" in message:
            return AddressNotPermittedError
    if envelope is None:
        return RefusedError
    match reply.status:
        case HTTPStatus.BAD_REQUEST:
            return MalformedRequestError
        case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return UnsupportedMediaTypeError
        case HTTPStatus.NOT_IMPLEMENTED:
            return UnknownServiceError
    return RefusedError


def _reason(reply: Reply, envelope: Envelope | None, secrets: Iterable[str]) -> str:
    text = read_message(envelope.message, secrets=secrets) if envelope else ""
    return text or f"HTTP {reply.status}"


def _truth(value: object) -> bool | None:
    """Read the verdict, which is seen as 1 and 0, true and false, and as text."""
    if isinstance(value, str):
        return _SUCCESS_WORDS.get(value.strip().casefold())
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return None
