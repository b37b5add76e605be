"""Do the daily content job and the counselor work? (runbook: Content generation and counselor failures)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deeplearn_checks import changes, models
from deeplearn_checks.causes.cause import ACT, CTO_TAB
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target

_HOUR_MS = 3_600_000
_NOTHING = "the content job has not run yet: nothing to judge"


@diagnostic(
    "content.last-run-succeeded",
    severity=Severity.WARNING,
    runbook=CTO_TAB,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def last_run_succeeded(target: Target) -> Finding:
    """The last daily content run did not fail."""
    runs = (await target.content_runs()).runs
    if not runs:
        return passed(target.redact(_NOTHING))
    last = max(runs, key=lambda run: run.created_at_ms)
    evidence = target.evidence(status=last.status, message=last.message, runs=len(runs))
    if last.status == "error":
        return failed("content-run-failed", target.redact(f"the last content run failed: {last.message}"), evidence)
    return passed(target.redact(f"the last content run: {last.status}"), evidence)


@diagnostic(
    "content.runs-daily",
    severity=Severity.WARNING,
    runbook=CTO_TAB,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def runs_daily(target: Target) -> Finding:
    """The content job runs every day.

    Limit: DEEPLEARN_CHECKS_CONTENT_SILENCE_HOURS, a day and two hours unless set.
    """
    runs, now = await together(target.content_runs(), target.now_ms())
    if not runs.runs:
        return passed(target.redact(_NOTHING))
    hours = (now - max(run.created_at_ms for run in runs.runs)) / _HOUR_MS
    evidence = target.evidence(hours_since_the_last=round(hours, 1), limit_hours=target.settings.content_silence_hours)
    if hours > target.settings.content_silence_hours:
        return failed("content-runs-stopped", target.redact(f"the last content run is {hours:.0f} hours old"), evidence)
    return passed(target.redact(f"the last content run is {hours:.0f} hours old"), evidence)


@diagnostic("content.posts-served", severity=Severity.WARNING, runbook=CTO_TAB, requires=[platform.database])
async def posts_served(target: Target) -> Finding:
    """The published posts are served."""
    posts = (await target.posts()).posts
    newest = max((post.date for post in posts), default="")
    text = f"{len(posts)} posts are served, the newest of {newest}" if posts else "no post is published yet"
    return passed(target.redact(text), target.evidence(posts=len(posts), newest=newest))


@diagnostic(
    "counselor.replies",
    severity=Severity.WARNING,
    runbook=ACT,
    requires=[platform.database],
    needs=[Part.COUNSELOR],
    changes=[changes.COUNSELOR],
)
async def counselor_replies(target: Target) -> Finding:
    """The counselor answers a question.

    Costs one request to the language model; `--without counselor` leaves it out.
    """
    answer = await target.counselor()
    refusal = target.refusal(answer)
    if refusal and answer.status == HTTPStatus.BAD_REQUEST and "GROQ_API_KEY" in refusal.error:
        return failed("counselor-not-configured", target.redact(f"the counselor says: {refusal.error}"))
    if refusal and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        text = f"the counselor answered {answer.status}: {refusal.error} {refusal.details}"
        return failed("counselor-model-rejected", target.redact(text.strip()))
    if not target.read(answer, models.Reply).reply.strip():
        return failed("counselor-silent", target.redact("the counselor answered with an empty text"))
    return passed(target.redact("the counselor answers"))
