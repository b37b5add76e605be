"""Is every certificate there and genuine? (runbook: Certification Failure Playbook)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deeplearn_checks.causes.cause import CERTIFICATE_URL, CERTIFICATE_VERIFY, REISSUE
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform, population
from deeplearn_checks.finding import Finding, Severity, Skip, error, failed, passed, skipped
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part
from deeplearn_checks.target import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

UNBOUND = "certificate_bucket_not_bound"
NO_ARTIFACT = "certificate_artifact_missing"
NO_URL = "missing_certificate_url"
NOT_COMPLETED = "not_completed"
"""The reasons that the service gives for a certificate that is not valid, or of which it cannot tell."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A completed enrollment with what the service says of its certificate."""

    enrollment: models.Enrollment
    said: models.Verification

    @property
    def name(self) -> str:
        """Name the certificate so that an operator can look it up."""
        return f"course {self.enrollment.course_id} user {self.enrollment.user_id}"

    @property
    def is_altered(self) -> bool:
        """Whether the artifact is there and does not hold: `valid: false` with no reason."""
        return self.said.valid is False and not self.said.reason

    @property
    def is_unexplained(self) -> bool:
        """Whether the service says something of it that it never said: another reason, or cannot tell and not why."""
        known = {UNBOUND, NO_ARTIFACT, NO_URL}
        return self.said.reason not in known if self.said.reason else self.said.valid is None


@dataclass(frozen=True, slots=True)
class Known:
    """The newest certificates with what the service says of them, and what was out of reach."""

    certificates: tuple[Certificate, ...]
    reach: str


async def _certificates(target: Target) -> Known:
    """Verify the newest certificates, each once."""
    done, enrolled = await together(population.completed(target), population.enrollments(target))
    rows = done[: population.CERTIFICATES_MOST]
    said = await together(*(target.certificate(row.course_id, row.user_id) for row in rows))
    older = f"{len(done) - len(rows)} older certificates are not verified" if len(done) > len(rows) else ""
    reach = "; ".join(filter(None, (older, enrolled.reach)))
    return Known(tuple(Certificate(row, answer) for row, answer in zip(rows, said, strict=True)), reach)


async def _judge(target: Target, cause: str, what: str, is_broken: Callable[[Certificate], bool]) -> Finding:
    """Answer for all certificates within reach."""
    known = await _certificates(target)
    return _verdict(target, cause, what, [one for one in known.certificates if is_broken(one)], known)


def _verdict(target: Target, cause: str, what: str, broken: Sequence[Certificate], of: Known) -> Finding:
    """Answer for certificates: how many were judged, which are broken, what was out of reach."""
    judged, beyond = len(of.certificates), f"; {of.reach}" if of.reach else ""
    evidence = target.evidence(judged=judged, certificates=[one.name for one in broken], reach=of.reach)
    if broken:
        return failed(cause, target.redact(f"{len(broken)} of {judged} {what}{beyond}"), evidence)
    well = f"judged {judged}, all are well" if judged else "no course is completed yet: nothing to judge"
    return passed(target.redact(f"{well}{beyond}"), evidence)


_REQUIRES = (platform.database, access.admin_token_accepted)


@diagnostic(
    "certificate.unknown-learner-invalid",
    severity=Severity.CRITICAL,
    runbook=CERTIFICATE_VERIFY,
    requires=[platform.database],
)
async def unknown_learner_invalid(target: Target) -> Finding:
    """Nobody has a certificate who has not completed a course."""
    said = await target.certificate(NOBODY, NOBODY)
    if said.ok or said.valid is not False or said.reason != NOT_COMPLETED:
        text = f"a learner who does not exist gets ok {said.ok}, valid {said.valid}, reason {said.reason!r}"
        return failed("certificate-of-nobody", target.redact(text))
    return passed(target.redact("a learner who does not exist has not completed"))


@diagnostic(
    "certificate.bucket-bound",
    severity=Severity.CRITICAL,
    runbook=CERTIFICATE_VERIFY,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def bucket_bound(target: Target) -> Finding:
    """The service reaches its certificate bucket."""
    what = "certificates cannot be verified: the bucket is not bound"
    return await _judge(target, "certificate-bucket-not-bound", what, lambda one: one.said.reason == UNBOUND)


@diagnostic(
    "certificate.completed-has-url",
    severity=Severity.CRITICAL,
    runbook=CERTIFICATE_URL,
    requires=_REQUIRES,
    needs=[Part.ADMIN],
)
async def completed_has_url(target: Target) -> Finding:
    """Everybody who completed a course has a certificate URL."""
    what = "completed enrollments have no certificate URL"
    return await _judge(
        target,
        "certificate-url-missing",
        what,
        lambda one: one.said.reason == NO_URL or not one.enrollment.certificate_url,
    )


@diagnostic(
    "certificate.artifact-exists",
    severity=Severity.CRITICAL,
    runbook=REISSUE,
    requires=[*_REQUIRES, bucket_bound],
    needs=[Part.ADMIN],
)
async def artifact_exists(target: Target) -> Finding:
    """Every certificate's file is in the bucket."""
    what = "certificates have no file in the bucket"
    return await _judge(target, "certificate-artifact-missing", what, lambda one: one.said.reason == NO_ARTIFACT)


@diagnostic(
    "certificate.verifies",
    severity=Severity.CRITICAL,
    runbook=CERTIFICATE_VERIFY,
    requires=[*_REQUIRES, bucket_bound],
    needs=[Part.ADMIN],
)
async def verifies(target: Target) -> Finding:
    """Every certificate that has a file is genuine.

    One that does not verify was altered; several, and all that are older than every valid one, were signed with a
    secret that has since been rotated.
    """
    known = await _certificates(target)
    other = [one for one in known.certificates if one.is_unexplained]
    if other:
        text = f"the service gives reasons that it never gave: {sorted({one.said.reason or 'none' for one in other})}"
        return error(
            "unexpected-answer", target.redact(text), target.evidence(certificates=[one.name for one in other])
        )
    judged = tuple(one for one in known.certificates if one.said.valid is not None and not one.said.reason)
    broken = [one for one in judged if one.is_altered]
    known = Known(judged, known.reach)
    if is_rotation(broken, judged):
        what = "certificates do not verify, and none that is older does: their signing secret was rotated"
        return _verdict(target, "certificate-secret-rotated", what, broken, known)
    return _verdict(target, "certificate-altered", "certificates do not verify: altered files", broken, known)


def is_rotation(broken: Sequence[Certificate], judged: Sequence[Certificate]) -> bool:
    """Whether several certificates fail, and every one that verifies is newer than all of them."""
    valid = [one.enrollment.completed_at_ms or 0 for one in judged if not one.is_altered]
    newest_broken = max((one.enrollment.completed_at_ms or 0 for one in broken), default=0)
    return len(broken) > 1 and all(completed > newest_broken for completed in valid)


@diagnostic(
    "certificate.url-reachable",
    severity=Severity.WARNING,
    runbook=CERTIFICATE_URL,
    requires=_REQUIRES,
    needs=[Part.ADMIN, Part.CERTIFICATE_HOSTS],
)
async def url_reachable(target: Target) -> Finding:
    """The links in learners' hands open.

    Asked with HEAD and without credentials. The only diagnostic that contacts hosts which are not configured; from a
    target on this machine it contacts none of them.
    """
    urls = {row.certificate_url for row in await population.completed(target) if row.certificate_url}
    amiss = sorted(target.redact(f"{url} is no web address") for url in urls if not is_web(url))
    asked = sorted((url for url in urls if is_web(url) and may_ask(target, url)), key=target.redact)
    within = asked[: population.CERTIFICATES_MOST]
    if urls and not within and not amiss:
        text = "the certificates are on other hosts, which a run against this machine never contacts"
        return skipped(Skip.DOES_NOT_APPLY, target.redact(text))
    answers = await together(*(target.head(url) for url in within))
    shut = [f"{url} answered {answer.status}" for url, answer in zip(within, answers, strict=True) if not answer.ok]
    judged = len(within) + len(amiss)
    evidence = target.evidence(judged=judged, out_of_reach=len(urls) - judged, urls=amiss + shut)
    if amiss or shut:
        text = f"{len(amiss) + len(shut)} of {judged} certificate links do not open"
        return failed("certificate-url-unreachable", target.redact(text), evidence)
    return passed(target.redact(f"all {len(within)} certificate links open"), evidence)


def may_ask(target: Target, url: str) -> bool:
    """Whether the host of a URL may be contacted: a configured origin always, another only from a remote target."""
    origins = {urlsplit(origin).netloc for origin in (target.settings.api_base_url, target.settings.pages_base_url)}
    return urlsplit(url).netloc in origins or not target.settings.on_loopback


def is_web(url: str) -> bool:
    """Whether a link names a host to open it at."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
