"""What the service's own `npm run readiness:check` prints, followed by our diagnostics as further checks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from deeplearn_checks.finding import BROKEN, Outcome, Severity, Skip
from deeplearn_checks.reporting.wording import exchanges_of, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.results import Exchange, Result, RunReport

_BODY_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Question:
    """One check of the script: its request, and who makes the same one: a diagnostic that always does, then areas."""

    name: str
    path: str
    asked_by: tuple[str, ...]
    critical: bool = True
    method: str = "GET"
    admin: bool = False


_SCRIPT = (
    _Question("worker_root", "/", ("platform.root",)),
    _Question("worker_health", "/health", ("platform.health",)),
    _Question("admin_overview", "/api/admin/overview", ("access.admin-token-accepted",), admin=True),
    _Question("admin_analytics_summary", "/api/admin/analytics/summary", ("lead.writes-recorded", "lead"), admin=True),
    _Question("admin_crm_leads", "/api/admin/crm/leads", ("funnel.paid-has-user", "funnel", "payment"), admin=True),
    _Question("admin_access_audit", "/api/admin/access/audit", ("access.staff-have-accounts", "access"), admin=True),
    _Question("counselor_chat", "/api/chat/counselor", ("counselor.replies",), method="POST"),
    _Question(
        "admin_content_runs",
        "/api/admin/content/runs",
        ("content.last-run-succeeded", "content"),
        critical=False,
        admin=True,
    ),
    _Question("admin_alerts", "/api/admin/alerts", ("alerts.none-critical-open", "alerts"), critical=False, admin=True),
    _Question("pages_console", "/console/", ("console.page-served",), critical=False),
    _Question("pages_learn", "/learn/", ("console.learn-served",), critical=False),
)
"""The script's checks, in its order."""


@dataclass(frozen=True, slots=True)
class _Check:
    """One line of the script's answer; `status` is the HTTP status, 0 where no answer came."""

    name: str
    ok: bool
    critical: bool
    status: int
    details: str


def readiness(report: RunReport) -> str:
    """Write the run as the script's JSON object, ending in a line break."""
    checks = _checks(report)
    answer = {
        "generated_at": report.started_at,
        "worker_base": report.target,
        "pages_base": _pages_base(report),
        "critical_failures": _critical_failures(checks),
        "checks": [asdict(check) for check in checks],
    }
    return json.dumps(answer, indent=2) + "\n"


def exit_status(report: RunReport) -> int:
    """Answer the script's exit status: 1 when a critical check failed, else 0."""
    return int(_critical_failures(_checks(report)) > 0)


def _critical_failures(checks: tuple[_Check, ...]) -> int:
    return sum(check.critical and not check.ok for check in checks)


def _checks(report: RunReport) -> tuple[_Check, ...]:
    return (*_script_checks(report), *(_ours(result, report) for result in report.results))


def _script_checks(report: RunReport) -> Iterator[_Check]:
    """Answer the script's checks; without a token, one failed check in place of all that need it."""
    token_is_missing = any(
        result.cause == Skip.NOT_CONFIGURED and result.id == "access.admin-token-accepted" for result in report.results
    )
    for question in _SCRIPT:
        if token_is_missing and question.name == "admin_overview":
            yield _Check("admin_token_present", ok=False, critical=True, status=0, details="ADMIN_API_TOKEN is not set")
        if not (token_is_missing and question.admin):
            yield from _script_check(question, report)


def _script_check(question: _Question, report: RunReport) -> Iterator[_Check]:
    """Answer one check of the script from whoever made its request; none when nobody was to ask."""
    askers = [result for result in report.results if _asks(result, question)]
    for asker in askers:
        for exchange in exchanges_of(report, asker):
            if _is_asked_by(exchange, question):
                yield _from_exchange(question, exchange)
                return
    silent = [asker for asker in askers if asker.id == question.asked_by[0] and asker.outcome in BROKEN]
    for asker in silent:
        yield _Check(question.name, ok=False, critical=question.critical, status=0, details=line(asker.summary))


def _asks(result: Result, question: _Question) -> bool:
    return result.id in question.asked_by or result.id.partition(".")[0] in question.asked_by


def _is_asked_by(exchange: Exchange, question: _Question) -> bool:
    """Whether this is the script's request: its path, its method (HEAD counts as GET), and no search."""
    url = urlsplit(exchange.url)
    methods = {"POST"} if question.method == "POST" else {"GET", "HEAD"}
    return (
        (url.path or "/").endswith(question.path)
        and exchange.method in methods
        and "q" not in parse_qs(url.query, keep_blank_values=True)
    )


def _from_exchange(question: _Question, exchange: Exchange) -> _Check:
    ok = 200 <= exchange.status < 300  # noqa: PLR2004  the range is the script's definition
    details = "ok" if ok else line(exchange.problem or exchange.response_body)[:_BODY_SHOWN]
    return _Check(question.name, ok, question.critical, exchange.status, details)


def _ours(result: Result, report: RunReport) -> _Check:
    """Answer a diagnostic as a check; not asked is not ok only where the gate counts it."""
    critical = result.severity is Severity.CRITICAL
    unconfigured = critical and result.cause == Skip.NOT_CONFIGURED
    ok = result.outcome is Outcome.PASSED or (result.outcome is Outcome.SKIPPED and not unconfigured)
    statuses = [exchange.status for exchange in exchanges_of(report, result)]
    return _Check(result.id, ok, critical, statuses[-1] if statuses else 0, line(result.summary))


def _pages_base(report: RunReport) -> str:
    """Answer the address of the site, read from the request of a page."""
    urls = [str(exchange.url) for exchange in report.exchanges]
    bases = [url.removesuffix(page) for url in urls for page in ("/console/", "/learn/") if url.endswith(page)]
    return bases[0] if bases else "(not provided)"
