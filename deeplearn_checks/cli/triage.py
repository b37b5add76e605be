"""`deeplearn-checks triage`: what is behind the open alerts, who is hit, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from deeplearn_checks.cli.notifying import notified
from deeplearn_checks.cli.options import (
    AsJson,
    BundleFile,
    Deadline,
    EffectsLevel,
    Environment,
    FaultNames,
    GatewayDays,
    IMeanIt,
    LeftOut,
    Notify,
    Sandbox,
    Shape,
    TargetUrl,
    fail,
    opened,
    refuse_beside_bundle,
    shape,
    told_in_one_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deeplearn_checks.alerting import Triage


_BESIDE_BUNDLE = {"format_": "--format", "as_json": "--json", "notify": "--notify"}


def triage(  # noqa: PLR0913  one parameter per option
    *,
    format_: Shape = "text",
    as_json: AsJson = False,
    bundle: BundleFile = None,
    notify: Notify = None,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    deadline: Deadline = None,
    gateway_days: GatewayDays = None,
    without: LeftOut = None,
) -> None:
    """Triage the open alerts: root cause, evidence, who is hit, next action; exit 1 unless all have recovered."""
    given = dict(locals())
    named = shape(format_, ("text", "json", "markdown"), as_json=as_json)
    if bundle is not None:
        refuse_beside_bundle(given, _BESIDE_BUNDLE)
        _recorded(bundle, named, notify or ())
        return
    with opened(given) as (settings, transport):
        from deeplearn_checks.incident.notifying import addresses  # noqa: PLC0415  what a command needs is loaded by it
        from deeplearn_checks.incident.triage import triage as triaged  # noqa: PLC0415  likewise

        urls = addresses(notify or ())
        _tell(triaged(settings, transport), named, urls)


def _recorded(file: Path, named: str, notify: Sequence[str]) -> None:
    """Triage the alerts of a recorded run."""
    from deeplearn_checks.bundle.archive import load  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.incident.notifying import addresses  # noqa: PLC0415  likewise
    from deeplearn_checks.incident.triage import triage_recorded  # noqa: PLC0415  likewise

    with told_in_one_line():
        urls = addresses(notify)
        _tell(triage_recorded(load(file)), named, urls)


def _tell(done: Triage, named: str, urls: Sequence[str]) -> None:
    """Print a triage and send its summary; exit 1 unless every alert was seen and recovered, and everybody was told."""
    from deeplearn_checks.alerting import Verdict  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.reporting import alerts as text  # noqa: PLC0415  likewise
    from deeplearn_checks.reporting.alerts_json import triage_json  # noqa: PLC0415  likewise

    body = text.triage_text(done)
    writers = {"text": text.triage_text, "json": triage_json, "markdown": text.triage_markdown}
    typer.echo(writers[named](done), nl=False)
    delivered = notified(urls, f"deeplearn-checks triage: {body.splitlines()[0]}", body)
    fail(unless=delivered and not done.open.at_limit and all(one.verdict is Verdict.RECOVERED for one in done.groups))
