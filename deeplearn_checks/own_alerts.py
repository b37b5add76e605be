"""The alerts that a run raises itself: recognised, resolved at the end, and nobody else's ever touched.

Its own are of an event type that a request of this run could provoke and did not pass for, were created after the run
began, and were not open before the first request that provokes alerts. What was open before is only refreshed by a
repeat, and stays as it is; so does an older one that merely was not shown before: reopened meanwhile, or behind 200
newer ones. Source: API page, Alerts; runbook, Alert Workflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Effects, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks import models
    from deeplearn_checks.redaction import Redacted
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Record


class OwnAlerts:
    """What one run raises: `look()` before it may, `resolve()` when it is over."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._open_before: frozenset[str] | None = None
        self._began_ms = 0

    async def look(self) -> None:
        """Note which alerts are open, once; raises UnansweredError: then nothing may be sent that would raise one."""
        if self._open_before is not None:
            return
        self._began_ms = await self._target.now_ms()
        self._open_before = frozenset(alert.id for alert in (await self._target.alerts_now()).alerts)

    async def resolve(self) -> tuple[Redacted, ...]:
        """Resolve the run's own alerts; answer those that could not be, a line each. Nothing raised, nothing asked."""
        provoking = self._provoking()
        if self._open_before is None or not provoking:
            return ()
        try:
            found = [alert for alert in (await self._target.alerts_now()).alerts if alert.event_type in provoking]
        except UnansweredError as unanswered:
            text = f"alerts that this run raised may still be open: {unanswered.finding.summary}"
            return (self._target.redact(text),)
        left = [await self._close(alert, provoking) for alert in found]
        return tuple(self._target.redact(text) for text in left if text)

    def _provoking(self) -> Mapping[str, list[Record]]:
        """The requests of this run that the service did not simply take, by each alert type that they may raise."""
        provoking: dict[str, list[Record]] = {}
        for record in self._target.transport.records:
            if record.request.change and not (record.answer and record.answer.ok):
                for event_type in record.request.change.provokes:
                    provoking.setdefault(event_type, []).append(record)
        return provoking

    async def _close(self, alert: models.Alert, provoking: Mapping[str, list[Record]]) -> str:
        """Resolve one alert if it is the run's own, and note what became of it; answer why it could not be."""
        name = f"alert {alert.source}/{alert.event_type} {alert.id}"
        if not self._is_own(alert, provoking):
            refreshed = "refreshed, " if alert.updated_at_ms >= self._began_ms else ""
            _note(provoking[alert.event_type], f"{name} was open before: {refreshed}not touched")
            return ""
        try:
            answer = await self._target.resolve_alert(alert.id)
            if not answer.ok:
                self._target.refuse(answer)
        except UnansweredError as unanswered:
            _note(provoking[alert.event_type], f"{name}, still open")
            return f"{name} is still open: {unanswered.finding.summary}"
        self._target.left(answer, f"{name} resolved")
        _note(provoking[alert.event_type], f"{name}, raised and resolved")
        return ""

    def _is_own(self, alert: models.Alert, provoking: Mapping[str, list[Record]]) -> bool:
        """Whether the run raised the alert: after `look()`, or before it by a request without effects."""
        harmless = any(
            record.request.change and record.request.change.effects is Effects.NONE
            for record in provoking[alert.event_type]
        )
        return alert.created_at_ms >= self._began_ms and (harmless or alert.id not in (self._open_before or ()))


def _note(records: list[Record], text: str) -> None:
    for record in records:
        record.left = f"{record.left}; {text}" if record.left else text
