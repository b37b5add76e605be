"""Alerts as operators handle them: groups with their playbook, what triage found, what became of a change.

Frozen values between `incident`, which makes them, and `reporting`, which writes them. Times ending in `_ms` are
milliseconds since the epoch by the service's clock. Source: runbook, Alert Workflow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks import models
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.finding import Severity
    from deeplearn_checks.results import RootCause, RunReport


@dataclass(frozen=True, slots=True)
class Playbook:
    """What the runbook calls for: its place there, and the diagnostics that show whether the reason is gone.

    `proofs` are the ids of those without which nothing shows it: where they are not permitted, nothing is proved.
    """

    slug: str
    diagnostics: tuple[Diagnostic, ...]
    proofs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The alerts of one source and event type, newest first; their messages are redacted.

    `severity` is by the runbook's table, `service_severity` the gravest that the service gave them. `known` is false
    for an event type that the API page does not list.
    """

    source: str
    event_type: str
    alerts: tuple[models.Alert, ...]
    severity: Severity
    service_severity: str
    impact: str
    playbook: Playbook
    known: bool

    @property
    def name(self) -> str:
        """How commands name the group."""
        return f"{self.source}/{self.event_type}"

    @property
    def first_ms(self) -> int:
        """When the oldest of the alerts was raised."""
        return min(alert.created_at_ms for alert in self.alerts)

    @property
    def last_ms(self) -> int:
        """When one of the alerts was raised or repeated last."""
        return max(alert.updated_at_ms for alert in self.alerts)


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The open alerts in groups, most severe first, then oldest; `at_limit` says that there may be more."""

    groups: tuple[AlertGroup, ...]
    at_limit: bool
    now_ms: int


class Verdict(StrEnum):
    """What triage says of a group: its reason was found, is gone, or could not be found out."""

    CONFIRMED = "confirmed"
    RECOVERED = "recovered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Affected:
    """Who is hit by what a group of alerts tells of, as far as data show it.

    `people` are the pseudonyms of all of them; `money` is at stake by currency, in its smallest unit. `since_ms` is
    the first evidence of harm in the data, 0 where there is none. `complete` is false where there may be more, and
    `reach` says what was not looked at.
    """

    leads: int = 0
    learners: int = 0
    people: tuple[Redacted, ...] = ()
    money: Mapping[str, int] = field(default_factory=dict)
    since_ms: int = 0
    evidence: Redacted = EMPTY
    complete: bool = True
    reach: Redacted = EMPTY


@dataclass(frozen=True, slots=True)
class TriagedGroup:
    """A group with the verdict on it. `unproved` are the ids of the playbook's diagnostics that do not pass."""

    group: AlertGroup
    verdict: Verdict
    root_causes: tuple[RootCause, ...]
    affected: Affected
    next_action: str
    unproved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Triage:
    """What became of the open alerts of a target; `at` is an ISO 8601 time in UTC, `report` the run behind it."""

    target: Redacted
    at: str
    open: OpenAlerts
    groups: tuple[TriagedGroup, ...]
    report: RunReport


class ChangeOutcome(StrEnum):
    """What became of the wish to acknowledge or resolve an alert."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    HELD_BACK = "held-back"


SETTLED = frozenset({ChangeOutcome.DONE, ChangeOutcome.ALREADY})
"""The outcomes with which nothing is left to do."""


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What became of one alert. `asked` is the status that was wished for, `said` why it did or did not come.

    `failing` are the ids of its playbook's diagnostics that do not pass.
    """

    alert_id: str
    asked: str
    outcome: ChangeOutcome
    said: Redacted = EMPTY
    failing: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of alerts that were to be resolved, and the proof (runbook: Alert Workflow, Verify recovery).

    `critical_open` are the critical alerts that are open afterwards, `opened` the alerts, critical or of the kinds
    that were resolved, that were raised meanwhile. `unverified` says why it could not be seen which are open.
    """

    changes: tuple[AlertChange, ...]
    report: RunReport
    critical_open: tuple[models.Alert, ...] = ()
    opened: tuple[models.Alert, ...] = ()
    unverified: Redacted = EMPTY

    @property
    def is_recovered(self) -> bool:
        """Whether all is resolved that was to be, and no critical alert is open."""
        settled = all(change.outcome in SETTLED for change in self.changes)
        return settled and not (self.critical_open or self.opened or self.unverified)


@dataclass(frozen=True, slots=True)
class Covered:
    """One line of the runbook, or one kind of alert, and what executes it.

    `diagnostics` are ids, `commands` those of `deeplearn-checks`; `manual` says why something is left to people,
    empty where nothing is.
    """

    section: str
    text: str
    diagnostics: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    manual: str = ""
