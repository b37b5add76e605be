"""Confirm activation: paid moves to won, and the enrollment exists (payment failure playbook, step 4)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import funnel


@diagnoses(funnel.paid_has_user)
def test_funnel_paid_has_user(finding: Result) -> None:
    """Everybody who paid is a user of the platform."""


@diagnoses(funnel.paid_is_won)
def test_funnel_paid_is_won(finding: Result) -> None:
    """Everybody who paid is won for sales."""


@diagnoses(funnel.paid_has_enrollment)
def test_funnel_paid_has_enrollment(finding: Result) -> None:
    """Everybody who paid is enrolled in the course."""


@diagnoses(funnel.paid_has_cohort_enrollment)
def test_funnel_paid_has_cohort_enrollment(finding: Result) -> None:
    """Everybody who paid for a cohort is in a cohort of the course."""


@diagnoses(funnel.paid_can_access)
def test_funnel_paid_can_access(finding: Result) -> None:
    """Everybody who paid and is enrolled may open the course."""


@diagnoses(funnel.won_is_paid)
def test_funnel_won_is_paid(finding: Result) -> None:
    """Everybody whom sales counts as won has paid."""


@diagnoses(funnel.modules_unlocked)
def test_funnel_modules_unlocked(finding: Result) -> None:
    """Everybody who paid for a cohort finds at least one module open."""
