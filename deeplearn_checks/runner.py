"""One run: every question at once, phase by phase of effects, under one deadline; then the judgement."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING

from deeplearn_checks.causes import explain
from deeplearn_checks.diagnostic import Diagnostic, closure, execute
from deeplearn_checks.finding import Effects, Finding, Outcome, Skip, error, skipped
from deeplearn_checks.judging import explanations
from deeplearn_checks.questions import Questions
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.results import Result, RunReport
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport
from deeplearn_checks.wire import Observed, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import httpx

    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import RecordedWires


_THE_RUN = -1
"""The question of all that the end of the run left unanswered: one root cause, not fifty."""


def redactor(settings: Settings) -> Redactor:
    """Make the redactor of a run; pseudonyms are keyed by the operator's own secret, so they last from run to run.

    Where there is no such secret, they are keyed for this run alone: a known key would let anybody guess the names.
    """
    key = settings.pseudonym_key.get_secret_value() or settings.admin_token.get_secret_value() or token_hex()
    return Redactor(settings.secrets(), f"deeplearn-checks pseudonyms {key}".encode())


async def run(  # noqa: PLR0913  the seams of a run, each by its name
    selected: Sequence[Diagnostic],
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    stop: asyncio.Event | None = None,
    keep_exchanges: bool = True,
    recorded: RecordedWires | None = None,
    keep: Callable[[Observed], None] | None = None,
) -> RunReport:
    """Ask the selected diagnostics and their prerequisites, and judge the answers.

    *transport* is the seam for tests and for the sandbox; setting *stop* ends the run early with what there is.
    Without *keep_exchanges* the report holds no exchanges: for readers that show none, redacting them is waste.
    *recorded* answers in place of the target; *keep* is given all that the run saw, at its end.
    Never raises for anything the target does.
    """
    began, redact = time.perf_counter(), redactor(settings)
    wires = recorded or Transport(settings, redact, transport=transport)
    started_ms = recorded.started_ms if recorded else int(time.time() * 1000)
    target = Target(settings, redact, wires, Questions(), started_ms)
    asking = _Asking(closure(selected), target, recorded)
    try:
        await asking.all_phases(stop or asyncio.Event())
    finally:
        await target.questions.close()
        await wires.close()
    report = RunReport(
        target=redact(settings.api_base_url),
        environment=settings.environment,
        effects=settings.effects,
        fail_on=settings.fail_on,
        started_at=datetime.fromtimestamp(started_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - began, 3),
        results=asking.judged({one.id for one in selected}),
        exchanges=tuple(exchange(record, redact) for record in wires.records) if keep_exchanges else (),
        requests=sum(max(1, record.attempts) for record in wires.records),
        interrupted=asking.interrupted,
    )
    if keep:
        keep(Observed(settings, redact, started_ms, wires.records, asking.unfinished(), report))
    return report


class _Asking:
    """The questions of one run, and what has become of each so far."""

    def __init__(self, asked: tuple[Diagnostic, ...], target: Target, recorded: RecordedWires | None = None) -> None:
        self.interrupted = recorded is not None and recorded.interrupted
        self._cut_off = recorded.unfinished if recorded else {}
        self._asked = asked
        self._target = target
        self._findings: dict[str, Finding] = {}
        self._seconds: dict[str, float] = {}
        self._views = {one.id: target.view() for one in asked}

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
            async with asyncio.TaskGroup() as group:
                for one in deepest_first:
                    if one.effects is effects and one.id not in self._cut_off:
                        group.create_task(self._ask(one))

    async def _ask(self, one: Diagnostic) -> None:
        began = time.perf_counter()
        view = self._views[one.id]
        self._findings[one.id] = _unasked(one, view) or await execute(one, view)
        self._seconds[one.id] = round(time.perf_counter() - began, 4)

    def unfinished(self) -> Mapping[str, tuple[int, ...]]:
        """Answer the diagnostics that the end of the run left without a finding, with the exchanges each has used."""
        return {one.id: self._used(one) for one in self._asked if one.id not in self._findings}

    def _used(self, one: Diagnostic) -> tuple[int, ...]:
        used = self._views[one.id].used | set(self._cut_off.get(one.id, ()))
        return tuple(sorted(number for number in used if number > 0))

    def judged(self, selected: set[str]) -> tuple[Result, ...]:
        """Answer every result; what has no finding yet could not be found out."""
        findings = {one.id: self._findings.get(one.id) or self._unfinished() for one in self._asked}
        requires = {one.id: [other.id for other in one.requires] for one in self._asked}
        blocked_by = explanations(findings, requires)
        return tuple(
            self._result(one, findings[one.id], blocked_by.get(one.id, ()), selected=one.id in selected)
            for one in self._asked
        )

    def _unfinished(self) -> Finding:
        redact = self._target.redact
        if self.interrupted:
            return error("interrupted", redact("the run was interrupted before the answer came"), question=_THE_RUN)
        deadline = self._target.settings.deadline
        return error("timed-out", redact(f"no answer within the run's deadline of {deadline:g} s"), question=_THE_RUN)

    def _result(self, one: Diagnostic, finding: Finding, blocked_by: tuple[str, ...], *, selected: bool) -> Result:
        used = self._used(one)
        meaning, remedy = explain(finding.cause, self._target.settings)
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
            selected=selected,
        )


def _unasked(one: Diagnostic, target: Target) -> Finding | None:
    """Say why a question is not asked: left out, not permitted, or not configured; None where it is."""
    settings, redact = target.settings, target.redact
    for part in one.needs:
        if part in settings.without:
            return skipped(Skip.LEFT_OUT, redact(f"left out with --without {part}"))
    if one.effects > settings.effects:
        return skipped(Skip.NOT_PERMITTED, redact(f"needs --effects {one.effects.label}"))
    missing = [name for part in one.needs for name in settings.missing(part)]
    if missing:
        parts = ",".join(part for part in one.needs if settings.missing(part))
        text = f"set {' and '.join(missing)} (or leave it out on purpose: --without {parts})"
        return skipped(Skip.NOT_CONFIGURED, redact(text))
    return None
