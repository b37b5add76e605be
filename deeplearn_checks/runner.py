"""One run: every question at once, phase by phase of effects, under one deadline; then the judgement."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.causes import explain
from deeplearn_checks.changes import ALERT_STATUS, LEAD
from deeplearn_checks.diagnostic import Diagnostic, closure, execute, required
from deeplearn_checks.finding import Effects, Finding, Outcome, Skip, UnansweredError, error, skipped
from deeplearn_checks.judging import explanations
from deeplearn_checks.own_alerts import OwnAlerts
from deeplearn_checks.questions import Questions
from deeplearn_checks.results import Result, RunReport
from deeplearn_checks.settings import Part, redactor
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport
from deeplearn_checks.wire import Observed, exchange, ledger_entry

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

    import httpx

    from deeplearn_checks.changes import Change
    from deeplearn_checks.redaction import Redacted
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import RecordedWires


_BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR})
_THE_RUN = -1
"""The question of all that the end of the run left unanswered: one root cause, not fifty."""


async def run(  # noqa: PLR0913  the seams of a run, each by its name
    selected: Sequence[Diagnostic],
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    trusted: ssl.SSLContext | None = None,
    stop: asyncio.Event | None = None,
    keep_exchanges: bool = True,
    recorded: RecordedWires | None = None,
    keep: Callable[[Observed], None] | None = None,
    settled: Callable[[Result], None] | None = None,
) -> RunReport:
    """Ask the selected diagnostics and their prerequisites, and judge the answers.

    *transport* is the seam for tests and for the sandbox, *trusted* may be shared by many runs (`Transport`); setting
    *stop* ends the run early with what there is.
    Without *keep_exchanges* the report holds no exchanges: for readers that show none, redacting them is waste.
    *recorded* answers in place of the target; *keep* is given all that the run saw, at its end;
    *settled* is given each result that no other can change any more, a passed or a skipped one, as soon as it is there.
    Never raises for anything the target does.
    """
    began, redact = time.perf_counter(), redactor(settings)
    wires = recorded or Transport(settings, redact, transport=transport, trusted=trusted)
    started_ms = recorded.started_ms if recorded else int(time.time() * 1000)
    target = Target(settings, redact, wires, Questions(), started_ms)
    asking = _Asking(selected, target, recorded, settled)
    try:
        try:
            await asking.all_phases(stop or asyncio.Event())
        finally:  # whatever ended the run, a bug of ours included: what it has raised is not left to others
            await target.questions.close()
            left_open = await asking.put_in_order()
    finally:
        await wires.close()
    report = RunReport(
        target=redact(settings.api_base_url),
        environment=settings.environment,
        effects=settings.effects,
        fail_on=settings.fail_on,
        started_at=datetime.fromtimestamp(started_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - began, 3),
        results=asking.judged(),
        exchanges=tuple(exchange(record, redact) for record in wires.records) if keep_exchanges else (),
        requests=sum(max(1, record.attempts) for record in wires.records),
        interrupted=asking.interrupted,
        ledger=tuple(entry for record in wires.records if (entry := ledger_entry(record, redact))),
        left_open=left_open,
    )
    if keep:
        keep(Observed(settings, redact, started_ms, wires.records, asking.unfinished(), report))
    return report


def announced(selected: Sequence[Diagnostic], settings: Settings) -> tuple[Change, ...]:
    """List every kind of request that a run of these diagnostics may send and that can change something, once each.

    What the settings leave out, do not permit or do not configure is not among them.
    """
    asked = [one for one in closure(selected) if _why_not(one, settings) is None]
    listed = {change: None for effects in Effects for one in asked if one.effects is effects for change in one.changes}
    if any(one.effects > Effects.NONE for one in asked):
        listed[ALERT_STATUS] = None
    if Part.TURNSTILE in settings.without or settings.missing(Part.TURNSTILE):
        listed.pop(LEAD, None)  # the journey does without the form
    return tuple(listed)


class _Asking:
    """The questions of one run, and what has become of each so far."""

    def __init__(
        self,
        selected: Sequence[Diagnostic],
        target: Target,
        recorded: RecordedWires | None,
        settled: Callable[[Result], None] | None,
    ) -> None:
        self.interrupted = recorded is not None and recorded.interrupted
        self._selected = {one.id for one in selected}
        self._settled = settled
        self._cut_off = recorded.unfinished if recorded else {}
        self._asked = closure(selected)
        self._target = target
        self._findings: dict[str, Finding] = {}
        self._seconds: dict[str, float] = {}
        self._views = {one.id: target.view() for one in self._asked}
        self._own_alerts = OwnAlerts(target)

    async def all_phases(self, stop: asyncio.Event) -> None:
        """Ask phase after phase until all is asked, the deadline has passed, or *stop* is set."""
        stopping = asyncio.ensure_future(stop.wait())
        working = asyncio.ensure_future(self._phases())
        try:
            await asyncio.wait(
                {stopping, working}, timeout=self._target.settings.deadline, return_when=asyncio.FIRST_COMPLETED
            )
            self.interrupted |= stop.is_set()
        finally:
            stopping.cancel()
            working.cancel()
            _, ended = await asyncio.gather(stopping, working, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended  # a bug of ours, outside of any diagnostic: loud

    async def _phases(self) -> None:
        """Ask all of a phase at once; what stands on most prerequisites first, for its chain of requests is longest."""
        deepest_first = sorted(self._asked, key=lambda one: -len(closure([one])))
        for effects in Effects:
            phase = [one for one in deepest_first if one.effects is effects]
            unreadable = await self._look(phase) if effects is not Effects.NONE else None
            async with asyncio.TaskGroup() as group:
                for one in phase:
                    if one.id not in self._cut_off:
                        group.create_task(self._ask(one, unreadable))

    async def _look(self, phase: Sequence[Diagnostic]) -> Finding | None:
        """Note which alerts are open before a phase that may raise some; answer why that cannot be seen."""
        provoking = [one for one in phase if any(change.provokes for change in one.changes)]
        if any(self._why_unasked(one) is None for one in provoking):
            try:
                await self._own_alerts.look()
            except UnansweredError as unanswered:
                return unanswered.finding
        return None

    async def _ask(self, one: Diagnostic, unreadable: Finding | None) -> None:
        began = time.perf_counter()
        view = self._views[one.id]
        finding = self._why_unasked(one) or (unreadable if one.changes else None) or await execute(one, view)
        self._findings[one.id] = finding
        self._seconds[one.id] = round(time.perf_counter() - began, 4)
        if self._settled and finding.outcome not in _BROKEN:
            self._settled(self._result(one, finding))

    def _why_unasked(self, one: Diagnostic) -> Finding | None:
        """Say why a question is not asked, or not any more; None where it is."""
        return _unasked(one, self._target) or self._held_back(one)

    def _held_back(self, one: Diagnostic) -> Finding | None:
        """Send nothing that changes something where an earlier phase has shown already that it is in vain."""
        earlier = [other for other in required(one) if other.effects < one.effects]
        broken = [other.id for other in earlier if self._findings[other.id].outcome in _BROKEN]
        if not broken:
            return None
        return error("held-back", self._target.redact(f"nothing was sent: {broken[0]} is broken"))

    async def put_in_order(self) -> tuple[Redacted, ...]:
        """Resolve the alerts that the run raised itself; answer those that could not be, a line each.

        Only when the service has answered what is under way: giving up on a request does not keep it from arriving.
        """
        await self._target.transport.settled()
        patience = self._target.settings.timeout
        try:
            async with asyncio.timeout(patience):
                return await self._own_alerts.resolve()
        except TimeoutError:
            text = f"alerts that this run raised may still be open: resolving them took more than {patience:g} s"
            return (self._target.redact(text),)

    def unfinished(self) -> Mapping[str, tuple[int, ...]]:
        """Answer the diagnostics that the end of the run left without a finding, with the exchanges each has used."""
        return {one.id: self._used(one) for one in self._asked if one.id not in self._findings}

    def _used(self, one: Diagnostic) -> tuple[int, ...]:
        used = self._views[one.id].used | set(self._cut_off.get(one.id, ()))
        return tuple(sorted(number for number in used if number > 0))

    def judged(self) -> tuple[Result, ...]:
        """Answer every result; what has no finding yet could not be found out."""
        findings = {one.id: self._findings.get(one.id) or self._unfinished() for one in self._asked}
        requires = {one.id: [other.id for other in one.requires] for one in self._asked}
        blocked_by = explanations(findings, requires)
        return tuple(self._result(one, findings[one.id], blocked_by.get(one.id, ())) for one in self._asked)

    def _unfinished(self) -> Finding:
        redact = self._target.redact
        if self.interrupted:
            return error("interrupted", redact("the run was interrupted before the answer came"), question=_THE_RUN)
        deadline = self._target.settings.deadline
        return error("timed-out", redact(f"no answer within the run's deadline of {deadline:g} s"), question=_THE_RUN)

    def _result(self, one: Diagnostic, finding: Finding, blocked_by: tuple[str, ...] = ()) -> Result:
        used = self._used(one)
        meaning, remedy = explain(finding.cause, self._target.settings, one.causes)
        return Result(
            id=one.id,
            title=one.title,
            severity=one.severity,
            effects=one.effects,
            runbook=one.runbook,
            outcome=Outcome.BLOCKED if blocked_by else finding.outcome,
            summary=finding.summary,
            cause=finding.cause,
            evidence=finding.evidence,
            meaning=meaning,
            remedy=remedy,
            blocked_by=blocked_by,
            requires=tuple(other.id for other in one.requires),
            seconds=self._seconds.get(one.id, self._target.settings.deadline),
            attempts=max((self._target.transport.records[number - 1].attempts for number in used), default=0),
            exchanges=used,
            selected=one.id in self._selected,
            attachments=finding.attachments,
        )


def _unasked(one: Diagnostic, target: Target) -> Finding | None:
    """Say why the settings keep a question from being asked; None where they do not."""
    reason = _why_not(one, target.settings)
    return skipped(reason[0], target.redact(reason[1])) if reason else None


def _why_not(one: Diagnostic, settings: Settings) -> tuple[Skip, str] | None:
    """Say why a question is not asked: left out, not permitted, or not configured; None where it is."""
    for part in one.needs:
        if part in settings.without:
            return Skip.LEFT_OUT, f"left out with --without {part}"
    if one.effects > settings.effects:
        return Skip.NOT_PERMITTED, f"needs --effects {one.effects.label}"
    missing = [name for part in one.needs for name in settings.missing(part)]
    if missing:
        parts = ",".join(part for part in one.needs if settings.missing(part))
        return Skip.NOT_CONFIGURED, f"set {' and '.join(missing)} (or leave it out on purpose: --without {parts})"
    return None
