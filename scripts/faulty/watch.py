"""Listens to the log and to the event loop while faults are tried."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import html
import logging
import re
import sys
import traceback
from typing import Any, override
from urllib.parse import unquote

from .tally import Tally

# What the design lets these name: the address of the webhook is theirs to log.
_MAY_NAME_WEBHOOKS = (
    "aiohttp.access",
    "aiohttp.server",
    "homeassistant.components.http",
    "homeassistant.components.webhook",
    "homeassistant.helpers.http",
)
# Home Assistant shows the origin of an error that it has handled, at debug level.
_OF_HANDLED_ERRORS = ("Full exception", "Full error:")
# Nothing of a request that is no HTTP gets as far as an integration.
_NO_HTTP = "Error handling request"
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")


class Watch(logging.Handler):
    """Counts tracebacks, secrets and what nobody handles.

    `secrets` must be nowhere; `webhook_ids` in the log of Home Assistant's own server
    only. `no_http` counts requests that the HTTP server itself complained of.
    """

    def __init__(self, tally: Tally) -> None:
        """Count into a tally, from `watching` on."""
        super().__init__(logging.DEBUG)
        self._tally = tally
        self._secrets: re.Pattern[str] | None = None
        self._webhook_ids: re.Pattern[str] | None = None
        self._formatter = logging.Formatter()
        self.records = 0
        self.no_http = 0

    def look_for(self, secrets: Sequence[str], webhook_ids: Sequence[str]) -> None:
        """Name what must not be told."""
        self._secrets = _any_of(secrets)
        self._webhook_ids = _any_of(webhook_ids)

    def told(self, text: str, where: str) -> None:
        """Look for secrets in something that the integration says, however written."""
        for said in (text, _letters_of(text)):
            for pattern in (self._secrets, self._webhook_ids):
                if pattern and (found := pattern.search(said)):
                    shown = said[max(0, found.start() - 80) : found.start()]
                    self._tally.current.wrong("secrets", f"{where}: {shown!r}...")
                    return

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.records += 1
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self._formatter.formatException(record.exc_info)
        if record.exc_info or "Traceback (most recent" in text:
            self._note_traceback(record, text)
        may_name = record.name.startswith(_MAY_NAME_WEBHOOKS)
        patterns = (self._secrets, None if may_name else self._webhook_ids)
        for pattern in patterns:
            if pattern and pattern.search(text):
                self._tally.current.wrong("secrets", f"in the log of {record.name}")

    def _note_traceback(self, record: logging.LogRecord, text: str) -> None:
        message = record.getMessage()
        if record.levelno == logging.DEBUG and message in _OF_HANDLED_ERRORS:
            return
        if record.name == "aiohttp.server" and message.startswith(_NO_HTTP):
            self.no_http += 1
            return
        self._tally.current.wrong("tracebacks", f"{record.name}: {text}")

    def handle_loop(
        self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]
    ) -> None:
        """Count what the event loop found that nobody handles."""
        text = str(context.get("message"))
        if error := context.get("exception"):
            text += "".join(traceback.format_exception(error))
        self._tally.current.wrong("unhandled", text)

    def handle_unraisable(self, unraisable: Any) -> None:
        """Count what Python could not raise, such as in the end of an object."""
        self._tally.current.wrong("unhandled", repr(unraisable))


def _letters_of(text: str) -> str:
    """Return the letters and digits of a text, in which some may be escaped."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return "".join(filter(str.isalnum, html.unescape(unquote(text))))


def _any_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, texts))) if texts else None


@contextmanager
def watching(tally: Tally) -> Iterator[Watch]:
    """Watch everything that is logged, at debug level, and the running event loop."""
    watch = Watch(tally)
    root = logging.getLogger()
    loop = asyncio.get_running_loop()
    level, handler = root.level, loop.get_exception_handler()
    hook = sys.unraisablehook
    root.setLevel(logging.DEBUG)
    root.addHandler(watch)
    loop.set_exception_handler(watch.handle_loop)
    sys.unraisablehook = watch.handle_unraisable
    try:
        yield watch
    finally:
        sys.unraisablehook = hook
        loop.set_exception_handler(handler)
        root.removeHandler(watch)
        root.setLevel(level)
