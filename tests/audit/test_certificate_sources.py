"""Certificates as the bucket holds them, by a listing, a mirror, or the service's own word."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from money import Counted, Pauses, of, rows, settings

from deeplearn_checks.audit.tables import JdbcDatabase, ParquetFolder, SqliteFile
from deeplearn_checks.sandbox.certificate import artifact_keys, certificate_id, signature, write_artifacts
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.signatures import certificate_id as our_certificate_id
from deeplearn_checks.sources.artifacts import Named, key_of, named
from deeplearn_checks.sources.certificate_verification import TOLD_EACH, verified
from deeplearn_checks.sources.certificates import certificate_tables
from deeplearn_checks.sources.completed import Completed, completed

if TYPE_CHECKING:
    from pathlib import Path

    from money import Meddling, Row

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.sandbox.world import World

KEY = "certificates/course-1/user-1-2024-01-31.json"
SVG = "certificates/course-1/user-1-2024-01-31.svg"
AT_MS = 1_706_675_400_000
NOWHERE = JdbcDatabase("jdbc:postgresql://nowhere")
SECRET = {"CERTIFICATE_SIGNING_SECRET": "sandbox-certificate-secret"}


def read(given: Path, folder: Path, said: list[str] | None = None, **variables: str) -> list[Row]:
    """Read a listing or a folder; answer the artifacts by key."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    told = [] if said is None else said
    return rows(certificate_tables(str(given), settings(**variables), NOWHERE, out, told.append), "artifacts")


def listing(folder: Path, content: object) -> Path:
    """Write a listing: a text as it is, anything else as JSON."""
    file = folder / "listing"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def refused(given: Path, folder: Path) -> str:
    """Answer the line that says why something cannot be read, without the path of the folder."""
    with pytest.raises(ConfigurationError) as problem:
        read(given, folder)
    return str(problem.value).replace(f"{folder}/", "")


# -- keys ---------------------------------------------------------------------------------------

IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda text: "/" not in text)


@given(course=IDS, user=IDS, day=st.dates())
def test_a_key_is_read_as_it_was_made(course: str, user: str, day: object) -> None:
    """Whatever dashes, dots and dates the ids hold."""
    assert named(key_of(course, user, str(day))) == Named(course, user, str(day))


@pytest.mark.parametrize(
    "key",
    [
        "certificates/user-1-2024-01-31.json",
        "certificates/course-1/2024-01-31.json",
        "certificates/course-1/user-1-2024-13-31.json",
        "certificates/course-1/user-1.json",
        "other/course-1/user-1-2024-01-31.json",
        SVG,
    ],
)
def test_a_key_of_another_form_names_nobody(key: str) -> None:
    """Nothing is guessed from it."""
    assert named(key) == Named()


# -- listings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "size", "at"),
    [
        ([{"key": KEY, "size": 300, "uploaded": "2024-01-31T04:30:00.000Z"}], 300, AT_MS),
        ({"objects": [{"key": KEY, "size": 300, "uploaded": AT_MS}], "truncated": False}, 300, AT_MS),
        ({"Contents": [{"Key": KEY, "Size": 300, "LastModified": "2024-01-31T04:30:00+00:00"}]}, 300, AT_MS),
        (
            {
                "success": True,
                "result": [{"key": KEY, "size": 300, "last_modified": "2024-01-31T04:30:00"}],
                "result_info": {"is_truncated": False},
            },
            300,
            AT_MS,
        ),
        ([KEY, SVG], None, None),
        (f"{KEY}\n{SVG}\n\n", None, None),
        (f"2024-01-31 10:00:00        300 {KEY}\n2024-01-31 10:00:00       1900 {SVG}\n", 300, None),
    ],
)
def test_a_listing_is_read_in_every_form(tmp_path: Path, content: object, size: int | None, at: int | None) -> None:
    """As R2, S3 and Cloudflare's API write it, or one key a line; pictures are no certificates."""
    assert read(listing(tmp_path, content), tmp_path) == [
        {
            "key": KEY,
            "course_id": "course-1",
            "user_id": "user-1",
            "issued_on": "2024-01-31",
            "verdict": "",
            "reason": "",
            "size_bytes": size,
            "uploaded_at_ms": at,
        }
    ]


def test_what_is_named_otherwise_is_counted_and_shown(tmp_path: Path) -> None:
    """With nobody's name, so that a rule can see it."""
    said: list[str] = []

    known = read(listing(tmp_path, f"{KEY}\ncertificates/odd.json\nreadme.txt\n"), tmp_path, said)

    assert [(row["key"], row["user_id"]) for row in known] == [(KEY, "user-1"), ("certificates/odd.json", "")]
    assert said == [f"{tmp_path}/listing: 2 certificates among 3 objects, 1 of them not named as a certificate is"]


def test_an_empty_bucket_is_an_answer(tmp_path: Path) -> None:
    """Where somebody says that it is."""
    assert read(listing(tmp_path, []), tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "listing is empty"),
        ({"objects": [{"key": KEY}], "truncated": True}, "listing says that it is cut off"),
        ({"Contents": [{"Key": KEY}], "IsTruncated": True}, "listing says that it is cut off"),
        ({"result": [{"key": KEY}], "result_info": {"is_truncated": True}}, "listing says that it is cut off"),
        ([KEY, 5], "listing line 1: is no object"),
        ([{"size": 5}], "listing line 1: an object without a key"),
        ([{"key": KEY, "size": "big"}], "listing line 1: size is no whole number"),
        ([{"key": KEY, "uploaded": "yesterday"}], "listing line 1: its time is not in ISO 8601"),
        ([{"key": KEY, "uploaded": -1}], "listing line 1: its time is neither ISO 8601 nor milliseconds"),
        ("backups/monday.tar\n", "listing names no object under certificates/"),
    ],
)
def test_a_listing_that_cannot_be_meant_is_refused(tmp_path: Path, content: object, said: str) -> None:
    """What is missing in it would seem to be missing in the bucket."""
    assert refused(listing(tmp_path, content), tmp_path).startswith(said)


# -- mirrors ------------------------------------------------------------------------------------


def mirror(folder: Path, count: int = 1) -> World:
    """Keep a sandbox in a folder, with so many certificates that it signed."""
    world = start(count=0, state=folder / "state")
    for number in range(count):
        write_artifacts(world, f"course {number}", f"user-{number}", "2024-01-31", AT_MS)
    return world


def verdicts(known: list[Row]) -> list[tuple[object, object]]:
    """Answer verdict and reason of each artifact."""
    return [(row["verdict"], row["reason"]) for row in known]


@pytest.mark.parametrize("within", ["r2", "r2/certificates"])
def test_a_mirror_of_the_bucket_is_judged(tmp_path: Path, within: str) -> None:
    """By the service's own rule, from the bucket's folder or from that of the certificates in it."""
    mirror(tmp_path, 2)

    known = read(tmp_path / "state" / within, tmp_path, **SECRET)

    assert [(row["key"], row["course_id"]) for row in known] == [
        (artifact_keys(f"course {number}", f"user-{number}", "2024-01-31").json, f"course {number}")
        for number in range(2)
    ]
    assert verdicts(known) == [("valid", "")] * 2
    assert all(row["size_bytes"] for row in known)


def test_a_rotated_secret_shows(tmp_path: Path) -> None:
    """Certificates that another secret signed do not hold."""
    mirror(tmp_path)

    known = read(tmp_path / "state/r2", tmp_path, CERTIFICATE_SIGNING_SECRET="another")

    assert verdicts(known) == [("invalid", "signature_differs")]


def test_without_the_secret_signatures_are_not_judged(tmp_path: Path) -> None:
    """And that is said."""
    mirror(tmp_path)
    said: list[str] = []

    known = read(tmp_path / "state/r2", tmp_path, said)

    assert verdicts(known) == [("", "")]
    assert said[0] == "CERTIFICATE_SIGNING_SECRET is not set: signatures of certificates are not judged"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user_id": "another"}, "names_another"),
        ({"issued_on": "2024-02-01"}, "names_another"),
        ({"certificate_id": "another"}, "names_another"),
        ({"signature": 5}, "unreadable"),
        ({"padding": "x" * 70_000}, "unreadable"),
        (None, "unreadable"),
    ],
)
def test_an_altered_certificate_is_invalid(tmp_path: Path, change: dict[str, object] | None, reason: str) -> None:
    """Whether its names, its form or its whole text was."""
    key = mirror(tmp_path).certificates.keys()[0]
    file = tmp_path / "state/r2" / key
    file.write_text(json.dumps(json.loads(file.read_text()) | change) if change else "{")

    assert verdicts(read(tmp_path / "state/r2", tmp_path, **SECRET)) == [("invalid", reason)]


def test_a_mirror_without_certificates_is_refused(tmp_path: Path) -> None:
    """It is some other folder."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("none")

    assert refused(tmp_path / "other", tmp_path).startswith("other names no object under certificates/")


@given(course=IDS, user=IDS)
def test_certificates_are_named_and_signed_as_the_service_does(course: str, user: str) -> None:
    """The two implementations agree on every id."""
    assert our_certificate_id(course, user, "2024-01-31") == certificate_id(course, user, "2024-01-31")
    assert len(signature({}, course, user, "2024-01-31")) == 64


# -- the API ------------------------------------------------------------------------------------


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
    return [key for key in world.certificates.keys() if key.endswith(".json")]


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
    tmp_path: Path, service: Tables | type[SqliteFile] | type[ParquetFolder], said: str
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


# -- choosing -----------------------------------------------------------------------------------


def test_none_is_none(tmp_path: Path) -> None:
    """The operator leaves certificates out."""
    assert certificate_tables("none", settings(), NOWHERE, tmp_path, [].append) is None


def test_api_asks_the_service(tmp_path: Path) -> None:
    """By way of the transport that is handed in."""
    service = Service(tmp_path)

    tables = certificate_tables(
        "api", of(service.world), service.tables, tmp_path, [].append, transport=Counted(service.world)
    )

    assert [row["key"] for row in rows(tables, "artifacts")] == keys(service.world)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """With what may be given instead."""
    with pytest.raises(ConfigurationError, match="there is no .*nowhere; give api, none, a listing or a folder"):
        certificate_tables(str(tmp_path / "nowhere"), settings(), NOWHERE, tmp_path, [].append)


def test_a_table_of_artifacts_is_taken(tmp_path: Path) -> None:
    """From a SQLite file that has it."""
    with closing(sqlite3.connect(tmp_path / "all.sqlite")) as database, database:
        database.execute("CREATE TABLE artifacts (key)")
        database.execute("INSERT INTO artifacts VALUES (?)", (KEY,))

    assert read(tmp_path / "all.sqlite", tmp_path) == [{"key": KEY}]
