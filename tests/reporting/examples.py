"""Finished runs to report on: one of every outcome, a healthy one, and one full of hostile text."""

from __future__ import annotations

from dataclasses import replace

from deeplearn_checks.finding import Effects, Outcome, Severity, Skip
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.results import Comparison, Exchange, LedgerEntry, OutcomeChange, Result, RunReport, Slowdown

API = "https://api.example.com"
PAGES = "https://learn.example.com"


def exchange(number: int, path: str, status: int = 200, *, method: str = "GET", base: str = API) -> Exchange:
    """Answer one exchange that began *number* tenths of a second after the epoch and took 0.2 s."""
    return Exchange(
        number=number,
        method=method,
        url=Redacted(f"{base}{path}"),
        status=status,
        started_at=number / 10,
        seconds=0.2,
        attempts=1,
        request_headers=(("x-admin-token", Redacted("[secret]")),),
        response_headers=(("content-type", Redacted("application/json")),),
        response_body=Redacted('{"ok": true}' if status else ""),
        curl=Redacted(f"curl -sS -X {method} '{base}{path}'"),
        problem=Redacted("" if status else "no answer in time"),
    )


def entry(number: int, left: str, status: int = 200, effects: Effects = Effects.DATA) -> LedgerEntry:
    """Answer what a run has sent as that exchange, and what it left."""
    sent = (Redacted("POST /api/lead/submit"), Redacted("a lead"))
    return LedgerEntry(number, effects, *sent, status=status, left=Redacted(left))


def passing(id_: str = "platform.health", exchanges: tuple[int, ...] = (), **changes: object) -> Result:
    """Answer a passed, critical result, with *changes*."""
    result = Result(
        id=id_,
        title="The service says that it is healthy.",
        severity=Severity.CRITICAL,
        effects=Effects.NONE,
        runbook="alert-workflow/5",
        outcome=Outcome.PASSED,
        summary=Redacted("it answers ok"),
        seconds=0.25,
        attempts=1,
        exchanges=exchanges,
    )
    return replace(result, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def failing(id_: str = "payment.webhook-accepts-our-signature", **changes: object) -> Result:
    """Answer a failed, critical result: a root cause, with *changes*."""
    result = replace(
        passing(id_, (3,)),
        title="The service verifies webhooks with the secret that we hold.",
        runbook="payment-failure-playbook/2",
        outcome=Outcome.FAILED,
        summary=Redacted("the service refuses webhooks that are signed with our secret"),
        cause="webhook-secret-mismatch",
        evidence={"status": 401, "leads": (Redacted("person-0123456789"), Redacted("person-abcdefabcd"))},
        meaning="No payment is activated.",
        remedy="npx wrangler secret put RAZORPAY_WEBHOOK_SECRET",
    )
    return replace(result, **changes)  # type: ignore[arg-type]  # as above


def erring(id_: str = "payment.gateway-keys-accepted", **changes: object) -> Result:
    """Answer a question that could not be answered, with *changes*."""
    result = failing(id_, outcome=Outcome.ERROR, cause="unreachable", summary=Redacted("no connection"))
    return replace(result, **changes)  # type: ignore[arg-type]  # as above


def blocked(id_: str = "funnel.paid-is-won", **changes: object) -> Result:
    """Answer a symptom of `failing()`, with *changes*."""
    by = ("payment.webhook-accepts-our-signature",)
    result = failing(id_, outcome=Outcome.BLOCKED, cause="paid-but-not-won", blocked_by=by)
    return replace(result, **changes)  # type: ignore[arg-type]  # as above


def unconfigured(id_: str = "payment.known-lead", **changes: object) -> Result:
    """Answer a critical question that a missing setting kept from being asked, with *changes*."""
    text = Redacted("set ADMIN_API_TOKEN (or leave it out on purpose: --without admin)")
    result = passing(id_, outcome=Outcome.SKIPPED, cause=Skip.NOT_CONFIGURED.value, summary=text)
    return replace(result, **changes)  # type: ignore[arg-type]  # as above


def report(*results: Result, exchanges: tuple[Exchange, ...] = (), **changes: object) -> RunReport:
    """Answer a run with these results, with *changes*."""
    run = RunReport(
        target=Redacted(API),
        environment="staging",
        effects=Effects.NONE,
        fail_on=Severity.CRITICAL,
        started_at="2026-03-02T10:00:00.000+00:00",
        seconds=0.4,
        results=results,
        exchanges=exchanges,
        requests=len(exchanges),
    )
    return replace(run, **changes)  # type: ignore[arg-type]  # as above


EXCHANGES = (
    exchange(1, "/"),
    exchange(2, "/health"),
    exchange(3, "/api/funnel/payment/razorpay/webhook", 401, method="POST"),
    exchange(4, "/api/admin/overview", 0),
)
EVERY_OUTCOME = report(
    passing("platform.root", (1,)),
    passing("platform.health", (2,)),
    failing(),
    erring(severity=Severity.WARNING),
    blocked(),
    unconfigured(),
    passing(
        "journey.enrolled", outcome=Outcome.SKIPPED, cause=Skip.NOT_PERMITTED.value, summary="needs --effects data"
    ),
    exchanges=EXCHANGES,
)
THEN = "2026-03-01T10:00:00+00:00"
COMPARED = replace(
    EVERY_OUTCOME,
    comparison=Comparison(
        THEN,
        notes=("the earlier run was asked with effects data",),
        new=(
            OutcomeChange("payment.webhook-accepts-our-signature", "passed", "failed", "", "webhook-refused"),
            OutcomeChange("funnel.paid-is-won", "passed", "blocked"),
        ),
        still_failing=(OutcomeChange("payment.gateway-keys-accepted", "failed", "error", "keys-rejected", "timeout"),),
        fixed=(OutcomeChange("platform.root", "failed", "passed", "not-found", ""),),
        not_asked=(OutcomeChange("platform.gone", "failed", "", "slow", ""),),
        slower=(Slowdown("platform.health", 0.1, 0.9),),
    ),
)
"""A run in which something changed in every way since another one."""
HEALTHY = report(passing("platform.root", (1,)), passing("platform.health", (2,)), exchanges=EXCHANGES[:2])

CHANGING = replace(
    HEALTHY,
    effects=Effects.DATA,
    ledger=(
        entry(1, "nothing", effects=Effects.NONE),
        entry(2, "one lead row"),
        entry(2, "unknown: no answer came", 0),
    ),
    left_open=(Redacted("alert payment_webhook/webhook_signature_invalid 7 is still open: it broke"),),
)
"""A run that has sent what can change something, and has left an alert open."""
HOSTILE = "</script><script>alert(1)</script>\n::error::x%0A \x1b[31m \ud800 ]]> | `code` [a](http://evil.example/x)"
HOSTILE_RUN = report(
    failing(
        summary=Redacted(HOSTILE),
        remedy=HOSTILE,
        meaning=HOSTILE,
        evidence={HOSTILE: Redacted(HOSTILE), "list": (Redacted(HOSTILE),)},
    ),
    unconfigured(summary=Redacted(HOSTILE)),
    exchanges=(replace(exchange(3, "/x"), response_body=Redacted(HOSTILE), problem=Redacted(HOSTILE)),),
    environment=HOSTILE,
    ledger=(entry(3, HOSTILE),),
    left_open=(Redacted(HOSTILE),),
)
