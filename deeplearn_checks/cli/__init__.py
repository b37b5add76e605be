"""The command line: parses, calls, prints, exits.

Exit codes: 0 ready, 1 not ready, 2 bad usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import gc
import sys
from typing import cast

import typer

from deeplearn_checks.cli.alerts import alerts
from deeplearn_checks.cli.audit import audit
from deeplearn_checks.cli.bundle import bundle
from deeplearn_checks.cli.catalogue import explain, list_
from deeplearn_checks.cli.certificate import certificate
from deeplearn_checks.cli.incident import incident
from deeplearn_checks.cli.lead import lead
from deeplearn_checks.cli.options import INTERRUPTED
from deeplearn_checks.cli.run import run
from deeplearn_checks.cli.runbook import runbook
from deeplearn_checks.cli.sandbox import sandbox
from deeplearn_checks.cli.triage import triage
from deeplearn_checks.cli.webhook import webhook

app = typer.Typer(
    name="deeplearn-checks",
    help="DeepLearn's incident runbook, made executable.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command("list")(list_)
app.command()(explain)
app.command()(lead)
app.command()(certificate)
app.add_typer(incident, name="incident")
app.add_typer(alerts, name="alerts")
app.command()(triage)
app.command()(audit)
app.command()(runbook)
app.command()(sandbox)
app.add_typer(webhook)
app.add_typer(bundle, name="bundle")

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""What typer raises for options it cannot read; it exports only this subclass."""


@app.callback()
def deeplearn_checks() -> None:
    """DeepLearn's incident runbook, made executable."""


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
        if "duckdb" not in sys.modules:  # which looks, at the very end, for what nobody collected, and lists it
            gc.freeze()
        gc.enable()
