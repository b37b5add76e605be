"""The Certification Failure Playbook, walked for one learner of one course.

Judged as the diagnostics of certificates judge the population (`diagnostics.certificates`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplearn_checks import models
from deeplearn_checks.causes.cause import CERTIFICATE_URL, CERTIFICATE_VERIFY, COMPLETION, REISSUE
from deeplearn_checks.diagnostics import certificates
from deeplearn_checks.diagnostics.certificates import Certificate
from deeplearn_checks.diagnostics.learning import contradiction
from deeplearn_checks.playbooks.asked import Asked, asked, unneeded
from deeplearn_checks.playbooks.chain import (
    State,
    Step,
    because,
    broken,
    cannot_tell,
    link,
    moment,
    not_due,
    ok,
    unanswered,
)
from deeplearn_checks.playbooks.walking import finished, started
from deeplearn_checks.settings import ConfigurationError, Part

if TYPE_CHECKING:
    from deeplearn_checks.playbooks.chain import Link, Verdict, Walk
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

PLAYBOOK = "certification-failure-playbook"
COMPARED = 10
"""How many other certificates of a course are verified where one does not verify: those nearest to it in time."""

ENROLLMENT = Step("enrollment", "enrolled in the course", COMPLETION)
COMPLETED = Step("completed", "course completed", COMPLETION)
URL = Step("url", "certificate URL", CERTIFICATE_URL)
BUCKET = Step("bucket", "bucket bound", CERTIFICATE_VERIFY)
ARTIFACT = Step("artifact", "file in the bucket", REISSUE)
GENUINE = Step("genuine", "certificate verifies", CERTIFICATE_VERIFY)
REACHABLE = Step("reachable", "link opens", CERTIFICATE_URL)
STEPS = (ENROLLMENT, COMPLETED, URL, BUCKET, ARTIFACT, GENUINE, REACHABLE)
"""The links, in order."""

_OF_COMPLETED = frozenset({certificates.NO_URL, certificates.UNBOUND, certificates.NO_ARTIFACT, ""})
"""What the service answers about completed enrollments only."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the links are judged by. `others` are other certificates of the course, each verified."""

    target: Target
    course_id: str
    user_id: str
    access: Asked[models.Access]
    said: Asked[models.Verification]
    others: Asked[tuple[Certificate, ...]]
    head: Asked[Answer]
    judged: dict[str, Verdict] = field(default_factory=dict)

    @property
    def place(self) -> models.CourseAccess | None:
        """The learner's place in the course; None where there is none, or that is not known."""
        courses = self.access.answer.access if self.access else ()
        return next((course for course in courses if course.course_id == self.course_id), None)

    @property
    def reason(self) -> str:
        """The service's reason for a certificate that is not valid; empty for none."""
        return self.said.answer.reason if self.said else ""

    @property
    def url(self) -> str:
        """The certificate's URL; empty where there is none."""
        told = self.said.answer.certificate_url if self.said else ""
        return (self.place.certificate_url if self.place else "") or told

    @property
    def certificate(self) -> Certificate:
        """The certificate with what the service says of it; raises LookupError where it says nothing."""
        return Certificate(_row(self.course_id, self.user_id, self.place), self.said.answer)


def _row(course_id: str, user_id: str, place: models.CourseAccess | None) -> models.Enrollment:
    """Write the learner's place as a row of the course's enrollments."""
    return models.Enrollment(
        course_id=course_id,
        user_id=user_id,
        status=place.enrollment_status if place else "completed",
        progress_pct=place.progress_pct if place else 100,
        completed_at_ms=place.completed_at_ms or None if place else None,
        certificate_url=place.certificate_url if place else "",
    )


async def walk_certificate(target: Target, course_id: str, user_id: str) -> Walk:
    """Walk the playbook for this learner (by the service's user id) of this course (by its id).

    Changes nothing. Raises ConfigurationError where one of the ids is none; never for what the target does.
    Source: the runbook's Certification Failure Playbook, and the API page.
    """
    began, target = started(), target.view()
    course_id, user_id = course_id.strip(), user_id.strip()
    if not (course_id and user_id and (course_id + user_id).isprintable()):
        raise ConfigurationError("name one certificate by course id and user id")
    links = await certificate_links(target, course_id, user_id)
    return finished(target, began, PLAYBOOK, target.redact(f"course {course_id} user {user_id}"), links)


async def certificate_links(target: Target, course_id: str, user_id: str) -> tuple[Link, ...]:
    """Ask what the links are judged by, at once where it is independent, and judge them in order."""
    seen = await _seen(target, course_id, user_id)
    for step, judge in zip(STEPS, (enrollment, completed, url, bucket, artifact, genuine, reachable), strict=True):
        seen.judged[step.slug] = judge(seen)
    ids = {"COURSE_ID": course_id, "USER_ID": user_id}
    return tuple(link(target, step, seen.judged[step.slug], ids) for step in STEPS)


async def _seen(target: Target, course_id: str, user_id: str) -> Seen:
    access, said = await asyncio.gather(
        asked(target, Part.ADMIN, lambda view: view.access(user_id)),
        asked(target, None, lambda view: view.certificate(course_id, user_id)),
    )
    first = Seen(target, course_id, user_id, access, said, unneeded(target), unneeded(target))
    others, head = await asyncio.gather(_others(first), _head(first))
    return Seen(target, course_id, user_id, access, said, others, head)


async def _others(seen: Seen) -> Asked[tuple[Certificate, ...]]:
    """Verify other certificates, where only they can tell an altered file from a rotated secret.

    Those of the course; where these cannot tell, those of the course with most of them: all are signed with one secret.
    """
    if not (seen.said and seen.certificate.is_altered):
        return unneeded(seen.target)
    own = seen.certificate

    async def compare(view: Target) -> tuple[Certificate, ...]:
        near = await _nearest(view, seen.course_id, own)
        if any(_tells(one, own) for one in near):
            return near
        courses = [one for one in (await view.courses()).courses if one.id != seen.course_id and one.completed_count]
        if not courses:
            return near
        return near + await _nearest(view, max(courses, key=lambda one: one.completed_count).id, own)

    return await asked(seen.target, Part.ADMIN, compare)


async def _nearest(view: Target, course_id: str, own: Certificate) -> tuple[Certificate, ...]:
    """Verify the certificates of a course that are nearest in time to this one."""
    at, mine = own.enrollment.completed_at_ms or 0, (own.enrollment.course_id, own.enrollment.user_id)
    rows = (await view.enrollments(course_id)).enrollments
    done = [row for row in rows if row.status == "completed" and (row.course_id, row.user_id) != mine]
    nearest = sorted(done, key=lambda row: abs((row.completed_at_ms or 0) - at))[:COMPARED]
    said = await asyncio.gather(*(view.certificate(row.course_id, row.user_id) for row in nearest))
    others = (Certificate(row, answer) for row, answer in zip(nearest, said, strict=True))
    return tuple(one for one in others if one.said.valid is not None and not one.said.reason)


def _tells(one: Certificate, own: Certificate) -> bool:
    """Whether another certificate tells why this one fails: it fails too, or it verifies and is no newer."""
    return one.is_altered or (one.enrollment.completed_at_ms or 0) <= (own.enrollment.completed_at_ms or 0)


async def _head(seen: Seen) -> Asked[Answer]:
    """Ask for the head of the certificate's URL, where its host may be contacted."""
    if not (seen.url and certificates.is_web(seen.url) and certificates.may_ask(seen.target, seen.url)):
        return unneeded(seen.target)
    return await asked(seen.target, Part.CERTIFICATE_HOSTS, lambda view: view.head(seen.url))


# -- judging ------------------------------------------------------------------------------------


def enrollment(seen: Seen) -> Verdict:
    """Judge whether there is a row that a certificate could belong to."""
    place = seen.place
    if place is not None:
        return ok(f"{place.enrollment_status}, {place.progress_pct:g} % done", seen.access, **_cohort(place))
    if seen.said and seen.reason in _OF_COMPLETED and seen.said.answer.ok:
        return ok("the verification knows a completed enrollment", seen.said)
    if not seen.access:
        return unanswered(seen.access)
    return broken("enrollment-missing", "the learner has no enrollment in the course", seen.access, seen.said)


def _cohort(place: models.CourseAccess) -> dict[str, str | float | list[str]]:
    return {"cohort": place.cohort.cohort_id, "cohort_status": place.cohort.status}


def completed(seen: Seen) -> Verdict:
    """Judge whether the course is completed, and whether its row says one thing."""
    place = seen.place
    if seen.judged[ENROLLMENT.slug].state is not State.OK:
        return because(ENROLLMENT)
    if place is None:
        return ok("the verification says so", seen.said)
    row = _row(seen.course_id, seen.user_id, place)
    if why := contradiction(row):
        return broken("progress-inconsistent", f"the enrollment is {why}", seen.access)
    if row.status == "completed":
        return ok(f"at {moment(row.completed_at_ms or 0)}", seen.access)
    return not_due(f"not completed: the enrollment is {row.status}", seen.access)


def url(seen: Seen) -> Verdict:
    """Judge whether the row names the certificate."""
    state = seen.judged[COMPLETED.slug].state
    if state is State.NOT_DUE:
        return not_due("not due: the course is not completed", seen.access)
    if state is not State.OK:
        return because(COMPLETED)
    if seen.reason == certificates.NO_URL or not seen.url:
        return broken("certificate-url-missing", "completed, and without a certificate URL", seen.access, seen.said)
    return ok(seen.url, seen.access, seen.said)


def bucket(seen: Seen) -> Verdict:
    """Judge whether the service reaches the bucket of the certificates."""
    if blocked := _blocked(seen, URL):
        return blocked
    if not seen.said:
        return unanswered(seen.said)
    if seen.reason == certificates.UNBOUND:
        text = "the service cannot tell whether the certificate is valid: it has no bucket"
        return broken("certificate-bucket-not-bound", text, seen.said)
    if seen.certificate.is_unexplained:
        said = seen.said.answer
        text = f"the verification says valid {said.valid}, reason {said.reason or 'none'!r}, which it never did"
        return cannot_tell("unexpected-answer", text, seen.said)
    return ok("the service reads its bucket", seen.said)


def artifact(seen: Seen) -> Verdict:
    """Judge whether the certificate's file is there."""
    if blocked := _blocked(seen, BUCKET):
        return blocked
    if seen.reason == certificates.NO_ARTIFACT:
        return broken("certificate-artifact-missing", "the certificate's file is not in the bucket", seen.said)
    return ok("the certificate's file is there", seen.said)


def genuine(seen: Seen) -> Verdict:
    """Judge whether the file holds what was signed; other certificates of the course tell why it does not."""
    if blocked := _blocked(seen, ARTIFACT):
        return blocked
    if not seen.certificate.is_altered:
        return ok("the service verifies it", seen.said)
    if not seen.others:
        text = "it does not verify; whether the file was altered or the secret rotated could not be found out"
        return broken("certificate-altered", f"{text}: {seen.others.reason.summary}", seen.said, seen.others)
    own, judged = seen.certificate, seen.others.answer
    failing = [one for one in judged if one.is_altered]
    names = [one.name for one in failing]
    used = (seen.said, seen.others)
    facts: dict[str, float | list[str]] = {"others_compared": len(judged), "others_that_do_not_verify": names}
    if certificates.is_rotation([*failing, own], [*judged, own]):
        text = "it does not verify, and no older one does: the signing secret was rotated"
        return broken("certificate-secret-rotated", text, *used, **facts)
    if any(_tells(one, own) for one in judged):
        text = "it does not verify, and another that is no newer does: the file was altered"
        return broken("certificate-altered", text, *used, **facts)
    text = "it does not verify: altered, or signed with a secret since rotated; no other certificate can tell"
    return broken("certificate-altered", text, *used, **facts)


def reachable(seen: Seen) -> Verdict:
    """Judge whether the link in the learner's hands opens."""
    if seen.judged[URL.slug].state is not State.OK:
        return _blocked(seen, URL) or because(URL)
    if not certificates.is_web(seen.url):
        return broken("certificate-url-unreachable", f"{seen.url} is no web address", seen.access, seen.said)
    if not certificates.may_ask(seen.target, seen.url):
        return not_due("not opened: it is on another host, which a walk against this machine never contacts")
    if not seen.head:
        return unanswered(seen.head)
    status = seen.head.answer.status
    if not seen.head.answer.ok:
        return broken("certificate-url-unreachable", f"{seen.url} answered {status}", seen.head)
    return ok(f"it answers {status}", seen.head)


def _blocked(seen: Seen, step: Step) -> Verdict | None:
    """Say why nothing can be judged after a link that does not hold; None where it does."""
    verdict = seen.judged[step.slug]
    if verdict.state is State.OK:
        return None
    return verdict if verdict.state is State.NOT_DUE else because(step)
