"""The workflow and the action for GitHub, run by `act` in this machine's shell against a sandbox on loopback.

`act` is an engine of GitHub Actions: expressions, conditions, masks and shells are its own. What the workflows use of
others is fetched from nowhere: each stands here as a composite action of the same name, version and inputs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

GITHUB = Path(__file__).parents[2] / "ci/github"
BESIDE = Path(sys.executable).parent
ACT = BESIDE / "act"
OURS = ("DEEPLEARN", "ADMIN_API_TOKEN", "RAZORPAY", "GITHUB")
FOREIGN = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
STAND_INS = {
    ("setup-python@v5.6.0", "", "python-version"): "true",
    ("upload-artifact@v4.6.2", "", "name path retention-days if-no-files-found"): 'cp -rT "$IN_PATH" "$KEPT/$IN_NAME"',
    ("cache@v4.2.3", "restore", "path key restore-keys"): 'cp "$KEPT/last.json" "$IN_PATH" || true',
    ("cache@v4.2.3", "save", "path key"): 'cp "$IN_PATH" "$KEPT/last.json"',
}
"""The actions of others: name, folder and inputs of each, and the shell that does as much of it as matters here."""
STEP = """
name: Check a step
on: workflow_dispatch
jobs:
  step:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4.2.2
      - uses: ./.github/actions/deeplearn-checks
        env:
          DEEPLEARN_API_BASE_URL: ${{ vars.DEEPLEARN_API_BASE_URL }}
          DEEPLEARN_PAGES_BASE_URL: ${{ vars.DEEPLEARN_PAGES_BASE_URL }}
          ADMIN_API_TOKEN: ${{ secrets.ADMIN_API_TOKEN }}
          RAZORPAY_KEY_ID: ${{ secrets.RAZORPAY_KEY_ID }}
          RAZORPAY_KEY_SECRET: ${{ secrets.RAZORPAY_KEY_SECRET }}
          RAZORPAY_WEBHOOK_SECRET: ${{ secrets.RAZORPAY_WEBHOOK_SECRET }}
"""

pytestmark = pytest.mark.skipif(not ACT.exists(), reason="act is not installed here")


def stand_in(folder: Path, inputs: list[str], shell: str) -> None:
    """Write an action that takes these inputs and runs this shell."""
    folder.mkdir(parents=True)
    taken = "".join(f"\n  {name}:\n    required: false" for name in inputs)
    given = "".join(f"\n        IN_{name.upper().replace('-', '_')}: ${{{{ inputs.{name} }}}}" for name in inputs)
    step = f"    - shell: bash\n      run: {shell}\n      env:{given}\n"
    text = f"name: a stand-in\ninputs:{taken}\nruns:\n  using: composite\n  steps:\n{step}"
    (folder / "action.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Answer a repository into which the workflow and the action were copied, beside what stands in for others."""
    for (name, part, inputs), shell in STAND_INS.items():
        stand_in(tmp_path / "others" / name.partition("@")[0] / part, inputs.split(), shell)
    made = tmp_path / "service"
    for name, to in {"post-deploy.yml": "workflows", "action.yml": "actions/deeplearn-checks"}.items():
        (made / ".github" / to).mkdir(parents=True)
        shutil.copy(GITHUB / name, made / ".github" / to)
    (made / ".github/workflows/step.yml").write_text(STEP, encoding="utf-8")
    (tmp_path / "kept").mkdir()
    identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-q", "-m", "Copied"]):
        subprocess.run(["git", "-C", made, *words], check=True, env=FOREIGN)  # noqa: S603, S607  git, wherever it is
    return made


@pytest.fixture(params=[()])
def target(request: pytest.FixtureRequest, free_port: int) -> Iterator[dict[str, str]]:
    """Serve a sandbox with the faults of the test, and live keys; answer what it exports."""
    faults = [word for name in request.param for word in ("--fault", name)]
    served = ("sandbox", "--port", str(free_port), "--seed", "8", "--repaired")
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "deeplearn_checks", *served, "--var", "RAZORPAY_KEY_ID=rzp_live_SandboxKey01", *faults],
        stdout=subprocess.PIPE,
        text=True,
        env=FOREIGN,
    ) as serving:
        assert serving.stdout is not None
        exported: dict[str, str] = {}
        while "DEEPLEARN_KNOWN_LEAD" not in exported:  # the last
            (assignment,) = shlex.split(serving.stdout.readline().removeprefix("export "))
            name, _, value = assignment.partition("=")
            exported[name] = value
        yield exported
        serving.send_signal(signal.SIGTERM)


def run(repository: Path, workflow: str, target: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a workflow as its page starts it by hand, with the variables and secrets that it asks for."""
    around = repository.parent
    shutil.rmtree(repository / "build", ignore_errors=True)  # a runner begins with nothing
    given = around / "given.env"
    given.write_text("".join(f"{name}={value}\n" for name, value in target.items()), encoding="utf-8")
    environment = {"KEPT": str(around / "kept"), "RAZORPAY_API_BASE_URL": target["RAZORPAY_API_BASE_URL"]}
    others = {f"actions/{name}={around / 'others' / name.partition('@')[0]}" for name, _, _ in STAND_INS}
    words = ["--platform", "ubuntu-24.04=-self-hosted", "--secret-file", str(given), "--var-file", str(given)]
    words += [word for one in sorted(others) for word in ("--local-repository", one)]
    words += [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    own = {"HOME": str(around), "PATH": f"{BESIDE}:{os.environ['PATH']}", "PIP_NO_INDEX": "1"}
    return subprocess.run(  # noqa: S603  a tool of ours
        [ACT, "workflow_dispatch", "--workflows", f".github/workflows/{workflow}", *words],
        cwd=repository,
        env=FOREIGN | own,
        capture_output=True,
        text=True,
        check=False,
    )


def kept(repository: Path) -> list[str]:
    """Answer the files that were uploaded and cached."""
    folder = repository.parent / "kept"
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


AFTER_DEPLOY = [*(f"deeplearn-checks/{name}" for name in ("last.json", "readiness.json", "report.html")), "last.json"]
SECRETS = ("sandbox-admin-token", "sandbox-key-secret", "sandbox-webhook-secret")


def test_a_deployment_that_is_well_passes(repository: Path, target: dict[str, str]) -> None:
    """The job succeeds, annotates nothing, sums up, and keeps report and run; the next run compares itself."""
    first, second = (run(repository, "post-deploy.yml", target) for _ in range(2))

    unseen = "there is no build/last.json yet"
    assert (first.returncode, "::error" in first.stdout, unseen in first.stdout) == (0, False, True)
    assert (second.returncode, unseen in second.stdout) == (0, False)
    assert kept(repository) == AFTER_DEPLOY


@pytest.mark.parametrize("target", [("webhook-secret-differs",)], indirect=True)
def test_a_deployment_that_is_broken_fails_the_job(repository: Path, target: dict[str, str]) -> None:
    """The job fails at its check, says why beside the commit, names no secret, and what shows it is kept."""
    ended = run(repository, "post-deploy.yml", target)

    assert (ended.returncode, "Failure - Main Check" in ended.stdout, "Job failed" in ended.stdout) == (1, True, True)
    assert "::error title=payment.webhook-accepts-our-signature%3A webhook-secret-mismatch" in ended.stdout
    assert [one for one in SECRETS if one in ended.stdout + ended.stderr] == []
    assert kept(repository) == AFTER_DEPLOY


@pytest.mark.parametrize("target", [("webhook-secret-differs",)], indirect=True)
def test_the_action_fails_the_job_that_uses_it(repository: Path, target: dict[str, str]) -> None:
    """Target and secrets are variables of the step; its files are uploaded though its check failed."""
    ended = run(repository, "step.yml", target)

    assert (ended.returncode, "::error title=" in ended.stdout) == (1, True)
    assert kept(repository) == [f"deeplearn-checks/{name}" for name in ("readiness.json", "report.html", "run.json")]
