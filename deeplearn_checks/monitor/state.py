"""What the monitor knows of each diagnostic, and what changes: values only, for `stepping.step`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Mapping


class Health(StrEnum):
    """What a diagnostic is judged to be, after N failures or M passes in a row."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


class Change(StrEnum):
    """What people are told of."""

    OPENED = "opened"
    """Something broke: N results in a row were `failed` (or `error`)."""
    RECOVERED = "recovered"
    """It passes again: M in a row."""
    REMINDED = "reminded"
    """It is still broken, and the interval of reminders has passed."""
    FLAPPING = "flapping"
    """It goes up and down so often that each change is not told any more; said once."""
    STEADY = "steady"
    """It does not flap any more; says what it settled on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When a change is one; intervals in milliseconds, 0 for never.

    `fails_after`: `failed` in a row; `errors_after`: `error` in a row (a verdict on the probe); `recovers_after`:
    passes in a row. `flaps`: so many changes of health within `flap_window_ms` are flapping.
    """

    fails_after: int = 2
    errors_after: int = 3
    recovers_after: int = 2
    remind_every_ms: int = 0
    flaps: int = 6
    flap_window_ms: int = 3_600_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one diagnostic of one target.

    `failed`, `errors`, `passed` count results in a row. `opened_ms`: when the incident that people were told of began
    (the first result of the row), 0 where none is open. `changes_ms`: when the health changed lately, for flapping.
    """

    health: Health = Health.UNKNOWN
    failed: int = 0
    errors: int = 0
    passed: int = 0
    first_broken_ms: int = 0
    opened_ms: int = 0
    told_ms: int = 0
    is_flapping: bool = False
    changes_ms: tuple[int, ...] = ()
    outcome: Outcome = Outcome.SKIPPED
    cause: str = ""
    severity: Severity = Severity.INFO
    summary: Redacted = EMPTY
    remedy: Redacted = EMPTY
    seen_ms: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What is known of every diagnostic of one target, by id."""

    standings: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transition:
    """One change that people are told of. `since_ms`: when it began; `blocks`: what it keeps from passing."""

    change: Change
    target: str
    diagnostic: str
    severity: Severity
    outcome: Outcome
    cause: str
    summary: Redacted
    remedy: Redacted
    since_ms: int
    at_ms: int
    blocks: tuple[str, ...] = ()
    affected: int | None = None
