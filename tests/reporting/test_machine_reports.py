"""JUnit, Markdown, GitHub's commands, and the table of all formats."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from examples import EVERY_OUTCOME, HEALTHY, HOSTILE_RUN, failing, report

from deeplearn_checks.finding import Severity
from deeplearn_checks.reporting.formats import FORMATS, render
from deeplearn_checks.reporting.github import github
from deeplearn_checks.reporting.junit import junit
from deeplearn_checks.reporting.markdown import markdown

if TYPE_CHECKING:
    from deeplearn_checks.results import RunReport


def parsed(run: RunReport) -> ET.Element:
    """Answer the JUnit report of a run, parsed."""
    return ET.fromstring(junit(run))  # noqa: S314  our own text


def test_junit_counts_failures_errors_and_skips() -> None:
    """A symptom is a failure; what could not be found out is an error."""
    run = parsed(EVERY_OUTCOME)
    totals = {key: run.get(key) for key in ("tests", "failures", "errors")}

    assert totals == {"tests": "7", "failures": "2", "errors": "1"}
    assert sum(int(suite.get("skipped", "")) for suite in run) == 2


def test_junit_has_a_suite_for_each_area() -> None:
    """Areas stand apart, as in the runbook."""
    names = [suite.get("name") for suite in parsed(EVERY_OUTCOME)]

    assert names == ["funnel", "journey", "payment", "platform"]


def test_junit_keeps_severity_and_root_cause() -> None:
    """What JUnit has no word for is a case's output."""
    output = parsed(EVERY_OUTCOME).findtext(".//testcase[@name='funnel.paid-is-won']/system-out", "")

    assert output.splitlines() == [
        "severity: critical",
        "effects: none",
        "runbook: payment-failure-playbook/2",
        "blocked by: payment.webhook-accepts-our-signature",
    ]


def test_junit_survives_hostile_text() -> None:
    """Any text of a service makes well-formed XML."""
    message = parsed(HOSTILE_RUN).find(".//failure")

    assert message is not None
    assert str(message.get("message")).startswith("</script><script>alert(1)</script> ::error::x%0A")


def test_markdown_leads_with_the_verdict_and_the_root_causes() -> None:
    """The first screen of a job summary says it all."""
    headings = [line for line in markdown(EVERY_OUTCOME).splitlines() if line.startswith("#")]

    assert headings == [
        "# NOT READY: https\\://api.example.com",
        "## critical: the service refuses webhooks that are signed with our secret",
        "## warning: no connection",
        "## Why it is not ready (fails on critical)",
        "## Not asked",
    ]


def test_markdown_of_a_healthy_run_is_short() -> None:
    """Where nothing is wrong there is the verdict and the table."""
    headings = [line for line in markdown(replace(HEALTHY, environment="")).splitlines() if line.startswith("#")]

    assert headings == ["# READY: https\\://api.example.com"]


def test_markdown_shows_hostile_text_as_it_is() -> None:
    """No tag, link, code or table cell of a service's making."""
    text = markdown(HOSTILE_RUN)

    assert re.search(r"(?<!\\)(<script|\]\(|\| `code`)", text) is None


def test_github_gets_a_command_for_each_root_cause() -> None:
    """A critical root cause is an error, a warning a warning; what the gate adds is named too."""
    commands = [line.split("::")[1] for line in github(EVERY_OUTCOME).splitlines() if line.startswith("::")]

    assert commands == [
        "error title=payment.webhook-accepts-our-signature%3A webhook-secret-mismatch",
        "error title=not ready",
        "warning title=payment.gateway-keys-accepted%3A unreachable",
    ]


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.CRITICAL, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "notice")]
)
def test_github_has_a_level_for_each_severity(severity: Severity, level: str) -> None:
    """GitHub's words for the runbook's."""
    first = github(report(failing(severity=severity))).splitlines()[0]

    assert first.startswith(f"::{level} ")


def test_github_obeys_no_command_of_a_service() -> None:
    """Text of a service can neither start a line nor smuggle a line break in."""
    commands = [line for line in github(HOSTILE_RUN).splitlines() if line.startswith("::")]

    assert [line.split(" ")[0] for line in commands] == ["::error", "::error", "::error"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_its_last_line(name: str) -> None:
    """Every report can be written to a file or a terminal as it is."""
    text = render(name, EVERY_OUTCOME)

    assert text.endswith("\n")
