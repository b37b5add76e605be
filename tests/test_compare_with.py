"""`--compare-with`, `--junit` and the summary of a job, on the command line and under pytest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")
RUN = ("run", "--sandbox", "--only", "funnel.paid-has-enrollment")
BROKEN = ("--fault", "enrollment-lost")


def test_a_deploy_that_broke_something_is_told_and_then_mended(command: Command) -> None:
    """One file, read before it is written: the first run, the bad one, the good one."""
    both = ("--compare-with", "last.json", "--json", "last.json")

    first, second, third = (command(*RUN, *broken, *both) for broken in ((), BROKEN, ()))

    assert "this is the first run" in first.output
    assert "  new      funnel.paid-has-enrollment: paid-without-enrollment" in second.output
    assert "  fixed    funnel.paid-has-enrollment: was paid-without-enrollment" in third.output
    assert json.loads(Path("last.json").read_text())["comparison"]["fixed"][0]["outcome"] == "passed"


def test_a_comparison_is_no_part_of_the_verdict(command: Command) -> None:
    """What is still failing fails the gate as it did."""
    command(*RUN, *BROKEN, "--json", "last.json")

    ended = command(*RUN, *BROKEN, "--compare-with", "last.json")

    assert (ended.status, "1 STILL FAILING" in ended.output) == (1, True)


def test_a_damaged_file_is_refused_before_anything_is_asked(command: Command) -> None:
    """Status 2 and one line, and the file to be written is not touched."""
    Path("last.json").write_text("{")

    ended = command(*RUN, "--compare-with", "last.json", "--json", "last.json")

    assert (ended.status, ended.output, ended.errors.count("\n")) == (2, "", 1)
    assert Path("last.json").read_text() == "{"


def test_junit_is_written_beside_what_is_printed(command: Command) -> None:
    """People read the log, the pipeline reads the file."""
    ended = command(*RUN, "--junit", "junit.xml")

    cases = [case.get("name") for case in ET.parse("junit.xml").iter("testcase")]  # noqa: S314  our own file
    assert ("funnel.paid-has-enrollment" in cases, ended.output.splitlines()[-1]) == (True, "READY")


@pytest.fixture
def summary() -> Iterator[Path]:
    """Answer a file that GitHub names as the summary of the job; an earlier step has written to it."""
    held = os.environ.get("GITHUB_STEP_SUMMARY")
    os.environ["GITHUB_STEP_SUMMARY"] = "summary.md"
    file = Path("summary.md")
    file.write_text("# before\n")
    yield file
    del os.environ["GITHUB_STEP_SUMMARY"]
    os.environ.update({} if held is None else {"GITHUB_STEP_SUMMARY": held})


@pytest.mark.parametrize(("form", "written"), [("github", True), ("text", False)])
def test_a_job_has_its_summary(command: Command, summary: Path, form: str, *, written: bool) -> None:
    """`--format github` adds to the file that GitHub names; no other format does."""
    command(*RUN, *BROKEN, "--format", form)

    told = summary.read_text()
    assert (told.startswith("# before\n"), "# NOT READY" in told) == (True, written)


def test_a_summary_that_cannot_be_written_does_not_end_the_run(command: Command, summary: Path) -> None:
    """It is said, and the verdict stands."""
    summary.unlink()
    summary.mkdir()

    ended = command(*RUN, "--format", "github")

    assert (ended.status, "GITHUB_STEP_SUMMARY: cannot write summary.md" in ended.errors) == (0, True)
