"""The command line: parses, calls, prints, exits.

Exit codes: 0 ready, 1 not ready, 2 bad usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from deeplearn_checks.cli.options import INTERRUPTED

if TYPE_CHECKING:
    from typer._click import Command, Context

COMMANDS = {
    "run": "run",
    "list": "catalogue:list_",
    "explain": "catalogue",
    "lead": "lead",
    "certificate": "certificate",
    "incident": "incident",
    "alerts": "alerts",
    "triage": "triage",
    "audit": "audit",
    "monitor": "monitor",
    "report": "report",
    "runbook": "runbook",
    "sandbox": "sandbox",
    "webhook": "webhook",
    "bundle": "bundle",
    "init": "init",
    "doctor": "doctor",
}
"""Every command in the order of the help, and the module here that holds it (where it has another name, `:name`)."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""How writing fails for want of room."""

EXIT_CODES = "Exit codes: 0 well, 1 not well, 2 bad usage or settings, 130 interrupted."
"""The last line of every help."""

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""What typer raises for options it cannot read; it exports only this subclass."""


class Commands(TyperGroup):
    """Loads the one command that is called: the others would cost each run time and memory."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002, D102  typer's
        return [*COMMANDS]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002, D102  typer's
        return loaded(cmd_name) if cmd_name in COMMANDS else None


def loaded(name: str) -> Command:
    """Answer a command by its name."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"deeplearn_checks.cli.{module}"), attribute or name)
    if isinstance(found, typer.Typer):
        command: Command = get_group(found)
    else:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    _end_with_exit_codes(command)
    return command


def _end_with_exit_codes(command: Command) -> None:
    """Let the help of a command, and of those below it, end with the exit codes."""
    command.epilog = EXIT_CODES
    for below in getattr(command, "commands", {}).values():
        _end_with_exit_codes(below)


app = typer.Typer(
    cls=Commands,
    name="deeplearn-checks",
    help="DeepLearn's incident runbook, made executable.",
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(*, wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  a run needs none

        typer.echo(f"deeplearn-checks {version('deeplearn-checks')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True, help="Say which.")
]


@app.callback()
def deeplearn_checks(*, version: Version = False) -> None:
    """DeepLearn's incident runbook, made executable."""


def _drop_output() -> None:
    """Let what standard output still holds go nowhere: else the end of the process would try once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the command line; what typer itself refuses is one line too.

    The garbage collector rests while modules are imported and when the process ends: a run is over in a second.
    """
    gc.disable()
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        told = error.format_message()
        is_help = told.startswith("Usage:")  # of a command that needs another word
        typer.echo(told if is_help else f"deeplearn-checks: {told} (--help lists what there is)", err=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except OSError as problem:
        if problem.errno not in _FULL:
            raise
        _drop_output()
        typer.echo(f"deeplearn-checks: standard output took not all of it ({problem.strerror}); give it room", err=True)
        sys.exit(2)
    finally:
        if "duckdb" not in sys.modules:  # which looks, at the very end, for what nobody collected, and lists it
            gc.freeze()
        gc.enable()
