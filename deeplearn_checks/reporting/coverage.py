"""The coverage table: each line of the runbook and each kind of alert, what executes it, and its last result."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from deeplearn_checks.reporting.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.alerting import Covered

Row = tuple["Covered", str]
"""A line and its last result, empty where it has none."""

_NOT_ASKED = "not asked"


def coverage_text(rows: Sequence[Row], *, with_results: bool) -> str:
    """Write the table for a terminal; ends in a line break."""
    return "\n".join(_text(rows, with_results=with_results)).lstrip() + "\n"


def _text(rows: Sequence[Row], *, with_results: bool) -> Iterator[str]:
    for section, members in groupby(rows, key=lambda row: row[0].section):
        yield f"\n{section.upper()}"
        for one, result in members:
            yield f"  {_result(one, result) + ': ' if with_results else ''}{one.text}"
            yield from (f"      {name:<9}{words}" for name, words in _executed(one))


def _executed(one: Covered) -> Iterator[tuple[str, str]]:
    if one.diagnostics:
        yield "asks", ", ".join(one.diagnostics)
    if one.commands:
        yield "commands", ", ".join(f"deeplearn-checks {name}" for name in one.commands)
    if one.manual:
        yield "manual", one.manual


def _result(one: Covered, result: str) -> str:
    return result or (_NOT_ASKED if one.diagnostics else "-")


def coverage_markdown(rows: Sequence[Row], *, with_results: bool) -> str:
    """Write the table as Markdown; ends in a line break."""
    last = " last result |" if with_results else ""
    heads = f"| section | line | diagnostics | commands | manual |{last}\n| --- | --- | --- | --- | --- |"
    told = [heads + (" --- |" if with_results else "")]
    for one, result in rows:
        cells = (one.section, one.text, ", ".join(one.diagnostics), ", ".join(one.commands), one.manual)
        shown = (*cells, _result(one, result)) if with_results else cells
        told.append(f"| {' | '.join(map(escaped, shown))} |")
    return "\n".join(told) + "\n"


def coverage_json(rows: Sequence[Row], *, with_results: bool) -> str:
    """Write the table as JSON; ends in a line break."""
    values = [
        {
            "section": one.section,
            "text": one.text,
            "diagnostics": [*one.diagnostics],
            "commands": [*one.commands],
            "manual": one.manual,
            **({"last_result": result} if with_results else {}),
        }
        for one, result in rows
    ]
    return json.dumps(values, indent=2) + "\n"
