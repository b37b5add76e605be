"""`deeplearn-checks runbook`: what executes each line of the runbook, and how that ended last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, Shape, refuse, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

Last = Annotated[Path | None, typer.Option(metavar="FILE", help="A run's JSON, for the last result of each line.")]


def runbook(*, last: Last = None, format_: Shape = "text", as_json: AsJson = False) -> None:
    """Print each line of the runbook and each kind of alert with what executes it, and its last result."""
    from deeplearn_checks.incident.coverage import COVERAGE, last_outcomes  # noqa: PLC0415
    from deeplearn_checks.reporting import coverage  # noqa: PLC0415

    named = shape(format_, ("text", "json", "markdown"), as_json=as_json)
    results = last_outcomes(_outcomes(last)) if last else ("",) * len(COVERAGE)
    rows = tuple(zip(COVERAGE, results, strict=True))
    writers = {
        "text": coverage.coverage_text,
        "json": coverage.coverage_json,
        "markdown": coverage.coverage_markdown,
    }
    typer.echo(writers[named](rows, with_results=last is not None), nl=False)


def _outcomes(file: Path) -> Mapping[str, str]:
    """Read the outcome of each diagnostic from what `run --json FILE` wrote."""
    try:
        results = json.loads(file.read_text(encoding="utf-8"))["results"]
        return {str(result["id"]): str(result["outcome"]) for result in results}
    except OSError as problem:
        refuse(f"--last: {file} cannot be read: {problem.strerror}")
    except (ValueError, KeyError, TypeError, RecursionError):
        refuse(f"--last: {file} is no run; write one with: deeplearn-checks run --json {file}")
