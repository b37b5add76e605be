"""What the monitor keeps of a run: every answer, and how many are hit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.finding import Effects, Outcome, Severity
from deeplearn_checks.monitor.observed import affected, observed
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.results import Result, RunReport

if TYPE_CHECKING:
    from deeplearn_checks.finding import Evidence

LOST = Result(
    id="funnel.enrollments",
    title="Whoever paid is enrolled.",
    severity=Severity.CRITICAL,
    effects=Effects.NONE,
    runbook="alert-workflow/3",
    outcome=Outcome.FAILED,
    summary=Redacted("2 of 9 are not enrolled"),
    cause="enrollment-lost",
    evidence={"hit": 2},
    remedy="enrol them",
    seconds=0.5,
)


def report(*results: Result) -> RunReport:
    """Answer the report of a run."""
    return RunReport(
        Redacted("http://x"), "", Effects.NONE, Severity.CRITICAL, "2026-03-02T12:00:00Z", 1.5, results, requests=3
    )


def test_every_answer_is_kept() -> None:
    """Prerequisites too, for one may be the root cause of all."""
    prerequisite = replace(LOST, id="platform.root", selected=False, outcome=Outcome.PASSED)

    seen = observed(report(prerequisite, LOST), target="t", group="g", location="l", due_ms=1, started_ms=2)

    ids = [(one.diagnostic, one.outcome, one.remedy) for one in seen.observations]
    assert (ids, seen.seconds, seen.requests, seen.affected, seen.due_ms, seen.started_ms) == (
        [("platform.root", Outcome.PASSED, "enrol them"), ("funnel.enrollments", Outcome.FAILED, "enrol them")],
        1.5,
        3,
        {"funnel.enrollments": 2},
        1,
        2,
    )


def test_where_nobody_is_hit_nobody_is_counted() -> None:
    """None says that no evidence tells of anybody."""
    seen = observed(report(replace(LOST, evidence={})), target="t", group="g", location="l", due_ms=1, started_ms=2)

    assert seen.affected is None


@pytest.mark.parametrize(
    ("evidence", "hit"),
    [
        ({"hit": 4}, 4),
        ({"hit": (Redacted("order 1"), Redacted("order 2"))}, 2),
        ({"certificates": (Redacted("one"),)}, 1),
        ({"events": 9, "rows": 7}, 2),
        ({"events": 7, "rows": 9}, 0),
        ({"hit": Redacted("many")}, 0),
        ({"judged": 3}, 0),
    ],
)
def test_who_is_hit_is_read_off_the_evidence(evidence: Evidence, hit: int) -> None:
    """A number, a list, or the registrations that left no row; 0 where nothing tells."""
    counted = affected(replace(LOST, evidence=evidence))

    assert counted == hit


@pytest.mark.parametrize("about", [{"outcome": Outcome.PASSED}, {"outcome": Outcome.ERROR}, {"cause": "paid-twice"}])
def test_only_failures_hit_people(about: dict[str, str]) -> None:
    """What passes or could not be found out hits nobody; payments of one person are not several people."""
    counted = affected(replace(LOST, **about))  # type: ignore[arg-type]  # an outcome or a cause

    assert counted == 0
