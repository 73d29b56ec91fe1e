"""Connecting the PBX's events to Home Assistant, as a person does by the options' text."""

from dataclasses import dataclass

from yarl import URL

from .errors import DemonstrationError
from .home_assistant import OPTIONS_FLOWS, HomeAssistant
from .simulated_pbx import SimulatedPbx

# What the text has where there is neither user name nor password.
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is to be entered in the PBX's panel for its events to arrive."""

    address: str
    username: str
    password: str


async def connect_events(
    home_assistant: HomeAssistant, pbx: SimulatedPbx, entry_id: str
) -> Receiver:
    """Have the PBX send all its events to where the options say.

    Should they name another server, as for pictures, the right one is taken.
    """
    receiver = await receiver_of(home_assistant, entry_id)
    await pbx.send_events(
        address=home_assistant.url + URL(receiver.address).path,
        username=receiver.username,
        password=receiver.password,
    )
    return receiver


async def receiver_of(home_assistant: HomeAssistant, entry_id: str) -> Receiver:
    """Return what the options tell their user to enter in the PBX's panel."""
    step = await home_assistant.start_flow(OPTIONS_FLOWS, handler=entry_id)
    step = await home_assistant.answer_flow(
        step, {"next_step_id": "events"}, OPTIONS_FLOWS
    )
    await home_assistant.abandon_flow(step, OPTIONS_FLOWS)
    shown = step.get("description_placeholders") or {}
    if not shown.get("webhook_url"):
        raise DemonstrationError(f"The options do not say where events go: {step}")
    return Receiver(
        address=shown["webhook_url"],
        username=_entered(shown["username"]),
        password=_entered(shown["password"]),
    )


def _entered(shown: str) -> str:
    return "" if shown == _NONE else shown
