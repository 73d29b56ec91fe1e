"""Setting up a PBX, changing it, and its options."""

from collections.abc import Mapping
import logging
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.webhook import async_generate_id
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.const import (
    CONF_API_KEY,
    CONF_PASSWORD,
    CONF_TIMEOUT,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector

from .const import (
    CONF_CALLER_ID,
    CONF_CONTEXT,
    CONF_MAKE,
    CONF_TRUNK_NAME,
    DOMAIN,
    MAKE_SIMOTEL,
    SUBENTRY_CONTACT,
    SUBENTRY_EXTENSION,
)
from .coordinator import PbxConfigEntry, create_client
from .flows.forms import (
    DEFAULTS,
    PASSWORD,
    TEXT,
    TIMEOUT,
    USERNAME,
    async_search,
    choice,
    cleaned,
    error_key,
    without,
)
from .flows.options import PbxOptionsFlow
from .flows.subentries import AFTER_SET_UP, ContactSubentryFlow, ExtensionSubentryFlow
from .makes import MAKES, make_of
from .telephony.errors import InvalidAddressError, PbxError
from .telephony.models import DEFAULT_TIMEOUT
from .telephony.pbx import Make
from .webhook import async_webhook_url

_LOGGER = logging.getLogger(__name__)

CREDENTIALS_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_API_KEY): PASSWORD,
        vol.Optional(CONF_USERNAME): USERNAME,
        vol.Optional(CONF_PASSWORD): PASSWORD,
    }
)
CONNECTION_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TEXT,
        **CREDENTIALS_SCHEMA.schema,
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)

# Shown in the forms; a translation may not contain an address.
_EXAMPLES: Final = {
    "address": "192.168.51.20",
    "api_base": "https://panel.example/api/v4.1",
}


class PbxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up a PBX, renews its credentials, or changes its connection."""

    MINOR_VERSION = 2

    def __init__(self) -> None:
        """Start without a connection."""
        self._connection: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: PbxConfigEntry) -> PbxOptionsFlow:
        """Return the flow for the options."""
        return PbxOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: PbxConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flows for what belongs to a PBX."""
        return {
            SUBENTRY_EXTENSION: ExtensionSubentryFlow,
            SUBENTRY_CONTACT: ContactSubentryFlow,
        }

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Offer to add the first extension.

        Home Assistant's user interface goes on to that form without showing the
        description of the entry, so the form says the same.
        """
        subentry = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_EXTENSION),
            context=SubentryFlowContext(source=SOURCE_USER),
            data=AFTER_SET_UP,
        )
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, subentry["flow_id"])
        return result

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the connection to a PBX."""
        errors: dict[str, str] = {}
        if user_input is not None:
            user_input, errors = await self._async_check_connection(
                MAKES[MAKE_SIMOTEL], user_input
            )
            if not errors:
                self._connection = user_input
                return await self.async_step_defaults()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                CONNECTION_SCHEMA, user_input
            ),
            errors=errors,
            description_placeholders=_EXAMPLES,
        )

    async def async_step_defaults(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what calls use where an action says nothing else."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, errors = cleaned(user_input, DEFAULTS)
            if not errors:
                # Another flow may have been faster.
                self._async_abort_entries_match({CONF_URL: self._connection[CONF_URL]})
                events = make_of(self._connection).events
                webhook_id = async_generate_id()
                webhook_url = async_webhook_url(self.hass, webhook_id, options)
                return self.async_create_entry(
                    title=default_title(self._connection),
                    data={**self._connection, CONF_WEBHOOK_ID: webhook_id},
                    options=options,
                    description="connect_events" if webhook_url else "no_address",
                    description_placeholders={
                        "webhook_url": webhook_url or "",
                        "events": ", ".join(events.names) if events else "",
                    },
                )
        contexts, trunks = await async_search(
            create_client(self.hass, self._connection)
        )
        usual_context = make_of(self._connection).default_context
        schema = vol.Schema(
            {
                vol.Optional(CONF_CONTEXT, default=usual_context): choice(contexts),
                vol.Optional(CONF_CALLER_ID): TEXT,
                vol.Optional(CONF_TRUNK_NAME): choice(trunks),
                vol.Optional(CONF_TIMEOUT, default=DEFAULT_TIMEOUT): TIMEOUT,
            }
        )
        suggested = user_input
        if suggested is None and contexts and usual_context not in contexts:
            suggested = {CONF_CONTEXT: contexts[0]}
        return self.async_show_form(
            step_id="defaults",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Start over with credentials that the PBX no longer accepts."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            kept = without(entry.data, CREDENTIALS_SCHEMA.schema)
            user_input = {**kept, **_cleaned_credentials(user_input)}
            if error := await self._async_connection_error(user_input):
                errors["base"] = error
            else:
                return self._async_update(
                    entry, data=user_input, reason="reauth_successful"
                )
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(
                CREDENTIALS_SCHEMA, user_input or entry.data
            ),
            errors=errors,
            description_placeholders={"url": entry.data[CONF_URL]},
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another connection to the same PBX."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            user_input, errors = await self._async_check_connection(
                make_of(entry.data), user_input
            )
            if not errors:
                kept = without(entry.data, CONNECTION_SCHEMA.schema)
                return self._async_update(
                    entry,
                    data={**kept, **user_input},
                    reason="reconfigure_successful",
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                CONNECTION_SCHEMA, user_input or entry.data
            ),
            errors=errors,
            description_placeholders=_EXAMPLES,
        )

    async def _async_check_connection(
        self, make: Make, user_input: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the connection data in their stored form, and the form's errors."""
        try:
            address = make.parse_address(user_input[CONF_URL])
        except InvalidAddressError:
            return user_input, {CONF_URL: "invalid_url"}
        written = {CONF_USERNAME: address.username, CONF_PASSWORD: address.password}
        connection = {
            CONF_MAKE: make.name,
            CONF_URL: address.url,
            **_cleaned_credentials(written),
            **_cleaned_credentials(user_input),
            CONF_VERIFY_SSL: user_input[CONF_VERIFY_SSL],
        }
        self._async_abort_entries_match({CONF_URL: address.url})
        error = await self._async_connection_error(connection)
        usual_url = make.usual_address(address.url)
        if error == "not_simotel" and usual_url != address.url:
            # The path may be that of the panel.
            usual = {**connection, CONF_URL: usual_url}
            usual_error = await self._async_connection_error(usual)
            if usual_error not in ("not_simotel", "cannot_connect", "unknown"):
                self._async_abort_entries_match({CONF_URL: usual_url})
                connection, error = usual, usual_error
        return connection, {"base": error} if error else {}

    async def _async_connection_error(self, connection: dict[str, Any]) -> str | None:
        """Ping the PBX and return the form's error, if there is one."""
        if not make_of(connection).has_credentials(connection):
            return "missing_credentials"
        try:
            await create_client(self.hass, connection).ping()
        except PbxError as err:
            return error_key(err)
        except Exception:
            _LOGGER.exception("Unexpected exception")
            return "unknown"
        return None

    @callback
    def _async_update(
        self, entry: ConfigEntry, *, data: dict[str, Any], reason: str
    ) -> ConfigFlowResult:
        """Store new connection data and have the entry loaded with them.

        A loaded entry listens for changes and reloads itself; one that failed at its
        start does not listen, and data that stay the same are no change. Saying the
        reason shows our own text, which is there in Persian too.
        """
        title = entry.title
        if title == default_title(entry.data):
            title = default_title(data)
        if not entry.update_listeners:
            return self.async_update_reload_and_abort(
                entry, title=title, data=data, reason=reason
            )
        if data == entry.data:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_update_and_abort(entry, title=title, data=data, reason=reason)


def default_title(data: Mapping[str, Any]) -> str:
    """Return how an entry is called until its user calls it something else."""
    host = data[CONF_URL].partition("://")[2].partition("/")[0]
    return f"{make_of(data).product} {host}"


def _cleaned_credentials(user_input: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials that are filled in, without what copying adds."""
    api_key: str = user_input.get(CONF_API_KEY, "")
    cleaned = {
        CONF_API_KEY: "".join(
            character
            for character in api_key
            if character.isprintable() and character != " "
        ),
        CONF_USERNAME: user_input.get(CONF_USERNAME, "").strip(),
        CONF_PASSWORD: user_input.get(CONF_PASSWORD, ""),
    }
    return {key: value for key, value in cleaned.items() if value}
