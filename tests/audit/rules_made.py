"""Rules as a test needs them, of any text."""

from __future__ import annotations

from deeplearn_checks.audit.rule import Rule
from deeplearn_checks.finding import Severity


def rule(sql: str, *columns: str) -> Rule:
    """Answer a rule over payments; what reads a rule's file would have judged its text."""
    tables = {"payments": frozenset({"id", "created_at_ms"})}
    return Rule("made", Severity.WARNING, "made", "none/1", "Made.", ("id",), frozenset(), tables, columns, sql)
