"""The pages of docs/ that are written from the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.reference import examples
from deeplearn_checks.reference.pages import pages, write

DOCS = Path(__file__).parent.parent / "docs"
PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_code_says(name: str) -> None:
    """`make docs` has been run since the last change."""
    written = (DOCS / name).read_text(encoding="utf-8")

    assert written == PAGES[name]


def test_every_cause_has_a_page_and_no_other_has() -> None:
    """The folder holds the pages of the causes that there are, and their list."""
    there = {page.stem for page in (DOCS / "causes").iterdir()}

    assert there == {*CAUSES, "index"}


def test_the_pages_are_written_where_asked(tmp_path: Path) -> None:
    """The command fills the folder that it is given."""
    subprocess.run([sys.executable, "-m", "deeplearn_checks.reference", str(tmp_path)], check=True)  # noqa: S603  ours

    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(PAGES)


def test_the_page_of_a_cause_that_is_gone_goes(tmp_path: Path) -> None:
    """Writing the pages removes those of causes that there are no more, and nothing of anybody else's."""
    (tmp_path / "causes").mkdir()
    names = ("causes/gone.md", "causes/index.md", "causes/picture.png", "own.md")
    for name in names:
        (tmp_path / name).write_text("x", encoding="utf-8")

    write(tmp_path)

    assert [(tmp_path / name).exists() for name in names] == [False, True, True, True]


def test_a_page_says_how_to_see_its_cause() -> None:
    """Evidence of a cause: who finds it, what they say, and the command that shows it, with what it needs."""
    page = PAGES["causes/gateway-in-test-mode.md"]

    command = "deeplearn-checks run --sandbox --fault gateway-test-mode --environment production --only"
    assert [
        f"{command} payment.gateway-mode\n" in page,
        "environment production uses test keys" in page,
        "Facts that it names: `mode`, `environment`." in page,
    ] == [True] * 3


def test_a_cause_that_nothing_shows_says_so() -> None:
    """Where no fault and no rule shows a cause, its page does not pretend."""
    page = PAGES["causes/held-back.md"]

    assert "No fault of the sandbox and no rule of an audit shows it." in page


def test_the_named_examples_are_written_beside_the_others(tmp_path: Path) -> None:
    """`python -m deeplearn_checks.reference.examples FAULT` makes that run anew and keeps what is kept of others."""
    file = tmp_path / "examples.json"
    examples.main(str(file), "health-not-ok")

    command = [sys.executable, "-m", "deeplearn_checks.reference.examples", str(file), "admin-token-unset"]
    subprocess.run(command, check=True)  # noqa: S603  ours

    kept = examples.examples(file)
    assert ([*kept], kept["health-not-ok"].found_by, kept["health-not-ok"].cause) == (
        ["admin-token-unset", "health-not-ok"],
        "platform.health",
        "service-not-ok",
    )


def test_the_examples_are_of_diagnostics_that_there_are() -> None:
    """No page names a finder that has another name now."""
    finders = {one.found_by for one in examples.examples().values()}

    assert finders <= {one.id for one in CATALOG}
