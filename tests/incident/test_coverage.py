"""Every line of the runbook and every kind of alert is executed by something that exists, or says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deeplearn_checks.cli import COMMANDS, loaded
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.incident.coverage import COVERAGE, last_outcomes
from deeplearn_checks.incident.playbooks import KINDS

RUNBOOK = Path(__file__).parents[2] / "docs/incident-response-runbook.md"
TABLE = Path(__file__).parent / "alerts_table.md"
"""The API page's table of alerts, as it stands there."""
_MARK = re.compile(r"^\s*(?:- |\d+\. )?")


def runbook_lines() -> list[tuple[str, str]]:
    """Answer each line of the runbook that is no heading, with the heading above it."""
    section, found = "", []
    for line in RUNBOOK.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.strip():
            found.append((section, _MARK.sub("", line).replace("`", "").strip()))
    return found


def alert_kinds() -> list[str]:
    """Answer each source with each of its event types."""
    rows = [line.split("|")[1:3] for line in TABLE.read_text(encoding="utf-8").splitlines()[2:] if line.strip()]
    return [
        f"{source.strip(' `')}/{event_type}" for source, events in rows for event_type in re.findall(r"`(\w+)`", events)
    ]


def commands() -> set[str]:
    """Answer every command, and those below it with its name before theirs."""
    found = set()
    for name in COMMANDS:
        found |= {name} | {f"{name} {below}" for below in vars(loaded(name)).get("commands", {})}
    return found


def test_every_line_of_the_runbook_is_covered() -> None:
    """In its order, word by word, none left out, none made up."""
    kinds = {"/".join(kind) for kind in KINDS}

    covered = [(one.section, one.text) for one in COVERAGE if one.text not in kinds]

    assert covered == runbook_lines()


def test_every_kind_of_alert_is_covered() -> None:
    """As the API page lists them."""
    covered = [one.text for one in COVERAGE if one.section == "Alerts"]

    assert covered == alert_kinds()


def test_every_line_has_something_that_executes_it_or_says_why_not() -> None:
    """A line without diagnostics and commands gives its reason."""
    bare = [one.text for one in COVERAGE if not (one.diagnostics or one.commands or one.manual)]

    assert bare == []


def test_every_diagnostic_that_is_named_exists() -> None:
    """The table names diagnostics of the catalogue only."""
    named = {id_ for one in COVERAGE for id_ in one.diagnostics}

    assert named - {one.id for one in CATALOG} == set()


def test_every_command_that_is_named_exists() -> None:
    """The table names commands that can be typed."""
    named = {name for one in COVERAGE for name in one.commands}

    assert named - commands() == set()


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({}, ""),
        ({"lead.writes-recorded": "passed"}, "passed"),
        ({"lead.writes-recorded": "passed", "lead.capture-works": "skipped"}, "skipped"),
        ({"lead.writes-recorded": "failed", "lead.flow-alive": "error"}, "failed"),
    ],
)
def test_the_worst_result_is_the_lines(outcomes: dict[str, str], expected: str) -> None:
    """Of several diagnostics the worst outcome counts; where none was asked there is none."""
    place = [one.text for one in COVERAGE].index("Lead capture failures")

    results = last_outcomes(outcomes)

    assert results[place] == expected
