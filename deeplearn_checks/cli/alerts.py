"""`deeplearn-checks alerts list|acknowledge|resolve`: the runbook's alert workflow, by hand or in a script."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from deeplearn_checks.cli.options import (
    AsJson,
    Deadline,
    EffectsLevel,
    Environment,
    FaultNames,
    IMeanIt,
    LeftOut,
    Sandbox,
    Shape,
    TargetUrl,
    Yes,
    fail,
    opened,
    refuse,
    shape,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Context

    from deeplearn_checks import models
    from deeplearn_checks.incident.recording import Recording
    from deeplearn_checks.session import Prepared
    from deeplearn_checks.settings import Settings


class ListUnlessNamed(TyperGroup):
    """`alerts` alone lists: what an operator types first."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Take words that name no command as options of `list`."""
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])


alerts = typer.Typer(cls=ListUnlessNamed, help="List, acknowledge and resolve alerts.", rich_markup_mode=None)

Ids = Annotated[list[str], typer.Argument(metavar="ID|SOURCE/EVENT_TYPE...", help="Alerts by id, or whole groups.")]
Limit = Annotated[int, typer.Option(metavar="N", min=1, max=200, help="How many alerts to ask for, 200 at most.")]
PlainShape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")]
Force = Annotated[bool, typer.Option("--force", help="Resolve whatever the diagnostics say; needs --why.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why it is resolved without proof; goes with --force.")]


@alerts.command("list")
def list_(  # noqa: PLR0913  one parameter per option
    *,
    limit: Limit = 100,
    format_: Shape = "text",
    as_json: AsJson = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
) -> None:
    """List the open alerts in groups: age, severity by the runbook, impact, playbook."""
    named = shape(format_, ("text", "json", "markdown"), as_json=as_json)
    with opened(locals()) as (settings, transport):
        from deeplearn_checks.incident.alert_groups import list_alerts  # noqa: PLC0415
        from deeplearn_checks.reporting import alerts as text  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts_json import alerts_json  # noqa: PLC0415

        known = list_alerts(settings, limit=limit, transport=transport)
        writers = {"text": text.alerts_text, "json": alerts_json, "markdown": text.alerts_markdown}
        typer.echo(writers[named](known), nl=False)


@alerts.command()
def acknowledge(  # noqa: PLR0913  one parameter per option
    ids: Ids,
    *,
    yes: Yes = False,
    format_: PlainShape = "text",
    as_json: AsJson = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
) -> None:
    """Acknowledge open alerts, as the runbook asks when triage starts; exit 1 where one could not be."""
    named = shape(format_, ("text", "json"), as_json=as_json)
    with opened(locals()) as prepared:
        from deeplearn_checks.alerting import SETTLED  # noqa: PLC0415
        from deeplearn_checks.incident import resolving  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts import changes_text  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts_json import changes_json  # noqa: PLC0415

        _confirm(prepared, ids, "acknowledged", yes=yes)
        changes = resolving.acknowledge(prepared[0], ids, transport=prepared[1], record=_recording(prepared[0], ids))
        typer.echo(changes_json(changes) if named == "json" else changes_text(changes), nl=False)
        fail(unless=all(one.outcome in SETTLED for one in changes))


@alerts.command()
def resolve(  # noqa: PLR0913  one parameter per option
    ids: Ids,
    *,
    yes: Yes = False,
    force: Force = False,
    why: Why = "",
    format_: PlainShape = "text",
    as_json: AsJson = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    deadline: Deadline = None,
    without: LeftOut = None,
) -> None:
    """Resolve alerts whose playbooks' diagnostics pass; exit 1 where one does not, or a critical alert is open."""
    named = shape(format_, ("text", "json"), as_json=as_json)
    if force != bool(why.strip()):
        refuse("--force and --why TEXT go together: resolving without proof needs its reason")
    with opened(locals()) as prepared:
        from deeplearn_checks.incident import resolving  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts import resolution_text  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts_json import resolution_json  # noqa: PLC0415

        _confirm(prepared, ids, "resolved", yes=yes)
        record = _recording(prepared[0], ids, forced=force)
        keep = record.kept_run("proof")
        done = resolving.resolve(prepared[0], ids, transport=prepared[1], record=record, keep=keep, why=why)
        typer.echo(resolution_json(done) if named == "json" else resolution_text(done), nl=False)
        fail(unless=done.is_recovered)


def _recording(settings: Settings, ids: Sequence[str], *, forced: bool = False) -> Recording:
    """Answer what writes each change into the open incidents that hold its alert; what is forced, in any case."""
    from deeplearn_checks.cli.incident import kept  # noqa: PLC0415
    from deeplearn_checks.incident.recording import recording  # noqa: PLC0415

    return recording(kept(settings), ids, settings, forced=forced)


def _confirm(prepared: Prepared, ids: Sequence[str], asked: str, *, yes: bool) -> None:
    """Ask before anything is written; without a terminal and without --yes refuse in one line."""
    if yes:
        return
    if not sys.stdin.isatty():
        refuse("this writes to the target and there is no terminal to ask at: add --yes")
    from deeplearn_checks.incident.choosing import meant  # noqa: PLC0415

    settings, transport = prepared
    found = meant(settings, ids, asked, transport=transport)
    if found and not typer.confirm(f"{_counted(found)} at {settings.host} to be {asked}: go on?", err=True):
        refuse("nothing was sent")


def _counted(found: Sequence[models.Alert]) -> str:
    kinds = Counter(f"{alert.source}/{alert.event_type}" for alert in found)
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())
