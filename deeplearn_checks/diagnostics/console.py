"""Is the site there that operators and learners use? (runbook: Primary Console Views)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks import models
from deeplearn_checks.causes.cause import COORDINATOR_TAB, CTO_TAB
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import platform
from deeplearn_checks.finding import Finding, Severity, UnansweredError, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target


async def _served(target: Target, path: str, cause: str) -> Finding:
    """Judge one page: it is there, and it is a page."""
    answer = await target.page(path)
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if not answer.ok or kind != "text/html" or b"<html" not in answer.body.lower():
        text = f"{target.settings.pages_base_url}{path} answered {answer.status} {kind or 'without a type'}"
        return failed(cause, target.redact(f"{text}, not a page"))
    return passed(target.redact(f"{path} is served ({answer.size} bytes)"), target.evidence(bytes=answer.size))


@diagnostic("console.page-served", severity=Severity.WARNING, runbook=CTO_TAB, needs=[Part.PAGES])
async def page_served(target: Target) -> Finding:
    """The operators' console is served."""
    return await _served(target, "/console/", "console-page-missing")


@diagnostic("console.learn-served", severity=Severity.WARNING, runbook=COORDINATOR_TAB, needs=[Part.PAGES])
async def learn_served(target: Target) -> Finding:
    """The learners' page is served."""
    return await _served(target, "/learn/", "learn-page-missing")


@diagnostic(
    "console.api-proxied",
    severity=Severity.WARNING,
    runbook=CTO_TAB,
    requires=[platform.database],
    needs=[Part.PAGES],
)
async def api_proxied(target: Target) -> Finding:
    """The site passes API requests on to the service."""
    direct, answer = await together(target.posts(), target.proxied_posts())
    where = f"{target.settings.pages_base_url}{answer.request.path}"
    try:
        through = target.read(answer, models.Posts)
    except UnansweredError as unanswered:
        return failed("api-proxy-broken", target.redact(f"{where}: {unanswered.finding.summary}"))
    if [post.id for post in through.posts] != [post.id for post in direct.posts]:
        return failed("api-proxy-broken", target.redact(f"{where} leads to another service: its posts are others"))
    return passed(target.redact(f"{where} reaches the service"))
