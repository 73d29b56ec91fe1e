"""Print what the components of a running Home Assistant need to be installed.

Run by scripts/setup inside a virtual environment that has Home Assistant. Home
Assistant would install the same packages itself, one by one, when it first
starts; afterwards there is nothing left for it to install.
"""

from collections.abc import Iterable
import json
from pathlib import Path
from typing import Any

import homeassistant
from homeassistant.auth.mfa_modules import totp
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS

# What the demo configures, and what the tests set up.
CONFIGURED = (
    "auth",
    "automation",
    "config",
    "conversation",
    "diagnostics",
    "frontend",
    "history",
    "http",
    "input_boolean",
    "logbook",
    "lovelace",
    "my",
    "onboarding",
    "person",
    "recorder",
    "repairs",
    "scene",
    "script",
    "search",
    "system_log",
    "template",
    "webhook",
)


def main() -> None:
    """Print one requirement a line."""
    domains = {*CONFIGURED, *CORE_INTEGRATIONS, *DEFAULT_INTEGRATIONS}
    # The login always loads this module, and no manifest names its needs.
    requirements = set(totp.REQUIREMENTS)
    for manifest in with_dependencies(domains):
        requirements.update(manifest.get("requirements", []))
    print("\n".join(sorted(requirements)))


def with_dependencies(domains: Iterable[str]) -> list[dict[str, Any]]:
    """Return the manifests of components and of all that they can load.

    What a component is only set up after counts too: some import its code.
    """
    components = Path(homeassistant.__file__).parent / "components"
    manifests: dict[str, dict[str, Any]] = {}
    waiting = list(domains)
    while waiting:
        domain = waiting.pop()
        if domain in manifests:
            continue
        manifest = json.loads((components / domain / "manifest.json").read_bytes())
        manifests[domain] = manifest
        waiting += manifest.get("dependencies", [])
        waiting += manifest.get("after_dependencies", [])
    return list(manifests.values())


if __name__ == "__main__":
    main()
