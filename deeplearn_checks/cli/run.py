"""`deeplearn-checks run`: check a deployment."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli import completing
from deeplearn_checks.cli.options import (
    INTERRUPTED,
    Deadline,
    EffectsLevel,
    Environment,
    Extend,
    FailOn,
    FaultNames,
    GatewayDays,
    IMeanIt,
    LeftOut,
    Sandbox,
    TargetUrl,
    extended,
    in_colour,
    near,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.comparing import EarlierRun
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport

Only = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Ask only this diagnostic; repeatable.", autocompletion=completing.diagnostics),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="What to print: text, json, readiness, junit, markdown, github or html (text).",
        autocompletion=completing.formats,
    ),
]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the run as JSON.")]
ReadinessFile = Annotated[
    Path | None, typer.Option("--readiness-json", metavar="FILE", help="Write what the service's own script prints.")
]
JunitFile = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the run as JUnit XML.")]
HtmlFile = Annotated[Path | None, typer.Option("--html-report", metavar="FILE", help="Write the run as a page.")]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Requests under way at once (16).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List the requests that can change something, send none.")]
Record = Annotated[Path | None, typer.Option("--record", metavar="BUNDLE", help="Keep the run, redacted, in a file.")]
ReplayFile = Annotated[
    Path | None, typer.Option("--replay", metavar="BUNDLE", help="Judge a recorded run again: nobody is asked.")
]
CompareWith = Annotated[
    Path | None, typer.Option("--compare-with", metavar="FILE", help="Say what changed since the run of that --json.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every result.")]


def run(  # noqa: PLR0913  one parameter per option
    *,
    only: Only = None,
    format_: Format = "text",
    json_file: JsonFile = None,
    readiness_json: ReadinessFile = None,
    junit: JunitFile = None,
    html_report: HtmlFile = None,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    extend: Extend = None,
    target: TargetUrl = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    fail_on: FailOn = None,
    environment: Environment = None,
    deadline: Deadline = None,
    concurrency: Concurrency = None,
    gateway_days: GatewayDays = None,
    without: LeftOut = None,
    record: Record = None,
    replay: ReplayFile = None,
    compare_with: CompareWith = None,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Check a deployment: print what is wrong, who is hit and what to do; exit 0 when it is ready, else 1."""
    options = dict(locals())
    files = {"json": json_file, "readiness": readiness_json, "junit": junit, "html": html_report}
    earlier = _earlier(format_, files, compare_with)
    selected = _selected(only or [], extended(extend).catalogue)
    if dry_run:
        return typer.echo(_planned(selected, options), nl=False)
    report = _compared(_checked(selected, options, keep_exchanges=_shows_exchanges(format_, files)), earlier)
    raise typer.Exit(_told(report, format_, files, verbose=verbose))


_WITH_EXCHANGES = frozenset({"readiness", "html"})
"""The formats that show requests."""


def _shows_exchanges(format_: str, files: Mapping[str, Path | None]) -> bool:
    return bool(_WITH_EXCHANGES & {format_, *(name for name, file in files.items() if file)})


def _refuse_unusable(format_: str, files: Mapping[str, Path | None]) -> None:
    """Refuse an unknown format or a file that cannot be written, before anything is asked."""
    from deeplearn_checks.reporting.formats import FORMATS  # noqa: PLC0415  what a command needs is loaded by it

    if format_ not in FORMATS:
        refuse(f"--format: there is no format {format_!r}; choose from {', '.join(FORMATS)}")
    if (format_ == "html" or files["html"]) and find_spec("jinja2") is None:
        refuse("the page needs Jinja2; install it with: pip install 'deeplearn-checks[report]'")
    for file in filter(None, files.values()):
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            refuse(f"cannot write {file}: give a file in a folder that exists and may be written to")


def _selected(only: Sequence[str], catalogue: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Find the diagnostics by their ids, which may be separated by commas; all where none is named."""
    by_id = {one.id: one for one in catalogue}
    ids = [id_.strip() for text in only for id_ in text.split(",")]
    for id_ in ids:
        if id_ not in by_id:
            refuse(f"--only: there is no diagnostic {id_!r}{near(id_, by_id)}; see: deeplearn-checks list")
    return tuple(one for one in catalogue if one.id in ids) if ids else catalogue


def _planned(selected: Sequence[Diagnostic], options: Mapping[str, object]) -> str:
    """Say what a run would send that can change something; asks nothing."""
    from deeplearn_checks.reporting.wording import planned  # noqa: PLC0415
    from deeplearn_checks.session import plan  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    try:
        changes, host = plan(selected, options)
    except ConfigurationError as problem:
        refuse(str(problem))
    return planned(changes, host)


def _checked(selected: Sequence[Diagnostic], options: Mapping[str, object], *, keep_exchanges: bool) -> RunReport:
    """Run; a configuration that cannot be used is refused in one line."""
    from deeplearn_checks.session import check  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    gc.freeze()  # what is imported by now stays: the collector need not look at it again
    gc.enable()
    try:
        return check(selected, options, keep_exchanges=keep_exchanges)
    except ConfigurationError as problem:
        refuse(str(problem))


def _earlier(format_: str, files: Mapping[str, Path | None], file: Path | None) -> EarlierRun | None:
    """Read the run to compare with; what cannot be used is refused in one line, before anything is asked."""
    _refuse_unusable(format_, files)
    if file is None:
        return None
    from deeplearn_checks.comparing import earlier_run  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    try:
        return earlier_run(file)
    except ConfigurationError as problem:
        refuse(str(problem))


def _compared(report: RunReport, earlier: EarlierRun | None) -> RunReport:
    if earlier is None:
        return report
    from deeplearn_checks.comparing import comparison  # noqa: PLC0415

    return replace(report, comparison=comparison(report, earlier))


def _told(report: RunReport, format_: str, files: Mapping[str, Path | None], *, verbose: bool) -> int:
    """Write the files, and print; answers the exit code."""
    from deeplearn_checks.reporting.formats import render  # noqa: PLC0415

    for name, file in files.items():
        if file is not None:
            file.write_text(render(name, report), encoding="utf-8")
    _print(report, format_, verbose=verbose)
    return _exit_code(report, format_)


def _print(report: RunReport, format_: str, *, verbose: bool) -> None:
    from deeplearn_checks.reporting.formats import render  # noqa: PLC0415
    from deeplearn_checks.reporting.text import text  # noqa: PLC0415

    if format_ == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        _summarise(report, Path(summary))

    shown = text(report, colour=in_colour(), verbose=verbose) if format_ == "text" else render(format_, report)
    typer.echo(shown, nl=False)


def _summarise(report: RunReport, file: Path) -> None:
    """Add to the summary of the job, which GitHub shows; a run is told all the same where it cannot be written."""
    from deeplearn_checks.reporting.github import job_summary  # noqa: PLC0415

    try:
        with file.open("a", encoding="utf-8") as summary:
            summary.write(job_summary(report))
    except OSError as problem:
        typer.echo(f"deeplearn-checks: GITHUB_STEP_SUMMARY: cannot write {file}: {problem.strerror}", err=True)


def _exit_code(report: RunReport, format_: str) -> int:
    if report.interrupted:
        return INTERRUPTED
    if format_ == "readiness":
        from deeplearn_checks.reporting.readiness import exit_status  # noqa: PLC0415

        return max(exit_status(report), int(report.gate == "failed"))
    return int(report.gate == "failed")
