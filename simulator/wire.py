"""JSON as it goes over the wire."""

import json

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
"""Any JSON value."""

type Row = dict[str, Json]
"""One row of a search or of a report."""

BYTES = "surrogateescape"
r"""How bytes that are no UTF-8 are spelt in text: `\udcff` is the byte FF."""


def parse(body: bytes) -> Json:
    """Read a JSON text; raise ValueError for bytes that are none.

    Stricter than `json.loads` alone: UTF-8 only, and neither NaN nor Infinity, which
    are Python's own additions to JSON.
    """
    try:
        parsed: Json = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def render(value: Json, *, indent: int | None = None) -> bytes:
    """Write JSON in UTF-8, with text beyond ASCII as it is, like the PBX's samples."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # A lone surrogate, which UTF-8 cannot spell, becomes the escape by which JSON can.
    return text.encode("utf-8", errors="backslashreplace")


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
