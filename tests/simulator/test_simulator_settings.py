"""The switches and the file that explains them."""

from itertools import pairwise
from pathlib import Path
import tomllib

import pytest

import simulator
from simulator.settings import Extension, Fault, Settings
from simulator.switches import EventFault
from simulator.table import SettingsError

EXAMPLE = Path(simulator.__file__).with_name("example.toml")


def test_example() -> None:
    """The example file holds every switch with its default."""
    assert Settings.from_file(EXAMPLE) == Settings()
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    plain = Settings().plain()
    assert example.keys() == plain.keys()
    for table in (
        "account",
        "envelope",
        "searches",
        "extension_phone",
        "outside_phone",
        "calls",
        "webhook",
        "events",
    ):
        assert example[table] == plain[table]
    for table in ("extensions", "trunks", "queues"):
        assert example[table][0] == plain[table][0]


def test_example_fault() -> None:
    """The fault in the example file holds every switch with its default."""
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = text[text.index("# [[faults]]") :].splitlines()
    given = "\n".join(line.removeprefix("# ") for line in lines if " = " in line)
    fault = tomllib.loads(given)
    assert fault.keys() == Fault().plain().keys()
    assert fault.pop("body") == "{"
    assert fault == {name: getattr(Fault(), name) for name in fault}


def test_example_event_fault() -> None:
    """So does the fault of an event."""
    text = EXAMPLE.read_text(encoding="utf-8")
    part = text[text.index("# [[events.faults]]") : text.index("# A fault of HTTP")]
    given = "\n".join(
        line.removeprefix("# ") for line in part.splitlines() if " = " in line
    )
    fault = tomllib.loads(given)
    assert fault == EventFault().plain()


def test_example_explains() -> None:
    """Every switch of the example file has a line about it."""
    text = EXAMPLE.read_text(encoding="utf-8")
    # From the second extension on the lines are further samples of the same switches.
    lines = text[: text.index('number = "552"')].splitlines()
    for before, line in pairwise(lines):
        explained = before.startswith("#") or line.startswith(("#", "password"))
        assert explained or " = " not in line


def test_file(tmp_path: Path) -> None:
    """A file changes what it names and leaves the rest."""
    path = tmp_path / "pbx.toml"
    path.write_text(
        'zone = "+04:30"\n[account]\nmode = "token"\n[[extensions]]\nnumber = "100"\n',
        encoding="utf-8",
    )
    settings = Settings.from_file(path)
    assert settings.zone == "+04:30"
    assert settings.account.mode == "token"
    assert settings.account.username == "test"
    assert settings.extensions == (Extension(number="100"),)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"base_path": "api"}, "base_path"),
        ({"base_path": "/api/"}, "base_path"),
        ({"base_path": "/api//v4"}, "base_path"),
        ({"base_path": "/_control"}, "base_path"),
        ({"zone": "Asia/Tehran"}, "zone"),
        ({"keep_records": 0}, "keep_records"),
        ({"keep_records": True}, "keep_records"),
        ({"allowed_addresses": ["here"]}, "allowed_addresses"),
        ({"allowed_addresses": "some"}, "allowed_addresses"),
        ({"verbs": ["post"]}, "verbs.0"),
        ({"verbs": "POST"}, "verbs"),
        ({"verbs_by_request": []}, "verbs_by_request"),
        (
            {"verbs_by_request": {"/setting/ping/act": ["X"]}},
            "verbs_by_request./setting/ping/act.0",
        ),
        ({"extensions": [{"name": "Nobody"}]}, "extensions.0.number"),
        ({"extensions": ["557"]}, "extensions.0"),
        ({"account": "test"}, "account"),
        ({"account": {"password": 1}}, "account.password"),
    ],
)
def test_settings_refused(changes: dict[str, object], name: str) -> None:
    """Settings that cannot be meant are refused by name."""
    with pytest.raises(SettingsError) as refusal:
        Settings().changed(changes)
    assert [
        problem.partition(": ")[0] for problem in str(refusal.value).split("; ")
    ] == [name]


def test_settings_round_trip() -> None:
    """Settings survive the way to JSON and back."""
    changes = {
        "faults": [{"status": 200, "body": ""}],
        "verbs_by_request": {"/a": ["PUT"]},
    }
    settings = Settings().changed(changes)
    assert Settings().changed(settings.plain()) == settings
