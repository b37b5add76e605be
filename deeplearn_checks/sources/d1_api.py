"""Cloudflare's D1 HTTP API, asked nothing but SELECTs.

Sources: developers.cloudflare.com/api (Query D1 database), developers.cloudflare.com/d1/platform/limits (30 seconds a
query, 100 bound parameters). The bytes travel over the transport of every other request: bounded, no redirect followed
with the token, repeated with care.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pydantic import ValidationError

from deeplearn_checks.asking import where
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.models.d1 import D1Answer, D1Refusal
from deeplearn_checks.settings import ConfigurationError, redactor
from deeplearn_checks.sources.statements import TruncatedError, statements
from deeplearn_checks.transport import Transport
from deeplearn_checks.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from deeplearn_checks.models.d1 import Cell
    from deeplearn_checks.settings import Settings

MOST_PARAMETERS = 100
"""How many values D1 binds to one query."""
PATIENCE = {"timeout": 40.0, "attempts": 6}
"""Seconds for one attempt (D1 gives a query 30) and attempts, where the settings do not say otherwise."""
DEADLINE = 3600.0
"""Seconds after which nothing is waited for any more; what was fetched by then is kept."""

_TOO_MUCH = frozenset({"timed-out", "answer-too-large"})
_LIMITS = re.compile(r"(?i)time[d ]*out|exceeded|too (?:large|big|long|many)|out of memory|\bCPU\b")
"""What Cloudflare says of a query that asks for more than its limits allow."""
_UNAUTHORIZED = frozenset({401, 403})
_BAD_TOKEN = frozenset({6003, 6111, 9106, 9109, 10000, 10001})
"""Cloudflare's codes for a token that is malformed, unknown, or may not do this."""
_NOT_FOUND = 404
_UNKNOWN = frozenset({7003, 7404})
"""Cloudflare's codes for an account or a database that is not there."""
_SHOWN = 300


class TooMuchError(Exception):
    """A query asked for more than the limits allow: a smaller page may be answered. The text is one line."""


@dataclass(frozen=True, slots=True)
class Select:
    """One question to the database. Anything but a single SELECT is a bug of ours: ValueError, before it leaves."""

    sql: str
    values: tuple[Cell, ...] = ()

    def __post_init__(self) -> None:
        try:
            (only,) = statements(io.BytesIO(f"{self.sql};".encode()))
        except (TruncatedError, ValueError):
            raise ValueError("a query of a live database is one statement") from None
        if only.words[0] != "SELECT":
            raise ValueError("a live database is only ever read: a query begins with SELECT")
        if len(self.values) > MOST_PARAMETERS:
            raise ValueError(f"D1 binds at most {MOST_PARAMETERS} values")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a SELECT found; what they weighed in bytes, and how many seconds they took."""

    rows: list[dict[str, Cell]]
    size: int
    seconds: float


class D1Api:
    """One live database, over one client. Raises ConfigurationError where the API gives no usable answer."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._redact = redactor(settings)
        self._origin = settings.d1_base_url
        self._path = f"/client/v4/accounts/{settings.d1_account}/d1/database/{settings.d1_database}/query"
        self._token = settings.d1_token.get_secret_value()
        self._wires = Transport(_patient(settings), self._redact, transport=transport, sleep=sleep)

    async def close(self) -> None:
        """Close every connection."""
        await self._wires.close()

    async def rows(self, select: Select) -> Rows:
        """Answer the rows; raises TooMuchError where fewer should be asked for, else ConfigurationError."""
        try:
            answer = await self._wires.ask(self._request(select))
            parsed = answer.json(self._redact)
        except UnansweredError as unanswered:
            text = f"Cloudflare's D1 API: {unanswered.finding.summary}"
            raise (TooMuchError if unanswered.finding.cause in _TOO_MUCH else ConfigurationError)(text) from None
        finally:
            self._wires.records.clear()  # a whole database passes through: none of it is kept here
        if not answer.ok or (isinstance(parsed, dict) and parsed.get("success") is False):
            self._refuse(answer)
        try:
            (result,) = D1Answer.model_validate(parsed).result
        except ValidationError as problem:
            text = f"Cloudflare's D1 API answered in another shape: {where(problem)}"
            raise ConfigurationError(self._redact(text)) from None
        return Rows(result.results, answer.size, answer.seconds)

    def _request(self, select: Select) -> Request:
        body = json.dumps({"sql": select.sql, "params": select.values}).encode()
        headers = (("authorization", f"Bearer {self._token}"), ("content-type", "application/json"))
        return Request("POST", self._origin, self._path, headers=headers, body=body, queries=True)

    def _refuse(self, answer: Answer) -> NoReturn:
        """Say what a refusal means, always by an exception."""
        try:
            problems = D1Refusal.model_validate_json(answer.body).errors
        except ValidationError:
            problems = []
        codes = {problem.code for problem in problems}
        said = (
            "; ".join(f"{problem.message} (code {problem.code})" for problem in problems) or f"status {answer.status}"
        )
        said = self._redact(" ".join(said.split()))[:_SHOWN]
        if answer.status in _UNAUTHORIZED or codes & _BAD_TOKEN:
            raise ConfigurationError(
                f"Cloudflare refuses DEEPLEARN_CHECKS_D1_TOKEN: {said}; give a token of this account with D1 Read"
            )
        if answer.status == _NOT_FOUND or codes & _UNKNOWN:
            raise ConfigurationError(
                f"Cloudflare knows no such database: {said}; "
                "mend DEEPLEARN_CHECKS_D1_ACCOUNT or DEEPLEARN_CHECKS_D1_DATABASE (`wrangler d1 list` names them)"
            )
        if _LIMITS.search(said):
            raise TooMuchError(f"Cloudflare's D1 API: {said}")
        raise ConfigurationError(f"Cloudflare's D1 API answered {answer.status}: {said}; try again")


def _patient(settings: Settings) -> Settings:
    """Answer the settings for a transport that asks Cloudflare and nobody else, and waits as long as D1 may take."""
    own = {name: value for name, value in PATIENCE.items() if name not in settings.model_fields_set}
    asked = {"api_base_url": settings.d1_base_url, "pages_base_url": "", "razorpay_key_id": ""}
    return settings.model_copy(update={**asked, **own, "deadline": DEADLINE})
