"""What the integration's own texts are in a language."""

import json

from .configuration import COMPONENT


def own_text(language: str, *path: str) -> str:
    """Return the text at a path of the integration's translations."""
    file = COMPONENT / "translations" / f"{language}.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    for name in path:
        found = found[name]
    text: str = found
    return text
