"""A live database to copy, and what becomes of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cloudflare import (
    Cloudflare,
    Fault,
    Reply,
    Wire,
    reader,
)

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.d1 import live_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW_MS = 1_790_000_000_000
SCHEMA = """
CREATE TABLE lead_registrations (
  lead_id TEXT PRIMARY KEY, email TEXT NOT NULL, paid_at_ms INTEGER, note, updated_at_ms INTEGER NOT NULL
);
CREATE TABLE course_enrollments (
  id TEXT, course_id TEXT, score REAL, price NUMERIC, updated_at_ms INTEGER, PRIMARY KEY (course_id, id)
) WITHOUT ROWID;
CREATE TABLE content_generation_runs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_type TEXT CHECK (run_type <> ''));
CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT);
"""
LEADS = "lead_registrations"


def lead(number: int) -> tuple[object, ...]:
    """Answer a lead's row."""
    return (f"lead-{number}", f"asha{number}@example.com", number or None, b"\x00\xff" if number % 2 else 1.5, NOW_MS)


def database(leads: int = 7) -> sqlite3.Connection:
    """Make a live database."""
    live = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    live.executescript(SCHEMA)
    live.executemany("INSERT INTO lead_registrations VALUES (?, ?, ?, ?, ?)", map(lead, range(leads)))
    live.executemany(
        "INSERT INTO course_enrollments VALUES (?, ?, ?, ?, ?)",
        [(f"e{n % 3}", f"c{n // 3}", n / 4, n, NOW_MS) for n in range(7)],
    )
    live.executemany("INSERT INTO content_generation_runs (id, run_type) VALUES (?, 'daily')", [(-3,), (5,), (9,)])
    return live


async def unpaused(_: float) -> None:
    """Do not wait."""


def copied(tmp_path: Path, cloudflare: Cloudflare, told: list[str] | None = None, **others: str) -> Path:
    """Copy the live database; answers the file."""
    telling = (list[str]() if told is None else told).append
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    settings = reader(tmp_path / "cache", **others)
    return live_tables(settings, folder, telling, transport=Wire(cloudflare), sleep=unpaused).file


def rows(where: Path | sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Answer the rows of every table of a service, in order."""
    with closing(sqlite3.connect(where)) if isinstance(where, Path) else closing(sqlite3.connect(":memory:")) as file:
        asked = file if isinstance(where, Path) else where
        return {
            table: sorted((tuple(row) for row in asked.execute(f"SELECT * FROM {table}")), key=repr)  # noqa: S608
            for table in (LEADS, "course_enrollments", "content_generation_runs")
        }


def refusal(tmp_path: Path, fault: Fault, **others: str) -> str:
    """Answer why a copy is refused."""
    with pytest.raises(ConfigurationError) as problem:
        copied(tmp_path, Cloudflare(database(), fault), None, **others)
    return str(problem.value)


def paging(cloudflare: Cloudflare) -> list[object]:
    """Answer how many rows each page of leads was asked for."""
    return [values[-1] for sql, values in cloudflare.asked if f'FROM "{LEADS}"' in sql and "LIMIT" in sql]


def results(*found: dict[str, object]) -> Reply:
    """Answer these rows."""
    return Reply(200, {"success": True, "result": [{"success": True, "results": list(found)}]})


def refusal_of(tmp_path: Path, cloudflare: Cloudflare) -> str:
    """Answer why this API's database cannot be copied."""
    with pytest.raises(ConfigurationError) as problem:
        copied(tmp_path, cloudflare)
    return str(problem.value)


def keys_asked(cloudflare: Cloudflare) -> list[Sequence[object]]:
    """Answer the values of each question for leads."""
    return [values for sql, values in cloudflare.asked if f'FROM "{LEADS}"' in sql and "LIMIT" in sql]
