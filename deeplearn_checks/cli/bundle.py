"""`deeplearn-checks bundle`: look into a recorded run, and hold two against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, refuse

if TYPE_CHECKING:
    from deeplearn_checks.bundle.contents import Bundle

File = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file that --record wrote.")]
Before = Annotated[Path, typer.Argument(metavar="A", help="The bundle of the run before.")]
After = Annotated[Path, typer.Argument(metavar="B", help="The bundle of the run after.")]
Exchanges = Annotated[bool, typer.Option("--exchanges", help="List every exchange.")]
Number = Annotated[int | None, typer.Option("--exchange", metavar="N", help="Show one exchange in full.")]

bundle = typer.Typer(help="Look into recorded runs, and compare them.", rich_markup_mode=None, no_args_is_help=True)


@bundle.command()
def show(file: File, *, exchanges: Exchanges = False, exchange: Number = None, as_json: AsJson = False) -> None:
    """Show what a bundle holds: when and of what, findings, the slowest requests."""
    from deeplearn_checks.reporting import bundles  # noqa: PLC0415  what a command needs is loaded by it

    held = _loaded(file)
    if exchange is None:
        write = bundles.bundle_json if as_json else bundles.bundle_text
        typer.echo(write(held, exchanges=exchanges), nl=False)
        return
    if not 1 <= exchange <= len(held.exchanges):
        refuse(f"--exchange: {file} holds exchanges 1 to {len(held.exchanges)}")
    one = held.exchanges[exchange - 1]
    typer.echo(bundles.exchange_json(one) if as_json else bundles.exchange_text(one), nl=False)


@bundle.command()
def diff(before: Before, after: After, *, as_json: AsJson = False) -> None:
    """Say what changed from A to B; exit 0 when findings and shapes of answers are the same, else 1."""
    from deeplearn_checks.bundle.comparing import difference  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.reporting import bundles  # noqa: PLC0415  likewise

    found = difference(_loaded(before), _loaded(after))
    typer.echo(bundles.difference_json(found) if as_json else bundles.difference_text(found), nl=False)
    raise typer.Exit(0 if found.is_none else 1)


def _loaded(file: Path) -> Bundle:
    """Read a bundle; one that cannot be read is refused in one line."""
    from deeplearn_checks.bundle.archive import BundleError, load  # noqa: PLC0415  what a command needs is loaded by it

    try:
        return load(file)
    except BundleError as problem:
        refuse(str(problem))
