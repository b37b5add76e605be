"""Warning: counselor response pipeline failures (severity levels)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import content


@diagnoses(content.counselor_replies)
def test_counselor_replies(finding: Result) -> None:
    """The counselor answers a question."""
