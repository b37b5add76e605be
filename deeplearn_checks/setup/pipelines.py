"""The pipeline file of each CI, as `ci/` has it: shipped in the package, or in the checkout that the package is of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACES: Mapping[str, tuple[str, str]] = {
    "github": ("github/post-deploy.yml", ".github/workflows/deeplearn-checks.yml"),
    "gitlab": ("gitlab/.gitlab-ci.yml", ".gitlab-ci.yml"),
    "jenkins": ("jenkins/Jenkinsfile", "Jenkinsfile"),
    "circleci": ("circleci/config.yml", ".circleci/config.yml"),
    "azure": ("azure/azure-pipelines.yml", "azure-pipelines.yml"),
}
"""Where each template stands below `ci/`, and where its CI looks for it in a repository."""

NONE = "none"

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
