"""Can learners learn? (runbook: Learning incidents; Confirm enrollment status is completed)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import COMPLETION, COORDINATOR_TAB
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform, population
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks import models
    from deeplearn_checks.target import Target

_ON_SALE = frozenset({"published", "live"})
_RUNNING = frozenset({"open", "live"})
_WHOLE = 100


@diagnostic(
    "learning.open-cohort",
    severity=Severity.WARNING,
    runbook=COORDINATOR_TAB,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def open_cohort(target: Target) -> Finding:
    """Every course on sale has a cohort that is open or live."""
    courses, cohorts = await together(target.courses(), target.cohorts())
    served = {cohort.course_id for cohort in cohorts.cohorts if cohort.status in _RUNNING}
    on_sale = [course for course in courses.courses if course.status in _ON_SALE]
    broken = [f"{course.slug} ({course.id})" for course in on_sale if course.id not in served]
    evidence = target.evidence(judged=len(on_sale), courses=broken)
    if broken:
        text = f"{len(broken)} of {len(on_sale)} courses on sale have no open or live cohort: {', '.join(broken)}"
        return failed("no-open-cohort", target.redact(text), evidence)
    return passed(target.redact(f"all {len(on_sale)} courses on sale have an open or live cohort"), evidence)


@diagnostic(
    "learning.progress-consistent",
    severity=Severity.WARNING,
    runbook=COMPLETION,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def progress_consistent(target: Target) -> Finding:
    """Status, progress and completion time of every enrollment agree."""
    known = await population.enrollments(target)
    rows, beyond = known.rows, f"; {known.reach}" if known.reach else ""
    broken = [f"course {row.course_id} user {row.user_id}: {why}" for row in rows if (why := contradiction(row))]
    evidence = target.evidence(judged=len(rows), enrollments=broken, reach=known.reach)
    if broken:
        text = f"{len(broken)} of {len(rows)} enrollments contradict themselves{beyond}"
        return failed("progress-inconsistent", target.redact(text), evidence)
    return passed(target.redact(f"all {len(rows)} enrollments are consistent{beyond}"), evidence)


def contradiction(row: models.Enrollment) -> str:
    """Say how an enrollment contradicts itself; empty where it does not."""
    if row.status == "completed" and row.progress_pct != _WHOLE:
        return f"completed at {row.progress_pct:g} % progress"
    if row.status == "completed" and not row.completed_at_ms:
        return "completed without a completion time"
    if row.status == "active" and row.completed_at_ms:
        return "active with a completion time"
    return ""
