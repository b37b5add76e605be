"""The append-only journal of one incident: what the service itself does not keep.

`incidents/<id>/journal.jsonl` holds an entry a line, in the order in which they were written. Each names the hash of
the one before it, so that an edited or removed line is seen. An entry is on the disk when `append` returns, or not at
all.
Two operators may write at once: each append holds the file's lock. POSIX only: the lock is `flock`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.redaction import Json, Redactor
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE = "journal.jsonl"
FIRST = "0" * 64
"""What the first entry names as the hash of the one before."""

_UNBORN = ".opening-"

Written = tuple[str, Mapping[str, Json]]
"""Kind and data of an entry that is to be written."""


class Kind(StrEnum):
    """What an entry tells."""

    OPENED = "opened"
    ALERT_FIRST_SEEN = "alert-first-seen"
    HARM_FIRST_SEEN = "harm-first-seen"
    TRIAGED = "triaged"
    RAN = "ran"
    NOTED = "noted"
    ACKNOWLEDGING = "acknowledging"
    ACKNOWLEDGED = "acknowledged"
    RESOLVING = "resolving"
    RESOLVED = "resolved"
    REFUSED = "refused"
    FORCED = "forced"
    RECOVERED = "recovered"
    CLOSED = "closed"
    REVIEWED = "reviewed"


class JournalError(ConfigurationError):
    """A journal that cannot be found, read or written; the text is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `at` is an ISO 8601 time in UTC, to the millisecond; `number` counts lines from 1."""

    at: str
    actor: str
    kind: str
    data: Mapping[str, Json]
    previous: str
    hash: str
    number: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal holds: every intact entry.

    `recovered`: its last line was torn off in the middle (a killed process, a full disk) and is left out.
    `damaged`: the numbers of lines that are not what was written, or before which a line is gone.
    """

    entries: tuple[Entry, ...]
    recovered: bool = False
    damaged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """How bytes reach the disk: the seam where tests fill it, or stop the process."""

    write: Callable[[int, bytes], int] = os.write
    sync: Callable[[int], None] = os.fsync


@dataclass(frozen=True, slots=True)
class Scribe:
    """Who writes, when, and through which redaction: what all entries of one command share."""

    redact: Redactor
    actor: str = ""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)
    disk: Disk = field(default=Disk(), repr=False)

    def line(self, kind: str, data: Mapping[str, Json], previous: str, actor: str = "") -> bytes:
        """Write one entry as its line; secrets are masked and people keep a pseudonym."""
        at = self.now().astimezone(UTC).isoformat(timespec="milliseconds")
        told: dict[str, Json] = {
            "at": at,
            "actor": self.redact(actor or self.actor),
            "kind": kind,
            "data": self.redact.json(dict(data)),
            "previous": previous,
        }
        return _line(told | {"hash": _hash(told)})


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of the incident *id* in *folder*."""

    folder: Path
    id: str
    scribe: Scribe

    @classmethod
    def create(cls, folder: Path, id_: str, scribe: Scribe, first: Sequence[Written] = ()) -> Journal:
        """Begin a journal that holds the entries *first*: all of them, or there is no incident. Raises JournalError.

        The caller holds `opening(folder)`, and has seen that there is no such incident.
        """
        with _told(f"cannot write to {folder}"):
            with tempfile.TemporaryDirectory(prefix=_UNBORN, dir=folder, ignore_cleanup_errors=True) as name:
                born = Path(name, id_)
                born.mkdir(mode=0o700)
                cls(Path(name), id_, scribe).extend(first, mode=os.O_CREAT | os.O_EXCL)
                _sync(born, scribe.disk)
                born.rename(folder / id_)
            _sync(folder, scribe.disk)
        return cls(folder, id_, scribe)

    @classmethod
    def at(cls, folder: Path, id_: str, scribe: Scribe) -> Journal:
        """Answer the journal of an incident that is there; raises JournalError."""
        if not (folder / id_ / FILE).is_file() or Path(id_).name != id_:
            raise JournalError(f"there is no incident {id_!r} in {folder}; see: deeplearn-checks incident status")
        return cls(folder, id_, scribe)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.id / FILE

    def append(self, kind: str, data: Mapping[str, Json], *, actor: str = "") -> Entry:
        """Write one entry; it is on the disk when this returns. Raises JournalError, and then nothing was written."""
        return self.extend([(kind, data)], actor=actor)[0]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other command change the alerts of this incident meanwhile; waits for its turn. Raises JournalError.

        Entries are written all the same: this is a lock of its own, on the incident's folder.
        """
        with _told(f"cannot lock {self.path.parent}"):
            opened = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield
        finally:
            os.close(opened)

    def record(self, kind: str, data: Mapping[str, Json]) -> None:
        """Write one entry, as those who change alerts report what they do; raises JournalError."""
        self.append(kind, data)

    def append_unless(self, kind: str, data: Mapping[str, Json], known: Callable[[Reading], bool]) -> Entry | None:
        """Write one entry unless the journal, read under the same lock, shows it to be *known*; raises JournalError."""
        written = self.extend([(kind, data)], unless=known)
        return written[0] if written else None

    def read(self) -> Reading:
        """Answer what the journal holds; raises JournalError where it cannot be read."""
        with _told(f"cannot read {self.path}"), _locked(self.path, os.O_RDONLY, fcntl.LOCK_SH) as file:
            return reading(_content(file))

    def extend(
        self,
        told: Sequence[Written],
        *,
        actor: str = "",
        mode: int = 0,
        unless: Callable[[Reading], bool] | None = None,
    ) -> tuple[Entry, ...]:
        """Write entries under one lock; all of them are on the disk when this returns, or none. Raises JournalError."""
        with (
            _told(f"cannot write the journal of {self.id}, nothing was written"),
            _locked(self.path, os.O_RDWR | mode) as file,
        ):
            held = _content(file)
            end = held.rfind(b"\n") + 1
            if unless is not None and unless(reading(held[:end])):
                return ()
            lines: list[bytes] = []
            previous = _last_hash(held[:end])
            for kind, data in told:
                lines.append(self.scribe.line(kind, data, previous, actor))
                previous = _parsed(lines[-1][:-1], 0).hash
            os.ftruncate(file, end)
            self._put(file, end, b"".join(lines))
            first = held.count(b"\n") + 1
            return tuple(_parsed(line[:-1], first + number) for number, line in enumerate(lines))

    def _put(self, file: int, end: int, text: bytes) -> None:
        """Write at the end, and to the disk; what cannot be written whole is taken back."""
        os.lseek(file, end, os.SEEK_SET)
        try:
            written = 0
            while written < len(text):
                written += self.scribe.disk.write(file, text[written:])
            self.scribe.disk.sync(file)
        except OSError:
            os.ftruncate(file, end)
            raise


def reading(held: bytes) -> Reading:
    """Read the bytes of a journal: its intact entries, and which lines are not."""
    *lines, torn = held.split(b"\n")
    entries: list[Entry] = []
    damaged: list[int] = []
    expected: str | None = FIRST
    for number, line in enumerate(lines, 1):
        try:
            entry = _parsed(line, number)
        except ValueError:
            damaged.append(number)
            expected = None  # what an unreadable line held cannot be known: the next one is believed
            continue
        if expected not in {entry.previous, None}:
            damaged.append(number)
        entries.append(entry)
        expected = entry.hash
    return Reading(tuple(entries), recovered=bool(torn), damaged=tuple(damaged))


def _last_hash(held: bytes) -> str:
    """Answer the hash that the next entry names: that of the last intact one."""
    with suppress(ValueError):
        return _parsed(held[held.rfind(b"\n", 0, -1) + 1 : -1], 0).hash
    intact = reading(held).entries
    return intact[-1].hash if intact else FIRST


def _parsed(line: bytes, number: int) -> Entry:
    """Read one line; raises ValueError where a single byte of it is not what was written."""
    held = json.loads(line)
    match held:
        case {
            "at": str(at),
            "actor": str(actor),
            "kind": str(kind),
            "data": dict(data),
            "previous": str(previous),
            "hash": str(stated),
        } if _line(held) == line + b"\n":
            told = {name: value for name, value in held.items() if name != "hash"}
            if _hash(told) == stated:
                return Entry(at, actor, kind, data, previous, stated, number)
    raise ValueError(f"line {number} is not what was written")


def _line(told: Mapping[str, Json]) -> bytes:
    """Write JSON in the one way in which a journal holds it."""
    return json.dumps(told, allow_nan=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _hash(told: Mapping[str, Json]) -> str:
    return hashlib.sha256(_line(told)).hexdigest()


def _content(file: int) -> bytes:
    """Read a whole file by its descriptor."""
    pieces: list[bytes] = []
    while piece := os.read(file, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


@contextmanager
def _locked(path: Path, mode: int, lock: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Open a file that nobody else writes meanwhile."""
    file = os.open(path, mode | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, lock)
        yield file
    finally:
        os.close(file)


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Let nobody else open an incident in *folder* meanwhile, which is made where it is missing; raises JournalError.

    What a killed process had begun to open is cleared away.
    """
    with _told(f"cannot write to {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, os.O_RDONLY):
            for stale in folder.glob(f"{_UNBORN}*"):
                shutil.rmtree(stale)
            yield


def _sync(folder: Path, disk: Disk) -> None:
    """See to it that the folder knows its files after a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        disk.sync(opened)
    finally:
        os.close(opened)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what the system refuses into one line."""
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise JournalError(f"{what}: {reason}; mend that and repeat the command") from problem
