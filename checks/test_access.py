"""Critical: API auth failures for admin controls (severity levels); access audit (console, CTO tab)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import access


@diagnoses(access.admin_token_accepted)
def test_access_admin_token_accepted(finding: Result) -> None:
    """The service accepts our admin token."""


@diagnoses(access.admin_refuses_missing_token)
def test_access_admin_refuses_missing_token(finding: Result) -> None:
    """The admin endpoints refuse who brings no token."""


@diagnoses(access.admin_refuses_wrong_token)
def test_access_admin_refuses_wrong_token(finding: Result) -> None:
    """The admin endpoints refuse who brings a wrong token."""


@diagnoses(access.learner_endpoints_need_identity)
def test_access_learner_endpoints_need_identity(finding: Result) -> None:
    """The learner endpoints refuse who only claims to be a learner."""


@diagnoses(access.staff_have_accounts)
def test_access_staff_have_accounts(finding: Result) -> None:
    """Everybody on the staff has an account to sign in with."""


@diagnoses(access.roles_do_not_conflict)
def test_access_roles_do_not_conflict(finding: Result) -> None:
    """Nobody holds conflicting roles."""
