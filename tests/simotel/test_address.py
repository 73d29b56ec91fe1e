"""However an address is written, one canonical form of it is kept."""

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.simotel import at_default_path, parse_address
from custom_components.pbx.telephony.errors import InvalidAddressError


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("192.168.51.20", "http://192.168.51.20/api/v4"),
        (" 192.168.51.20\u200f ", "http://192.168.51.20/api/v4"),
        ("۱۹۲.۱۶۸.۵۱.۲۰:۸۰۲۹", "http://192.168.51.20:8029/api/v4"),
        ("pbx.local", "http://pbx.local/api/v4"),
        ("pbx.local.", "http://pbx.local/api/v4"),
        ("PBX.Local:8029/", "http://pbx.local:8029/api/v4"),
        ("http://192.168.51.20:80", "http://192.168.51.20/api/v4"),
        ("https://pbx.example:443/", "https://pbx.example/api/v4"),
        ("http://pbx.example:443", "http://pbx.example:443/api/v4"),
        ("HTTPS://Panel.Example/api/v4.1/", "https://panel.example/api/v4.1"),
        ("panel.example/api/v4.1", "http://panel.example/api/v4.1"),
        ("http://pbx.example//api//v4//", "http://pbx.example/api/v4"),
        ("http://pbx.example/Api/V4", "http://pbx.example/Api/V4"),
        ("http://pbx.example/#/dashboard", "http://pbx.example/api/v4"),
        ("http://pbx.example/?lang=fa", "http://pbx.example/api/v4"),
        ("http://192.168.51.20/panel/#/login", "http://192.168.51.20/panel"),
        ("http://pbx.example/index.html?a=b#c", "http://pbx.example/index.html"),
        ("https://pbx.example/api/v4/call/originate/act", "https://pbx.example/api/v4"),
        ("pbx.example/api/v4/setting/ping/act?x=1", "http://pbx.example/api/v4"),
        ("pbx.example/api/v4.1/pbx/users/search/", "http://pbx.example/api/v4.1"),
        ("pbx.example/api/v4.1/Reports/cdr", "http://pbx.example/api/v4.1"),
        ("pbx.example/api/v4/call", "http://pbx.example/api/v4"),
        ("pbx.example/call/originate/act", "http://pbx.example/api/v4"),
        ("pbx.example/SETTING/ping/ACT", "http://pbx.example/api/v4"),
        ("pbx.example/x/pbx/trunks/search", "http://pbx.example/x"),
        ("pbx.example/pbx/api/v4", "http://pbx.example/pbx/api/v4"),
        ("pbx.example/call", "http://pbx.example/call"),
        ("pbx.example/call/a/act/call/b/act", "http://pbx.example/api/v4"),
        ("[fe80::1]:8080", "http://[fe80::1]:8080/api/v4"),
        ("FE80:0::1", "http://[fe80::1]/api/v4"),
        ("http://[::1]", "http://[::1]/api/v4"),
        ("http://مرکز.example", "http://xn--wgbc9c1w.example/api/v4"),
    ],
)
def test_addresses_become_canonical(written: str, url: str) -> None:
    """Scheme, host, port and path are told apart and written in one way."""
    assert parse_address(written).url == url
    assert parse_address(url).url == url


def test_credentials_in_the_address_are_kept_apart() -> None:
    """A documented way to send credentials ends where they belong."""
    address = parse_address("https://te%40st:Aa%3A1@panel.example/api/v4.1")
    assert address.url == "https://panel.example/api/v4.1"
    assert (address.username, address.password) == ("te@st", "Aa:1")
    assert "Aa" not in repr(address)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "http://",
        "http:///api/v4",
        "ftp://pbx.example",
        "javascript://alert",
        "http:/pbx.example",
        "pbx.example:",
        "pbx.example:99999",
        "pbx.example:0",
        "pbx.example:http",
        "http://[::1",
        "http://[pbx]",
        "http://[v1.x]",
        "192.168.51",
        "192.168.51.256",
        "a b",
        "pbx..example",
        "-pbx.example",
        "http://exa mple",
        "http://pbx.example/a b",
        "http://pbx.example/../etc",
        "http://pbx.example/\u2028a",
        "http://" + "ß" * 80,
        "x" * 3000,
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    """Nothing is sent to an address that had to be guessed."""
    with pytest.raises(InvalidAddressError):
        parse_address(written)


@pytest.mark.parametrize(
    ("url", "usual"),
    [
        ("http://pbx.example:8029/panel", "http://pbx.example:8029/api/v4"),
        ("https://[fe80::1]/api/v4.1", "https://[fe80::1]/api/v4"),
        ("http://pbx.example/api/v4", "http://pbx.example/api/v4"),
    ],
)
def test_usual_path_of_the_same_host(url: str, usual: str) -> None:
    """Where the path that was given is none of the API."""
    assert at_default_path(url) == usual


@given(
    st.lists(
        st.sampled_from(
            ["call", "act", "v4", "api", "pbx", "search", "originate", "", "x"]
        )
    )
)
def test_any_path_becomes_one_that_stays(segments: list[str]) -> None:
    """Nothing is left to take away from what was taken away."""
    url = parse_address("pbx.example/" + "/".join(segments)).url
    assert parse_address(url).url == url


@given(st.text())
def test_any_text_is_an_address_or_is_refused(written: str) -> None:
    """No text does anything else, and a canonical address stays as it is."""
    try:
        url = parse_address(written).url
    except InvalidAddressError:
        return
    assert parse_address(url).url == url
    assert not url.endswith("/")
