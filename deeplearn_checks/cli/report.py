"""`deeplearn-checks report`: Allure's report over one or several runs, with their history."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import refuse, told_in_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.redaction import Redactor

Results = Annotated[
    list[Path] | None, typer.Argument(metavar="RESULTS...", help="Folders of --alluredir (build/allure-results).")
]
Output = Annotated[Path, typer.Option(metavar="DIR", help="Where index.html goes (build/allure-report).")]
History = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Earlier runs, read and continued (DIR/history.jsonl).")
]
Named = Annotated[str, typer.Option("--environment", metavar="NAME", help="The environment of results that name none.")]
Open = Annotated[bool, typer.Option("--open", help="Serve it on this machine and open a browser, until Ctrl-C.")]


def report(
    results: Results = None,
    *,
    output: Output = Path("build/allure-report"),
    history: History = None,
    environment: Named = "",
    open_: Open = False,
) -> None:
    """Build Allure's one-file report: trend, flaky checks and retries over runs, environments side by side."""
    page = output / "index.html"
    _build(results or [Path("build/allure-results")], page, history or output / "history.jsonl", environment)
    typer.echo(f"Report: {page.resolve()}")
    if open_:
        from deeplearn_checks.cli.serving import look  # noqa: PLC0415  only this option needs it

        look(page.read_bytes(), typer.echo)


def _build(results: Sequence[Path], page: Path, history: Path, environment: str) -> None:
    """Write page and history, both or none."""
    from deeplearn_checks.cli.writing import refuse_unwritable, save  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.reporting import allure_report as allure  # noqa: PLC0415  likewise
    from deeplearn_checks.reporting.allure_html import self_contained  # noqa: PLC0415  likewise
    from deeplearn_checks.reporting.allure_masking import masked  # noqa: PLC0415  likewise

    with told_in_one_line(), tempfile.TemporaryDirectory() as folder:
        command = allure.allure_command(Path.cwd(), os.environ)
        earlier = allure.history_in(history)
        for one in results:
            allure.results_in(one)
        redact = _redactor()
        shown = tuple(masked(one, Path(folder, f"results-{number}"), redact) for number, one in enumerate(results))
        plan = allure.Plan(shown, earlier, environment.strip())
        for made in (page.parent, history.parent):
            _make(made)
        refuse_unwritable({"--output": page, "--history": history})
        built = allure.build(plan, command, Path(folder))
        save(page, lambda part: part.write_text(self_contained(built.page), encoding="utf-8"))
        save(history, lambda part: part.write_text("".join(f"{text}\n" for text in built.history), encoding="utf-8"))


def _redactor() -> Redactor:
    """Make the redactor of the configuration, with or without a target: a report asks nobody."""
    from deeplearn_checks.settings import NO_TARGET, ConfigurationError, load_settings, redactor  # noqa: PLC0415  likewise

    try:
        return redactor(load_settings())
    except ConfigurationError as problem:
        if str(problem) != NO_TARGET:
            raise
        return redactor(load_settings({"api_base_url": "http://no-target.invalid"}))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        refuse(f"cannot make the folder {folder} ({problem.strerror}); name another one")
