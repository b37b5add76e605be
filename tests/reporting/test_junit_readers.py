"""JUnit XML as Jenkins and GitLab read it.

Jenkins: junit-10.xsd of its xunit plugin. GitLab: "Unit test reports" and lib/gitlab/ci/parsers/test/junit.rb.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from examples import EVERY_OUTCOME, HOSTILE_RUN

from deeplearn_checks.reporting.junit import junit

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "testcase": {"failure", "error", "skipped", "system-out"},
    "properties": {"property"},
}
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "properties": set[str](),
    "system-out": set[str](),
}
RUNS = pytest.mark.parametrize("root", [ET.fromstring(junit(run)) for run in (EVERY_OUTCOME, HOSTILE_RUN)])  # noqa: S314  our own text


@RUNS
def test_elements_stand_where_readers_look(root: ET.Element) -> None:
    """No element and no attribute that a reader does not know, none missing."""
    wrong = [
        (parent.tag, child.tag) for parent in root.iter() for child in parent if child.tag not in CHILDREN[parent.tag]
    ]
    other = [one.tag for one in root.iter() if set(one.keys()) != ATTRIBUTES[one.tag]]

    assert (root.tag, wrong, other) == ("testsuites", [], [])


@RUNS
def test_a_case_has_one_verdict_and_its_output_last(root: ET.Element) -> None:
    """At most one of failure, error and skipped; GitLab takes the first that it finds."""
    tags = [[child.tag for child in case] for case in root.iter("testcase")]

    assert [one for one in tags if one[-1] != "system-out" or len(one) > 2] == []


@RUNS
def test_numbers_and_times_are_what_the_schema_wants(root: ET.Element) -> None:
    """Whole counts, seconds as decimals, a time without fraction and zone."""
    counted = ("tests", "failures", "errors", "skipped")
    counts = [one.get(name, "") for one in root.iter() for name in counted if one.get(name) is not None]
    times = [one.get("time", "") for one in root.iter() if one.get("time") is not None]
    stamps = {suite.get("timestamp") for suite in root}

    assert [value for value in counts if not value.isdigit()] == []
    assert [value for value in times if not re.fullmatch(r"\d+\.\d{3}", value)] == []
    assert stamps == {"2026-03-02T10:00:00"}


@RUNS
def test_gitlab_tells_cases_apart(root: ET.Element) -> None:
    """By class name and name, which are the same from run to run, so that it can say what is new."""
    keys = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]

    assert len(set(keys)) == len(keys)


def test_gitlab_shows_what_to_do() -> None:
    """It shows the text of the element; Jenkins shows the message besides."""
    failure = ET.fromstring(junit(EVERY_OUTCOME)).find(".//failure[@type='webhook-secret-mismatch']")  # noqa: S314  as above

    assert failure is not None
    assert "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET" in str(failure.text)
