"""`deeplearn-checks doctor`: what is configured, what is missing, and whether the machine can do it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, Environment, LeftOut, Sandbox, TargetUrl, fail, in_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from httpx import AsyncBaseTransport

    from deeplearn_checks.settings import Settings
    from deeplearn_checks.setup.doctor import Check

Offline = Annotated[bool, typer.Option("--offline", help="Ask nobody: the clock is not compared.")]

_NOBODY = "http://no-target.invalid"
"""Stands where there is no target, so that the other settings can be read; it is never asked and never shown."""

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
    """Look at everything; without a target, at what the other settings would enable once there is one."""
    from deeplearn_checks.extending import extension  # noqa: PLC0415  as above
    from deeplearn_checks.settings import NO_TARGET  # noqa: PLC0415  likewise
    from deeplearn_checks.setup import doctor, machine  # noqa: PLC0415  likewise

    settings, transport, problem = _prepared(options)
    told, problems = settings, [problem]
    if problem == NO_TARGET:
        told, _, further = _prepared({**options, "target": _NOBODY})
        problems.append(further)
    for one in filter(None, problems):
        yield doctor.Check("settings", "configuration", doctor.State.PROBLEM, one)
    if told:
        added = extension(None)
        yield from (check for check in doctor.configured(told) if check.says != _NOBODY)
        yield from doctor.added(added)
        yield from doctor.parts(told, added.catalogue)
    if settings and not offline:
        yield machine.clock(settings, transport)
    else:
        yield doctor.Check("machine", "clock", doctor.State.MISSING, "not compared: no target was asked")
    yield from machine.examined(machine.Machine(), told)


def _prepared(options: Mapping[str, object]) -> tuple[Settings | None, AsyncBaseTransport | None, str]:
    """Answer settings and wire, or what is wrong with the configuration."""
    from deeplearn_checks.session import prepare  # noqa: PLC0415  as above
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

    try:
        return *prepare(options), ""
    except ConfigurationError as problem:
        return None, None, str(problem)


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
