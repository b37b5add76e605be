"""Declares the markers that select checks with `-m`: severities, areas and effects."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare them before the first check is imported, so that `pytest --markers checks` lists them."""
    gc.freeze()  # pytest itself stays for the session: the collector need not look at it while checks are imported
    from deeplearn_checks import CATALOG  # noqa: PLC0415  see the line above
    from deeplearn_checks.checking import declarations  # noqa: PLC0415  likewise

    for declaration in declarations(CATALOG):
        config.addinivalue_line("markers", declaration)
