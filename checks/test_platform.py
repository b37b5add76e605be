"""Verify recovery: the service answers, with its database behind it (alert workflow, step 5)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import platform


@diagnoses(platform.root)
def test_platform_root(finding: Result) -> None:
    """The service answers at its address."""


@diagnoses(platform.health)
def test_platform_health(finding: Result) -> None:
    """The service says that it is healthy."""


@diagnoses(platform.database)
def test_platform_database(finding: Result) -> None:
    """The service reaches its database."""


@diagnoses(platform.endpoints)
def test_platform_endpoints(finding: Result) -> None:
    """The deployment announces every endpoint that the platform needs."""


@diagnoses(platform.latency)
def test_platform_latency(finding: Result) -> None:
    """The service answers fast enough."""


@diagnoses(platform.tls)
def test_platform_tls(finding: Result) -> None:
    """The server's certificate is valid for a good while longer."""


@diagnoses(platform.clock)
def test_platform_clock(finding: Result) -> None:
    """The service's clock agrees with ours."""
