"""The plugin beside allure-pytest: what Allure wrote, read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from stub_suite import PLUGIN, TARGET, suite

if TYPE_CHECKING:
    from pathlib import Path

Written = dict[str, Any]  # what Allure writes is JSON of many shapes


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Allure's results of one run with every outcome, an ordinary test and the runbook at hand."""
    folder = tmp_path_factory.mktemp("project")
    own = "\n\n@diagnoses(holds)\ndef test_own_assertion():\n    assert 1 == 2\n\n\ndef test_ordinary(): pass\n"
    (folder / "test_stubs.py").write_text(suite("holds", "breaks", "follows", "creaks", "mute", "forbidden") + own)
    (folder / "docs").mkdir()
    (folder / "docs" / "incident-response-runbook.md").write_text("# Runbook")
    arguments = [*PLUGIN, *TARGET, "-p", "allure_pytest", "--alluredir=allure", f"--rootdir={folder}"]
    environment = {key: value for key, value in os.environ.items() if key != "DEEPLEARN_CHECKS_RUNBOOK_URL"}
    subprocess.run(  # noqa: S603  pytest, by us
        [sys.executable, "-m", "pytest", *arguments], cwd=folder, env=environment, check=False, capture_output=True
    )
    return folder / "allure"


def written(results: Path) -> dict[str, Written]:
    """Answer what Allure wrote of each test, by the name of its function."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*-result.json")]
    return {test["fullName"].partition("#")[2]: test for test in read}


def test_every_outcome_has_its_status(results: Path) -> None:
    """Below the gate is failed too, in Allure; an assertion of the check's own stays; other tests are untouched."""
    statuses = {name: test["status"] for name, test in written(results).items()}

    assert statuses == {
        "test_alpha_holds": "passed",
        "test_alpha_breaks": "failed",
        "test_beta_follows": "failed",
        "test_beta_creaks": "failed",
        "test_gamma_mute": "broken",
        "test_gamma_forbidden": "skipped",
        "test_own_assertion": "failed",
        "test_ordinary": "passed",
    }


def test_titles_are_rules(results: Path) -> None:
    """The rule stands where pytest would write the function's name."""
    names = {test["name"] for test in written(results).values()}

    assert {"The second rule holds.", "test_ordinary"} <= names


def test_the_markers_are_tags(results: Path) -> None:
    """Severity, area and effects can be filtered for."""
    tags = {label["value"] for label in written(results)["test_beta_creaks"]["labels"] if label["name"] == "tag"}

    assert tags == {"warning", "beta", "effects_none"}


def test_the_project_s_own_runbook_is_linked(results: Path) -> None:
    """Without an address of it, the copy in the repository serves."""
    links = written(results)["test_alpha_breaks"]["links"]

    assert [link["url"].rpartition("/")[2] for link in links] == [
        "incident-response-runbook.md#payment-failure-playbook"
    ]


def test_a_symptom_links_to_its_root_cause(results: Path) -> None:
    """The first link is the root cause's."""
    links = written(results)["test_beta_follows"]["links"]

    assert links[0]["name"] == "root cause: alpha.breaks"


def test_the_run_is_described(results: Path) -> None:
    """Categories and environment stand beside the results."""
    names = {path.name for path in results.iterdir() if not path.name.endswith(("-result.json", "-container.json"))}

    assert {"categories.json", "environment.properties"} <= names
