"""What a user would pick instead of an audit: pandas, pandera and Great Expectations, for the rules that they can say.

    python audit_peers.py PEER TABLES

Each reads the tables that four rules need out of the SQLite file and prints, as JSON, how many rows break each rule:
paid without a user; paid without an enrollment in the course that was paid for; an enrollment of an unknown user; a
refunded payment whose lead still counts as paid. null stands for a rule that it has no words for: pandera and Great
Expectations judge one table at a time, and joins would be pandas' again.
Runs in a virtual environment of its own (see `audit.py`): nothing here is needed by the product.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import warnings
from contextlib import closing

RULES = ("paid-without-user", "paid-without-enrollment", "enrollment-user-unknown", "refunded-but-paid")
SQL = {
    "paid-without-user": """
      SELECT lead_id FROM lead_registrations WHERE payment_status = 'paid' AND COALESCE(user_id, '') = ''
      AND lower(COALESCE(email, '')) NOT LIKE '%@deeplearn-checks.invalid'""",
    "paid-without-enrollment": """
      SELECT l.lead_id FROM lead_registrations AS l WHERE l.payment_status = 'paid' AND l.user_id <> ''
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid' AND NOT EXISTS (
        SELECT 1 FROM course_enrollments AS e WHERE e.course_id = l.course_id AND e.user_id = l.user_id)""",
    "enrollment-user-unknown": """
      SELECT e.id FROM course_enrollments AS e
      WHERE NOT EXISTS (SELECT 1 FROM platform_users AS u WHERE u.uid = e.user_id)""",
    "refunded-but-paid": """
      SELECT p.id FROM payments AS p JOIN lead_registrations AS l ON l.lead_id = p.lead_id
      WHERE p.status = 'refunded' AND l.payment_status = 'paid'
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'""",
}
"""The four rules as anybody would write them for the bare module."""
COLUMNS = {
    "lead_registrations": "lead_id, email, user_id, course_id, payment_status",
    "course_enrollments": "id, course_id, user_id",
    "platform_users": "uid",
    "payments": "id, lead_id, status",
}


def bare(tables: str) -> dict[str, int | None]:
    """Ask the bare sqlite3 module."""
    with closing(sqlite3.connect(f"file:{tables}?mode=ro", uri=True)) as database:
        return {rule: sum(1 for _ in database.execute(sql)) for rule, sql in SQL.items()}


def frames(tables: str):  # type: ignore[no-untyped-def]  # noqa: ANN201  pandas is not of our environment
    """Read the tables into pandas, without the suite's own learner."""
    import pandas as pd  # noqa: PLC0415  of another environment

    with closing(sqlite3.connect(f"file:{tables}?mode=ro", uri=True)) as database:
        read = {
            table: pd.read_sql_query(f"SELECT {columns} FROM {table}", database)  # noqa: S608  of this module
            for table, columns in COLUMNS.items()
        }
    leads = read["lead_registrations"]
    own = leads.email.fillna("").str.lower().str.endswith("@deeplearn-checks.invalid")
    return read | {"lead_registrations": leads[~own]}


def pandas(tables: str) -> dict[str, int | None]:
    """Join frames."""
    read = frames(tables)
    paid = read["lead_registrations"].query("payment_status == 'paid'")
    known = paid[paid.user_id.fillna("") != ""]
    enrolled = known.merge(read["course_enrollments"], how="left", on=["course_id", "user_id"], indicator=True)
    refunded = read["payments"].query("status == 'refunded'")
    counts = (
        len(paid) - len(known),
        (enrolled["_merge"] == "left_only").sum(),
        (~read["course_enrollments"].user_id.isin(read["platform_users"].uid)).sum(),
        refunded.lead_id.isin(paid.lead_id).sum(),
    )
    return dict(zip(RULES, map(int, counts), strict=True))


def pandera(tables: str) -> dict[str, int | None]:
    """Check columns, failures collected."""
    import pandera.pandas as pa  # noqa: PLC0415  of another environment

    read = frames(tables)
    paid = read["lead_registrations"].query("payment_status == 'paid'")
    users = set(read["platform_users"].uid)
    checks = {
        "paid-without-user": (paid, "user_id", pa.Check.str_length(min_value=1)),
        "enrollment-user-unknown": (read["course_enrollments"], "user_id", pa.Check.isin(users)),
    }
    found: dict[str, int | None] = dict.fromkeys(RULES)
    for rule, (frame, column, check) in checks.items():
        try:
            pa.DataFrameSchema({column: pa.Column(str, check)}).validate(frame, lazy=True)
            found[rule] = 0
        except pa.errors.SchemaErrors as failed:
            found[rule] = len(failed.failure_cases)
    return found


def great_expectations(tables: str) -> dict[str, int | None]:
    """Expect of columns, in memory."""
    import great_expectations as gx  # noqa: PLC0415  of another environment

    read = frames(tables)
    paid = read["lead_registrations"].query("payment_status == 'paid'")
    expected = {
        "paid-without-user": (paid, gx.expectations.ExpectColumnValueLengthsToBeBetween(column="user_id", min_value=1)),
        "enrollment-user-unknown": (
            read["course_enrollments"],
            gx.expectations.ExpectColumnValuesToBeInSet(column="user_id", value_set=list(read["platform_users"].uid)),
        ),
    }
    source = gx.get_context(mode="ephemeral").data_sources.add_pandas("tables")
    found: dict[str, int | None] = dict.fromkeys(RULES)
    for rule, (frame, expectation) in expected.items():
        batch = source.add_dataframe_asset(rule).add_batch_definition_whole_dataframe("all")
        result = batch.get_batch({"dataframe": frame}).validate(expectation)
        found[rule] = int(result.result["unexpected_count"])
    return found


PEERS = {"sqlite3": bare, "pandas": pandas, "pandera": pandera, "great_expectations": great_expectations}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(PEERS[sys.argv[1]](sys.argv[2])))
