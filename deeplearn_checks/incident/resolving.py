"""Acknowledging and resolving alerts: what the operator names, only on proof, each answer told.

Alerts are changed one after another, so that what is on record is what was sent; after the first that is not answered
nothing more is sent. Done again, it goes on where it stopped: what is settled already is not sent again.
Source: runbook, Alert Workflow, Update status and Verify recovery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import AlertChange, ChangeOutcome, Resolution
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident import entries
from deeplearn_checks.incident.alert_groups import grouped, is_critical, shown
from deeplearn_checks.incident.choosing import Standing, chosen, standing
from deeplearn_checks.incident.proof import playbook_diagnostics, shown_otherwise, unproved
from deeplearn_checks.incident.reaching import reached
from deeplearn_checks.redaction import EMPTY, Json
from deeplearn_checks.runner import run
from deeplearn_checks.target import ALERTS_LIMIT

if TYPE_CHECKING:
    import httpx

    from deeplearn_checks import models
    from deeplearn_checks.incident.kept_runs import KeptRun
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

__all__ = ["AlertChange", "Record", "Resolution", "acknowledge", "resolve"]

Record = Callable[[str, Mapping[str, Json]], None]
"""Keeps what is about to be sent and what came of it: a kind of entry, and its data. What it raises ends the work."""

_DONE = {"acknowledged": frozenset({"acknowledged", "resolved"}), "resolved": frozenset({"resolved"})}
"""The statuses at which there is nothing left to do for the wish; a resolved alert is never taken back."""
_GERUND = {"acknowledged": "acknowledging", "resolved": "resolving"}
_UNPROVED = "no diagnostic proves that it is over: see to it that it is, then --force --why TEXT"

_BEYOND = (
    f"the service lists {ALERTS_LIMIT} open alerts, as many as it ever does: a critical one may be among those beyond"
)


def acknowledge(
    settings: Settings,
    ids: Sequence[str],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    record: Record | None = None,
) -> tuple[AlertChange, ...]:
    """Acknowledge alerts by id or group (`source/event_type`); answers what became of each.

    Raises ConfigurationError for a group that does not exist, UnansweredError where the alerts cannot be read.
    """
    return asyncio.run(_acknowledged(settings, ids, transport, record or _nowhere))


async def _acknowledged(
    settings: Settings, ids: Sequence[str], transport: httpx.AsyncBaseTransport | None, record: Record
) -> tuple[AlertChange, ...]:
    async with reached(settings, transport) as target:
        known = await standing(target)
        wanted, settled = chosen(known, ids, "acknowledged", target.redact)
        return (*settled, *await _Changing(target, "acknowledged", record).all(wanted))


def resolve(  # noqa: PLR0913  the seams of a resolve, each by its name
    settings: Settings,
    ids: Sequence[str],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    record: Record | None = None,
    keep: KeptRun | None = None,
    why: str = "",
) -> Resolution:
    """Resolve alerts by id or group where the diagnostics of their playbooks pass; answers what became of each.

    The run of these diagnostics is on record, with the bundle that *keep* made of it, before anything is sent. A text
    in *why* resolves them whatever the diagnostics say (`--force --why`), and is recorded. Raises as `acknowledge()`
    does.
    """
    return asyncio.run(_resolved(settings, ids, transport=transport, record=record or _nowhere, keep=keep, why=why))


async def _resolved(  # noqa: PLR0913  as above
    settings: Settings,
    ids: Sequence[str],
    *,
    transport: httpx.AsyncBaseTransport | None,
    record: Record,
    keep: KeptRun | None,
    why: str,
) -> Resolution:
    async with reached(settings, transport) as target:
        before = await standing(target)
        wanted, settled = chosen(before, ids, "resolved", target.redact)
        asked = playbook_diagnostics(grouped(wanted, target.redact))
        report = await run(asked, settings, transport=transport, keep=keep if asked else None)
        failing = {alert.id: ids for alert in wanted for ids in [await _failing(target, alert, report)]}
        if asked:
            record(*entries.of_proof(report, (ids or () for ids in failing.values()), keep.path if keep else ""))
        changing = _Changing(target, "resolved", record, failing, why)
        changes = (*settled, *await changing.all_still_open(wanted))
        return await _verified(target, Resolution(changes, report), before, wanted)


async def _failing(target: Target, alert: models.Alert, report: RunReport) -> tuple[str, ...] | None:
    """Answer what keeps an alert from being resolved; None where no diagnostic looks into it."""
    (group,) = grouped([alert], target.redact)
    if not group.playbook.diagnostics:
        return None
    try:
        return unproved(group.playbook, report, await shown_otherwise(target, group))
    except UnansweredError:
        return unproved(group.playbook, report)


class _Changing:
    """Moves alerts to one status, one after another; silent for good after the first that goes unanswered."""

    def __init__(
        self,
        target: Target,
        asked: str,
        record: Record,
        failing: Mapping[str, tuple[str, ...] | None] | None = None,
        why: str = "",
    ) -> None:
        self._target = target
        self._asked = asked
        self._record = record
        self._failing = failing or {}
        self._why = target.redact(why)
        self._silence = EMPTY

    async def all_still_open(self, wanted: Sequence[models.Alert]) -> tuple[AlertChange, ...]:
        """Change all, as they stand now: somebody else may have been here since they were read."""
        try:
            current = (await standing(self._target)).alerts
        except UnansweredError as unanswered:
            self._silence = unanswered.finding.summary
            current = {}
        return await self.all([current.get(alert.id, alert) for alert in wanted])

    async def all(self, wanted: Sequence[models.Alert]) -> tuple[AlertChange, ...]:
        """Change all."""
        return tuple([await self._one(alert) for alert in wanted])

    async def _one(self, alert: models.Alert) -> AlertChange:
        failing = self._failing.get(alert.id, ())
        if alert.status in _DONE[self._asked]:
            return self._told(alert, ChangeOutcome.ALREADY, f"it is {alert.status} already")
        if self._silence:
            return self._told(alert, ChangeOutcome.UNANSWERED, f"nothing was sent: {self._silence}")
        if self._is_forced(alert) and not self._why:
            said = f"not passed: {', '.join(failing)}" if failing else _UNPROVED
            return self._noted(alert, ChangeOutcome.HELD_BACK, said)
        return await self._sent(alert)

    def _is_forced(self, alert: models.Alert) -> bool:
        """Whether changing the alert goes against what the diagnostics say, or that they say nothing."""
        return self._failing.get(alert.id, ()) != ()

    async def _sent(self, alert: models.Alert) -> AlertChange:
        """Send one change, on record before and after."""
        forced = self._is_forced(alert)
        if forced:
            target = self._target.redact(self._target.settings.api_base_url)
            self._record("forced", {**self._about(alert), "target": target, "why": self._why})
        self._record(_GERUND[self._asked], self._about(alert))
        try:
            answer = await self._target.set_alert_status(alert.id, self._asked)
        except UnansweredError as unanswered:
            self._silence = unanswered.finding.summary
            return self._noted(alert, ChangeOutcome.UNANSWERED, self._silence)
        if answer.ok:
            return self._noted(alert, ChangeOutcome.DONE, f"{self._asked}{', forced' if forced else ''}")
        refusal = self._target.refusal(answer)
        said = f"{answer.asked} answered {answer.status}{f': {refusal.error}' if refusal else ''}"
        return self._noted(alert, ChangeOutcome.REFUSED, said)

    def _noted(self, alert: models.Alert, outcome: ChangeOutcome, said: str) -> AlertChange:
        """Tell what became of an alert, and put it on record."""
        told = self._told(alert, outcome, said)
        kind = self._asked if outcome is ChangeOutcome.DONE else "refused"
        self._record(kind, {**self._about(alert), "outcome": outcome.value, "said": told.said})
        return told

    def _about(self, alert: models.Alert) -> dict[str, Json]:
        kind = self._target.redact(f"{alert.source}/{alert.event_type}")
        return {"alert_id": alert.id, "kind": kind, "failing": [*(self._failing.get(alert.id) or ())]}

    def _told(self, alert: models.Alert, outcome: ChangeOutcome, said: str) -> AlertChange:
        redact, failing = self._target.redact, self._failing.get(alert.id) or ()
        kind = redact(f"{alert.source}/{alert.event_type}")
        return AlertChange(alert.id, self._asked, outcome, redact(said), failing, kind)


def _nowhere(_kind: str, _data: Mapping[str, Json]) -> None:
    """Keep nothing."""


async def _verified(target: Target, done: Resolution, before: Standing, wanted: Sequence[models.Alert]) -> Resolution:
    """Look which alerts are open now (runbook: Confirm no critical open alerts remain)."""
    try:
        alerts = (await target.alerts_of("open")).alerts
    except UnansweredError as unanswered:
        text = target.redact(f"which alerts are open now could not be seen: {unanswered.finding.summary}")
        return Resolution(done.changes, done.report, unverified=text)
    kinds = {(alert.source, alert.event_type) for alert in wanted}
    new = [alert for alert in alerts if alert.id not in before.alerts and alert.created_at_ms >= before.now_ms]
    opened = [alert for alert in new if is_critical(alert) or (alert.source, alert.event_type) in kinds]
    critical = [alert for alert in alerts if is_critical(alert)]
    unseen = target.redact(_BEYOND) if len(alerts) >= ALERTS_LIMIT else EMPTY
    return Resolution(done.changes, done.report, _shown(critical, target), _shown(opened, target), unseen)


def _shown(alerts: Sequence[models.Alert], target: Target) -> tuple[models.Alert, ...]:
    return tuple(shown(alert, target.redact) for alert in alerts)
