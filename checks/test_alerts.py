"""Detect: no critical alert is open, and none is left unattended (alert workflow, steps 1 and 5)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import alerts


@diagnoses(alerts.none_critical_open)
def test_alerts_none_critical_open(finding: Result) -> None:
    """No critical alert is open."""


@diagnoses(alerts.none_unattended)
def test_alerts_none_unattended(finding: Result) -> None:
    """No lesser alert has been open for long without being acknowledged."""
