"""Using the PBX's simulator through its control API."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from simulator.settings import Account

from .errors import DemonstrationError

ACCOUNT = Account()
SECONDS_FOR_A_PHONE = 30.0
_SECONDS_BETWEEN_LOOKS = 0.02


class SimulatedPbx:
    """A simulator at an address."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """Remember where it is."""
        self.url = url
        self._session = session

    @property
    def connection(self) -> dict[str, Any]:
        """What the config flow's first step asks for."""
        return {
            "url": self.url,
            "api_key": ACCOUNT.token,
            "username": ACCOUNT.username,
            "password": ACCOUNT.password,
            "verify_ssl": True,
        }

    async def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the requests received for one operation, newest last."""
        requests: list[dict[str, Any]] = await self._control(
            "GET", f"requests?path={operation}"
        )
        return requests

    async def calls(self) -> list[dict[str, Any]]:
        """Return the calls accepted, newest last."""
        calls: list[dict[str, Any]] = await self._control("GET", "calls")
        return calls

    async def traffic(self) -> list[dict[str, Any]]:
        """Return all calls with what has become of them, newest last."""
        calls: list[dict[str, Any]] = await self._control("GET", "traffic")
        return calls

    async def events(self) -> list[dict[str, Any]]:
        """Return the events sent, newest last."""
        events: list[dict[str, Any]] = await self._control("GET", "events")
        return events

    async def phones(self) -> dict[str, dict[str, Any]]:
        """Return the telephones by their numbers."""
        phones = await self._control("GET", "phones")
        return {phone["number"]: phone for phone in phones}

    async def set_phone(self, number: str, **behaviour: Any) -> None:
        """Change how a telephone behaves."""
        await self._control("PATCH", f"phones/{number}", behaviour)

    async def press(self, number: str, button: str) -> None:
        """Answer, reject, ignore or hang up a telephone, as a person on the page does."""
        await self._control("POST", f"phones/{number}/{button}", {})

    async def wait_until(self, number: str, state: str) -> None:
        """Wait until a telephone is in a state."""
        try:
            async with asyncio.timeout(SECONDS_FOR_A_PHONE):
                while (await self.phones())[number]["state"] != state:
                    await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        except TimeoutError as error:
            raise DemonstrationError(
                f"The telephone {number} does not get {state}."
            ) from error

    async def send_events(self, *, address: str, username: str, password: str) -> None:
        """Send all events to an address, as the integration's texts ask for."""
        await self.change(
            webhook={
                "enabled": True,
                "address": address,
                "version": "G4",
                "method": "POST",
                "username": username,
                "password": password,
                "events": "all",
            }
        )

    async def change(self, **switches: Any) -> None:
        """Change some of its switches."""
        await self._control("PATCH", "settings", switches)

    async def reset(self) -> None:
        """Set all switches back and forget everything received."""
        await self._control("POST", "reset")

    async def _control(
        self, verb: str, path: str, data: Mapping[str, Any] | None = None
    ) -> Any:
        async with self._session.request(
            verb, f"{self.url}/_control/{path}", json=data
        ) as response:
            if response.status >= 400:
                raise DemonstrationError(
                    f"The simulator refused {verb} {path} "
                    f"with {response.status}: {await response.text()}"
                )
            return await response.json()
