"""Standing before a target outside of a run: to read its alerts, and to change those that an operator names."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from deeplearn_checks.questions import Questions
from deeplearn_checks.settings import ConfigurationError, Part, redactor
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import RecordedWires


@asynccontextmanager
async def reached(
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None = None,
    recorded: RecordedWires | None = None,
) -> AsyncIterator[Target]:
    """Stand before the target, or before what *recorded* of it answers.

    Raises ConfigurationError where the token that alerts are read with is missing.
    """
    if settings.missing(Part.ADMIN):
        raise ConfigurationError("alerts are read with the admin token: set ADMIN_API_TOKEN")
    redact = redactor(settings)
    wires = recorded or Transport(settings, redact, transport=transport)
    started_ms = recorded.started_ms if recorded else int(time.time() * 1000)
    questions = Questions()
    try:
        yield Target(settings, redact, wires, questions, started_ms)
    finally:
        await questions.close()
        await wires.close()
