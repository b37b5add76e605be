"""A journal holds what was written, all of it, and says where it does not."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from records import ID, SECRET, DyingDisk, Killed, begun, scribe

from deeplearn_checks.incident.journal import FILE, Disk, Journal, JournalError, Kind, opening, reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def notes(journal: Journal) -> list[object]:
    """Answer the texts of the notes of a journal."""
    return [one.data["text"] for one in journal.read().entries if one.kind == Kind.NOTED]


def noted(journal: Journal, *texts: str) -> Journal:
    """Write notes."""
    for text in texts:
        journal.append(Kind.NOTED, {"text": text})
    return journal


def rewritten(journal: Journal, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of a journal's file."""
    journal.path.write_bytes(b"".join(change(journal.path.read_bytes().splitlines(keepends=True))))


def test_entries_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Time in UTC, who, what, and the hash of the one before."""
    journal = begun(tmp_path)

    written = journal.append(Kind.NOTED, {"text": "a"})

    first, second = journal.read().entries
    assert (second, second.previous, second.at, second.actor, second.number) == (
        written, first.hash, "2026-03-02T12:00:01.000+00:00", "ada", 2,
    )  # fmt: skip


def test_an_entry_may_name_another_actor(tmp_path: Path) -> None:
    """Whoever really did it is on record."""
    written = begun(tmp_path).append(Kind.NOTED, {"text": "a"}, actor="grace")

    assert written.actor == "grace"


def test_nothing_secret_or_personal_is_written(tmp_path: Path) -> None:
    """Texts, names of fields and the actor go through the redaction."""
    journal = begun(tmp_path)

    journal.append(
        Kind.NOTED, {"text": f"{SECRET} of ada@example.com", "email": "b@example.com"}, actor="c@example.com"
    )

    held = journal.path.read_text()
    assert [word for word in (SECRET, "@example.com") if word in held] == []


def test_files_are_for_their_owner(tmp_path: Path) -> None:
    """The journal has mode 0600, its folder 0700."""
    journal = begun(tmp_path)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (journal.path, journal.path.parent)]

    assert modes == [0o600, 0o700]


def test_an_entry_is_on_the_disk_before_it_is_told(tmp_path: Path) -> None:
    """Each append is written in one piece and synchronised; creation synchronises the folders too."""
    done: list[str] = []

    def write(file: int, text: bytes) -> int:
        done.append("write")
        return os.write(file, text)

    begun(tmp_path, Disk(write, lambda _: done.append("sync"))).append(Kind.NOTED, {"text": "a"})

    assert done == ["write", "sync", "sync", "sync", "write", "sync"]


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_last_line_is_dropped_and_the_journal_goes_on(tmp_path: Path, cut: int) -> None:
    """The next entry follows the last whole one."""
    journal = noted(begun(tmp_path), "a", "b")
    journal.path.write_bytes(journal.path.read_bytes()[:-cut])

    recovered = journal.read().recovered
    noted(journal, "c")

    read = journal.read()
    assert (recovered, read.recovered, read.damaged, notes(journal)) == (True, False, (), ["a", "c"])


@pytest.mark.parametrize(
    ("change", "damaged", "left"),
    [
        (lambda lines: [lines[0], lines[1].replace(b'"a"', b'"x"'), *lines[2:]], (2,), ["b", "c"]),
        (lambda lines: [lines[0], lines[1].replace(b",", b" ,", 1), *lines[2:]], (2,), ["b", "c"]),
        (lambda lines: [lines[0], *lines[2:]], (2,), ["b", "c"]),
        (lambda lines: lines[1:], (1,), ["a", "b", "c"]),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], (2, 3, 4), ["b", "a", "c"]),
        (lambda lines: [lines[0], b"\xff\n", *lines[2:]], (2,), ["b", "c"]),
        (lambda lines: [lines[0], b"[]\n", *lines[2:]], (2,), ["b", "c"]),
        (lambda lines: [*lines[:3], b"\n"], (4,), ["a", "b"]),
    ],
    ids=["edited", "spaced", "removed", "first removed", "swapped", "no text", "no entry", "last emptied"],
)
def test_what_was_done_to_a_journal_is_reported_by_line(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], damaged: tuple[int, ...], left: list[str]
) -> None:
    """An edited line, or the one after a removed line, is named; what is intact can still be read."""
    journal = noted(begun(tmp_path), "a", "b", "c")

    rewritten(journal, change)

    assert (journal.read().damaged, notes(journal)) == (damaged, left)


def test_a_damaged_journal_can_be_continued(tmp_path: Path) -> None:
    """The damage stays reported, and no more of it is seen in what follows."""
    journal = noted(begun(tmp_path), "a", "b")
    rewritten(journal, lambda lines: [lines[0], b"gone\n", lines[2]])

    noted(journal, "c")

    assert (journal.read().damaged, notes(journal)) == ((2,), ["b", "c"])


def test_what_is_known_is_not_written_again(tmp_path: Path) -> None:
    """A condition is judged under the same lock as the write."""
    journal = begun(tmp_path)

    written = [journal.append_unless(Kind.NOTED, {"text": "a"}, lambda read: len(read.entries) > 1) for _ in "ab"]

    assert ([one is None for one in written], notes(journal)) == ([False, True], ["a"])


@pytest.mark.parametrize("name", ["none", "..", "../x", ""])
def test_an_incident_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    """One line says so, and where to look; a path is no id."""
    begun(tmp_path)

    with pytest.raises(JournalError, match=r"there is no incident .* incident status"):
        Journal.at(tmp_path, name, scribe())


def test_a_journal_that_has_gone_is_one_line(tmp_path: Path) -> None:
    """Reading and writing it say what the system said."""
    journal = begun(tmp_path)
    journal.path.unlink()

    with pytest.raises(JournalError, match=r"cannot read .*No such file.*repeat the command"):
        journal.read()
    with pytest.raises(JournalError, match="nothing was written: No such file"):
        journal.append(Kind.NOTED, {})


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A file stands where the folder should."""
    (tmp_path / "file").touch()

    with pytest.raises(JournalError, match=r"cannot write to .*file"), opening(tmp_path / "file"):
        pass


def test_a_full_disk_takes_nothing_half(tmp_path: Path) -> None:
    """What was written of the entry before the disk was full is taken back, and one line says why."""
    journal = begun(tmp_path)
    held = journal.path.read_bytes()

    def write(file: int, text: bytes) -> int:
        if len(text) < 200:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, text[:100])

    full = Journal(tmp_path, ID, scribe(Disk(write)))
    with pytest.raises(JournalError, match=r"^cannot write the journal of .*No space left on device; mend that"):
        noted(full, "a")

    assert journal.path.read_bytes() == held


def test_a_disk_that_is_full_at_opening_leaves_no_incident(tmp_path: Path) -> None:
    """The folder is as empty as before."""

    def write(_file: int, _text: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(JournalError, match="No space left on device"):
        begun(tmp_path, Disk(write))

    assert list(tmp_path.iterdir()) == []


LIMITED = f"""
import resource, sys
from pathlib import Path
from deeplearn_checks.incident.journal import Journal, JournalError, Scribe
from deeplearn_checks.redaction import Redactor

journal = Journal(Path(sys.argv[1]), {ID!r}, Scribe(Redactor()))
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
try:
    while True:
        journal.append("noted", {{"text": "a" * 90}})
except JournalError as problem:
    print(problem)
"""


def test_a_file_that_may_not_grow_ends_with_whole_entries(tmp_path: Path) -> None:
    """The system stops the write half-way: every entry that was told is there, and nothing of the last one."""
    journal = begun(tmp_path)

    told = subprocess.run([sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, check=True).stdout  # noqa: S603  ourselves

    read = journal.read()
    assert ("File too large" in told, len(read.entries) > 2, read.recovered, read.damaged) == (True, True, False, ())


@pytest.mark.parametrize("number", range(1, 5))
def test_a_process_killed_while_opening_leaves_nothing_or_all(tmp_path: Path, number: int) -> None:
    """Whoever opens next finds no half incident, and clears away what was begun."""
    with pytest.raises(Killed):
        begun(tmp_path, DyingDisk(number).disk)
    found = [path.name for path in tmp_path.glob("[!.]*")]

    with opening(tmp_path):
        left = [path.name for path in tmp_path.iterdir()]

    assert (found, left) == ([ID] * (number == 4), [ID] * (number == 4))


KILLED = """
import os, signal, sys
from pathlib import Path
from deeplearn_checks.incident.journal import Disk, Journal, Scribe, opening
from deeplearn_checks.redaction import Redactor

steps = int(sys.argv[2])

def die():
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def write(file, text):
    half = os.write(file, text[: len(text) // 2])
    die()
    return half

def sync(file):
    die()
    os.fsync(file)

scribe = Scribe(Redactor(), disk=Disk(write, sync))
folder = Path(sys.argv[1])
with opening(folder):
    journal = Journal.create(folder, "it", scribe, [("opened", {})])
for number in range(2):
    journal.append("noted", {"text": number})
    print(number, flush=True)
"""


@pytest.mark.parametrize("steps", [1, 20, 40])
def test_whatever_kill_9_hits_what_was_told_is_there(tmp_path: Path, steps: int) -> None:
    """An entry that was told is in the journal, whole; one that was not may be missing, and the journal goes on."""
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    killed = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", KILLED, tmp_path, str(steps)], stdout=subprocess.PIPE, check=False, env=unmeasured
    )
    told = [int(line) for line in killed.stdout.split()]
    with opening(tmp_path):
        journals = [path.parent.name for path in tmp_path.glob(f"*/{FILE}")]

    for name in journals:
        Journal.at(tmp_path, name, scribe()).append(Kind.NOTED, {"text": "after"})
    texts = [notes(Journal.at(tmp_path, name, scribe())) for name in journals]

    expected = [[*told, "after"], [*told, len(told), "after"]]
    assert (killed.returncode, not texts or texts[0] in expected) == (-9, True)


def _append_many(folder: Path, actor: str) -> None:
    journal = Journal.at(folder, ID, scribe())
    for number in range(200):
        journal.append(Kind.NOTED, {"text": number}, actor=actor)


def test_two_operators_at_once_lose_no_entry(tmp_path: Path) -> None:
    """Two processes that write 200 entries each leave 400, each in its order, in one unbroken chain."""
    journal = begun(tmp_path)
    processes = [get_context("spawn").Process(target=_append_many, args=(tmp_path, name)) for name in ("ada", "bob")]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    read = journal.read()
    by = {name: [one.data["text"] for one in read.entries[1:] if one.actor == name] for name in ("ada", "bob")}
    assert (by, read.damaged) == ({"ada": [*range(200)], "bob": [*range(200)]}, ())


def test_an_empty_journal_holds_nothing() -> None:
    """No bytes, no entries, no complaint."""
    read = reading(b"")

    assert (read.entries, read.recovered, read.damaged) == ((), False, ())


def test_a_line_is_json_that_others_can_read(tmp_path: Path) -> None:
    """The keys are those of the documentation."""
    line = begun(tmp_path).path.read_text().splitlines()[0]

    assert json.loads(line).keys() == {"at", "actor", "kind", "data", "previous", "hash"}
