"""`deeplearn-checks audit SOURCE`: every lead, payment, enrollment and certificate held against each other."""

from __future__ import annotations

import gc
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.interrupting import interruptible
from deeplearn_checks.cli.options import (
    Environment,
    Extend,
    FailOn,
    FaultNames,
    TargetUrl,
    fail,
    in_colour,
    refuse,
    shape,
)
from deeplearn_checks.cli.progress import progress
from deeplearn_checks.cli.writing import refuse_unwritable, save

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.audit.result import AuditReport
    from deeplearn_checks.audit_session import AuditOptions

FORMATS = ("text", "json", "csv", "html", "parquet")

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A D1 export (SQLite file or SQL dump), a folder of Parquet files, d1, or sandbox."
    ),
]
Payments = Annotated[str, typer.Option(metavar="FILE|razorpay|none", help="Razorpay's payments (none).")]
Certificates = Annotated[str, typer.Option(metavar="FILE|api|none", help="The certificates in the bucket (none).")]
Engine = Annotated[str, typer.Option(metavar="ENGINE", help="What runs the rules: sqlite, duckdb or spark (sqlite).")]
Master = Annotated[str, typer.Option(metavar="URL", help="The Spark cluster, for --engine spark.")]
Only = Annotated[list[str] | None, typer.Option(metavar="RULE", help="Run only this rule; repeatable.")]
Since = Annotated[str, typer.Option(metavar="DATE", help="Leave out what happened before (ISO 8601, UTC).")]
Rules = Annotated[
    list[Path] | None, typer.Option("--rules", metavar="DIR", help="A folder of rules of your own; repeatable.")
]
BaselineFile = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="What is known and does not fail the run.")
]
WriteBaseline = Annotated[
    Path | None, typer.Option("--write-baseline", metavar="FILE", help="Write down what is found as known.")
]
Shape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json, csv, html or parquet (text).")]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report there, for its owner alone.")]
RevealFile = Annotated[
    Path | None, typer.Option("--reveal", metavar="FILE", help="Write the real ids there, for its owner alone.")
]
PerRule = Annotated[float, typer.Option("--deadline", metavar="S", help="Seconds that one rule may take (300).")]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, help="Learners of the sandbox (40).")]
List = Annotated[bool, typer.Option("--list", help="List the rules, and end.")]


def audit(  # noqa: PLR0913  one parameter per option
    *,
    source: Source = "",
    payments: Payments = "",
    certificates: Certificates = "",
    engine: Engine = "sqlite",
    master: Master = "",
    only: Only = None,
    since: Since = "",
    rules: Rules = None,
    extend: Extend = None,
    baseline: BaselineFile = None,
    write_baseline: WriteBaseline = None,
    fail_on: FailOn = None,
    format_: Shape = "text",
    output: Output = None,
    reveal: RevealFile = None,
    deadline: PerRule = 300.0,
    fault: FaultNames = None,
    seed: Seed = None,
    target: TargetUrl = None,
    environment: Environment = None,
    list_: List = False,
) -> None:
    """Hold every row of SOURCE to every rule: print what is broken, the money at stake, since when; exit 1 if any."""
    from deeplearn_checks.audit_session import AuditOptions  # noqa: PLC0415  what a command needs is loaded by it

    named = shape(format_, FORMATS, as_json=False)
    options = AuditOptions(
        source=source,
        payments=payments,
        certificates=certificates,
        engine=engine,
        master=master,
        only=only or (),
        since=since,
        folders=rules or (),
        extend=extend or (),
        baseline=baseline,
        write_baseline=write_baseline,
        reveal=reveal,
        deadline=deadline,
        faults=fault or (),
        seed=seed,
        flags={"target": target, "environment": environment, "fail_on": fail_on},
    )
    if list_:
        _list(options, named)
        return
    _audit(options, named, output)


def _list(options: AuditOptions, named: str) -> None:
    """Print every rule that would be run: id, severity, key, runbook step, meaning."""
    from deeplearn_checks.audit_session import selected  # noqa: PLC0415
    from deeplearn_checks.reporting.audit_json import rules_json  # noqa: PLC0415
    from deeplearn_checks.reporting.audit_text import rules_text  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    writers = {"text": rules_text, "json": rules_json}
    if named not in writers:
        refuse(f"--format: --list has no format {named!r}; choose from {', '.join(writers)}")
    try:
        rules = selected(options)
    except ConfigurationError as problem:
        refuse(str(problem))
    typer.echo(writers[named](rules), nl=False)


def _audit(options: AuditOptions, named: str, output: Path | None) -> None:
    """Audit, write what was asked for, and end with the gate's answer."""
    from deeplearn_checks.audit.auditing import is_ready  # noqa: PLC0415

    _refuse_unusable(options, named, output)
    report = _audited(options)
    _write(report, named, output)
    fail(unless=is_ready(report))


def _refuse_unusable(options: AuditOptions, named: str, output: Path | None) -> None:
    """Refuse, before anything is read, what could not be written afterwards."""
    for form, module, extra in (("html", "jinja2", "report"), ("parquet", "pyarrow", "duckdb")):
        if named == form and find_spec(module) is None:
            refuse(f"--format {form} needs {module}; install it with: pip install 'deeplearn-checks[{extra}]'")
    if named == "parquet" and output is None:
        refuse("--format parquet is no text: say where to write it, with --output FILE")
    refuse_unwritable(
        {"--output": output, "--reveal": options.reveal, "--write-baseline": options.write_baseline},
        dict(_read(options)),
    )


def _read(options: AuditOptions) -> Iterator[tuple[Path, str]]:
    """Give each file that the audit reads, with what names it; a baseline may be written over by the next one."""
    from deeplearn_checks.audit.tables import TABLES  # noqa: PLC0415  what a command needs is loaded by it

    given = {"SOURCE": [options.source], "--certificates": [options.certificates]}
    given["--payments"] = [options.payments, *options.payments.split(",")]
    if options.baseline and options.write_baseline != options.baseline:
        given["--baseline"] = [str(options.baseline)]
    for option, texts in given.items():
        for place in (Path(text.strip()).expanduser() for text in texts if text.strip()):
            yield place, option
            yield from ((place / f"{table}.parquet", option) for table in TABLES)


def _audited(options: AuditOptions) -> AuditReport:
    """Run the audit, and say meanwhile what it is doing; what cannot be used is refused in one line."""
    from deeplearn_checks.audit_session import audited  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    gc.freeze()  # what is imported by now stays: the collector need not look at it again
    gc.enable()
    try:
        with interruptible() as ask, progress() as tell:

            def step(said: str) -> None:
                ask()
                tell(said)

            return audited(options, step)
    except ConfigurationError as problem:
        refuse(str(problem))


def _write(report: AuditReport, named: str, output: Path | None) -> None:
    """Print the report, or write it to a file and say on standard error how it ended."""
    if output is None:
        typer.echo(_rendered(report, named), nl=False)
    elif named == "parquet":
        from deeplearn_checks.reporting.audit_parquet import audit_parquet  # noqa: PLC0415

        save(output, lambda part: audit_parquet(report, part))
    else:
        text = _rendered(report, named, for_file=True).encode("utf-8", "replace")
        save(output, lambda part: part.write_bytes(text))
    if named != "text" or output is not None:
        _say(report, output)


def _say(report: AuditReport, output: Path | None) -> None:
    """Tell on standard error what nobody should miss who reads no file."""
    from deeplearn_checks.reporting.audit_wording import counted, unheard, verdict  # noqa: PLC0415

    where = f"; written to {output}" if output else ""
    typer.echo(f"deeplearn-checks: {verdict(report)}: {counted(report)}{where}", err=True)
    if loud := unheard(report):
        typer.echo(f"deeplearn-checks: {loud}", err=True)


def _rendered(report: AuditReport, named: str, *, for_file: bool = False) -> str:
    """Answer the text of a report in one form; what writes the others is not loaded."""
    match named:
        case "json":
            from deeplearn_checks.reporting.audit_json import audit_json  # noqa: PLC0415

            return audit_json(report)
        case "csv":
            from deeplearn_checks.reporting.audit_csv import audit_csv  # noqa: PLC0415

            return audit_csv(report)
        case "html":
            from deeplearn_checks.reporting.audit_html import audit_html  # noqa: PLC0415

            return audit_html(report)
        case _:
            from deeplearn_checks.reporting.audit_text import audit_text  # noqa: PLC0415

            return audit_text(report, colour=in_colour() and not for_file)
