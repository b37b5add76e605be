"""The certificates' objects in the bucket, `certificates/<course_id>/<user_id>-<date>.json`, as rows of `artifacts`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, SqliteFile
from deeplearn_checks.sources.payment_rows import storable
from deeplearn_checks.sources.writing import create, insert, new_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deeplearn_checks.sources.writing import Row

PREFIX = "certificates/"
_COLUMNS = CERTIFICATE_TABLES["artifacts"]
_NAME = re.compile(rf"{PREFIX}(?P<course>.+)/(?P<user>[^/]+)-(?P<date>\d{{4}}-\d\d-\d\d)\.json", re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """What an object's name says; all empty where it is no name of a certificate."""

    course_id: str = ""
    user_id: str = ""
    issued_on: str = ""


def key_of(course_id: str, user_id: str, issued_on: str) -> str:
    """Answer the key of a certificate's JSON (API page, "Certificates")."""
    return f"{PREFIX}{course_id}/{user_id}-{issued_on}.json"


def named(key: str) -> Named:
    """Read a key from its right: date, user, course; the id of a course may hold slashes, both may hold dashes."""
    found = _NAME.fullmatch(key)
    if not found:
        return Named()
    try:
        date.fromisoformat(found["date"])
    except ValueError:
        return Named()
    return Named(found["course"], found["user"], found["date"])


def is_certificate(key: str) -> bool:
    """Whether a key is that of a certificate's JSON, well named or not; its picture and other objects are not."""
    return key.startswith(PREFIX) and key.endswith(".json")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One object; `size` in bytes and `uploaded_ms` where they are known, `verdict` and `reason` as in the table."""

    key: str
    size: int | None = None
    uploaded_ms: int | None = None
    verdict: str = ""
    reason: str = ""

    @property
    def row(self) -> Row:
        """The row of the table."""
        name = named(self.key)
        values: dict[str, str | int | None] = {
            "key": storable(self.key),
            "course_id": storable(name.course_id),
            "user_id": storable(name.user_id),
            "issued_on": name.issued_on,
            "verdict": self.verdict,
            "reason": self.reason,
            "size_bytes": self.size,
            "uploaded_at_ms": self.uploaded_ms,
        }
        return tuple(values[column] for column in _COLUMNS)


def write(folder: Path, artifacts: Iterable[Artifact]) -> SqliteFile:
    """Write the table `artifacts`; raises ConfigurationError where there is no room for it."""
    file = folder / "certificates.sqlite"
    with new_file(file, "--certificates") as database:
        create(database, "artifacts", _COLUMNS, "key")
        insert(database, "artifacts", tuple(_COLUMNS), (one.row for one in artifacts))
    return SqliteFile(file)
