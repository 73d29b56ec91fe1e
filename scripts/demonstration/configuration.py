"""The configuration folder of the demonstration's Home Assistant."""

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
import shutil
from types import MappingProxyType
from typing import Any

import ifaddr

from homeassistant import config_entries
from homeassistant.components import onboarding
from homeassistant.components.http import config as http_config
from homeassistant.components.network import const as network
from homeassistant.helpers.json import json_bytes

ROOT = Path(__file__).resolve().parents[2]
COMPONENT = ROOT / "custom_components" / "pbx"
LOG = "home-assistant.log"

SCRIPTS = Path(__file__).with_name("scripts.yaml")

# Not `default_config`: that would look for devices in the network around.
CONFIGURATION = """\
# Written by scripts/demo at every start: what is changed here is lost.
homeassistant:
  name: PBX demo
  country: IR
  currency: IRR
  internal_url: {address}
  language: {language}
  time_zone: Asia/Tehran
  unit_system: metric

assist_pipeline:
config:
conversation:
frontend:
history:
logbook:
my:
webhook:

input_text:
  pbx_demo_call:
    name: PBX demo call
    icon: mdi:phone-check
    initial: ""
  pbx_demo_hunt:
    name: PBX demo hunt
    icon: mdi:phone-sync
    initial: ""

script: !include {scripts}
"""


def prepare(
    folder: Path,
    *,
    port: int,
    language: str,
    address: str | None = None,
    besides: str = "",
) -> None:
    """Make the folder ready for a start; what Home Assistant keeps there stays.

    `address` is where Home Assistant says that it is, unless that is where it is.
    `besides` is YAML of what else there is in the home.
    """
    storage = folder / ".storage"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(
        CONFIGURATION.format(
            address=address or f"http://127.0.0.1:{port}",
            language=language,
            scripts=SCRIPTS.name,
        )
        + besides,
        encoding="utf-8",
    )
    shutil.copyfile(SCRIPTS, folder / SCRIPTS.name)
    _link_component(folder / "custom_components" / "pbx")
    store(folder, listening_here_only(port))
    store(folder, this_machine_only())
    if not (storage / onboarding.STORAGE_KEY).exists():
        store(folder, _onboarding_without_internet())
    if not (storage / config_entries.STORAGE_KEY).exists():
        store(folder, _no_marketplace())


def clear(folder: Path) -> None:
    """Throw the folder away."""
    if folder.exists():
        shutil.rmtree(folder)


def _link_component(link: Path) -> None:
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(COMPONENT, target_is_directory=True)


def store(folder: Path, content: dict[str, Any]) -> None:
    """Write what Home Assistant keeps in its configuration folder, under its key."""
    storage = folder / ".storage"
    storage.mkdir(exist_ok=True)
    (storage / content["key"]).write_bytes(json_bytes(content))


def listening_here_only(port: int) -> dict[str, Any]:
    """Return what is stored of the web server's settings.

    The same in YAML would be undone by Home Assistant after five minutes.
    """
    settings = http_config.HTTP_STORAGE_SCHEMA(
        {"server_host": ["127.0.0.1"], "server_port": port}
    )
    return {
        "version": http_config.STORAGE_VERSION,
        "minor_version": http_config.STORAGE_MINOR_VERSION,
        "key": http_config.STORAGE_KEY,
        "data": {
            "stable": {
                **settings,
                "created_at": datetime.now(UTC).isoformat(),
                "error": None,
                "error_message": None,
            },
            "pending": None,
            "yaml_migration_done": True,
        },
    }


def this_machine_only() -> dict[str, Any]:
    """Return the choice of network adapters: none that leads out of this machine.

    Otherwise Home Assistant's HTTP client, which looks up names of the kind
    `pbx.local`, joins a multicast group, and fails on a machine without a network.
    """
    names = {
        adapter.nice_name
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if isinstance(address.ip, str) and ip_address(address.ip).is_loopback
    }
    return {
        "version": network.STORAGE_VERSION,
        "minor_version": 1,
        "key": network.STORAGE_KEY,
        "data": {network.ATTR_CONFIGURED_ADAPTERS: sorted(names)},
    }


def _onboarding_without_internet() -> dict[str, Any]:
    """Return onboarding with the step done that would add internet services."""
    return {
        "version": onboarding.STORAGE_VERSION,
        "minor_version": 1,
        "key": onboarding.STORAGE_KEY,
        "data": {"done": ["core_config"]},
    }


def _no_marketplace() -> dict[str, Any]:
    """Return the config entries of a user who has turned the marketplace off.

    It would ask the internet for its catalogue at every start.
    """
    marketplace = config_entries.ConfigEntry[Any](
        data={},
        disabled_by=config_entries.ConfigEntryDisabler.USER,
        discovery_keys=MappingProxyType({}),
        domain="marketplace",
        minor_version=1,
        options={},
        source=config_entries.SOURCE_SYSTEM,
        subentries_data=(),
        title="",
        unique_id=None,
        version=1,
    )
    return {
        "version": config_entries.STORAGE_VERSION,
        "minor_version": config_entries.STORAGE_VERSION_MINOR,
        "key": config_entries.STORAGE_KEY,
        "data": {"entries": [marketplace.as_dict()]},
    }
