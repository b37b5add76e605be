"""The pipeline file of each CI, as `ci/` has it: shipped in the package, or in the checkout that the package is of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

PLACES: Mapping[str, tuple[str, str]] = {
    "github": ("github/post-deploy.yml", ".github/workflows/deeplearn-checks.yml"),
    "gitlab": ("gitlab/.gitlab-ci.yml", ".gitlab-ci.yml"),
    "jenkins": ("jenkins/Jenkinsfile", "Jenkinsfile"),
    "circleci": ("circleci/config.yml", ".circleci/config.yml"),
    "azure": ("azure/azure-pipelines.yml", "azure-pipelines.yml"),
}
"""Where each template stands below `ci/`, and where its CI looks for it in a repository."""

NONE = "none"

_LEFT_OUT = re.compile(r"(?<=DEEPLEARN_CHECKS_WITHOUT)(\s*[:=]\s*'?)([a-z,-]+)")
"""Where a template says what its runs leave out."""
_EXAMPLE = "https://deeplearn-worker.example.workers.dev"
"""What stands for the target where a template names it, in quotes."""
_QUOTED = str.maketrans({"'": "%27", "\\": "%5C", "\n": ""})

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "ci_templates", _PACKAGE.parent / "ci")
"""Where templates stand: in a wheel, in a checkout."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline file: where it belongs, and its text."""

    place: str
    text: str


def pipeline(ci: str, folders: Sequence[Path] = FOLDERS) -> Pipeline | None:
    """Answer the pipeline of a CI, None for `none`; raises ConfigurationError."""
    if ci == NONE:
        return None
    if ci not in PLACES:
        raise ConfigurationError(f"--ci: there is no {ci!r}; choose from {', '.join((*PLACES, NONE))}")
    source, place = PLACES[ci]
    found = next((folder / source for folder in folders if (folder / source).is_file()), None)
    if found is None:
        raise ConfigurationError(f"--ci {ci}: its template is not installed; copy ci/{source} from the repository")
    return Pipeline(place, found.read_text(encoding="utf-8"))


def fitted(given: Pipeline, without: Collection[str], target: str) -> Pipeline:
    """Let a pipeline leave out what was left out on purpose, beside what its machines cannot do, and ask the target.

    What init calls ready is then asked alike: a part that is merely not given would fail the first run of the pipeline.
    """

    def more(found: re.Match[str]) -> str:
        parts = found[2].split(",")
        return found[1] + ",".join((*parts, *sorted(set(without) - set(parts))))

    return replace(given, text=_LEFT_OUT.sub(more, given.text).replace(_EXAMPLE, target.translate(_QUOTED)))
