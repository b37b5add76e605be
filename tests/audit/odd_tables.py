"""Small tables with odd values, made by hypothesis: what the engines must judge alike."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deeplearn_checks.audit.fitting import declaration, statement
from deeplearn_checks.audit.rule import rules
from deeplearn_checks.audit.tables import TABLES, Kind, SqliteFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Value

Row = dict[str, "Value"]
Rows = dict[str, list[Row]]

EXAMPLES = 200
"""How many sets of tables are drawn; they are judged together, their ids kept apart."""

KEYS = {"lead_registrations": "lead_id", "platform_users": "uid", "artifacts": "key"}
LETTERS = {"lead_registrations": "l", "platform_users": "u", "courses": "c", "cohorts": "h", "payments": "p"}
LETTERS |= {"course_modules": "m", "content_posts": "w"}

REFERENCES = {
    "lead_id": "l",
    "user_id": "u",
    "created_by": "u",
    "instructor_user_id": "u",
    "course_id": "c",
    "cohort_id": "h",
    "module_id": "m",
    "payment_id": "p",
    "post_id": "w",
    "order_id": "o",
    "payment_ref": "p",
}
TIMES = (None, 0, -5, 1_700_000_000_000, 1_700_000_000_001, 2**53, "soon", "1700000000000", 12.5)
AMOUNTS = (*[499_900] * 3, None, 0, 1, -1, 100, 499_899, 2**31, 2**53, "free", "100")
METADATA = (
    None,
    "",
    "{",
    "null",
    "[]",
    '"amount_cents"',
    '{"amount_cents": 100',
    '{"amount_cents": 100} tail',
    "{'amount_cents': 100}",
    '{"amount_cents": 01}',
    '{"amount_cents": 100, "amount_cents": 2}',
    '{"amount_cents": "\t"}',
)
AMOUNTS_SAID: tuple[object, ...] = (
    None,
    100,
    499_900,
    -1,
    2**53 + 1,
    2**63 - 1,
    1.5,
    1e3,
    "100",
    " 100",
    "12.7",
    "12abc",
    "",
    "free",
    "+7",
)
AMOUNTS_SAID += ("99999999999999999999", "-99999999999999999999", "1e3", "0x10", "1_000", [1], {"a": 1})
TEXTS: Mapping[str, Sequence[str | None]] = {
    "email": (None, "", "a@b.example", "A@B.example", " a@b.example", "É@b.example", "é@b.example", "o'neil@x.example"),
    "phone": (None, "", "+91 98765 43210", "9876543210", "(987) 654-3210", "98765", "\uff19876543210"),
    "payment_status": (*["paid"] * 5, None, "", "PAID", "failed", "refunded", "registered"),
    "currency": (*["INR"] * 3, None, "", "inr", "USD"),
    "certificate_url": (
        *["https://x.example/c/u-2024-02-29.svg", "https://x.example/c/u.svg"] * 2,
        None,
        "",
        "é",
    ),
    "issued_on": (*["2024-02-29"] * 3, None, "", "2024-03-01"),
    "event_name": ("webinar_registration_submitted", "payment_completed", "lead_event", ""),
    "completion_state": (*["completed"] * 3, None, "in_progress", "completed", "COMPLETED"),
    "refund_status": (None, "", "partial", "full"),
    "verdict": (*["invalid"] * 3, "", "valid", None),
    "reason": (*[""] * 3, "signature_differs", "names_another", "certificate_artifact_missing", None),
    "role": ("learner", "staff", "admin", None, "LEARNER"),
}
STATUSES: Mapping[str, Sequence[str | None]] = {
    "payments": (*["captured"] * 5, "refunded", "failed", "Captured", None),
    "refunds": ("processed", "processed", "pending", "failed", None),
    "course_enrollments": (*["completed"] * 4, *["dropped", "active"] * 2, "COMPLETED", "", None),
    "cohort_enrollments": ("enrolled", "enrolled", "completed", "dropped", None),
    "courses": ("live", "published", "draft", "completed", "archived", None),
    "cohorts": ("open", "live", "draft", "completed", "archived", None),
}
ANY_TEXT = (None, "", "x", "X", "é", "💥", "a'b", 'a"b', "a\\b", "%", "_", "\t", " x ", "\x00", "l0", "p0")


@st.composite
def odd_metadata(draw: st.DrawFn) -> str | None:
    """Draw the JSON of a lead, and what is none."""
    if draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(METADATA))
    fields = {"amount_cents": AMOUNTS_SAID, "currency": TEXTS["currency"], "crm_stage": (None, "won", " won ", "lost")}
    fields |= {"razorpay_payment_id": (None, "p0", ""), "razorpay_order_id": (None, "p1"), "route": ("é", None)}
    said = {name: draw(st.sampled_from(values)) for name, values in fields.items() if draw(st.booleans())}
    return json.dumps(said, ensure_ascii=draw(st.booleans()))


def values(table: str, name: str) -> st.SearchStrategy[Value]:
    """Answer what a column may hold, of the right kind or not; what is sound is drawn more often."""
    if name == "status":
        return st.sampled_from(STATUSES.get(table, ANY_TEXT))
    if name == "metadata_json":
        return odd_metadata()
    if name == "amount_refunded_cents":
        return st.sampled_from([1, 0, 0, 0, 1, None, 499_900])
    if name in REFERENCES:
        here = [f"{REFERENCES[name]}{number}" for number in range(2)]
        return st.sampled_from([*here * 3, None, "", here[0].upper(), " "])
    if TABLES[table][name] is Kind.TEXT:
        return st.sampled_from(TEXTS.get(name, ANY_TEXT))
    pool = TIMES if name.endswith("_ms") else AMOUNTS if name.endswith("_cents") else (None, 0, 1, 50, 100, 99.5)
    return st.sampled_from(pool)


@st.composite
def odd_tables(draw: st.DrawFn, read: Mapping[str, frozenset[str]]) -> Rows:
    """Draw a few rows of each table, of the columns that rules read."""
    made: Rows = {}
    for table, columns in read.items():
        key = KEYS.get(table, "id")
        odd = {name: values(table, name) for name in sorted(columns - {key})}
        rows = draw(st.lists(st.fixed_dictionaries(odd), min_size=2, max_size=4))
        made[table] = [{key: f"{LETTERS.get(table, 'x')}{number}", **row} for number, row in enumerate(rows)]
    return made


def drawn() -> list[Rows]:
    """Answer many sets of tables, the same at every run."""
    read: dict[str, frozenset[str]] = {}
    for rule in rules():
        for table, columns in rule.tables.items():
            read[table] = read.get(table, frozenset()) | columns
    found: list[Rows] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_tables(read))
    def collect(made: Rows) -> None:
        found.append(made)

    collect()
    return found


def written(examples: Sequence[Rows], file: Path) -> SqliteFile:
    """Write many sets of tables into one file, the ids of each its own."""
    with closing(sqlite3.connect(file)) as database, database:
        for table, kinds in TABLES.items():
            database.execute(declaration(table, kinds))
        for number, rows_of in enumerate(examples):
            for table, rows in rows_of.items():
                for row in rows:
                    apart = {name: _apart(name, value, number) for name, value in row.items()}
                    database.execute(statement(table, list(apart)), list(apart.values()))
    return SqliteFile(file)


def _apart(name: str, value: Value, example: int) -> Value:
    is_id = name in {*REFERENCES, "id", "uid", "key"}
    return f"{example}-{value}" if is_id and value else value
