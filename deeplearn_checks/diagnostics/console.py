"""Is the site there that operators and learners use? (runbook: Primary Console Views)."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import replace
from typing import TYPE_CHECKING

from deeplearn_checks import models
from deeplearn_checks.browser import BrowserError, Found, Visit, find
from deeplearn_checks.causes.cause import COORDINATOR_TAB, CTO_TAB
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import platform
from deeplearn_checks.finding import (
    Attachment,
    Finding,
    Severity,
    Skip,
    UnansweredError,
    error,
    failed,
    passed,
    skipped,
)
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.target import Target

PAGES = ("/console/", "/learn/")
"""The pages whose scripts draw what operators and learners see."""


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


@diagnostic(
    "console.renders",
    severity=Severity.WARNING,
    runbook=CTO_TAB,
    requires=[page_served, learn_served],
    consults=[api_proxied],
    needs=[Part.PAGES, Part.BROWSER],
)
async def renders(target: Target) -> Finding:
    """The console and the learners' page come up in a browser.

    A visitor waits for a visible heading with text, and for a visible way to sign in: a button or link that is called
    sign in, log in or the like, or a field for an e-mail address or a password. Uncaught script errors and failed
    requests to the site's own origin are failures; that something else is waited for in vain is not, for it may be
    ours: it could not be found out. The browser holds no credential and sends the site nothing but GET and HEAD.
    """
    return await rendered(target, find(target.settings.browser))


async def rendered(target: Target, browser: Found) -> Finding:
    """Look at the pages with *browser*, where there is one, and judge what it saw."""
    if browser.missing:
        return skipped(Skip.NOT_CONFIGURED, target.redact(browser.missing))
    answers = await together(*(target.page(path) for path in PAGES))
    for answer in answers:
        if not answer.ok:
            return failed("console-broken", target.redact(f"{answer.asked} answered {answer.status}: nothing to show"))
    try:
        visits = await _look(browser.path, [answer.url for answer in answers], target)
    except BrowserError as problem:
        return error("browser-failed", target.redact(str(problem)))
    finding = seen(visits, target)
    pictures = (Attachment(visit.path, "image/png", visit.screenshot) for visit in visits if visit.screenshot)
    return replace(finding, attachments=tuple(pictures))


async def _look(program: str, urls: Sequence[str], target: Target) -> tuple[Visit, ...]:
    """Load what drives a browser once the first requests have left, and look."""
    await target.transport.lull()
    browsing = await asyncio.to_thread(importlib.import_module, "deeplearn_checks.browsing")
    looked: tuple[Visit, ...] = await browsing.look(program, urls, target)
    return looked


def seen(visits: Sequence[Visit], target: Target) -> Finding:
    """Judge what a browser made of the pages.

    Where only API requests of a page failed, the proxy or the service behind it explains the failure, if it is broken.
    """
    evidence = target.evidence(
        script_errors=[f"{visit.path}: {text}" for visit in visits for text in visit.script_errors],
        failed_requests=[f"{visit.path}: {text}" for visit in visits for text in (*visit.failed, *visit.failed_api)],
        not_shown=[f"{visit.path}: {what}" for visit in visits for what in visit.lacking],
        missing=[f"{visit.path}: {text}" for visit in visits for text in visit.missing],
        not_sent=[f"{visit.path}: {text}" for visit in visits for text in visit.unsent],
    )
    broken = [visit for visit in visits if _failures(visit)]
    if broken:
        text = "; ".join(f"{visit.path} is broken: {_failures(visit)[0]}" for visit in broken)
        behind = all(visit.failed_api and not visit.failed for visit in broken)
        explained_by = (frozenset({api_proxied.id}),) if behind else ()
        return failed("console-broken", target.redact(text), evidence, explained_by=explained_by)
    unclear = [f"{visit.path} {_doubt(visit)}" for visit in visits if visit.lacking or visit.script_errors]
    if unclear:
        return error("page-not-judged", target.redact("; ".join(unclear)), evidence)
    text = f"{' and '.join(visit.path for visit in visits)} show a heading and a way to sign in"
    return passed(target.redact(text), evidence)


def _failures(visit: Visit) -> tuple[str, ...]:
    """What is the page's own fault: a script that fails where other hosts were missing may not be."""
    return (*visit.failed, *visit.failed_api, *(() if visit.missing else visit.script_errors))


def _doubt(visit: Visit) -> str:
    """Say why a page could not be judged."""
    if visit.script_errors:
        return f"fails ({visit.script_errors[0]}), maybe for want of {visit.missing[0]}"
    return f"does not show {' and '.join(visit.lacking)}, and nothing failed"
