"""Exactly what is configured is sent to the PBX, seen as bytes on a raw socket."""

from collections.abc import Iterator
import json
from pathlib import Path
import socket
from typing import override
from unittest.mock import patch

from aiohttp.abc import AbstractResolver, ResolveResult
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.pbx.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .common import originate, setup_integration
from .raw_server import RawServer, Step, http_reply, raw_server


class _Loopback(AbstractResolver):
    """Finds every host on this machine."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    @override
    async def close(self) -> None:
        """Have nothing to close."""

    async def real_close(self) -> None:
        """Have nothing to close when Home Assistant stops, either."""


@pytest.fixture(autouse=True)
def names_of_hosts() -> Iterator[None]:
    """Have hosts with a name: by default, cookies of others are not kept."""
    with patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver",
        return_value=_Loopback(),
    ):
        yield


COOKIES = (
    "Content-Type: application/json\r\n"
    "Set-Cookie: session=s3ss10n; Path=/\r\n"
    "Set-Cookie: csrf=t0ken; Path=/; Max-Age=3600"
)
LISTS_NOTHING = http_reply(b'{"success": 1, "data": []}', headers=COOKIES)
PONG = http_reply(b'{"success": 1, "data": null}', headers=COOKIES)
ACCEPTED = http_reply(
    b'{"success": 1, "data": {"originated_call_id": "1"}}', headers=COOKIES
)
EXPECTED_HEADERS = {
    "host",
    "x-apikey",
    "accept",
    "accept-encoding",
    "content-type",
    "content-length",
    "user-agent",
}


def requests_to(server: RawServer) -> list[tuple[str, set[str]]]:
    """Return the first line of each request, and the names of its headers."""
    requests = []
    for connection in server.received:
        for part in bytes(connection).split(b" HTTP/1.1\r\n")[1:]:
            head = part.partition(b"\r\n\r\n")[0].decode()
            names = {line.partition(":")[0].lower() for line in head.split("\r\n")}
            requests.append((head, names))
    return requests


def by_name(server: RawServer) -> str:
    """Return the API's address with the name of a host."""
    return server.url.replace("127.0.0.1", "pbx.example")


def entry_for(server: RawServer, **data: object) -> MockConfigEntry:
    """Return an entry that uses an API key alone."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Office",
        data={
            "url": by_name(server),
            "api_key": "key",
            "verify_ssl": True,
            "webhook_id": "a" * 64,
            **data,
        },
    )


@pytest.mark.parametrize("verify_ssl", [True, False])
async def test_cookies_are_neither_kept_nor_sent_back(
    hass: HomeAssistant, verify_ssl: bool
) -> None:
    """Not over a reload, not to another port of the host, and not by a form."""
    answers = [PONG, ACCEPTED, PONG, ACCEPTED]
    async with (
        raw_server([Step(reply=reply, after="keep") for reply in answers]) as server,
        raw_server([Step(reply=PONG), *[Step(reply=LISTS_NOTHING)] * 2]) as other,
    ):
        entry = entry_for(server, verify_ssl=verify_ssl)
        await setup_integration(hass, entry)
        await originate(hass)
        assert await hass.config_entries.async_reload(entry.entry_id)
        await originate(hass, callee="553")
        result = await hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_USER},
            data={"url": by_name(other), "api_key": "key", "verify_ssl": verify_ssl},
        )
        assert result["type"] is FlowResultType.FORM
        assert result["step_id"] == "defaults"
        sent = requests_to(server) + requests_to(other)
        assert len(sent) == 7
        assert [names for _, names in sent] == [EXPECTED_HEADERS] * 7
    for verify in (True, False):
        assert not len(async_get_clientsession(hass, verify_ssl=verify).cookie_jar)


async def test_cookies_of_others_are_not_sent(hass: HomeAssistant) -> None:
    """Home Assistant's own session may have some for this host."""
    async with raw_server([Step(reply=PONG, after="keep"), Step(reply=PONG)]) as server:
        session = async_get_clientsession(hass)
        async with session.get(by_name(server)):
            pass
        assert len(session.cookie_jar) == 2
        await setup_integration(hass, entry_for(server))
        (_, ours) = requests_to(server)
        assert ours[1] == EXPECTED_HEADERS


async def test_surroundings_change_nothing(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy or a netrc file that is meant for other programs is left alone."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password el5e\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with raw_server([]) as proxy, raw_server([Step(reply=PONG)]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await setup_integration(hass, entry_for(server))
        assert [names for _, names in requests_to(server)] == [EXPECTED_HEADERS]
        assert not proxy.connections


async def test_redirect_is_not_followed_to_another_port(hass: HomeAssistant) -> None:
    """Whatever it is that it asks for."""
    async with raw_server([Step(reply=ACCEPTED)]) as other:
        moved = http_reply(
            json.dumps({"success": 1}).encode(),
            status="307 Moved",
            headers=f"Location: {other.url}/call/originate/act\r\n{COOKIES}",
        )
        async with raw_server([Step(reply=PONG), Step(reply=moved)]) as server:
            await setup_integration(hass, entry_for(server))
            with pytest.raises(HomeAssistantError) as caught:
                await originate(hass)
            assert caught.value.translation_key == "invalid_response"
        assert not other.connections


async def test_nothing_is_sent_when_home_assistant_is_gone(hass: HomeAssistant) -> None:
    """A call that comes too late is not placed, and the error says so."""
    async with raw_server([Step(reply=PONG), Step(reply=ACCEPTED)]) as server:
        await setup_integration(hass, entry_for(server))
        hass.bus.async_fire(EVENT_HOMEASSISTANT_CLOSE)
        await hass.async_block_till_done()
        with pytest.raises(HomeAssistantError) as caught:
            await originate(hass)
        assert caught.value.translation_key == "cannot_connect"
        assert not server.originates
