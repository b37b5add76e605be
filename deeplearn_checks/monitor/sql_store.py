"""The store in a database: an SQLite file by default, PostgreSQL where many runners write to one history.

SQLAlchemy and the drivers are loaded when a store is opened.
"""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.monitor.sql_keeping import SqlStore

MINUTES_KEPT_MS = 172_800_000
"""Two days."""
HOURS_KEPT_MS = 7_776_000_000
"""Ninety days."""


def open_store(
    where: str,
    *,
    minutes_kept_ms: int = MINUTES_KEPT_MS,
    hours_kept_ms: int = HOURS_KEPT_MS,
    has_module: Callable[[str], object | None] = find_spec,
) -> SqlStore:
    """Open the store at a path, an `sqlite:///` URL or a `postgresql://` URL, and make its tables where there are none.

    Raises ConfigurationError for one that cannot be used as it is (no such folder, a damaged file, tables of a newer
    version, a missing extra), and StoreError for one that cannot be reached now.
    """
    if has_module("sqlalchemy") is None:
        raise ConfigurationError("the monitor's store needs SQLAlchemy: pip install 'deeplearn-checks[monitor]'")
    from deeplearn_checks.monitor.sql_keeping import SqlStore  # noqa: PLC0415  loads SQLAlchemy
    from deeplearn_checks.monitor.sql_opening import open_database  # noqa: PLC0415  likewise
    from deeplearn_checks.monitor.sql_versions import prepare  # noqa: PLC0415  likewise

    database = open_database(where, has_module)
    with ExitStack() as refused:
        refused.callback(database.engine.dispose)
        with database.writing() as connection:
            prepare(connection, database.name)
        refused.pop_all()
    return SqlStore(database, minutes_kept_ms, hours_kept_ms)
