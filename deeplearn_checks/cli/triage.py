"""`deeplearn-checks triage`: what is behind the open alerts, who is hit, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import (
    AsJson,
    Deadline,
    EffectsLevel,
    Environment,
    FaultNames,
    IMeanIt,
    LeftOut,
    Notify,
    Sandbox,
    TargetUrl,
    fail,
    opened,
    shape,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.alerting import Triage

Shape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")]
GatewayDays = Annotated[int | None, typer.Option(metavar="N", help="Days of Razorpay's payments to judge (7).")]


def triage(  # noqa: PLR0913  one parameter per option
    *,
    format_: Shape = "text",
    as_json: AsJson = False,
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
    options: dict[str, object] = {"sandbox": sandbox, "faults": fault, "target": target, "environment": environment}
    options |= {
        "effects": effects,
        "i_mean_it": i_mean_it,
        "deadline": deadline,
        "gateway_days": gateway_days,
        "without": without,
    }
    with opened(options) as (settings, transport):
        from deeplearn_checks.alerting import Verdict  # noqa: PLC0415
        from deeplearn_checks.incident.notifying import addresses  # noqa: PLC0415
        from deeplearn_checks.incident.triage import triage as triaged  # noqa: PLC0415
        from deeplearn_checks.reporting import alerts as text  # noqa: PLC0415
        from deeplearn_checks.reporting.alerts_json import triage_json  # noqa: PLC0415

        urls = addresses(notify or ())
        done = triaged(settings, transport)
        writers = {"text": text.triage_text, "json": triage_json, "markdown": text.triage_markdown}
        typer.echo(writers[named](done), nl=False)
        delivered = _sent(done, urls)
        fail(unless=delivered and all(one.verdict is Verdict.RECOVERED for one in done.groups))


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
