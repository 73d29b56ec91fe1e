"""Every event of the PBX, in every shape in which it is known to come."""

from dataclasses import fields
import json
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.simotel import events
from custom_components.pbx.simotel.events import Event, read_event
from custom_components.pbx.telephony.errors import InvalidEventError

CDR = {
    "event_name": "Cdr",
    "starttime": "2021-01-16 06:30:37.471398",
    "endtime": "2021-01-16 06:30:37.471398",
    "src": "991",
    "dst": "993",
    "type": "local",
    "disposition": "ANSWERED",
    "billsec": 9,
    "wait": 11,
    "record": "20210116_1610778618.378.mp3",
    "unique_id": "1610778618.378",
    "originated_call_id": "orig.call.1610778618.787335",
}
READ_CDR = events.Cdr(
    caller="991",
    callee="993",
    type="local",
    disposition="ANSWERED",
    talk=9,
    wait=11,
    recording="20210116_1610778618.378.mp3",
    call_id="1610778618.378",
    originated_call_id="orig.call.1610778618.787335",
)


def read(body: Any, **more: Any) -> Event:
    """Read a body that is posted as JSON."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    arguments = {"query": {}, "content_type": "application/json", "body": body}
    return read_event(**{**arguments, **more})


def test_json_by_post() -> None:
    """The usual shape, as the panel's G4 sends it."""
    assert read(CDR) == READ_CDR


def test_query_by_get() -> None:
    """Everything is text then."""
    query = {key: str(value) for key, value in CDR.items()}
    assert read(b"", query=query) == READ_CDR


def test_form_by_post() -> None:
    """As older versions send it."""
    form = urlencode(CDR).encode()
    content_type = "application/x-www-form-urlencoded"
    assert read(form, content_type=content_type) == READ_CDR
    assert read(form, content_type="") == READ_CDR


def test_body_is_right_where_both_name_a_field() -> None:
    """A query may belong to the address that was typed into the panel."""
    event = read(CDR, query={"src": "1", "event_name": "Ping", "secret": "x"})
    assert event == READ_CDR


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": "CDR"},
        {"event_name": "C-d_r "},
        {"event_name": None, "event": "Cdr"},
        {"unique_id": None, "cuid": "1610778618.378"},
        {"unique_id": "", "cuid": "1610778618.378"},
        {"unique_id": "None", "cuid": "1610778618.378"},
        {"cuid": "1610778618.378"},
        {"src": "۹۹۱", "dst": "٩٩٣"},
        {"src": " 99-1", "dst": "9\u200e93"},
        {"src": "\u202e991\u202c", "record": f"{CDR['record']}\u200f\n"},
        {"billsec": "9", "wait": "11"},
        {"billsec": 9.0, "wait": "11.0"},
        {"src": 991, "dst": 993},
        {"disposition": "Answered"},
        {"disposition": " answered "},
        {"poll_lable": "", "duration": None, "extra": {"deep": [1]}},
    ],
)
def test_spellings_of_the_same(change: dict[str, Any]) -> None:
    """Names, types and digits vary; the event is the same."""
    assert read({**CDR, **change}) == READ_CDR


@pytest.mark.parametrize(
    "body",
    [
        str({**CDR, "poll_point": None, "flag": True}),
        "{'event_name': 'Cdr', 'src': 0991, 'x': None}",
        '{"event_name": "Cdr", "src": 0991, "x": False}',
        "{'event_name': 'Cdr', 'src': '0991', 'label': 'it\\'s \"so\"'}",
    ],
)
def test_what_the_documents_print_but_is_no_json(body: str) -> None:
    """Python literals and bare numbers with a leading zero are repaired."""
    event = read(body)
    assert isinstance(event, events.Cdr)
    assert event.caller in ("991", "0991")


def test_bare_number_is_not_changed_inside_a_text() -> None:
    """Only what stands alone is repaired."""
    event = read("{'event_name': 'IncomingCall', 'number': 'None 0912', 'x': 012}")
    assert event == events.IncomingCall(number="None 0912")


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("Idle", "idle"),
        ("InUse", "in_use"),
        ("In-Use", "in_use"),
        ("in use", "in_use"),
        ("ringing", "ringing"),
        ("Pause", "paused"),
        ("Paused", "paused"),
        ("Unavailable", "unavailable"),
        ("Hold", "hold"),
        ("Invalid", "invalid"),
        ("Dancing", "Dancing"),
        ("", ""),
    ],
)
def test_states_of_an_extension(sent: str, state: str) -> None:
    """Known ones in one spelling, others as they were sent."""
    event = read({"event_name": "New State", "exten": "991", "state": sent})
    assert event == events.NewState(extension="991", state=state)


@pytest.mark.parametrize(
    ("sent", "dialing"),
    [
        ({"dialer": "yes"}, True),
        ({"dialing": "Yes"}, True),
        ({"dialer": "no"}, False),
        ({"dialer": 1}, True),
        ({"dialer": "perhaps"}, None),
        ({}, None),
    ],
)
def test_dialling_has_two_names(sent: dict[str, Any], dialing: bool | None) -> None:
    """Both are read."""
    event = read({"event_name": "NewState", "exten": "991", **sent})
    assert isinstance(event, events.NewState)
    assert event.dialing is dialing


@pytest.mark.parametrize(
    ("sent", "disposition"),
    [
        ("NO ANSWER", "NO ANSWER"),
        ("No Answered", "NO ANSWER"),
        ("no  answer", "NO ANSWER"),
        ("BUSY", "BUSY"),
        ("FAILED", "FAILED"),
        ("Barred", "BARRED"),
        (None, ""),
    ],
)
def test_dispositions(sent: str | None, disposition: str) -> None:
    """As the PBX's data spell them."""
    event = read({"event_name": "Cdr", "disposition": sent})
    assert isinstance(event, events.Cdr)
    assert event.disposition == disposition


@pytest.mark.parametrize(
    "value", [-1, "-1", "soon", "", None, True, [], {}, 1e300, "nan", "inf", 10**8]
)
def test_seconds_that_are_none(value: object) -> None:
    """Are not known, which is something else than zero."""
    text = json.dumps({"event_name": "Cdr", "billsec": value, "wait": 0})
    event = read(text)
    assert isinstance(event, events.Cdr)
    assert (event.talk, event.wait) == (None, 0)


SAMPLES: dict[type[Event], dict[str, Any]] = {
    events.NewState: {
        "event_name": "NewState",
        "exten": "991",
        "state": "InUse",
        "participant": "992",
        "direction": "out",
        "queue": "902",
        "dialer": "yes",
        "unique_id": "1610778625.386",
    },
    events.IncomingCall: {
        "event_name": "IncomingCall",
        "number": "09120000004",
        "unique_id": "1812081675.213",
        "entry_point": "to_simo",
        "originated_call_id": "orig.call.1.2",
    },
    events.OutgoingCall: {
        "event_name": "OutgoingCall",
        "number": "999",
        "unique_id": "1610781425.388",
        "outgoing_point": "to_simo",
        "originated_call_id": "orig.call.1.2",
    },
    events.Cdr: {
        **CDR,
        "entry_point": "in",
        "outgoing_point": "out",
    },
    events.CdrQueue: {
        "event_name": "CDRQueue",
        "unique_id": "1610782193.391",
        "src": "992",
        "dst": "993",
        "billsec": "31",
        "wait": "3",
        "disposition": "ANSWERED",
        "record": "20210116_1610782193.391.mp3",
        "originated_call_id": "orig.call.1.2",
    },
    events.TrunkNewState: {
        "event_name": "TrunkNewState",
        "trunk_name": "cisco",
        "state": "Ok",
        "unique_id": "1.1",
    },
    events.TrunkAdded: {
        "event_name": "TrunkAdded",
        "trunk_name": "cisco",
        "state": "Ok",
        "unique_id": "1.1",
    },
    events.TrunkRemoved: {
        "event_name": "TrunkRemoved",
        "trunk_name": "cisco",
        "unique_id": "1.1",
    },
    events.Ping: {"event_name": "Ping", "unique_id": "1.1"},
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_event_is_read_into_its_own_kind(kind: type[Event]) -> None:
    """With a value in each of its fields."""
    event = read(SAMPLES[kind])
    assert type(event) is kind
    for item in fields(event):
        value = getattr(event, item.name)
        assert value not in ("", None, ()), item.name


NAMES = [
    "NewState",
    "IncomingCall",
    "OutgoingCall",
    "Transfer",
    "Cdr",
    "CdrQueue",
    "ExtenAdded",
    "ExtenRemoved",
    "TrunkNewState",
    "TrunkAdded",
    "TrunkRemoved",
    "VoiceMail",
    "VoiceMailEmail",
    "Survey",
    "IncomingFax",
    "OutgoingFax",
    "AutoDialerReport",
    "ReservedCallInFront",
    "Ping",
]


def test_all_documented_events_are_known() -> None:
    """Nineteen names are known from the vendor's documents."""
    assert set(events.DOCUMENTED_NAMES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_events_have_their_documented_names(name: str) -> None:
    """However those are spelt, and whether or not more of the event is used."""
    for spelling in (name, name.upper(), f" {name[:3]}-{name[3:]}_ "):
        event = read({"event_name": spelling, "unique_id": "1.1"})
        assert events.documented_name(event) == name


def test_report_of_a_campaign_needs_no_name() -> None:
    """The documents print it without one."""
    event = read({"campaign_id": "5f", "tries": [{"cause": "16"}]})
    assert events.documented_name(event) == "AutoDialerReport"


@pytest.mark.parametrize(
    "body",
    [
        *({"event_name": name} for name in NAMES if name != "Ping"),
        *(
            {"event_name": name, "data": {**CDR, "exten": "557", "state": "Idle"}}
            for name in NAMES
            if name != "Ping"
        ),
        {"event_name": "NewState", "state": "Idle", "unique_id": "1.1"},
        {"event_name": "NewState", "exten": "557"},
        {"event_name": "NewState", "exten": {"number": "557"}, "state": "Idle"},
        {"event_name": "NewState", "exten": "\u200e", "state": "Idle"},
        {"event_name": "IncomingCall", "entry_point": "cisco"},
        {"event_name": "OutgoingCall", "outgoing_point": "cisco"},
        {"event_name": "Cdr", "disposition": "ANSWERED", "billsec": 5},
        {"event_name": "CdrQueue", "disposition": "ANSWERED", "queue": "902"},
        {"event_name": "TrunkNewState", "state": "Ok"},
        {"event_name": "TrunkNewState", "trunk_name": "cisco"},
        {"event_name": "TrunkAdded", "state": "Ok"},
        {"event_name": "TrunkRemoved", "unique_id": "1.1"},
    ],
)
def test_event_without_what_makes_it_one_is_incomplete(body: dict[str, Any]) -> None:
    """A name alone tells nothing, nor do fields one level deeper."""
    assert not read(body).is_complete


@pytest.mark.parametrize(
    "body",
    [
        {"event_name": "NewState", "exten": "557", "state": "Idle"},
        {"event_name": "IncomingCall", "unique_id": "1.1"},
        {"event_name": "IncomingCall", "number": "0912"},
        {"event_name": "OutgoingCall", "originated_call_id": "orig.call.1.1"},
        {"event_name": "Cdr", "dst": "552"},
        {"event_name": "Cdr", "originated_call_id": "orig.call.1.1"},
        {"event_name": "CdrQueue", "dst": "552"},
        {"event_name": "TrunkNewState", "trunk_name": "cisco", "state": "Ok"},
        {"event_name": "TrunkAdded", "trunk_name": "cisco"},
        {"event_name": "TrunkRemoved", "trunk_name": "cisco"},
        {"event_name": "Survey", "point": 4.5},
        {"event_name": "Ping"},
        {"event_name": "SomethingNew"},
    ],
)
def test_event_with_what_makes_it_one_is_complete(body: dict[str, Any]) -> None:
    """Nothing more is asked for; of a new kind nobody knows what it needs."""
    assert read(body).is_complete


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("+989121234567", "+989121234567"),
        ("%2B989121234567", "+989121234567"),
        ("+%DB%B9%DB%B8%DB%B9%DB%B1%DB%B2", "+98912"),
        ("+(98)912-123", "+98912123"),
        ("09121234567", "09121234567"),
        ("%20", ""),
        ("+anonymous", "anonymous"),
        ("Ali+557", "Ali 557"),
    ],
)
def test_bare_plus_of_a_query_or_form_is_kept(sent: str, number: str) -> None:
    """Shells and PHP do not encode it; what is decoded has a blank in its place."""
    text = f"event_name=IncomingCall&number={sent}&unique_id=+1.1"
    expected = events.IncomingCall(number=number, call_id="1.1")
    assert read(text, content_type="application/x-www-form-urlencoded") == expected
    assert read(b"", query=dict(parse_qsl(text))) == expected


def test_blank_before_a_number_in_json_is_a_blank() -> None:
    """Nothing was decoded there."""
    event = read({"event_name": "IncomingCall", "number": " 0912 "})
    assert event == events.IncomingCall(number="0912")


def test_unknown_event_is_kept() -> None:
    """Under its own name; a newer PBX may have more of them."""
    event = read({"event_name": "Hologram", "unique_id": "1.1", "x": 1})
    assert event == events.OtherEvent(name="Hologram", call_id="1.1")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "5",
        '"Cdr"',
        "{}",
        "{",
        "}{",
        '{"event_name": null}',
        '{"event_name": ""}',
        '{"event_name": ["Cdr"]}',
        '{"event_name": {"a": 1}}',
        '{"event_name": true}',
        '{"event_name": 1.5}',
        "event_name",
        "hello world",
        "\x00\x01\x02",
        '{"a":' * 5000,
        "[" * 60_000,
        '{"event_name": "Cdr", "x": ' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"event_name": "Cdr", "x": ' + "9" * 5000 + "}",
        "{'" * 30_000,
        "{'a\\" * 15_000,
        '{"' + "\\" * 60_000,
        json.dumps({"event_name": "Cdr"} | {str(number): 1 for number in range(300)}),
        "&".join(f"a{number}=1" for number in range(300)),
    ],
)
def test_what_is_no_event_is_refused_at_once(body: str) -> None:
    """With one error, whatever it is, before the PBX loses patience."""
    started = perf_counter()
    for content_type in ("application/json", "application/x-www-form-urlencoded", ""):
        with pytest.raises(InvalidEventError):
            read(body, content_type=content_type)
    assert perf_counter() - started < 1


@pytest.mark.parametrize(
    "change",
    [
        {"unique_id": "9" * 60, "starttime": "2021-01-16 06:30:37"},
        {"unique_id": "253402300799.1", "starttime": "9999-12-31 23:59:59"},
        {"unique_id": "1e308", "starttime": 1e300},
        {"unique_id": "-1", "starttime": ["2021"]},
        {"src": "\ud800", "dst": "a\nb\x00"},
        {"src": "x" * 10_000},
    ],
)
def test_values_that_cannot_be_do_no_harm(change: dict[str, Any]) -> None:
    """The rest of the event is read all the same."""
    event = read({**CDR, **change})
    assert isinstance(event, events.Cdr)
    assert event.talk == 9
    assert event.caller.isprintable()
    assert len(event.caller) <= 255


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
field_names = st.sampled_from(
    sorted({name for sample in SAMPLES.values() for name in sample})
)


@given(
    st.dictionaries(field_names, json_values),
    st.dictionaries(field_names, st.text()),
)
def test_any_fields_are_an_event_or_are_refused(
    body: dict[str, Any], query: dict[str, str]
) -> None:
    """Whatever types and values they have."""
    try:
        event = read(body, query=query)
    except InvalidEventError:
        return
    assert isinstance(event, Event)
    hash(event.call_id)


@given(st.binary(), st.text())
def test_any_bytes_are_an_event_or_are_refused(body: bytes, content_type: str) -> None:
    """Nothing else ever happens."""
    try:
        read(body, content_type=content_type)
    except InvalidEventError:
        return
