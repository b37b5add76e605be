"""Declares the markers that select checks with `-m`: severities, areas and effects."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare them before the first check is imported, so that `pytest --markers checks` lists them."""
    gc.disable()  # until everything is collected: what is imported stays, and to look for garbage in it takes 30 ms
    from deeplearn_checks import CATALOG  # noqa: PLC0415  after the line above
    from deeplearn_checks.checking import declarations  # noqa: PLC0415  likewise

    for declaration in declarations(CATALOG):
        config.addinivalue_line("markers", declaration)


def pytest_collection_finish() -> None:
    """Let the collector work again."""
    gc.enable()
