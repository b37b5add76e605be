"""Whether this machine can do what the checks can: programs, extras, folders, the file of secrets, the clock."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks import browser
from deeplearn_checks.audit.engines.java import need_java
from deeplearn_checks.diagnostics import platform
from deeplearn_checks.finding import Outcome
from deeplearn_checks.session import ask
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.setup import env_file, git
from deeplearn_checks.setup.doctor import Check, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import httpx

    from deeplearn_checks.settings import Settings

PACKAGE = "deeplearn-checks"
OLDEST_NODE = 18
"""The oldest Node.js that Allure 3 runs on."""


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look: the working folder, the environment, and what is installed."""

    folder: Path = field(default_factory=Path.cwd)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    requirements: Sequence[str] = field(default_factory=lambda: metadata.requires(PACKAGE) or [])
    is_installed: Callable[[str], bool] = _is_installed
    find_browser: Callable[[str], browser.Found] = browser.find

    def program(self, name: str) -> str:
        """Find a program; empty where there is none."""
        return shutil.which(name, path=self.environ.get("PATH", "")) or ""


def examined(machine: Machine, settings: Settings | None) -> Iterator[Check]:
    """Look at everything but the clock; without settings, at their defaults."""
    yield _browser(machine.find_browser(settings.browser if settings else ""))
    yield _node(machine)
    yield _java(machine)
    yield from _folders(machine, settings)
    yield from _secrets_file(machine.folder / env_file.NAME)
    yield from _extras(machine)


def clock(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Check:
    """Hold this machine's clock against the target's, by the diagnostic that judges it."""
    result = next(one for one in ask((platform.clock,), settings, transport).results if one.id == platform.clock.id)
    states = {Outcome.PASSED: State.OK, Outcome.FAILED: State.PROBLEM}
    return Check("machine", "clock", states.get(result.outcome, State.MISSING), result.summary, result.remedy)


def _browser(found: browser.Found) -> Check:
    if found.path:
        return Check("machine", "browser", State.OK, found.path)
    return Check("machine", "browser", State.MISSING, "the site is not looked at in a browser", found.missing)


def _node(machine: Machine) -> Check:
    remedy = f"install Node.js {OLDEST_NODE} or newer with npm; the project's own page needs neither"
    program = machine.program("node")
    if not program or not machine.program("npm"):
        return Check("machine", "Node.js", State.MISSING, "no Node.js with npm: no report by Allure", remedy)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  found above
    found = re.match(r"v(\d+)", said)
    if not found or int(found[1]) < OLDEST_NODE:
        return Check("machine", "Node.js", State.MISSING, f"{program} is {said or 'no Node.js'}: too old", remedy)
    return Check("machine", "Node.js", State.OK, f"{said}: Allure can be installed by npm")


def _java(machine: Machine) -> Check:
    try:
        need_java(machine.environ)
    except ConfigurationError as problem:
        return Check("machine", "Java", State.MISSING, "no audit on Spark", str(problem))
    return Check("machine", "Java", State.OK, "Spark can run")


def _extras(machine: Machine) -> Iterator[Check]:
    """Say of each extra of the package whether what it brings is installed."""
    for extra, names in extras(machine.requirements).items():
        lacking = sorted(name for name in names if not machine.is_installed(name))
        if lacking:
            remedy = f"pip install '{PACKAGE}[{extra}]'"
            yield Check("extras", extra, State.MISSING, f"not installed: {', '.join(lacking)}", remedy)
        else:
            yield Check("extras", extra, State.OK, "installed")


_OF_EXTRA = re.compile(r"^([\w.-]+).*;.*\bextra\s*==\s*['\"]([\w-]+)['\"]")
"""A requirement of an extra, as metadata has it (PEP 508)."""


def extras(requirements: Iterable[str]) -> Mapping[str, set[str]]:
    """Answer what each extra brings, by the package's own metadata; `all`, which only gathers them, is left out."""
    found: dict[str, set[str]] = {}
    for text in requirements:
        if (said := _OF_EXTRA.match(text)) and said[2] != "all":
            found.setdefault(said[2], set()).add(said[1])
    return found


def _folders(machine: Machine, settings: Settings | None) -> Iterator[Check]:
    named = {"working folder": "", "folder of incidents": settings.incidents if settings else "incidents"}
    if settings and settings.cache:
        named["cache of audits"] = settings.cache
    for name, place in named.items():
        folder = machine.folder / Path(place).expanduser()
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK):
            yield Check("machine", name, State.OK, f"{folder} may be written to")
        else:
            yield Check("machine", name, State.PROBLEM, f"{folder} may not be written to", f"chmod u+w {nearest}")


def _secrets_file(file: Path) -> Iterator[Check]:
    if not file.exists():
        yield Check("machine", file.name, State.MISSING, "there is none", f"{PACKAGE} init writes one")
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        yield Check("machine", file.name, State.PROBLEM, f"others may read it (mode {mode:04o})", f"chmod 600 {file}")
    else:
        yield Check("machine", file.name, State.OK, f"its owner's alone (mode {mode:04o})")
    if told := _BEFORE_GIT.get(git.kept(file)):
        yield Check("machine", f"{file.name} and git", State.PROBLEM, *told)


_BEFORE_GIT = {
    git.Kept.UNIGNORED: ("git does not ignore it", f"name {env_file.NAME} in .gitignore"),
    git.Kept.TRACKED: (
        "git tracks it",
        f"git rm --cached {env_file.NAME}, and change its secrets: they are in the history",
    ),
}
"""What is wrong where git would take the file along, and what to do."""
