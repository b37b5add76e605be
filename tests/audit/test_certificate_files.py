"""Certificates as the bucket holds them, by a listing or a mirror of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money import rows, settings, unheard

from deeplearn_checks.audit.tables import JdbcDatabase
from deeplearn_checks.sandbox.certificate import artifact_keys, certificate_id, signature, write_artifacts
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.signatures import certificate_id as our_certificate_id
from deeplearn_checks.sources.artifacts import Named, key_of, named
from deeplearn_checks.sources.certificate_files import mirrored
from deeplearn_checks.sources.certificates import certificate_tables

if TYPE_CHECKING:
    from pathlib import Path

    from money import Row

    from deeplearn_checks.sandbox.world import World

KEY = "certificates/course-1/user-1-2024-01-31.json"
SVG = "certificates/course-1/user-1-2024-01-31.svg"
AT_MS = 1_706_675_400_000
NOWHERE = JdbcDatabase("jdbc:postgresql://nowhere")
SECRET = "sandbox-certificate-secret"


def read(given: Path, folder: Path, said: list[str] | None = None, secret: str = "") -> list[Row]:
    """Read a listing or a folder; answer the artifacts by key."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    told = [] if said is None else said
    return rows(
        certificate_tables(str(given), settings(CERTIFICATE_SIGNING_SECRET=secret), NOWHERE, out, told.append),
        "artifacts",
    )


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
    assert said == ["listing: 2 certificates among 3 objects, 1 of them not named as a certificate is"]


def test_an_empty_bucket_is_an_answer(tmp_path: Path) -> None:
    """Where somebody says that it is."""
    assert read(listing(tmp_path, []), tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "listing is empty"),
        ({"objects": [{"key": KEY}], "truncated": True}, "listing says that it is cut off"),
        ({"Contents": [{"Key": KEY}], "IsTruncated": True}, "listing says that it is cut off"),
        ({"Contents": [{"Key": KEY}], "NextToken": "eyJ"}, "listing says that it is cut off"),
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

    known = read(tmp_path / "state" / within, tmp_path, secret=SECRET)

    assert [(row["key"], row["course_id"]) for row in known] == [
        (artifact_keys(f"course {number}", f"user-{number}", "2024-01-31").json, f"course {number}")
        for number in range(2)
    ]
    assert verdicts(known) == [("valid", "")] * 2
    assert all(row["size_bytes"] for row in known)


def test_a_rotated_secret_shows(tmp_path: Path) -> None:
    """Certificates that another secret signed do not hold."""
    mirror(tmp_path)

    known = read(tmp_path / "state/r2", tmp_path, secret="another")

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

    assert verdicts(read(tmp_path / "state/r2", tmp_path, secret=SECRET)) == [("invalid", reason)]


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


def test_a_mirror_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """Its folder, or a file in it."""
    mirror(tmp_path)
    (tmp_path / "state/r2/certificates/lost.json").symlink_to(tmp_path / "nowhere")

    assert refused(tmp_path / "state/r2", tmp_path).startswith(
        "state/r2/certificates/lost.json cannot be read: No such"
    )
    with pytest.raises(ConfigurationError, match="nowhere cannot be read: No such file"):
        mirrored(tmp_path / "nowhere", settings(), tmp_path, unheard)


# -- choosing ----------------------------------------------------------------------------------------


def test_none_is_none(tmp_path: Path) -> None:
    """The operator leaves certificates out."""
    assert certificate_tables("none", settings(), NOWHERE, tmp_path, unheard) is None


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """With what may be given instead."""
    with pytest.raises(ConfigurationError, match=r"there is no .*nowhere; give api, none, a listing or a folder"):
        certificate_tables(str(tmp_path / "nowhere"), settings(), NOWHERE, tmp_path, unheard)


def test_a_table_of_artifacts_is_taken(tmp_path: Path) -> None:
    """From a SQLite file that has it."""
    with closing(sqlite3.connect(tmp_path / "all.sqlite")) as database, database:
        database.execute("CREATE TABLE artifacts (key)")
        database.execute("INSERT INTO artifacts VALUES (?)", (KEY,))

    assert read(tmp_path / "all.sqlite", tmp_path) == [{"key": KEY}]
