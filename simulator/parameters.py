"""Reading parameters, as lenient and as strict as the PBX is documented to be."""

from collections.abc import Mapping
import re
from typing import Never

from .replies import Refusal
from .wire import Json, Row

# Python's own notion of a digit takes other scripts' digits as well.
_WHOLE_NUMBER = re.compile(r"[0-9]+")
_SIMILAR = dict.fromkeys(("true", "1", "yes"), True)
_SIMILAR |= dict.fromkeys(("false", "0", "no"), False)


def refuse_missing(name: str) -> Never:
    """Refuse a request that lacks a required parameter, in the documented words."""
    raise Refusal(f"Field '{name}':value is missing")


def refuse_failed() -> Never:
    """Refuse a request for a value that makes no sense.

    No text is documented for that; this is the documented one for anything else.
    """
    raise Refusal("Requested operation failed")


def text_of(value: Json) -> str:
    """Return a value as text: JSON numbers may stand for it, null for an empty one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    refuse_failed()


def required_text(parameters: Mapping[str, Json], name: str) -> str:
    """Return a required parameter; an empty one is as good as none."""
    return text_of(parameters.get(name)) or refuse_missing(name)


def whole_number(value: Json, default: int) -> int:
    """Return a number that may come as text; an empty one is the default."""
    text = text_of(value)
    if not text:
        return default
    if not _WHOLE_NUMBER.fullmatch(text) or len(text) > 9:
        refuse_failed()
    return int(text)


def table(value: Json) -> Row:
    """Return an object; every spelling of an empty one is taken for one."""
    if isinstance(value, dict):
        return value
    if value is None or value in ("", []):
        return {}
    refuse_failed()


def similar(parameters: Mapping[str, Json], *, required: bool) -> bool:
    """Return `alike`: true for similar values, false for equal ones.

    The vendor's samples have it as JSON true, as text and as 1, one table as yes and
    no.
    """
    value = parameters.get("alike")
    if isinstance(value, bool):
        return value
    text = text_of(value)
    if text:
        return _SIMILAR[text.lower()] if text.lower() in _SIMILAR else refuse_failed()
    return refuse_missing("alike") if required else True


def matches(actual: Json, wanted: str, *, alike: bool) -> bool:
    """Return whether a value fits a condition; an empty condition fits everything.

    What "similar" means to the PBX is not documented: containing it, in any case, is
    this one's answer.
    """
    text = "" if actual is None else str(actual)
    return (
        wanted.casefold() in text.casefold() if alike or not wanted else wanted == text
    )
