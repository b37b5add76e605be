"""`deeplearn-checks certificate`: the Certification Failure Playbook for one learner, and the reissue."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import (
    AsJson,
    Deadline,
    Environment,
    FaultNames,
    IMeanIt,
    LeftOut,
    Sandbox,
    TargetUrl,
    in_colour,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.playbooks.chain import State

CourseId = Annotated[str, typer.Argument(metavar="COURSE_ID", help="The course, by the service's id.")]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="The learner, by the service's user id.")]
Again = Annotated[bool, typer.Option("--reissue", help="Re-run the completion action, and verify again: writes.")]
Yes = Annotated[bool, typer.Option("--yes", help="Reissue without asking.")]


def certificate(  # noqa: PLR0913  one parameter per option
    course_id: CourseId,
    user_id: UserId,
    *,
    reissue: Again = False,
    yes: Yes = False,
    as_json: AsJson = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
    i_mean_it: IMeanIt = None,
    without: LeftOut = None,
    deadline: Deadline = None,
) -> None:
    """Walk one certificate from enrollment to link; exit 0 where nothing is broken or unknown, else 1."""
    options = {**locals(), "effects": "data" if reissue else None}
    if yes and not reissue:
        refuse("--yes confirms a reissue: give --reissue with it")
    if reissue and not (yes or sys.stdin.isatty()):
        refuse("--reissue asks before it writes, and nobody can answer here: give --yes with it")
    from deeplearn_checks.playbooks.chain import State  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    try:
        if reissue:
            shown, state = _reissued(options, course_id, user_id, yes=yes, as_json=as_json)
        else:
            shown, state = _walked(options, course_id, user_id, as_json=as_json)
    except ConfigurationError as problem:
        refuse(str(problem))
    typer.echo(shown, nl=False)
    raise typer.Exit(0 if state is State.OK else 1)


def _walked(options: Mapping[str, object], course_id: str, user_id: str, *, as_json: bool) -> tuple[str, State]:
    """Walk, and write the walk."""
    from deeplearn_checks.playbooks import walked_certificate  # noqa: PLC0415
    from deeplearn_checks.reporting.walks import walk_json, walk_text  # noqa: PLC0415
    from deeplearn_checks.session import prepare  # noqa: PLC0415

    settings, transport = prepare(options)
    walk = walked_certificate(settings, course_id, user_id, transport=transport)
    return walk_json(walk) if as_json else walk_text(walk, colour=in_colour()), walk.state


def _reissued(
    options: Mapping[str, object], course_id: str, user_id: str, *, yes: bool, as_json: bool
) -> tuple[str, State]:
    """Say what would be changed, have it confirmed, reissue, and write both walks."""
    from deeplearn_checks.playbooks import planned_reissue, reissued  # noqa: PLC0415
    from deeplearn_checks.playbooks.reissue import declined  # noqa: PLC0415
    from deeplearn_checks.reporting.walks import announcement, reissue_json, reissue_text  # noqa: PLC0415
    from deeplearn_checks.session import prepare  # noqa: PLC0415

    settings, transport = prepare(options)
    done = planned_reissue(settings, course_id, user_id, transport=transport)
    if not done.refusal:
        typer.echo(announcement(done), err=True, nl=False)
        confirmed = yes or typer.confirm("Reissue it?", err=True)
        done = reissued(settings, course_id, user_id, transport=transport) if confirmed else declined(done)
    return reissue_json(done) if as_json else reissue_text(done, colour=in_colour()), done.state
