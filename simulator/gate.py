"""What stands between a request and the operation that it asks for."""

import base64
from collections.abc import Collection
from http import HTTPStatus
import ipaddress
import re

from .pbx import RequestRecord
from .replies import Refusal
from .settings import Account, Settings
from .wire import Json, parse

_SLASHES = re.compile(r"/{2,}")
_PING = "/setting/ping/act"


def operation_of(path: str, base_path: str) -> str | None:
    """Return what follows the API's base path, or None outside of the API.

    A doubled slash is taken for a single one: older samples of the vendor have it.
    """
    path = _SLASHES.sub("/", path)
    if path == base_path:
        return "/"
    if not path.startswith(f"{base_path}/"):
        return None
    return path.removeprefix(base_path)


def check(
    record: RequestRecord, body: bytes, settings: Settings, operations: Collection[str]
) -> dict[str, Json]:
    """Return the parameters of a request that may pass, raise Refusal for another.

    The PBX documents the refusals but not their order. This one lets each be seen on
    its own, and tells a stranger as little as possible:

    1. the source address, a gate for the whole PBX that stands before any account;
    2. the credentials, so that 403, 405, 415, 501 and 400 all prove them right;
    3. whether the operation exists, since no account's list can have another;
    4. whether the account's list permits it;
    5. the verb, which belongs to the operation;
    6. the content type and then the body, which only the operation itself reads.

    An address outside of the API never comes here: the web server in front answers
    that.
    """
    operation = record.operation
    _check_address(record.remote, settings)
    _check_credentials(record, settings.account)
    if operation is None or operation not in operations:
        # "dose" is how the PBX spells it.
        raise Refusal("Requested service dose not exist", HTTPStatus.NOT_IMPLEMENTED)
    permitted = settings.account.permitted_requests
    if permitted != "all" and operation not in permitted:
        raise Refusal(f'"{operation}";Access denied', HTTPStatus.FORBIDDEN)
    if record.method not in settings.verbs_by_request.get(operation, settings.verbs):
        raise Refusal("Method not allowed", HTTPStatus.METHOD_NOT_ALLOWED)
    if not body and operation == _PING:
        # The shell sample of ping sends no body, and then no content type is needed
        # either.
        return {}
    content_type, _, _ = record.headers.get("Content-Type", "").partition(";")
    if content_type.strip().lower() != "application/json":
        raise Refusal("Unsupported Media Type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return _parameters(body)


def _check_address(remote: str, settings: Settings) -> None:
    if settings.allowed_addresses == "all":
        return
    address = ipaddress.ip_address(remote)
    if not any(
        address in ipaddress.ip_network(allowed)
        for allowed in settings.allowed_addresses
    ):
        raise Refusal("IP is not permitted", HTTPStatus.FORBIDDEN)


def _check_credentials(record: RequestRecord, account: Account) -> None:
    authorization = record.headers.get("Authorization", "")
    token = record.headers.get("X-APIKEY", "")
    if not authorization and not token:
        raise Refusal("BasicAuth or ApiKey is missing", HTTPStatus.UNAUTHORIZED)
    scheme, _, encoded = authorization.partition(" ")
    basic = f"{account.username}:{account.password}".encode(errors="backslashreplace")
    basic_fits = (
        scheme.lower() == "basic"
        and encoded.strip() == base64.b64encode(basic).decode()
    )
    # What the account's mode does not need is not looked at: whether a PBX minds it is
    # unknown.
    fits = {
        "basic": basic_fits,
        "token": token == account.token,
        "both": basic_fits and token == account.token,
    }[account.mode]
    if not (account.enabled and fits):
        raise Refusal("BasicAuth or ApiKey is invalid", HTTPStatus.UNAUTHORIZED)


def _parameters(body: bytes) -> dict[str, Json]:
    try:
        parsed = parse(body)
    except ValueError as error:
        raise Refusal("Unable to parse content", HTTPStatus.BAD_REQUEST) from error
    if parsed == []:
        # How PHP, in which the vendor's own library is written, encodes parameters that
        # are none.
        return {}
    if not isinstance(parsed, dict):
        raise Refusal("Unable to parse content", HTTPStatus.BAD_REQUEST)
    return parsed
