"""Both servers together, and the set-up that needs no person."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
import json
from pathlib import Path
import sys
from typing import Any

import aiohttp

from . import configuration, dashboard
from .errors import DemonstrationError
from .events import connect_events
from .home_assistant import HomeAssistant
from .household import move_in
from .processes import Server, started
from .simulated_pbx import SimulatedPbx

DOMAIN = "pbx"
# What an originate of the dashboard needs to be the reference's own example.
DEFAULTS = {"context": "main_routing", "trunk_name": "cisco", "timeout": 30}
SECONDS_TO_START_SIMULATOR = 30.0
# Slow machines set up slowly, but nothing here waits for anything else.
_TIME_LIMIT_OF_A_REQUEST = aiohttp.ClientTimeout(total=60)
_CONSOLE = "console.log"
_STATE = "demo.json"


@dataclass(frozen=True, slots=True)
class RunningPbx:
    """A simulator that runs."""

    server: Server
    pbx: SimulatedPbx


@dataclass(frozen=True, slots=True)
class RunningHomeAssistant:
    """A Home Assistant that runs and whose owner is logged in."""

    server: Server
    home_assistant: HomeAssistant
    tokens: dict[str, Any]
    folder: Path

    def log(self) -> str:
        """Return what it has logged so far."""
        return (self.folder / configuration.LOG).read_text(encoding="utf-8")


def http_session() -> aiohttp.ClientSession:
    """Return the session for talking to both servers; it is to be closed."""
    # The cookies and proxies of a person's own machine have no part in this.
    return aiohttp.ClientSession(
        timeout=_TIME_LIMIT_OF_A_REQUEST, cookie_jar=aiohttp.DummyCookieJar()
    )


@asynccontextmanager
async def running_pbx(
    session: aiohttp.ClientSession, *, folder: Path, port: int, by_hand: bool = False
) -> AsyncGenerator[RunningPbx]:
    """Run the simulator; port 0 takes a free one.

    With `by_hand` its extensions ring until a person does something.
    """
    folder.mkdir(parents=True, exist_ok=True)
    async with started(
        "The simulator",
        [
            *(sys.executable, "-B", "-m", "simulator"),
            *("--port", str(port)),
            *(["--manual"] if by_hand else []),
        ],
        folder=configuration.ROOT,
        output=folder / f"simulator-{_CONSOLE}",
    ) as server:
        line = await server.first_line(time_limit=SECONDS_TO_START_SIMULATOR)
        _, found, url = line.partition("listening on ")
        if not found:
            raise DemonstrationError(f"The simulator does not say where it is: {line}")
        yield RunningPbx(server, SimulatedPbx(url, session))


@asynccontextmanager
async def running_home_assistant(
    session: aiohttp.ClientSession,
    *,
    folder: Path,
    port: int,
    language: str,
    address: str | None = None,
    besides: str = "",
) -> AsyncGenerator[RunningHomeAssistant]:
    """Run Home Assistant until everything in it is set up and its owner is logged in.

    `address` is where it says that it is, unless that is where it is. `besides` is YAML
    of what else there is in the home.
    """
    configuration.prepare(
        folder, port=port, language=language, address=address, besides=besides
    )
    async with started(
        "Home Assistant",
        [
            *(sys.executable, Path(sys.executable).with_name("hass")),
            *("--config", folder),
            # Set-up has installed all that is needed, see requirements_test.txt.
            "--skip-pip",
            "--log-no-color",
        ],
        folder=folder,
        output=folder / f"home-assistant-{_CONSOLE}",
        # Should the port be taken after all, it must not end up listening elsewhere.
        variables={"SETUP_PORT": str(port)},
    ) as server:
        home_assistant = HomeAssistant(f"http://127.0.0.1:{port}", session)
        await home_assistant.wait_until_reachable(server)
        tokens = await home_assistant.log_in(language=language)
        await home_assistant.wait_until_running(server)
        yield RunningHomeAssistant(server, home_assistant, tokens, folder)


async def set_up(
    home_assistant: HomeAssistant, pbx: SimulatedPbx, *, folder: Path, language: str
) -> None:
    """Have the integration connected to the PBX, and show the dashboard.

    What was done in an earlier run, and what its user has changed since, is left alone
    unless the PBX has moved. The PBX itself remembers nothing.
    """
    state = _read_state(folder)
    entries = await home_assistant.entries(DOMAIN)
    if not entries:
        await _connect(home_assistant, pbx)
        entries = await home_assistant.entries(DOMAIN)
    elif state.get("pbx") != pbx.url:
        await _move(home_assistant, pbx, entries[0]["entry_id"])
    entry_id = entries[0]["entry_id"]
    if not await home_assistant.command(
        "config_entries/subentries/list", entry_id=entry_id
    ):
        await move_in(home_assistant, entry_id, language=language)
    await connect_events(home_assistant, pbx, entry_id)
    wanted = dashboard.dashboard(
        language=language,
        entities=await shown_entities(home_assistant),
        simulator_url=pbx.url,
    )
    if state.get("dashboard") != wanted:
        title = dashboard.documented_view(language)["title"]
        await _show(home_assistant, wanted, title=title)
    await speak(home_assistant, language)
    (folder / _STATE).write_text(
        json.dumps({"pbx": pbx.url, "dashboard": wanted}), encoding="utf-8"
    )


async def shown_entities(home_assistant: HomeAssistant) -> dashboard.Entities:
    """Return the PBX's own entities of the dashboard."""
    registered = await home_assistant.command("config/entity_registry/list")
    ids = {
        entity["translation_key"]: entity["entity_id"]
        # Of several PBXs the first one has the last word.
        for entity in reversed(registered)
        if entity["platform"] == DOMAIN and not entity["config_subentry_id"]
    }
    names = [field.name for field in fields(dashboard.Entities)]
    if missing := [name for name in names if name not in ids]:
        raise DemonstrationError(f"The integration lacks entities: {missing}")
    return dashboard.Entities(**{name: ids[name] for name in names})


async def speak(home_assistant: HomeAssistant, language: str) -> None:
    """Set the language of the owner's web page."""
    await home_assistant.command(
        "frontend/set_user_data", key="language", value={"language": language}
    )


async def _connect(home_assistant: HomeAssistant, pbx: SimulatedPbx) -> None:
    """Set the integration up through its config flow."""
    step = await home_assistant.start_flow(handler=DOMAIN)
    step = await home_assistant.answer_flow(step, pbx.connection)
    if step.get("step_id") != "defaults":
        raise DemonstrationError(f"The PBX cannot be connected: {step}")
    step = await home_assistant.answer_flow(step, DEFAULTS)
    if step["type"] != "create_entry":
        raise DemonstrationError(f"The PBX's defaults are not taken: {step}")


async def _move(
    home_assistant: HomeAssistant, pbx: SimulatedPbx, entry_id: str
) -> None:
    """Tell the integration that its PBX is at another address now."""
    step = await home_assistant.start_flow(handler=DOMAIN, entry_id=entry_id)
    step = await home_assistant.answer_flow(step, pbx.connection)
    if step.get("reason") != "reconfigure_successful":
        raise DemonstrationError(f"The PBX's new address is not taken: {step}")


async def _show(
    home_assistant: HomeAssistant, wanted: dict[str, Any], *, title: str
) -> None:
    """Save the dashboard and have Home Assistant open with it."""
    dashboards = await home_assistant.command("lovelace/dashboards/list")
    known = {entry["url_path"]: entry["id"] for entry in dashboards}
    if dashboard.URL_PATH in known:
        await home_assistant.command(
            "lovelace/dashboards/update",
            dashboard_id=known[dashboard.URL_PATH],
            title=title,
        )
    else:
        await home_assistant.command(
            "lovelace/dashboards/create",
            url_path=dashboard.URL_PATH,
            title=title,
            icon="mdi:phone",
        )
    await home_assistant.command(
        "lovelace/config/save", url_path=dashboard.URL_PATH, config=wanted
    )
    await home_assistant.command(
        "frontend/set_user_data",
        key="core",
        value={"default_panel": dashboard.URL_PATH},
    )


def _read_state(folder: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((folder / _STATE).read_bytes())
    except OSError, ValueError:
        return {}
    return state
