"""What the service says of every certificate, each asked once, and which enrollments are asked about."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from money import Counted, Pauses, of, rows, unheard

from deeplearn_checks.audit.tables import JdbcDatabase, ParquetFolder, SqliteFile
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.certificate_verification import TOLD_EACH, verified
from deeplearn_checks.sources.certificates import certificate_tables
from deeplearn_checks.sources.completed import Completed, completed

if TYPE_CHECKING:
    from pathlib import Path

    from money import Meddling, Row

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.sandbox.world import World

AT_MS = 1_706_675_400_000
NOWHERE = JdbcDatabase("jdbc:postgresql://nowhere")


def verdicts(known: list[Row]) -> list[tuple[object, object]]:
    """Answer verdict and reason of each artifact."""
    return [(row["verdict"], row["reason"]) for row in known]


class Service:
    """A sandbox, its tables in a file, and a folder for what is fetched."""

    def __init__(self, folder: Path, *faults: str) -> None:
        self.folder = folder
        self.world = start(count=40, faults=faults)
        self.said: list[str] = []
        self.pauses = Pauses()

    @property
    def tables(self) -> SqliteFile:
        """The service's tables as they are now."""
        file = self.folder / "service.sqlite"
        file.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as copy:
            self.world.database.backup(copy)
        return SqliteFile(file)

    def ask(self, meddle: Meddling | None = None, at: float = 1_000_000.0) -> tuple[Counted, list[Row]]:
        """Verify every certificate; answer who was asked, and the artifacts."""
        wire = Counted(self.world, meddle)
        answered = verified(
            of(self.world, self.folder),
            self.tables,
            self.folder,
            self.said.append,
            transport=wire,
            sleep=self.pauses,
            now=lambda: at,
        )
        return wire, rows(answered, "artifacts")

    def refused(self, meddle: Meddling | None = None) -> str:
        """Answer the line that says why there is no answer."""
        with pytest.raises(ConfigurationError) as problem:
            self.ask(meddle)
        return str(problem.value)


def keys(world: World) -> list[str]:
    """Answer the keys of the certificates in a bucket."""
    held = world.certificates.keys()
    return [key for key in held if key.endswith(".json")]


def test_every_completed_course_is_verified(tmp_path: Path) -> None:
    """Each certificate that is there has a row, under its key."""
    service = Service(tmp_path)

    wire, known = service.ask()

    assert [row["key"] for row in known] == keys(service.world)
    assert verdicts(known) == [("valid", "")] * len(known)
    assert len(wire.asked) == len(list(completed(service.tables)))
    assert service.said == [
        f"{len(known)} certificates verified, {len(known)} are there; 0 enrollments have no URL and were not looked for"
    ]


@pytest.mark.parametrize(
    ("fault", "there", "invalid"),
    [
        ("certificate-artifact-missing", -1, 0),
        ("certificate-url-missing", -1, 0),
        ("certificate-altered", 0, 1),
    ],
)
def test_a_broken_certificate_shows(tmp_path: Path, fault: str, there: int, invalid: int) -> None:
    """By the row that is not there, or by its verdict."""
    service = Service(tmp_path, fault)

    _, known = service.ask()

    assert len(known) - len(list(completed(service.tables))) == there
    assert [verdict for verdict, _ in verdicts(known)].count("invalid") == invalid


def test_a_service_without_its_bucket_cannot_tell(tmp_path: Path) -> None:
    """Nothing is said to be missing then."""
    assert Service(tmp_path, "certificate-bucket-unbound").refused() == (
        "--certificates api: the service cannot verify any certificate: its bucket is not bound (binding "
        "DEEPLEARN_CERTIFICATES); what was verified is kept: run again to go on"
    )


def test_an_answer_that_was_never_given_is_no_verdict(tmp_path: Path) -> None:
    """A reason that nobody knows is not taken for one that somebody knows."""
    said = Service(tmp_path).refused(lambda *_: httpx.Response(200, json={"ok": True, "valid": None, "reason": "x"}))

    assert "verifies with valid None, reason 'x', which it never did" in said


def test_what_was_verified_before_it_failed_is_not_asked_again(tmp_path: Path) -> None:
    """For a day; and an audit that comes to its end forgets what it heard."""
    service = Service(tmp_path)
    every = len(list(completed(service.tables)))

    def fail(_: httpx.Request, number: int) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "no"}) if number == 2 else None

    first = Counted(service.world, fail)
    with pytest.raises(ConfigurationError, match="answered 500: no"):
        verified(
            of(service.world, tmp_path, DEEPLEARN_CHECKS_CONCURRENCY="1"),
            service.tables,
            tmp_path,
            service.said.append,
            transport=first,
            now=lambda: 1_000_000.0,
        )
    second, known = service.ask(at=1_000_000.0 + 86_399)
    third, _ = service.ask(at=1_000_000.0 + 86_400)

    assert (len(first.asked), len(second.asked), len(third.asked)) == (2, every - 1, every)
    assert len(known) == every


def test_an_answer_of_yesterday_does_not_count(tmp_path: Path) -> None:
    """The secret may have been rotated since."""
    service = Service(tmp_path)
    every = len(list(completed(service.tables)))
    service.refused(lambda _, number: httpx.Response(500) if number == every else None)

    wire, _ = service.ask(at=1_000_000.0 + 86_400)

    assert len(wire.asked) == every


@pytest.mark.parametrize(
    ("status", "headers", "said", "pauses"),
    [
        (429, {"retry-after": "86400"}, "429 (too many requests)", []),
        (503, {}, "answered 503", [0.2, 0.4, 0.8, 1.6, 3.2]),
    ],
)
def test_a_service_that_does_not_answer_is_one_line(
    tmp_path: Path, status: int, headers: dict[str, str], said: str, pauses: list[float]
) -> None:
    """It is asked again, but not for ever."""
    service = Service(tmp_path)
    service.world.execute(
        "DELETE FROM course_enrollments WHERE rowid NOT IN ("
        "SELECT rowid FROM course_enrollments WHERE status = 'completed' LIMIT 1)"
    )

    line = service.refused(lambda *_: httpx.Response(status, headers=headers))

    assert said in line
    assert service.pauses.taken == pauses


def test_progress_is_told(tmp_path: Path) -> None:
    """Where there are many certificates."""
    service = Service(tmp_path)
    at = service.world.now_ms()
    row = {"course_id": "c", "status": "completed", "completed_at_ms": at, "created_at_ms": at, "updated_at_ms": at}
    many = [{"id": f"e{number}", "user_id": f"u{number}", **row} for number in range(TOLD_EACH)]
    service.world.insert("course_enrollments", many)

    service.ask(lambda *_: httpx.Response(200, json={"ok": True, "valid": False, "reason": "missing_certificate_url"}))

    assert service.said[0] == f"{TOLD_EACH} certificates verified"


def test_answers_that_cannot_be_kept_are_one_line(tmp_path: Path) -> None:
    """It names the setting of the folder."""
    service = Service(tmp_path)
    service.ask()
    cache = next((tmp_path / "audit").glob("*.sqlite"))
    with closing(sqlite3.connect(cache)) as database, database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, 'disk is full'); END")

    assert service.refused() == "DEEPLEARN_CHECKS_CACHE: the answers cannot be kept (disk is full)"


def test_a_certificate_without_a_dated_url_is_of_the_day_of_completion(tmp_path: Path) -> None:
    """As the service itself looks for it."""
    service = Service(tmp_path)
    service.world.execute(
        "UPDATE course_enrollments SET certificate_url = 'https://c.example/c/u.svg' WHERE certificate_url IS NOT NULL"
    )

    _, known = service.ask()

    assert [row["key"] for row in known] == keys(service.world)


# -- completed enrollments -----------------------------------------------------------------------


def test_completed_enrollments_are_read_from_parquet(tmp_path: Path) -> None:
    """A file or a folder of files, those only that are completed and name somebody."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {
            "course_id": ["c1", "c1", None],
            "user_id": ["u1", "u2", "u3"],
            "status": ["completed", "active", "completed"],
            "completed_at_ms": [AT_MS, None, None],
        }
    )
    (tmp_path / "parts/course_enrollments").mkdir(parents=True)
    parquet.write_table(table, tmp_path / "course_enrollments.parquet")
    parquet.write_table(table, tmp_path / "parts/course_enrollments/0.parquet")

    known = [list(completed(ParquetFolder(folder))) for folder in (tmp_path, tmp_path / "parts")]

    assert known == [[Completed("c1", "u1", "", AT_MS)]] * 2


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (NOWHERE, "not over JDBC"),
        (SqliteFile, "course_enrollments has no column course_id; give a whole export"),
        (ParquetFolder, "course_enrollments in .* cannot be read"),
    ],
)
def test_enrollments_that_cannot_be_read_are_said(
    tmp_path: Path, service: Tables | type[SqliteFile | ParquetFolder], said: str
) -> None:
    """With what is missing."""
    (tmp_path / "empty").write_bytes(b"")
    tables = service(tmp_path / "empty") if isinstance(service, type) else service

    with pytest.raises(ConfigurationError, match=said):
        list(completed(tables))


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "text").write_text("no database at all, but long enough to look at" * 20)

    with pytest.raises(ConfigurationError, match="text cannot be read"):
        list(completed(SqliteFile(tmp_path / "text")))


def test_api_asks_the_service(tmp_path: Path) -> None:
    """By way of the transport that is handed in."""
    service = Service(tmp_path)

    tables = certificate_tables(
        "api", of(service.world), service.tables, tmp_path, unheard, transport=Counted(service.world)
    )

    assert [row["key"] for row in rows(tables, "artifacts")] == keys(service.world)


def test_parquet_without_its_library_says_which_extra(tmp_path: Path) -> None:
    """One line, with the command that installs it."""
    code = f"""
import sys
from pathlib import Path
sys.modules["pyarrow"] = None
from deeplearn_checks.audit.tables import ParquetFolder
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.completed import completed
try:
    list(completed(ParquetFolder(Path({str(tmp_path)!r}))))
except ConfigurationError as problem:
    print(problem)
"""

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout  # noqa: S603  ours

    assert said == "Parquet needs an extra: pip install 'deeplearn-checks[duckdb]'\n"
