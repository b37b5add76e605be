"""A rule: one SELECT that answers the rows which should not be, with a header that says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deeplearn_checks.finding import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as its file says it.

    `tables`: the columns it reads, by table. `key`: the columns whose values tell one finding from another, in order.
    `people`: the key columns that name a person, shown as pseudonyms only. `columns`: what the SELECT answers, in order;
    beside the key possibly `amount_cents` with `currency` (money at stake) and `at_ms` (when it happened).
    `sql` is in SQLite's words, with `json_text(column, 'field')` for a field of a JSON text.
    """

    id: str
    severity: Severity
    cause: str
    runbook: str
    meaning: str
    key: tuple[str, ...]
    people: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    columns: tuple[str, ...]
    sql: str
