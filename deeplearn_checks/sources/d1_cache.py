"""What has been fetched of a live database so far: a SQLite file in which every page lands as it comes.

A page and the place where the next one begins are one transaction: whatever ends a fetch, the next continues there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.caching import cache_folder, named_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from deeplearn_checks.models.d1 import Cell
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.sources.d1_shape import Shape

_STARTED = "CREATE TABLE deeplearn_checks_fetch (started_ms INTEGER)"
_PLACES = "CREATE TABLE deeplearn_checks_places (name TEXT PRIMARY KEY, creation TEXT, place TEXT, copied INTEGER)"
_OWN = ("deeplearn_checks_fetch", "deeplearn_checks_places")


class Cache:
    """The file of one fetch. It holds people's data: its folder and it are for its owner alone."""

    def __init__(self, database: sqlite3.Connection, file: Path) -> None:
        self._database = database
        self._file = file

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, working: Path) -> Iterator[Self]:
        """Open the cache of the database that is configured; one fetch at a time. Raises ConfigurationError."""
        folder = cache_folder(settings, settings.d1_base_url, working)
        file = folder / named_for("d1", settings.d1_base_url, settings.d1_account, settings.d1_database)
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as problem:
            text = f"DEEPLEARN_CHECKS_CACHE: {folder} cannot be written to: {problem.strerror}"
            raise ConfigurationError(text) from None
        database = sqlite3.connect(file, isolation_level=None, timeout=0)
        try:
            _lock(database, file)
            yield cls(database, file)
        finally:
            database.close()

    @property
    def started_ms(self) -> int | None:
        """When the fetch began, by the live database's clock; None where none has begun."""
        if not self._database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_OWN[0],)).fetchone():
            return None
        found = self._database.execute("SELECT started_ms FROM deeplearn_checks_fetch").fetchone()
        return int(found[0])

    def begin(self, now_ms: int) -> None:
        """Forget whatever is held and begin anew."""
        with self._transaction():
            for (name,) in self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self._drop(name)
            self._database.execute(_STARTED)
            self._database.execute(_PLACES)
            self._database.execute("INSERT INTO deeplearn_checks_fetch VALUES (?)", (now_ms,))

    def table(self, shape: Shape) -> None:
        """Make room for a table; one that is held in another shape is forgotten."""
        found = self._database.execute(
            "SELECT creation FROM deeplearn_checks_places WHERE name = ?", (shape.name,)
        ).fetchone()
        if found != (shape.creation,):
            self.forget(shape)

    def forget(self, shape: Shape) -> None:
        """Empty a table, to be fetched from its beginning."""
        with self._transaction():
            self._drop(shape.name)
            self._database.execute(shape.creation)
            self._database.execute(
                "INSERT OR REPLACE INTO deeplearn_checks_places VALUES (?, ?, '[]', 0)", (shape.name, shape.creation)
            )

    def place(self, shape: Shape) -> tuple[Cell, ...]:
        """Answer the key after which the next page begins; empty at the beginning of a table."""
        return tuple(json.loads(self._of(shape)[0]))

    def is_copied(self, shape: Shape) -> bool:
        """Whether the table has been read to its end."""
        return bool(self._of(shape)[1])

    def _of(self, shape: Shape) -> tuple[str, int]:
        asked = "SELECT place, copied FROM deeplearn_checks_places WHERE name = ?"
        found: tuple[str, int] = self._database.execute(asked, (shape.name,)).fetchone()
        return found

    def take(self, shape: Shape, rows: Iterable[Sequence[Cell | bytes]], place: Sequence[Cell] = ()) -> None:
        """Take a page, its rows as `shape.insertion` wants them; with *place* also where the next one begins."""
        with self._transaction():
            self._database.executemany(shape.insertion, rows)
            if place:
                self._database.execute(
                    "UPDATE deeplearn_checks_places SET place = ? WHERE name = ?", (json.dumps(place), shape.name)
                )

    def copied(self, shape: Shape) -> None:
        """Note that the table has been read to its end."""
        self._database.execute("UPDATE deeplearn_checks_places SET copied = 1 WHERE name = ?", (shape.name,))

    def count(self, shape: Shape) -> int:
        """Answer how many rows are held of a table."""
        (rows,) = self._database.execute(shape.count).fetchone()
        return int(rows)

    def finish(self, target: Path) -> None:
        """Make a plain database of what is held, as *target*; nothing stays in the cache."""
        with self._transaction():
            for name in _OWN:
                self._drop(name)
        self._database.close()
        shutil.move(self._file, target)
        with suppress(OSError):  # it holds the fetch of another database
            self._file.parent.rmdir()

    def _drop(self, name: str) -> None:
        quoted = name.replace('"', '""')
        self._database.execute(f'DROP TABLE IF EXISTS "{quoted}"')

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._database:  # commits, or takes everything back
            self._database.execute("BEGIN")
            yield


def _lock(database: sqlite3.Connection, file: Path) -> None:
    """Keep the file for this process as long as it is open; raises ConfigurationError."""
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        database.execute("COMMIT")
    except sqlite3.OperationalError:
        raise ConfigurationError(f"another audit is fetching into {file}: wait for it, or stop it") from None
    except sqlite3.DatabaseError as problem:
        raise ConfigurationError(f"{file} cannot be continued ({problem}): remove it, to begin anew") from None
