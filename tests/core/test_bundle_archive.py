"""The file of a bundle: the same bytes for the same run, and one line for whatever is no bundle."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
from functools import cache
from typing import TYPE_CHECKING

import pytest
from taped import recorded

from deeplearn_checks.bundle.archive import BundleError, load, packed, save, unpacked, writable
from deeplearn_checks.bundle.contents import FORMAT, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deeplearn_checks.bundle.contents import Bundle

MIB = 1 << 20


@cache
def bundle() -> Bundle:
    """Record a small run, once."""
    return recorded("enrollment-lost", count=14)[1]


def lines() -> list[bytes]:
    """Answer the lines of a bundle: manifest, exchanges, report, ending."""
    return gzip.decompress(packed(bundle())).splitlines(keepends=True)


def changed(number: int, change: Callable[[dict[str, object]], object]) -> bytes:
    """Answer a bundle of which one line was changed."""
    held = lines()
    value = json.loads(held[number])
    change(value)
    held[number] = json.dumps(value).encode() + b"\n"
    return gzip.compress(b"".join(held))


def ended(held: list[bytes]) -> bytes:
    """Answer a bundle of these lines with an ending that fits them."""
    content = b"".join(held)
    ending = {"lines": len(held), "sha256": hashlib.sha256(content).hexdigest()}
    return gzip.compress(content + json.dumps(ending).encode() + b"\n")


def test_a_bundle_is_read_as_it_was_written() -> None:
    """Nothing is lost in the file."""
    assert unpacked(packed(bundle())) == bundle()


def test_the_same_run_makes_the_same_bytes() -> None:
    """No time of packing and no name of a file is in them."""
    assert packed(bundle()) == packed(unpacked(packed(bundle())))


def test_a_bundle_says_what_it_is() -> None:
    """Its first line is enough to know."""
    first = json.loads(lines()[0])

    assert (first["format"], first["version"], first["requests"]) == (FORMAT, VERSION, len(lines()) - 3)


def deep(key: str) -> bytes:
    """Answer a manifest with a bottomless field."""
    return lines()[0].rstrip(b"}\n") + b',"' + key.encode() + b'":' + b"[" * 100_000


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is no bundle"),
    "a text": (lambda: b"hello\n", "is no bundle"),
    "gzip of nothing": (lambda: gzip.compress(b""), "is no bundle"),
    "gzip of a text": (lambda: gzip.compress(b"hello\n"), "is no bundle"),
    "gzip of a list": (lambda: gzip.compress(b"[]\n"), "is no bundle"),
    "another format": (lambda: gzip.compress(b'{"format": "har", "version": 1}\n'), "is no bundle"),
    "bottomless": (lambda: gzip.compress(b"[" * 1_000_000), "is no bundle"),
    "a bottomless manifest": (lambda: gzip.compress(deep("x")), "is no bundle"),
    "newer": (
        lambda: changed(0, lambda value: value.update(version=VERSION + 1)),
        f"is of version {VERSION + 1}, and this deeplearn-checks reads up to version {VERSION}: update it",
    ),
    "cut off": (lambda: packed(bundle())[:-200], "is cut off: its end is missing"),
    "flipped": (
        lambda: (whole := packed(bundle()))[:300] + bytes([whole[300] ^ 255]) + whole[301:],
        "is damaged: it cannot be unpacked",
    ),
    "a manifest alone": (lambda: gzip.compress(lines()[0]), "is damaged: a part of it cannot be read"),
    "no ending": (lambda: gzip.compress(b"".join(lines()[:-1])), "is damaged: a part of it cannot be read"),
    "a line too few": (
        lambda: gzip.compress(b"".join(lines()[:1] + lines()[2:])),
        "is damaged: its parts are not those that were written",
    ),
    "a changed line": (
        lambda: changed(1, lambda value: value.update(seconds=99)),
        "is damaged: its parts are not those that were written",
    ),
    "not a number": (
        lambda: ended([*lines()[:1], lines()[1].replace(b'"seconds":', b'"seconds":NaN,"was":'), *lines()[2:-1]]),
        "is damaged: a part of it cannot be read",
    ),
    "a manifest of other types": (
        lambda: changed(0, lambda value: value.update(started_ms="now")),
        "is damaged: its manifest cannot be read",
    ),
    "an exchange removed": (
        lambda: ended(lines()[:1] + lines()[2:-1]),
        "is damaged: its exchanges are not those that its manifest counts",
    ),
    "a question beyond": (
        lambda: ended(
            [lines()[0].replace(b'"unfinished":{}', b'"unfinished":{"platform.root":[999]}'), *lines()[1:-1]]
        ),
        "is damaged: its exchanges are not those that its manifest counts",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_whole_bundle_is_refused(name: str) -> None:
    """In one line that says what is wrong with it."""
    content, said = HOSTILE[name]

    with pytest.raises(BundleError) as refused:
        unpacked(content())

    assert str(refused.value) == said


def test_a_bundle_that_expands_without_end_is_not_read() -> None:
    """It is given up at the limit."""
    bomb = gzip.compress(b"\0" * (3 * MIB))

    with pytest.raises(BundleError, match=r"^is larger than 2 MiB when unpacked, and is not read$"):
        unpacked(bomb, limit=2 * MIB)


def test_no_bundle_is_written_that_would_not_be_read() -> None:
    """The limit is the same on both sides."""
    with pytest.raises(BundleError, match=r"^the exchanges of this run are too large for a bundle"):
        packed(bundle(), limit=1000)


def test_a_bundle_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask says; and nothing else is left in the folder."""
    before = os.umask(0)
    save(bundle(), tmp_path / "run.bundle")
    os.umask(before)

    (file,) = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode), load(file)) == ("run.bundle", 0o600, bundle())


def test_a_bundle_replaces_an_older_one(tmp_path: Path) -> None:
    """Whole: also where a part of an earlier attempt was left, and whoever could read the old one."""
    file = tmp_path / "run.bundle"
    file.write_text("old")
    (tmp_path / f".run.bundle.{os.getpid()}").write_text("part")

    save(bundle(), file)

    assert (stat.S_IMODE(file.stat().st_mode), load(file), len(list(tmp_path.iterdir()))) == (0o600, bundle(), 1)


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A folder stands in its place."""
    place = tmp_path / "run.bundle"
    (place / "inside").mkdir(parents=True)

    with pytest.raises(BundleError, match=r"run\.bundle cannot be written: "):
        save(bundle(), place)

    assert [path.name for path in tmp_path.iterdir()] == ["run.bundle"]


@pytest.mark.parametrize("name", ["", "missing/run.bundle"])
def test_where_nothing_can_be_written_is_known_before(tmp_path: Path, name: str) -> None:
    """A folder, or a file in one that is not there."""
    with pytest.raises(BundleError, match=r"cannot be written: give a file in a folder that exists"):
        writable(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Like one that is no bundle."""
    (tmp_path / "text").write_text("hello")

    with pytest.raises(BundleError, match=r"/none cannot be read: No such file or directory$"):
        load(tmp_path / "none")
    with pytest.raises(BundleError, match=r"/text is no bundle$"):
        load(tmp_path / "text")
