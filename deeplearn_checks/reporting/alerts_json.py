"""Alerts for programs: the list, triage, and what became of changes, as JSON with stable keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.reporting.json_report import evidence_json, root_cause_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks import models
    from deeplearn_checks.alerting import (
        Affected,
        AlertChange,
        AlertGroup,
        OpenAlerts,
        Resolution,
        Triage,
        TriagedGroup,
    )
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import RootCause


def alerts_json(known: OpenAlerts) -> str:
    """Write the open alerts in groups; ends in a line break."""
    return _written({"at_limit": known.at_limit, "now_ms": known.now_ms, "groups": [_group(g) for g in known.groups]})


def triage_json(done: Triage) -> str:
    """Write what triage says of each group; ends in a line break."""
    return _written(triage_values(done))


def triage_values(done: Triage) -> dict[str, Json]:
    """Answer what triage says as JSON values."""
    return {
        "target": done.target,
        "at": done.at,
        "at_limit": done.open.at_limit,
        "now_ms": done.open.now_ms,
        "groups": [_triaged(one) for one in done.groups],
    }


def changes_json(changes: Sequence[AlertChange]) -> str:
    """Write what became of each alert; ends in a line break."""
    return _written({"changes": [_change(one) for one in changes]})


def resolution_json(done: Resolution) -> str:
    """Write what became of alerts that were to be resolved, and whether it is over; ends in a line break."""
    return _written(
        {
            "recovered": done.is_recovered,
            "changes": [_change(one) for one in done.changes],
            "critical_open": [_alert(alert) for alert in done.critical_open],
            "opened": [_alert(alert) for alert in done.opened],
            "unverified": done.unverified,
        }
    )


def _written(value: Json) -> str:
    return json.dumps(value, indent=2) + "\n"


def _group(group: AlertGroup) -> dict[str, Json]:
    return {
        "source": group.source,
        "event_type": group.event_type,
        "known": group.known,
        "severity": group.severity.label,
        "service_severity": group.service_severity,
        "impact": group.impact,
        "playbook": group.playbook.slug,
        "diagnostics": [one.id for one in group.playbook.diagnostics],
        "first_ms": group.first_ms,
        "last_ms": group.last_ms,
        "alerts": [_alert(alert) for alert in group.alerts],
    }


def _alert(alert: models.Alert) -> dict[str, Json]:
    return {
        "id": alert.id,
        "source": alert.source,
        "event_type": alert.event_type,
        "severity": alert.severity,
        "message": alert.message,
        "status": alert.status,
        "created_at_ms": alert.created_at_ms,
        "updated_at_ms": alert.updated_at_ms,
    }


def _triaged(one: TriagedGroup) -> dict[str, Json]:
    return {
        **_group(one.group),
        "verdict": one.verdict.value,
        "root_causes": [found_json(root) for root in one.root_causes],
        "unproved": [*one.unproved],
        "affected": affected_values(one.affected),
        "next_action": one.next_action,
    }


def found_json(root: RootCause) -> dict[str, Json]:
    """Answer a root cause with its evidence as JSON values."""
    return {**root_cause_json(root), "evidence": evidence_json(root.result.evidence)}


def affected_values(hit: Affected) -> dict[str, Json]:
    """Answer who is hit as JSON values; everybody by pseudonym, money in the smallest unit of its currency."""
    return {
        "leads": hit.leads,
        "learners": hit.learners,
        "people": [*hit.people],
        "money": dict(hit.money),
        "since_ms": hit.since_ms,
        "evidence": hit.evidence,
        "complete": hit.complete,
        "reach": hit.reach,
    }


def _change(one: AlertChange) -> dict[str, Json]:
    return {
        "alert_id": one.alert_id,
        "kind": one.kind,
        "asked": one.asked,
        "outcome": one.outcome.value,
        "said": one.said,
        "failing": [*one.failing],
    }
