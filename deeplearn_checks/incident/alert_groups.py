"""The open alerts in groups: what they are, how severe by the runbook's table, whom they hit, what to do about them.

Source: runbook, Alert Workflow, Detect and Classify.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import AlertGroup, OpenAlerts, Playbook
from deeplearn_checks.finding import Severity, UnansweredError
from deeplearn_checks.incident.playbooks import kind_of
from deeplearn_checks.incident.reaching import reached
from deeplearn_checks.questions import together

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

    from deeplearn_checks import models
    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

__all__ = ["POLL_LIMIT", "AlertGroup", "OpenAlerts", "Playbook", "grouped", "list_alerts", "open_groups"]

POLL_LIMIT = 100
"""How many alerts the runbook polls."""

_RANKS = {level.label: level.value for level in Severity}


def list_alerts(
    settings: Settings, *, limit: int = POLL_LIMIT, transport: httpx.AsyncBaseTransport | None = None
) -> OpenAlerts:
    """Answer the open alerts of a target in groups; raises ConfigurationError and UnansweredError."""

    async def asked() -> OpenAlerts:
        async with reached(settings, transport) as target:
            return await open_groups(target, limit)

    return asyncio.run(asked())


async def open_groups(target: Target, limit: int = POLL_LIMIT) -> OpenAlerts:
    """Poll the open alerts as the runbook does, and group them; raises UnansweredError."""
    answer, now_ms = await together(target.alerts_of("open", limit), now(target))
    return OpenAlerts(grouped(answer.alerts, target.redact), len(answer.alerts) >= limit, now_ms)


async def now(target: Target) -> int:
    """Answer the service's time, or ours where it does not tell."""
    try:
        return await target.now_ms()
    except UnansweredError:
        return target.started_ms


def grouped(alerts: Iterable[models.Alert], redact: Redactor) -> tuple[AlertGroup, ...]:
    """Group alerts by source and event type, most severe first, then oldest; no alert is dropped."""
    kinds: dict[tuple[str, str], list[models.Alert]] = defaultdict(list)
    for alert in alerts:
        kinds[(alert.source, alert.event_type)].append(alert)
    groups = [_group(rows, redact) for rows in kinds.values()]
    return tuple(sorted(groups, key=lambda group: (-group.severity, group.first_ms)))


def _group(rows: list[models.Alert], redact: Redactor) -> AlertGroup:
    kind = kind_of(rows[0].source, rows[0].event_type)
    newest_first = sorted(rows, key=lambda alert: -alert.created_at_ms)
    return AlertGroup(
        source=redact(kind.source),
        event_type=redact(kind.event_type),
        alerts=tuple(shown(alert, redact) for alert in newest_first),
        severity=kind.severity,
        service_severity=redact(max((alert.severity for alert in rows), key=lambda word: _RANKS.get(word, 0))),
        impact=kind.impact,
        playbook=kind.playbook,
        known=kind.known,
    )


def shown(alert: models.Alert, redact: Redactor) -> models.Alert:
    """Answer an alert whose texts may be shown; its id stays, for commands name it."""
    texts = {name: redact(getattr(alert, name)) for name in ("source", "event_type", "severity", "message")}
    return alert.model_copy(update=texts)


def is_critical(alert: models.Alert) -> bool:
    """Whether the service or the runbook's table calls the alert critical."""
    return alert.severity == Severity.CRITICAL.label or kind_of(alert.source, alert.event_type).severity is (
        Severity.CRITICAL
    )
