"""Every template of `ci/`: valid by its published schema, and calling only what there is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from deeplearn_checks.cli import loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CI = ROOT / "ci"
GITHUB = sorted([*CI.glob("github/*.yml"), *CI.glob("wrangler/*.yml")])
WORKFLOWS = [path for path in GITHUB if path.name != "action.yml"]
SCHEMAS = dict.fromkeys(WORKFLOWS, "github-workflows") | {
    CI / "github/action.yml": "github-actions",
    CI / "gitlab/.gitlab-ci.yml": "gitlab-ci",
    CI / "circleci/config.yml": "circle-ci",
    CI / "azure/azure-pipelines.yml": "azure-pipelines",
}
JENKINS = CI / "jenkins/Jenkinsfile"
TEMPLATES = [*SCHEMAS, JENKINS]
SCRIPT = CI / "wrangler/deploy-and-check"
CALLERS = [path for path in [*TEMPLATES, SCRIPT] if path.name != "deploy.yml"]
"""All but the one that calls the script."""
SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or "shellcheck"
MONITOR = "monitor.yml"
"""It keeps its history in a database."""
REFERENCE = r"\$\{\{ secrets\.|credentials\('|\$\([A-Z_]+\)$"
SECRETS = re.compile(
    r"(?:ADMIN_API_TOKEN|RAZORPAY_KEY_ID|RAZORPAY_KEY_SECRET|RAZORPAY_WEBHOOK_SECRET|CLOUDFLARE_API_TOKEN)"
)


@cache
def parsed(path: Path) -> object:
    """Read a template as YAML 1.2, in which `on` is a word."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    """Answer what a test's id says of a file."""
    return path.relative_to(CI).as_posix()


def entries(value: object) -> Iterator[tuple[str, object]]:
    """Answer every key of a document with its value, however deep."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key), one
            yield from entries(one)
    elif isinstance(value, list):
        for one in value:
            yield from entries(one)


def shell(path: Path) -> list[str]:
    """Answer the shell of a template, a text each."""
    if path == JENKINS:
        return re.findall(r"\bsh '([^']*)'", path.read_text(encoding="utf-8"))
    found = (one for key, one in entries(parsed(path)) if key in {"run", "command", "bash", "script", "before_script"})
    texts = ("\n".join(map(str, one)) if isinstance(one, list) else one for one in found)
    return [text for text in texts if isinstance(text, str)]


def commands(path: Path) -> list[list[str]]:
    """Answer the calls of our own commands in a template or a script, in words."""
    texts = [path.read_text(encoding="utf-8")] if path == SCRIPT else shell(path)
    lines = [line for text in texts for line in text.replace("\\\n", " ").splitlines()]
    found = (re.search(r"(?:^\s*|watched |bin/)(deeplearn-checks .*)", line) for line in lines)
    return [shlex.split(one[1].partition(" >")[0].partition(" ||")[0], comments=True) for one in found if one]


@pytest.mark.parametrize("path", SCHEMAS, ids=named)
def test_a_template_is_valid_by_the_published_schema(path: Path) -> None:
    """What the engine would refuse is refused here, without a network: the schemas are part of check-jsonschema."""
    name = SCHEMAS[path]
    transform = ("--data-transform", name) if name in {"azure-pipelines", "gitlab-ci"} else ()
    command = ("-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", "--regex-variant", "nonunicode")

    judged = subprocess.run(  # noqa: S603  a tool of ours
        [sys.executable, *command, *transform, path], capture_output=True, text=True, check=False
    )

    assert (judged.returncode, judged.stdout) == (0, "ok -- validation done\n")


@pytest.mark.parametrize("path", CALLERS, ids=named)
def test_a_template_calls_what_there_is(path: Path) -> None:
    """Every call of ours is read by the command line itself: a renamed option is found here."""
    calls = commands(path)

    refused = [words for words in calls if not _is_understood(words)]

    assert (bool(calls), refused) == (True, [])


def _is_understood(words: list[str]) -> bool:
    """Whether the command line reads these words; nothing is run. Raises typer's error for an unknown option."""
    command = loaded(words[1])
    context = command.make_context(words[1], words[2:], resilient_parsing=False)
    return context.info_name == words[1] and not context.args


@pytest.mark.parametrize("path", [*TEMPLATES, SCRIPT, *(CI / name for name in ("check", "health", "test"))], ids=named)
def test_the_shell_of_a_template_passes_shellcheck(path: Path, tmp_path: Path) -> None:
    """Quoting and all that ShellCheck knows."""
    is_script = not path.suffix and path != JENKINS
    texts = [path.read_text(encoding="utf-8")] if is_script else shell(path)
    files = [tmp_path / f"{number}.sh" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text if is_script else f"#!/usr/bin/env bash\nset -e\n{text}\n", encoding="utf-8")

    judged = subprocess.run(  # noqa: S603  a tool of ours
        [SHELLCHECK, *files], capture_output=True, text=True, check=False
    )

    assert (bool(texts), judged.stdout) == (True, "")


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_nothing_is_pasted_into_a_shell(path: Path) -> None:
    """Values reach a shell as variables: an engine that pastes them lets a branch's name run commands."""
    pasted = [text for text in shell(path) if re.search(r"\$\{\{|<<|\$\(\w+\)", text)]

    assert pasted == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_secret_is_only_named(path: Path) -> None:
    """Secrets come from the engine's own store, by reference; what stands in the file is a name."""
    text = re.sub(r"^\s*(#|//).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    given = re.findall(rf"^\s*({SECRETS.pattern})[ ]*[:=][ ]*(\S.*)$", text, re.MULTILINE)

    literal = [(name, value) for name, value in given if not re.match(REFERENCE, value)]

    assert [one for one in literal if one != ("ADMIN_API_TOKEN", "preview-admin-token")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_may_read_and_nothing_else(path: Path) -> None:
    """Least privilege, a guard against two at once, an end, and no credentials left in the checkout."""
    text = path.read_text(encoding="utf-8")
    document = parsed(path)
    assert isinstance(document, dict)

    (job,) = document["jobs"].values()

    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"].keys() == {"group", "cancel-in-progress"}
    assert 0 < job["timeout-minutes"] <= 20
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


@pytest.mark.parametrize("path", GITHUB, ids=named)
def test_actions_are_pinned(path: Path) -> None:
    """Each action by its full version."""
    used = [str(one) for key, one in entries(parsed(path)) if key == "uses"]

    loose = [one for one in used if not re.fullmatch(r"actions/[a-z/-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})", one)]

    assert (bool(used), loose) == (True, [])


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_installs_this_version(path: Path) -> None:
    """The pinned version is that of the project; images and runners have one too."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = path.read_text(encoding="utf-8")

    pinned = set(re.findall(r"deeplearn-checks(?:\[[a-z,]+\])?==([\d.]+)", text))

    assert (pinned, re.findall(r":latest|-latest|image: \S+(?<!bookworm)$", text, re.MULTILINE)) == ({version}, [])


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.name != MONITOR], ids=named)
def test_results_are_kept_also_of_a_failure(path: Path) -> None:
    """What failed is what somebody wants to read."""
    text = path.read_text(encoding="utf-8")

    kept = re.search(r"if: always\(\)|when: always|condition: always\(\)|post \{\s+always", text)

    assert kept


def test_the_jenkinsfile_is_whole() -> None:
    """Braces close, one build runs at a time and ends, and failures below the gate do not mark a build."""
    text = JENKINS.read_text(encoding="utf-8")

    needed = ("timeout(", "disableConcurrentBuilds()", "junit testResults", "skipMarkingBuildUnstable: true")

    assert (text.count("{"), [one for one in needed if one not in text]) == (text.count("}"), [])
