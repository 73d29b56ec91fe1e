"""The searches of users, trunks and queues, with rows in the documented shape."""

from collections.abc import Iterable, Mapping
import hashlib
from pathlib import Path
import tomllib

from .parameters import matches, similar, table, text_of
from .settings import Extension, Queue, Settings, Trunk
from .wire import Json, Row

_ROWS = tomllib.loads(
    Path(__file__).with_name("directory.toml").read_text(encoding="utf-8")
)


def search_users(settings: Settings, parameters: Mapping[str, Json]) -> list[Row]:
    """Return the extensions that fit.

    With `status` "mapped" these are only the ones to which an operator is mapped.
    """
    mapped_only = text_of(parameters.get("status")) == "mapped"
    extensions = [
        extension
        for extension in settings.extensions
        if extension.mapped or not mapped_only
    ]
    fitting = _fitting(extensions, ("name", "number", "mapped"), settings, parameters)
    return [_user_row(extension, settings) for extension in fitting]


def search_trunks(settings: Settings, parameters: Mapping[str, Json]) -> list[Row]:
    """Return the trunks that fit."""
    fitting = _fitting(settings.trunks, ("name",), settings, parameters)
    return [_trunk_row(trunk) for trunk in fitting]


def search_queues(settings: Settings, parameters: Mapping[str, Json]) -> list[Row]:
    """Return the queues that fit."""
    fitting = _fitting(settings.queues, ("name", "number"), settings, parameters)
    return [_queue_row(queue) for queue in fitting]


def _fitting[Item: (Extension, Trunk, Queue)](
    items: Iterable[Item],
    names: Iterable[str],
    settings: Settings,
    parameters: Mapping[str, Json],
) -> list[Item]:
    alike = similar(parameters, required=settings.searches.require_alike)
    conditions = table(parameters.get("conditions"))
    if settings.searches.flat_conditions:
        conditions = {**parameters, **conditions}
    wanted = {name: text_of(conditions.get(name)) for name in names}
    return [
        item
        for item in items
        if all(
            matches(getattr(item, name), text, alike=alike)
            for name, text in wanted.items()
        )
    ]


def _identifier(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:24]


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _user_row(extension: Extension, settings: Settings) -> Row:
    masked = settings.searches.secrets == "masked"
    return {
        **_ROWS["user"],
        "_id": _identifier("user", extension.number),
        "user_type": extension.user_type,
        "active": _flag(extension.active),
        "name": extension.name,
        "number": extension.number,
        "cid_number": extension.number,
        "secret": "******" if masked else extension.secret,
        "context": extension.context,
    }


def _trunk_row(trunk: Trunk) -> Row:
    # The documented rows hold the trunk's password in clear, in two places.
    address = f"{trunk.host}/{trunk.username}"
    return {
        **_ROWS["trunk"],
        "_id": _identifier("trunk", trunk.name),
        "trunk_type": trunk.trunk_type,
        "name": trunk.name,
        "register_string": f"{trunk.username}:{trunk.secret}@{address}",
        "active": _flag(trunk.active),
        "host": trunk.host,
        "more_options": f"fromuser={trunk.username} secret={trunk.secret}",
    }


def _queue_row(queue: Queue) -> Row:
    return {
        **_ROWS["queue"],
        "_id": _identifier("queue", queue.number),
        "name": queue.name,
        "number": queue.number,
    }
