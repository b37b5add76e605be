"""What the service itself says of every certificate: `GET /api/certificates/verify`, once for each completed course.

Answers of an audit that is interrupted are kept and not asked again by the next one, for a day; an audit that comes to
its end forgets them, because a certificate that verifies today need not tomorrow (a secret is rotated, a file altered).
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources import caching, fetching
from deeplearn_checks.sources.artifacts import Artifact, key_of, write
from deeplearn_checks.sources.completed import Completed, completed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    import httpx

    from deeplearn_checks.audit.tables import SqliteFile, Tables
    from deeplearn_checks.models import Verification
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

KEPT = 86_400
"""Seconds for which the answers of an interrupted audit count."""
TOLD_EACH = 1_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (course_id TEXT, user_id TEXT, url TEXT, at_ms INTEGER, asked_at INTEGER,
  is_there INTEGER, verdict TEXT, reason TEXT, wanted INTEGER, PRIMARY KEY (course_id, user_id)) WITHOUT ROWID
"""
_KNOWN = "UPDATE answers SET wanted = 1 WHERE course_id = ? AND user_id = ? AND url = ? AND at_ms = ?"
_SUMS = """
SELECT COUNT(*) FILTER (WHERE is_there), COUNT(*) FILTER (WHERE reason = 'missing_certificate_url')
FROM answers WHERE wanted
"""
_MISSING = frozenset({"certificate_artifact_missing", "missing_certificate_url", "not_completed"})
"""The reasons with which the service says that it has, or has looked for, no artifact."""
_UNBOUND = "certificate_bucket_not_bound"
_LATEST = 253_402_300_799_999
"""The last millisecond that a date can be told of."""
_DATED = re.compile(r"-(\d{4}-\d\d-\d\d)\.\w+$", re.ASCII)


def verified(  # noqa: PLR0913  the seams of a fetch, each by its name
    settings: Settings,
    service: Tables,
    folder: Path,
    told: Callable[[str], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.time,
) -> SqliteFile:
    """Verify every completed enrollment, and answer the artifacts that are there.

    Raises ConfigurationError, one line, where the service does not answer or cannot tell; what it has answered is kept.
    """
    origin = settings.api_base_url
    file = caching.cache_folder(settings, origin, folder) / caching.named_for("certificates", origin)
    answers = caching.opened(file, _SCHEMA)
    try:
        with answers:
            answers.execute("DELETE FROM answers WHERE asked_at <= ?", (now() - KEPT,))
            answers.execute("UPDATE answers SET wanted = 0")
        asyncio.run(_ask(settings, answers, service, told, transport, sleep, int(now())))
        tables = write(folder, _artifacts(answers))
        with answers:
            answers.execute("DELETE FROM answers")
    except UnansweredError as unanswered:
        text = f"--certificates api: {unanswered.finding.summary}; what was verified is kept: run again to go on"
        raise ConfigurationError(text) from None
    except sqlite3.Error as problem:
        raise ConfigurationError(f"DEEPLEARN_CHECKS_CACHE: the answers cannot be kept ({problem})") from None
    finally:
        answers.close()
    return tables


async def _ask(  # noqa: PLR0913, PLR0917  handed through from above
    settings: Settings,
    answers: sqlite3.Connection,
    service: Tables,
    told: Callable[[str], None],
    transport: httpx.AsyncBaseTransport | None,
    sleep: Callable[[float], Awaitable[None]],
    now: int,
) -> None:
    asked = 0
    async with fetching.opened(settings, transport, sleep) as target:

        async def verify(one: Completed) -> None:
            nonlocal asked
            said = await target.certificate_now(one.course_id, one.user_id)
            is_there, verdict = _judged(target, said)
            values = (one.course_id, one.user_id, one.url, one.at_ms, now, is_there, verdict, said.reason, 1)
            with answers:
                answers.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            asked += 1
            if asked % TOLD_EACH == 0:
                told(f"{asked} certificates verified")

        await fetching.each(_unknown(answers, service), verify, settings.concurrency)
    there, without = answers.execute(_SUMS).fetchone()
    said = (
        f"{asked} certificates verified, {there} are there; {without} enrollments have no URL and were not looked for"
    )
    told(Note(said))


def _unknown(answers: sqlite3.Connection, service: Tables) -> Iterator[Completed]:
    """Give the completed enrollments of which nothing is known yet."""
    for one in completed(service):
        if answers.execute(_KNOWN, (one.course_id, one.user_id, one.url, one.at_ms)).rowcount == 0:
            yield one


def _judged(target: Target, said: Verification) -> tuple[bool, str]:
    """Answer whether there is an artifact, and its verdict; raises UnansweredError where the service cannot tell."""
    if said.valid is True:
        return True, "valid"
    if said.valid is False and not said.reason:
        return True, "invalid"
    if said.valid is False and said.reason in _MISSING:
        return False, ""
    if said.reason == _UNBOUND:
        text = "the service cannot verify any certificate: its bucket is not bound (binding DEEPLEARN_CERTIFICATES)"
        raise UnansweredError(error("certificate-bucket-not-bound", target.redact(text)))
    text = f"the service verifies with valid {said.valid}, reason {said.reason or 'none'!r}, which it never did"
    raise UnansweredError(error("unexpected-answer", target.redact(text)))


def _artifacts(answers: sqlite3.Connection) -> Iterator[Artifact]:
    query = "SELECT course_id, user_id, url, at_ms, verdict FROM answers WHERE wanted AND is_there ORDER BY 1, 2"
    for course_id, user_id, url, at_ms, verdict in answers.execute(query):
        yield Artifact(key_of(course_id, user_id, _issued_on(url, at_ms)), verdict=verdict)


def _issued_on(url: str, at_ms: int) -> str:
    """Answer the date in a certificate's key: that of the stored URL, else of the completion (API page)."""
    dated = _DATED.search(url)
    return dated[1] if dated else datetime.fromtimestamp(min(at_ms, _LATEST) / 1000, UTC).date().isoformat()
