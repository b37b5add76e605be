"""What one run of a group says, as the monitor keeps it: plain values, redacted, small."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic reads what is kept by these names
from dataclasses import dataclass

from deeplearn_checks.finding import Outcome, Severity  # noqa: TC001  likewise
from deeplearn_checks.redaction import Redacted  # noqa: TC001  likewise


@dataclass(frozen=True, slots=True)
class Observation:
    """The answer of one diagnostic in one run; `seconds` is how long it took."""

    diagnostic: str
    severity: Severity
    outcome: Outcome
    cause: str
    summary: Redacted
    remedy: Redacted
    runbook: str
    blocked_by: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Observed:
    """One run of a group of a target from one location; times are milliseconds since 1970 UTC.

    `due_ms` is when it should have started. `problem` says why there are no observations (a bug of ours, a
    configuration that cannot be used): then the run counts as an `error` of the monitor, never as a pass.
    `bundle`: the path of the recorded run, where one was kept. `affected`: how many people are hit, by diagnostic.
    """

    target: str
    group: str
    location: str
    due_ms: int
    started_ms: int
    seconds: float
    observations: tuple[Observation, ...]
    requests: int = 0
    problem: Redacted | None = None
    bundle: str = ""
    affected: Mapping[str, int] | None = None
