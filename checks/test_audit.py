"""Reconciliation in bulk: every rule over every row of the tables that --audit-source names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplearn_checks.audit.result import RuleResult


def test_audit(audited_rule: RuleResult) -> None:
    """No row breaks the rule."""
