"""Telling healthchecks.io, or what speaks as it does, that the monitor lives; silence there is the alarm.

Source: https://healthchecks.io/docs/http_api/ (POST to the address, `/start` or `/fail` behind it; the body is kept).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from deeplearn_checks.lean_imports import import_httpx
from deeplearn_checks.redaction import Redacted, Redactor
from deeplearn_checks.wire_logs import withheld

import_httpx()
import httpx  # noqa: E402  the line above must come first

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 10.0
"""Seconds that a ping may take."""
_LONGEST = 10_000
"""How many characters of a body are sent; healthchecks.io keeps 100 kB."""


def address(url: str, signal: str) -> str:
    """Answer where a signal goes: `start`, `fail`, or '' for a success."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{signal}" if signal else parts.path
    return urlunsplit(parts._replace(path=path))


class Ping:
    """Pings one address. `log` hears when it is not reached, once until it is."""

    def __init__(self, url: str, log: Callable[[str], None], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._log = log
        self._redact = Redactor((url, urlsplit(url).path))
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT, transport=transport, headers={"user-agent": "deeplearn-checks"}, follow_redirects=False
        )
        self._fails = False

    async def send(self, signal: str, body: str) -> bool:
        """Send a signal (`start`, `fail`, '' for a success); answers whether it was taken. Never raises."""
        problem = await self._problem(signal, body)
        if problem and not self._fails:
            self._log(f"the dead man's switch was not reached: {problem}")
        self._fails = bool(problem)
        return not problem

    async def _problem(self, signal: str, body: str) -> Redacted:
        try:
            with withheld():
                answer = await self._client.post(address(self._url, signal), content=body[:_LONGEST].encode())
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            return self._redact(f"{type(problem).__name__}: {problem}")
        return Redacted("" if answer.is_success else f"it answered {answer.status_code}")

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
