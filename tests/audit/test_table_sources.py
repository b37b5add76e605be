"""Where the service's tables come from: chosen by what is given, read where it lies, refused in one line."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cloudflare import reader
from exports import wranglers

from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES, JdbcDatabase, ParquetFolder, SqliteFile
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.sandbox import world_tables
from deeplearn_checks.sources.tables import service_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deeplearn_checks.audit.tables import Tables

SECOND = "INSERT INTO leads VALUES ('second')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in, apart from the sources."""
    made = tmp_path / "working"
    made.mkdir()
    return made


def database(file: Path, *, rows: int = 1) -> sqlite3.Connection:
    """Make a database with one table."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("CREATE TABLE leads (lead_id)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO leads VALUES (?)", [("first",)] * rows)
    connection.execute("COMMIT")
    return connection


def given(source: Path | str, folder: Path, told: list[str] | None = None) -> Tables:
    """Answer the tables of a source."""
    return service_tables(str(source), reader(folder), folder, (list[str]() if told is None else told).append)


def leads(tables: Tables) -> list[str]:
    """Answer the leads that are held, read as an engine reads them."""
    assert isinstance(tables, SqliteFile)
    with closing(sqlite3.connect(f"file:{tables.file}?mode=ro", uri=True)) as found:
        return [lead for (lead,) in found.execute("SELECT lead_id FROM leads")]


def refusal(source: Path | str, folder: Path) -> str:
    """Answer why a source is refused."""
    with pytest.raises(ConfigurationError) as problem:
        given(source, folder)
    return str(problem.value)


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Answer every file beside a source, with its contents and when it was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}


# -- SQLite files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["export.sqlite", "export.sql", "export?mode=rwc#1%41.db", "d1"])
def test_a_database_is_read_where_it_lies(tmp_path: Path, folder: Path, name: str) -> None:
    """Whatever its name, without a copy, and as it was before."""
    file = tmp_path / name
    database(file).close()
    before = state(tmp_path)

    found = given(file, folder)

    assert (found, state(tmp_path)) == (SqliteFile(file), before)


@pytest.fixture
def ahead(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database whose second row stands in its write-ahead log only."""
    connection = database(tmp_path / "live.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(SECOND)
    with closing(connection):
        yield connection


@pytest.mark.usefixtures("ahead")
def test_a_log_that_is_in_use_is_read(tmp_path: Path, folder: Path) -> None:
    """Rows that only the write-ahead log holds count, while another process writes on."""
    told = list[str]()

    found = given(tmp_path / "live.sqlite", folder, told)

    assert (leads(found), told) == (["first", "second"], ["live.sqlite: copied with what is written beside it"])


@pytest.mark.usefixtures("ahead")
def test_a_log_beside_a_copy_is_read(tmp_path: Path, folder: Path) -> None:
    """A database that was copied with its log is read with it, and neither is touched."""
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("live.sqlite", "live.sqlite-wal"):
        (copies / name).write_bytes((tmp_path / name).read_bytes())
    before = state(copies)

    found = given(copies / "live.sqlite", folder)

    assert (leads(found), state(copies)) == (["first", "second"], before)


def test_a_transaction_that_was_cut_off_does_not_count(tmp_path: Path, folder: Path) -> None:
    """The journal of a process that died is rolled back, in a copy."""
    live = database(tmp_path / "live.sqlite", rows=3000)
    live.execute("PRAGMA cache_size = 1")
    live.execute("BEGIN")
    live.execute("DELETE FROM leads")
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("live.sqlite", "live.sqlite-journal"):
        (copies / name).write_bytes((tmp_path / name).read_bytes())
    live.close()
    before = state(copies)

    found = given(copies / "live.sqlite", folder)

    assert (len(leads(found)), state(copies)) == (3000, before)


def damaged(file: Path, how: str) -> None:
    """Break a database."""
    database(file, rows=5000).close()
    whole = file.read_bytes()
    broken = {
        "cut": whole[:-4096],
        "header": whole[:50],
        "page": whole[:8192] + bytes(4096) + whole[12288:],
        "schema": whole[:100] + b"\xff" * 200 + whole[300:],
    }
    file.write_bytes(broken[how])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut", "is cut short: its header states"),
        ("header", "is cut short"),
        ("page", "is damaged"),
        ("schema", "damaged"),
    ],
)
def test_a_damaged_database_is_one_line(tmp_path: Path, folder: Path, how: str, said: str) -> None:
    """It names the file, and says what to do."""
    damaged(tmp_path / "export.sqlite", how)

    text = refusal(tmp_path / "export.sqlite", folder)

    assert (said in text, str(tmp_path / "export.sqlite") in text, "\n" in text) == (True, True, False)


def test_a_database_without_tables_is_refused(tmp_path: Path, folder: Path) -> None:
    """It is not the service's."""
    with closing(sqlite3.connect(tmp_path / "a")) as empty:
        empty.execute("PRAGMA user_version = 1")

    assert "holds no tables" in refusal(tmp_path / "a", folder)


def test_a_database_that_cannot_be_copied_is_named(tmp_path: Path, folder: Path) -> None:
    """As where there is no room for the copy."""
    with closing(database(tmp_path / "a")) as made:
        made.execute("PRAGMA journal_mode = WAL")

    assert f"{tmp_path / 'a'} cannot be read: No such file" in refusal(tmp_path / "a", folder / "gone")


# -- other files ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["export.sql", "export.db"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_dump_is_loaded(tmp_path: Path, folder: Path, name: str, compressed: bool) -> None:  # noqa: FBT001  a case
    """Into a file of its own, plain or compressed, whatever its name."""
    with closing(database(tmp_path / "a")) as made:
        dump = wranglers(made).encode()
    (tmp_path / name).write_bytes(gzip.compress(dump) if compressed else dump)

    found = given(tmp_path / name, folder)

    assert (leads(found), found) == (["first"], SqliteFile(folder / "service.sqlite"))


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "is empty: give a SQLite file, an SQL dump"),
        (os.urandom(4096) + b"\xff", "is neither a SQLite file nor an SQL dump, or it is encrypted"),
        (b"CREATE TABLE a (b)\0", "is neither a SQLite file nor an SQL dump"),
        (b"lead_id,email\n1,asha@example.com\n", "is cut short"),
    ],
)
def test_a_file_that_is_nothing_is_one_line(tmp_path: Path, folder: Path, contents: bytes, said: str) -> None:
    """Empty, encrypted, or of another kind."""
    (tmp_path / "a").write_bytes(contents)

    assert said in refusal(tmp_path / "a", folder)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, folder: Path) -> None:
    """It says what may be given."""
    assert refusal(tmp_path / "gone", folder) == (
        f"there is no {tmp_path / 'gone'}: give a SQLite file, an SQL dump (.sql, .sql.gz), a folder of Parquet files, "
        "a jdbc: address, d1 or sandbox"
    )


def test_a_file_below_a_file_is_one_line(tmp_path: Path, folder: Path) -> None:
    """The system's reason is given."""
    (tmp_path / "a").touch()

    assert refusal(tmp_path / "a" / "b", folder) == f"{tmp_path / 'a' / 'b'} cannot be read: Not a directory"


# -- folders, addresses, the sandbox ----------------------------------------------------------


@pytest.mark.parametrize("name", ["lead_registrations.parquet", "courses/part-0.parquet"])
def test_a_folder_of_parquet_is_taken_as_it_is(tmp_path: Path, folder: Path, name: str) -> None:
    """One file for a table, or a folder of several."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()

    assert given(tmp_path, folder) == ParquetFolder(tmp_path)


def test_a_folder_without_a_table_is_refused(tmp_path: Path, folder: Path) -> None:
    """It names a file that would be read."""
    (tmp_path / "other.parquet").touch()

    assert "no Parquet file named after a table, such as lead_registrations.parquet" in refusal(tmp_path, folder)


def test_an_address_is_left_to_spark(folder: Path) -> None:
    """Nothing is asked here."""
    assert given("jdbc:sqlite:/a", folder) == JdbcDatabase("jdbc:sqlite:/a")


def test_a_sandbox_is_written_out(folder: Path) -> None:
    """Healthy, with the service's tables, its gateway's and its bucket's."""
    found = given("sandbox", folder)

    assert isinstance(found, SqliteFile)
    with closing(sqlite3.connect(found.file)) as held:
        counts = {
            table: held.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  own names
            for table in ("lead_registrations", "payments", "refunds", "artifacts")
        }
        verdicts = held.execute("SELECT DISTINCT verdict, reason FROM artifacts").fetchall()
    assert (counts["lead_registrations"], counts["payments"] > 9, counts["artifacts"] > 3, verdicts) == (
        40,
        True,
        True,
        [("valid", "")],
    )


def rows(tables: SqliteFile, table: str) -> list[dict[str, object]]:
    """Answer the rows of a table by their columns."""
    with closing(sqlite3.connect(tables.file)) as held:
        held.row_factory = sqlite3.Row
        return [dict(row) for row in held.execute(f"SELECT * FROM {table}")]  # noqa: S608  own names


def test_a_worlds_money_is_written_out(folder: Path) -> None:
    """In the columns that rules know, in paise and milliseconds; notes that are no mapping say nothing."""
    world = start(count=12)
    payment_id, entity = next(iter(world.gateway.payments.items()))
    world.gateway.payments = {payment_id: {**entity, "notes": []}}
    world.gateway.refunds = {
        "rfnd_1": {
            "id": "rfnd_1",
            "payment_id": "pay_1",
            "amount": 7,
            "currency": "INR",
            "created_at": 3,
            "status": None,
        }
    }

    found = world_tables(world, folder)

    (payment,), refunds = rows(found, "payments"), rows(found, "refunds")
    assert (list(payment), payment["lead_id"], payment["created_at_ms"], refunds) == (
        list(PAYMENT_TABLES["payments"]),
        "",
        int(str(entity["created_at"])) * 1000,
        [
            {
                "id": "rfnd_1",
                "payment_id": "pay_1",
                "currency": "INR",
                "status": "",
                "amount_cents": 7,
                "created_at_ms": 3000,
            }
        ],
    )


def test_a_worlds_certificates_are_written_out(folder: Path) -> None:
    """One row for each artifact, by its name, with what the service says of it; broken ones too."""
    world = start(count=12)
    for key in world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        world.certificates.delete(key)
    world.certificates.put("certificates/c1/u-1-2026-01-02.json", "[]")
    world.certificates.put("certificates/c1/u-2-2026-01-02.json", "é")
    world.certificates.put("certificates/c1/u-2-2026-01-02.svg", "")
    world.behaviour = type(world.behaviour)(verifies_anyone=True)

    first, second = rows(world_tables(world, folder), "artifacts")

    assert (list(first), first["user_id"], first["issued_on"], first["verdict"], second["size_bytes"]) == (
        list(CERTIFICATE_TABLES["artifacts"]),
        "u-1",
        "2026-01-02",
        "valid",
        2,
    )


def test_a_certificate_that_cannot_be_judged_is_not(folder: Path) -> None:
    """Without its bucket the service cannot tell."""
    world = start(count=12)
    world.bindings = {"DEEPLEARN_DB"}

    found = rows(world_tables(world, folder), "artifacts")

    assert {(row["verdict"], row["reason"]) for row in found} == {("", "certificate_bucket_not_bound")}


LEAN = """
import sys
from pathlib import Path
from deeplearn_checks.settings import load_settings
from deeplearn_checks.sources.tables import service_tables
service_tables(sys.argv[1], load_settings(), Path(sys.argv[2]), str)
print(sorted({"httpx", "starlette", "razorpay", "pyarrow", "duckdb", "tenacity"} & sys.modules.keys()))
"""
WITHOUT_EXTRA = """
import sys
from pathlib import Path
sys.modules["starlette"] = sys.modules["trustme"] = sys.modules["uvicorn"] = None
from deeplearn_checks.settings import load_settings
from deeplearn_checks.sources.tables import service_tables
print(service_tables("sandbox", load_settings(), Path(sys.argv[1]), str).file.name)
"""


def python(script: str, *arguments: Path) -> str:
    """Run a script in a process of its own; answers what it prints."""
    given = {**os.environ, "DEEPLEARN_API_BASE_URL": "http://api.localhost"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)  # noqa: S603  our own
    return done.stdout.strip()


def test_a_file_needs_no_client(tmp_path: Path, folder: Path) -> None:
    """Auditing an export loads nothing that talks to anybody, and no engine."""
    database(tmp_path / "a").close()

    assert python(LEAN, tmp_path / "a", folder) == "[]"


def test_a_sandbox_that_nobody_talks_to_needs_no_extra(folder: Path) -> None:
    """Its tables are written out without the libraries that would serve it."""
    assert python(WITHOUT_EXTRA, folder) == "sandbox.sqlite"
