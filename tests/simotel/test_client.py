"""The client against the simulated PBX: what it sends, and what it makes of replies."""

from collections.abc import AsyncIterator
import json
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.pbx.simotel import Credentials, SimotelClient
from custom_components.pbx.simotel.errors import (
    InvalidCredentialsError,
    MalformedRequestError,
    MethodNotAllowedError,
    MissingCredentialsError,
    NotFoundError,
    OperationFailedError,
    UnknownServiceError,
    UnsupportedMediaTypeError,
)
from custom_components.pbx.telephony.errors import (
    AddressNotPermittedError,
    ApiRefusedError,
    ConnectionLostError,
    InvalidNumberError,
    InvalidResponseError,
    InvalidTextError,
    PbxError,
    PermissionDeniedError,
    RefusedError,
    ServerError,
)
from custom_components.pbx.telephony.models import CallRequest, Trunk, User
from simulator.server import Simulator
from simulator.settings import Fault
from tests.common import REFERENCE_ACCOUNT, client_of, originates

PARTIES: dict[str, Any] = {
    "caller": "557",
    "callee": "552",
    "context": "main_routing",
}
REQUEST = CallRequest(**PARTIES, trunk_name="cisco")
ORIGINATE = "/call/originate/act"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Return a session that is nothing special."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def client(session: ClientSession, simulator: Simulator) -> SimotelClient:
    """Return a client with the reference's own account."""
    return client_of(session, simulator)


def answer(simulator: Simulator, body: str | bytes, *, status: int = 200) -> None:
    """Have the PBX place the call and then answer something else."""
    text = body if isinstance(body, str) else body.decode("latin-1")
    simulator.pbx.change(faults=[Fault(path="*", status=status, body=text)])


async def test_originate_sends_the_documented_request(
    client: SimotelClient, simulator: Simulator
) -> None:
    """Verb, path, headers and body are those of the reference, byte for byte."""
    call_id = await client.originate(REQUEST)

    assert [call.originated_call_id for call in simulator.pbx.calls] == [call_id]
    (record,) = simulator.pbx.requests
    assert (record.method, record.path) == ("PUT", "/api/v4/call/originate/act")
    assert record.headers["X-APIKEY"] == REFERENCE_ACCOUNT.token
    assert record.headers["Authorization"] == "Basic dGVzdDpBYTEyMzQ1Ng=="
    assert record.headers["Content-Type"] == "application/json"
    assert record.body == (
        '{"caller": "557", "callee": "552", "context": "main_routing", '
        '"caller_id": "557", "trunk_name": "cisco", "timeout": "30"}'
    )


async def test_call_limit_is_sent_when_given(
    client: SimotelClient, simulator: Simulator
) -> None:
    """As text, like everything else."""
    await client.originate(CallRequest(**PARTIES, call_limit=60))
    assert originates(simulator)[0]["call_limit"] == "60"


async def test_text_outside_ascii_arrives_whole(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A caller ID may be a name in any script."""
    await client.originate(CallRequest(**PARTIES, caller_id='درِ "ورودی"'))
    assert originates(simulator)[0]["caller_id"] == 'درِ "ورودی"'


@pytest.mark.parametrize(
    ("credentials", "mode"),
    [
        (Credentials(api_key=REFERENCE_ACCOUNT.token), "token"),
        (Credentials(username="test", password="Aa123456"), "basic"),
        (Credentials(username="مدیر", password="گذرواژه"), "basic"),
    ],
)
async def test_only_what_is_configured_is_sent(
    session: ClientSession, simulator: Simulator, credentials: Credentials, mode: str
) -> None:
    """Each of the account's modes works, and no other header is there."""
    simulator.pbx.change(
        account={
            "mode": mode,
            "username": credentials.username or "test",
            "password": credentials.password or "Aa123456",
        }
    )
    await SimotelClient(session, url=simulator.api_url, credentials=credentials).ping()
    headers = simulator.pbx.requests[0].headers
    assert ("X-APIKEY" in headers) == (mode == "token")
    assert ("Authorization" in headers) == (mode == "basic")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"account": {"permitted_requests": ["/setting/ping/act"]}},
            PermissionDeniedError,
            '"/call/originate/act";Access denied',
        ),
        (
            {"allowed_addresses": ["192.0.2.1"]},
            AddressNotPermittedError,
            "IP is not permitted",
        ),
        (
            {"account": {"token": "another"}},
            InvalidCredentialsError,
            "BasicAuth or ApiKey is invalid",
        ),
        ({"verbs": ["DELETE"]}, MethodNotAllowedError, "Method not allowed"),
        (
            {"contexts": ["other"]},
            OperationFailedError,
            None,
        ),
    ],
)
async def test_documented_refusals_are_errors_of_their_own(
    client: SimotelClient,
    simulator: Simulator,
    change: dict[str, Any],
    error: type[RefusedError],
    message: str | None,
) -> None:
    """Each says what the PBX said, and that nothing was placed."""
    simulator.pbx.change(change)
    with pytest.raises(error) as caught:
        await client.originate(REQUEST)
    assert type(caught.value) is error
    assert not caught.value.may_have_acted
    assert message in (None, caught.value.message)
    assert f"HTTP {caught.value.status}" in str(caught.value)
    assert not simulator.pbx.calls


REFUSAL = '{{"success": 0, "message": "{}", "data": null}}'


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, REFUSAL.format("Requested operation failed"), OperationFailedError),
        (201, REFUSAL.format("Requested operation failed"), OperationFailedError),
        (200, '{"success": false}', OperationFailedError),
        (200, '{"success": "0", "message": 5}', OperationFailedError),
        (400, REFUSAL.format("Unable to parse content"), MalformedRequestError),
        (401, REFUSAL.format("ApiKey is missing"), MissingCredentialsError),
        (401, REFUSAL.format("ApiKey is invalid"), InvalidCredentialsError),
        (401, "<html>401</html>", InvalidCredentialsError),
        (403, REFUSAL.format(";Access denied"), PermissionDeniedError),
        (403, REFUSAL.format("IP is not permitted"), AddressNotPermittedError),
        (403, REFUSAL.format("Something else"), RefusedError),
        (403, "<html>Access denied</html>", RefusedError),
        (404, "<html>Not Found</html>", NotFoundError),
        (405, "<html>nginx</html>", MethodNotAllowedError),
        (415, REFUSAL.format("Unsupported Media Type"), UnsupportedMediaTypeError),
        (415, "", RefusedError),
        (429, "", RefusedError),
        (501, REFUSAL.format("Requested service dose not exist"), UnknownServiceError),
        (501, "<html>", RefusedError),
    ],
)
async def test_refusals_are_told_apart_by_status_and_text(
    client: SimotelClient,
    simulator: Simulator,
    status: int,
    body: str,
    error: type[PbxError],
) -> None:
    """The text decides between the two kinds of 403 only; nothing was placed."""
    answer(simulator, body, status=status)
    with pytest.raises(RefusedError) as caught:
        await client.originate(REQUEST)
    assert type(caught.value) is error
    assert not caught.value.may_have_acted
    assert caught.value.message


@pytest.mark.parametrize("status", [500, 502, 503, 504, 505, 599])
async def test_failing_pbx_may_have_placed_the_call(
    client: SimotelClient, simulator: Simulator, status: int
) -> None:
    """Whatever a failing PBX says, in its envelope or not."""
    answer(simulator, REFUSAL.format("Internal error"), status=status)
    with pytest.raises(ServerError, match=str(status)) as caught:
        await client.originate(REQUEST)
    assert caught.value.may_have_acted
    assert len(simulator.pbx.calls) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "<html>Sign in to the hotel network</html>"),
        (200, "null"),
        (200, "[]"),
        (200, '"text"'),
        (200, "{"),
        (200, "{}"),
        (200, '{"success": null}'),
        (200, '{"success": "yes"}'),
        (200, '{"success": 2}'),
        (200, '{"success": [1]}'),
        (200, '{"success": NaN}'),
        (200, '{"success": 1}'),
        (200, '{"success": 1, "data": null}'),
        (200, '{"success": 1, "data": []}'),
        (200, '{"success": 1, "data": {}}'),
        (200, '{"success": 1, "data": {"originated_call_id": null}}'),
        (200, '{"success": 1, "data": {"originated_call_id": ""}}'),
        (200, '{"success": 1, "data": {"originated_call_id": {}}}'),
        (200, '{"success": 1, "data": {"originated_call_id": "a\\nb"}}'),
        (200, '{"success": 1, "data": {"originated_call_id": "\\ud800"}}'),
        (200, '{"success": 1, "data": {"originated_call_id": "%s"}}' % ("x" * 1000)),
        (200, '{"success": 1' + "1" * 5000 + "}"),
        (200, "[" * 60_000),
        (200, '{"a":' * 12_000),
        (200, "{" + " " * 70_000 + "}"),
        (204, ""),
        (301, ""),
        (302, REFUSAL.format("moved")),
        (308, ""),
    ],
)
async def test_anything_undocumented_is_an_invalid_response(
    client: SimotelClient, simulator: Simulator, status: int, body: str
) -> None:
    """Pages, wrong types, depth and size end in one clear error."""
    answer(simulator, body, status=status)
    with pytest.raises(InvalidResponseError) as caught:
        await client.originate(REQUEST)
    assert caught.value.may_have_acted


@pytest.mark.parametrize(
    "body",
    [
        '{"success": 1, "data": {"originated_call_id": "orig.call.1.2"}}',
        '{"success": true, "message": "", "data": {"originated_call_id": "orig.call.1.2"}}',
        '{"success": "true", "data": {"originated_call_id": "orig.call.1.2"}}',
        '\ufeff{"success": 1.0, "data": {"originated_call_id": "orig.call.1.2"}, "x": 1}',
    ],
)
async def test_success_is_read_tolerantly(
    client: SimotelClient, simulator: Simulator, body: str
) -> None:
    """Each spelling of success that occurs is understood."""
    answer(simulator, body)
    assert await client.originate(REQUEST) == "orig.call.1.2"


async def test_compressed_reply_is_understood(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A proxy that compresses unasked is no reason to lose a call id."""
    simulator.pbx.change(faults=[Fault(gzip=True)])
    assert await client.originate(REQUEST) == simulator.pbx.calls[0].originated_call_id


async def test_redirects_are_not_followed(
    client: SimotelClient, simulator: Simulator
) -> None:
    """They would carry the key to wherever they lead."""
    simulator.pbx.change(
        faults=[
            Fault(path=ORIGINATE, status=307, headers={"Location": "/elsewhere"}),
        ]
    )
    with pytest.raises(InvalidResponseError):
        await client.originate(REQUEST)
    assert len(simulator.pbx.requests) == 1


async def test_verb_is_remembered_for_each_operation(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A PBX may take one verb for ping and the other for originate."""
    simulator.pbx.change(
        verbs_by_request={ORIGINATE: ["POST"], "/setting/ping/act": ["PUT"]}
    )
    for _ in range(2):
        await client.ping()
        await client.originate(REQUEST)
    assert [record.method for record in simulator.pbx.requests] == [
        "PUT",
        "PUT",
        "POST",
        "PUT",
        "POST",
    ]
    simulator.pbx.change(verbs_by_request={ORIGINATE: ["PUT"]})
    await client.originate(REQUEST)
    assert [record.method for record in simulator.pbx.requests][-2:] == ["POST", "PUT"]


async def test_verb_that_is_taken_is_remembered_though_the_call_is_refused(
    client: SimotelClient, simulator: Simulator
) -> None:
    """What the PBX says of the call has nothing to do with the verb."""
    simulator.pbx.change(verbs=["POST"], contexts=["other"])
    for _ in range(2):
        with pytest.raises(OperationFailedError):
            await client.originate(REQUEST)
    methods = [record.method for record in simulator.pbx.requests]
    assert methods == ["PUT", "POST", "POST"]


async def test_password_that_no_text_can_hold_is_wrong(
    session: ClientSession, simulator: Simulator
) -> None:
    """Half of a surrogate pair comes out of broken JSON only."""
    simulator.pbx.change(account={"mode": "basic"})
    credentials = Credentials(username="test", password="\ud800")
    client = SimotelClient(session, url=simulator.api_url, credentials=credentials)
    with pytest.raises(InvalidCredentialsError):
        await client.ping()


@pytest.mark.parametrize("status", [401, 405, 501])
async def test_refusal_whose_text_breaks_off_is_still_a_refusal(
    client: SimotelClient, simulator: Simulator, status: int
) -> None:
    """The status says already that nothing was placed."""
    simulator.pbx.change(
        faults=[Fault(status=status, body='{"success": 0}', drop="midway")]
    )
    with pytest.raises(RefusedError) as caught:
        await client.originate(REQUEST)
    assert not caught.value.may_have_acted


async def test_acceptance_that_breaks_off_is_uncertain(
    client: SimotelClient, simulator: Simulator
) -> None:
    """A status of 200 alone is no call id."""
    simulator.pbx.change(faults=[Fault(drop="midway")])
    with pytest.raises(ConnectionLostError):
        await client.originate(REQUEST)
    assert len(originates(simulator)) == 1


async def test_refusal_text_is_safe_to_show(
    session: ClientSession, simulator: Simulator
) -> None:
    """Whatever the PBX writes becomes one short line without our credentials."""
    credentials = Credentials(api_key="k3y-k3y", username="office", password="p4ssword")
    basic = credentials.headers()["Authorization"]
    client = SimotelClient(session, url=simulator.api_url, credentials=credentials)
    echo = f"\u202eNo\n\tk3\x00y-k3y {basic} p4ssword office \ud800" + "ا" * 500
    answer(simulator, json.dumps({"success": 0, "message": echo}))
    with pytest.raises(OperationFailedError) as caught:
        await client.originate(REQUEST)
    message = caught.value.message
    assert message.startswith("No *** Basic *** *** *** ا")
    assert len(message) == 200
    assert message.isprintable()


async def test_ping_has_an_empty_object_as_body(
    client: SimotelClient, simulator: Simulator
) -> None:
    """As the reference's samples send it."""
    await client.ping()
    (record,) = simulator.pbx.requests
    assert (record.method, record.path) == ("PUT", "/api/v4/setting/ping/act")
    assert record.body == "{}"


async def test_searches_leave_secrets_behind(
    client: SimotelClient, simulator: Simulator
) -> None:
    """Of a row only what a picker shows is kept."""
    simulator.pbx.change(searches={"secrets": "plain"})
    users = await client.search_users()
    trunks = await client.search_trunks()
    assert User(number="557", name="Reception", context="main_routing") in users
    assert trunks[0] == Trunk(name="cisco")
    assert "secret" not in repr((users, trunks))
    assert [record.body for record in simulator.pbx.requests] == [
        '{"status": "all", "alike": "true", '
        '"conditions": {"name": "", "number": "", "mapped": ""}}',
        '{"alike": "true", "conditions": {"name": ""}}',
    ]


@pytest.mark.parametrize(
    "data", ["null", '""', "[]", "[1, null, []]", '[{"name": 5.5}]']
)
async def test_empty_search_has_many_shapes(
    client: SimotelClient, simulator: Simulator, data: str
) -> None:
    """None of them is an error."""
    answer(simulator, f'{{"success": 1, "message": "", "data": {data}}}')
    assert await client.search_users() == []
    assert await client.search_trunks() == []


async def test_search_that_answers_no_list_is_invalid(
    client: SimotelClient, simulator: Simulator
) -> None:
    """An object where rows should be is not guessed at."""
    answer(simulator, '{"success": 1, "data": {"rows": []}}')
    with pytest.raises(InvalidResponseError):
        await client.search_users()


async def test_long_list_is_read_whole(
    client: SimotelClient, simulator: Simulator
) -> None:
    """The search of extensions has no pages, and a large office has many."""
    rows = [
        {"number": str(number), "secret": "x" * 900} for number in range(1000, 3000)
    ]
    answer(simulator, json.dumps({"success": 1, "data": rows}))
    assert len(await client.search_users()) == 2000


async def test_only_what_the_pbx_says_itself_is_an_api_refusal(
    client: SimotelClient, simulator: Simulator
) -> None:
    """That difference decides whether the PBX counts as reachable."""
    simulator.pbx.change(account={"permitted_requests": []})
    with pytest.raises(ApiRefusedError):
        await client.ping()
    answer(simulator, "<html>", status=403)
    with pytest.raises(RefusedError) as caught:
        await client.ping()
    assert not isinstance(caught.value, ApiRefusedError)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"caller": "abc"}, InvalidNumberError),
        ({"callee": 5.0}, InvalidNumberError),
        ({"context": ""}, InvalidTextError),
        ({"context": "a\nb"}, InvalidTextError),
        ({"trunk_name": True}, InvalidTextError),
        ({"caller_id": "x" * 200}, InvalidTextError),
    ],
)
def test_no_request_exists_that_should_not_be_sent(
    given: dict[str, Any], error: type[PbxError]
) -> None:
    """What is refused is refused before there is anything to send."""
    with pytest.raises(error):
        CallRequest(**{**PARTIES, **given})


def test_credentials_do_not_show_themselves() -> None:
    """Not even to whoever prints them."""
    credentials = Credentials(api_key="key", username="user", password="word")
    assert repr(credentials) == "Credentials()"


@pytest.mark.parametrize(
    ("credentials", "complete"),
    [
        (Credentials(), False),
        (Credentials(api_key="k"), True),
        (Credentials(username="u"), False),
        (Credentials(password="p"), False),
        (Credentials(username="u", password="p"), True),
        (Credentials(api_key="k", username="u"), False),
        (Credentials(api_key="k", password="p"), False),
        (Credentials(api_key="k", username="u", password="p"), True),
    ],
)
def test_half_of_a_pair_is_incomplete(credentials: Credentials, complete: bool) -> None:
    """An API key, or user name with password, or all three."""
    assert credentials.complete is complete
