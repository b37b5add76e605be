"""`deeplearn-checks triage`: what is behind the open alerts, who is hit, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
    TargetUrl,
    fail,
    opened,
    refuse,
    shape,
    told_in_one_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deeplearn_checks.alerting import Triage

Shape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")]


def triage(  # noqa: PLR0913  one parameter per option
    *,
    format_: Shape = "text",
    as_json: AsJson = False,
    bundle: BundleFile = None,
    notify: Notify = None,
    sandbox: Sandbox = False,
    fault: FaultNames = None,
    target: TargetUrl = None,
    environment: Environment = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    deadline: Deadline = None,
    gateway_days: GatewayDays = None,
    without: LeftOut = None,
) -> None:
    """Triage the open alerts: root cause, evidence, who is hit, next action; exit 1 unless all have recovered."""
    named = shape(format_, ("text", "json", "markdown"), as_json=as_json)
    if bundle is not None:
        if any((sandbox, fault, target, environment, effects, i_mean_it, deadline, gateway_days, without)):
            refuse("--bundle asks nobody: of the other options only --format, --json and --notify go with it")
        _recorded(bundle, named, notify or ())
        return
    options: dict[str, object] = {"sandbox": sandbox, "faults": fault, "target": target, "environment": environment}
    options |= {
        "effects": effects,
        "i_mean_it": i_mean_it,
        "deadline": deadline,
        "gateway_days": gateway_days,
        "without": without,
    }
    with opened(options) as (settings, transport):
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

    writers = {"text": text.triage_text, "json": triage_json, "markdown": text.triage_markdown}
    typer.echo(writers[named](done), nl=False)
    delivered = _sent(done, urls)
    fail(unless=delivered and not done.open.at_limit and all(one.verdict is Verdict.RECOVERED for one in done.groups))


def _sent(done: Triage, urls: Sequence[str]) -> bool:
    """Send the summary to each address, and say on standard error what could not be delivered."""
    from deeplearn_checks.incident.notifying import notify  # noqa: PLC0415
    from deeplearn_checks.reporting.alerts import triage_text  # noqa: PLC0415

    body = triage_text(done)
    notices = notify(urls, f"deeplearn-checks triage: {body.splitlines()[0]}", body)
    for notice in notices:
        if not notice.delivered:
            typer.echo(f"deeplearn-checks: {notice.service} was not notified: {notice.said}", err=True)
    return all(notice.delivered for notice in notices)
