"""From the report of a run to what the monitor keeps of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.observing import Observation, Observed
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.results import Result, RunReport

_TWICE = "paid-twice"
"""Its evidence names payments, two or more of each person: they are not counted as people."""


def observed(  # noqa: PLR0913  where and when a run was, each by its name
    report: RunReport, *, target: str, group: str, location: str, due_ms: int, started_ms: int
) -> Observed:
    """Answer what is kept of a run: all its answers, prerequisites that nobody asked for by name among them.

    A prerequisite may be the root cause of what it blocks.
    """
    return Observed(
        target=target,
        group=group,
        location=location,
        due_ms=due_ms,
        started_ms=started_ms,
        seconds=report.seconds,
        observations=tuple(map(_observation, report.results)),
        requests=report.requests,
        affected=_all_affected(report),
    )


def _observation(result: Result) -> Observation:
    return Observation(
        diagnostic=result.id,
        severity=result.severity,
        outcome=result.outcome,
        cause=result.cause,
        summary=result.summary,
        remedy=Redacted(result.remedy),
        runbook=result.runbook,
        blocked_by=result.blocked_by,
        seconds=result.seconds,
    )


def _all_affected(report: RunReport) -> Mapping[str, int] | None:
    """Answer how many people each failure hits, as far as its evidence tells; None where none does."""
    counts = {result.id: count for result in report.results if (count := affected(result))}
    return counts or None


def affected(result: Result) -> int:
    """Answer how many a failure hits: a number or a list under `hit`, certificates, or leads that left no row.

    0 where the evidence does not tell.
    """
    if result.outcome is not Outcome.FAILED or result.cause == _TWICE:
        return 0
    evidence = result.evidence
    match evidence.get("hit", evidence.get("certificates")), evidence.get("events"), evidence.get("rows"):
        case int(hit), _, _:
            return hit
        case tuple(hit), _, _:
            return len(hit)
        case None, int(events), int(rows):
            return max(0, events - rows)
    return 0
