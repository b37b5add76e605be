"""Allure's report over several runs: with a stand-in for Allure, and with Allure where it is installed."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.reporting import allure_report
from deeplearn_checks.reporting.allure_report import Plan, allure_command, build, earlier, history_in
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
STAND_IN = """
import json, os, sys
told = json.load(open("plan.json"))
print("told", sys.argv[-1])
os.mkdir(told["output"])
told["variables"] = sorted(os.environ)
open(told["output"] + "/index.html", "w").write(json.dumps(told))
open(told["historyPath"], "a").write('{"testResults": {"h": {"id": "new"}}}\\n')
"""
"""Does what Allure does: writes a page (here: what it was told), and continues the history."""

needs_allure = pytest.mark.skipif(
    not (ROOT / "node_modules/.bin/allure").exists(), reason="the npm package allure is not installed (needs Node.js)"
)


def made(folder: Path, name: str, *, environment: str = "", uuid: str = "u-1", passed_at: int = 0) -> Path:
    """Make a folder of results: one test of a run against that environment; it passed so many milliseconds later."""
    results = folder / name
    results.mkdir(exist_ok=True)
    labels = [{"name": "feature", "value": "Payments"}]
    parameters = []
    if environment:
        labels.append({"name": "environment", "value": environment})
        parameters.append({"name": "environment", "value": environment})
    told = {
        "uuid": uuid,
        "historyId": "h",
        "testCaseId": "c",
        "name": "Every payment is paid",
        "status": "passed" if passed_at else "failed",
        "statusDetails": {"message": "critical captured-but-not-paid: 1 payment"},
        "start": 1_795_415_000_000 + passed_at,
        "stop": 1_795_415_000_100 + passed_at,
        "labels": labels,
        "parameters": parameters,
    }
    (results / f"{uuid}-result.json").write_text(json.dumps(told), encoding="utf-8")
    return results


def node(folder: Path, says: str) -> dict[str, str]:
    """Make a Node.js that says this of its version; answer the environment in which it is found."""
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": str(folder)}


def told(folder: Path, plan: Plan, environ: Mapping[str, str] = os.environ) -> Mapping[str, object]:
    """Answer what the stand-in for Allure was told."""
    work = folder / "work"
    work.mkdir()
    answer: Mapping[str, object] = json.loads(build(plan, [sys.executable, "-c", STAND_IN], work, environ).page)
    return answer


def page_id(uuid: str) -> str:
    """Answer how Allure names the test of that result."""
    return hashlib.md5(uuid.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("says", ["v16.20.0", "nonsense"])
def test_an_old_node_is_refused_and_the_own_page_named(tmp_path: Path, says: str) -> None:
    """One line says what is missing, and what needs none of it."""
    with pytest.raises(ConfigurationError, match=r"needs Node.js 18 or newer; .*run --html-report FILE$"):
        allure_command(tmp_path, node(tmp_path, says))


def test_a_machine_without_node_is_told_so(tmp_path: Path) -> None:
    """The same line."""
    with pytest.raises(ConfigurationError, match=r"needs Node.js 18 or newer; .*run --html-report FILE$"):
        allure_command(tmp_path, {"PATH": str(tmp_path)})


def test_the_installed_allure_is_taken(tmp_path: Path) -> None:
    """From the folder or one above, as Node.js itself looks for packages."""
    environ = node(tmp_path, "v20.1.0")
    script = tmp_path / "node_modules/allure/cli.js"
    script.parent.mkdir(parents=True)
    script.write_text("", encoding="utf-8")

    command = allure_command(tmp_path / "deep/down", environ)

    assert command == (str(tmp_path / "node"), str(script))


def test_npx_fetches_the_version_that_was_tried(tmp_path: Path) -> None:
    """Where none is installed, the version of the project's own lock."""
    environ = node(tmp_path, "v20.1.0")
    npx = tmp_path / "npx"
    npx.write_text("#!/bin/sh\n", encoding="utf-8")
    npx.chmod(0o755)
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))

    command = allure_command(tmp_path, environ)

    assert command == (str(npx), "--yes", f"allure@{locked['packages']['node_modules/allure']['version']}")


def test_without_npx_the_remedy_is_to_install_it(tmp_path: Path) -> None:
    """Node.js alone cannot fetch."""
    with pytest.raises(ConfigurationError, match=r"^Allure is not installed \(npm install allure\)"):
        allure_command(tmp_path, node(tmp_path, "v20.1.0"))


def test_environments_are_found_in_the_results(tmp_path: Path) -> None:
    """Every one that some result names, and the one that is given for those that name none."""
    folders = tuple(made(tmp_path, name, environment=name) for name in ("staging", "production"))

    plan = told(tmp_path, Plan((*folders, made(tmp_path, "unnamed")), environment="laptop"))

    assert (plan["environments"], plan["fallback"]) == (["laptop", "production", "staging"], "laptop")


def test_labels_of_another_shape_name_no_environment(tmp_path: Path) -> None:
    """Results of other tools may lie beside ours."""
    folder = made(tmp_path, "odd")
    for number, labels in enumerate((None, [None], [{"name": "environment"}])):
        (folder / f"{number}-result.json").write_text(json.dumps({"labels": labels}), encoding="utf-8")

    plan = told(tmp_path, Plan((folder,)))

    assert plan["environments"] == []


def test_the_first_categories_count(tmp_path: Path) -> None:
    """A run writes its categories beside its results; where no folder has some, there are none."""
    folders = made(tmp_path, "one"), made(tmp_path, "two")
    (folders[1] / "categories.json").write_text('[{"name": "Root cause"}]', encoding="utf-8")

    plan = told(tmp_path, Plan(folders))

    assert plan["categories"] == [{"name": "Root cause"}]


def test_no_secret_of_a_run_reaches_allure(tmp_path: Path) -> None:
    """Node.js is started with what it needs to run, and with nothing else."""
    environ = {"PATH": os.environ["PATH"], "ADMIN_API_TOKEN": "x", "RAZORPAY_KEY_SECRET": "y", "https_proxy": "z"}

    plan = told(tmp_path, Plan((made(tmp_path, "one"),)), environ)

    variables = plan["variables"]
    assert isinstance(variables, list)
    assert {"ADMIN_API_TOKEN", "RAZORPAY_KEY_SECRET", "https_proxy"} & set(variables) == {"https_proxy"}


def test_the_history_goes_on(tmp_path: Path) -> None:
    """What was there stays, and this run stands at its end."""
    plan = Plan((made(tmp_path, "one"),), history=('{"testResults": {"h": {"id": "old"}}}',))

    built = build(plan, [sys.executable, "-c", STAND_IN], tmp_path)

    assert [json.loads(text)["testResults"]["h"]["id"] for text in built.history] == ["old", "new"]


def test_reporting_twice_does_not_make_two_runs_of_one() -> None:
    """A run whose results are reported again is taken out of the history first; others and odd ones stay."""
    again, other, empty, odd = (
        json.dumps({"testResults": tests})
        for tests in ({"h": {"id": page_id("u-1")}}, {"h": {"id": page_id("u-2")}}, {}, None)
    )

    kept = earlier((again, other, empty, odd), [{"uuid": "u-1"}, {"uuid": "u-3"}])

    assert kept == (other, empty, odd)


def test_a_history_need_not_exist(tmp_path: Path) -> None:
    """The first run has none."""
    lines = history_in(tmp_path / "history.jsonl")

    assert lines == ()


def test_empty_lines_of_a_history_are_no_runs(tmp_path: Path) -> None:
    """An editor may have left some."""
    file = tmp_path / "history.jsonl"
    file.write_text('{"a": 1}\n\n', encoding="utf-8")

    lines = history_in(file)

    assert lines == ('{"a": 1}',)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b'{"a": 1}\nnot JSON\n', r"line 2 is no run of an Allure history: remove the line"),
        (b"[1]\n", r"line 1 is no run of an Allure history"),
        (b"\xff", r"history.jsonl is no Allure history; name another --history"),
    ],
)
def test_a_broken_history_is_refused_by_its_line(tmp_path: Path, body: bytes, complaint: str) -> None:
    """It is not lost by being written over."""
    file = tmp_path / "history.jsonl"
    file.write_bytes(body)

    with pytest.raises(ConfigurationError, match=complaint):
        history_in(file)


@pytest.mark.parametrize(
    ("name", "body", "complaint"),
    [
        ("readme.txt", "", "holds no Allure results; make some: pytest checks/ --alluredir="),
        ("x-result.json", "{", "x-result.json cannot be read"),
        ("x-result.json", "[]", "x-result.json is no Allure result"),
    ],
)
def test_folders_that_cannot_be_reported_are_refused(tmp_path: Path, name: str, body: str, complaint: str) -> None:
    """With the command that makes results."""
    (tmp_path / name).write_text(body, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=complaint):
        build(Plan((tmp_path,)), [sys.executable, "-c", STAND_IN], tmp_path)


def test_broken_categories_are_refused(tmp_path: Path) -> None:
    """By the name of their file."""
    folder = made(tmp_path, "one")
    (folder / "categories.json").write_text("{", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"categories\.json is no JSON"):
        build(Plan((folder,)), [sys.executable, "-c", STAND_IN], tmp_path)


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("import sys; print('first'); sys.exit('no such plugin')", "no such plugin"),
        ("import sys; sys.exit(3)", "it ended with 3"),
        ("print('all is well')", "all is well"),
    ],
)
def test_what_allure_complains_of_is_told(tmp_path: Path, program: str, complaint: str) -> None:
    """In one line, with what needs no Allure; a report that is not there is a failure too."""
    with pytest.raises(ConfigurationError, match=f"could not build the report: {complaint}; the project's own page"):
        build(Plan((made(tmp_path, "one"),)), [sys.executable, "-c", program], tmp_path)


@needs_allure
def test_allure_shows_environments_retries_and_what_is_flaky(tmp_path: Path) -> None:
    """Two results of one environment are a retry, environments have their own history, what comes and goes is flaky."""
    production = made(tmp_path, "production", environment="production", uuid="p-1")
    runs = [made(tmp_path, f"run-{number}", environment="staging", uuid=f"s-{number}") for number in range(3)]
    made(tmp_path, "run-1", environment="staging", uuid="s-1-again", passed_at=1000)
    command = allure_command(ROOT, os.environ)
    history: tuple[str, ...] = ()
    stats = []

    for number, folders in enumerate([(runs[0],), (runs[1], production), (runs[2],)]):
        work = tmp_path / f"work-{number}"
        work.mkdir()
        history = build(Plan(folders, history), command, work).history
        summary = json.loads((work / "report/summary.json").read_text(encoding="utf-8"))
        stats.append((summary["stats"].get("retries", 0), len(summary["flakyTests"])))

    shown = [sorted(test["environment"] for test in json.loads(run)["testResults"].values()) for run in history]
    assert (shown, stats) == ([["staging"], ["production", "staging"], ["staging"]], [(0, 0), (1, 0), (0, 1)])


def test_the_rules_are_those_of_the_label() -> None:
    """The plugin writes the label that the report looks for."""
    from deeplearn_checks.reporting import allure  # noqa: PLC0415  it imports Allure's package

    assert allure.ENVIRONMENT == allure_report._LABEL  # noqa: SLF001  two modules, one word
