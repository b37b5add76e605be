"""Is the service there, whole, fast, and telling the right time? (runbook: Verify recovery)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deeplearn_checks.causes.cause import RECOVERY, WEBHOOK_PATH
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.finding import Finding, Severity, Skip, failed, passed, skipped

if TYPE_CHECKING:
    from deeplearn_checks.target import Target

NEEDED = (
    "/health",
    "/api/lead/submit",
    "/api/funnel/register",
    "/api/funnel/payment/create-order",
    "/api/funnel/payment/status",
    "/api/funnel/payment/verify",
    "/api/funnel/payment/razorpay/webhook",
    "/api/analytics/funnel",
    "/api/content/posts",
    "/api/chat/counselor",
    "/api/certificates/verify",
    "/api/admin/overview",
    "/api/admin/analytics/summary",
    "/api/admin/access/audit",
    "/api/admin/content/runs",
    "/api/admin/crm/leads",
    "/api/admin/courses",
    "/api/admin/cohorts",
    "/api/admin/alerts",
    "/api/learn/access",
)
"""The endpoints that the runbook and the checks rely on, as the service announces them."""

_WELL = "ok"
_DAY = 86_400


@diagnostic("platform.root", severity=Severity.CRITICAL, runbook=RECOVERY)
async def root(target: Target) -> Finding:
    """The service answers at its address.

    Everything else needs this answer: when it is missing, all other failures are symptoms.
    """
    answer, said = await target.root()
    if said.status != _WELL:
        return failed("service-not-ok", target.redact(f"GET / says status {said.status!r}"))
    return passed(
        target.redact(f"{said.service} answers in {answer.seconds * 1000:.0f} ms"),
        target.evidence(service=said.service, endpoints=len(said.endpoints)),
    )


@diagnostic("platform.health", severity=Severity.CRITICAL, runbook=RECOVERY, requires=[root])
async def health(target: Target) -> Finding:
    """The service says that it is healthy.

    This proves nothing about the database: `/health` says ok without one.
    """
    _, said = await target.health()
    if said.status != _WELL:
        return failed("service-not-ok", target.redact(f"GET /health says status {said.status!r}"))
    return passed(target.redact("GET /health says ok"))


@diagnostic("platform.database", severity=Severity.CRITICAL, runbook=RECOVERY, requires=[root])
async def database(target: Target) -> Finding:
    """The service reaches its database.

    Asked of a public endpoint that reads rows, because `/health` does not.
    """
    answer, funnel = await target.funnel()
    refusal = target.refusal(answer)
    if refusal and "D1 is not configured" in refusal.error:
        return failed("database-not-bound", target.redact(f"{answer.asked} answered {answer.status}: {refusal.error}"))
    if funnel is None:
        target.refuse(answer)
    return passed(target.redact(f"{answer.asked} reads the database"))


@diagnostic("platform.endpoints", severity=Severity.CRITICAL, runbook=WEBHOOK_PATH, requires=[root])
async def endpoints(target: Target) -> Finding:
    """The deployment announces every endpoint that the platform needs."""
    _, said = await target.root()
    missing = [path for path in NEEDED if path not in said.endpoints]
    evidence = target.evidence(announced=len(said.endpoints), needed=len(NEEDED), missing=missing)
    if missing:
        return failed("endpoint-missing", target.redact(f"not announced: {', '.join(missing)}"), evidence)
    return passed(target.redact(f"all {len(NEEDED)} needed endpoints are announced"), evidence)


@diagnostic("platform.latency", severity=Severity.WARNING, runbook=RECOVERY, requires=[root, health, database])
async def latency(target: Target) -> Finding:
    """The service answers fast enough.

    The median of three plain requests, each from sending to the last byte, against
    DEEPLEARN_CHECKS_LATENCY_MS.
    """
    answers = [(await target.root())[0], (await target.health())[0], (await target.funnel())[0]]
    _, taken, _ = sorted(answer.seconds * 1000 for answer in answers)
    limit = target.settings.latency_ms
    evidence = target.evidence(
        median_ms=round(taken), limit_ms=limit, requests=[f"{a.asked} {a.seconds * 1000:.0f} ms" for a in answers]
    )
    if taken > limit:
        return failed("slow-answers", target.redact(f"median answer takes {taken:.0f} ms, limit {limit:g}"), evidence)
    return passed(target.redact(f"median answer takes {taken:.0f} ms"), evidence)


@diagnostic("platform.tls", severity=Severity.WARNING, runbook=RECOVERY, requires=[root])
async def tls(target: Target) -> Finding:
    """The server's certificate is valid for a good while longer.

    Limit: DEEPLEARN_CHECKS_TLS_DAYS. A certificate that is not valid at all shows as `tls-invalid`.
    """
    answer, _ = await target.root()
    if urlsplit(target.settings.api_base_url).scheme != "https":
        return skipped(Skip.DOES_NOT_APPLY, target.redact("the target speaks plain HTTP: there is no certificate"))
    if answer.certificate_ends is None:
        return skipped(Skip.DOES_NOT_APPLY, target.redact("the connection does not show its certificate"))
    days = (answer.certificate_ends - answer.received_at) / _DAY
    evidence = target.evidence(days_left=round(days, 1), limit_days=target.settings.tls_days)
    if days < target.settings.tls_days:
        return failed("tls-expiring", target.redact(f"the certificate ends in {days:.1f} days"), evidence)
    return passed(target.redact(f"the certificate is valid for {days:.0f} more days"), evidence)


@diagnostic("platform.clock", severity=Severity.WARNING, runbook=RECOVERY, requires=[root, health])
async def clock(target: Target) -> Finding:
    """The service's clock agrees with ours.

    Limit: DEEPLEARN_CHECKS_CLOCK_SKEW_SECONDS. Other diagnostics judge ages by the service's own clock.
    """
    offset = await target.clock_offset()
    evidence = target.evidence(ahead_seconds=round(offset, 1), limit_seconds=target.settings.clock_skew_seconds)
    if abs(offset) > target.settings.clock_skew_seconds:
        side = "ahead of" if offset > 0 else "behind"
        return failed(
            "clock-skewed", target.redact(f"the service's clock is {abs(offset):.0f} s {side} ours"), evidence
        )
    return passed(target.redact(f"the clocks agree within {max(1, round(abs(offset)))} s"), evidence)
