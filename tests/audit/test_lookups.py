"""What rules look up is read off their text; what the planner would scan again and again gets an index."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ruling import ENROLLED, PAID, UNENROLLED, ruled

from deeplearn_checks.audit.engines.sqlite_plan import Shape, best_orders, missing_indexes
from deeplearn_checks.audit.lookups import lookups

BOTH = frozenset({"course_id", "user_id"})
USER = frozenset({"user_id"})
TABLES = f"{ENROLLED}, courses (id, slug), platform_users (uid)"


@pytest.mark.parametrize(
    ("join", "table", "columns"),
    [
        ("JOIN course_enrollments AS e ON e.user_id = l.user_id", "course_enrollments", {USER}),
        ("JOIN course_enrollments AS e ON e.user_id = l.user_id", "lead_registrations", {USER}),
        ("JOIN course_enrollments e ON l.user_id = e.user_id", "course_enrollments", {USER}),
        ("JOIN course_enrollments USING (user_id) WHERE 1 = 1", "course_enrollments", {USER}),
        ("LEFT JOIN course_enrollments ON course_enrollments.user_id = l.user_id", "course_enrollments", {USER}),
        (
            "JOIN course_enrollments AS e ON e.user_id = l.user_id AND e.course_id = l.lead_id",
            "course_enrollments",
            {BOTH},
        ),
        ("JOIN platform_users ON uid = l.user_id", "platform_users", {frozenset({"uid"})}),
        ("JOIN platform_users ON l.user_id = uid", "platform_users", {frozenset({"uid"})}),
        ("JOIN course_enrollments AS e ON e.user_id = 'x'", "course_enrollments", set()),
        ("JOIN course_enrollments AS e ON e.user_id = e.course_id", "course_enrollments", set()),
        ("JOIN course_enrollments AS e ON e.user_id = lower(l.user_id)", "course_enrollments", set()),
        ("JOIN course_enrollments AS e ON lower(e.user_id) = l.user_id", "course_enrollments", set()),
        ("WHERE l.user_id =", "course_enrollments", set()),
    ],
)
def test_columns_that_are_held_against_another_table_are_looked_up(
    join: str, table: str, columns: set[frozenset[str]]
) -> None:
    """Together where they are held against the same one; under an alias, a bare name, USING."""
    rule = replace(ruled(PAID, tables=TABLES), sql=f"SELECT 1 FROM lead_registrations AS l {join}")  # noqa: S608  never run

    assert lookups([rule]).get(table, frozenset()) == columns


def shapes(*indexes: tuple[str, ...]) -> dict[str, Shape]:
    """Answer the two tables, the enrollments with these indexes."""
    leads = dict.fromkeys(("lead_id", "user_id", "payment_status", "paid_at_ms", "metadata_json"), "TEXT")
    return {
        "lead_registrations": Shape(leads, ()),
        "course_enrollments": Shape({"course_id": "TEXT", "user_id": "TEXT"}, indexes),
    }


BY_BOTH = UNENROLLED.replace("l.user_id)", "l.user_id AND e.course_id = l.lead_id)")
JOINED = "SELECT l.lead_id FROM lead_registrations AS l LEFT JOIN course_enrollments AS e ON e.user_id = l.user_id"
EXPRESSION = JOINED.replace("e.user_id =", "lower(e.user_id) =")
PARTS = (
    "WITH a AS (SELECT DISTINCT user_id FROM course_enrollments) "
    "SELECT l.lead_id FROM lead_registrations AS l LEFT JOIN a ON a.user_id = l.user_id WHERE a.user_id IS NULL"
)


@pytest.mark.parametrize(
    ("sql", "indexes", "missing"),
    [
        (UNENROLLED, (), {USER}),
        (UNENROLLED, (("user_id", "course_id"),), set()),
        (UNENROLLED, (("course_id", "user_id"),), {USER}),
        (BY_BOTH, (), {BOTH}),
        (BY_BOTH, (("course_id", "user_id"),), set()),
        (JOINED, (), {USER}),
        (JOINED, (("user_id",),), set()),
        (EXPRESSION, (), set()),
        (PARTS, (), set()),
        (PAID, (), set()),
    ],
)
def test_an_index_is_missing_where_the_planner_would_scan_again_and_again(
    sql: str, indexes: tuple[tuple[str, ...], ...], missing: set[frozenset[str]]
) -> None:
    """Asked of SQLite itself, for every rule; one that serves is not made twice."""
    wanted = missing_indexes([ruled(sql, tables=ENROLLED)], shapes(*indexes))

    assert wanted.get("course_enrollments", frozenset()) == missing


def test_an_index_that_only_sorts_is_not_made() -> None:
    """Reading a table in the order of an index takes a page for each row."""
    sql = (
        "SELECT l.user_id AS lead_id, COUNT(*) AS at_ms FROM lead_registrations AS l "
        "LEFT JOIN course_enrollments AS e ON e.user_id = l.user_id GROUP BY l.user_id"
    )

    assert missing_indexes([ruled(sql, tables=ENROLLED)], shapes()) == {"course_enrollments": {USER}}


def test_a_rule_whose_columns_are_not_there_wants_nothing() -> None:
    """It will be skipped."""
    there = {"lead_registrations": Shape({"lead_id": "TEXT"}, ()), "course_enrollments": Shape({"x": ""}, ())}

    assert missing_indexes([ruled(UNENROLLED, tables=ENROLLED)], there) == {}


@pytest.mark.parametrize(
    ("sizes", "column"),
    [
        ({"course_enrollments": 100, "courses": 9}, "user_id"),
        ({"course_enrollments": 9, "courses": 100}, "lead_id"),
        ({}, "lead_id"),
    ],
)
def test_rows_are_best_kept_in_the_order_of_what_leads_to_most_rows(sizes: dict[str, int], column: str) -> None:
    """A large table is then walked through once, not here and there; parts of a WITH have no size."""
    sql = (
        "WITH part AS (SELECT id FROM courses) SELECT l.lead_id FROM lead_registrations AS l "
        "JOIN course_enrollments AS e ON e.user_id = l.user_id JOIN courses AS c ON c.id = l.lead_id "
        "JOIN part AS p ON p.id = l.payment_status"
    )

    orders = best_orders([ruled(sql, tables=f"{ENROLLED}, courses (id)")], sizes)

    assert orders["lead_registrations"] == column
