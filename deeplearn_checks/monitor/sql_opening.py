"""Opening a database: an SQLite file, checked, or a PostgreSQL by its URL."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from deeplearn_checks.monitor.sql_database import WRITES, Database
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Connection as SqliteConnection

    from sqlalchemy import Connection, Engine

_BUSY_MS = 10_000
_PRAGMAS = (
    f"busy_timeout = {_BUSY_MS}",
    "auto_vacuum = INCREMENTAL",  # counts before the first table is made only
    "journal_mode = WAL",
    "synchronous = FULL",  # NORMAL keeps the file whole, but a power cut may take the last runs back
    "foreign_keys = ON",
    "journal_size_limit = 16777216",
)
_ON_POSTGRESQL = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "tcp_user_timeout": "30000",
    "application_name": "deeplearn-checks monitor",
}
"""What counts unless the URL says otherwise; a dead peer is noticed within half a minute."""
_HOW = "write a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"


def open_database(where: str, has_module: Callable[[str], object | None]) -> Database:
    """Open the database at a path or URL; an SQLite file is made where there is none, for this user's eyes only.

    Raises ConfigurationError for what no store can be kept in, and for a file that is damaged.
    """
    if "://" not in where:
        return _open_file(Path(where).expanduser())
    url = _url(where)
    scheme = url.drivername.partition("+")[0]
    if scheme == "sqlite":
        return _open_file(_path(url))
    if scheme in {"postgresql", "postgres"}:
        if has_module("psycopg") is None:
            raise ConfigurationError("PostgreSQL needs psycopg: pip install 'deeplearn-checks[postgresql]'")
        return _open_server(url.set(drivername="postgresql+psycopg"))
    raise ConfigurationError(f"the store's URL begins with {scheme}://, which is none that we know; {_HOW}")


def _url(where: str) -> URL:
    with suppress(ArgumentError, ValueError):
        return make_url(where)
    raise ConfigurationError(f"the store's URL cannot be read; {_HOW}")


def _path(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigurationError("a store in memory would forget everything at the end; write sqlite:///PATH")
    return Path(url.database)


def _open_file(path: Path) -> Database:
    """Open an SQLite file."""
    _make(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True, max_overflow=50)
    event.listen(engine, "connect", _prepare_file)
    event.listen(engine, "begin", _begin)
    database = Database(engine, str(path))
    try:
        with engine.connect() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except SQLAlchemyError as problem:
        engine.dispose()
        raise ConfigurationError(f"the store {path} cannot be opened: {database.said(problem)}") from None
    if found != "ok":
        engine.dispose()
        remedy = "restore a copy, or move it away and start anew; what is readable is saved by: sqlite3 FILE .recover"
        raise ConfigurationError(f"the store {path} is damaged ({' '.join(found.split())[:200]}); {remedy}")
    return database


def _make(path: Path) -> None:
    """Make a file for its owner only where there is none; SQLite gives its journals the same mode.

    What is there is left as it is, and not opened: closing it would take away the locks that SQLite holds on it in
    this process.
    """
    if path.is_dir():
        raise ConfigurationError(f"the store {path} is a folder; name a file in it: {path / 'monitor.db'}")
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileNotFoundError:
        raise ConfigurationError(
            f"the store {path} has no folder; make it: mkdir -p {path.absolute().parent}"
        ) from None
    except OSError as problem:
        raise ConfigurationError(
            f"the store {path} cannot be made: {problem.strerror}; let this user write there"
        ) from None


def _prepare_file(connection: SqliteConnection, record: object) -> None:
    """Make a connection ours: we say ourselves when a transaction begins, and of what kind it is."""
    del record
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """Begin a transaction; one that writes takes the lock at once, so that it never has to give up half-way."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_server(url: URL) -> Database:
    """Open a PostgreSQL database; nothing is sent yet."""
    secrets = tuple(filter(None, (url.password, str(url.query.get("password", "")))))
    defaults = {key: value for key, value in _ON_POSTGRESQL.items() if key not in url.query}
    engine: Engine = create_engine(url, connect_args=defaults, pool_pre_ping=True, hide_parameters=True)
    shown = URL.create("postgresql", host=url.host, port=url.port, database=url.database)
    name = shown.render_as_string()
    return Database(engine, name, Redactor(secrets))
