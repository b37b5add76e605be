"""Who may use the service? (runbook: API auth failures for admin controls; Access audit)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deeplearn_checks import models
from deeplearn_checks.causes.cause import CTO_TAB, PAYMENT_CONFIGURATION
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import platform
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

AUDIT_LIMIT = 50
"""The most people that the service's audit names of each kind."""

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_CONFIGURED = HTTPStatus.SERVICE_UNAVAILABLE


@diagnostic(
    "access.admin-token-accepted",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_CONFIGURATION,
    requires=[platform.database],
    needs=[Part.ADMIN],
)
async def admin_token_accepted(target: Target) -> Finding:
    """The service accepts our admin token."""
    answer = await target.overview_answer()
    refusal = target.refusal(answer)
    if answer.status == _NOT_CONFIGURED and refusal and "ADMIN_API_TOKEN" in refusal.error:
        return failed("admin-token-not-configured", target.redact(f"{answer.asked} answered 503: {refusal.error}"))
    if answer.status in _REFUSED and refusal:
        return failed("admin-token-rejected", target.redact(f"{answer.asked} answered {answer.status} to our token"))
    overview = target.read(answer, models.Overview)
    return passed(
        target.redact("our token is accepted"),
        target.evidence(courses=overview.courses.total, learners=overview.learners.total),
    )


@diagnostic(
    "access.admin-refuses-missing-token",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_CONFIGURATION,
    requires=[platform.database],
)
async def admin_refuses_missing_token(target: Target) -> Finding:
    """The admin endpoints refuse who brings no token."""
    return _refuses(target, await target.overview_without_token(), "admin-open-to-anyone", "without a token")


@diagnostic(
    "access.admin-refuses-wrong-token",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_CONFIGURATION,
    requires=[platform.database, admin_refuses_missing_token],
)
async def admin_refuses_wrong_token(target: Target) -> Finding:
    """The admin endpoints refuse who brings a wrong token."""
    return _refuses(target, await target.overview_with_wrong_token(), "admin-accepts-wrong-token", "with a wrong token")


@diagnostic(
    "access.learner-endpoints-need-identity",
    severity=Severity.CRITICAL,
    runbook=CTO_TAB,
    requires=[platform.database, admin_refuses_missing_token],
)
async def learner_endpoints_need_identity(target: Target) -> Finding:
    """The learner endpoints refuse who only claims to be a learner."""
    unnamed = _refuses(target, await target.access_without_identity(), "learner-auth-not-enforced", "without identity")
    claimed = _refuses(
        target, await target.access_with_claimed_identity(), "learner-auth-not-enforced", "with a bare x-user-id header"
    )
    return next((finding for finding in (unnamed, claimed) if finding.cause), claimed)


def _refuses(target: Target, answer: Answer, cause: str, how: str) -> Finding:
    """Judge an answer that should be a refusal."""
    if answer.ok:
        return failed(cause, target.redact(f"{answer.asked} answered {answer.status} {how}"))
    if answer.status not in _REFUSED and not (answer.status == _NOT_CONFIGURED and target.refusal(answer)):
        target.refuse(answer)
    return passed(target.redact(f"{answer.asked} answered {answer.status} {how}"))


@diagnostic(
    "access.staff-have-accounts",
    severity=Severity.WARNING,
    runbook=CTO_TAB,
    requires=[admin_token_accepted],
    needs=[Part.ADMIN],
)
async def staff_have_accounts(target: Target) -> Finding:
    """Everybody on the staff has an account to sign in with."""
    people = (await target.audit()).findings.staff_missing_platform_user
    return _audited(target, people, "staff-without-account", "staff without a platform user")


@diagnostic(
    "access.roles-do-not-conflict",
    severity=Severity.INFO,
    runbook=CTO_TAB,
    requires=[admin_token_accepted],
    needs=[Part.ADMIN],
)
async def roles_do_not_conflict(target: Target) -> Finding:
    """Nobody holds conflicting roles."""
    people = (await target.audit()).findings.users_with_multiple_roles
    return _audited(target, people, "roles-conflict", "people with more than one role")


def _audited(target: Target, people: list[models.AuditedUser], cause: str, what: str) -> Finding:
    """Judge one list of the service's audit, which names at most 50."""
    users = sorted({str(target.redact(person.user_id)) for person in people if person.user_id})
    count = f"at least {len(people)}" if len(people) >= AUDIT_LIMIT else str(len(people))
    evidence = target.evidence(found=len(people), users=users)
    if people:
        return failed(cause, target.redact(f"{count} {what}"), evidence)
    return passed(target.redact(f"no {what}"), evidence)
