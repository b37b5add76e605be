"""What holds of every report, whatever a service says."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from examples import blocked, failing, report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.github import github, harmless, job_summary
from deeplearn_checks.reporting.junit import junit
from deeplearn_checks.reporting.mermaid import blocking_graph
from deeplearn_checks.results import RootCause

PIECES = st.sampled_from(
    ["::", "##[", "\n::set-output name=x::", "\r##[add-path]", "```", "<script>", "|", "@", "\\", " ", '"]', "%0A"]
)
NASTY = st.lists(st.one_of(PIECES, st.text(max_size=9)), max_size=9).map("".join)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def is_a_command(line: str) -> bool:
    """Whether GitHub's runner takes a line for a command, as ActionCommand.cs does."""
    return line.lstrip().startswith("::") or "##[" in line


@unhurried
@given(NASTY)
def test_no_line_of_a_log_is_taken_for_a_command(log: str) -> None:
    """Neither a `::` after blanks nor a `##[` anywhere is left, whatever a service says."""
    lines = re.split(r"[\r\n]", harmless(log))

    assert [line for line in lines if is_a_command(line)] == []


@unhurried
@given(NASTY, NASTY)
def test_every_command_is_an_annotation_of_ours(summary: str, remedy: str) -> None:
    """One for the root cause, nothing that its texts ask for."""
    run = report(failing(summary=Redacted(summary), remedy=remedy), environment=summary)

    commands = [line for line in re.split(r"[\r\n]", github(run)) if is_a_command(line)]

    begins = "::error title=payment.webhook-accepts-our-signature%3A webhook-secret-mismatch::"
    assert [line.startswith(begins) for line in commands] == [True]


@unhurried
@given(NASTY)
def test_a_summary_holds_no_markup_of_a_service(hostile: str) -> None:
    """No tag, no link, no mention, no cell and no fence but ours."""
    run = report(failing(summary=Redacted(hostile), meaning=hostile), blocked(summary=Redacted(hostile)))
    ours = job_summary(report(failing(summary=Redacted("")), blocked(summary=Redacted(""))))

    theirs = job_summary(run)

    unescaped = re.compile(r"(?<!\\)(?:\\\\)*[<|@]")
    assert len(unescaped.findall(theirs)) == len(unescaped.findall(ours))
    assert theirs.count("\n```") == 2


@unhurried
@given(NASTY, NASTY)
def test_a_label_cannot_leave_its_node(cause: str, id_: str) -> None:
    """Each line of the graph is a node, an arrow or a style, whatever a diagnostic is called."""
    root = RootCause(failing("x.y", cause=cause), (id_,))

    lines = blocking_graph([root]).splitlines()

    node = r'  [rs]0\["[\w .#;-]*(<br>x\.y)?"\]:::\w+'
    assert [bool(re.fullmatch(node, line, re.ASCII)) for line in lines[1:3]] == [True, True]
    assert (len(lines), lines[3]) == (8, "  r0 --> s0")


@unhurried
@given(st.text())
def test_any_text_makes_well_formed_xml(told: str) -> None:
    """Control characters and half pairs, which XML cannot hold, are gone."""
    root = ET.fromstring(junit(report(failing(summary=Redacted(told), remedy=told))).encode())  # noqa: S314  as above

    assert len([*root.iter("failure")]) == 1
