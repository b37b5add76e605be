"""`/api/state`: what the page says, for machines. These keys are final.

- `at` (RFC 3339, UTC), `status`: of all targets together (`up`, `degraded`, `down`, `unknown`, `maintenance`)
- `monitor`: `well`, `problem` (or empty), `overdue` (a list of `target`, `group`, `last_run_at` or null)
- `targets`: a list of `name`, `environment`, `status`, `maintenance` (why, or empty), `flapping` (ids), `uptime_24h`
  and `uptime_90d` (shares of runs that passed, or null), `groups`
  - `groups`: a list of `name`, `status`, `every_seconds`, `last_run_at` (or null), `last_run_seconds` (or null),
    `uptime_24h`, `uptime_90d`, `latency_seconds` (`p50`, `p95`, `p99` of the last 24 hours, or null), `diagnostics`
    - `diagnostics`: a list of `id`, `status`, `outcome` (of the newest run, or null), `cause`
- `root_causes` and `tolerated`: lists of `target`, `diagnostic`, `severity`, `outcome`, `cause`, `summary`, `meaning`,
  `remedy`, `runbook`, `since`, `blocks` (ids), `affected` (people, or null), `tolerated` (why, or empty),
  `waiver_expired`
- `incidents`: a list of `target`, `diagnostic`, `severity`, `cause`, `summary`, `began`, `ended` (null while open);
  newest first, of the last 90 days, at most 50
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.page.words import iso

if TYPE_CHECKING:
    from deeplearn_checks.monitor.page.freshness import Overdue
    from deeplearn_checks.monitor.page.judged import Broken, Group
    from deeplearn_checks.monitor.page.reading import Past, Snapshot, Watched
    from deeplearn_checks.monitor.page.tally import Tally
    from deeplearn_checks.monitor.store import Incident
    from deeplearn_checks.redaction import Json


def as_json(snapshot: Snapshot) -> Json:
    """Answer the document."""
    return {
        "at": iso(snapshot.at_ms),
        "status": snapshot.status.value,
        "monitor": monitor(snapshot.problem, snapshot.overdue),
        "targets": [_target(one) for one in snapshot.targets],
        "root_causes": [_broken(one) for one in snapshot.broken],
        "tolerated": [_broken(one) for target in snapshot.targets for one in target.now.tolerated],
        "incidents": [_incident(one) for one in snapshot.incidents],
    }


def monitor(problem: str, overdue: tuple[Overdue, ...]) -> dict[str, Json]:
    """Say whether the monitor itself is well."""
    late: list[Json] = [
        {"target": one.target, "group": one.group, "last_run_at": iso(one.last_ms) if one.last_ms else None}
        for one in overdue
    ]
    return {"well": not problem and not overdue, "problem": problem, "overdue": late}


def _target(one: Watched) -> Json:
    return {
        "name": one.now.name,
        "environment": one.now.config.environment,
        "status": one.now.status.value,
        "maintenance": one.now.maintenance,
        "flapping": list(one.now.flapping),
        "uptime_24h": _share(one.past.hours_total),
        "uptime_90d": _share(one.past.days_total),
        "groups": [_group(group, one.groups[group.name]) for group in one.now.groups],
    }


def _group(one: Group, past: Past) -> Json:
    day = past.hours_total
    last_ms = max((run.started_ms for run in one.runs), default=0)
    latency: Json = {
        name: _rounded(day.quantile(share)) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {
        "name": one.name,
        "status": one.status.value,
        "every_seconds": one.config.every_ms / 1000,
        "last_run_at": iso(last_ms) if last_ms else None,
        "last_run_seconds": _rounded(one.run.seconds) if one.run else None,
        "uptime_24h": _share(day),
        "uptime_90d": _share(past.days_total),
        "latency_seconds": latency if day.judged else None,
        "diagnostics": [
            {
                "id": row.diagnostic,
                "status": row.status.value,
                "outcome": row.last.outcome.value if row.last else None,
                "cause": row.last.cause if row.last and row.last.outcome is not Outcome.SKIPPED else "",
            }
            for row in one.rows
        ],
    }


def _broken(one: Broken) -> Json:
    return {
        "target": one.target,
        "diagnostic": one.diagnostic,
        "severity": one.standing.severity.label,
        "outcome": one.standing.outcome.value,
        "cause": one.cause,
        "summary": one.standing.summary,
        "meaning": one.meaning,
        "remedy": one.remedy,
        "runbook": one.runbook,
        "since": iso(one.since_ms),
        "blocks": list(one.blocks),
        "affected": one.affected,
        "tolerated": one.tolerated,
        "waiver_expired": one.waiver_expired,
    }


def _incident(one: Incident) -> Json:
    return {
        "target": one.target,
        "diagnostic": one.diagnostic,
        "severity": one.severity,
        "cause": one.cause,
        "summary": one.summary,
        "began": iso(one.began_ms),
        "ended": iso(one.ended_ms) if one.ended_ms else None,
    }


def _share(tally: Tally) -> float | None:
    return None if tally.uptime is None else round(tally.uptime, 6)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
