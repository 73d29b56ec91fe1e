"""What can go wrong with a request to a PBX, and whether it can have been acted on."""

from typing import ClassVar, override


class PbxError(Exception):
    """Base of all errors of this library.

    `may_have_acted` says whether the PBX can have acted on the request: for an
    originate, whether a telephone may be ringing although the request failed.
    """

    may_have_acted: ClassVar[bool] = False


class InvalidNumberError(PbxError):
    """What was given is no telephone number; nothing was sent."""


class InvalidTextError(PbxError):
    """What was given cannot be the name of a context or trunk; nothing was sent."""


class InvalidAddressError(PbxError):
    """What was given cannot be the address of a PBX; nothing was sent."""


class CannotConnectError(PbxError):
    """No connection could be made, so that no part of the request has left."""


class RefusedError(PbxError):
    """The PBX, or what stands before it, answered and did not act.

    Raised itself for a refusal (4xx) that the PBX does not document.
    """

    def __init__(self, *, status: int, message: str) -> None:
        """Keep the HTTP status and the reason, already made safe to show."""
        super().__init__(status, message)
        self.status = status
        self.message = message

    @override
    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.message}"


class AuthenticationError(RefusedError):
    """The credentials are not accepted (401)."""


class ApiRefusedError(RefusedError):
    """The PBX itself refused, in the envelope that it documents."""


class PermissionDeniedError(ApiRefusedError):
    """The request is not ticked in the API account (403, Access denied)."""


class AddressNotPermittedError(ApiRefusedError):
    """The address that the request came from is not allowed (403)."""


class OutcomeUnknownError(PbxError):
    """The request may have left, and what became of it is not known."""

    may_have_acted: ClassVar[bool] = True


class ReplyTimeoutError(OutcomeUnknownError):
    """No complete reply came in time."""


class ConnectionLostError(OutcomeUnknownError):
    """The connection broke before the reply was complete."""


class ServerError(OutcomeUnknownError):
    """The PBX, or what stands before it, failed (any 5xx but 501)."""

    def __init__(self, *, status: int) -> None:
        """Keep the HTTP status."""
        super().__init__(status)
        self.status = status

    @override
    def __str__(self) -> str:
        return f"HTTP {self.status}"


class InvalidResponseError(PbxError):
    """A complete reply came that is not what the PBX documents, or a redirect."""

    may_have_acted: ClassVar[bool] = True


class InvalidEventError(PbxError):
    """What came is no event of the PBX."""
