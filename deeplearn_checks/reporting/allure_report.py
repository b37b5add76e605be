"""Allure 3's report over the results of one or several runs, with their history: what it is told, how it is started.

Allure itself is a program for Node.js. Where that is missing, the project's own page (`reporting/html`) needs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from deeplearn_checks.reporting.wording import line
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from deeplearn_checks.redaction import Json

ALLURE = "3.18.0"
"""The version of the npm package allure that is fetched where none is installed."""

KEPT_RUNS = 50
"""How many runs a history keeps."""

_NAME = "DeepLearn readiness"
_LABEL = "environment"
_OLDEST_NODE = 18
_INSTEAD = "the project's own page needs no Node.js: deeplearn-checks run --html-report FILE"
_HANDED_ON = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|TMPDIR|TEMP|TMP|LANG|NODE_.+|.*_proxy|npm_.+", re.IGNORECASE
)
"""The variables that Node.js is started with: the secrets of a run are no business of a report's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is reported: folders of results, the history so far, the environment of results that name none."""

    results: tuple[Path, ...]
    history: tuple[str, ...] = ()
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of it: Allure's page as it comes, and the lines of the history with this run at its end."""

    page: str
    history: tuple[str, ...]


def allure_command(folder: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Answer how Allure is started from a folder: as it is installed there or above, else fetched by npx.

    Raises ConfigurationError without Node.js 18 or newer.
    """
    path = environ.get("PATH", "")
    node = shutil.which("node", path=path)
    if node is None or _major(node) < _OLDEST_NODE:
        raise ConfigurationError(f"Allure's report needs Node.js {_OLDEST_NODE} or newer; {_INSTEAD}")
    for above in (folder, *folder.parents):
        installed = above / "node_modules/allure/cli.js"
        if installed.is_file():
            return (node, str(installed))
    npx = shutil.which("npx", path=path)
    if npx is None:
        raise ConfigurationError(f"Allure is not installed (npm install allure), and there is no npx; {_INSTEAD}")
    return (npx, "--yes", f"allure@{ALLURE}")


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603  found on the PATH
    found = re.match(r"v(\d+)\.", told)
    return int(found[1]) if found else 0


def results_in(folder: Path) -> tuple[Mapping[str, Json], ...]:
    """Read the results of a run. Raises ConfigurationError where the folder holds none, or one that is broken."""
    return tuple(_read(file) for file in _result_files(folder))


def _result_files(folder: Path) -> tuple[Path, ...]:
    found = tuple(sorted(folder.glob("*-result.json")))
    if not found:
        raise ConfigurationError(f"{folder} holds no Allure results; make some: pytest checks/ --alluredir={folder}")
    return found


def _read(file: Path) -> Mapping[str, Json]:
    try:
        value: Json = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigurationError(f"{file} cannot be read ({problem}): run the checks again") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{file} is no Allure result: run the checks again")
    return value


def history_in(file: Path) -> tuple[str, ...]:
    """Read the lines of a history; none where there is no file yet. Raises ConfigurationError at one that is broken."""
    if not file.exists():
        return ()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read ({problem.strerror}); name another --history") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is no Allure history; name another --history") from None
    for number, text in enumerate(lines, start=1):
        _point(text, f"{file}, line {number}")
    return tuple(text for text in lines if text.strip())


def _point(text: str, where: str) -> Mapping[str, Json]:
    try:
        value: Json = json.loads(text or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} is no run of an Allure history: remove the line, or name another --history")
    return value


def earlier(history: Sequence[str], results: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    """Leave out of a history the runs that are reported now: reporting twice does not make two runs of one."""
    ours = {hashlib.md5(str(one.get("uuid")).encode(), usedforsecurity=False).hexdigest() for one in results}
    return tuple(text for text in history if not (ids := _ids(text)) or not ids <= ours)


def _ids(text: str) -> set[str]:
    tests = json.loads(text).get("testResults")
    return {str(one.get("id")) for one in tests.values() if isinstance(one, dict)} if isinstance(tests, dict) else set()


def environments(results: Sequence[Mapping[str, Json]], fallback: str) -> tuple[str, ...]:
    """Name the environments of the results, each once, in alphabetical order."""
    named = {value for one in results for value in _labelled(one)}
    return tuple(sorted(named | ({fallback} if fallback else set())))


def _labelled(result: Mapping[str, Json]) -> Iterator[str]:
    labels = result.get("labels")
    for label in labels if isinstance(labels, list) else ():
        if isinstance(label, dict) and label.get("name") == _LABEL and isinstance(value := label.get("value"), str):
            yield value


def build(plan: Plan, command: Sequence[str], folder: Path, environ: Mapping[str, str] = os.environ) -> Built:
    """Let Allure write the report in a folder of its own. Raises ConfigurationError with what Allure complains of."""
    results = tuple(one for given in plan.results for one in results_in(given))
    history = folder / "history.jsonl"
    history.write_text("".join(f"{text}\n" for text in earlier(plan.history, results)), encoding="utf-8")
    told = {
        "name": _NAME,
        "output": str(folder / "report"),
        "historyPath": str(history),
        "historyLimit": KEPT_RUNS,
        "categories": _categories(plan.results),
        "label": _LABEL,
        "environments": environments(results, plan.environment),
        "fallback": plan.environment,
    }
    (folder / "plan.json").write_text(json.dumps(told), encoding="utf-8")
    rules = files("deeplearn_checks.reporting").joinpath("allurerc.mjs").read_text(encoding="utf-8")
    (folder / "allurerc.mjs").write_text(rules, encoding="utf-8")
    given = [str(one.resolve()) for one in plan.results]
    ended = subprocess.run(  # noqa: S603  Allure, with nothing of a run in its arguments
        [*command, "generate", "--config", str(folder / "allurerc.mjs"), *given],
        cwd=folder,
        env={name: value for name, value in environ.items() if _HANDED_ON.fullmatch(name)},
        capture_output=True,
        text=True,
        check=False,
    )
    page = folder / "report/index.html"
    if ended.returncode or not page.is_file():
        raise ConfigurationError(f"Allure could not build the report: {_complaint(ended)}; {_INSTEAD}")
    return Built(page.read_text(encoding="utf-8"), history_in(history))


def _complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """Answer the last line that says something."""
    said = [line(text) for text in (ended.stdout + ended.stderr).splitlines() if text.strip()]
    return said[-1] if said else f"it ended with {ended.returncode}"


def _categories(folders: Sequence[Path]) -> Json:
    """Answer the categories that the first run has which has some."""
    for folder in folders:
        file = folder / "categories.json"
        if file.is_file():
            try:
                value: Json = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as problem:
                raise ConfigurationError(f"{file} is no JSON ({problem}): run the checks again") from None
            return value
    return []
