"""CRM/funnel incidents: verify lead registration writes in lead_registrations (alert workflow, step 3)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import forms, leads


@diagnoses(leads.writes_recorded)
def test_lead_writes_recorded(finding: Result) -> None:
    """Every registration has left a row."""


@diagnoses(leads.flow_alive)
def test_lead_flow_alive(finding: Result) -> None:
    """Leads keep coming in."""


@diagnoses(forms.capture_works)
def test_lead_capture_works(finding: Result) -> None:
    """The lead form takes a lead."""


@diagnoses(forms.form_is_protected)
def test_lead_form_is_protected(finding: Result) -> None:
    """The lead form refuses whoever brings no Turnstile token."""
