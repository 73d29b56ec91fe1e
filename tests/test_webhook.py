"""Events are taken in every shape; all else is refused at once and hurts nothing."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
import gzip
import json
import logging
from pathlib import Path
from typing import Any
import unicodedata
import zlib

from aiohttp import ClientSession
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.pbx.simotel.events import DOCUMENTED_NAMES
from custom_components.pbx.webhook import async_check_events
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.server import Simulator

from .common import elapse, office, setup_integration
from .test_contacts import RECEPTION
from .test_event import ANSWERED, INCOMING
from .test_trunks import enabled_by_default

__all__ = ["enabled_by_default"]

FIXTURES = Path(__file__).parent / "fixtures" / "webhook"
ENTITY = "event.office_calls"
OUR_LOGS = "custom_components.pbx"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Return a client that anybody could have."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with an extension, not set up."""
    return office(simulator, subentries_data=[RECEPTION])


def snapshot(hass: HomeAssistant) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return all states as they are."""
    return {
        state.entity_id: (state.state, dict(state.attributes))
        for state in hass.states.async_all()
    }


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged above debug level by us, or as an error by anybody."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.ERROR
        or (record.levelno > logging.DEBUG and record.name.startswith(OUR_LOGS))
        or record.exc_info
    ]


def basic(username: str, password: str) -> str:
    """Return a header of HTTP Basic."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "request_of",
    [
        {"json": INCOMING},
        {"params": INCOMING},
        {"data": INCOMING},
        {"data": json.dumps(INCOMING), "headers": {"Content-Type": "text/plain"}},
        {"data": repr(INCOMING), "headers": {"Content-Type": "application/json"}},
        {"data": json.dumps(INCOMING).encode("utf-8-sig")},
        {"params": INCOMING, "json": {"entry_point": "to_simo"}},
        {
            "data": gzip.compress(json.dumps(INCOMING).encode()),
            "headers": {"Content-Encoding": "gzip"},
        },
        {"json": {**INCOMING, "event_name": "Incoming Call"}},
        {"json": {**INCOMING, "event": "incomingcall", "event_name": None}},
    ],
)
async def test_event_is_taken_in_every_shape(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    request_of: dict[str, Any],
) -> None:
    """JSON, nearly JSON, form or query, however it is labelled."""
    async with session.post(webhook_url, **request_of) as response:
        assert (response.status, await response.read()) == (200, b"")
    state = hass.states.get(ENTITY)
    assert state is not None
    assert state.attributes["event_type"] == "incoming"
    assert state.attributes["caller"] == "09120000004"


async def test_event_is_taken_by_get(
    hass: HomeAssistant, session: ClientSession, webhook_url: str
) -> None:
    """As the PBX sends it where its method is GET."""
    async with session.get(webhook_url, params=INCOMING) as response:
        assert response.status == 200
    state = hass.states.get(ENTITY)
    assert state is not None
    assert state.attributes["caller"] == "09120000004"


@pytest.mark.parametrize("digits", ["989120000004", "%DB%B9%DB%B8912%DB%B0000004"])
@pytest.mark.parametrize("plus", ["+", "%2B"])
async def test_number_keeps_its_plus_and_has_ascii_digits(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    plus: str,
    digits: str,
) -> None:
    """Shells and PHP send the plus bare, in a query as in a form."""
    told = []
    fields = f"event_name=IncomingCall&entry_point=to_simo&number={plus}{digits}"
    for request in (
        session.get(URL(f"{webhook_url}?{fields}&unique_id=1.1", encoded=True)),
        session.post(
            webhook_url,
            data=f"{fields}&unique_id=1.2",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
    ):
        async with request as response:
            assert response.status == 200
        state = hass.states.get(ENTITY)
        assert state is not None
        told.append((state.attributes["call_id"], state.attributes["caller"]))
    assert told == [("1.1", "+989120000004"), ("1.2", "+989120000004")]


@pytest.mark.parametrize(
    "body",
    [
        {"event_name": "NewState", "state": "InUse", "unique_id": "1.1"},
        {"event_name": "NewState", "exten": "557"},
        {"event_name": "NewState", "data": {"exten": "557", "state": "InUse"}},
        {"event_name": "Cdr", "data": ANSWERED},
        {"event_name": "Transfer", "data": {"transferer": "557"}},
        {"event_name": "Ping", "data": {"date": 1703145054}},
        {"event_name": "Hologram", "data": [{"exten": "557"}]},
        {"event_name": "TrunkNewState", "trunk_name": {"name": "cisco"}, "state": "Ok"},
        {"data": INCOMING},
    ],
)
async def test_event_without_what_makes_it_one_is_not_heard(
    hass: HomeAssistant,
    session: ClientSession,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    body: dict[str, Any],
) -> None:
    """Nothing changes, and the user is still told that no events come."""
    monitor = loaded_entry.runtime_data.monitor
    ir.async_create_issue(
        hass,
        "pbx",
        f"no_events_{loaded_entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="no_events",
    )
    before = snapshot(hass)
    async with session.post(webhook_url, json=body) as response:
        assert response.status in (200, 400)
    assert snapshot(hass) == before
    assert not monitor.heard
    assert not monitor.trunks
    assert ir.async_get(hass).async_get_issue(
        "pbx", f"no_events_{loaded_entry.entry_id}"
    )


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({}, 400),
        ({"data": b"{"}, 400),
        ({"data": b"[]"}, 400),
        ({"data": b"hello"}, 400),
        ({"json": {}}, 400),
        ({"json": {"event_name": ""}}, 400),
        ({"json": [INCOMING]}, 400),
        ({"data": b"[" * 60_000}, 400),
        ({"data": b'{"event_name":' * 4000}, 400),
        ({"json": {str(number): number for number in range(300)}}, 400),
        ({"data": "&".join(f"f{number}=" for number in range(9000))}, 400),
        ({"data": b"a" * 65_537}, 413),
        ({"data": gzip.compress(b"a" * 10_000_000), "gzip": True}, 413),
        ({"data": zlib.compress(b"a" * 10_000_000), "deflate": True}, 413),
        ({"data": b"no gzip at all", "gzip": True}, 400),
    ],
)
async def test_what_is_no_event_is_refused(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    request_of: dict[str, Any],
    status: int,
) -> None:
    """With a 4xx, at once, and without a trace."""
    before = snapshot(hass)
    caplog.clear()
    headers = {}
    for encoding in ("gzip", "deflate"):
        if request_of.pop(encoding, False):
            headers["Content-Encoding"] = encoding
    async with (
        asyncio.timeout(2),
        session.post(webhook_url, headers=headers, **request_of) as response,
    ):
        assert response.status == status
    assert snapshot(hass) == before
    assert not complaints(caplog)


async def test_endless_body_is_not_read_to_its_end(
    hass: HomeAssistant, session: ClientSession, webhook_url: str
) -> None:
    """What is more than an event can be is enough."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield b"a" * 1000

    async with (
        asyncio.timeout(5),
        session.post(webhook_url, data=endless()) as response,
    ):
        assert response.status == 413


async def test_body_that_does_not_come_is_not_waited_for(
    hass: HomeAssistant, webhook_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that comes a byte at a time."""
    monkeypatch.setattr("custom_components.pbx.webhook.SECONDS_TO_READ", 0.2)
    url = URL(webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{{".encode()
    )
    async with asyncio.timeout(2):
        line = await reader.readline()
    writer.close()
    assert line.split()[1] == b"408"


async def test_body_that_trickles_is_not_waited_for(
    hass: HomeAssistant, webhook_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is that of the whole body, not of each byte."""
    monkeypatch.setattr("custom_components.pbx.webhook.SECONDS_TO_READ", 0.2)
    url = URL(webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode()
    )

    async def trickle() -> None:
        while True:
            await asyncio.sleep(0.02)
            writer.write(b" ")

    trickling = asyncio.create_task(trickle())
    async with asyncio.timeout(2):
        line = await reader.readline()
    trickling.cancel()
    writer.close()
    assert line.split()[1] == b"408"


async def test_body_may_come_in_pieces(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, webhook_url: str
) -> None:
    """Long after the headers, and cut anywhere."""
    url = URL(webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n"
    )
    for piece in (head.encode(), EVENT[:10], EVENT[10:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        answer = await reader.readline()
    writer.close()
    assert answer.split()[1] == b"200"
    assert loaded_entry.runtime_data.monitor.heard["IncomingCall"].count == 1


@pytest.mark.parametrize("again", [False, True])
async def test_body_that_is_under_way_when_the_entry_goes_is_not_taken(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    again: bool,
) -> None:
    """The PBX is told so, and nobody else; one that is back takes it."""
    url = URL(webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n"
    )
    writer.write(head.encode() + EVENT[:10])
    await writer.drain()
    await asyncio.sleep(0.05)
    caplog.clear()
    monitor = loaded_entry.runtime_data.monitor
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    if again:
        assert await hass.config_entries.async_setup(loaded_entry.entry_id)
    writer.write(EVENT[10:])
    async with asyncio.timeout(2):
        answer = await reader.readline()
    writer.close()
    assert answer.split()[1] == (b"200" if again else b"503")
    assert list(monitor.heard) == (["IncomingCall"] if again else [])
    assert not complaints(caplog)


EVENT = json.dumps(INCOMING).encode()
CHUNKED = "Transfer-Encoding: chunked"
GZIP = "Content-Encoding: gzip"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([CHUNKED], b"zz\r\nno number\r\n0\r\n\r\n"),
        ([CHUNKED], b'5\r\n{"eve'),
        ([CHUNKED], b"fffffffffffffffffffff\r\n"),
        ([CHUNKED, GZIP], b"4\r\n\x1f\x8b\x08\x00\r\n0\r\n\r\n"),
        (["Content-Length: 20", GZIP], gzip.compress(EVENT)[:20]),
        (["Content-Length: 4", "Content-Encoding: deflate"], b"\xff\xff\xff\xff"),
        (["Content-Length: 4", "Content-Encoding: br"], b"\xff\xff\xff\xff"),
        (["Content-Length: 4", "Content-Encoding: zstd"], b"\xff\xff\xff\xff"),
        (["Content-Length: -1"], EVENT),
        (["Content-Length: 5", "Content-Length: 500"], EVENT),
        (["Content-Length: 5", CHUNKED], EVENT),
        (["Content-Length: 5"], EVENT),
        (["Content-Length: 5000"], EVENT),
        (["Content-Length: 2", "Content-Type: \x7f; charset=\xff"], b"{}"),
        (["Content-Length: 2", "Content-Type: text/json; charset=utf-7"], b"{}"),
    ],
)
async def test_http_that_is_broken_hurts_nothing(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    headers: list[str],
    body: bytes,
) -> None:
    """The server refuses some of it, we the rest; it is never an event."""
    before = snapshot(hass)
    caplog.clear()
    url = URL(webhook_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = "\r\n".join([f"POST {url.path} HTTP/1.1", "Host: x", *headers])
    writer.write(head.encode("latin-1") + b"\r\n\r\n" + body)
    writer.write_eof()
    async with asyncio.timeout(2):
        answer = await reader.read()
    writer.close()
    assert not answer or answer.split()[1].startswith(b"4")
    assert snapshot(hass) == before
    assert not loaded_entry.runtime_data.monitor.heard
    # Of what is no HTTP at all the server complains by itself, whatever the address.
    assert {*complaints(caplog)} <= {"Error handling request from 127.0.0.1"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?event_name",
        "?event_name=",
        "?event_name=%00",
        "?event_name=%ff%fe",
        "?event_name=%zz&=&&&==",
        "?" + "&".join(f"field{number}=1" for number in range(500)),
        "?" + "a" * 5000,
        "?event_name[]=Cdr",
        "?event_name=%0d%0aSet-Cookie:x",
        "?event_name=<script>",
        "?event_name=..%2f..%2fetc%2fpasswd",
    ],
)
async def test_queries_of_every_kind_hurt_nothing(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    query: str,
) -> None:
    """Those that name no event are refused, of some by Home Assistant itself."""
    before = snapshot(hass)
    caplog.clear()
    address = URL(webhook_url + query, encoded=True)
    async with session.get(address) as response:
        assert response.status in (200, 400)
        named = "event_name=" in query and "%00" not in query
        assert response.status == 400 or named
    assert snapshot(hass) == before
    assert not complaints(caplog)


async def test_connection_that_breaks_is_no_trouble(
    hass: HomeAssistant, webhook_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the middle of a body."""
    before = snapshot(hass)
    url = URL(webhook_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{{".encode()
    )
    await writer.drain()
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert snapshot(hass) == before
    assert not complaints(caplog)


@pytest.mark.parametrize(
    ("method", "suffix", "status"),
    [("PUT", "", 405), ("HEAD", "", 200), ("POST", "/", 404), ("POST", "/Cdr", 404)],
)
async def test_other_ways_lead_nowhere(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    method: str,
    suffix: str,
    status: int,
) -> None:
    """Among them that of the format Rest4, and a slash at the address's end."""
    before = snapshot(hass)
    async with session.request(method, webhook_url + suffix, json=INCOMING) as response:
        assert response.status == status
    assert snapshot(hass) == before


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic \udcff",
        basic("pbx", "wrong"),
        basic("wrong", "pass:wörd"),
        basic("pbx", "pass:wörd") + "A",
        basic("pbx", "pass:wörd").replace("Basic", "Bearer"),
        "Basic " + b64encode(b"\xff:\xff").decode(),
    ],
)
async def test_wrong_credentials_change_nothing(
    hass: HomeAssistant,
    session: ClientSession,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    authorization: str | None,
) -> None:
    """Missing ones neither; and they are looked at before anything else."""
    await protect(hass, loaded_entry)
    before = snapshot(hass)
    caplog.clear()
    headers = {}
    if authorization is not None:
        headers["Authorization"] = authorization
    for body in (json.dumps(INCOMING), "no event", "a" * 100_000):
        async with session.post(webhook_url, data=body, headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"].startswith("Basic")
    assert snapshot(hass) == before
    assert not loaded_entry.runtime_data.monitor.heard
    assert not complaints(caplog)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_right_credentials_are_taken(
    hass: HomeAssistant,
    session: ClientSession,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    scheme: str,
) -> None:
    """In UTF-8, as everything of the PBX."""
    await protect(hass, loaded_entry)
    headers = {"Authorization": basic("pbx", "pass:wörd").replace("Basic", scheme)}
    async with session.post(webhook_url, json=INCOMING, headers=headers) as response:
        assert response.status == 200
    assert list(loaded_entry.runtime_data.monitor.heard) == ["IncomingCall"]


async def protect(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Have the webhook ask for a user name and a password."""
    credentials = {"webhook_username": "pbx", "webhook_password": "pass:wörd"}
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, **credentials}
    )
    await hass.async_block_till_done()


async def test_entry_that_is_not_loaded_takes_nothing(
    hass: HomeAssistant,
    session: ClientSession,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
) -> None:
    """And takes events again when it is."""
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    async with session.post(webhook_url, json=INCOMING) as response:
        # Home Assistant does not give away which addresses there are.
        assert response.status == 200
    await hass.config_entries.async_setup(loaded_entry.entry_id)
    assert not loaded_entry.runtime_data.monitor.heard
    async with session.post(webhook_url, json=INCOMING) as response:
        assert response.status == 200
    assert list(loaded_entry.runtime_data.monitor.heard) == ["IncomingCall"]


@pytest.mark.parametrize(
    ("options", "remote", "taken"),
    [
        ({}, "192.168.51.20", True),
        ({}, "203.0.113.5", False),
        ({}, "100.64.0.5", False),
        ({"webhook_local_only": True}, "100.64.0.5", False),
        ({"webhook_local_only": False}, "203.0.113.5", True),
        ({"webhook_local_only": False}, "100.64.0.5", True),
    ],
)
async def test_strangers_are_let_in_as_the_options_say(
    hass: HomeAssistant,
    session: ClientSession,
    loaded_entry: MockConfigEntry,
    webhook_url: str,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    remote: str,
    taken: bool,
) -> None:
    """Only the local network at first; the PBX is told 200 in any case."""
    hass.config_entries.async_update_entry(
        loaded_entry, options={**loaded_entry.options, **options}
    )
    await hass.async_block_till_done()
    monkeypatch.setattr("aiohttp.web.BaseRequest.remote", remote)
    async with session.post(webhook_url, json=INCOMING) as response:
        assert response.status == 200
    assert bool(loaded_entry.runtime_data.monitor.heard) is taken


@pytest.mark.parametrize(
    "file", sorted(FIXTURES.iterdir()), ids=lambda path: str(path.name)
)
async def test_corpus_hurts_nothing(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    file: Path,
) -> None:
    """Bodies that looked dangerous: `event-` ones are events, `broken-` ones none."""
    caplog.clear()
    body = file.read_bytes()
    async with session.post(webhook_url, data=body) as response:
        assert response.status == (200 if file.name.startswith("event-") else 400)
    await hass.async_block_till_done()
    assert not complaints(caplog)


# What no calculation, state or name can hold.
EXTREMES = st.sampled_from(
    [
        -1,
        10**400,
        253402300800,
        1e308,
        "inf",
        "nan",
        "-1",
        "253402300799.9999",
        "9999-12-31 23:59:59",
        "9" * 400,
        "۹" * 400,
        "x" * 5000,
        "\u202e" * 300,
        "\u202e557\u2066\u200f",
        "a\nb\x00\ud800\u2028",
        [[[[[[{"event_name": "Cdr"}]]]]]],
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text()
    | st.sampled_from(["Cdr", "ANSWERED", "0912", "1610778618.378", "557", "InUse"])
    | EXTREMES,
    lambda items: st.lists(items) | st.dictionaries(st.text(), items),
    max_leaves=20,
)
NAMES = st.sampled_from([*DOCUMENTED_NAMES, "SomethingNew"])
FIELDS = st.sampled_from(
    [
        "dialer",
        "endtime",
        "queue",
        *INCOMING,
        *ANSWERED,
        "cuid",
        "date",
        "detail",
        "direction",
        "exten",
        "originated_call_id",
        "participant",
        "starttime",
        "state",
        "tries",
        "trunk_name",
    ]
)


# Such as are taken, and shown by an entity.
COMPLETE = st.fixed_dictionaries(
    {
        "event_name": NAMES,
        "exten": st.just("557"),
        "state": st.sampled_from(["Ringing", "InUse", "Idle", "Ok"]) | EXTREMES,
        "disposition": st.sampled_from(["ANSWERED", "NO ANSWER"]) | EXTREMES,
        "number": EXTREMES,
        "participant": EXTREMES,
        "trunk_name": EXTREMES,
    },
    optional=dict.fromkeys(
        [
            "unique_id",
            "src",
            "dst",
            "billsec",
            "record",
            "entry_point",
            "date",
            "queue",
        ],
        EXTREMES,
    ),
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.binary(max_size=300)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda name, fields: json.dumps({**fields, "event_name": name}).encode(),
        NAMES,
        st.dictionaries(FIELDS, JSON, max_size=8),
    )
    | COMPLETE.map(lambda fields: json.dumps(fields).encode()),
    content_type=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "text/plain", "a"]
    ),
    query=st.dictionaries(FIELDS, st.text(max_size=10), max_size=3),
)
@example(body=b'{"event_name": "Cdr", "x": "\\ud800"}', content_type="a", query={})
@example(body=b"\x00", content_type="application/json", query={"event_name": "\x00"})
@example(body=b'{"event_name": "Cdr", "billsec": 1e999}', content_type="a", query={})
def test_any_bytes_are_answered(
    enabled_by_default: None,
    hass: HomeAssistant,
    webhook_url: str,
    loaded_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    content_type: str,
    query: dict[str, str],
) -> None:
    """With 200 or a 4xx, and no entity says what it cannot."""

    async def send() -> int:
        async with (
            ClientSession() as session,
            session.post(
                webhook_url,
                data=body,
                params=query,
                headers={"Content-Type": content_type},
            ) as response,
        ):
            await hass.async_block_till_done()
            return response.status

    caplog.clear()
    assert hass.loop.run_until_complete(send()) in (200, 400)
    # Of a phone's unknown states a few are named, each once.
    unknown = "The PBX tells of a state that is not known: "
    for complaint in complaints(caplog):
        assert complaint.startswith(unknown)
        assert_can_be_shown(complaint)
    for state in hass.states.async_all():
        assert_can_be_shown(state.state, state.name, state.attributes)
    for state in hass.states.async_all("event"):
        assert len(state.state) < 50
        for key in ("caller", "callee", "trunk", "call_id", "originated_call_id"):
            value = state.attributes.get(key)
            assert value is None or (isinstance(value, str) and 0 < len(value) <= 255)
        for key in ("wait", "talk"):
            value = state.attributes.get(key)
            assert value is None or isinstance(value, int)


def assert_can_be_shown(*values: object) -> None:
    """See that all texts in some values are short, on one line and not turned around."""
    for value in values:
        if isinstance(value, str):
            assert len(value) <= 300
            assert not {unicodedata.category(c) for c in value} & {
                "Cc",
                "Cf",
                "Cs",
                "Zl",
            }
        elif isinstance(value, Mapping):
            assert_can_be_shown(*value.values())
        elif isinstance(value, list):
            assert_can_be_shown(*value)


@pytest.mark.usefixtures("enabled_by_default")
@pytest.mark.parametrize(
    ("sent", "text", "number"),
    [
        ("x" * 256, "x" * 255, "x" * 255),
        ("\u202e+98912\u202c", "+98912", "+98912"),
        ("۰۹ ۱۲", "۰۹ ۱۲", "0912"),
        ("می\u200cآید\u200f", "می\u200cآید", "می\u200cآید"),
        ("a\nb\ud800", "ab", "ab"),
    ],
)
async def test_what_is_shown_can_be_shown(
    hass: HomeAssistant,
    session: ClientSession,
    webhook_url: str,
    caplog: pytest.LogCaptureFixture,
    sent: str,
    text: str,
    number: str,
) -> None:
    """It was cleaned where it came in, and is not longer than a state may be."""
    caplog.clear()
    for event in (
        {"event_name": "NewState", "exten": "557", "state": "InUse"}
        | dict.fromkeys(("participant", "queue", "unique_id"), sent),
        {"event_name": "TrunkNewState", "trunk_name": sent, "state": "Ok"},
        {**ANSWERED, "record": sent, "src": sent, "dst": sent, "entry_point": sent},
    ):
        async with session.post(webhook_url, json=event) as response:
            assert response.status == 200
        await hass.async_block_till_done()
    # The row is told once nothing else can come.
    await elapse(hass)
    assert hass.states.is_state("sensor.reception_other_party", number)
    (trunk,) = [
        state for state in hass.states.async_all("sensor") if "trunk" in state.entity_id
    ]
    assert trunk.name.endswith(text)
    calls = hass.states.get(ENTITY)
    assert calls is not None
    assert calls.attributes["caller"] == number
    assert calls.attributes["recording"] == text
    assert not complaints(caplog)


async def test_only_a_ping_event_answers_a_ping(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    connected: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others come all the time."""
    monkeypatch.setattr("custom_components.pbx.webhook.SECONDS_TO_ARRIVE", 0.3)
    assert await async_check_events(loaded_entry) is None
    connected.pbx.change(webhook={"events": ["IncomingCall"]})
    check = asyncio.create_task(async_check_events(loaded_entry))
    await asyncio.sleep(0.05)
    connected.pbx.send_event("IncomingCall", {"number": "09120000004"})
    assert await check == "no_ping_event"


async def test_entry_of_before_the_first_release_gets_an_address(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """It is made with the entry, else when the entry is set up first."""
    entry.add_to_hass(hass)
    data = {key: value for key, value in entry.data.items() if key != "webhook_id"}
    hass.config_entries.async_update_entry(entry, data=data)
    await setup_integration(hass, entry)
    assert len(entry.data["webhook_id"]) == 64
