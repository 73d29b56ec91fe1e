"""Texts of the PBX are fit to be kept, shown and logged."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
import html
import json
import unicodedata
from urllib.parse import quote, quote_plus

from hypothesis import given, strategies as st
import pytest

from custom_components.pbx.simotel.models import Credentials
from custom_components.pbx.simotel.texts import read_message, read_number, read_text


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("cisco", "cisco"),
        (" cisco\n", "cisco"),
        ("ci\u202esco\u202c", "cisco"),
        ("\u2067\u200fترانک\u2069", "ترانک"),
        ("می\u200cشود", "می\u200cشود"),
        ("\u200cمی\u200cشود\u200c \u200e", "می\u200cشود"),
        ("\u200c", ""),
        ("a\x00b\x85c\u2028d\u2029e\ud800f\ufeffg\u200bh\U000e0041", "abcdefgh"),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 255),
        ("x" * 254 + " y", "x" * 254),
        ("\u202e" * 100 + "x" * 300, "x" * 255),
        ("\u202e" * 70_000 + "x", ""),
        (" " * 70_000, ""),
        (557, "557"),
        (10**4000, "1" + "0" * 254),
        (-1, "-1"),
        ("None", ""),
        ("\u200eNone", ""),
        (None, ""),
        (True, ""),
        (5.5, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_text_is_read_once_and_for_all(sent: object, text: str) -> None:
    """As much as a state can hold, without what turns around or hides; not longer."""
    assert read_text(sent) == text


@given(st.text(max_size=600))
def test_any_text_becomes_one_that_can_be_shown(sent: str) -> None:
    """And stays as it is when it is read again."""
    text = read_text(sent)
    assert len(text) <= 255
    assert text == text.strip()
    assert {unicodedata.category(c) for c in text if c != "\u200c"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    assert read_text(text) == text


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("۰۹۱۲ ۳۴۵", "0912345"),
        ("+98 (912) 345-67", "+9891234567"),
        (557, "557"),
        ("failed", "failed"),
        ("رضا ۲", "رضا ۲"),
        ("s", "s"),
        ("", ""),
        (None, ""),
        ("1" * 300, "1" * 255),
    ],
)
def test_number_is_in_its_one_form(sent: object, number: str) -> None:
    """What is no number, such as the name of a caller, is a text."""
    assert read_number(sent) == number


PASSWORD = 'p4ss  w+rd "%é&'
CREDENTIALS = Credentials(
    api_key="k3y-k3y/k3y?", username="operator", password=PASSWORD
)
PAIR = f"operator:{PASSWORD}".encode()


def in_code_points(text: str) -> str:
    """Return a text with each character escaped as in JSON."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


WRITTEN: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    lambda text: quote(text, safe="").lower(),
    html.escape,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    repr,
    in_code_points,
    lambda text: " ".join(text.split()),
    lambda text: "".join(text.split()),
    lambda text: text.replace("  ", "\u00a0\n"),
    lambda text: "\u202e".join(text),
    lambda text: "\x00\ud800".join(text),
    lambda text: f"100%{text}",
    lambda text: f"\\{text}\\",
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("secret", ["k3y-k3y/k3y?", PASSWORD])
def test_secret_is_masked_however_it_is_written(
    secret: str, written: Callable[[str], str]
) -> None:
    """Whatever has been done to its blanks, and however it is escaped."""
    echo = f"Refused: <{written(secret)}> is wrong"
    message = read_message(echo, secrets=CREDENTIALS.secrets())
    assert "***" in message
    assert message.startswith("Refused: <")
    assert message.endswith("> is wrong")
    assert not [part for part in ("k3y", "p4ss", "w+rd", "rd") if part in message]


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_secret_in_base64_is_masked(encode: Callable[[bytes], bytes]) -> None:
    """As it is in the header, for addresses, and without its padding."""
    for secret in (PAIR, PASSWORD.encode(), b"k3y-k3y/k3y?"):
        encoded = encode(secret).decode()
        for echo in (encoded, encoded.rstrip("="), quote(encoded, safe="")):
            message = read_message(f"No {echo} no", secrets=CREDENTIALS.secrets())
            assert message == "No *** no"


def test_secrets_beside_and_within_each_other_are_masked() -> None:
    """Neither hides the other, and what is between them is shown."""
    secrets = ("abc", "bcd", "abcde", "\ud800", "+ +")
    assert read_message("100%41abc", secrets=("41abc",)) == "100%***"
    assert read_message("abcd abcde - abcabc", secrets=secrets) == "*** *** - ******"


def test_secret_that_is_cut_off_where_a_message_ends_is_masked() -> None:
    """No part of it is shown, however far its beginning is from the message's."""
    for blanks in range(980, 1030):
        echo = f"Refused:{' ' * blanks}{PASSWORD} is wrong"
        message = read_message(echo, secrets=CREDENTIALS.secrets())
        assert "Refused: *** is wrong".startswith(message)
        assert "p4" not in message


@given(st.text(max_size=300))
def test_any_message_can_be_shown(text: str) -> None:
    """One short line, with or without something of ours in it."""
    message = read_message(text, secrets=CREDENTIALS.secrets())
    assert len(message) <= 200
    assert "\n" not in message
