"""What the journal of an incident keeps of a triage and of a run: from values to the data of entries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Verdict
from deeplearn_checks.finding import BROKEN, Outcome
from deeplearn_checks.incident.facts import inside, rows, text, texts
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.reporting.alerts_json import affected_values, found_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deeplearn_checks import models
    from deeplearn_checks.alerting import AlertGroup, Triage, TriagedGroup
    from deeplearn_checks.incident.journal import Written
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import Exchange, RunReport


def alert_ids(triage: Triage) -> tuple[str, ...]:
    """Answer the ids of the alerts of a triage, group by group."""
    return tuple(alert.id for one in triage.groups for alert in one.group.alerts)


def narrowed(triage: Triage, alerts: frozenset[str], groups: frozenset[str]) -> Triage:
    """Answer a triage with only these alerts and the alerts of these groups."""
    kept = []
    for one in triage.groups:
        held = tuple(alert for alert in one.group.alerts if alert.id in alerts or one.group.name in groups)
        if held:
            kept.append(replace(one, group=replace(one.group, alerts=held)))
    return replace(triage, groups=tuple(kept))


def passing(ran: Mapping[str, Json]) -> tuple[str, ...]:
    """Answer the diagnostics that passed in a run that is on record."""
    return tuple(id_ for id_, outcome in inside(ran, "results").items() if outcome == Outcome.PASSED.value)


def failing(ran: Mapping[str, Json]) -> tuple[str, ...]:
    """Answer why a run on record is no proof: its root causes, and what is unproved."""
    return (*(text(one, "id") for one in rows(ran, "root_causes")), *texts(ran, "unproved"))


def of_triage(triage: Triage, *, seen: frozenset[str] = frozenset(), bundle: str = "") -> Iterator[Written]:
    """Tell of a triage: alerts that were not *seen* before, who is hit since when, the verdicts, and the run behind it.

    A triage that finds all of it over is the first passing proof.
    """
    for one in triage.groups:
        yield from (_alert(one.group, alert) for alert in one.group.alerts if alert.id not in seen)
        if one.affected.since_ms:
            told: dict[str, Json] = {
                "group": one.group.name,
                "at_ms": one.affected.since_ms,
                "evidence": one.affected.evidence,
            }
            yield Kind.HARM_FIRST_SEEN, told
    yield Kind.TRIAGED, {"at": triage.at, "groups": [_group(one) for one in triage.groups]}
    unproved = sorted({id_ for one in triage.groups for id_ in one.unproved})
    run = of_run(triage.report, "triage", unproved=unproved, bundle=bundle)
    yield run
    if triage.groups and run[1]["passed"] and all(one.verdict is Verdict.RECOVERED for one in triage.groups):
        yield of_recovery(triage.report)


def of_run(report: RunReport, purpose: str, *, unproved: Sequence[str] = (), bundle: str = "") -> Written:
    """Tell of a run: what failed, why, and the requests that show it; *unproved* did not pass either.

    It passes when something was asked and nothing is broken, unproved or left unasked by an interruption.
    """
    asked = [result for result in report.results if result.outcome is not Outcome.SKIPPED]
    broken = [result for result in report.results if result.outcome in BROKEN]
    shown = {number for result in broken for number in result.exchanges}
    return Kind.RAN, {
        "purpose": purpose,
        "target": report.target,
        "started_at": report.started_at,
        "seconds": report.seconds,
        "passed": bool(asked) and not (broken or unproved or report.interrupted),
        "interrupted": report.interrupted,
        "unproved": [*unproved],
        "results": {result.id: result.outcome.value for result in report.results},
        "root_causes": [{**found_json(root), "exchanges": [*root.result.exchanges]} for root in report.root_causes()],
        "exchanges": [_exchange(one) for one in report.exchanges if one.number in shown],
        "bundle": bundle,
    }


def of_proof(report: RunReport, failing: Iterable[Sequence[str]], bundle: str = "") -> Written:
    """Tell of the run that an attempt to resolve stands on; *failing* is what keeps each alert from being resolved."""
    return of_run(report, "proof", unproved=sorted({id_ for ids in failing for id_ in ids}), bundle=bundle)


def of_recovery(report: RunReport) -> Written:
    """Tell that the diagnostics of a run pass."""
    passed: list[Json] = [result.id for result in report.results if result.outcome is Outcome.PASSED]
    return Kind.RECOVERED, {"diagnostics": passed}


def _alert(group: AlertGroup, alert: models.Alert) -> Written:
    return Kind.ALERT_FIRST_SEEN, {
        "alert_id": alert.id,
        "group": group.name,
        "severity": group.severity.label,
        "service_severity": alert.severity,
        "impact": group.impact,
        "created_at_ms": alert.created_at_ms,
        "message": alert.message,
    }


def _group(one: TriagedGroup) -> dict[str, Json]:
    return {
        "group": one.group.name,
        "severity": one.group.severity.label,
        "impact": one.group.impact,
        "playbook": one.group.playbook.slug,
        "diagnostics": [each.id for each in one.group.playbook.diagnostics],
        "alerts": [alert.id for alert in one.group.alerts],
        "verdict": one.verdict.value,
        "root_causes": [root.result.id for root in one.root_causes],
        "unproved": [*one.unproved],
        "affected": affected_values(one.affected),
        "next_action": one.next_action,
    }


def _exchange(one: Exchange) -> dict[str, Json]:
    return {
        "number": one.number,
        "request": f"{one.method} {one.url}",
        "status": one.status,
        "problem": one.problem,
        "curl": one.curl,
    }
