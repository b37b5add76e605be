"""Completed, with a certificate URL that verifies (certification failure playbook)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import certificates


@diagnoses(certificates.unknown_learner_invalid)
def test_certificate_unknown_learner_invalid(finding: Result) -> None:
    """Nobody has a certificate who has not completed a course."""


@diagnoses(certificates.bucket_bound)
def test_certificate_bucket_bound(finding: Result) -> None:
    """The service reaches its certificate bucket."""


@diagnoses(certificates.completed_has_url)
def test_certificate_completed_has_url(finding: Result) -> None:
    """Everybody who completed a course has a certificate URL."""


@diagnoses(certificates.artifact_exists)
def test_certificate_artifact_exists(finding: Result) -> None:
    """Every certificate's file is in the bucket."""


@diagnoses(certificates.verifies)
def test_certificate_verifies(finding: Result) -> None:
    """Every certificate that has a file is genuine."""


@diagnoses(certificates.url_reachable)
def test_certificate_url_reachable(finding: Result) -> None:
    """The links in learners' hands open."""
