"""Using a running Home Assistant as its own web page does: over REST and WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import time
from typing import Any

import aiohttp

from .errors import DemonstrationError
from .processes import Server

USERNAME = "demo"
PASSWORD = "demo"
SECONDS_TO_START = 180.0
SECONDS_FOR_A_COMMAND = 60.0
FLOWS = "/api/config/config_entries/flow"
OPTIONS_FLOWS = "/api/config/config_entries/options/flow"
SUBENTRY_FLOWS = "/api/config/config_entries/subentries/flow"
SECONDS_FOR_A_STATE = 30.0
SECONDS_FOR_A_STEP = 60.0
_SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and the JSON that came with it."""

    status: int
    body: Any


class HomeAssistant:
    """A Home Assistant at an address, and the owner's way into it."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """Remember where it is; `log_in` comes next."""
        self.url = url
        self._session = session
        self._access_token = ""

    @property
    def client_id(self) -> str:
        """The name by which a web page served from this address logs in."""
        return f"{self.url}/"

    async def wait_until_reachable(self, server: Server) -> None:
        """Wait until it answers."""
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                async with self._session.get(f"{self.url}/manifest.json") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await server.pause(until=end)

    async def wait_until_running(self, server: Server) -> None:
        """Wait until everything that it starts with is set up."""
        end = time.monotonic() + SECONDS_TO_START
        while True:
            configuration = await self.get("/api/config")
            if configuration["recovery_mode"]:
                raise DemonstrationError(
                    "Home Assistant started in recovery mode. "
                    f"Its last words:\n{server.last_lines()}"
                )
            if configuration["state"] == "RUNNING":
                return
            await server.pause(until=end)

    async def log_in(self, *, language: str) -> dict[str, Any]:
        """Log in as the owner, who is made at the first start, and return the tokens."""
        steps = await self._onboarding_steps()
        if "user" in steps:
            code = await self._create_owner(language)
        else:
            code = await self._code_of_owner()
        tokens = await self._tokens(code)
        self._access_token = tokens["access_token"]
        if "analytics" in steps:
            await self.post("/api/onboarding/analytics", {})
        if "integration" in steps:
            await self.post(
                "/api/onboarding/integration",
                {"client_id": self.client_id, "redirect_uri": self.client_id},
            )
        return tokens

    async def start_flow(self, kind: str = FLOWS, **handler: Any) -> dict[str, Any]:
        """Start a flow and return its first step."""
        return await self._object("POST", kind, handler)

    async def answer_flow(
        self, step: Mapping[str, Any], user_input: Mapping[str, Any], kind: str = FLOWS
    ) -> dict[str, Any]:
        """Send a step's form and return what comes next, when there is something."""
        flow = f"{kind}/{step['flow_id']}"
        result = await self._object("POST", flow, user_input)
        async with asyncio.timeout(SECONDS_FOR_A_STEP):
            while result["type"] == "progress":
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
                result = await self.get(flow)
        return result

    async def abandon_flow(self, step: Mapping[str, Any], kind: str = FLOWS) -> None:
        """Give up a flow, as closing its dialog does."""
        await self._accepted("DELETE", f"{kind}/{step['flow_id']}", None)

    async def entries(self, domain: str) -> list[dict[str, Any]]:
        """Return the config entries of an integration."""
        entries: list[dict[str, Any]] = await self.get(
            f"/api/config/config_entries/entry?domain={domain}"
        )
        return entries

    async def delete_entry(self, entry_id: str) -> None:
        """Delete a config entry."""
        await self.delete(f"/api/config/config_entries/entry/{entry_id}")

    async def reload_entry(self, entry_id: str) -> None:
        """Reload a config entry."""
        await self.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})

    async def perform(self, action: str, data: Mapping[str, Any]) -> Answer:
        """Perform an action and return its response, or how it was refused."""
        domain, _, name = action.partition(".")
        return await self._request(
            "POST", f"/api/services/{domain}/{name}?return_response", data
        )

    async def press(self, button: str) -> None:
        """Press a button that is an entity."""
        await self.post("/api/services/button/press", {"entity_id": button})

    async def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return await self._accepted("GET", path, None)

    async def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """Send JSON to a path and return the JSON that comes back."""
        return await self._accepted("POST", path, data)

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        await self._accepted("DELETE", path, None)

    async def state(self, entity: str) -> str:
        """Return the state of an entity."""
        state: str = (await self.get(f"/api/states/{entity}"))["state"]
        return state

    async def wait_for_state(self, entity: str, wanted: str) -> bool:
        """Wait until an entity has a state; tell whether it came to that in time."""
        try:
            async with asyncio.timeout(SECONDS_FOR_A_STATE):
                while await self.state(entity) != wanted:
                    await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        except TimeoutError:
            return False
        return True

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send one command over the WebSocket and return its result."""
        async with (
            asyncio.timeout(SECONDS_FOR_A_COMMAND),
            self._logged_in_socket() as socket,
        ):
            return await _ask(socket, kind, fields)

    @asynccontextmanager
    async def watching(self, entity: str) -> AsyncGenerator[list[dict[str, Any]]]:
        """Yield the list of the states that an entity takes on from now on; it grows."""
        states: list[dict[str, Any]] = []

        async def watch(socket: aiohttp.ClientWebSocketResponse) -> None:
            while True:
                message = await socket.receive_json()
                states.append(message["event"]["variables"]["trigger"]["to_state"])

        async with self._logged_in_socket() as socket:
            trigger = {"trigger": "state", "entity_id": entity}
            await _ask(socket, "subscribe_trigger", {"trigger": trigger})
            task = asyncio.create_task(watch(socket))
            try:
                yield states
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def _logged_in_socket(
        self,
    ) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        async with self._session.ws_connect(f"{self.url}/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._access_token})
            greeting = await socket.receive_json()
            if greeting["type"] != "auth_ok":
                raise DemonstrationError(f"Home Assistant lets nobody in: {greeting}")
            yield socket

    async def _onboarding_steps(self) -> set[str]:
        """Return the steps that are still to do; once all are done nobody answers."""
        answer = await self._request("GET", "/api/onboarding", None)
        if answer.status == 404:
            return set()
        return {step["step"] for step in answer.body if not step["done"]}

    async def _create_owner(self, language: str) -> str:
        owner = await self.post(
            "/api/onboarding/users",
            {
                "client_id": self.client_id,
                "name": "Demo",
                "username": USERNAME,
                "password": PASSWORD,
                "language": language,
            },
        )
        code: str = owner["auth_code"]
        return code

    async def _code_of_owner(self) -> str:
        flow = await self.post(
            "/auth/login_flow",
            {
                "client_id": self.client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": self.client_id,
            },
        )
        result = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {
                "client_id": self.client_id,
                "username": USERNAME,
                "password": PASSWORD,
            },
        )
        if result["type"] != "create_entry":
            raise DemonstrationError(
                f"The user {USERNAME} cannot log in with the password {PASSWORD}. "
                "Start with --fresh to begin anew."
            )
        code: str = result["result"]
        return code

    async def _tokens(self, code: str) -> dict[str, Any]:
        form = {
            "client_id": self.client_id,
            "grant_type": "authorization_code",
            "code": code,
        }
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            tokens: dict[str, Any] = await response.json()
            if response.status != 200:
                raise DemonstrationError(f"No tokens were given: {tokens}")
            return tokens

    async def _object(
        self, verb: str, path: str, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        body: dict[str, Any] = await self._accepted(verb, path, data)
        return body

    async def _accepted(
        self, verb: str, path: str, data: Mapping[str, Any] | None
    ) -> Any:
        answer = await self._request(verb, path, data)
        if answer.status >= 400:
            raise DemonstrationError(
                f"Home Assistant refused {verb} {path} "
                f"with {answer.status}: {answer.body}"
            )
        return answer.body

    async def _request(
        self, verb: str, path: str, data: Mapping[str, Any] | None
    ) -> Answer:
        headers = {}
        if self._access_token:
            headers["Authorization"] = f"Bearer {self._access_token}"
        async with self._session.request(
            verb, self.url + path, json=data, headers=headers
        ) as response:
            if response.content_type == "application/json":
                return Answer(response.status, await response.json())
            return Answer(response.status, await response.text())


async def _ask(
    socket: aiohttp.ClientWebSocketResponse, kind: str, fields: Mapping[str, Any]
) -> Any:
    """Send the first command of a connection and return its result."""
    await socket.send_json({"id": 1, "type": kind, **fields})
    reply = await socket.receive_json()
    if not reply["success"]:
        raise DemonstrationError(f"{kind} was refused: {reply['error']}")
    return reply["result"]
