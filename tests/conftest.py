"""What the tests share: a simulated PBX over real HTTP and an entry that uses it."""

from collections.abc import AsyncIterator

from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from simulator.server import Simulator, running
from simulator.timers import instant

from .common import office, setup_integration

# Hypothesis gives each example a fifth of a second of real time, which a machine that is
# busy with other tests may take over anything. What must be fast is measured elsewhere.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def use_loopback(socket_enabled: None) -> None:
    """Let every test talk to this machine over real sockets."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave asyncio's debug mode to the option `--asyncio-debug`.

    The harness always turns it on. It keeps a traceback for every future, task and
    callback, which takes more time than all the rest of the tests.
    """


@pytest.fixture
def hass(hass: HomeAssistant) -> HomeAssistant:
    """Return a Home Assistant that finds the integration.

    The harness's `enable_custom_integrations` does the same, but would start Home
    Assistant for each of the tests of the library and the simulator, too.
    """
    hass.data.pop(DATA_CUSTOM_COMPONENTS)
    return hass


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a simulated PBX whose calls take no time."""
    async with running(sleep=instant) as simulator:
        yield simulator


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry for the simulated PBX, not set up."""
    return office(simulator, options={"context": "main_routing", "timeout": 30})


@pytest.fixture
async def loaded_entry(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return the entry, set up."""
    await setup_integration(hass, entry)
    return entry


@pytest.fixture
async def webhook_url(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
) -> str:
    """Have Home Assistant listen, and return the address for the PBX's events."""
    client = await hass_client_no_auth()
    return str(client.make_url(f"/api/webhook/{loaded_entry.data['webhook_id']}"))


@pytest.fixture
async def connected(simulator: Simulator, webhook_url: str) -> Simulator:
    """Have the PBX send all its events to Home Assistant."""
    simulator.pbx.change(
        webhook={"enabled": True, "address": webhook_url, "events": "all"}
    )
    return simulator
