"""The refusals that Simotel documents, besides those that every PBX may have."""

from ..telephony.errors import ApiRefusedError, AuthenticationError, RefusedError


class NotFoundError(RefusedError):
    """Nothing is served at this address (404): mostly no Simotel API."""


class MethodNotAllowedError(RefusedError):
    """Neither of the two HTTP verbs that the PBX is documented with is taken (405)."""


class MissingCredentialsError(AuthenticationError):
    """The PBX received no credentials that it could use (401)."""


class InvalidCredentialsError(AuthenticationError):
    """The credentials are wrong, or incomplete for this account (401)."""


class OperationFailedError(ApiRefusedError):
    """The PBX found the service, but the operation failed (HTTP 200, success 0)."""


class MalformedRequestError(ApiRefusedError):
    """The PBX could not read the request (400)."""


class UnsupportedMediaTypeError(ApiRefusedError):
    """The PBX does not take the request's content type (415)."""


class UnknownServiceError(ApiRefusedError):
    """This PBX does not have the operation (501)."""
