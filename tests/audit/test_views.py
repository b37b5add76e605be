"""A view is read by name as a table is, is worked out once, and needs what it reads."""

from __future__ import annotations

from contextlib import closing
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest
from ruling import database, ruled

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.opening import open_engine
from deeplearn_checks.audit.engines.sqlite import SqliteEngine
from deeplearn_checks.audit.tables import SqliteFile
from deeplearn_checks.audit.views import read_view, views
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Engine

OWNED = ruled(
    "SELECT o.payment_id, o.lead_id FROM owned_payments AS o WHERE o.lead_id IS NOT NULL",
    tables="owned_payments (payment_id, lead_id)",
    key="payment_id, lead_id",
)
ROWS = """
CREATE TABLE lead_registrations (lead_id, email, payment_ref, updated_at_ms INTEGER);
CREATE TABLE payments (
  id, order_id, email, lead_id, currency, status,
  amount_cents INTEGER, amount_refunded_cents INTEGER, created_at_ms INTEGER
);
INSERT INTO lead_registrations VALUES
  ('named', 'n@example.com', '', 1),
  ('by-id', 'i@example.com', 'pay_i', 1), ('by-order', 'o@example.com', 'order_o', 1),
  ('older', 'Same@example.com', '', 1), ('newer', 'same@example.com', '', 2);
INSERT INTO payments (id, order_id, email, lead_id) VALUES
  ('pay_n', 'order_o', 'i@example.com', 'named'), ('pay_i', 'order_o', 'n@example.com', ''),
  ('pay_o', 'order_o', 'n@example.com', 'gone'), ('pay_s', 'order_s', 'SAME@example.com', NULL),
  ('pay_x', '', 'n@example.com', 'gone'), ('pay_y', '', '', '');
"""
OWNERS = [("pay_i", "by-id"), ("pay_n", "named"), ("pay_o", "by-order"), ("pay_s", "newer")]


def source(folder: Path) -> SqliteFile:
    """Make the tables that the view of owners reads."""
    return SqliteFile(database(folder / "export.sqlite", ROWS))


def owned(engine: Engine, seconds: float = 60) -> list[tuple[object, ...]]:
    """Answer what the rule finds."""
    return sorted((tuple(row) for row in engine.violations(OWNED, since_ms=None, seconds=seconds)), key=str)


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_the_lead_of_a_payment_is_told_by_what_is_surest(tmp_path: Path, name: str) -> None:
    """Its notes, its id, its order, its payer's address; notes that name a lead which is gone leave no address."""
    (tmp_path / "work").mkdir()
    with closing(open_engine(name, [source(tmp_path)], tmp_path / "work")) as engine:
        engine.prepare([OWNED])

        found = owned(engine)

    assert found == OWNERS


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_a_view_is_worked_out_once(tmp_path: Path, name: str) -> None:
    """The second rule that reads it finds it there."""
    (tmp_path / "work").mkdir()
    with closing(open_engine(name, [source(tmp_path)], tmp_path / "work")) as engine:
        engine.prepare([OWNED])

        first, second = owned(engine), owned(engine)

    assert first == second == OWNERS


def test_a_rule_reads_what_its_views_read() -> None:
    """A source that lacks a column of theirs cannot say whether the rule holds."""
    rule = ruled(
        "SELECT l.lead_id FROM lead_registrations AS l JOIN owned_payments AS o ON o.lead_id = l.lead_id",
        tables="lead_registrations (lead_id), owned_payments (lead_id)",
    )

    assert rule.tables == {
        "lead_registrations": {"lead_id", "email", "payment_ref", "updated_at_ms"},
        "payments": {
            *("id", "order_id", "email", "lead_id", "currency", "status"),
            *("amount_cents", "amount_refunded_cents", "created_at_ms"),
        },
    }
    assert [view.name for view in rule.views] == ["owned_payments"]


def test_a_view_that_takes_too_long_is_tried_again(tmp_path: Path) -> None:
    """Its time is that of the rule which reads it first; what was cut off is no view, and the next rule makes it."""
    rows = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        "INSERT INTO payments (id, order_id, email, lead_id) SELECT 'p' || i, '', 'n@example.com', '' FROM n;"
    )
    times = chain([0, 0], repeat(100))
    file = SqliteFile(database(tmp_path / "export.sqlite", ROWS + rows))
    with closing(SqliteEngine([file], clock=lambda: next(times))) as engine:
        engine.prepare([OWNED])

        with pytest.raises(BrokenQueryError, match="it was not done after 60 s"):
            owned(engine)

        assert len(owned(engine, seconds=3600)) == len(OWNERS) + 5000


def test_ours_are_read() -> None:
    """Each is called as its file is, and says what it means."""
    assert {name: (view.name, bool(view.meaning)) for name, view in views().items()} == {
        name: (name, True) for name in ("certificates_not_valid", "events_of_leads", "owned_payments")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- view: v\n-- meaning: M.\nSELECT 1", "v.sql: the header says no tables; add a line such as: -- tables: "),
        ("-- view: v\n-- tables: payments (id)\n-- meaning: M.\n\nSELECT email FROM payments", "v.sql, line 5: reads "),
    ],
)
def test_a_view_that_is_none_says_where(text: str, said: str) -> None:
    """File and line, as for a rule."""
    with pytest.raises(ConfigurationError) as refused:
        read_view(text, "v.sql")

    assert str(refused.value).startswith(said)
