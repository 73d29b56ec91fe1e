"""Redirects, pages of captive portals, and every status."""

from functools import partial
import json

from scripts.faulty.fault import Fault, Meaning
from scripts.faulty.pbx import Request, good_body
from tests.raw_server import http_reply

from .plays import body, reply

_PORTAL = b"""<!DOCTYPE html><html><head><title>Sign in</title>
<meta http-equiv="refresh" content="0; url=/login"></head>
<body><form action="/login"><input name="room"></form></body></html>"""


def redirects(elsewhere: str) -> list[Fault]:
    """Return redirects, none of which may be followed."""
    places = {
        "to the same path": "/api/v4/call/originate/act",
        "to another host": f"{elsewhere}/api/v4/call/originate/act",
        "to a login page": f"{elsewhere}/login?to=pbx",
    }
    faults = [
        Fault(
            family="Redirects",
            name=f"{status} {name}",
            meaning=Meaning.UNDOCUMENTED,
            answers=reply(
                http_reply(b"", status=f"{status} Moved", headers=f"Location: {place}"),
                keep=True,
            ),
        )
        for status in (301, 302, 303, 307, 308)
        for name, place in places.items()
    ]
    strange = {
        "to nowhere": "",
        "to itself, in its own words": None,
        "to a file": "file:///etc/passwd",
        "to a script": "javascript:alert(1)",
        "to half an address": "http://[::1",
        "with what looks like headers": "/%0d%0aX-Other:%201",
    }
    faults += [
        Fault(
            family="Redirects",
            name=f"307 {name}",
            meaning=Meaning.UNDOCUMENTED,
            answers=reply(partial(_redirect, place), keep=True),
        )
        for name, place in strange.items()
    ]
    return faults


def pages() -> list[Fault]:
    """Return what stands between Home Assistant and the PBX."""
    page = "Content-Type: text/html; charset=utf-8"
    undocumented = partial(
        Fault, family="Captive portals", meaning=Meaning.UNDOCUMENTED
    )
    return [
        undocumented(
            name="200 with a page", answers=reply(http_reply(_PORTAL, headers=page))
        ),
        undocumented(name="200 with a page, called JSON", answers=body(_PORTAL)),
        undocumented(
            name="200 with a page of 10 MB",
            answers=reply(http_reply(_PORTAL + b" " * 10_000_000, headers=page)),
        ),
        undocumented(
            name="200 with a page without its end",
            answers=reply(
                b"HTTP/1.1 200 OK\r\n" + page.encode() + b"\r\n\r\n" + _PORTAL
            ),
        ),
        undocumented(
            name="200 with the portal's own JSON",
            answers=body(
                b'{"captive": true, "user-portal-url": "https://portal.example"}'
            ),
        ),
        Fault(
            family="Captive portals",
            name="511",
            meaning=Meaning.UNKNOWN,
            answers=reply(
                http_reply(
                    _PORTAL,
                    status="511 Network Authentication Required",
                    headers=page,
                )
            ),
        ),
        Fault(
            family="Captive portals",
            name="403 with a page",
            meaning=Meaning.REFUSED,
            answers=reply(http_reply(_PORTAL, status="403 Forbidden", headers=page)),
        ),
        Fault(
            family="Captive portals",
            name="401 with a page",
            meaning=Meaning.UNAUTHORIZED,
            answers=reply(http_reply(_PORTAL, status="401 Unauthorized", headers=page)),
        ),
        Fault(
            family="Captive portals",
            name="407 of a proxy",
            meaning=Meaning.REFUSED,
            answers=reply(
                http_reply(
                    _PORTAL,
                    status="407 Proxy Authentication Required",
                    headers=f"{page}\r\nProxy-Authenticate: Basic",
                )
            ),
        ),
    ]


def statuses() -> list[Fault]:
    """Return each kind of status, with a right envelope and without one."""
    refusal = json.dumps({"success": 0, "message": "No", "data": None}).encode()
    faults = []
    for status in (*range(500, 512), 520, 530, 599):
        if status == 501:
            continue
        for name, content in (("a refusal", refusal), ("an acceptance", good_body)):
            faults.append(
                Fault(
                    family="Statuses",
                    name=f"{status} with {name}",
                    meaning=Meaning.UNKNOWN,
                    answers=body(content, status=f"{status} Broken"),
                )
            )
    for status in (
        400,
        402,
        406,
        408,
        409,
        410,
        413,
        415,
        418,
        421,
        425,
        426,
        429,
        451,
        499,
        501,
    ):
        # Not each of them is one of the PBX's own words.
        documented = status in (400, 415, 501)
        refused = Meaning.REJECTED if documented else Meaning.REFUSED
        faults += [
            Fault(
                family="Statuses",
                name=f"{status} with a refusal",
                meaning=refused,
                answers=body(refusal, status=f"{status} No"),
            ),
            Fault(
                family="Statuses",
                name=f"{status} with a page",
                meaning=Meaning.REFUSED,
                answers=body(_PORTAL, status=f"{status} No"),
            ),
        ]
    documented_refusals = {
        Meaning.UNAUTHORIZED: ("401 No", "BasicAuth or ApiKey is invalid"),
        Meaning.NOT_PERMITTED: ("403 No", '"/x/act";Access denied'),
        Meaning.ADDRESS_REFUSED: ("403 No", "IP is not permitted"),
        Meaning.REJECTED: ("200 OK", "Requested operation failed"),
    }
    faults += [
        Fault(
            family="Statuses",
            name=f"{status} {text}",
            meaning=meaning,
            answers=body(
                json.dumps({"success": 0, "message": text, "data": None}).encode(),
                status=status,
            ),
        )
        for meaning, (status, text) in documented_refusals.items()
    ]
    undocumented = (201, 202, 206, 226, 299)
    return [
        *faults,
        *(
            Fault(
                family="Statuses",
                name=f"{status} with an acceptance",
                meaning=Meaning.ACCEPTED,
                answers=body(good_body, status=f"{status} Fine"),
            )
            for status in undocumented
        ),
        *(
            Fault(
                family="Statuses",
                name=f"{status} with an acceptance",
                meaning=Meaning.UNDOCUMENTED,
                answers=body(good_body, status=f"{status} Other"),
            )
            # What refuses and accepts at once may have placed the call.
            for status in (300, 305, 399, 400, 401, 403, 404, 405, 409, 429, 501)
        ),
    ]


def _redirect(place: str | None, request: Request) -> bytes:
    if place is None:
        place = request.head.split()[1].decode()
    return http_reply(b"", status="307 Moved", headers=f"Location: {place}")
