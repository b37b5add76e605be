"""The command line: parses, calls, prints, exits.

Exit codes: 0 ready, 1 not ready, 2 bad usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import gc
import json
import os
import shlex
import sys
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport

app = typer.Typer(
    name="deeplearn-checks",
    help="DeepLearn's incident runbook, made executable.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""What typer raises for options it cannot read; it exports only this subclass."""

Port = Annotated[
    int | None, typer.Option(metavar="P", min=1, max=65_533, help="API on P, Pages site on P+1, Razorpay on P+2.")
]
State = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep database and certificates in DIR.")]
Latency = Annotated[float, typer.Option(metavar="MS", min=0, help="Delay every answer by MS milliseconds.")]
Empty = Annotated[bool, typer.Option("--empty", help="Start with no rows and only the settings given by --var.")]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, help="Learners in the population (40).")]
Repaired = Annotated[bool, typer.Option("--repaired", help="Serve a service without the four faults of today's.")]
FaultNames = Annotated[list[str] | None, typer.Option("--fault", metavar="NAME", help="Break one thing; repeatable.")]
Variables = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="One setting; repeatable.")]
Without = Annotated[list[str] | None, typer.Option(metavar="BINDING", help="Leave a binding out; repeatable.")]
ListFaults = Annotated[bool, typer.Option("--list-faults", help="List every fault and its root cause, and end.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]

Only = Annotated[list[str] | None, typer.Option(metavar="ID", help="Ask only this diagnostic; repeatable.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="What to print: text, json, readiness, junit, markdown, github or html (text).",
    ),
]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the run as JSON.")]
ReadinessFile = Annotated[
    Path | None, typer.Option("--readiness-json", metavar="FILE", help="Write what the service's own script prints.")
]
HtmlFile = Annotated[Path | None, typer.Option("--html-report", metavar="FILE", help="Write the run as a page.")]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Check a seeded, repaired sandbox in this process.")]
TargetUrl = Annotated[str | None, typer.Option(metavar="URL", help="The API to check (DEEPLEARN_API_BASE_URL).")]
EffectsLevel = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="What is allowed: none, alerts or data (none).")
]
FailOn = Annotated[
    str | None, typer.Option(metavar="SEVERITY", help="What fails: critical, warning or info (critical).")
]
Environment = Annotated[str | None, typer.Option(metavar="NAME", help="The environment, and its section of the file.")]
Deadline = Annotated[float | None, typer.Option(metavar="S", help="Seconds after which the run ends (30).")]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Requests under way at once (16).")]
GatewayDays = Annotated[int | None, typer.Option(metavar="N", help="Days of Razorpay's payments to judge (7).")]
LeftOut = Annotated[str | None, typer.Option("--without", metavar="PART,...", help="Parts left out on purpose.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every result.")]


@app.callback()
def deeplearn_checks() -> None:
    """DeepLearn's incident runbook, made executable."""


@app.command()
def run(  # noqa: PLR0913  one parameter per option
    *,
    only: Only = None,
    format_: Format = "text",
    json_file: JsonFile = None,
    readiness_json: ReadinessFile = None,
    html_report: HtmlFile = None,
    sandbox: Sandbox = False,
    fault: FaultNames = None,
    target: TargetUrl = None,
    effects: EffectsLevel = None,
    fail_on: FailOn = None,
    environment: Environment = None,
    deadline: Deadline = None,
    concurrency: Concurrency = None,
    gateway_days: GatewayDays = None,
    without: LeftOut = None,
    verbose: Verbose = False,
) -> None:
    """Check a deployment: print what is wrong, who is hit and what to do; exit 0 when it is ready, else 1."""
    files = {"json": json_file, "readiness": readiness_json, "html": html_report}
    _refuse_unusable(format_, files)
    selected = _selected(only or [])
    options = {
        "sandbox": sandbox,
        "faults": fault,
        "target": target,
        "effects": effects,
        "fail_on": fail_on,
        "environment": environment,
        "deadline": deadline,
        "concurrency": concurrency,
        "gateway_days": gateway_days,
        "without": without,
    }
    shown = {format_, *(name for name, file in files.items() if file)}
    report = _checked(selected, options, keep_exchanges=bool(shown & _WITH_EXCHANGES))
    _write(report, files)
    _print(report, format_, verbose=verbose)
    raise typer.Exit(_exit_code(report, format_))


_WITH_EXCHANGES = frozenset({"readiness", "html"})
"""The formats that show requests."""


def _refuse_unusable(format_: str, files: Mapping[str, Path | None]) -> None:
    """Refuse an unknown format or a file that cannot be written, before anything is asked."""
    from deeplearn_checks.reporting.formats import FORMATS  # noqa: PLC0415  what a command needs is loaded by it

    if format_ not in FORMATS:
        _refuse(f"--format: there is no format {format_!r}; choose from {', '.join(FORMATS)}")
    if (format_ == "html" or files["html"]) and find_spec("jinja2") is None:
        _refuse("the page needs Jinja2; install it with: pip install 'deeplearn-checks[report]'")
    for file in filter(None, files.values()):
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            _refuse(f"cannot write {file}: give a file in a folder that exists and may be written to")


def _selected(only: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Find the diagnostics by their ids, which may be separated by commas; all where none is named."""
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415

    by_id = {one.id: one for one in CATALOG}
    ids = [id_.strip() for text in only for id_ in text.split(",")]
    for id_ in ids:
        if id_ not in by_id:
            _refuse(f"--only: there is no diagnostic {id_!r}{_near(id_, by_id)}; see: deeplearn-checks list")
    return tuple(one for one in CATALOG if one.id in ids) if ids else CATALOG


def _near(word: str, known: Mapping[str, object]) -> str:
    """Suggest what may have been meant."""
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _checked(selected: Sequence[Diagnostic], options: Mapping[str, object], *, keep_exchanges: bool) -> RunReport:
    """Run; a configuration that cannot be used is refused in one line."""
    from deeplearn_checks.session import check  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    gc.freeze()  # what is imported by now stays: the collector need not look at it again
    gc.enable()
    try:
        return check(selected, options, keep_exchanges=keep_exchanges)
    except ConfigurationError as problem:
        _refuse(str(problem))


def _write(report: RunReport, files: Mapping[str, Path | None]) -> None:
    from deeplearn_checks.reporting.formats import render  # noqa: PLC0415

    for name, file in files.items():
        if file is not None:
            file.write_text(render(name, report), encoding="utf-8")


def _print(report: RunReport, format_: str, *, verbose: bool) -> None:
    from deeplearn_checks.reporting.formats import render  # noqa: PLC0415
    from deeplearn_checks.reporting.text import text  # noqa: PLC0415

    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    shown = text(report, colour=colour, verbose=verbose) if format_ == "text" else render(format_, report)
    typer.echo(shown, nl=False)


def _exit_code(report: RunReport, format_: str) -> int:
    if report.interrupted:
        return INTERRUPTED
    if format_ == "readiness":
        from deeplearn_checks.reporting.readiness import exit_status  # noqa: PLC0415

        return max(exit_status(report), int(report.gate == "failed"))
    return int(report.gate == "failed")


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List every diagnostic: id, severity, effects, runbook step, title."""
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415

    rows = [
        {
            "id": one.id,
            "severity": one.severity.label,
            "effects": one.effects.label,
            "runbook": one.runbook,
            "title": one.title,
        }
        for one in CATALOG
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['id']:38} {row['severity']:9} {row['effects']:7} {row['runbook']:33} {row['title']}")


@app.command()
def explain(name: Annotated[str, typer.Argument(metavar="ID|CAUSE")]) -> None:
    """Explain a diagnostic or a cause: what it means, what to do, where the runbook speaks of it."""
    from deeplearn_checks.causes import CAUSES  # noqa: PLC0415
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415

    diagnostics = {one.id: one for one in CATALOG}
    if name in diagnostics:
        one = diagnostics[name]
        requires = ", ".join(other.id for other in one.requires) or "nothing"
        texts = [f"{one.id}: {one.title}", one.detail, f"Severity: {one.severity.label}; effects: {one.effects.label}"]
        texts += [f"Runbook: {one.runbook}", f"Needs first: {requires}"]
    elif name in CAUSES:
        cause = CAUSES[name]
        remedy = cause.remedy.format(api="$DEEPLEARN_API_BASE_URL", pages="$DEEPLEARN_PAGES_BASE_URL")
        texts = [f"{cause.slug}: {cause.meaning}", f"Remedy: {remedy}", f"Runbook: {cause.runbook}"]
    else:
        _refuse(f"there is no diagnostic and no cause {name!r}{_near(name, {**diagnostics, **CAUSES})}")
    typer.echo("\n\n".join(filter(None, texts)))


@app.command()
def sandbox(  # noqa: PLR0913  one parameter per option
    *,
    port: Port = None,
    state: State = None,
    latency: Latency = 0,
    empty: Empty = False,
    seed: Seed = None,
    repaired: Repaired = False,
    fault: FaultNames = None,
    var: Variables = None,
    without: Without = None,
    list_faults: ListFaults = False,
    as_json: AsJson = False,
) -> None:
    """Serve a DeepLearn deployment in a box, healthy or broken, until interrupted."""
    if list_faults:
        typer.echo(_faults(as_json=as_json))
        return
    if port is None:
        _refuse("--port is missing: say where to listen, such as --port 8787")
    if empty and seed is not None:
        _refuse("--empty and --seed contradict each other: leave one of them out")
    try:
        from deeplearn_checks.sandbox.server import local_origins, serve  # noqa: PLC0415  heavy, and an extra of the package
        from deeplearn_checks.sandbox.start import SandboxError, break_world, deploy  # noqa: PLC0415  likewise
    except ImportError as error:
        _refuse(f"sandbox: {error}; install it with: pip install 'deeplearn-checks[sandbox]'")
    try:
        world = deploy(var or [], without or [], state=state, empty=empty, count=seed, repaired=repaired)
        world.origins = local_origins(port)
        break_world(world, fault or [])
        gc.enable()
        serve(world, port, latency, _announce)
    except SandboxError as error:
        _refuse(str(error))


def _faults(*, as_json: bool) -> str:
    from deeplearn_checks.sandbox.faults import FAULTS  # noqa: PLC0415  only this option needs them

    rows = [
        {
            "name": one.name,
            "root_cause": one.root_cause,
            "severity": one.severity.label,
            "effects": one.effects.label,
            "environment": one.environment,
            "title": one.title,
        }
        for one in FAULTS
    ]
    if as_json:
        return json.dumps(rows, indent=2)
    return "\n".join(f"{row['name']:30} {row['root_cause']:32} {row['severity']:9} {row['title']}" for row in rows)


def _announce(exports: Mapping[str, str]) -> None:
    for name, value in exports.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _refuse(message: str) -> NoReturn:
    typer.echo(f"deeplearn-checks: {message}", err=True)
    raise typer.Exit(2)


INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def main() -> None:
    """Run the command line; what typer itself refuses is one line too.

    The garbage collector rests while modules are imported and when the process ends: a run is over in a second.
    """
    gc.disable()
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        typer.echo(f"deeplearn-checks: {error.format_message()} (--help lists what there is)", err=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()
        gc.enable()
