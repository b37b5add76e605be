"""The links of the Payment Failure Playbook that are learning: won, enrollment, cohort, modules, certificate.

Judged as the diagnostics of the funnel judge the population (`diagnostics.funnel`), for one lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import ACT, CERTIFICATE_VERIFY, PAYMENT_ACTIVATION
from deeplearn_checks.playbooks.chain import State, Step, Verdict, because, broken, not_due, ok, unanswered
from deeplearn_checks.playbooks.money_links import PAID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks import models
    from deeplearn_checks.playbooks.asked import Asked
    from deeplearn_checks.playbooks.person import Lead

WON = Step("won", "won in the CRM", PAYMENT_ACTIVATION)
ENROLLMENT = Step("enrollment", "enrolled in the course", PAYMENT_ACTIVATION)
COHORT = Step("cohort", "in a cohort", PAYMENT_ACTIVATION)
MODULES = Step("modules", "a module unlocked", ACT)
CERTIFICATE = Step("certificate", "certificate issued", CERTIFICATE_VERIFY)


@dataclass(frozen=True, slots=True)
class Learning:
    """Everything that the links of learning are judged by.

    `reach` says what of the CRM was out of reach. `enrolled` is asked only where `access` lacks the course, and
    `certificate` is there only where the course is completed.
    """

    lead: Lead
    listed: Asked[models.Leads]
    reach: str
    access: Asked[models.Access]
    enrolled: Asked[models.Enrollments]
    certificate: Verdict | None

    @property
    def course(self) -> models.CourseAccess | None:
        """What the learner may open of the lead's course; None where that is nothing, or is not known."""
        return opened(self.access, self.lead.course_id)


def opened(access: Asked[models.Access], course_id: str) -> models.CourseAccess | None:
    """Answer what a learner may open of a course; None where that is nothing, or is not known."""
    courses = access.answer.access if access else ()
    return next((course for course in courses if course.course_id == course_id), None)


def won(seen: Learning, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge the CRM stage by the payment; a stage that an operator stored outlives it."""
    row, payment = seen.lead.row, judged[PAID.slug].state
    if row is None and not seen.listed:
        return unanswered(seen.listed)
    if row is None:
        text = f"the CRM does not show the lead: {seen.reach}"
        return Verdict(State.UNKNOWN, text, "cannot-tell", asked=(seen.listed,))
    stage = row.crm.stage
    if payment in {State.BROKEN, State.UNKNOWN}:
        return because(PAID, f"the stage is {stage}")
    if payment is State.OK and stage != "won":
        return broken("paid-but-not-won", f"paid, and the stage is {stage}", seen.listed, stage=stage)
    if payment is State.NOT_DUE and stage == "won":
        return broken("won-but-not-paid", f"the stage is won, and the lead is {row.payment_status}", seen.listed)
    state = ok if stage == "won" else not_due
    return state(f"the stage is {stage}", seen.listed, stage=stage)


def enrollment(seen: Learning, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge whether the payment bought a place."""
    if judged[PAID.slug].state is not State.OK:
        return _after(PAID, judged)
    if not seen.lead.user_id:
        return _without_user(seen)
    if not seen.access:
        return unanswered(seen.access)
    course = seen.course
    if course is None:
        return _not_opened(seen)
    facts = {"user": seen.lead.user_id, "course": course.course_id}
    if course.enrollment_status == "dropped":
        return broken("paid-without-access", "paid, and the enrollment is dropped", seen.access, **facts)
    return ok(f"{course.enrollment_status}, {course.progress_pct:g} % done", seen.access, **facts)


def _without_user(seen: Learning) -> Verdict:
    """Judge a paid lead that names no user: the payment status shows none, the CRM must say so too."""
    if seen.lead.row is not None:
        return broken("paid-without-user", "paid, and the lead is no user of the platform", seen.listed)
    return because(PAID, "the payment status names no user") if seen.listed else unanswered(seen.listed)


def _not_opened(seen: Learning) -> Verdict:
    """Judge a learner who may not open the course: a list tells whether there is an enrollment all the same."""
    lead, facts = seen.lead, {"user": seen.lead.user_id, "course": seen.lead.course_id or "-"}
    if lead.course_id and not seen.enrolled:
        return unanswered(seen.enrolled)
    listed = seen.enrolled.answer.enrollments if seen.enrolled else ()
    if any(row.user_id == lead.user_id for row in listed):
        text = "the course lists the learner, and the learner may not open it"
        return broken("paid-without-access", text, seen.access, seen.enrolled, **facts)
    return broken("paid-without-enrollment", "paid, and not enrolled", seen.access, seen.enrolled, **facts)


def cohort(seen: Learning, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge whether the place is in a cohort, where one was paid for."""
    course = seen.course
    if judged[ENROLLMENT.slug].state is not State.OK or course is None:
        return _after(ENROLLMENT, judged)
    if course.cohort.cohort_id:
        other = seen.lead.cohort_id not in {"", course.cohort.cohort_id}
        text = f"{course.cohort.status}{', in another cohort than was paid for' if other else ''}"
        return ok(text, seen.access, cohort=course.cohort.cohort_id)
    if not seen.lead.cohort_id:
        return not_due("the lead is for no cohort", seen.access)
    text = "paid for a cohort, and in none"
    return broken("paid-without-cohort-enrollment", text, seen.access, cohort=seen.lead.cohort_id)


def modules(seen: Learning, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge whether the learner finds anything open."""
    course = seen.course
    if judged[COHORT.slug].state in {State.BROKEN, State.UNKNOWN} or course is None:
        return _after(COHORT, judged)
    unlocked = sum(module.is_unlocked for module in course.modules)
    if not course.modules:
        return not_due("the course has no modules", seen.access)
    text = f"{unlocked} of {len(course.modules)} modules are unlocked"
    return ok(text, seen.access) if unlocked else broken("no-module-unlocked", text, seen.access)


def certificate(seen: Learning, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge the certificate of a completed course, as the Certification Failure Playbook does."""
    course = seen.course
    if judged[ENROLLMENT.slug].state is not State.OK or course is None:
        return _after(ENROLLMENT, judged)
    if seen.certificate is None:
        return not_due(f"the course is not completed ({course.progress_pct:g} % done)", seen.access)
    return seen.certificate


def _after(step: Step, judged: Mapping[str, Verdict]) -> Verdict:
    """Judge a link by the one that it depends on and that does not hold: unknown, or not due either."""
    if judged[step.slug].state is State.NOT_DUE:
        return not_due(f"not due: {judged[step.slug].text.removeprefix('not due: ')}")
    return because(step)
