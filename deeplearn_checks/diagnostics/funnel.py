"""Did everybody who paid get what they paid for? (runbook: Payment Failure Playbook, Confirm activation).

The chain is judged link by link, lead by lead: user, enrollment, cohort, access. A lead whose chain breaks at
one link is not counted against the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import ACT, PAYMENT_ACTIVATION
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform, population
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

Link = tuple["models.Lead", "models.CourseAccess | None"]

_REQUIRES = (platform.database, access.admin_token_accepted)


@dataclass(frozen=True, slots=True)
class Judged:
    """A population of leads that was judged, those of it that are broken, and all that were within reach."""

    broken: Sequence[models.Lead]
    judged: int
    known: population.Leads


def _verdict(target: Target, cause: str, what: str, of: Judged) -> Finding:
    """Answer for a population of leads: how many were judged, who is hit, what was out of reach."""
    reach = of.known.reach
    evidence = target.evidence(judged=of.judged, hit=len(of.broken), leads=population.names(of.broken), reach=reach)
    beyond = f"; {reach}" if reach else ""
    if of.broken:
        return failed(cause, target.redact(f"{len(of.broken)} of {of.judged} {what}{beyond}"), evidence)
    well = f"judged {of.judged}, all are well" if of.judged else "no such lead yet: nothing to judge"
    return passed(target.redact(f"{well}{beyond}"), evidence)


async def _links(target: Target, known: population.Leads) -> list[Link]:
    """Answer each paid lead that has a user, with what that user may open of the lead's course."""
    leads = [lead for lead in known.paid if lead.user_id]
    opened = await together(*(target.access(lead.user_id) for lead in leads))
    return [
        (lead, next((course for course in access.access if course.course_id == lead.course_id), None))
        for lead, access in zip(leads, opened, strict=True)
    ]


async def without_enrollment(target: Target) -> Judged:
    """Answer the leads that paid, have a user, and are not enrolled in their course."""
    known, enrolled = await together(population.leads(target), population.enrollments(target))
    listed = {(row.course_id, row.user_id) for row in enrolled.rows}
    judged = [lead for lead in known.paid if lead.user_id]
    opens = {lead.lead_id for lead, course in await _links(target, known) if course}
    broken = [lead for lead in judged if (lead.course_id, lead.user_id) not in listed and lead.lead_id not in opens]
    return Judged(broken, len(judged), known)


@diagnostic(
    "funnel.paid-has-user",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_ACTIVATION,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def paid_has_user(target: Target) -> Finding:
    """Everybody who paid is a user of the platform."""
    known = await population.leads(target)
    broken = [lead for lead in known.paid if not lead.user_id]
    return _verdict(target, "paid-without-user", "paid leads have no user", Judged(broken, len(known.paid), known))


@diagnostic(
    "funnel.paid-is-won",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_ACTIVATION,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def paid_is_won(target: Target) -> Finding:
    """Everybody who paid is won for sales.

    A stage that an operator stored outlives the payment: such a lead is called again after paying.
    """
    known = await population.leads(target)
    broken = [lead for lead in known.paid if lead.crm.stage != "won"]
    return _verdict(target, "paid-but-not-won", "paid leads are not won", Judged(broken, len(known.paid), known))


@diagnostic(
    "funnel.paid-has-enrollment",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_ACTIVATION,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def paid_has_enrollment(target: Target) -> Finding:
    """Everybody who paid is enrolled in the course.

    Held against the course's enrollments; a learner who is not listed there is asked for by name before being
    reported, because a list may be cut.
    """
    of = await without_enrollment(target)
    return _verdict(target, "paid-without-enrollment", "paid leads are not enrolled", of)


@diagnostic(
    "funnel.paid-has-cohort-enrollment",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_ACTIVATION,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def paid_has_cohort_enrollment(target: Target) -> Finding:
    """Everybody who paid for a cohort is in a cohort of the course."""
    known = await population.leads(target)
    judged = [(lead, course) for lead, course in await _links(target, known) if course and lead.cohort_id]
    broken = [lead for lead, course in judged if not course.cohort.cohort_id]
    return _verdict(
        target, "paid-without-cohort-enrollment", "paid leads are in no cohort", Judged(broken, len(judged), known)
    )


@diagnostic(
    "funnel.paid-can-access",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_ACTIVATION,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def paid_can_access(target: Target) -> Finding:
    """Everybody who paid and is enrolled may open the course."""
    known, enrolled = await together(population.leads(target), population.enrollments(target))
    listed = {(row.course_id, row.user_id) for row in enrolled.rows}
    links = await _links(target, known)
    judged = [(lead, course) for lead, course in links if course or (lead.course_id, lead.user_id) in listed]
    broken = [lead for lead, course in judged if course is None or course.enrollment_status == "dropped"]
    return _verdict(
        target, "paid-without-access", "paid leads may not open their course", Judged(broken, len(judged), known)
    )


@diagnostic("funnel.won-is-paid", severity=Severity.WARNING, runbook=ACT, requires=_REQUIRES, needs=[Part.ADMIN])
async def won_is_paid(target: Target) -> Finding:
    """Everybody whom sales counts as won has paid."""
    known = await population.leads(target)
    won = [lead for lead in known.all if lead.crm.stage == "won"]
    broken = [lead for lead in won if lead.payment_status != "paid"]
    return _verdict(target, "won-but-not-paid", "won leads have not paid", Judged(broken, len(won), known))


@diagnostic("funnel.modules-unlocked", severity=Severity.WARNING, runbook=ACT, requires=_REQUIRES, needs=[Part.ADMIN])
async def modules_unlocked(target: Target) -> Finding:
    """Everybody who paid for a cohort finds at least one module open."""
    known = await population.leads(target)
    links = await _links(target, known)
    judged = [(lead, course) for lead, course in links if course and course.cohort.cohort_id and course.modules]
    broken = [lead for lead, course in judged if not any(module.is_unlocked for module in course.modules)]
    return _verdict(
        target, "no-module-unlocked", "paid leads find every module locked", Judged(broken, len(judged), known)
    )
