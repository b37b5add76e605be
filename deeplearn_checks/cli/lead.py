"""`deeplearn-checks lead`: the Payment Failure Playbook, walked for one person."""

from __future__ import annotations

from typing import Annotated

import typer

from deeplearn_checks.cli.options import (
    AsJson,
    Deadline,
    Environment,
    FaultNames,
    GatewayDays,
    LeftOut,
    Sandbox,
    TargetUrl,
    in_colour,
    refuse,
)

Who = Annotated[str, typer.Argument(metavar="EMAIL|PHONE|LEAD_ID", help="Whom to walk for; else DEEPLEARN_KNOWN_LEAD.")]


def lead(  # noqa: PLR0913  one parameter per option
    *,
    who: Who = "",
    as_json: AsJson = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
    without: LeftOut = None,
    deadline: Deadline = None,
    gateway_days: GatewayDays = None,
) -> None:
    """Walk one lead's chain from registration to certificate; exit 0 where nothing is broken or unknown, else 1."""
    options = dict(locals())
    from deeplearn_checks.playbooks import walked_lead  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.playbooks.chain import State  # noqa: PLC0415
    from deeplearn_checks.reporting.walks import walk_json, walk_text  # noqa: PLC0415
    from deeplearn_checks.session import prepare  # noqa: PLC0415
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    try:
        settings, transport = prepare(options)
        wanted = who or settings.known_lead.get_secret_value()
        walk = walked_lead(settings, wanted, transport=transport)
    except ConfigurationError as problem:
        refuse(str(problem))
    typer.echo(walk_json(walk) if as_json else walk_text(walk, colour=in_colour()), nl=False)
    raise typer.Exit(0 if walk.state is State.OK else 1)
