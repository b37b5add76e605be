"""Learning incidents: verify enrollment/module progress (alert workflow, step 3)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import learning


@diagnoses(learning.open_cohort)
def test_learning_open_cohort(finding: Result) -> None:
    """Every course on sale has a cohort that is open or live."""


@diagnoses(learning.progress_consistent)
def test_learning_progress_consistent(finding: Result) -> None:
    """Status, progress and completion time of every enrollment agree."""
