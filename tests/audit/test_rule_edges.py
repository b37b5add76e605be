"""The edges of every rule, one change to one healthy learner each: the changes stand in rule_edges.sql."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from audit_tables import insert
from judged import RULES, keys_of

from deeplearn_checks.audit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

EDGES = Path(__file__).with_name("rule_edges.sql").read_text(encoding="utf-8")
_CASE = re.compile(r"-- ([a-z-]+): (.+) -> (.+)\n((?:(?!-- ).*\n)+)")


class Case(NamedTuple):
    """A change to the healthy learner, and the keys that one rule reports then."""

    rule: str
    what: str
    keys: str
    change: str


EVERY = tuple(Case(*found) for found in _CASE.findall(EDGES))


@pytest.fixture
def tables() -> Iterator[sqlite3.Connection]:
    """One course with one cohort, and one learner who paid and has everything."""
    with closing(sqlite3.connect(":memory:")) as database:
        for table, columns in TABLES.items():
            database.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        _catalogue(database)
        _learner(database)
        yield database


def _catalogue(database: sqlite3.Connection) -> None:
    insert(database, "courses", id="course", status="live", price_cents=1000)
    insert(database, "cohorts", id="cohort", course_id="course", status="open", instructor_user_id="teacher")
    insert(database, "course_modules", id="module", course_id="course")
    insert(database, "cohort_module_unlocks", id="unlock", cohort_id="cohort", module_id="module")
    insert(database, "platform_users", uid="teacher", role="teacher")
    insert(database, "course_staff", id="staff", course_id="course", user_id="teacher", role="teacher")


def _learner(database: sqlite3.Connection) -> None:
    who = {"lead_id": "asha", "email": "asha@example.com"}
    place = {"course_id": "course", "user_id": "learner"}
    times = {"created_at_ms": 1000, "updated_at_ms": 3000}
    paid: dict[str, object] = {"payment_status": "paid", "payment_ref": "pay_1", "payment_provider": "razorpay"}
    paid |= {"full_name": "Asha", "phone": "+91 99999-88888", "paid_at_ms": 3000, "metadata_json": "{}"}
    insert(database, "lead_registrations", **who, **place, **times, **paid, cohort_id="cohort")
    insert(database, "lead_events", id="e1", lead_id="asha", event_name="webinar_registration_submitted")
    insert(database, "lead_events", id="e2", lead_id="asha", event_name="payment_completed")
    insert(database, "platform_users", uid="learner", email="asha@example.com", role="learner")
    insert(database, "course_enrollments", id="e", **place, **times, status="active")
    cohort = {"cohort_id": "cohort", "status": "enrolled", "completion_state": "in_progress"}
    insert(database, "cohort_enrollments", id="k", **place, **times, **cohort)
    money: dict[str, object] = {"amount_cents": 1000, "currency": "INR", "status": "captured", "captured": 1}
    insert(database, "payments", id="pay_1", order_id="order_1", **who, **money, created_at_ms=2000)


@pytest.mark.parametrize("rule", RULES)
def test_the_learner_is_healthy(tables: sqlite3.Connection, rule: str) -> None:
    """What a case shows is the change that it makes."""
    assert keys_of(tables, RULES[rule]) == []


@pytest.mark.parametrize("case", EVERY, ids=lambda case: f"{case.rule}: {case.what}")
def test_a_rule_judges_this_case(tables: sqlite3.Connection, case: Case) -> None:
    """Exactly the rows that a rule is about are reported, each once."""
    tables.executescript(case.change)

    reported = sorted(" ".join(key) for key in keys_of(tables, RULES[case.rule]))
    assert (", ".join(reported) or "nothing") == case.keys


def test_every_case_is_read() -> None:
    """A case that is written otherwise than the others would be judged by nobody."""
    assert len(EVERY) == EDGES.count(" -> ")
