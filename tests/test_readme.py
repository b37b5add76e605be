"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.settings import CONFIGURATION_FILE

if TYPE_CHECKING:
    from command import Command

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\$ deeplearn-checks ([^\n]*--sandbox[^\n]*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("arguments", "output"), SHOWN)
def test_a_command_prints_what_the_readme_shows(command: Command, arguments: str, output: str) -> None:
    """Each command that is shown with its output prints it; `…` stands for what differs from day to day."""
    expected = re.escape(output.strip()).replace("…", ".+")

    ended = command(*arguments.split())

    assert re.fullmatch(expected, ended.output.strip())


def test_the_readme_starts_with_the_two_commands() -> None:
    """The first block is `make check` and `make test`."""
    block = README.split("```")[1].split()

    assert block == ["make", "check", "make", "test"]


def test_the_library_example_runs() -> None:
    """The Python of the README is whole and names only what the package has."""
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

    names: dict[str, object] = {"__name__": "example"}
    exec(compile(example.partition("report =")[0], "README.md", "exec"), names)  # noqa: S102  our own README

    assert {"CATALOG", "load_settings", "run"} <= names.keys()


def test_the_file_is_called_what_the_pages_call_it() -> None:
    """The name of the configuration file is the documented one."""
    assert CONFIGURATION_FILE == "deeplearn-checks.toml"
