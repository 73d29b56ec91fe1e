"""A client of the HTTP API of a Simotel PBX, version 4."""

from datetime import date
import json
import logging
from time import monotonic
from typing import Final

from aiohttp import ClientSession

from ..telephony.errors import InvalidResponseError, InvalidTextError
from ..telephony.models import CallRequest, Trunk, User
from ..telephony.numbers import clean_text
from ..telephony.signals import EndSignal
from .envelope import data_of
from .errors import MethodNotAllowedError
from .models import Credentials, originate_body
from .reports import MOST_PAGES, PAGE, ReportRow, is_older, read_rows, report_query
from .signals import account_of
from .texts import MASK, read_number, read_text
from .transport import send_once

_LOGGER = logging.getLogger(__name__)

_ORIGINATE: Final = "call/originate/act"
_PING: Final = "setting/ping/act"
_SEARCH_CALLS: Final = "reports/cdr/search"
_SEARCH_TRUNKS: Final = "pbx/trunks/search"
_SEARCH_USERS: Final = "pbx/users/search"

_LONGEST_REPLY: Final = 64 * 1024
# A row of the users search takes about 900 bytes and the search has no pages.
_LONGEST_LIST: Final = 8 * 1024 * 1024


class SimotelClient:
    """Talks to one PBX with one account.

    Every method raises a PbxError, whose `may_have_acted` says whether the PBX can
    have acted on the request.
    """

    def __init__(
        self, session: ClientSession, *, url: str, credentials: Credentials
    ) -> None:
        """Take the session to use, the API's base URL and the account.

        The session is not closed here. The URL is a canonical one, as parse_address
        returns it.
        """
        self._session = session
        self._url = url
        self._headers = {
            **credentials.headers(),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        self._masks = dict.fromkeys(credentials.headers(), MASK)
        self._secrets = credentials.secrets()
        self._verbs: dict[str, str] = {}

    async def originate(self, request: CallRequest) -> str:
        """Ask the PBX to ring the caller and then connect the callee.

        Returns the `originated_call_id`, by which the PBX names the call in its
        events and reports. It says that the request was accepted, not that anybody
        was reached. The request is sent at most once, whatever happens to it.
        """
        data = await self._act(_ORIGINATE, originate_body(request))
        call_id = data.get("originated_call_id") if isinstance(data, dict) else None
        try:
            call_id = read_text(clean_text(call_id))
        except InvalidTextError as err:
            raise InvalidResponseError("No originated_call_id in the reply") from err
        if not call_id:
            raise InvalidResponseError("An empty originated_call_id in the reply")
        return call_id

    def preview(self, request: CallRequest) -> dict[str, object]:
        """Return the HTTP request that `originate` would send, its secrets masked."""
        return {
            "method": self._verb_of(_ORIGINATE),
            "url": self._url_of(_ORIGINATE),
            "headers": {**self._headers, **self._masks},
            "body": originate_body(request),
        }

    async def ping(self) -> None:
        """Prove address, credentials and our own address; rings nobody.

        Where the PBX is set to, it sends a Ping event afterwards.
        """
        await self._act(_PING, {})

    async def search_users(self) -> list[User]:
        """Return the extensions that the PBX lists, without their secrets."""
        rows = await self._search(
            _SEARCH_USERS,
            {
                "status": "all",
                "alike": "true",
                "conditions": {"name": "", "number": "", "mapped": ""},
            },
        )
        return [
            User(
                number=number,
                name=read_text(row.get("name")),
                context=_text(row, "context"),
            )
            for row in rows
            if (number := read_number(row.get("number")))
        ]

    async def search_trunks(self) -> list[Trunk]:
        """Return the trunks that the PBX lists, without their secrets."""
        rows = await self._search(
            _SEARCH_TRUNKS, {"alike": "true", "conditions": {"name": ""}}
        )
        return [Trunk(name=name) for row in rows if (name := _text(row, "name"))]

    async def look_up(self, originated_call_id: str, *, today: date) -> list[EndSignal]:
        """Return what the PBX's report says of a call, in neutral words."""
        rows = await self.find_call(originated_call_id, today=today)
        return [account_of(row) for row in rows]

    async def find_call(
        self, originated_call_id: str, *, today: date
    ) -> list[ReportRow]:
        """Return what the PBX's report says of a call: mostly one row, or none.

        Reads the newest 500 calls at most. `today` is anybody's: the PBX's own day may
        be the one before or after.
        """
        for page in range(MOST_PAGES):
            data = await self._request(
                "POST",
                _SEARCH_CALLS,
                report_query(today=today, page=page),
                longest_reply=_LONGEST_LIST,
            )
            rows = read_rows(data)
            found = [row for row in rows if row.is_of(originated_call_id)]
            if found or len(rows) < PAGE or is_older(rows[-1], originated_call_id):
                return found
        return []

    async def _act(self, path: str, body: dict[str, str]) -> object:
        """Perform an operation whose verb the PBX's documents disagree on.

        A 405 is the one refusal after which the other verb is tried, once: it cannot
        have acted. The verb that is taken is used from then on.
        """
        verb = self._verb_of(path)
        try:
            return await self._request(verb, path, body, longest_reply=_LONGEST_REPLY)
        except MethodNotAllowedError:
            other_verb = "POST" if verb == "PUT" else "PUT"
        self._verbs[path] = other_verb
        try:
            return await self._request(
                other_verb, path, body, longest_reply=_LONGEST_REPLY
            )
        except MethodNotAllowedError:
            self._verbs[path] = verb
            raise

    def _verb_of(self, path: str) -> str:
        return self._verbs.get(path, "PUT")

    def _url_of(self, path: str) -> str:
        return f"{self._url}/{path}"

    async def _search(
        self, path: str, body: dict[str, object]
    ) -> list[dict[str, object]]:
        """Return the rows of a search; an empty result has several shapes."""
        data = await self._request("POST", path, body, longest_reply=_LONGEST_LIST)
        if data in (None, ""):
            return []
        if not isinstance(data, list):
            raise InvalidResponseError("A search answered something else than a list")
        return [row for row in data if isinstance(row, dict)]

    async def _request(
        self,
        verb: str,
        path: str,
        body: dict[str, str] | dict[str, object],
        *,
        longest_reply: int,
    ) -> object:
        started = monotonic()
        reply = await send_once(
            self._session,
            verb=verb,
            url=self._url_of(path),
            headers=self._headers,
            body=json.dumps(body).encode(),
            longest_reply=longest_reply,
        )
        _LOGGER.debug(
            "%s %s answered HTTP %s after %.3f s",
            verb,
            path,
            reply.status,
            monotonic() - started,
        )
        return data_of(reply, secrets=self._secrets)


def _text(row: dict[str, object], key: str) -> str:
    """Return a name out of a row, or nothing where there is no usable one."""
    try:
        return clean_text(row.get(key))
    except InvalidTextError:
        return ""
