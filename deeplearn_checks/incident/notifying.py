"""Sending a summary to people, through Apprise: bounded in time, failures told, nothing of an address ever shown.

An address is an Apprise URL (https://github.com/caronc/apprise/wiki), or `env:NAME` for one that the environment
holds, so that it need not stand in the list of processes.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import warnings
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.redaction import Redacted, Redactor
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apprise import Apprise

TIMEOUT = 15.0
"""Seconds that all notices together may take, unless the caller says otherwise."""
_ENVIRONMENT = "env:"
_SCHEMA = re.compile(r"([a-z][a-z0-9+.-]{0,30})://", re.IGNORECASE)
_SENDING: ContextVar[int] = ContextVar("sending", default=0)
"""Which notice is being sent: threads of Apprise's own take it over from ours."""
_SHORTEST_SECRET = 3
"""A part of an address that is shorter is no secret: masking it would only garble."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What became of one notice. `service` is the kind of its address (`json://...`), `said` why it was not sent."""

    service: str
    delivered: bool
    said: Redacted


def addresses(words: Sequence[str]) -> tuple[str, ...]:
    """Answer the Apprise URLs that are meant; raises ConfigurationError for one that cannot be used, in one line."""
    urls = tuple(_address(word) for word in words)
    for number, url in enumerate(urls, 1):
        if _apprise(url) is None:
            raise ConfigurationError(f"--notify: Apprise can do nothing with address {number} ({_service(url)})")
    return urls


def notify(urls: Sequence[str], title: str, body: str, timeout: float = TIMEOUT) -> tuple[Notice, ...]:
    """Send a notice to each address, all at once; after *timeout* seconds what has not come back is not delivered.

    Never raises for what a service does. Raises ConfigurationError for an address that cannot be used.
    """
    sendings = [_Sending(url, title, body) for url in addresses(urls)]
    ends = time.monotonic() + timeout
    return tuple(sending.ended(max(0.0, ends - time.monotonic()), timeout) for sending in sendings)


def _apprise(url: str) -> Apprise | None:
    """Load Apprise for one address, None where it does not know it; its log, which holds addresses, stays here."""
    log = logging.getLogger("apprise")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    with warnings.catch_warnings(action="ignore"):  # its plugins import what Python will drop one day
        try:
            import apprise  # noqa: PLC0415  an extra, and heavy
        except ModuleNotFoundError:
            raise ConfigurationError("--notify needs Apprise: pip install 'deeplearn-checks[monitor]'") from None
        one = apprise.Apprise()
        return one if one.add(url) else None


def _address(word: str) -> str:
    if not word.startswith(_ENVIRONMENT):
        return word
    name = word.removeprefix(_ENVIRONMENT)
    if not os.environ.get(name):
        raise ConfigurationError(f"--notify {word}: the environment variable {name} is not set")
    return os.environ[name]


def _service(url: str) -> str:
    """Name the kind of an address, and nothing else of it: in many kinds even the host is the secret."""
    found = _SCHEMA.match(url)
    return f"{found[1].lower()}://..." if found else "no URL"


class _Sending(logging.Handler):
    """One notice on its way, in a thread of its own, with what Apprise logs about it."""

    def __init__(self, url: str, title: str, body: str) -> None:
        super().__init__(logging.WARNING)
        self._url = url
        self._heard: list[str] = []
        self._delivered = False
        self._apprise = _apprise(url)
        logging.getLogger("apprise").addHandler(self)
        self._thread = threading.Thread(target=self._send, args=(title, body), name="notice", daemon=True)
        self._thread.start()

    def _send(self, title: str, body: str) -> None:
        _SENDING.set(id(self))
        self._delivered = self._apprise is not None and bool(self._apprise.notify(title=title, body=body))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is logged about this notice."""
        if _SENDING.get() == id(self):
            self._heard.append(record.getMessage())

    def ended(self, patience: float, timeout: float) -> Notice:
        """Wait for the end of the sending, *patience* seconds at most, and say what became of it."""
        self._thread.join(patience)
        logging.getLogger("apprise").removeHandler(self)
        if self._thread.is_alive():
            return Notice(_service(self._url), delivered=False, said=Redacted(f"no answer within {timeout:g} s"))
        said = "" if self._delivered else "; ".join(self._heard) or "the service did not take it"
        return Notice(_service(self._url), self._delivered, self._masked(said))

    def _masked(self, text: str) -> Redacted:
        """Mask every part of the address."""
        parts = [part for part in re.split(r"[/:@?&=#,]+", self._url.partition("://")[2]) if part]
        secrets = tuple(part for part in parts if len(part) >= _SHORTEST_SECRET)
        return Redactor((self._url, *secrets))(text)
