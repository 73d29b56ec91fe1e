"""Lets the test harness run on a newer Home Assistant than the one it was made for.

Loaded before any other plugin of pytest, by the settings in pyproject.toml. On
the harness's own release it changes nothing but the order of imports.
"""

from typing import Any

# Home Assistant puts its own packages in the place of httpx and voluptuous when
# it is imported. Other plugins of pytest import those as well, so it comes first.
import homeassistant  # noqa: F401  # isort: skip

# The harness patches Home Assistant before it imports more of it.
import pytest_homeassistant_custom_component.patch_json
import pytest_homeassistant_custom_component.patch_recorder
import pytest_homeassistant_custom_component.patch_time  # noqa: F401

from homeassistant.components import logger  # isort: skip
from homeassistant.components.logger import helpers  # isort: skip
from homeassistant.helpers.restore_state import (  # isort: skip
    RestoreStateData,
    StoredState,
)

# Home Assistant 2026.11 moved this, and the harness still imports it from there.
vars(logger).setdefault("_clear_logger_overwrites", helpers._clear_logger_overwrites)

# It keeps restored states by the id of the entity's registration since then, and the
# harness puts them where it kept them before.
_STORED = "async_get_stored_state"
_stored: Any = getattr(RestoreStateData, _STORED, None)


def _stored_by_harness(data: RestoreStateData, entity_id: str) -> StoredState | None:
    found: StoredState | None = _stored(data, entity_id)
    return found or vars(data).get("last_states", {}).get(entity_id)


if _stored:
    setattr(RestoreStateData, _STORED, _stored_by_harness)
