"""The calls that go on in the PBX, and what people do in them."""

from collections.abc import Callable, Sequence
from typing import Literal, override

from .call_flow import CallFlow
from .calls import Call, CallKind, CallOrder, LegState
from .changes import Changes
from .equipment import Equipment, NotPossible
from .events import Event
from .journal import Journal
from .report_rows import rows_of
from .settings import Settings
from .timers import Timers
from .wire import Row

__all__ = ["Exchange", "Key", "NotPossible"]

type Key = Literal["answer", "reject", "ignore", "hangup"]


class Exchange(Equipment):
    """The equipment of a PBX with the calls on it."""

    @override
    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float],
        timers: Timers,
        tell: Callable[[Event], None],
        report: Callable[[Sequence[Row]], None],
        changes: Changes,
    ) -> None:
        """Set it up; `report` takes the rows of calls that ended."""
        super().__init__(
            settings, clock=clock, timers=timers, tell=tell, changes=changes
        )
        self._report = report
        self._open: dict[int, CallFlow] = {}
        self._over = Journal[Call](lambda: self.settings.keep_records, changes)
        self._counted = 0
        self._last_originated: Call | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no call goes on."""
        return not self._open

    @property
    def calls(self) -> Sequence[Call]:
        """Calls of all kinds, in the order in which they were made."""
        going_on = [flow.call for flow in self._open.values()]
        return tuple(
            sorted((*self._over.records, *going_on), key=lambda call: call.number)
        )

    def place(
        self,
        parties: CallOrder,
        *,
        kind: CallKind,
        time: float,
        originated_call_id: str | None = None,
    ) -> CallFlow:
        """Make a call that has yet to begin; `time` is in seconds since 1970."""
        self._counted += 1
        uniqueid = self.new_call_id(time)
        call = Call(
            number=self._counted,
            kind=kind,
            parties=parties,
            time=time,
            uniqueid=uniqueid,
            cuid=uniqueid,
            clock=self.now,
            begun=self.now(),
            originated_call_id=originated_call_id,
        )
        if kind == "originated":
            self._share_call_id(call)
        flow = CallFlow(call, equipment=self, on_end=self._end)
        self._open[call.number] = flow
        self.changes.note()
        return flow

    def press(self, key: Key, number: str) -> None:
        """Do with a telephone what a person does with it.

        Only one that rings can be answered, rejected or ignored, so that its time to
        ring is over at once; only one that was answered can be hung up.
        """
        line = self._lines.get(number)
        state: LegState = "talking" if key == "hangup" else "ringing"
        leg = None if line is None else line.leg_in(state)
        if leg is None:
            otherwise = "is not in a call" if key == "hangup" else "does not ring"
            raise NotPossible(f"{number} {otherwise}")
        flow = self._open[leg.call.number]
        match key:
            case "answer":
                flow.answer(leg)
            case "reject":
                flow.refuse(leg, "rejected")
            case "ignore":
                flow.ignore(leg)
            case "hangup":
                flow.hang_up(leg)
        self.changes.note()

    def forget(self) -> None:
        """Forget the calls that are over."""
        self._over.forget()

    def drop_all(self) -> None:
        """End everything at once, as where the PBX itself goes down."""
        for flow in self._open.values():
            flow.vanish()
        self._open.clear()
        self._forget_outside()
        self.changes.note()

    def _share_call_id(self, call: Call) -> None:
        """Give a call the id of the one before, where the PBX would mix them up."""
        twin, self._last_originated = self._last_originated, call
        if not self.settings.calls.shared_call_id or twin is None or twin.twin:
            return
        if int(twin.time) == int(call.time):
            call.cuid = twin.cuid
            call.twin, twin.twin = twin, call

    def _end(self, call: Call, reported: bool) -> None:
        """Keep a call that is over; `reported` is whether it leaves a row."""
        del self._open[call.number]
        self._over.add(call)
        self._forget_outside()
        if reported:
            self._report(rows_of(call, self.settings))
