"""Whether a machine can do what the checks can."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.browser import Found
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings
from deeplearn_checks.setup.doctor import Check, State
from deeplearn_checks.setup.git import GIT_NAME
from deeplearn_checks.setup.machine import Machine, clock, examined, extras

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_configured")

REQUIREMENTS = (
    "httpx>=0.28",
    'jinja2>=3.1.6; extra == "report"',
    'nobody-has-this>=1; extra == "report"',
    "playwright>=1.50; extra == 'browser'",
    'playwright>=1.50; extra == "all"',
)


def machine(folder: Path, *, path: str = "", found: Found | None = None) -> Machine:
    """Answer a machine that has the programs of one folder, and of the requirements all but one."""
    return Machine(
        folder,
        {"PATH": path},
        REQUIREMENTS,
        lambda name: name != "nobody-has-this",
        lambda _: found or Found("/chromium"),
    )


def check(name: str, on: Machine, **variables: str) -> Check:
    """Answer what is said of one thing."""
    known = {"DEEPLEARN_API_BASE_URL": "https://api.example.com", **variables}
    return [one for one in examined(on, load_settings(variables=known)) if one.name == name][0]  # noqa: RUF015  all are looked at


def put(folder: Path, name: str, says: str) -> str:
    """Put a program into a folder; answer the folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    program.chmod(0o700)
    return str(folder)


def test_a_browser_is_told_by_its_path(tmp_path: Path) -> None:
    """So that one can see which of several looks at the site."""
    found = check("browser", machine(tmp_path))

    assert (found.state, found.says) == (State.OK, "/chromium")


def test_without_a_browser_the_command_that_brings_one_is_told(tmp_path: Path) -> None:
    """It is missing, and no problem."""
    found = check("browser", machine(tmp_path, found=Found(missing="apt-get install chromium")))

    assert (found.state, found.remedy) == (State.MISSING, "apt-get install chromium")


@pytest.mark.parametrize(
    ("version", "state"), [("v20.1.0", State.OK), ("v16.0.0", State.MISSING), ("oops", State.MISSING)]
)
def test_node_must_be_new_enough(tmp_path: Path, version: str, state: State) -> None:
    """Allure 3 runs on Node.js 18 or newer."""
    put(tmp_path, "npm", "")

    found = check("Node.js", machine(tmp_path, path=put(tmp_path, "node", version)))

    assert found.state is state


def test_node_needs_npm(tmp_path: Path) -> None:
    """Allure is installed with it."""
    found = check("Node.js", machine(tmp_path, path=put(tmp_path, "node", "v20.0.0")))

    assert found.state is State.MISSING


def test_java_is_found_or_its_remedy_told(tmp_path: Path) -> None:
    """By the same question that an audit on Spark asks."""
    (tmp_path / "java").write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n", encoding="utf-8")
    without = check("Java", machine(tmp_path))
    (tmp_path / "java").chmod(0o700)

    found = check("Java", machine(tmp_path, path=str(tmp_path)))

    assert (without.state, "install Java" in without.remedy, found.state) == (State.MISSING, True, State.OK)


def test_an_extra_is_what_the_package_says_of_it() -> None:
    """Its own metadata is read; what gathers all extras says nothing new."""
    found = extras(REQUIREMENTS)

    assert found == {"report": {"jinja2", "nobody-has-this"}, "browser": {"playwright"}}


def test_an_extra_that_is_not_whole_is_told(tmp_path: Path) -> None:
    """With what it lacks, and the command that installs it."""
    found = check("report", machine(tmp_path))

    assert (found.state, found.says) == (State.MISSING, "not installed: nobody-has-this")
    assert (found.remedy, check("browser", machine(tmp_path)).state) == (
        "pip install 'deeplearn-checks[report]'",
        State.OK,
    )


def test_this_machine_knows_its_packages() -> None:
    """What is installed is asked of the environment itself."""
    here = Machine()

    assert (here.is_installed("httpx"), here.is_installed("nobody-has-this")) == (True, False)


def test_a_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    """Nothing can be written there."""
    (tmp_path / "taken").touch()

    found = check("folder of incidents", machine(tmp_path), DEEPLEARN_CHECKS_INCIDENTS=str(tmp_path / "taken"))

    assert found.state is State.PROBLEM


def test_a_cache_is_looked_at_where_one_is_named(tmp_path: Path) -> None:
    """A folder that is not there yet is made by who needs it."""
    found = check("cache of audits", machine(tmp_path), DEEPLEARN_CHECKS_CACHE=str(tmp_path / "a" / "b"))

    assert found.state is State.OK


@pytest.mark.parametrize(("mode", "state"), [(0o600, State.OK), (0o640, State.PROBLEM), (0o604, State.PROBLEM)])
@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")
def test_secrets_are_their_owners_alone(tmp_path: Path, mode: int, state: State) -> None:
    """What others may read is a problem."""
    (tmp_path / ".env").touch()
    (tmp_path / ".env").chmod(mode)

    found = check(".env", machine(tmp_path))

    assert found.state is state


@pytest.mark.parametrize(
    ("added", "says", "remedy"),
    [(False, "git does not ignore it", "name .env in .gitignore"), (True, "git tracks it", "git rm --cached .env")],
)
def test_a_file_that_git_would_take_along_is_a_problem(tmp_path: Path, says: str, remedy: str, *, added: bool) -> None:
    """A secret that is committed is no secret."""
    (tmp_path / ".env").touch()
    for command in (["init", "--quiet"], ["add", ".env"])[: 1 + added]:
        subprocess.run([GIT_NAME, "-C", str(tmp_path), *command], check=True)  # noqa: S603  git

    found = check(".env and git", machine(tmp_path))

    assert (found.state, found.says, found.remedy.startswith(remedy)) == (State.PROBLEM, says, True)


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    """Settings may come from the environment; without any, the defaults are looked at."""
    found = {one.name: one.state for one in examined(machine(tmp_path), None)}

    assert (found[".env"], found["folder of incidents"]) == (State.MISSING, State.OK)


@pytest.mark.parametrize(("faults", "state"), [((), State.OK), (("clock-skewed",), State.PROBLEM)])
def test_the_clock_is_judged_by_its_diagnostic(faults: tuple[str, ...], state: State) -> None:
    """A machine whose clock is off would misjudge what is late."""
    reached = server.connect(start(faults=faults, count=1))

    found = clock(load_settings(variables=reached.exports), reached.transport)

    assert found.state is state
