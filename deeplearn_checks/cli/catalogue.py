"""`deeplearn-checks list` and `explain`: what is asked, and what the answers mean."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from deeplearn_checks.cli import completing
from deeplearn_checks.cli.options import AsJson, Extend, extended, near, refuse


def list_(*, extend: Extend = None, as_json: AsJson = False) -> None:
    """List every diagnostic: id, severity, effects, runbook step, title."""
    rows = [
        {
            "id": one.id,
            "severity": one.severity.label,
            "effects": one.effects.label,
            "runbook": one.runbook,
            "title": one.title,
        }
        for one in extended(extend).catalogue
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['id']:38} {row['severity']:9} {row['effects']:7} {row['runbook']:33} {row['title']}")


Name = Annotated[str, typer.Argument(metavar="ID|CAUSE", autocompletion=completing.explained)]


def explain(name: Name, *, extend: Extend = None) -> None:
    """Explain a diagnostic or a cause: what it means, what to do, where the runbook speaks of it."""
    added = extended(extend)
    diagnostics, causes = {one.id: one for one in added.catalogue}, added.causes
    if name in diagnostics:
        one = diagnostics[name]
        requires = ", ".join(other.id for other in one.requires) or "nothing"
        texts = [f"{one.id}: {one.title}", one.detail, f"Severity: {one.severity.label}; effects: {one.effects.label}"]
        texts += [f"Runbook: {one.runbook}", f"Needs first: {requires}"]
    elif name in causes:
        cause = causes[name]
        remedy = cause.remedy.format(api="$DEEPLEARN_API_BASE_URL", pages="$DEEPLEARN_PAGES_BASE_URL")
        texts = [f"{cause.slug}: {cause.meaning}", f"Remedy: {remedy}"]
        texts += [f"Prevention: {cause.prevention}", f"Runbook: {cause.runbook}"]
    else:
        refuse(f"there is no diagnostic and no cause {name!r}{near(name, {**diagnostics, **causes})}")
    typer.echo("\n\n".join(filter(None, texts)))
