"""What a rule costs grows with the tables, not with their square: measured in steps of SQLite, not in time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

import pytest
from audit_damages import damage_all
from audit_tables import build
from judged import RULES

from deeplearn_checks.audit.engines.sqlite import SqliteEngine
from deeplearn_checks.audit.tables import SqliteFile

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.rule import Rule

LEADS = 8_000
STEPS = 50_000
"""Steps of the machine between two looks at the clock."""
MOST = 200
"""Steps for each lead; joining each refund with each paid lead costs thousands at this size."""


def steps_per_lead(file: Path) -> dict[str, float]:
    """Answer what each rule costs on an engine that was prepared for all of them."""
    looks = count()
    engine = SqliteEngine([SqliteFile(file)], clock=lambda: next(looks))
    with closing(engine):
        engine.prepare(list(RULES.values()))
        return {rule.id: _looks(engine, rule, looks) * STEPS / LEADS for rule in RULES.values()}


def _looks(engine: SqliteEngine, rule: Rule, looks: count[int]) -> int:
    before = next(looks)
    for _ in engine.violations(rule, since_ms=None, seconds=float("inf")):
        pass
    return next(looks) - before


@pytest.mark.parametrize("is_indexed", [True, False])
def test_no_rule_is_quadratic(tmp_path: Path, is_indexed: bool) -> None:  # noqa: FBT001  a table of cases
    """Scattered keys, with the service's indexes and without: each rule reads its tables a few times and no more."""
    build(tmp_path / "d1.sqlite", LEADS, is_indexed=is_indexed)
    with closing(sqlite3.connect(tmp_path / "d1.sqlite")) as database:
        damage_all(database, 5)

    costs = steps_per_lead(tmp_path / "d1.sqlite")

    assert {rule: cost for rule, cost in costs.items() if cost > MOST} == {}
