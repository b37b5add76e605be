"""A run as JUnit XML: a suite for each area of the runbook, a case for each diagnostic.

Jenkins and GitLab read it: GitLab the text of a failure, Jenkins its message, type and text. It keeps to the strictest
schema of its kind, junit-10.xsd of Jenkins' xunit plugin, in which a case has no properties: they are its output.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting.text import explanation
from deeplearn_checks.reporting.wording import line, lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.results import Result, RunReport

_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.BLOCKED: "failure",
    Outcome.SKIPPED: "skipped",
}

_SECONDS = len("2026-03-02T10:00:00")
"""The schema of JUnit knows neither fractions nor zones; the time is UTC."""


def junit(report: RunReport) -> str:
    """Write the run as JUnit XML, ending in a line break."""
    counts = {name: count for name, count in _totals(report.results).items() if name != "skipped"}
    root = Element("testsuites", counts, name="deeplearn-checks", time=f"{report.seconds:.3f}")
    for area, results in groupby(sorted(report.results, key=_area), key=_area):
        _suite(root, area, tuple(results), report)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _area(result: Result) -> str:
    return result.id.partition(".")[0]


def _totals(results: Iterable[Result]) -> dict[str, str]:
    written = [_ELEMENTS.get(result.outcome, "tests") for result in results]
    named = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(written))} | {name: str(written.count(element)) for name, element in named.items()}


def _suite(root: Element, area: str, results: tuple[Result, ...], report: RunReport) -> None:
    seconds = sum(result.seconds for result in results)
    stamp = report.started_at[:_SECONDS]
    suite = SubElement(root, "testsuite", _totals(results), name=area, timestamp=stamp, time=f"{seconds:.3f}")
    properties = SubElement(suite, "properties")
    for name, value in {"target": report.target, "environment": report.environment, "gate": report.gate}.items():
        SubElement(properties, "property", name=name, value=line(value))
    for result in results:
        _case(suite, result)


def _case(suite: Element, result: Result) -> None:
    case = SubElement(suite, "testcase", classname=suite.get("name", ""), name=result.id, time=f"{result.seconds:.3f}")
    if result.outcome in _ELEMENTS:
        told = SubElement(case, _ELEMENTS[result.outcome], type=result.cause, message=line(result.summary))
        told.text = lines(explanation(result)) if result.outcome is not Outcome.SKIPPED else None
    values = {"severity": result.severity.label, "effects": result.effects.label, "runbook": result.runbook}
    values |= {"blocked by": ", ".join(result.blocked_by)} if result.blocked_by else {}
    SubElement(case, "system-out").text = lines("\n".join(f"{name}: {value}" for name, value in values.items()))
