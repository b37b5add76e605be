"""GitHub's annotations, log and summary; the graph of what blocks what; what changed since an earlier run."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from examples import EVERY_OUTCOME, HEALTHY, HOSTILE, HOSTILE_RUN, blocked, failing, report

from deeplearn_checks.finding import Severity
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.github import MOST_ANNOTATIONS, MOST_BYTES, github, job_summary
from deeplearn_checks.reporting.json_report import json_report
from deeplearn_checks.reporting.markdown import markdown
from deeplearn_checks.reporting.mermaid import MOST_ROOTS, MOST_SYMPTOMS, blocking_graph
from deeplearn_checks.reporting.text import text
from deeplearn_checks.results import Comparison, OutcomeChange, RootCause, Slowdown

SINCE = Comparison(
    "2026-03-01T10:00:00+00:00",
    ("the earlier run was of another target",),
    new=(
        OutcomeChange("payment.a", "passed", "failed", "", "webhook-secret-mismatch"),
        OutcomeChange("payment.b", "passed", "blocked", "", "paid-but-not-won"),
    ),
    still_failing=(OutcomeChange("payment.c", "failed", "error", "amount-mismatch", "unreachable"),),
    fixed=(OutcomeChange("payment.d", "failed", "passed", "paid-twice", ""),),
    not_asked=(OutcomeChange("payment.e", "failed", "skipped", "refunded-but-paid", "left-out"),),
    slower=(Slowdown("platform.health", 0.1, 1.25),),
)


def is_a_command(line: str) -> bool:
    """Whether GitHub's runner takes a line for a command, as ActionCommand.cs does."""
    return line.lstrip().startswith("::") or "##[" in line


def test_the_summary_has_root_causes_then_the_graph_then_the_table() -> None:
    """In the order of need."""
    summary = job_summary(EVERY_OUTCOME)

    places = [summary.index(part) for part in ("# NOT READY", "- **cause**", "```mermaid", "| diagnostic |")]
    assert places == sorted(places)


def test_nothing_is_drawn_where_nothing_blocks() -> None:
    """A healthy run has no graph."""
    summary = job_summary(HEALTHY)

    assert "mermaid" not in summary


def test_the_graph_is_bounded() -> None:
    """Mermaid draws 500 arrows: what is more is counted."""
    ids = tuple(f"funnel.x{number}" for number in range(MOST_SYMPTOMS + 3))
    roots = [RootCause(failing(f"payment.x{number}"), ids) for number in range(MOST_ROOTS + 2)]

    graph = blocking_graph(roots)

    assert graph.count("-->") == MOST_ROOTS * (MOST_SYMPTOMS + 1)
    assert ("and 3 more" in graph, "and 2 root causes more" in graph, len(graph) < 50_000) == (True, True, True)


def test_a_long_label_is_cut() -> None:
    """A node is no place for a story."""
    graph = blocking_graph([RootCause(failing("x.y"), ("a" * 500,))])

    assert max(map(len, graph.splitlines())) < 200


def test_what_github_would_not_show_is_counted() -> None:
    """Ten annotations of a level: the tenth tells how many more there are."""
    run = report(*(failing(f"payment.x{number}") for number in range(12)), failing("a.b", severity=Severity.WARNING))

    commands = [line for line in github(run).splitlines() if line.startswith("::")]

    errors = [line for line in commands if line.startswith("::error")]
    assert (len(errors), errors[-1].startswith("::error title=3 more::"), len(commands)) == (MOST_ANNOTATIONS, True, 11)


def test_a_summary_fits_into_what_github_takes() -> None:
    """The table goes before the root causes do, and it says so."""
    many = [blocked(f"funnel.x{number}", summary=Redacted("ü" * 1000)) for number in range(600)]

    summary = job_summary(report(failing(), *many))

    assert len(summary.encode()) < MOST_BYTES + 200
    assert ("- **cause**" in summary, "| diagnostic |" in summary, "1 part left out" in summary) == (True, False, True)


def test_a_long_message_is_cut() -> None:
    """An annotation is a few lines."""
    (command, *_) = github(report(failing(summary=Redacted("x" * 100_000)))).splitlines()

    assert len(command) < 5000


@pytest.mark.parametrize("words", ["costs $5 and $6", "see www.evil.example"])
def test_github_makes_nothing_of_a_plain_text(words: str) -> None:
    """No formula and no link."""
    told = markdown(report(failing(summary=Redacted(words))))

    assert re.search(r"(?<!\\)\$|www\.", told) is None


def test_text_tells_what_changed() -> None:
    """New first, then what holds again, what stays, what nobody asked, what got slower, what differs."""
    told = text(replace(EVERY_OUTCOME, comparison=SINCE))

    assert told.partition("\n\nSINCE")[2].partition("\n\n")[0].splitlines() == [
        " THE RUN OF 2026-03-01T10:00:00+00:00: 2 NEW, 1 FIXED, 1 STILL FAILING, 1 NOT ASKED AGAIN, 1 SLOWER",
        "  new      payment.a: webhook-secret-mismatch",
        "  new      1 symptom: payment.b",
        "  fixed    payment.d: was paid-twice",
        "  still    payment.c: unreachable (could not find out), was amount-mismatch",
        "  unknown  payment.e: was refunded-but-paid, not asked now",
        "  slower   platform.health: 0.10 s, now 1.25 s",
        "  note     the earlier run was of another target",
    ]


@pytest.mark.parametrize("form", [markdown, job_summary])
def test_markdown_tells_what_changed(form: object) -> None:
    """The same words, in the report and in the summary."""
    assert callable(form)

    told = form(replace(EVERY_OUTCOME, comparison=SINCE))

    assert "## Since the run of 2026-03-01T10:00:00+00:00: 2 new, 1 fixed" in told
    assert "- **fixed** payment.d: was paid-twice" in told


def test_json_tells_what_changed() -> None:
    """By stable keys, with the rule by which something is called slower."""
    told = json.loads(json_report(replace(EVERY_OUTCOME, comparison=SINCE)))["comparison"]

    assert [len(told[kind]) for kind in ("new", "fixed", "still_failing", "not_asked", "slower")] == [2, 1, 1, 1, 1]
    assert told["slower_rule"] == {"factor": 2.0, "noticeable_seconds": 0.25}
    assert told["fixed"] == [
        {
            "id": "payment.d",
            "outcome_before": "failed",
            "outcome": "passed",
            "cause_before": "paid-twice",
            "cause": "",
        }
    ]


def test_a_first_run_says_so() -> None:
    """It has nothing to be compared with, and why; whatever the file is called."""
    told = text(replace(HEALTHY, comparison=Comparison("", (f"there is no {HOSTILE}",))))

    assert ("NOTHING TO COMPARE WITH\n  note     there is no </script>" in told, "\n::error" in told) == (True, False)


def test_nothing_changed_is_said() -> None:
    """An empty comparison is an answer."""
    told = text(replace(HEALTHY, comparison=Comparison("2026-03-01T10:00:00+00:00")))

    assert "SINCE THE RUN OF 2026-03-01T10:00:00+00:00: NOTHING CHANGED" in told


def test_a_long_list_of_changes_is_counted() -> None:
    """A screen has an end; the JSON has all."""
    fixed = tuple(OutcomeChange(f"a.x{number}", "failed", "passed", "paid-twice", "") for number in range(14))

    told = text(replace(HEALTHY, comparison=replace(SINCE, fixed=fixed)))

    assert (told.count("was paid-twice"), "  fixed    and 4 more" in told) == (10, True)


def test_hostile_names_stay_in_their_line() -> None:
    """What a service says starts no line of the log."""
    lines = github(HOSTILE_RUN).splitlines()

    assert {line.partition(" ")[0] for line in lines if is_a_command(line)} == {"::error"}
