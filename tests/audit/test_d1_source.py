"""A live database is copied row by row as it is, and only ever read."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cloudflare import (
    Cloudflare,
    Reply,
    once,
    refused,
)
from hypothesis import given
from hypothesis import strategies as st
from livecopy import LEADS, copied, database, keys_asked, refusal, results, rows

from deeplearn_checks.sources.d1_api import Select
from deeplearn_checks.sources.statements import Statement

if TYPE_CHECKING:
    from pathlib import Path


def test_every_row_is_copied_as_it_is(tmp_path: Path) -> None:
    """Tables with a rowid and without one, NULLs, BLOBs and numbers; only the service's own tables."""
    live = database()

    file = copied(tmp_path, Cloudflare(live))

    with closing(sqlite3.connect(file)) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert (rows(file), tables) == (rows(live), set(rows(live)))


def test_nothing_stays_behind(tmp_path: Path) -> None:
    """What was fetched is people's data: a complete copy leaves nothing in the cache."""
    copied(tmp_path, Cloudflare(database()))

    assert [*(tmp_path / "cache" / "audit").glob("*")] == []


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder and the file of an unfinished fetch may be read by nobody else."""
    refusal(tmp_path, once(None, None, None, refused(400, 7500, "no")))

    cache = tmp_path / "cache" / "audit"
    assert [path.stat().st_mode & 0o077 for path in (cache, *cache.iterdir())] == [0, 0]


def test_pages_go_by_key(tmp_path: Path) -> None:
    """A page begins after the last key of the one before, and the end is where no row follows."""
    cloudflare = Cloudflare(database(1203))

    file = copied(tmp_path, cloudflare)

    first, *others = keys_asked(cloudflare)
    offsets = [sql for sql, _ in cloudflare.asked if "OFFSET" in sql]
    assert (len(rows(file)[LEADS]), offsets, first, others[0][0], {1203} < {after for after, *_ in others}) == (
        1203,
        [],
        [500],
        500,
        True,
    )


def test_a_short_page_is_not_the_end(tmp_path: Path) -> None:
    """An API that cuts results short is asked until nothing follows."""

    def cut_short(sql: str, sound: Reply) -> Reply:
        if "LIMIT" not in sql:
            return sound
        found = json.loads(sound.content)["result"][0]["results"]
        return results(*found[:2])

    live = database()

    file = copied(tmp_path, Cloudflare(live, cut_short))

    assert rows(file) == rows(live)


# -- read, and nothing else -------------------------------------------------------------------


def test_only_selects_leave(tmp_path: Path) -> None:
    """Everything that reaches the API is one SELECT with at most 100 values, from the first query to the last."""
    cloudflare = Cloudflare(database(600))

    copied(tmp_path, cloudflare)

    assert {(Statement(sql, 1).words[0], ";" in sql, len(values) <= 100) for sql, values in cloudflare.asked} == {
        ("SELECT", False, True)
    }


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM lead_registrations",
        "WITH a AS (SELECT 1) DELETE FROM lead_registrations",
        "SELECT 1; DROP TABLE lead_registrations",
        "SELECT 1 /* ; */; DROP TABLE lead_registrations",
        "SELECT ';' ; UPDATE courses SET price_cents = 0",
        "/* SELECT */ UPDATE courses SET price_cents = 0",
        "-- SELECT\nPRAGMA writable_schema = ON",
        "SELECT 'unfinished",
        "selecting",
        "",
    ],
)
def test_nothing_else_can_be_asked(sql: str) -> None:
    """A query that is not one SELECT cannot even be made."""
    with pytest.raises(ValueError, match=r"one statement|begins with SELECT"):
        Select(sql)


@given(st.text(max_size=40).filter(lambda text: not text.strip().upper().startswith(("SELECT", "--", "/*"))))
def test_no_text_but_a_select_is_a_query(text: str) -> None:
    """Whatever the text, what does not begin with SELECT is refused."""
    with pytest.raises(ValueError, match=r"statement|SELECT|surrogates"):
        Select(text)


def test_a_query_binds_at_most_a_hundred_values() -> None:
    """That is D1's limit: one more would be refused there."""
    Select("SELECT 1", tuple(range(100)))

    with pytest.raises(ValueError, match="at most 100"):
        Select("SELECT 1", tuple(range(101)))
