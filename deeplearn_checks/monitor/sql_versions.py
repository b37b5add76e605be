"""The version of a store's tables: made as they are now, brought forward where they are older, refused where newer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, inspect, select, text

from deeplearn_checks.monitor.sql_tables import METADATA, versions
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

Step = Callable[["Connection"], None]
"""Brings the tables of one version to those of the next, in the transaction that it is given."""

STEPS: tuple[Step, ...] = ()
"""The first brings version 1 to version 2. A step that was released stays as it is, whatever the tables become."""

_LOCK = 0x6465_6570_6C65_6172  # a number of our own, under which PostgreSQL lets one at a time make tables


def prepare(connection: Connection, name: str, steps: Sequence[Step] = STEPS) -> int:
    """Make the tables of a new store, or bring those of an older one forward, and answer their version.

    To be called in a transaction that may write. Raises ConfigurationError, naming the store, for one that a newer
    deeplearn-checks has written.
    """
    newest = 1 + len(steps)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if not inspect(connection).has_table(versions.name):
        METADATA.create_all(connection)
        _note(connection, newest)
        return newest
    found: int = connection.execute(select(func.max(versions.c.version))).scalar_one() or 0
    if not 1 <= found <= newest:
        raise ConfigurationError(
            f"the store {name} has tables of version {found}, and this deeplearn-checks knows 1 to {newest}; "
            "use the deeplearn-checks that wrote it: pip install --upgrade deeplearn-checks"
        )
    for version in range(found, newest):
        steps[version - 1](connection)
        _note(connection, version + 1)
    return newest


def _note(connection: Connection, version: int) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute(insert(versions).values(version=version, since=since))
