"""A run for GitHub Actions: annotations, the log of the step, and the summary of the job.

A workflow command is a line that begins with `::`, blanks before it not counted, or holds `##[`: nothing but an
annotation of ours may look like one. GitHub shows ten annotations of each level and a summary of one MiB for each step.
Source: docs.github.com, "Workflow commands for GitHub Actions"; github.com/actions/runner, ActionCommand.cs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Severity
from deeplearn_checks.reporting.markdown import head, tail
from deeplearn_checks.reporting.mermaid import blocking_graph
from deeplearn_checks.reporting.text import text
from deeplearn_checks.reporting.wording import count, failing_line, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deeplearn_checks.results import RunReport

MOST_ANNOTATIONS = 10
"""How many annotations of one level GitHub shows for a step."""
MOST_BYTES = 1_000_000
"""How long a summary gets: GitHub refuses one of more than 1 MiB, all of it."""

_LONGEST_MESSAGE = 4000
_LEVELS = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
"""GitHub's word for a severity; what fails the gate is always an error."""
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)

Annotation = tuple[str, str, str]
"""Level, title and message."""


def github(report: RunReport) -> str:
    """Write the annotations and the log of the step, ending in a line break."""
    commands = "".join(f"{_command(*one)}\n" for one in _bounded([*_annotations(report)]))
    return commands + harmless(text(report))


def job_summary(report: RunReport) -> str:
    """Write the summary of the job as Markdown: root causes, what blocks what, the table. Ends in a line break.

    Parts that would make it longer than GitHub takes are left out, and it says so.
    """
    graph = blocking_graph(report.root_causes())
    drawn = [f"## What blocks what\n\n```mermaid\n{graph}\n```"] if graph else []
    return "\n\n".join(_fitting([*head(report), *drawn, *tail(report)])) + "\n"


def harmless(log: str) -> str:
    """Keep any line of a log from being taken for a workflow command."""
    return _COMMAND.sub(lambda found: f"{found.group()} ", log)


def _fitting(parts: Iterable[str]) -> Iterator[str]:
    """Answer the parts that fit; the first are the most telling."""
    room, left_out = MOST_BYTES, 0
    for part in parts:
        size = len(part.encode()) + 2
        if size <= room:
            room -= size
            yield part
        else:
            left_out += 1
    if left_out:
        yield f"{count(left_out, 'part')} left out: a summary holds 1 MiB. The whole run is in the file of `--json`."


def _annotations(report: RunReport) -> Iterator[Annotation]:
    roots = report.root_causes()
    for root in roots:
        result = root.result
        level = "error" if result.severity >= report.fail_on else _LEVELS[result.severity]
        yield level, f"{result.id}: {result.cause}", failing_line(result)
    named = {root.result.id for root in roots} | {blocked for root in roots for blocked in root.blocks}
    for reason in report.gate_reasons():
        if reason.split(" ", 1)[0] not in named:
            yield "error", "not ready", reason


def _bounded(annotations: list[Annotation]) -> Iterator[Annotation]:
    """Leave of each level as many as are shown; the last then tells how many more there are."""
    for level in dict.fromkeys(one[0] for one in annotations):
        ones = [one for one in annotations if one[0] == level]
        if len(ones) <= MOST_ANNOTATIONS:
            yield from ones
        else:
            yield from ones[: MOST_ANNOTATIONS - 1]
            rest = [title for _, title, _ in ones[MOST_ANNOTATIONS - 1 :]]
            yield level, f"{len(rest)} more", f"see the summary of the job: {ids_line(rest)}"


def _command(level: str, title: str, message: str) -> str:
    """Write one workflow command, escaped as GitHub's own toolkit does."""
    shown = line(message)
    cut = shown if len(shown) <= _LONGEST_MESSAGE else f"{shown[: _LONGEST_MESSAGE - 1]}…"
    return f"::{level} title={_property(line(title))}::{_data(cut)}"


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")
