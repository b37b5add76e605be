"""How a check is declared: a test that carries the diagnostic whose finding it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from deeplearn_checks.diagnostic import Diagnostic

MARKER = "diagnoses"
"""The marker that makes a test a check; its one argument is the diagnostic."""

DECLARATION = f"{MARKER}(diagnostic): this test reports the finding of that diagnostic"

PREFIX = "deeplearn_"
"""Starts the name under which pytest keeps each of our options."""

AUDIT_SOURCE = f"{PREFIX}audit_source"
"""The name under which pytest keeps the option that asks for an audit."""

REPORTS = {"readiness_json": "readiness", "html_report": "html", "run_json": "json"}
"""The options that name a file to be written, and the format of each."""


def diagnoses(diagnostic: Diagnostic) -> pytest.MarkDecorator:
    """Make a test the check of one diagnostic: its finding passes, fails or skips the test.

    The test may take the fixture `finding`, the judged `Result`, and assert more about it.
    """
    import pytest  # noqa: PLC0415  importing deeplearn_checks must not import pytest

    return pytest.MarkDecorator.with_args(getattr(pytest.mark, MARKER), diagnostic)


def diagnosed(item: pytest.Item) -> Diagnostic | None:
    """Answer the diagnostic whose check this test is; None for any other test."""
    marker = item.get_closest_marker(MARKER)
    if marker is None:
        return None
    diagnostic: Diagnostic = marker.args[0]
    return diagnostic


def labels(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """Name the markers by which `-m` selects a check: severity, area and effects."""
    return diagnostic.severity.label, diagnostic.area, f"effects_{diagnostic.effects.label}"


def declarations(diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Describe the markers of these diagnostics' checks, as pytest's `markers` setting does, each once."""
    described: dict[str, str] = {}
    for diagnostic in diagnostics:
        severity, area, effects = labels(diagnostic)
        described[severity] = f"{severity}: checks whose failure is {severity}"
        described[area] = f"{area}: checks of the area {area}"
        described[effects] = f"{effects}: checks that need --effects {diagnostic.effects.label}"
    return tuple(described.values())


def check_name(id_: str) -> str:
    """Answer the name that the test of a diagnostic has, so that `-k` finds it: `test_<area>_<rest>`."""
    return "test_" + id_.replace(".", "_").replace("-", "_")
