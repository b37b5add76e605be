"""Re-running the completion action for one certificate (runbook: Certification Failure Playbook, step 4).

The only thing here that writes. It is refused where it would mend nothing, and where it would write a certificate that
no row names: the service answers ok to the completion of an enrollment that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deeplearn_checks import changes, models
from deeplearn_checks.finding import Effects, UnansweredError
from deeplearn_checks.playbooks import certificate
from deeplearn_checks.playbooks.asked import asked
from deeplearn_checks.playbooks.chain import State
from deeplearn_checks.playbooks.learner_links import opened
from deeplearn_checks.questions import Questions
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.settings import ConfigurationError, Part

if TYPE_CHECKING:
    from deeplearn_checks.playbooks.chain import Walk
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

_MENDED = frozenset(
    {
        certificate.COMPLETED.slug,
        certificate.URL.slug,
        certificate.ARTIFACT.slug,
        certificate.GENUINE.slug,
        certificate.REACHABLE.slug,
    }
)
"""The links that a completion writes anew."""


@dataclass(frozen=True, slots=True)
class Reissue:
    """A certificate before and after its completion was re-run.

    `request` is what is sent and `changes` what that changes, both empty where it is refused; `refusal` says why it is.
    `answer` is what the service said; it and `after` are empty and None until it was sent.
    """

    before: Walk
    request: Redacted = EMPTY
    changes: tuple[Redacted, ...] = ()
    refusal: Redacted = EMPTY
    answer: Redacted = EMPTY
    after: Walk | None = None

    @property
    def state(self) -> State:
        """The verdict: of the walk afterwards where there is one."""
        return (self.after or self.before).state


def declined(plan: Reissue) -> Reissue:
    """Note that a plan was not confirmed."""
    return replace(plan, refusal=Redacted("not reissued: it was not confirmed"))


async def plan_reissue(target: Target, course_id: str, user_id: str) -> Reissue:
    """Walk the certificate, and say what re-running its completion would send and change, or why it is refused.

    Changes nothing. Raises ConfigurationError where one of the ids is none.
    """
    plan, _ = await _planned(target, course_id.strip(), user_id.strip())
    return plan


async def reissue_certificate(target: Target, course_id: str, user_id: str) -> Reissue:
    """Walk the certificate, re-run its completion, and walk it again.

    Writes: needs effects `data`. What is refused is not sent. Raises ConfigurationError where the settings do not allow
    effects `data` (for production: where they do not name its host), and where one of the ids is none.
    """
    if target.settings.effects < Effects.DATA:
        raise ConfigurationError("reissuing writes to the target: allow it with --effects data")
    course_id, user_id = course_id.strip(), user_id.strip()
    plan, cohort_id = await _planned(target, course_id, user_id)
    if plan.refusal:
        return plan
    try:
        answer = await _complete(target, course_id, user_id, cohort_id)
        done = target.read(answer, models.Completion)
        said = target.redact(f"{answer.asked} answered {answer.status}: {done.status}, {done.certificate_url}")
    except UnansweredError as unanswered:
        said = unanswered.finding.summary
    anew = replace(target, questions=Questions())
    after = await certificate.walk_certificate(anew, course_id, user_id)
    await anew.questions.close()
    return replace(plan, answer=said, after=after)


async def _complete(target: Target, course_id: str, user_id: str, cohort_id: str) -> Answer:
    """Re-run the completion where it was run: in the cohort, else in the course."""
    if cohort_id:
        return await target.complete_in_cohort(cohort_id, user_id, changes.REISSUE_IN_COHORT)
    return await target.complete(course_id, user_id, changes.REISSUE)


async def _planned(target: Target, course_id: str, user_id: str) -> tuple[Reissue, str]:
    """Answer the plan, and the cohort that the completion came by; empty for the course."""
    before = await certificate.walk_certificate(target, course_id, user_id)
    place = opened(await asked(target, Part.ADMIN, lambda view: view.access(user_id)), course_id)
    refusal = _no_enrollment(before) if place is None else _not_mended(before)
    if place is None or refusal:
        return Reissue(before, refusal=target.redact(f"not reissued: {refusal}")), ""
    cohort_id = place.cohort.cohort_id if place.cohort.status == "completed" else ""
    where = f"cohorts/{cohort_id}" if cohort_id else f"courses/{course_id}"
    changes = [
        f"the enrollment: {place.enrollment_status}, {place.progress_pct:g} % -> completed, 100 %, completed now",
        "the certificate URL: that of a certificate dated today",
        "the bucket: a new certificate file and picture, signed with the secret of now; older files stay",
    ]
    if cohort_id:
        changes.append(f"the place in cohort {cohort_id}: completed now, with the new certificate URL")
    request = target.redact(f"POST /api/admin/{where}/enroll/{user_id}/complete")
    return Reissue(before, request, tuple(target.redact(text) for text in changes)), cohort_id


def _no_enrollment(before: Walk) -> str:
    """Say why nothing is completed where no enrollment was seen."""
    if before.link(certificate.ENROLLMENT.slug).state is not State.BROKEN:
        return "whether there is an enrollment could not be found out"
    return (
        "the learner has no enrollment in the course; the service would answer ok all the same and write a "
        "certificate file that no row names"
    )


def _not_mended(before: Walk) -> str:
    """Say why a completion would mend nothing; empty where it would."""
    broken = before.broken
    if broken is not None:
        return "" if broken.slug in _MENDED else f"it would not mend this: {broken.title} ({broken.cause})"
    if before.link(certificate.COMPLETED.slug).state is State.NOT_DUE:
        return "the course is not completed; completing it is the coordinator's to do"
    unknown = next((one for one in before.links if one.state is State.UNKNOWN), None)
    return f"nothing is known to be broken; could not be found out: {unknown.title}" if unknown else "nothing is broken"
