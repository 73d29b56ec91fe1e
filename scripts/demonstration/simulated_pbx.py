"""Using the PBX's simulator through its control API."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from simulator.settings import Account

from .errors import DemonstrationError

ACCOUNT = Account()


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
