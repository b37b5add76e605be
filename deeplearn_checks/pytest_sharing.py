"""One run for all workers of pytest-xdist: the first runs the diagnostics, the others read its report.

A lock that the operating system frees when its holder dies decides who is first, so that a dead worker's
part is taken over by the next.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from deeplearn_checks.results import RunReport


class Run(Protocol):
    """A run under way."""

    def report(self) -> RunReport:
        """Answer the finished run; waits for it."""

    def stop(self) -> None:
        """End it early: `report()` then answers with what there is."""


class RefusedError(Exception):
    """The run could not start; the text is one line with the remedy."""


class Node(Protocol):
    """What xdist says about a worker that it is about to start."""

    config: pytest.Config
    workerinput: dict[str, object]


def folder_of(test_run: str) -> Path:
    """Answer the folder that the processes of one test run share; *test_run* is xdist's unguessable id of it."""
    return Path(tempfile.gettempdir()) / f"deeplearn-checks-{test_run}"


class SharedRun:
    """A worker's part in the run of all workers."""

    def __init__(self, folder: Path, start: Callable[[], Run]) -> None:
        self._folder = folder
        self._start = start
        self._led: Run | None = None
        self._publishing: threading.Thread | None = None
        folder.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(BlockingIOError):
            self._lead(wait=False)

    def report(self) -> RunReport:
        """Answer the report of whoever ran; runs it here when nobody did. Raises RefusedError."""
        if self._led is None:
            self._lead(wait=True)
        if self._led is not None:
            report = self._led.report()
            self.finish()
            return report
        return published(self._folder)

    def stop(self) -> None:
        """End the run early, where it is ours."""
        if self._led is not None:
            self._led.stop()

    def finish(self) -> None:
        """Wait until the others can read what was run here."""
        if self._publishing is not None:
            self._publishing.join()

    def _lead(self, *, wait: bool) -> None:
        """Run, unless it has been run; holds the lock until the report is there. Raises BlockingIOError."""
        import fcntl  # noqa: PLC0415  POSIX only, and needed by xdist's workers alone

        lock = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        with contextlib.ExitStack() as held:
            held.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not any((self._folder / name).exists() for name in ("report", "refused")):
                self._begin(held)

    def _begin(self, held: contextlib.ExitStack) -> None:
        """Start the run, and publish its report in the background, which then keeps what is held."""
        try:
            self._led = self._start()
        except RefusedError as refused:
            write_whole(self._folder / "refused", str(refused).encode())
            return
        self._publishing = threading.Thread(target=self._publish, args=(self._led, held.pop_all()), daemon=True)
        self._publishing.start()

    def _publish(self, run: Run, held: contextlib.ExitStack) -> None:
        from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  only who runs needs it

        with held:
            try:
                report = json.dumps(asdict(run.report()), ensure_ascii=False, default=_base64)
            except ConfigurationError as problem:  # the bundle could not be written
                write_whole(self._folder / "refused", str(problem).encode())
            else:
                write_whole(self._folder / "report", report.encode("utf-8", "replace"))


def _base64(body: bytes) -> str:
    """Write what is no text in JSON."""
    return base64.b64encode(body).decode()


def published(folder: Path) -> RunReport:
    """Read what the workers found out. Raises RefusedError, also when they found out nothing."""
    from pydantic import TypeAdapter  # noqa: PLC0415  only those who share a run read it

    from deeplearn_checks.results import RunReport  # noqa: PLC0415  likewise

    if (folder / "refused").exists():
        raise RefusedError((folder / "refused").read_text(encoding="utf-8"))
    if not (folder / "report").exists():
        raise RefusedError("the workers ended before the diagnostics did: nothing was found out")
    return TypeAdapter(RunReport).validate_json((folder / "report").read_bytes())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)


class WorkersRun:
    """The run as the controlling process sees it: there once the workers are done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def report(self) -> RunReport:
        """Answer the workers' report, and remove what they shared. Raises RefusedError."""
        try:
            return published(self._folder)
        finally:
            shutil.rmtree(self._folder)

    def stop(self) -> None:
        """Do nothing: xdist ends the workers."""
