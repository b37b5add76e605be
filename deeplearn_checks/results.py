"""A finished run as frozen values: what every reporter reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from deeplearn_checks.finding import BROKEN, Attachment, Effects, Evidence, Outcome, Severity, Skip
from deeplearn_checks.redaction import EMPTY, Redacted


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer, redacted.

    `status` is 0 where no answer came, and `problem` says why. Times: `started_at` in seconds since the
    epoch, `seconds` from the first byte sent to the last received, all attempts and pauses included.
    Bodies are cut at 20,000 characters. `curl` repeats the request, with variables in place of secrets.
    """

    number: int
    method: str
    url: Redacted
    status: int
    started_at: float
    seconds: float
    attempts: int
    request_headers: tuple[tuple[str, Redacted], ...] = ()
    request_body: Redacted = EMPTY
    response_headers: tuple[tuple[str, Redacted], ...] = ()
    response_body: Redacted = EMPTY
    curl: Redacted = EMPTY
    problem: Redacted = EMPTY


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request of a run that could change something: what was sent, and what it left behind.

    `number` is that of its exchange, `status` that of the answer, 0 where none came.
    """

    number: int
    effects: Effects
    request: Redacted
    sent: Redacted
    status: int
    left: Redacted


@dataclass(frozen=True, slots=True)
class Result:
    """The judged answer of one diagnostic in one run.

    `title` is its rule in one sentence, `meaning` what its cause means, `remedy` what to do (both empty when passed).
    `blocked_by` are the ids of the root causes that make this a symptom; `requires` the declared prerequisites.
    `exchanges` are numbers of exchanges of the run; `selected` is false for a prerequisite nobody asked for by name.
    `explained_by` and `attachments` as in `Finding`.
    """

    id: str
    title: str
    severity: Severity
    effects: Effects
    runbook: str
    outcome: Outcome
    summary: Redacted
    cause: str = ""
    evidence: Evidence = field(default_factory=dict)
    meaning: str = ""
    remedy: str = ""
    blocked_by: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    seconds: float = 0.0
    attempts: int = 0
    exchanges: tuple[int, ...] = ()
    selected: bool = True
    attachments: tuple[Attachment, ...] = ()

    @property
    def is_root_cause(self) -> bool:
        """Whether this is broken and nothing else explains it."""
        return self.outcome in {Outcome.FAILED, Outcome.ERROR}


@dataclass(frozen=True, slots=True)
class RootCause:
    """What is wrong with the target, and the ids of the diagnostics it makes fail with it."""

    result: Result
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """One diagnostic in two runs: outcome and cause before and now; empty where it was not asked, or had no cause."""

    id: str
    before: str
    now: str
    cause_before: str = ""
    cause_now: str = ""


@dataclass(frozen=True, slots=True)
class Slowdown:
    """A diagnostic that took noticeably longer, in seconds."""

    id: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since an earlier run.

    `since` is when that began, an ISO 8601 time; empty where there was none, and `notes` say why, or what keeps the two
    from being alike. `new`: broken, and was not. `still_failing`: broken in both. `fixed`: was broken, and passed.
    `not_asked`: was broken, and nobody asked again. `slower`: answered in both, and took longer.
    """

    since: str
    notes: tuple[str, ...] = ()
    new: tuple[OutcomeChange, ...] = ()
    still_failing: tuple[OutcomeChange, ...] = ()
    fixed: tuple[OutcomeChange, ...] = ()
    not_asked: tuple[OutcomeChange, ...] = ()
    slower: tuple[Slowdown, ...] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run: what was asked of which target, every result in catalogue order, every exchange.

    `started_at` is an ISO 8601 time in UTC, `seconds` the wall clock of the run. `ledger` lists every request that
    could change something, `left_open` the alerts that the run raised and could not resolve, a line each.
    `comparison`: what changed since an earlier run, where one was to be compared with; it is no part of the verdict.
    """

    target: Redacted
    environment: str
    effects: Effects
    fail_on: Severity
    started_at: str
    seconds: float
    results: tuple[Result, ...]
    exchanges: tuple[Exchange, ...] = ()
    requests: int = 0
    interrupted: bool = False
    ledger: tuple[LedgerEntry, ...] = ()
    left_open: tuple[Redacted, ...] = ()
    comparison: Comparison | None = None

    def counts(self) -> dict[str, int]:
        """Count the results by outcome, every outcome named."""
        return {outcome.value: sum(r.outcome is outcome for r in self.results) for outcome in Outcome}

    def root_causes(self) -> tuple[RootCause, ...]:
        """List what is wrong, most severe first, then in catalogue order."""
        roots = [
            RootCause(result, tuple(other.id for other in self.results if result.id in other.blocked_by))
            for result in self.results
            if result.is_root_cause
        ]
        return tuple(sorted(roots, key=lambda root: -root.result.severity))

    def gate_reasons(self) -> tuple[str, ...]:
        """Say why the target is not ready, a line each; empty when the gate is passed.

        Not ready: a broken result at or above `fail_on`; a critical question that a missing setting kept from
        being asked; a run that was interrupted, in which nothing at all was asked, or that left an alert open.
        """
        broken = [r for r in self.results if r.outcome in BROKEN and r.severity >= self.fail_on]
        reasons = [f"{r.id} {r.outcome.value}: {r.cause}" for r in broken]
        reasons += self._unasked()
        if self.interrupted:
            reasons.append("the run was interrupted")
        reasons += self.left_open
        if all(r.outcome is Outcome.SKIPPED for r in self.results if r.selected):
            reasons.append("nothing was asked: a run in which everything is skipped proves nothing")
        return tuple(reasons)

    def _unasked(self) -> list[str]:
        """Say which missing settings keep how many critical questions from being asked, a line each setting."""
        ids: dict[str, list[str]] = {}
        for r in self.results:
            if r.cause == Skip.NOT_CONFIGURED and r.severity is Severity.CRITICAL:
                ids.setdefault(r.summary, []).append(r.id)
        return [
            f"{asked[0]} was not asked: {summary}"
            if len(asked) == 1
            else f"{len(asked)} critical questions were not asked, {asked[0]} among them: {summary}"
            for summary, asked in ids.items()
        ]

    @property
    def gate(self) -> str:
        """The verdict: `passed` or `failed`."""
        return "failed" if self.gate_reasons() else "passed"
