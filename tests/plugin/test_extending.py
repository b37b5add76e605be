"""Checks of a team's own, as docs/extending.md shows them, and what of them is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from own_checks import MODULE, PAGE, TEST

from deeplearn_checks.extending import extension
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from command import Command

pytest_plugins = ("pytester",)

EXPLAINED = re.findall(r"^\$ deeplearn-checks (explain [^\n]*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RUNS = [words.split() for words in re.findall(r"^\$ deeplearn-checks (run [^\n]*)", PAGE, re.MULTILINE)]
PLUGIN = ("--disable-plugin-autoload", "-p", "deeplearn_checks.pytest_plugin")
HEAD = """
from deeplearn_checks import CATALOG, Cause, Severity, passed
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.finding import Effects
from deeplearn_checks.sandbox.faults import Fault

def asks(id_, **more):
    return diagnostic(id_, severity=Severity.INFO, runbook="alert-workflow/3", **more)(None)

def cause(slug, remedy=""):
    return Cause(slug, "It is so.", remedy, "alert-workflow/3")

def fault(name):
    return Fault(name, "x", Severity.INFO, Effects.NONE, "It is so.", print)
"""


def refused(team: Path, lines: str) -> str:
    """Answer in which line a module of these lines is refused."""
    (team / "odd.py").write_text(HEAD + lines, encoding="utf-8")
    with pytest.raises(ConfigurationError) as problem:
        extension("odd")
    return str(problem.value)


def test_a_diagnostic_of_ones_own_runs_and_finds_its_fault(command: Command, team: Path) -> None:
    """Healthy it passes; broken by its own fault it fails, with the meaning and the remedy of its own cause."""
    assert team.is_dir()

    healthy, broken = (command(*words, "--without", "browser") for words in RUNS)

    assert (healthy.status, broken.status) == (0, 1)
    assert "acme-course-nameless" in broken.output
    assert "nobody buys it" in broken.output
    assert "Name it in the console, then look at http://" in broken.output


@pytest.mark.parametrize(("words", "shown"), EXPLAINED)
def test_explain_says_what_the_page_shows(command: Command, team: Path, words: str, shown: str) -> None:
    """A diagnostic of one's own is explained as ours are, its cause too."""
    assert team.is_dir()

    told, cause = command(*words.split()), command("explain", "acme-course-nameless", "--extend", "acme")

    assert told.output == shown
    assert cause.output.startswith("acme-course-nameless: a course is on sale")


def test_lists_end_with_ones_own(command: Command, team: Path) -> None:
    """`list` and `sandbox --list-faults` show what is added last, also where a variable names the module."""
    assert team.is_dir()

    diagnostics = command("list", "--extend", "acme").output.splitlines()
    faults = command("sandbox", "--list-faults", "--extend", "acme").output.splitlines()
    named = extension(None, {"DEEPLEARN_CHECKS_EXTEND": " acme, "}).diagnostics

    assert diagnostics[-1].startswith("acme.courses-have-titles ")
    assert faults[-1].startswith("acme-title-lost ")
    assert [one.id for one in named] == ["acme.courses-have-titles"]


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [((), {"passed": 1}), (("--extend", "acme", "--fault", "acme-title-lost", "-m", "acme"), {"failed": 1})],
)
def test_a_check_of_ones_own_is_a_test(
    pytester: pytest.Pytester, arguments: tuple[str, ...], counts: dict[str, int]
) -> None:
    """In pytest no option is needed but for the fault."""
    pytester.makepyfile(acme=MODULE, test_acme=TEST)

    result = pytester.runpytest_inprocess(*PLUGIN, "--sandbox", *arguments)

    assert result.parseoutcomes() == counts


def test_pytest_refuses_an_id_that_means_two_things(pytester: pytest.Pytester) -> None:
    """A test whose diagnostic has the id of one of ours would pass for it."""
    pytester.makepyfile(acme=MODULE.replace("acme.courses-have-titles", "platform.health"), test_acme=TEST)

    result = pytester.runpytest_inprocess(*PLUGIN, "--sandbox")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("ERROR: there are two diagnostics 'platform.health': give one of your own another id")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("DIAGNOSTICS = (asks('platform.health'),)", "two diagnostics 'platform.health'"),
        ("DIAGNOSTICS = (asks('a.b'), asks('a.b'))", "two diagnostics 'a.b'"),
        ("one = asks('a.b')\nDIAGNOSTICS = (one, one)", "'a.b' is listed twice"),
        ("DIAGNOSTICS = (asks('a.b', requires=[asks('a.b')]),)", "two diagnostics 'a.b'"),
        ("DIAGNOSTICS = (asks('a.b', causes=[cause('paid-twice')]),)", "a.b: there are two causes 'paid-twice'"),
        ("DIAGNOSTICS = (asks('a.b', causes=[cause('c', '{what}')]),)", "the remedy of 'c' has braces"),
        ("DIAGNOSTICS = (asks('a.b', causes=[cause('c', '{')]),)", "the remedy of 'c' has braces"),
        ("DIAGNOSTICS = (asks('Nothing'),)", "odd: 'Nothing' is no id"),
        ("DIAGNOSTICS = (passed,)", "odd: DIAGNOSTICS holds <function passed"),
        ("DIAGNOSTICS = asks('a.b')", "odd: DIAGNOSTICS is no tuple"),
        ("FAULTS = fault", "odd: FAULTS is no tuple"),
        ("", "odd: it has neither DIAGNOSTICS nor FAULTS"),
        ("import absent_from_everywhere", "odd: ModuleNotFoundError: No module named 'absent_from_everywhere'"),
        ("nonsense", "odd: NameError: name 'nonsense' is not defined"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(team: Path, lines: str, told: str) -> None:
    """It says which module, and what of it."""
    line = refused(team, lines)

    assert told in line
    assert "\n" not in line


def test_a_module_that_is_nowhere_is_refused(command: Command, team: Path) -> None:
    """The line says where it was looked for, and the command exits with 2."""
    ended = command("list", "--extend", "nowhere_at_all")

    told = f"deeplearn-checks: --extend nowhere_at_all: there is no such module in {team} or installed\n"
    assert (ended.status, ended.errors) == (2, told)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("FAULTS = (fault('alerts-lost'),)", "there are two faults 'alerts-lost': give yours another name"),
        ("FAULTS = ('x',)", "FAULTS holds 'x', which is no Fault of deeplearn_checks.sandbox.faults"),
    ],
)
@pytest.mark.parametrize("words", ["run --sandbox --extend odd", "sandbox --list-faults --extend odd"])
def test_a_fault_that_cannot_be_added_is_refused(
    command: Command, team: Path, lines: str, told: str, words: str
) -> None:
    """A name stands for one fault, whoever starts the sandbox."""
    (team / "odd.py").write_text(HEAD + lines, encoding="utf-8")

    ended = command(*words.split())

    assert (ended.status, ended.errors) == (2, f"deeplearn-checks: --extend: {told}\n")
