"""Triage: the open alerts, the diagnostics that their playbooks call for, and what that says of each.

Source: runbook, Alert Workflow, Classify and Act.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Triage, TriagedGroup, Verdict
from deeplearn_checks.bundle.replaying import Replay
from deeplearn_checks.finding import Outcome, Skip, UnansweredError
from deeplearn_checks.incident.affected import affected
from deeplearn_checks.incident.alert_groups import open_groups
from deeplearn_checks.incident.proof import playbook_diagnostics, results_of, shown_otherwise, unproved
from deeplearn_checks.incident.reaching import reached
from deeplearn_checks.questions import together
from deeplearn_checks.runner import run
from deeplearn_checks.target import ALERTS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from deeplearn_checks.alerting import AlertGroup, OpenAlerts
    from deeplearn_checks.bundle.contents import Bundle
    from deeplearn_checks.results import Result, RootCause, RunReport
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Observed

__all__ = ["Triage", "TriagedGroup", "Verdict", "triage", "triage_recorded", "triaged"]

_READ_IT = (
    "no diagnostic looks into this: read it (/console -> CTO tab -> Open alerts), mend it, then: "
    "deeplearn-checks alerts resolve {name} --force --why TEXT"
)


def triage(
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    keep: Callable[[Observed], None] | None = None,
) -> Triage:
    """Triage the open alerts of a target and wait; raises ConfigurationError and UnansweredError."""
    return asyncio.run(triaged(settings, transport, keep=keep))


async def triaged(
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    keep: Callable[[Observed], None] | None = None,
) -> Triage:
    """Read the open alerts, ask just what their playbooks call for, and judge each group.

    *keep* is given all that the run of the playbooks saw, where they ask anything. Raises
    ConfigurationError where the admin token is missing, UnansweredError where the alerts cannot be read; what the
    diagnostics meet is in their findings.
    """
    async with reached(settings, transport) as target:
        known = await open_groups(target, ALERTS_LIMIT)
        asked = playbook_diagnostics(known.groups)
        report = await run(asked, settings, transport=transport, keep=keep if asked else None)
        return await _all_judged(target, known, report)


def triage_recorded(bundle: Bundle) -> Triage:
    """Triage the alerts that were open when a run was recorded, by what it found; asks nobody.

    Raises UnansweredError where the run did not read the alerts.
    """
    return asyncio.run(_triaged_recorded(bundle))


async def _triaged_recorded(bundle: Bundle) -> Triage:
    recorded = Replay(bundle)
    async with reached(recorded.settings, recorded=recorded) as target:
        known = await open_groups(target, ALERTS_LIMIT)
        return await _all_judged(target, known, bundle.report)


async def _all_judged(target: Target, known: OpenAlerts, report: RunReport) -> Triage:
    groups = await together(*(judged(target, group, report) for group in known.groups))
    return Triage(report.target, report.started_at, known, tuple(groups), report)


async def judged(target: Target, group: AlertGroup, report: RunReport) -> TriagedGroup:
    """Say what a run says of one group of alerts."""
    roots = _root_causes(group, report)
    hit, missing = await together(affected(target, group, report), _missing(target, group, report))
    verdict = _verdict(group, roots, missing)
    return TriagedGroup(group, verdict, roots, hit, _next(group, verdict, roots, missing, report), missing)


async def _missing(target: Target, group: AlertGroup, report: RunReport) -> tuple[str, ...]:
    """Answer the ids of what is not proved."""
    try:
        return unproved(group.playbook, report, await shown_otherwise(target, group))
    except UnansweredError:
        return unproved(group.playbook, report)


def _root_causes(group: AlertGroup, report: RunReport) -> tuple[RootCause, ...]:
    """Answer the root causes that break a diagnostic of the group's playbook."""
    ids = {result.id for result in results_of(group.playbook, report)}
    return tuple(root for root in report.root_causes() if ids & {root.result.id, *root.blocks})


def _verdict(group: AlertGroup, roots: tuple[RootCause, ...], missing: tuple[str, ...]) -> Verdict:
    if any(root.result.outcome is Outcome.FAILED for root in roots):
        return Verdict.CONFIRMED
    return Verdict.UNKNOWN if missing or not group.playbook.diagnostics else Verdict.RECOVERED


def _next(
    group: AlertGroup, verdict: Verdict, roots: tuple[RootCause, ...], missing: tuple[str, ...], report: RunReport
) -> str:
    """Say what to do next."""
    if verdict is Verdict.RECOVERED:
        return f"deeplearn-checks alerts resolve {group.name}"
    if roots:
        failed = [root for root in roots if root.result.outcome is Outcome.FAILED]
        return (failed or roots)[0].result.remedy
    skipped = [result for result in report.results if result.id in missing]
    return enabling(skipped) if skipped else _READ_IT.format(name=group.name)


def enabling(skipped: list[Result]) -> str:
    """Say what lets the first of these questions be asked."""
    first = skipped[0]
    if first.cause == Skip.NOT_PERMITTED:
        return f"{first.id} would tell: deeplearn-checks triage --effects {first.effects.label}"
    return f"{first.id} was not asked: {first.summary}"
