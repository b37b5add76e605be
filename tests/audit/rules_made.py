"""Rules as a test needs them, of any text."""

from __future__ import annotations

from deeplearn_checks.audit.rule import Rule
from deeplearn_checks.finding import Severity

EXPRESSIONS = (
    "lower('ÉA')",
    "UPPER ('éa')",
    "'ABC' LIKE 'a%'",
    "'ABC' NOT LIKE '%B'",
    "CAST(lower('12X') AS INTEGER) + CAST(NULL AS INTEGER)",
    '(SELECT "a" FROM (SELECT 5 AS "a") AS q)',
    "CAST(7.9 AS BIGINT)",
    "CAST (5 AS TEXT)",
    "CAST('5' AS NUMERIC)",
    "coalesce(NULL, (1 + 2) * 3) -- lower('A')",
    "'lower(' || 'CAST(A AS INTEGER)' || ')'",
    "'a\\b' || 'it''s' || length('\\')",
    *(
        f"json_text('{{\"f\": {held}}}', 'f')"
        for held in ("true", "false", "null", '"true"', "7", "1.0", "1e3", "[1, true]", '{"a" : 1}')
    ),
    "json_text('[true]', 'f')",
    "substr('abc', 2, 5) || trim('  a\t ') || replace('a.b', '.', '')",
)
"""What engines read differently, if it is not said to each in its way."""


def rule(sql: str, *columns: str) -> Rule:
    """Answer a rule over payments; what reads a rule's file would have judged its text."""
    tables = {"payments": frozenset({"id", "created_at_ms"})}
    return Rule("made", Severity.WARNING, "made", "none/1", "Made.", ("id",), frozenset(), tables, columns, sql)
