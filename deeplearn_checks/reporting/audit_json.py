"""An audit as JSON: the keys that `audit --format json` promises, in a stable order; more may follow them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.audit.result import SHOWN_KEYS
from deeplearn_checks.reporting import audit_wording as wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.audit.result import AuditReport, RuleResult
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.redaction import Json


def audit_json(report: AuditReport) -> str:
    """Write the audit as a pretty-printed JSON object, ending in a line break."""
    return json.dumps(_audit(report), indent=2) + "\n"


def rules_json(rules: Iterable[Rule]) -> str:
    """Write what there is to be judged as a JSON list, ending in a line break."""
    return json.dumps([rule_values(rule) for rule in rules], indent=2) + "\n"


def rule_values(rule: Rule) -> dict[str, Json]:
    """Answer what a rule says of itself as JSON values."""
    return {
        "id": rule.id,
        "severity": rule.severity.label,
        "cause": rule.cause,
        "runbook": rule.runbook,
        "key": [*rule.key],
        "tables": {table: [*sorted(columns)] for table, columns in rule.tables.items()},
        "meaning": rule.meaning,
    }


def _audit(report: AuditReport) -> dict[str, Json]:
    return {
        "source": report.source,
        "engine": report.engine,
        "judged": dict(report.judged),
        "rules": [_rule(result) for result in report.results],
        "gate": "passed" if wording.verdict(report) == "READY" else "failed",
        "gate_reasons": [*wording.reasons(report)],
        "fail_on": report.fail_on.label,
        "started_at": wording.moment(report.started_ms),
        "seconds": report.seconds,
        "notes": [*report.notes],
    }


def _rule(result: RuleResult) -> dict[str, Json]:
    rule = result.rule
    return {
        "id": rule.id,
        "cause": rule.cause,
        "severity": rule.severity.label,
        "outcome": result.outcome.value,
        "count": result.count,
        "money": dict(result.money),
        "first_at": wording.moment(result.first_at_ms) or None,
        "last_at": wording.moment(result.last_at_ms) or None,
        "keys": [*result.keys[:SHOWN_KEYS]],
        "reason": result.reason,
        "known": result.known,
        "key": [*rule.key],
        "weeks": dict(sorted(result.weeks.items())),
        "runbook": rule.runbook,
        "meaning": rule.meaning,
        "remedy": wording.remedy(rule),
        "digest": result.digest,
        "left_out": result.is_left_out,
        "seconds": result.seconds,
    }
