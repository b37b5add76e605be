"""What tests of the monitor take: a store in either database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from postgres import REQUIRED, Server, binaries, running

from deeplearn_checks.monitor.sql_store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deeplearn_checks.monitor.sql_keeping import SqlStore


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL as long as tests do."""
    if binaries() is None and not os.environ.get(REQUIRED):
        pytest.skip("no PostgreSQL server to keep a store in")
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Answer where a store may be kept that is empty: a file, and a schema of a server."""
    if request.param == "sqlite":
        return str(tmp_path / "monitor.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def another(where: str) -> Iterator[Callable[[], SqlStore]]:
    """Answer who opens the same store again, as another process would; all are closed in the end."""
    opened: list[SqlStore] = []

    def open_again() -> SqlStore:
        opened.append(open_store(where))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()


@pytest.fixture
def store(another: Callable[[], SqlStore]) -> SqlStore:
    """Answer a store that is empty."""
    return another()
