"""What is loaded from a dump is what was dumped, to the last byte, or an error that says where it ends."""

from __future__ import annotations

import gzip
import io
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from exports import contents, loaded, wranglers
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from ruling import no_file_larger_than

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources import statements as splitting
from deeplearn_checks.sources.dump import TOLD_EVERY, load_dump
from deeplearn_checks.sources.statements import LONGEST, PIECE, Statement, statements

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = """
CREATE TABLE d1_migrations(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE, -- a comment; with a semicolon
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE "it; [a] `table`" (a, "b;" TEXT, c REAL);
CREATE INDEX later ON d1_migrations (lower(name)) /* a comment; too */;
CREATE VIEW seen AS SELECT * FROM d1_migrations;
CREATE TRIGGER counted AFTER INSERT ON d1_migrations BEGIN
  SELECT CASE WHEN new.id > 3 THEN 'END;' ELSE 1 END;
  INSERT OR REPLACE INTO _cf_KV VALUES ('last', new.name);
END;
"""
QUOTED = "it; [a] `table`"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    ["';--", "/*", "*/;", "it''s;\n", "\r\n", '";', "[;", "`;", "END;", "-- ;\n'"]
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
CELLS = st.none() | TEXTS | NUMBERS | st.binary(max_size=20)


def filled(rows: Iterable[tuple[object, object, object]]) -> sqlite3.Connection:
    """Make a database with these rows."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(SCHEMA)
    database.executemany(f'INSERT INTO "{QUOTED}" VALUES (?, ?, ?)', rows)  # noqa: S608  our own name
    database.execute("INSERT INTO d1_migrations (name) VALUES ('0001_init.sql')")
    return database


def refusal(folder: Path, dump: str | bytes) -> str:
    """Answer why a dump is refused."""
    with pytest.raises(ConfigurationError) as problem:
        loaded(folder, dump)
    return str(problem.value)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
@example([("'';\n--", b"\x00';", 1e300)])
@settings(max_examples=40, deadline=None)
def test_what_sqlite_dumps_is_loaded(rows: list[tuple[object, object, object]]) -> None:
    """Any contents that SQLite's own `.dump` writes are the same after loading, schema and all."""
    database = filled(rows)

    with TemporaryDirectory() as folder:
        found = contents(loaded(Path(folder), "\n".join(database.iterdump())))

    assert sorted(found) == sorted(contents(database))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_wrangler_exports_is_loaded(rows: list[tuple[object, object, object]], compressed: bool) -> None:  # noqa: FBT001  Hypothesis gives it
    """Any contents that wrangler can tell apart are the same after loading, also compressed."""
    assume(not any(isinstance(cell, str) and "\\" in cell for row in rows for cell in row))
    database = filled(rows)
    export = wranglers(database).encode()

    with TemporaryDirectory() as folder:
        found = contents(loaded(Path(folder), gzip.compress(export) if compressed else export))

    assert sorted(found) == sorted(contents(database))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_export_that_is_cut_among_its_rows_is_refused(
    rows: list[tuple[object, object, object]], data: st.DataObject
) -> None:
    """Wherever it is cut before the last row ends, between two rows too: it says that it is cut short."""
    export = wranglers(filled(rows)).encode()
    first = export.index(b"CREATE TABLE _cf_KV")
    last = export.index(b"DELETE FROM sqlite_sequence;")

    with TemporaryDirectory() as folder:
        text = refusal(Path(folder), export[: data.draw(st.integers(first, last))])

    assert "is cut short: " in text


@pytest.mark.parametrize(
    ("dump", "said"),
    [
        ("BEGIN TRANSACTION;\nCREATE TABLE a (b);", "the COMMIT of its BEGIN at line 1 is missing"),
        ("CREATE TABLE a (b);\n\nINSERT INTO a\nVALUES ('x", "it ends within the statement at line 1"),
        ("CREATE TABLE a (b);\n/* ", "it ends within the statement"),
        ("CREATE TABLE a (b);\nCOMMIT", "it ends within the statement"),
        ("CREATE TABLE a (b);\nINSERT INTO a VALUES ('é".encode()[:-1], "it ends within the statement"),
        ("CREATE TABLE a (b);\nROLLBACK; -- due to errors", "it ends with a ROLLBACK at line 2"),
        (gzip.compress(b"CREATE TABLE a (b);" * 99, mtime=0)[:-9], "its compressed data breaks off"),
    ],
)
def test_a_dump_that_is_cut_short_says_so(tmp_path: Path, dump: str | bytes, said: str) -> None:
    """Within a statement, a character, a transaction or the compressed data."""
    text = refusal(tmp_path, dump)

    assert (f"is cut short: {said}" in text, text.endswith("export it again, whole")) == (True, True)


def test_a_dump_that_cannot_show_that_it_is_whole_says_so(tmp_path: Path) -> None:
    """Where nothing need follow the rows, a cut between two of them cannot be seen: that is told."""
    told = list[str]()

    loaded(tmp_path, "CREATE TABLE a (b);\nINSERT INTO a VALUES (1);", told).close()

    assert told == ["export.sql: the dump ends with rows and has no end mark: nothing in it shows that it is whole"]


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'other.sqlite' AS other",
        "DROP TABLE a",
        "DELETE FROM a",
        "UPDATE a SET b = 1",
        "ALTER TABLE a ADD COLUMN c",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('evil')",
        "INSERT INTO a VALUES (load_extension('evil'))",
        "CREATE TEMP TABLE c (d)",
        "CREATE VIRTUAL TABLE c USING fts5(d)",
        "CREATE TABLE c AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END; INSERT INTO a VALUES (2)",
    ],
)
def test_a_dump_creates_and_inserts_and_nothing_else(tmp_path: Path, statement: str) -> None:
    """Whatever else a statement would do, also by a trigger, is refused before it does it."""
    text = refusal(tmp_path, f"CREATE TABLE a (b);\nINSERT INTO a VALUES (1);\n{statement};\n")

    assert "cannot be loaded: line 3: a dump may create tables and insert rows, and nothing else" in text


@pytest.mark.parametrize(
    "statement", ["VACUUM INTO 'other.sqlite'", "DETACH main", "INSERT INTO sqlite_master VALUES (1)"]
)
def test_what_sqlite_itself_refuses_is_refused(tmp_path: Path, statement: str) -> None:
    """Nothing is written beside the file that is loaded."""
    text = refusal(tmp_path, f"CREATE TABLE a (b);\n{statement};\n")

    assert ("cannot be loaded: line 2: " in text, len(list(tmp_path.iterdir()))) == (True, 2)


@pytest.mark.parametrize(
    ("dump", "said"),
    [
        ("CREATE TABLE a (b);\n\n-- x\nINSERT INTO a VALUES ('asha@example.com' oops);", "line 4: it is no SQL that"),
        ("CREATE TABLE a (b UNIQUE);\nINSERT INTO a VALUES (1), (1);", "line 2: UNIQUE constraint failed: a.b"),
        ("CREATE TABLE a (b);\nINSERT INTO a VALUES (\0);", "line 2: the query contains a null character"),
        (b"CREATE TABLE a (b);\n\xff\xfe" + b" " * 9, "after line 1 it is no text in UTF-8"),
        ("INSERT INTO a VALUES (1);", "line 1: no such table: a, which the dump does not make (--no-schema"),
        ("CREATE TABLE a (b);\nCREATE INDEX c ON a (b);", "it holds tables and no rows (--no-data leaves them out)"),
        ("", "it makes no tables"),
        ("-- nothing", "it makes no tables"),
        (";;", "it makes no tables"),
        (b"\x1f\x8b" + b"no gzip" * 9, "cannot be loaded: Unknown compression method"),
        (gzip.compress(b"", mtime=0)[:10] + b"\xff" * 40, "cannot be loaded: Error -3"),
    ],
)
def test_a_dump_that_is_none_says_so(tmp_path: Path, dump: str | bytes, said: str) -> None:
    """One line that names the place and quotes nobody."""
    text = refusal(tmp_path, dump)

    assert (said in text, "asha" in text, "\n" in text) == (True, False, False)


def test_a_dump_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """The system's reason is given."""
    with pytest.raises(ConfigurationError, match=r"export\.sql cannot be read: No such file"):
        load_dump(tmp_path / "export.sql", tmp_path / "loaded.sqlite", list[str]().append)


def test_statistics_are_passed_through(tmp_path: Path) -> None:
    """A database that was analysed is exported with `sqlite_stat1`."""
    database = filled([])
    database.execute("ANALYZE")

    found = contents(loaded(tmp_path, "\n".join(database.iterdump())))

    assert sorted(found) == sorted(contents(database))


def test_several_rows_may_stand_in_one_statement(tmp_path: Path) -> None:
    """As other tools write them; and a file may begin with a byte order mark."""
    with loaded(
        tmp_path, "\ufeffCREATE TABLE a (b, c);\nINSERT INTO a VALUES (1, 'x;'), (2, 'y'),\n(3, NULL);"
    ) as found:
        rows = found.execute("SELECT * FROM a").fetchall()

    assert rows == [(1, "x;"), (2, "y"), (3, None)]


def test_progress_is_told(tmp_path: Path) -> None:
    """Now and then, with a number."""
    told = list[str]()

    loaded(tmp_path, ";".join(["CREATE TABLE a (b)", "INSERT INTO a VALUES (1)", *[""] * TOLD_EVERY]), told).close()

    assert told[0] == f"export.sql: {TOLD_EVERY:,} statements loaded"


# -- splitting --------------------------------------------------------------------------------


class Drops:
    """A file that is read in pieces of one size, whatever is asked for; `most` is the most that was asked for."""

    def __init__(self, text: str, size: int) -> None:
        self._file = io.BytesIO(text.encode())
        self._size = size
        self.most = 0

    def read(self, size: int, /) -> bytes:
        """Answer the next piece."""
        self.most = max(self.most, size)
        return self._file.read(self._size)


TOKENS = [
    "'",
    "''",
    '"',
    "`",
    "[",
    "]",
    ";",
    "--",
    "-",
    "/*",
    "*/",
    "/",
    "*",
    "\n",
    " ",
    "a",
    "END",
    "é",
    "CREATE TRIGGER",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join), st.integers(1, 9))
@settings(max_examples=300)
def test_statements_end_where_sqlite_says(text: str, size: int) -> None:
    """However a text comes in pieces, each statement is complete to SQLite, and no beginning of it is."""
    found = []
    try:
        found += [statement.text for statement in statements(Drops(text, size))]
    except splitting.TruncatedError:
        complete = False
    else:
        complete = True

    whole = [sqlite3.complete_statement(one) for one in found]
    early = [sqlite3.complete_statement(one[:end]) for one in found for end in range(len(one)) if one[end - 1] == ";"]
    assert (all(whole), any(early), text.startswith("".join(found)), complete or ";" not in found) == (
        True,
        False,
        True,
        True,
    )


def test_a_piece_grows_with_its_statement() -> None:
    """A statement longer than a piece is not read from its beginning again for each."""
    drops = Drops("SELECT 'a statement that comes in more than one piece';SELECT 1;", 9)

    assert ([one.line for one in statements(drops)], drops.most > PIECE) == ([1, 1], True)


def test_a_statement_without_end_is_refused() -> None:
    """Memory stays bounded."""
    endless = Drops("'" + "x" * (LONGEST + 10), 1 << 24)

    with pytest.raises(splitting.UnreadableError, match="the statement at line 1 has no end within 64 MiB"):
        list(statements(endless))


def test_a_statement_knows_its_line() -> None:
    """The line of its first word, past what stands before it."""
    found = statements(io.BytesIO(b"SELECT 1;\n-- a;\n\n/* b\n */ SELECT\n2;\nSELECT 3;"))

    assert [statement.line for statement in found] == [1, 5, 7]


def test_an_empty_statement_has_no_words() -> None:
    """As after two semicolons."""
    assert Statement(" ;", 1).words == ("", "", "")


@pytest.mark.parametrize("megabytes", [1, 10])  # less than SQLite keeps in memory, and more
def test_a_disk_that_is_full_is_no_fault_of_the_dump(tmp_path: Path, megabytes: int) -> None:
    """The line names the folder that wants room, whether it is wanted at the end or before."""
    dump = "CREATE TABLE a (b);" + "".join(f"INSERT INTO a VALUES('{'x' * 1_000_000}');" for _ in range(megabytes))
    (tmp_path / "export.sql").write_text(dump)

    with pytest.raises(ConfigurationError, match="has no room for the tables") as said, no_file_larger_than(100_000):
        load_dump(tmp_path / "export.sql", tmp_path / "loaded.sqlite", print)

    assert str(said.value).startswith(str(tmp_path))
