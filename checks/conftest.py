"""Declares the markers that select checks with `-m`: severities, areas and effects."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_AUDIT = "test_audit.py"


def pytest_configure(config: pytest.Config) -> None:
    """Declare them before the first check is imported, so that `pytest --markers checks` lists them."""
    gc.disable()  # until everything is collected: what is imported stays, and to look for garbage in it takes 30 ms
    from deeplearn_checks import CATALOG  # noqa: PLC0415  after the line above
    from deeplearn_checks.checking import declarations  # noqa: PLC0415  likewise

    for declaration in (*declarations(CATALOG), "audit: rules over every row, where --audit-source is given"):
        config.addinivalue_line("markers", declaration)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the audit out unless its source is given; whoever asks for it by name is told so."""
    if collection_path.name != _AUDIT or config.getoption("deeplearn_audit_source", None):
        return None
    if any(argument.partition("::")[0].endswith(_AUDIT) for argument in config.args):
        raise pytest.UsageError("--audit-source is missing: say what to audit, such as --audit-source export.sqlite")
    return True


def pytest_collection_finish() -> None:
    """Let the collector work again."""
    gc.enable()
