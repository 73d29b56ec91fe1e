"""What SECURITY.md claims is held by the tests that it names."""

import re

from .pages import REPOSITORY, text_of


def test_every_test_that_is_named_is_there() -> None:
    """Else a claim would stand alone."""
    named = set(re.findall(r"`(test_\w+)`", text_of("SECURITY.md")))
    there = {
        name
        for file in (REPOSITORY / "tests").rglob("test_*.py")
        for name in re.findall(
            r"^ *(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE
        )
    }
    assert named
    assert named - there == set()
