"""Whether git would take a file along."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.setup.git import GIT_NAME, Kept, ignore, kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIT = shutil.which(GIT_NAME) or GIT_NAME


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """Answer the folder of a new work tree."""
    subprocess.run([GIT, "init", "--quiet", str(tmp_path)], check=True)  # noqa: S603  git
    (tmp_path / ".env").touch()
    return tmp_path


@pytest.fixture
def _without_programs() -> Iterator[None]:
    held = os.environ["PATH"]
    os.environ["PATH"] = ""
    yield
    os.environ["PATH"] = held


def test_a_file_that_is_named_is_ignored(work_tree: Path) -> None:
    """Once it stands in `.gitignore`, git leaves it alone; what stood there stays."""
    (work_tree / ".gitignore").write_text("build/", encoding="utf-8")
    before = kept(work_tree / ".env")

    ignore(work_tree / ".env")

    assert (before, kept(work_tree / ".env")) == (Kept.UNIGNORED, Kept.IGNORED)
    assert (work_tree / ".gitignore").read_text(encoding="utf-8") == "build/\n.env\n"


def test_a_file_that_git_tracks_is_told_apart(work_tree: Path) -> None:
    """Ignoring it would change nothing."""
    subprocess.run([GIT, "-C", str(work_tree), "add", ".env"], check=True)  # noqa: S603  git

    found = kept(work_tree / ".env")

    assert found is Kept.TRACKED


def test_outside_of_a_work_tree_there_is_nothing_to_ignore(tmp_path: Path) -> None:
    """A folder that git does not know takes nothing along."""
    found = kept(tmp_path / ".env")

    assert found is Kept.UNKNOWN


@pytest.mark.usefixtures("_without_programs")
def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    """Who has no git has no work tree to speak of."""
    found = kept(tmp_path / ".env")

    assert found is Kept.UNKNOWN
