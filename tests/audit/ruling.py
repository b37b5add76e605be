"""Rules and databases as tests of the audit write them."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from deeplearn_checks.audit.rule import read_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deeplearn_checks.audit.rule import Rule

HEADER = """\
-- id: {id}
-- severity: critical
-- cause: paid-without-user
-- runbook: payment-failure-playbook/4
-- key: {key}
-- people: {people}
-- tables: {tables}
-- meaning: They paid.
"""
LEADS = "lead_registrations (lead_id, user_id, payment_status, paid_at_ms, metadata_json)"
ENROLLED = f"{LEADS}, course_enrollments (course_id, user_id)"
PAID = "SELECT lead_id, paid_at_ms AS at_ms FROM lead_registrations WHERE payment_status = 'paid'"
MONEY = (
    "SELECT lead_id, CAST(json_text(metadata_json, 'amount_cents') AS BIGINT) AS amount_cents, "
    "json_text(metadata_json, 'currency') AS currency, paid_at_ms AS at_ms FROM lead_registrations"
)
UNENROLLED = (
    "SELECT l.lead_id FROM lead_registrations AS l WHERE NOT EXISTS "
    "(SELECT 1 FROM course_enrollments AS e WHERE e.user_id = l.user_id)"
)


def written(sql: str, *, tables: str = LEADS, key: str = "lead_id", people: str = "", id_: str = "a-rule") -> str:
    """Write the file of a rule."""
    return HEADER.format(id=id_, key=key, people=people, tables=tables) + sql


def ruled(sql: str, *, tables: str = LEADS, key: str = "lead_id", people: str = "", id_: str = "a-rule") -> Rule:
    """Read the rule of these words."""
    return read_rule(written(sql, tables=tables, key=key, people=people, id_=id_), f"{id_}.sql")


def database(file: Path, script: str) -> Path:
    """Make a SQLite file by these statements."""
    with closing(sqlite3.connect(file)) as made:
        made.executescript(script)
    return file


LEAD_TABLE = "CREATE TABLE lead_registrations (lead_id, user_id, payment_status, paid_at_ms INTEGER, metadata_json);"
ENROLLMENT_TABLE = "CREATE TABLE course_enrollments (course_id, user_id);"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let this process write no file larger than so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
