"""What an audit found: one result per rule, and the report over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.finding import Outcome, Severity
    from deeplearn_checks.redaction import Redacted

SHOWN_KEYS = 100
"""How many keys of a rule a report shows at most."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule: passed, failed, error (its query broke) or skipped (a source cannot say).

    `count`: rows found, of which `known` stand in the baseline. `money`: cents at stake by currency. `weeks`: count by
    the Monday (ISO date, UTC) of the week in which it happened. `keys`: the first SHOWN_KEYS, redacted.
    `digest`: hex of an order-free hash over all real keys, so that two engines can be compared.
    `is_left_out`: skipped because the operator gave no such source, which is no verdict on readiness.
    """

    rule: Rule
    outcome: Outcome
    count: int = 0
    known: int = 0
    money: Mapping[str, int] = field(default_factory=dict)
    first_at_ms: int | None = None
    last_at_ms: int | None = None
    weeks: Mapping[str, int] = field(default_factory=dict)
    keys: tuple[Redacted, ...] = ()
    digest: str = ""
    reason: Redacted | None = None
    is_left_out: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything one audit found. `judged`: rows by table. `source` names it, without secrets or paths of people.

    `notes`: what must be known of how the tables were read.
    """

    source: Redacted
    engine: str
    judged: Mapping[str, int]
    results: tuple[RuleResult, ...]
    started_ms: int
    seconds: float
    fail_on: Severity
    notes: tuple[Redacted, ...] = ()
