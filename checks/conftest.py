"""Declares the markers that select checks with `-m`: severities, areas and effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks import CATALOG
from deeplearn_checks.checking import declarations

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare them before the first check is imported, so that `pytest --markers checks` lists them."""
    for declaration in declarations(CATALOG):
        config.addinivalue_line("markers", declaration)
