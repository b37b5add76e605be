"""What the README shows is what happens."""

from __future__ import annotations

import re
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.runner import run
from deeplearn_checks.session import prepare
from deeplearn_checks.settings import CONFIGURATION_FILE

if TYPE_CHECKING:
    from command import Command

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(
    r"^\$ deeplearn-checks ([^\n]*(?:--|audit )sandbox[^\n]*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL
)


MONITORING = re.findall(r"^\$ deeplearn-checks (monitor [^\n]*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _any(line: str) -> str:
    """Answer the pattern of one line."""
    return re.escape(line).replace("…", ".+")


def _expected(output: str) -> str:
    """Answer the pattern of what is shown."""
    return "".join("(?:.*\n)+" if line == "…" else _any(line) + "\n" for line in output.strip().splitlines())


@pytest.mark.parametrize(("arguments", "output"), SHOWN)
def test_a_command_prints_what_the_readme_shows(command: Command, arguments: str, output: str) -> None:
    """Each command that is shown prints it; `…` stands for what differs from day to day, alone on a line for lines."""
    ended = command(*arguments.split())

    assert re.fullmatch(_expected(output), ended.output.strip() + "\n")


def test_the_monitor_is_begun_as_the_readme_shows(command: Command, tmp_path: Path) -> None:
    """One command after the other, in an empty folder, prints what is shown."""
    with chdir(tmp_path):
        printed = [command(*arguments.split()).output.strip() + "\n" for arguments, _ in MONITORING]

    assert [
        bool(re.fullmatch(_expected(output), said)) for (_, output), said in zip(MONITORING, printed, strict=True)
    ] == [True, True]


def test_the_readme_starts_with_the_two_commands() -> None:
    """The first block is `make check` and `make test`."""
    block = README.split("```")[1].split()

    assert block == ["make", "check", "make", "test"]


def test_the_library_example_names_root_causes(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python of the README, pointed at a sandbox with a fault, prints the fault's root cause."""
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    imports, rest = example.split("\n\nreport", 1)
    settings, transport = prepare({"sandbox": True, "without": "browser", "faults": ["modules-locked"]})
    names: dict[str, object] = {}

    exec(imports, names)  # noqa: S102  our own README
    names |= {"load_settings": lambda: settings, "run": partial(run, transport=transport)}
    exec(f"report{rest}", names)  # noqa: S102  likewise

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["no-module-unlocked"]


def test_the_file_is_called_what_the_pages_call_it() -> None:
    """The name of the configuration file is the documented one."""
    page = (Path(__file__).parent.parent / "docs/configuration.md").read_text(encoding="utf-8")

    assert f"`{CONFIGURATION_FILE}`" in page
