"""`deeplearn-checks sandbox`: a deployment in a box, healthy or broken."""

from __future__ import annotations

import gc
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, Extend, FaultNames, extended, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Port = Annotated[
    int | None, typer.Option(metavar="P", min=1, max=65_533, help="API on P, Pages site on P+1, Razorpay on P+2.")
]
State = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep database and certificates in DIR.")]
Latency = Annotated[float, typer.Option(metavar="MS", min=0, help="Delay every answer by MS milliseconds.")]
Empty = Annotated[bool, typer.Option("--empty", help="Start with no rows and only the settings given by --var.")]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, help="Learners in the population (40).")]
Repaired = Annotated[bool, typer.Option("--repaired", help="Serve a service without the four faults of today's.")]
Variables = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="One setting; repeatable.")]
Without = Annotated[list[str] | None, typer.Option(metavar="BINDING", help="Leave a binding out; repeatable.")]
ListFaults = Annotated[bool, typer.Option("--list-faults", help="List every fault and its root cause, and end.")]


def sandbox(  # noqa: PLR0913  one parameter per option
    *,
    port: Port = None,
    state: State = None,
    latency: Latency = 0,
    empty: Empty = False,
    seed: Seed = None,
    repaired: Repaired = False,
    fault: FaultNames = None,
    extend: Extend = None,
    var: Variables = None,
    without: Without = None,
    list_faults: ListFaults = False,
    as_json: AsJson = False,
) -> None:
    """Serve a DeepLearn deployment in a box, healthy or broken, until interrupted."""
    others = extended(extend).faults
    if list_faults:
        typer.echo(_faults(others, as_json=as_json))
        return
    if port is None:
        refuse("--port is missing: say where to listen, such as --port 8787")
    if empty and seed is not None:
        refuse("--empty and --seed contradict each other: leave one of them out")
    try:
        from deeplearn_checks.sandbox.server import local_origins, serve  # noqa: PLC0415  heavy, and an extra of the package
        from deeplearn_checks.sandbox.start import SandboxError, break_world, deploy  # noqa: PLC0415  likewise
    except ImportError as error:
        refuse(f"sandbox: {error}; install it with: pip install 'deeplearn-checks[sandbox]'")
    try:
        world = deploy(var or [], without or [], state=state, empty=empty, count=seed, repaired=repaired)
        world.origins = local_origins(port)
        break_world(world, fault or [], others)
        gc.enable()
        serve(world, port, latency, _announce, state)
    except SandboxError as error:
        refuse(str(error))


def _faults(others: Sequence[object], *, as_json: bool) -> str:
    from deeplearn_checks.sandbox.faults import known_faults  # noqa: PLC0415  only this option needs them

    try:
        known = known_faults(others)
    except ValueError as problem:
        refuse(f"--extend: {problem}")

    rows = [
        {
            "name": one.name,
            "root_cause": one.root_cause,
            "severity": one.severity.label,
            "effects": one.effects.label,
            "environment": one.environment,
            "title": one.title,
        }
        for one in known
    ]
    if as_json:
        return json.dumps(rows, indent=2)
    return "\n".join(f"{row['name']:30} {row['root_cause']:32} {row['severity']:9} {row['title']}" for row in rows)


def _announce(exports: Mapping[str, str]) -> None:
    for name, value in exports.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()
