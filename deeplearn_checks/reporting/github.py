"""A run for GitHub Actions: a workflow command for each root cause and each reason of the gate, then the Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Severity
from deeplearn_checks.reporting.markdown import markdown
from deeplearn_checks.reporting.wording import failing_line, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.results import RunReport

_LEVELS = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
"""GitHub's word for a severity; what fails the gate is always an error."""


def github(report: RunReport) -> str:
    """Write the workflow commands and the Markdown, ending in a line break."""
    return "".join(f"{command}\n" for command in _commands(report)) + markdown(report)


def _commands(report: RunReport) -> Iterator[str]:
    roots = report.root_causes()
    for root in roots:
        result = root.result
        level = "error" if result.severity >= report.fail_on else _LEVELS[result.severity]
        yield _command(level, f"{result.id}: {result.cause}", failing_line(result))
    named = {root.result.id for root in roots} | {blocked for root in roots for blocked in root.blocks}
    for reason in report.gate_reasons():
        if reason.split(" ", 1)[0] not in named:
            yield _command("error", "not ready", reason)


def _command(level: str, title: str, message: str) -> str:
    """Write one workflow command, escaped as GitHub's own toolkit does."""
    return f"::{level} title={_property(title)}::{_data(line(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
