"""The pipeline file of a CI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.setup.pipelines import PLACES, Pipeline, fitted, pipeline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("ci", PLACES)
def test_every_ci_has_its_template(ci: str) -> None:
    """Each that can be chosen is there, and runs our own command."""
    found = pipeline(ci)

    assert found is not None
    assert "deeplearn-checks run" in found.text


@pytest.mark.parametrize("ci", PLACES)
def test_what_was_left_out_is_left_out_of_the_pipeline(ci: str) -> None:
    """What is ready here is ready there: beside what the template leaves out, once, and wherever it says so."""
    given = pipeline(ci)
    assert given is not None

    text = fitted(given, {"gateway", "browser"}, "https://api.example.com").text

    said = re.findall(r"DEEPLEARN_CHECKS_WITHOUT\s*[:=]\s*'?([a-z,-]+)", text)
    assert [(one.count("gateway"), one.count("browser")) for one in said] == [(1, 1)] * len(said)
    assert said


def test_a_pipeline_that_names_its_target_asks_yours() -> None:
    """In whose quotes no address can end."""
    given = Pipeline("Jenkinsfile", "url: 'https://deeplearn-worker.example.workers.dev'")

    text = fitted(given, (), "https://api.example.com/a'b").text

    assert text == "url: 'https://api.example.com/a%27b'"


def test_none_is_no_pipeline() -> None:
    """Who wants none gets none."""
    assert pipeline("none") is None


def test_the_first_folder_that_has_a_template_gives_it(tmp_path: Path) -> None:
    """A wheel has them inside, a checkout beside."""
    (tmp_path / "jenkins").mkdir()
    (tmp_path / "jenkins" / "Jenkinsfile").write_text("pipeline {}\n", encoding="utf-8")

    found = pipeline("jenkins", (tmp_path / "not-there", tmp_path))

    assert found == Pipeline("Jenkinsfile", "pipeline {}\n")


@pytest.mark.parametrize(("ci", "said"), [("travis", "choose from github"), ("github", "ci/github/post-deploy.yml")])
def test_what_cannot_be_had_is_refused(ci: str, said: str, tmp_path: Path) -> None:
    """An unknown CI is told which there are, a missing template where to copy it from."""
    with pytest.raises(ConfigurationError, match=said):
        pipeline(ci, (tmp_path,))
