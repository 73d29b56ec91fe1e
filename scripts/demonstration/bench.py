"""What the parts of the demonstration's check work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .home_assistant import HomeAssistant
from .report import Report
from .session import RunningHomeAssistant
from .simulated_pbx import SimulatedPbx


@dataclass(slots=True)
class Bench:
    """Both servers, the report, and what earlier parts have found out."""

    running: RunningHomeAssistant
    pbx: SimulatedPbx
    report: Report
    entry_id: str = ""
    webhook_id: str = ""

    @property
    def home_assistant(self) -> HomeAssistant:
        """The Home Assistant that is being checked."""
        return self.running.home_assistant


type Part = Callable[[Bench], Awaitable[None]]
