"""Which alerts are open, and are they explained? (runbook: Alert Workflow, Detect, Classify, Verify recovery).

An open alert whose playbook's diagnostics fail is a symptom of theirs. Alerts that this run may itself have raised
(created after it began, of the types it can provoke) are never findings of the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import RECOVERY
from deeplearn_checks.diagnostic import Diagnostic, diagnostic
from deeplearn_checks.diagnostics import access, content, leads, money, payments, platform
from deeplearn_checks.finding import Finding, Severity, error, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part
from deeplearn_checks.target import ALERTS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

_WEBHOOK = (payments.webhook_secret_configured, payments.webhook_accepts_our_signature, money.captured_is_paid)
_GATEWAY = (payments.gateway_keys_accepted, payments.gateway_not_degraded, money.captured_is_paid)

PLAYBOOKS: Mapping[str, tuple[Diagnostic, ...]] = {
    "payment_webhook": _WEBHOOK,
    "payment_gateway": _GATEWAY,
    "payment_verify": _GATEWAY,
    "payment_callback": (money.references_exist, money.captured_is_paid),
    "lead_capture": (leads.writes_recorded, leads.flow_alive),
    "crm_webhook": (leads.writes_recorded,),
    "counselor_chat": (content.counselor_replies,),
    "scheduled_job": (content.last_run_succeeded, content.runs_daily),
}
"""What the runbook calls for, by the source of an alert; a source that is not here has no diagnostic."""

PROVOKED = frozenset({"webhook_signature_invalid", "webhook_secret_missing", "counselor_request_failed"})
"""The event types that a run may raise by itself."""

CONSULTED = tuple({one.id: one for playbook in PLAYBOOKS.values() for one in playbook}.values())

_HOUR_MS = 3_600_000
_TOLERANCE_MS = 2_000
"""How far the two clocks may be misread: an alert created this little before the run began still counts as its own."""


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The open alerts that this run did not raise, newest first; `complete` is false where there may be more."""

    alerts: tuple[models.Alert, ...]
    complete: bool
    now_ms: int


async def open_alerts(target: Target) -> OpenAlerts:
    """Answer the open alerts without this run's own."""
    answer, offset = await together(target.alerts(), target.clock_offset())
    began = target.started_ms + int(offset * 1000) - _TOLERANCE_MS
    others = tuple(a for a in answer.alerts if not (a.event_type in PROVOKED and a.created_at_ms >= began))
    return OpenAlerts(others, len(answer.alerts) < ALERTS_LIMIT, await target.now_ms())


def _verdict(target: Target, cause: str, what: str, broken: Sequence[models.Alert], known: OpenAlerts) -> Finding:
    """Answer for the alerts of one kind; each is explained by a failure among its playbook's diagnostics."""
    texts = [f"{a.source}/{a.event_type}, {_hours(a, known):.0f} h old, alert {a.id}: {a.message}" for a in broken]
    evidence = target.evidence(open=len(known.alerts), alerts=texts)
    if broken:
        explained_by = tuple(frozenset(one.id for one in PLAYBOOKS.get(a.source, ())) for a in broken)
        kinds = ", ".join(sorted({f"{a.source}/{a.event_type}" for a in broken}))
        text = f"{len(broken)} {what}: {kinds}"
        return failed(cause, target.redact(text), evidence, explained_by=explained_by)
    if not known.complete:
        text = f"the newest {ALERTS_LIMIT} open alerts hold none of these, and there are more that are not shown"
        return error("cannot-tell", target.redact(text), evidence)
    return passed(target.redact(f"judged {len(known.alerts)} open alerts, none of them is of this kind"), evidence)


def _hours(alert: models.Alert, known: OpenAlerts) -> float:
    """The age of an alert in hours, by the service's clock."""
    return (known.now_ms - alert.created_at_ms) / _HOUR_MS


@diagnostic(
    "alerts.none-critical-open",
    severity=Severity.CRITICAL,
    runbook=RECOVERY,
    requires=[platform.database, platform.health, access.admin_token_accepted],
    consults=CONSULTED,
    needs=[Part.ADMIN],
)
async def none_critical_open(target: Target) -> Finding:
    """No critical alert is open."""
    known = await open_alerts(target)
    broken = [alert for alert in known.alerts if alert.severity == "critical"]
    return _verdict(target, "critical-alert-open", "critical alerts are open", broken, known)


@diagnostic(
    "alerts.none-unattended",
    severity=Severity.WARNING,
    runbook="alert-workflow/4",
    requires=[platform.database, platform.health, access.admin_token_accepted],
    consults=CONSULTED,
    needs=[Part.ADMIN],
)
async def none_unattended(target: Target) -> Finding:
    """No lesser alert has been open for long without being acknowledged.

    Limit: DEEPLEARN_CHECKS_ALERT_ATTENTION_HOURS. Critical alerts are judged by `alerts.none-critical-open`.
    """
    known = await open_alerts(target)
    limit = target.settings.alert_attention_hours
    broken = [alert for alert in known.alerts if alert.severity != "critical" and _hours(alert, known) > limit]
    return _verdict(target, "alert-unattended", f"alerts are open for more than {limit:g} hours", broken, known)
