"""The certificate bucket as somebody listed or mirrored it."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.signatures import certificate_id, verify_certificate
from deeplearn_checks.sources.artifacts import PREFIX, Artifact, is_certificate, named, write
from deeplearn_checks.sources.json_values import JsonEntries, as_object
from deeplearn_checks.sources.opening import opened_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from pydantic import SecretStr

    from deeplearn_checks.audit.tables import SqliteFile
    from deeplearn_checks.settings import Settings

_LISTS = frozenset({"Contents", "contents", "objects", "result", "items"})
_KEY, _SIZE = ("key", "Key", "name", "Name"), ("size", "Size")
_UPLOADED = ("uploaded", "last_modified", "LastModified", "lastModified", "uploaded_at_ms")
_CUT_OFF = ("truncated", "IsTruncated", "is_truncated")
_GOES_ON = ("NextToken", "NextContinuationToken")
"""What `aws s3api` writes where it was told to end early, and S3 where there is another page."""
_S3_LS = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)\s+(?P<time>\d\d:\d\d:\d\d)\s+(?P<size>\d+)\s(?P<key>.+)")
"""A line of `aws s3 ls --recursive`, whose times are local to whoever listed: they are not taken."""
_LARGEST = 1 << 16
"""The largest certificate that is read, in bytes; one has about 300."""
_HELD = ("certificate_id", "course_id", "user_id", "issued_on", "signature")


class _Counted:
    """Lets the certificates of a bucket through, and counts them and what else is there."""

    def __init__(self, told: Callable[[str], None], place: Path) -> None:
        self._told, self._place = told, place
        self._seen = self._certificates = self._unnamed = self._prefixed = 0

    def only(self, artifacts: Iterator[Artifact]) -> Iterator[Artifact]:
        for one in artifacts:
            self._seen += 1
            self._prefixed += one.key.startswith(PREFIX)
            if is_certificate(one.key):
                self._certificates += 1
                self._unnamed += not named(one.key).user_id
                yield one

    def tell(self) -> None:
        """Say what there is; raises ConfigurationError where it cannot be the bucket."""
        if self._seen and not self._prefixed:
            text = f"{self._place} names no object under {PREFIX}; give the certificate bucket's listing, or its mirror"
            raise ConfigurationError(text)
        unnamed = f", {self._unnamed} of them not named as a certificate is" if self._unnamed else ""
        self._told(Note(f"{self._place.name}: {self._certificates} certificates among {self._seen} objects{unnamed}"))


# -- listings -----------------------------------------------------------------------------------


def listed(file: Path, folder: Path, told: Callable[[str], None]) -> SqliteFile:
    """Read a listing of the bucket: JSON as R2, S3 or Cloudflare's API write it, or text with one key a line.

    Raises ConfigurationError, naming file and line, also for a listing that was cut off: what is missing in it would
    seem to be missing in the bucket.
    """
    counted = _Counted(told, file)
    with opened_text(file) as text:
        start = text.read(4096).lstrip()
    if not start:
        raise ConfigurationError(f"{file} is empty; give the bucket's listing ([] where it has no objects)")
    with opened_text(file) as text:
        artifacts = _from_json(file, text) if start[0] in "[{" else _from_lines(text)
        tables = write(folder, counted.only(artifacts))
    counted.tell()
    return tables


def _from_json(file: Path, text: TextIO) -> Iterator[Artifact]:
    entries = JsonEntries(text, str(file), _LISTS)
    for line, entry in entries:
        if isinstance(entry, str):
            yield Artifact(entry)
            continue
        held = as_object(str(file), line, entry)
        key = _first(held, _KEY)
        if not isinstance(key, str) or not key:
            raise ConfigurationError(f"{file} line {line}: an object without a key; give the bucket's listing")
        try:
            yield Artifact(key, _size(_first(held, _SIZE)), _uploaded(_first(held, _UPLOADED)))
        except ValueError as problem:
            raise ConfigurationError(f"{file} line {line}: {problem}; give the bucket's listing") from None
    _whole(file, entries.beside)


def _whole(file: Path, beside: Mapping[str, object]) -> None:
    """Refuse a listing that says that there is more."""
    info = beside.get("result_info")
    said = {**beside, **(info if isinstance(info, dict) else {})}
    if any(said.get(name) is True for name in _CUT_OFF) or any(said.get(name) for name in _GOES_ON):
        raise ConfigurationError(f"{file} says that it is cut off; list the whole bucket, page after page")


def _first(held: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((held[name] for name in names if held.get(name) is not None), None)


def _size(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and 0 <= value <= 2**53:
        return value
    raise ValueError("size is no whole number")


def _uploaded(value: object) -> int | None:
    """Read a time: ISO 8601 (UTC where it has no zone), or milliseconds since the epoch; raises ValueError."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("its time is not in ISO 8601") from None
        return int(Decimal((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()) * 1000)
    if isinstance(value, int) and 0 <= value <= 2**53:
        return value
    raise ValueError("its time is neither ISO 8601 nor milliseconds")


def _from_lines(text: TextIO) -> Iterator[Artifact]:
    for line in text:
        bare = line.strip()
        found = _S3_LS.fullmatch(bare)
        if found:
            yield Artifact(found["key"], int(found["size"]))
        elif bare:
            yield Artifact(bare)


# -- mirrors ------------------------------------------------------------------------------------


def mirrored(place: Path, settings: Settings, folder: Path, told: Callable[[str], None]) -> SqliteFile:
    """Read a folder that mirrors the bucket, or its `certificates` folder, and judge each certificate.

    Without CERTIFICATE_SIGNING_SECRET nothing is said of signatures. Raises ConfigurationError.
    """
    counted, secret = _Counted(told, place), settings.certificate_signing_secret
    if not secret.get_secret_value():
        told(Note("CERTIFICATE_SIGNING_SECRET is not set: signatures of certificates are not judged"))
    tables = write(folder, counted.only(_in_folder(place, secret)))
    counted.tell()
    return tables


def _in_folder(place: Path, secret: SecretStr) -> Iterator[Artifact]:
    root = place.resolve()
    root = root.parent if root.name == PREFIX.rstrip("/") else root
    for within, _, names in os.walk(place.resolve(), onerror=_unreadable):
        for name in sorted(names):
            file = Path(within, name)
            key = file.relative_to(root).as_posix()
            try:
                size = file.stat().st_size
                verdict, reason = _judged(file, key, secret) if is_certificate(key) else ("", "")
            except OSError as problem:
                raise ConfigurationError(f"{file} cannot be read: {problem.strerror}") from None
            yield Artifact(key, size, None, verdict, reason)


def _unreadable(problem: OSError) -> None:
    raise ConfigurationError(f"{problem.filename} cannot be read: {problem.strerror}") from None


def _judged(file: Path, key: str, secret: SecretStr) -> tuple[str, str]:
    """Answer verdict and reason of one certificate; as the service does, and the reason as far as it can be told."""
    held = _read(file)
    if held is None:
        return "invalid", "unreadable"
    name = named(key)
    if (held["course_id"], held["user_id"], held["issued_on"]) != (name.course_id, name.user_id, name.issued_on):
        return "invalid", "names_another"
    if held["certificate_id"] != certificate_id(name.course_id, name.user_id, name.issued_on):
        return "invalid", "names_another"
    if not secret.get_secret_value():
        return "", ""
    return ("valid", "") if verify_certificate(held, secret) else ("invalid", "signature_differs")


def _read(file: Path) -> dict[str, str] | None:
    """Read a certificate strictly: an object that has all of its texts; None for anything else. Raises OSError."""
    with file.open("rb") as opened:
        body = opened.read(_LARGEST + 1)
    try:
        value = json.loads(body.decode("utf-8")) if len(body) <= _LARGEST else None
    except (ValueError, RecursionError):
        return None
    held = value if isinstance(value, dict) else {}
    texts = {name: text for name in _HELD if isinstance(text := held.get(name), str)}
    return texts if len(texts) == len(_HELD) else None
