"""The operator's own views: /console, CTO and Coordinator tab (primary console views)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import console


@diagnoses(console.page_served)
def test_console_page_served(finding: Result) -> None:
    """The operators' console is served."""


@diagnoses(console.learn_served)
def test_console_learn_served(finding: Result) -> None:
    """The learners' page is served."""


@diagnoses(console.api_proxied)
def test_console_api_proxied(finding: Result) -> None:
    """The site passes API requests on to the service."""


@diagnoses(console.renders)
def test_console_renders(finding: Result) -> None:
    """The console and the learners' page come up in a browser."""
