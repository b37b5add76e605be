"""A run as JSON: the keys that `run --json` promises, in a stable order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.comparing import FACTOR, NOTICEABLE_SECONDS

if TYPE_CHECKING:
    from deeplearn_checks.finding import Evidence
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import Comparison, LedgerEntry, OutcomeChange, Result, RootCause, RunReport


def json_report(report: RunReport) -> str:
    """Write the run as a pretty-printed JSON object, ending in a line break."""
    return json.dumps(_run(report), indent=2) + "\n"


def evidence_json(evidence: Evidence) -> dict[str, Json]:
    """Answer the evidence as JSON values: lists in place of tuples."""
    return {name: [*map(str, fact)] if isinstance(fact, tuple) else fact for name, fact in evidence.items()}


def _run(report: RunReport) -> dict[str, Json]:
    return {
        "target": report.target,
        "environment": report.environment,
        "effects": report.effects.label,
        "fail_on": report.fail_on.label,
        "started_at": report.started_at,
        "seconds": report.seconds,
        "requests": report.requests,
        "interrupted": report.interrupted,
        "counts": dict(report.counts()),
        "gate": report.gate,
        "gate_reasons": [*report.gate_reasons()],
        "left_open": [*report.left_open],
        "ledger": [_entry(entry) for entry in report.ledger],
        "root_causes": [{**root_cause_json(root), "blocks": [*root.blocks]} for root in report.root_causes()],
        "results": [_result(result) for result in report.results],
        "comparison": None if report.comparison is None else _comparison(report.comparison),
    }


def _comparison(since: Comparison) -> dict[str, Json]:
    return {
        "since": since.since,
        "notes": [*since.notes],
        "new": [*map(_change, since.new)],
        "fixed": [*map(_change, since.fixed)],
        "still_failing": [*map(_change, since.still_failing)],
        "not_asked": [*map(_change, since.not_asked)],
        "slower": [{"id": one.id, "seconds_before": one.before, "seconds": one.now} for one in since.slower],
        "slower_rule": {"factor": FACTOR, "noticeable_seconds": NOTICEABLE_SECONDS},
    }


def _change(one: OutcomeChange) -> dict[str, Json]:
    return {
        "id": one.id,
        "outcome_before": one.before,
        "outcome": one.now,
        "cause_before": one.cause_before,
        "cause": one.cause_now,
    }


def _entry(entry: LedgerEntry) -> dict[str, Json]:
    return {
        "exchange": entry.number,
        "effects": entry.effects.label,
        "request": entry.request,
        "sent": entry.sent,
        "status": entry.status,
        "left": entry.left,
    }


def root_cause_json(root: RootCause) -> dict[str, Json]:
    """Answer a root cause as JSON values, without what it is found by and what it blocks."""
    result = root.result
    return {
        "id": result.id,
        "cause": result.cause,
        "severity": result.severity.label,
        "outcome": result.outcome.value,
        "summary": result.summary,
        "meaning": result.meaning,
        "remedy": result.remedy,
        "runbook": result.runbook,
    }


def _result(result: Result) -> dict[str, Json]:
    return {
        "id": result.id,
        "title": result.title,
        "severity": result.severity.label,
        "effects": result.effects.label,
        "outcome": result.outcome.value,
        "cause": result.cause,
        "summary": result.summary,
        "evidence": evidence_json(result.evidence),
        "meaning": result.meaning,
        "remedy": result.remedy,
        "runbook": result.runbook,
        "blocked_by": [*result.blocked_by],
        "seconds": result.seconds,
        "attempts": result.attempts,
    }
