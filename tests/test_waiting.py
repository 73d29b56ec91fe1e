"""From the action to what became of the call, as an automation sees it.

The simulated PBX rings its telephones and sends its events to Home Assistant's webhook;
the action learns from them.
"""

from collections.abc import AsyncIterator

import pytest

from homeassistant.core import HomeAssistant
from simulator.server import Simulator, running
from simulator.timers import instant

from .common import originate_and_wait


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a PBX whose calls take no time."""
    async with running(sleep=instant) as simulator:
        yield simulator


@pytest.fixture
async def connected(simulator: Simulator, webhook_url: str) -> Simulator:
    """Have the PBX send all its events to Home Assistant."""
    simulator.pbx.change(
        webhook={"enabled": True, "address": webhook_url, "events": "all"}
    )
    return simulator


def behave(simulator: Simulator, **phones: str) -> None:
    """Say how telephones behave; all others answer and talk for ten seconds."""
    simulator.pbx.change(
        phones=[
            {"number": number.strip("_"), "behaviour": behaviour}
            for number, behaviour in phones.items()
        ]
    )


@pytest.mark.parametrize(
    ("phones", "callee", "outcome"),
    [
        ({}, "552", "answered"),
        ({}, "09121234567", "answered"),
        ({"_552": "busy"}, "552", "busy"),
        ({"_552": "reject"}, "552", "busy"),
        ({"_09.": "busy"}, "09121234567", "busy"),
        ({"_552": "no_answer"}, "552", "no_answer"),
        ({"_09.": "no_answer"}, "09121234567", "no_answer"),
        ({"_557": "no_answer"}, "552", "caller_no_answer"),
        ({"_557": "reject"}, "552", "caller_no_answer"),
        ({"_557": "unreachable"}, "552", "caller_no_answer"),
        ({"_09.": "no_route"}, "09121234567", "failed"),
    ],
)
async def test_outcome(
    hass: HomeAssistant,
    connected: Simulator,
    phones: dict[str, str],
    callee: str,
    outcome: str,
) -> None:
    """Nobody answering is an outcome, not an error."""
    behave(connected, **phones)
    response = await originate_and_wait(
        hass, connected, callee=callee, wait_for="ended"
    )
    assert response["outcome"] == outcome
    assert response["talk"] == (10 if outcome == "answered" else None)
