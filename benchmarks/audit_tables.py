"""Healthy tables for an audit, of any size: what the service, Razorpay and the bucket would hold after so many leads.

Everything is made by SQLite itself from the number of a lead, so a million leads take seconds. A healthy population
has what rules must leave alone: declined attempts, refunds that were followed, payments by hand, leads that a payment
made, people with two courses, and the suite's own learner, on whom everything is amiss.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES, TABLES
from deeplearn_checks.sandbox.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BEGINS_MS = 1_700_000_000_000
SPAN_MS = 600 * 86_400_000
"""Leads come in over this time, the first at BEGINS_MS."""

COURSES = {"course-0": 499_900, "course-1": 749_900, "course-2": 999_900}
"""The courses and their prices, in paise; the last is a draft with a draft cohort, which nobody buys."""
COHORTS = {"cohort-0": ("course-0", 0, "live"), "cohort-1": ("course-0", 449_900, "open")}
COHORTS |= {"cohort-2": ("course-1", 0, "live"), "cohort-3": ("course-1", 699_900, "open")}
COHORTS |= {"cohort-draft": ("course-2", 0, "draft")}
STAFF = {"teacher-anand": "teacher", "coordinator-chitra": "coordinator"}

Row = dict[str, object]


def build(file: Path, leads: int, *, seed: int = 0, is_ordered: bool = False, is_indexed: bool = True) -> None:
    """Write every table into a new SQLite file.

    `is_ordered`: keys grow with time instead of being scattered. `is_indexed`: the tables have the service's indexes
    and primary keys, as an export has; without, they have none at all.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
        database.executescript(_schema(is_indexed=is_indexed))
        database.executescript(_DRAWING)
        database.execute("INSERT INTO size VALUES (?, ?, ?, ?, ?)", (leads, seed, is_ordered, BEGINS_MS, SPAN_MS))
        database.execute("BEGIN")
        _catalogue(database)
        for table, made in MADE.items():
            columns = ", ".join(TABLES[table])
            database.execute(f"INSERT INTO {table} ({columns}) {made}")
        _own_learner(database)
        database.execute("COMMIT")


def insert(database: sqlite3.Connection, table: str, **values: object) -> None:
    """Write one row; a column that is not given is empty, 0, or (for a time) the beginning."""
    empty = {name: "" if kind == "text" else 0 for name, kind in TABLES[table].items()}
    times = {name: BEGINS_MS for name in empty if name in {"created_at_ms", "updated_at_ms"}}
    row = empty | times | values
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  our names


def _schema(*, is_indexed: bool) -> str:
    gateway = {**PAYMENT_TABLES, **CERTIFICATE_TABLES}
    made = [_table(name, columns, " PRIMARY KEY" * is_indexed) for name, columns in gateway.items()]
    if is_indexed:
        return SCHEMA + "".join(made)
    return "".join([*made, *(_table(name, columns) for name, columns in TABLES.items() if name not in gateway)])


def _table(name: str, columns: Mapping[str, str], key: str = "") -> str:
    texts = [f"{column} {kind}" for column, kind in columns.items()]
    return f"CREATE TABLE {name} ({texts[0]}{key}, {', '.join(texts[1:])});\n"


_DRAWING = """
CREATE TEMP TABLE size (leads, seed, is_ordered, created_ms, span_ms);
CREATE TEMP VIEW counted AS
WITH RECURSIVE numbers (n) AS (
  SELECT 1 FROM size WHERE leads > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < (SELECT leads FROM size)
), mixed AS (
  SELECT n, (n * 2654435761 + seed) % 4294967296 AS x, size.* FROM numbers CROSS JOIN size
)
SELECT n, (n * 7 + seed) % 40 AS r, created_ms + n * span_ms / (leads + 1) AS created,
  CASE WHEN is_ordered THEN n ELSE ((x | (x >> 16)) - (x & (x >> 16))) * 1664525 % 4294967296 END AS k
FROM mixed;

CREATE TEMP VIEW drawn AS
SELECT n, r, created, printf('%08x-0000-4000-8000-%012x', k, n) AS row_id,
  printf('%08x-0000-4000-8000-%012x', k, n) AS lead_id, printf('order_%08x%06x', k, n % 16777216) AS order_id,
  printf('pay_%08x%06x', k, n % 16777216) AS payment_id, printf('learner_%012x', k) AS user_id,
  CASE WHEN r IN (0, 8) AND n > 1 AND n % 3 = 0 THEN n - 1 ELSE n END AS person,
  'course-' || (n % 2) AS course_id, 'cohort-' || (n % 2 * 2 + (n / 2) % 2) AS cohort_id,
  CASE n % 4 WHEN 0 THEN 499900 WHEN 2 THEN 449900 WHEN 1 THEN 749900 ELSE 699900 END AS amount,
  created + 3600000 + n % 24 * 3600000 AS paid, created + 864000000 + n % 20 * 86400000 AS completed,
  CASE WHEN r < 8 THEN 'new' WHEN r < 14 THEN 'contacted' WHEN r < 23 THEN 'pending' WHEN r < 28 THEN 'failed'
    WHEN n % 23 = 0 THEN 'refunded' WHEN n % 29 = 0 THEN 'manual' ELSE 'paid' END AS stage,
  r >= 33 AND n % 23 <> 0 AS is_done, r >= 36 AND n % 23 <> 0 AS is_certified,
  r >= 28 AND n % 31 = 0 AS is_by_webhook, n % 37 = 0 AS is_authorized
FROM counted;

CREATE TEMP VIEW learner AS
SELECT *, 'https://certificates.example.com/' || course_id || '/' || user_id || '-' || issued_on || '.svg' AS url
FROM (SELECT *, strftime('%Y-%m-%d', completed / 1000, 'unixepoch') AS issued_on FROM drawn WHERE r >= 28);
"""
"""From these the tables are made: `drawn` has a row for each lead, `learner` for each that paid.

`k` is the lead's number or, for scattered keys, a number of 32 bits that no other lead has: multiplying by an odd
number and folding the upper half into the lower one lose nothing.
"""

MADE = {
    "lead_registrations": """
      SELECT lead_id, CASE WHEN is_by_webhook THEN '' ELSE 'Learner ' || n END,
        'learner.' || person || '@example.com', '+91' || (9000000000 + person), 'deep-rag-live-webinar', 'landing',
        'session-' || n, course_id, 'slug-' || course_id, cohort_id, CASE WHEN r >= 28 THEN user_id ELSE '' END,
        CASE WHEN r < 23 THEN 'registered' WHEN stage IN ('failed', 'refunded') THEN stage ELSE 'paid' END,
        CASE WHEN r < 14 THEN '' WHEN r < 23 THEN order_id WHEN stage = 'manual' THEN 'manual_' || paid
          ELSE payment_id END,
        CASE WHEN r < 14 THEN '' WHEN stage = 'manual' THEN 'manual' ELSE 'razorpay' END,
        CASE WHEN r < 14 THEN json_object('crm_stage', stage)
          ELSE json_object('razorpay_order_id', order_id, 'amount_cents', amount, 'currency', 'INR') END,
        CASE WHEN r < 28 THEN NULL ELSE paid END, created, CASE WHEN r < 23 THEN created ELSE paid END
      FROM drawn""",
    "course_enrollments": """
      SELECT 'a' || row_id, course_id, user_id,
        CASE WHEN stage = 'refunded' THEN 'dropped' WHEN is_done THEN 'completed' ELSE 'active' END,
        CASE WHEN is_done THEN url END, CASE WHEN is_done THEN completed END, paid,
        CASE WHEN is_done THEN completed ELSE paid END, CASE WHEN is_done THEN 100 ELSE n % 4 * 25 END
      FROM learner""",
    "cohort_enrollments": """
      SELECT 'b' || row_id, cohort_id, user_id, course_id,
        CASE WHEN is_certified THEN 'completed' ELSE 'enrolled' END,
        CASE WHEN is_certified THEN 'completed' ELSE 'in_progress' END,
        CASE WHEN is_certified THEN url ELSE '' END, CASE WHEN is_certified THEN completed END,
        paid, CASE WHEN is_certified THEN completed ELSE paid END, CASE WHEN is_certified THEN 100 ELSE 0 END
      FROM learner""",
    "platform_users": """
      SELECT user_id, 'learner.' || person || '@example.com', 'Learner ' || n, 'learner', paid, paid FROM learner""",
    "lead_events": """
      SELECT 'c' || row_id, 'webinar_registration_submitted', 'deep-rag-live-webinar', 'landing', 'IN', lead_id,
        'session-' || n, '/', '', 0, 0, 0, created, 0 FROM drawn WHERE NOT is_by_webhook
      UNION ALL
      SELECT 'd' || row_id, 'payment_completed', 'deep-rag-live-webinar', 'landing', 'IN', lead_id,
        'session-' || n, '/', '', 0, 0, 0, paid, amount FROM learner""",
    "payments": """
      SELECT payment_id, order_id, 'INR',
        CASE WHEN stage IN ('failed', 'refunded') THEN stage WHEN is_authorized THEN 'authorized' ELSE 'captured' END,
        CASE WHEN stage = 'refunded' THEN 'full' ELSE '' END, 'learner.' || person || '@example.com',
        '+91' || (9000000000 + person), CASE WHEN n % 41 = 0 THEN '' ELSE lead_id END, course_id, cohort_id, amount,
        CASE WHEN stage = 'refunded' THEN amount ELSE 0 END, r >= 28 AND NOT is_authorized, paid - 5000
      FROM drawn WHERE r >= 23 AND stage <> 'manual'
      UNION ALL
      SELECT replace(payment_id, 'pay_', 'pay_declined_'), order_id, 'INR', 'failed', '',
        'learner.' || person || '@example.com', '+91' || (9000000000 + person), lead_id, course_id, cohort_id, amount,
        0, 0, created
      FROM drawn WHERE r >= 28 AND stage <> 'manual' AND n % 5 = 0""",
    "refunds": """
      SELECT replace(payment_id, 'pay_', 'rfnd_'), payment_id, 'INR', 'processed', amount, paid + 86400000
      FROM learner WHERE stage = 'refunded'""",
    "artifacts": """
      SELECT 'certificates/' || course_id || '/' || user_id || '-' || issued_on || '.json', course_id, user_id,
        issued_on, 'valid', '', 420, completed
      FROM learner WHERE is_done""",
}
"""How the rows of each table are made, in the order of its columns."""


def _catalogue(database: sqlite3.Connection) -> None:
    """Write courses, cohorts, modules, staff, alerts and content."""
    for course_id, price in COURSES.items():
        status = "draft" if course_id == "course-2" else "live"
        insert(database, "courses", id=course_id, slug=f"slug-{course_id}", status=status, price_cents=price)
        for number in range(3):
            module: Row = {"id": f"module-{course_id}-{number}", "module_key": f"m{number}", "sort_order": number}
            insert(database, "course_modules", course_id=course_id, **module)
    for cohort_id, (course_id, fee, status) in COHORTS.items():
        cohort: Row = {"status": status, "fee_cents": fee, "instructor_user_id": "teacher-anand"}
        insert(database, "cohorts", id=cohort_id, course_id=course_id, **cohort)
        unlock: Row = {"cohort_id": cohort_id, "module_id": f"module-{course_id}-0"}
        insert(database, "cohort_module_unlocks", id=f"unlock-{cohort_id}", **unlock)
    for uid, role in STAFF.items():
        insert(database, "platform_users", uid=uid, email=f"{uid}@example.org", role=role)
    insert(database, "course_staff", id="staff-0", course_id="course-0", user_id="teacher-anand", role="teacher")
    insert(database, "organization_staff", id="staff-1", user_id="coordinator-chitra", role="coordinator")
    insert(database, "content_posts", id="post-0", slug="daily-0", status="published")
    insert(database, "content_generation_runs", id="1", run_type="daily", status="success", post_id="post-0")
    insert(database, "content_generation_runs", id="2", run_type="daily", status="skipped")
    insert(database, "ops_alerts", id="alert-0", severity="warning", status="resolved")
    view: Row = {"event_name": "landing_viewed", "path": "/"}
    insert(database, "lead_events", id="view-0", **view)


def _own_learner(database: sqlite3.Connection) -> None:
    """Write the suite's own learner: paid without payment, enrollment or event, and with a stray certificate."""
    who = "Synthetic-Staging-0@Deeplearn-Checks.invalid"
    money = '{"amount_cents": 1, "currency": "INR", "crm_stage": "qualified"}'
    lead: Row = {"payment_status": "paid", "payment_ref": "pay_Own", "paid_at_ms": 1, "metadata_json": money}
    place: Row = {"course_id": "course-0", "cohort_id": "cohort-0", "user_id": "own-learner"}
    for number in range(2):
        insert(
            database, "lead_registrations", lead_id=f"own-{number}", email=who, phone="+910000000000", **lead, **place
        )
    insert(database, "platform_users", uid="own-learner", email=who, role="learner")
    insert(database, "payments", id="pay_Stray", status="captured", currency="INR", email=who, amount_cents=1)
    insert(database, "artifacts", key="stray", course_id="course-0", user_id="own-learner", verdict="invalid")
