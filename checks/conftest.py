"""Declares the markers that select checks with `-m`: severities, areas and effects."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_AUDIT = "test_audit.py"
_AUDIT_NAMED = (_AUDIT, "suite.test_audit")  # the latter where the suite is named as a package, with --pyargs
AUDIT_SOURCE = "deeplearn_audit_source"  # as deeplearn_checks.checking calls it, which is not imported for this


def pytest_configure(config: pytest.Config) -> None:
    """Declare them before the first check is imported, so that `pytest --markers checks` lists them."""
    if _asks_in_vain(config):
        raise pytest.UsageError("--audit-source is missing: say what to audit, such as --audit-source export.sqlite")
    gc.disable()  # until everything is collected: what is imported stays, and to look for garbage in it takes 30 ms
    from deeplearn_checks import CATALOG  # noqa: PLC0415  after the line above
    from deeplearn_checks.checking import declarations  # noqa: PLC0415  likewise

    for declaration in (*declarations(CATALOG), "audit: rules over every row, where --audit-source is given"):
        config.addinivalue_line("markers", declaration)


def _asks_in_vain(config: pytest.Config) -> bool:
    """Whether the audit is asked for by name, and nobody says what to audit."""
    is_named = any(argument.partition("::")[0].endswith(_AUDIT_NAMED) for argument in config.args)
    return is_named and not config.getoption(AUDIT_SOURCE, None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the audit out unless its source is given."""
    return True if collection_path.name == _AUDIT and not config.getoption(AUDIT_SOURCE, None) else None


def pytest_collection_finish() -> None:
    """Let the collector work again."""
    gc.enable()
