"""Warning: content generation job failures (severity levels)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import content


@diagnoses(content.last_run_succeeded)
def test_content_last_run_succeeded(finding: Result) -> None:
    """The last daily content run did not fail."""


@diagnoses(content.runs_daily)
def test_content_runs_daily(finding: Result) -> None:
    """The content job runs every day."""


@diagnoses(content.posts_served)
def test_content_posts_served(finding: Result) -> None:
    """The published posts are served."""
