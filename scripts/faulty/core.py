"""A real Home Assistant core in this process, with its HTTP server on loopback."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import socket
from tempfile import TemporaryDirectory
from typing import Any, cast, override

from aiohttp.abc import AbstractResolver, ResolveResult

from homeassistant import bootstrap, config_entries, loader
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER, HassAsyncDNSResolver
from homeassistant.setup import async_setup_component
from scripts.demonstration.configuration import listening_here_only, store
from scripts.demonstration.processes import free_port

DOMAIN = "pbx"
_COMPONENTS = ("homeassistant", "persistent_notification", "http", "webhook")


class PlayedNames(AbstractResolver):
    """The name service of the bench, which asks nobody.

    `answers` has the addresses of a name; an exception is raised. A name that is not
    there does not exist.
    """

    def __init__(self) -> None:
        """Start with no names."""
        self.answers: dict[str, tuple[str, ...] | Exception] = {}

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self.answers.get(host, OSError(None, "Name or service not known"))
        if isinstance(answer, Exception):
            raise answer
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    @override
    async def close(self) -> None:
        """Have nothing to close."""


class Core:
    """A core that runs, and what the benches do with it."""

    def __init__(self, hass: HomeAssistant, port: int, names: PlayedNames) -> None:
        """Remember the core, where it listens, and its name service."""
        self.hass = hass
        self.port = port
        self.names = names

    def webhook_path(self, entry: ConfigEntry) -> str:
        """Return the path to which the PBX of an entry sends its events."""
        return f"/api/webhook/{entry.data['webhook_id']}"

    async def add(
        self,
        *,
        entry_id: str,
        data: Mapping[str, Any],
        options: Mapping[str, Any],
        subentries: Iterable[config_entries.ConfigSubentryData] = (),
    ) -> ConfigEntry:
        """Add an entry, as the end of its flow does, and set it up."""
        entry = ConfigEntry(
            version=1,
            minor_version=1,
            domain=DOMAIN,
            title=f"PBX {entry_id}",
            entry_id=entry_id,
            data=data,
            options=options,
            source=config_entries.SOURCE_USER,
            unique_id=None,
            discovery_keys={},  # type: ignore[arg-type]
            subentries_data=subentries,
        )
        await self.hass.config_entries.async_add(entry)
        return entry

    def state(self, entry: ConfigEntry, name: str) -> str | None:
        """Return the state of an entity by the end of its entity id."""
        slug = entry.title.lower().replace(" ", "_")
        state = self.hass.states.get(name.format(slug))
        return state.state if state else None

    def abort_flows(self, entry_id: str) -> None:
        """Close what the user was asked for an entry."""
        for flow in self.hass.config_entries.flow.async_progress_by_handler(DOMAIN):
            if flow["context"].get("entry_id") == entry_id:
                self.hass.config_entries.flow.async_abort(flow["flow_id"])


@asynccontextmanager
async def running_core() -> AsyncIterator[Core]:
    """Run a core in a temporary folder while the context lasts."""
    port = free_port()
    with TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        hass.config.skip_pip = True
        loader.async_setup(hass)
        store(Path(folder), listening_here_only(port))
        hass.config_entries = config_entries.ConfigEntries(hass, {})
        names = PlayedNames()
        # What is typed as Home Assistant's own resolver only needs to resolve.
        hass.data[DATA_RESOLVER] = cast(HassAsyncDNSResolver, names)
        await loader.async_get_custom_components(hass)
        await bootstrap.async_load_base_functionality(hass)
        await async_process_ha_core_config(hass, {"internal_url": _url(port)})
        for component in (*_COMPONENTS, DOMAIN):
            if not await async_setup_component(hass, component, {}):
                raise RuntimeError(f"Home Assistant cannot set up {component}")
        await hass.async_start()
        try:
            yield Core(hass, port, names)
        finally:
            await hass.async_stop(force=True)


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
