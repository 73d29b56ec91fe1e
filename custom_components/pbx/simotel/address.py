"""The address of a PBX's API in its one canonical form."""

from dataclasses import dataclass, field
import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

from ..telephony.errors import InvalidAddressError
from ..telephony.numbers import INVISIBLE_CHARACTERS, TO_ASCII_DIGITS

DEFAULT_PATH = "/api/v4"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_ADDRESS = 2048
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
_LOOKS_LIKE_IPV4 = re.compile(r"[0-9.]+", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", re.ASCII)
_VERSION = re.compile(r"v[0-9]+(?:\.[0-9]+)*", re.ASCII | re.IGNORECASE)
# How the paths of the API's operations begin and end, such as `call/originate/act`.
_GROUPS = frozenset({"autodialer", "call", "pbx", "reports", "setting", "voicemails"})
_VERBS = frozenset({"act", "add", "download", "edit", "ordered", "remove", "search"})


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where the API is, and the credentials that were written into the address."""

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def parse_address(text: str) -> ApiAddress:
    """Read an address as people write it: a host, a URL, or a whole API base.

    The scheme is http and the path /api/v4 unless given. The result's `url` has a
    lower-case scheme and host, no default port, single slashes, none at its end, and
    no credentials. What a browser adds behind the path (`?...`, `#...`) is dropped, and
    so is the path of an operation of the API (`call/originate/act`).

    Raises InvalidAddressError.
    """
    address = text.strip().strip(INVISIBLE_CHARACTERS).strip()
    address = address.translate(TO_ASCII_DIGITS)
    if not address or len(address) > _LONGEST_ADDRESS:
        raise InvalidAddressError
    if "://" not in address:
        address = f"http://{_bracketed(address)}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as err:
        raise InvalidAddressError from err
    if parts.scheme not in _DEFAULT_PORTS or port == 0 or parts.netloc.endswith(":"):
        raise InvalidAddressError
    host = _canonical_host(parts)
    authority = (
        host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    )
    return ApiAddress(
        url=f"{parts.scheme}://{authority}{_canonical_path(parts.path)}",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def at_default_path(url: str) -> str:
    """Return a canonical address with the path that the API mostly has."""
    scheme, authority = urlsplit(url)[:2]
    return f"{scheme}://{authority}{DEFAULT_PATH}"


def _bracketed(address: str) -> str:
    """Put an IPv6 address that stands alone into the brackets that a URL needs."""
    try:
        return f"[{ipaddress.IPv6Address(address)}]"
    except ValueError:
        return address


def _canonical_host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if "[" in parts.netloc:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError as err:
            raise InvalidAddressError from err
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as err:
            raise InvalidAddressError from err
    if _LOOKS_LIKE_IPV4.fullmatch(host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as err:
            raise InvalidAddressError from err
    if not _HOST_NAME.fullmatch(host):
        raise InvalidAddressError
    return host


def _canonical_path(path: str) -> str:
    segments = [segment for segment in path.split("/") if segment]
    if not _PATH.fullmatch(path) or {".", ".."} & set(segments):
        raise InvalidAddressError
    base = "/".join(_without_operation(segments))
    return f"/{base}" if base else DEFAULT_PATH


def _without_operation(segments: list[str]) -> list[str]:
    """Return a path without that of an operation, or of what leads to one, at its end.

    What leads to one is known as such only behind the API's version: a PBX may be served
    at `/pbx`.
    """
    end = len(segments)
    while (start := _start_of_operation(segments[:end])) is not None:
        end = start
    return segments[:end]


def _start_of_operation(segments: list[str]) -> int | None:
    words = [segment.casefold() for segment in segments]
    for position, word in enumerate(words):
        if word not in _GROUPS:
            continue
        if position and _VERSION.fullmatch(words[position - 1]):
            return position
        if position == len(words) - 3 and words[-1] in _VERBS:
            return position
    return None
