"""The pages of docs/ that are written from the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deeplearn_checks.reference.pages import pages

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", pages())
def test_a_page_is_as_the_code_says(name: str) -> None:
    """`python -m deeplearn_checks.reference docs` has been run since the last change."""
    written = (DOCS / name).read_text(encoding="utf-8")

    assert written == pages()[name]


def test_the_pages_are_written_where_asked(tmp_path: Path) -> None:
    """The command fills the folder that it is given."""
    subprocess.run([sys.executable, "-m", "deeplearn_checks.reference", str(tmp_path)], check=True)  # noqa: S603  ours

    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(pages())
