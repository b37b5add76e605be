"""The whole chain of one synthetic learner, from lead to refund (Payment and Certification Failure Playbooks)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import journey


@diagnoses(journey.lead_captured)
def test_journey_lead_captured(finding: Result) -> None:
    """The synthetic learner's lead is in the CRM."""


@diagnoses(journey.payment_activates)
def test_journey_payment_activates(finding: Result) -> None:
    """A signed payment makes the lead paid."""


@diagnoses(journey.paid_is_won)
def test_journey_paid_is_won(finding: Result) -> None:
    """A lead that an operator had moved to `qualified` is won when it is paid."""


@diagnoses(journey.enrolled)
def test_journey_enrolled(finding: Result) -> None:
    """Who has paid is enrolled, has a place in the cohort, and a module to open."""


@diagnoses(journey.completes)
def test_journey_completes(finding: Result) -> None:
    """The completion action completes the enrollment and gives it a certificate URL."""


@diagnoses(journey.certificate_verifies)
def test_journey_certificate_verifies(finding: Result) -> None:
    """The certificate that was just issued verifies."""


@diagnoses(journey.redelivery_is_harmless)
def test_journey_redelivery_is_harmless(finding: Result) -> None:
    """A payment that is reported again changes nothing."""


@diagnoses(journey.refund_shows)
def test_journey_refund_shows(finding: Result) -> None:
    """A refund shows in the lead's payment status."""


@diagnoses(journey.learner_stays_one)
def test_journey_learner_stays_one(finding: Result) -> None:
    """However often it is driven, there is one synthetic lead, one enrollment and one place in the cohort."""
