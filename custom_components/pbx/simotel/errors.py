"""What can go wrong with a request to the PBX, and whether it can have been acted on."""

from typing import ClassVar, override


class SimotelError(Exception):
    """Base of all errors of this library.

    `may_have_acted` says whether the PBX can have acted on the request: for an
    originate, whether a telephone may be ringing although the request failed.
    """

    may_have_acted: ClassVar[bool] = False


class InvalidNumberError(SimotelError):
    """What was given is no telephone number; nothing was sent."""


class InvalidTextError(SimotelError):
    """What was given cannot be the name of a context or trunk; nothing was sent."""


class InvalidAddressError(SimotelError):
    """What was given cannot be the address of a PBX; nothing was sent."""


class CannotConnectError(SimotelError):
    """No connection could be made, so that no part of the request has left."""


class RefusedError(SimotelError):
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


class NotFoundError(RefusedError):
    """Nothing is served at this address (404): mostly no Simotel API."""


class MethodNotAllowedError(RefusedError):
    """Neither of the two HTTP verbs that the PBX is documented with is taken (405)."""


class AuthenticationError(RefusedError):
    """The credentials are not accepted (401)."""


class MissingCredentialsError(AuthenticationError):
    """The PBX received no credentials that it could use (401)."""


class InvalidCredentialsError(AuthenticationError):
    """The credentials are wrong, or incomplete for this account (401)."""


class ApiRefusedError(RefusedError):
    """The PBX itself refused, in the envelope that it documents."""


class OperationFailedError(ApiRefusedError):
    """The PBX found the service, but the operation failed (HTTP 200, success 0)."""


class MalformedRequestError(ApiRefusedError):
    """The PBX could not read the request (400)."""


class PermissionDeniedError(ApiRefusedError):
    """The request is not ticked in the API account (403, Access denied)."""


class AddressNotPermittedError(ApiRefusedError):
    """The address that the request came from is not allowed (403)."""


class UnsupportedMediaTypeError(ApiRefusedError):
    """The PBX does not take the request's content type (415)."""


class UnknownServiceError(ApiRefusedError):
    """This PBX does not have the operation (501)."""


class OutcomeUnknownError(SimotelError):
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


class InvalidResponseError(SimotelError):
    """A complete reply came that is not what the PBX documents, or a redirect."""

    may_have_acted: ClassVar[bool] = True


class InvalidEventError(SimotelError):
    """What came is no event of the PBX."""
