"""What the command line says of itself: help that fits a screen, the version, completion, the man page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from deeplearn_checks.cli import COMMANDS, app
from deeplearn_checks.cli.manual import manual, walk
from deeplearn_checks.settings import Part, Settings, variable

if TYPE_CHECKING:
    from command import Command

PAGE = Path(__file__).parent.parent / "docs" / "deeplearn-checks.1"
SCREEN = 24
LONGER = {
    "": 36,  # a line for each command
    "run": 40,
    "audit": 40,
    "incident open": 32,
    "incident close": 28,
    "alerts resolve": 28,
    "webhook send": 32,
}
"""Commands that have more options than a screen has lines, and how many lines their help may take."""
WIDTH = 80
PATHS = ("", *(" ".join(path) for path, _ in walk(get_command(app))))


@pytest.mark.parametrize("path", PATHS)
def test_help_fits_a_screen(command: Command, path: str) -> None:
    """80 columns wide, and no longer than its limit."""
    lines = command(*path.split(), "--help").output.splitlines()

    assert (len(lines) <= LONGER.get(path, SCREEN), max(map(len, lines)) <= WIDTH) == (True, True)


@pytest.mark.parametrize("path", PATHS)
def test_help_ends_with_the_exit_codes(command: Command, path: str) -> None:
    """A pipeline that reads them finds them where it looks."""
    told = " ".join(command(*path.split(), "--help").output.split())

    assert told.endswith("Exit codes: 0 well, 1 not well, 2 bad usage or settings, 130 interrupted.")


def test_the_version_is_that_of_the_package(command: Command) -> None:
    """One line, for a report of a bug."""
    ended = command("--version")

    assert (ended.status, ended.output) == (0, f"deeplearn-checks {version('deeplearn-checks')}\n")


def completed(**variables: str) -> str:
    """Start the command as a shell does that completes a line; answer what it prints."""
    program = Path(sys.executable).with_name("deeplearn-checks")
    environ = {**os.environ, **variables}
    return subprocess.run([program], env=environ, capture_output=True, text=True, check=False).stdout  # noqa: S603  ours


@pytest.mark.parametrize(
    ("shell", "says"),
    [
        ("bash", "complete -o default -F _deeplearn_checks_completion deeplearn-checks"),
        ("zsh", "#compdef deeplearn-checks"),
        ("fish", "complete --command deeplearn-checks"),
    ],
)
def test_every_shell_gets_its_completion(shell: str, says: str) -> None:
    """As docs and man page say it is asked for."""
    script = completed(_DEEPLEARN_CHECKS_COMPLETE=f"source_{shell}")

    assert says in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_the_shell_that_asks_is_told_its_own() -> None:
    """`--show-completion` sees by whom it is called."""
    program = Path(sys.executable).with_name("deeplearn-checks")
    asked = ["bash", "-c", f"{program} --show-completion; :"]

    script = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603  ours

    assert "COMPREPLY" in script


def test_commands_and_options_are_completed() -> None:
    """A word that is begun is ended."""
    commands = completed(_DEEPLEARN_CHECKS_COMPLETE="complete_bash", COMP_WORDS="deeplearn-checks do", COMP_CWORD="1")
    options = completed(
        _DEEPLEARN_CHECKS_COMPLETE="complete_bash", COMP_WORDS="deeplearn-checks init --sand", COMP_CWORD="2"
    )

    assert (commands.split(), options.split()) == (["doctor"], ["--sandbox"])


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("run --only funnel.paid-is", {"funnel.paid-is-won"}),
        ("run --sandbox --fault webhook-l", {"webhook-lost"}),
        ("run --format ma", {"markdown"}),
        ("run --effects a", {"alerts"}),
        ("run --fail-on w", {"warning"}),
        ("run --without gateway,", {f"gateway,{part}" for part in Part if part != "gateway"}),
        ("explain webhook-secret-m", {"webhook-secret-mismatch"}),
        ("explain platform.ro", {"platform.root"}),
        ("init --ci git", {"github", "gitlab"}),
    ],
)
def test_values_are_completed(line: str, offered: set[str]) -> None:
    """Names that nobody knows by heart are offered where they belong."""
    words = f"deeplearn-checks {line}"
    begun = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}

    said = completed(_DEEPLEARN_CHECKS_COMPLETE="complete_bash", **begun)

    assert set(said.split()) == offered


def test_the_manual_names_every_command_and_setting() -> None:
    """It is written from the code."""
    page = manual().replace("\\-", "-")

    settings = [variable(name) for name in Settings.model_fields if not variable(name).startswith("-")]
    assert [name for name in (*(f".SS {one}" for one in COMMANDS), *settings) if name not in page] == []


def test_no_line_of_the_manual_is_taken_for_a_macro() -> None:
    """Only those that are begin with a dot."""
    macros = {line.split()[0] for line in manual().splitlines() if line.startswith((".", "'"))}

    assert macros == {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I"}


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not here")
def test_the_manual_renders() -> None:
    """Without a warning."""
    shown = subprocess.run(["man", "--warnings", "-l", str(PAGE)], capture_output=True, text=True, check=True)  # noqa: S603, S607  man

    assert (shown.stderr, "EXIT STATUS" in shown.stdout) == ("", True)
