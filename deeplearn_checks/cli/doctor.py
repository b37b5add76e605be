"""`deeplearn-checks doctor`: what is configured, what is missing, and whether the machine can do it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, Environment, LeftOut, Sandbox, TargetUrl, fail, in_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks.setup.doctor import Check

Offline = Annotated[bool, typer.Option("--offline", help="Ask nobody: the clock is not compared.")]

_STYLES = {"ok": "green", "left out": "dim", "missing": "yellow", "problem": "red"}


def doctor(  # noqa: PLR0913  one parameter per option
    *,
    target: TargetUrl = None,
    environment: Environment = None,
    without: LeftOut = None,
    offline: Offline = False,
    sandbox: Sandbox = False,
    as_json: AsJson = False,
) -> None:
    """Say what is configured, what each missing setting would enable, and whether this machine can do it.

    Exits with 1 where something keeps a run from being ready.
    """
    options = dict(locals())
    from deeplearn_checks.setup.doctor import healthy  # noqa: PLC0415  what a command needs is loaded by it

    checks = list(_checks(options, offline=offline))
    if as_json:
        typer.echo(json.dumps({"healthy": healthy(checks), "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        typer.echo("\n".join(_lines(checks)))
    fail(unless=healthy(checks))


def _checks(options: Mapping[str, object], *, offline: bool) -> Iterator[Check]:
    from deeplearn_checks.extending import extension  # noqa: PLC0415  as above
    from deeplearn_checks.session import prepare  # noqa: PLC0415  likewise
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise
    from deeplearn_checks.setup import doctor, machine  # noqa: PLC0415  likewise

    settings, transport = None, None
    try:
        settings, transport = prepare(options)
    except ConfigurationError as problem:
        yield doctor.Check("settings", "configuration", doctor.State.PROBLEM, str(problem))
    if settings:
        added = extension(None)
        yield from doctor.configured(settings)
        yield from doctor.added(added)
        yield from doctor.parts(settings, added.catalogue)
    if settings and not offline:
        yield machine.clock(settings, transport)
    else:
        yield doctor.Check("machine", "clock", doctor.State.MISSING, "not compared: no target was asked")
    yield from machine.examined(machine.Machine(), settings)


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    """Write a line for each check, its area before the first of it, its remedy below."""
    from deeplearn_checks.reporting.text import painter  # noqa: PLC0415  as above

    paint = painter(colour=in_colour())
    width = max(len(check.name) for check in checks)
    area = ""
    for check in checks:
        if check.area != area:
            area = check.area
            yield paint("bold", area.upper())
        yield f"  {paint(_STYLES[check.state], f'{check.state:<8}')} {check.name:<{width}}  {check.says}"
        if check.remedy:
            yield f"  {'':<8} {'':<{width}}    {check.remedy}"
