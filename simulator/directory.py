"""The searches of users, trunks and queues, with rows in the documented shape."""

from collections.abc import Iterable, Mapping
import hashlib

from .parameters import matches, similar, table, text_of
from .settings import Extension, Queue, Settings, Trunk
from .wire import Json, Row

_SINCE = "1402-04-26 19:32:56"
_ANYWHERE = "0.0.0.0/0.0.0.0"


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
        "_id": _identifier("user", extension.number),
        "user_type": extension.user_type,
        "active": _flag(extension.active),
        "call_record": "no",
        "push_notification": "no",
        "name": extension.name,
        "number": extension.number,
        "cid_number": extension.number,
        "secret": "******" if masked else extension.secret,
        "deny": _ANYWHERE,
        "permit": _ANYWHERE,
        "dtmfmode": "rfc2833",
        "context": extension.context,
        "host": "dynamic",
        "type": "friend",
        "port": "5060",
        "qualify": "yes",
        "email": "",
        "forward_policy": {"Busy": "", "No Answer": "", "UnAvailable": "", "All": ""},
        "more_options": "",
        "canreinvite": "no",
        "directmedia": "no",
        "nat": "force_rport,comedia",
        "callgroup": "1",
        "pickupgroup": "1",
        "callcounter": "yes",
        "faxdetect": "no",
        "call_limit": "",
        "description": "",
        "date": _SINCE,
        "queues": [],
    }


def _trunk_row(trunk: Trunk) -> Row:
    # The documented rows hold the trunk's password in clear, in two places.
    address = f"{trunk.host}/{trunk.username}"
    register_string = f"{trunk.username}:{trunk.secret}@{address}"
    return {
        "_id": _identifier("trunk", trunk.name),
        "trunk_type": trunk.trunk_type,
        "name": trunk.name,
        "register_string": register_string,
        "active": _flag(trunk.active),
        "deny": _ANYWHERE,
        "permit": _ANYWHERE,
        "dtmfmode": "rfc2833",
        "canreinvite": "no",
        "directmedia": "no",
        "context": "from-pstn",
        "host": trunk.host,
        "type": "friend",
        "nat": "force_rport,comedia",
        "port": "5060",
        "qualify": "yes",
        "insecure": "port,invite",
        "disallow": "all",
        "allow": "ulaw,alaw",
        "more_options": f"fromuser={trunk.username} secret={trunk.secret}",
        "description": "",
        "date": _SINCE,
    }


def _queue_row(queue: Queue) -> Row:
    return {
        "_id": _identifier("queue", queue.number),
        "name": queue.name,
        "number": queue.number,
        "strategy": "ringall",
        "ringinuse": "no",
        "call_record": "yes",
        "announce_holdtime": "no",
        "announce_position": "yes",
        "joinempty": "strict",
        "leavewhenempty": "yes",
        "maxlen": "0",
        "music": "default",
        "retry": "5",
        "servicelevel": "60",
        "timeout": "30",
        "weight": "10",
        "wrapuptime": "1",
        "monitor_type": "MixMonitor",
        "monitor_format": "wav",
        "more_options": "",
        "date": _SINCE,
    }
