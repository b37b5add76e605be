"""Finished audits to report on: one of every outcome, a healthy one, and one full of hostile text."""

from __future__ import annotations

from dataclasses import replace

from deeplearn_checks.audit.result import AuditReport, RuleResult
from deeplearn_checks.audit.rule import Rule
from deeplearn_checks.causes import CAUSES
from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.redaction import Redacted

STARTED_MS = 1_772_445_600_000  # 2026-03-02T10:00:00Z, a Monday
HOSTILE = "</script><script>alert(1)</script>\n=cmd|'/c calc'!A0 \x1b[31m {{ 7 * 7 }} \u202e"


def rule(id_: str = "paid-without-enrollment", **changes: object) -> Rule:
    """Answer a critical rule about leads, with *changes*."""
    made = Rule(
        id=id_,
        severity=Severity.CRITICAL,
        cause="paid-without-enrollment",
        runbook="payment-failure-playbook/4",
        meaning="They paid, have an account, and no enrollment.",
        key=("lead_id",),
        people=frozenset(),
        tables={"lead_registrations": frozenset({"lead_id", "paid_at_ms"}), "course_enrollments": frozenset({"id"})},
        columns=("lead_id", "amount_cents", "currency", "at_ms"),
        sql="SELECT lead_id FROM lead_registrations",
        remedy=CAUSES["paid-without-enrollment"].remedy,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def result(id_: str = "paid-without-enrollment", **changes: object) -> RuleResult:
    """Answer a failed result of `rule()`, with *changes* (`of`: changes of its rule)."""
    of = changes.pop("of", {})
    assert isinstance(of, dict)
    made = RuleResult(
        rule=rule(id_, **of),
        outcome=Outcome.FAILED,
        count=7,
        known=2,
        money={"INR": 3_499_300, "USD": 4_900},
        first_at_ms=STARTED_MS - 21 * 86_400_000,
        last_at_ms=STARTED_MS - 3_600_000,
        weeks={"2026-02-09": 1, "2026-02-23": 5, "2026-03-02": 1},
        keys=tuple(Redacted(f"lead-{number}") for number in range(1, 8)),
        digest="00ff",
        seconds=0.25,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as above


def quiet(id_: str, outcome: Outcome = Outcome.PASSED, **changes: object) -> RuleResult:
    """Answer a result that found nothing, with *changes*."""
    nothing = {"count": 0, "known": 0, "money": {}, "first_at_ms": None, "last_at_ms": None, "weeks": {}, "keys": ()}
    return result(id_, **{**nothing, "outcome": outcome, **changes})


def audit(*results: RuleResult, **changes: object) -> AuditReport:
    """Answer an audit with these results, with *changes*."""
    made = AuditReport(
        source=Redacted("export.sqlite"),
        engine="sqlite",
        judged={"lead_registrations": 12_345, "course_enrollments": 6_789},
        results=results,
        started_ms=STARTED_MS,
        seconds=1.5,
        fail_on=Severity.CRITICAL,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as above


PAYMENTS = {"tables": {"payments": frozenset({"id"}), "lead_registrations": frozenset({"lead_id"})}}
CERTIFICATES = {"tables": {"artifacts": frozenset({"key"})}}
EVERY_OUTCOME = audit(
    quiet("won-but-not-paid", of={"severity": Severity.WARNING}),
    result(
        "duplicate-people",
        of={
            "severity": Severity.WARNING,
            "cause": "of-our-own",
            "remedy": "",
            "key": ("email", "phone"),
            "runbook": "",
        },
        count=1_200,
        known=0,
        money={},
        keys=tuple(Redacted(f"person-{number:010x} / person-{number + 1:010x}") for number in range(100)),
        first_at_ms=None,
        last_at_ms=None,
        weeks={},
    ),
    result(),
    quiet("progress-against-status", Outcome.ERROR, reason=Redacted("no answer within 300 s")),
    quiet("captured-but-not-paid", Outcome.SKIPPED, reason=Redacted("not given"), is_left_out=True, of=PAYMENTS),
    quiet("artifact-without-completion", Outcome.SKIPPED, is_left_out=True, of=CERTIFICATES),
    quiet("times-run-backwards", Outcome.SKIPPED, reason=Redacted("lead_registrations has no column paid_at_ms")),
)
HEALTHY = audit(quiet("paid-without-enrollment"), quiet("won-but-not-paid"))
HOSTILE_AUDIT = audit(
    result(
        keys=(Redacted(HOSTILE), Redacted("=1+1"), Redacted("@x"), Redacted("-2"), Redacted("+91")),
        money={HOSTILE: 1},
        of={"meaning": HOSTILE},
    ),
    quiet("broken", Outcome.ERROR, reason=Redacted(HOSTILE)),
    quiet("unseen", Outcome.SKIPPED, reason=Redacted(HOSTILE)),
    source=Redacted(HOSTILE),
    judged={HOSTILE: 1},
)
