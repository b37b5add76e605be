"""Beginning and ending a walk: a target is opened, walked on, and closed."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from deeplearn_checks.playbooks.chain import Walk
from deeplearn_checks.questions import Questions
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.settings import redactor
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport
from deeplearn_checks.wire import exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from deeplearn_checks.playbooks.chain import Link
    from deeplearn_checks.settings import Settings


class Started(NamedTuple):
    """When a walk began: an ISO 8601 time in UTC, and a reading of the monotonic clock in seconds."""

    at: str
    clock: float


def started() -> Started:
    """Note that a walk begins."""
    return Started(datetime.now(UTC).isoformat(timespec="milliseconds"), time.perf_counter())


def finished(target: Target, began: Started, playbook: str, subject: Redacted, links: tuple[Link, ...]) -> Walk:
    """Make the walk of its links, with the exchanges that this view of the target used."""
    used = (record for record in target.transport.records if record.number in target.used)
    return Walk(
        playbook=playbook,
        subject=subject,
        target=target.redact(target.settings.api_base_url),
        environment=target.settings.environment,
        started_at=began.at,
        seconds=round(time.perf_counter() - began.clock, 3),
        links=links,
        exchanges=tuple(exchange(record, target.redact) for record in used),
    )


def without(walk: Walk, text: str, nobody: Redacted) -> Walk:
    """Keep what an operator typed for nobody out of the exchanges: it may be a name."""
    shown = tuple(
        replace(one, url=Redacted(one.url.replace(quote(text, safe=""), nobody)), curl=EMPTY) for one in walk.exchanges
    )
    return replace(walk, exchanges=shown)


@asynccontextmanager
async def opened(settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Target]:
    """Open a target to walk on, and close it afterwards; *transport* is the seam for tests and the sandbox."""
    redact = redactor(settings)
    wires = Transport(settings, redact, transport=transport)
    target = Target(settings, redact, wires, Questions())
    try:
        yield target
    finally:
        await target.questions.close()
        await wires.close()
