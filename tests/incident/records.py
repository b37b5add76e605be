"""Journals that a test writes: with a clock that it sets, and a disk that it can fill or stop."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deeplearn_checks.incident.journal import Disk, Entry, Journal, Kind, Scribe, opening
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deeplearn_checks.redaction import Json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOON_MS = 1_772_452_800_000
ID = "2026-03-02-payment-webhook"
SECRET = "webhook-secret-1"


class Clock:
    """Tells noon, and a second more each time."""

    def __init__(self) -> None:
        self._told = -1

    def __call__(self) -> datetime:
        """Answer the time."""
        self._told += 1
        return NOON + timedelta(seconds=self._told)


class Killed(BaseException):
    """Stands for a process that is killed: nothing catches it."""


class DyingDisk:
    """A disk whose process is killed at the operation *number*: a write after its first half, or a sync before it."""

    def __init__(self, number: int) -> None:
        self.done = 0
        self._number = number

    def write(self, file: int, text: bytes) -> int:
        """Write, or half of it and die."""
        self.done += 1
        if self.done == self._number:
            os.write(file, text[: len(text) // 2])
            raise Killed
        return os.write(file, text)

    def sync(self, _file: int) -> None:
        """Do as if, or die: what is written stays."""
        self.done += 1
        if self.done == self._number:
            raise Killed

    @property
    def disk(self) -> Disk:
        """The disk to hand in."""
        return Disk(self.write, self.sync)


def scribe(disk: Disk | None = None) -> Scribe:
    """Answer one who writes as ada, from noon on."""
    return Scribe(Redactor((SECRET,)), "ada", Clock(), disk or Disk())


def begun(folder: Path, disk: Disk | None = None) -> Journal:
    """Begin a journal with one entry."""
    with opening(folder):
        return Journal.create(folder, ID, scribe(disk), [(Kind.OPENED, {"title": "", "target": "http://x"})])


def entry(number: int, kind: str, data: Mapping[str, Json] | None = None, after: float = 0) -> Entry:
    """Answer an entry that was written so many seconds after noon."""
    at = (NOON + timedelta(seconds=after)).isoformat(timespec="milliseconds")
    return Entry(at, "ada", kind, data or {}, "", "", number)
