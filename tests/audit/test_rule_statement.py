"""A rule is one SELECT over what it declares; anything else is refused before it meets data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruling import ENROLLED, PAID, UNENROLLED, ruled

from deeplearn_checks.settings import ConfigurationError

HOSTILE = {
    "ATTACH 'x' AS y": "a rule is one SELECT",
    "": "a rule is one SELECT",
    "-- nothing": "a rule is one SELECT",
    "DELETE FROM lead_registrations": "a rule is one SELECT",
    "VALUES (1)": "a rule is one SELECT",
    f"{PAID}; DROP TABLE lead_registrations": "holds a second statement",
    f"{PAID} /* ; */; -- x\nSELECT 1": "holds a second statement",
    f"{PAID} /* hidden": "/* is opened and never closed",
    f"{PAID} /* /* */ */": "syntax error",
    f"{PAID} AND user_id = 'x": "' is opened and never closed",
    f"{PAID} AND user_id = 'a\\'": "a text holds \\",
    f'{PAID} AND "user_id" IS NULL': "is quoted",
    f"{PAID} AND [user_id] IS NULL": "is quoted",
    f"{PAID} AND user_id = :x": "':' has no place",
    f"{PAID} AND user_id = ?": "'?' has no place",
    f"{PAID} AND user_id\u00a0IS NULL": "has no place",
    f"{PAID} AND é IS NULL": "has no place",
    f"{PAID}\x00": "has no place",
    f"{PAID} LIMIT 5": "says LIMIT",
    f"{PAID}) UNION SELECT (1": "closes a parenthesis",
    f"({PAID})": "a rule is one SELECT",
    f"{PAID} AND (user_id = 'x'": "is no SELECT over the known tables",
    "SELECT load_extension('x') AS lead_id": "calls load_extension()",
    "SELECT randomblob(1000000000) AS lead_id": "calls randomblob()",
    "SELECT writefile('x', 'y') AS lead_id": "no such function: writefile",
    "SELECT readfile('x') AS lead_id": "no such function: readfile",
    "SELECT json_extract(metadata_json, '$.a') AS lead_id FROM lead_registrations": "is SQLite's; write json_text",
    "SELECT json_text(metadata_json) AS lead_id FROM lead_registrations": "takes a column",
    "SELECT name AS lead_id FROM sqlite_master": "reads sqlite_master",
    "SELECT count(*) AS lead_id FROM pragma_database_list": "does more than read",
    "SELECT value AS lead_id FROM json_each('[1]')": "does more than read",
    "SELECT rowid AS lead_id FROM lead_registrations": "reads lead_registrations.rowid",
    "SELECT email AS lead_id FROM lead_registrations": "add email to lead_registrations in tables",
    "SELECT id AS lead_id FROM courses": "add it to tables: courses (id)",
    "SELECT count(*) AS lead_id FROM refunds": "reads refunds, which tables does not declare",
    "SELECT nowhere AS lead_id FROM lead_registrations": "no such column: nowhere",
    "SELECT l.nowhere AS lead_id FROM lead_registrations AS l": "no such column: l.nowhere",
    "SELECT lead_id FRM lead_registrations": "syntax error",
    "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT n AS lead_id FROM a": "says RECURSIVE",
    "WITH a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT n AS lead_id FROM a": "is recursive",
    "WITH courses AS (SELECT 1 AS lead_id) SELECT lead_id FROM courses": "WITH names a part courses",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000 + " AS lead_id": "is no SELECT over the known tables",
    PAID + " " * 70_000: "a rule has at most 65536",
    "SELECT lead_id, lead_id FROM lead_registrations": "answers lead_id twice",
    "SELECT user_id AS at_ms FROM lead_registrations": "does not answer the key lead_id",
    "SELECT lead_id, user_id FROM lead_registrations": "beside the key a rule answers only",
    "SELECT * FROM lead_registrations": "reads lead_registrations.full_name",
    "SELECT lead_id FROM lead_registrations NATURAL JOIN course_enrollments": "says NATURAL",
}


@pytest.mark.parametrize("sql", sorted(HOSTILE))
def test_whatever_is_not_one_harmless_select_is_refused(sql: str) -> None:
    """Writing, reading what is not declared, hiding a statement, running without end: each has its line."""
    with pytest.raises(ConfigurationError) as refused:
        ruled(sql)

    assert (HOSTILE[sql] in str(refused.value), "\n" in str(refused.value)) == (True, False)


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("SELECT lead_id\nFROM lead_registrations\nWHERE email = 'x'", 11),
        ("SELECT lead_id\nFROM lead_registrations\nWHERE json_text(user_id) = 'x'", 11),
        ("\n/* two\nlines */ SELECT lead_id\nFROM lead_registrations;;\nSELECT 1", 12),
        ("\nSELECT lead_id\nFROM lead_registrations WERE 1", 11),
        ("SELECT lead_id\nFROM lead_registrations\nGROUP BY nowhere", 11),
    ],
)
def test_the_line_of_the_file_is_named(sql: str, line: int) -> None:
    """Also below comments, which the engine does not see."""
    with pytest.raises(ConfigurationError) as refused:
        ruled(sql)

    assert str(refused.value).startswith(f"a-rule.sql, line {line}: ")


@pytest.mark.parametrize(
    "sql",
    [
        PAID,
        f"{PAID};\n-- the end ;\n;",
        "-- Why: 'this'\n" + PAID,
        UNENROLLED,
        (
            "WITH a AS (SELECT user_id FROM course_enrollments), b(n) AS (SELECT count(*) FROM a) "
            "SELECT n AS lead_id FROM b"
        ),
        "SELECT lead_id, row_number() OVER (ORDER BY lead_id) AS at_ms FROM lead_registrations",
        "WITH a AS (SELECT 1 AS x) SELECT count(*) AS lead_id FROM a",
        "SELECT lead_id FROM lead_registrations GROUP BY lead_id HAVING count(*) > 1",
    ],
)
def test_one_select_over_declared_columns_is_a_rule(sql: str) -> None:
    """With parts, groups, comments and a semicolon at its end."""
    assert ruled(sql, tables=ENROLLED).columns[0] == "lead_id"


@given(st.text(max_size=40))
def test_any_words_are_a_rule_or_one_line_that_says_why_not(text: str) -> None:
    """No text makes the reader break otherwise."""
    try:
        said = ruled(f"{PAID} AND {text}").id
    except ConfigurationError as problem:
        said = str(problem)

    assert said.startswith("a-rule")
