"""The state of the simulated PBX: how it is set up and what has happened to it."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import time

from multidict import CIMultiDictProxy

from .faults import Faults
from .settings import Settings
from .wire import Json, Row


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    r"""A request as it was received.

    It is kept from its arrival on and filled in as it goes: `body` and `parsed` once it
    was read, `status` once a reply has begun. So `status` is None for a request that
    waits for its reply or whose connection was dropped before one. `time` is in seconds
    since 1970; `path` is as received, query included; bytes of `body` that are no UTF-8
    are spelt `\udc80` to `\udcff`; `operation` is the request as the account's list of
    permitted requests spells it, None outside of the API. Secrets in `headers` are kept
    as received.
    """

    time: float
    remote: str
    method: str
    path: str
    operation: str | None
    headers: CIMultiDictProxy[str]
    body: str = ""
    parsed: Json = None
    status: int | None = None

    def plain(self) -> Row:
        """Return the record as the control API shows it."""
        return {
            "time": self.time,
            "remote": self.remote,
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "headers": dict(self.headers.items()),
            "body": self.body,
            "parsed": self.parsed,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """What an originate asks for; `timeout` and `call_limit` are in seconds."""

    caller: str
    callee: str
    context: str
    caller_id: str
    trunk_name: str = ""
    timeout: int = 30
    call_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """An originate that was accepted; `time` is in seconds since 1970."""

    originated_call_id: str
    time: float
    order: CallOrder

    def plain(self) -> Row:
        """Return the record as the control API shows it."""
        return {
            "originated_call_id": self.originated_call_id,
            "time": self.time,
            "caller": self.order.caller,
            "callee": self.order.callee,
            "context": self.order.context,
            "caller_id": self.order.caller_id,
            "trunk_name": self.order.trunk_name,
            "timeout": self.order.timeout,
            "call_limit": self.order.call_limit,
        }


class Pbx:
    """A PBX with its journal of requests, its calls and its report rows, newest last.

    Of each of the three the newest `settings.keep_records` are kept.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set the PBX up; `clock` gives the seconds since 1970."""
        self._initial = settings or Settings()
        self._settings = self._initial
        self._clock = clock
        self._last_stamp = 0
        self._requests: deque[RequestRecord] = deque()
        self._calls: deque[CallRecord] = deque()
        self._rows: deque[Row] = deque()
        self.faults = Faults(self._initial.faults)

    @property
    def settings(self) -> Settings:
        """The switches as they stand now."""
        return self._settings

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """The requests received, those to the control API left out."""
        return tuple(self._requests)

    @property
    def calls(self) -> Sequence[CallRecord]:
        """The originates accepted."""
        return tuple(self._calls)

    @property
    def rows(self) -> Sequence[Row]:
        """The rows of the call report."""
        return tuple(self._rows)

    def now(self) -> float:
        """Return the PBX's own time in seconds since 1970."""
        return self._clock()

    def change(
        self, changes: Mapping[str, object] | None = None, /, **more: object
    ) -> None:
        """Set switches, by the names of `example.toml`.

        Raises SettingsError for what cannot be meant, and then changes nothing.

        Tables and faults are given as mappings or as the dataclasses of `settings`.
        Setting `faults` makes their number of uses begin anew.
        """
        self._adopt(self._settings.changed({**(changes or {}), **more}))

    def reset(self) -> None:
        """Go back to the settings of the start and forget everything that happened."""
        self._adopt(self._initial)
        self.faults = Faults(self._initial.faults)
        self.forget_requests()
        self.forget_calls()
        self.forget_rows()

    def requests_for(self, path: str) -> list[RequestRecord]:
        """Return the requests of one operation (`/setting/ping/act`) or whole path."""
        return [
            record
            for record in self._requests
            if path in (record.operation, record.path)
        ]

    def keep_request(self, record: RequestRecord) -> None:
        """Add a request to the journal."""
        self._keep(self._requests, record)

    def place(self, order: CallOrder) -> CallRecord:
        """Accept a call and give it its id, unique in the life of this PBX."""
        now = self.now()
        # The PBX's ids look like its clock in microseconds, which two calls must not
        # share.
        self._last_stamp = max(int(now * 1_000_000), self._last_stamp + 1)
        seconds, fraction = divmod(self._last_stamp, 1_000_000)
        call = CallRecord(
            originated_call_id=f"orig.call.{seconds}.{fraction:06}",
            time=now,
            order=order,
        )
        self._keep(self._calls, call)
        return call

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows to the call report, in the documented shape or in any other."""
        for row in rows:
            self._keep(self._rows, row)

    def forget_requests(self) -> None:
        """Empty the journal."""
        self._requests.clear()

    def forget_calls(self) -> None:
        """Forget the calls; their ids are not used again."""
        self._calls.clear()

    def forget_rows(self) -> None:
        """Empty the call report."""
        self._rows.clear()

    def _adopt(self, settings: Settings) -> None:
        if settings.faults is not self._settings.faults:
            self.faults = Faults(settings.faults)
        self._settings = settings

    def _keep[Record](self, records: deque[Record], record: Record) -> None:
        records.append(record)
        while len(records) > self._settings.keep_records:
            records.popleft()
