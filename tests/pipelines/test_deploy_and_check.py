"""`ci/wrangler/deploy-and-check`, with stand-ins for npx and deeplearn-checks on PATH."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "ci/wrangler/deploy-and-check"
STAND_IN = """#!/usr/bin/env bash
# Writes down how it was called, and ends as the next line of its plan says; the last line stays.
set -euo pipefail
name=${0##*/}
[[ $name == npx ]] && name=$1
if [[ $name == wrangler && $2 == deployments ]]; then
  cat "$STAGE/serving" || exit 1
  if [[ -e $STAGE/served ]]; then mv "$STAGE/served" "$STAGE/serving"; fi
  exit 0
fi
echo "$name $*" >>"$STAGE/calls"
plan=$STAGE/$name
status=$(head -n 1 "$plan" 2>/dev/null || echo 0)
if [[ $(wc -l <"$plan") -gt 1 ]]; then sed -i 1d "$plan"; fi
if [[ $status == hang ]]; then
  echo >"$STAGE/hanging"
  exec sleep 60
fi
if [[ $status == slow ]]; then
  echo >"$STAGE/hanging"
  cat "$STAGE/go"
  status=0
fi
exit "$status"
"""


@dataclass
class Stage:
    """A folder with the stand-ins, what they are to answer, and how they were called."""

    folder: Path

    def plan(self, name: str, *statuses: int | str) -> None:
        """Let the stand-in end with these, one after another; the last stays."""
        (self.folder / name).write_text("".join(f"{status}\n" for status in statuses))

    def serve(self, name: str, version: str, percentages: tuple[int, ...] = (100,)) -> None:
        """Let wrangler say that a version serves: `serving` at first, `served` from the second time on."""
        shares = [{"version_id": version, "percentage": one} for one in percentages]
        (self.folder / name).write_text(json.dumps({"id": version[::-1], "versions": shares}, indent=2))

    @property
    def environment(self) -> dict[str, str]:
        """What the script is started with."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "STAGE": str(self.folder), "CHECK_PAUSE": "0", "CHECK_FOLDER": str(self.folder / "out")}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Deploy and check."""
        return subprocess.run(  # noqa: S603  our own script
            [SCRIPT, *arguments], env=self.environment | variables, capture_output=True, text=True, check=False
        )

    def calls(self) -> list[str]:
        """Answer the first words of each call, in order."""
        file = self.folder / "calls"
        return [" ".join(line.split()[:3]) for line in file.read_text().splitlines()] if file.exists() else []


CHECK, DEPLOY, ROLLBACK = "deeplearn-checks run --format", "wrangler wrangler deploy", "wrangler wrangler rollback"
BEFORE = "deeplearn-checks run --json"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Answer a stage on which all goes well."""
    (tmp_path / "bin").mkdir()
    for name in ("npx", "deeplearn-checks"):
        stand_in = tmp_path / "bin" / name
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)
    made = Stage(tmp_path)
    made.plan("wrangler", 0)
    made.plan("deeplearn-checks", 0)
    return made


def test_what_is_ready_stays(stage: Stage) -> None:
    """Deployed, checked once, nothing rolled back."""
    ended = stage.run()

    assert (ended.returncode, stage.calls()) == (0, [BEFORE, DEPLOY, CHECK])


def test_what_is_not_ready_is_rolled_back_once(stage: Stage) -> None:
    """Not ready at both looks: one rollback, and the pipeline fails."""
    stage.plan("deeplearn-checks", 0, 1)

    ended = stage.run()

    assert (ended.returncode, stage.calls()) == (1, [BEFORE, DEPLOY, CHECK, CHECK, ROLLBACK])


def test_a_deployment_that_needs_a_moment_is_looked_at_again(stage: Stage) -> None:
    """Not ready at first, ready at the second look: it stays."""
    stage.plan("deeplearn-checks", 0, 1, 0)

    ended = stage.run()

    assert (ended.returncode, ROLLBACK in stage.calls()) == (0, False)


def test_a_target_that_is_not_ready_may_be_deployed_to(stage: Stage) -> None:
    """The deployment may be the cure."""
    stage.plan("deeplearn-checks", 1, 0)

    ended = stage.run()

    assert ended.returncode == 0


def test_a_rollback_that_fails_is_loud(stage: Stage) -> None:
    """A status of its own, and the command to type."""
    stage.plan("deeplearn-checks", 0, 1)
    stage.plan("wrangler", 0, 7)

    ended = stage.run("--env", "staging")

    assert ended.returncode == 3
    assert "THE ROLLBACK FAILED" in ended.stderr
    assert "npx wrangler rollback --env staging" in ended.stderr


def test_arguments_go_to_both(stage: Stage) -> None:
    """The Worker that was deployed is the one that is rolled back."""
    stage.plan("deeplearn-checks", 0, 1)

    stage.run("--env", "staging")

    told = [call for call in (stage.folder / "calls").read_text().splitlines() if call.startswith("wrangler")]
    assert [" ".join(call.split()[2:5]) for call in told] == ["deploy --env staging", "rollback --env staging"]


VERSION = "4a7bd50e-1ae0-4b8c-8c1a-7e2b5f2d9c11"


@pytest.mark.parametrize(
    ("percentages", "rolled_back"), [((100,), f"rollback {VERSION} --env"), ((90, 10), "rollback --env staging")]
)
def test_the_version_that_served_is_rolled_back_to(
    stage: Stage, percentages: tuple[int, ...], rolled_back: str
) -> None:
    """By its id, whatever is deployed meanwhile; where several share the traffic, wrangler chooses."""
    stage.serve("serving", VERSION, percentages)
    stage.plan("deeplearn-checks", 0, 1)

    stage.run("--env", "staging")

    last = (stage.folder / "calls").read_text().splitlines()[-1]
    assert " ".join(last.split()[2:5]) == rolled_back


def test_a_misconfigured_suite_keeps_from_deploying(stage: Stage) -> None:
    """What could not be judged afterwards is not deployed."""
    stage.plan("deeplearn-checks", 2)

    ended = stage.run()

    assert (ended.returncode, stage.calls()) == (2, [BEFORE])


@pytest.mark.parametrize(("status", "answered"), [(2, 2), (130, 5), (137, 5)])
def test_without_a_verdict_nothing_is_rolled_back(stage: Stage, status: int, answered: int) -> None:
    """A deployment that nobody could judge stays, and the pipeline fails."""
    stage.plan("deeplearn-checks", 0, status)

    ended = stage.run()

    assert (ended.returncode, ROLLBACK in stage.calls(), "unchecked" in ended.stderr) == (answered, False, True)


def test_a_failed_deploy_is_not_rolled_back(stage: Stage) -> None:
    """There is nothing that could be."""
    stage.plan("wrangler", 1)

    ended = stage.run()

    assert (ended.returncode, stage.calls()) == (4, [BEFORE, DEPLOY])


def test_a_deploy_that_failed_late_is_told(stage: Stage) -> None:
    """Wrangler may fail after the new version has begun to serve: that is said, with the line that takes it back."""
    stage.serve("serving", VERSION)
    stage.serve("served", VERSION[::-1].replace("-", "0")[:36].ljust(36, "0"))
    stage.plan("wrangler", 1)

    ended = stage.run()

    assert (ended.returncode, stage.calls()) == (4, [BEFORE, DEPLOY])
    assert f"serves, unchecked; roll back with: npx wrangler rollback {VERSION}\n" in ended.stderr


@pytest.mark.parametrize(("name", "value"), [("CHECK_ATTEMPTS", "0"), ("CHECK_PAUSE", "soon")])
def test_a_setting_that_is_none_is_refused(stage: Stage, name: str, value: str) -> None:
    """Before anything is deployed, in one line that names it."""
    ended = stage.run(**{name: value})

    assert (ended.returncode, stage.calls(), f"{name}={value}" in ended.stderr) == (2, [], True)


def test_a_missing_command_is_named(stage: Stage) -> None:
    """A machine without the suite deploys nothing."""
    (stage.folder / "bin/deeplearn-checks").unlink()

    ended = stage.run(PATH=f"{stage.folder / 'bin'}:/usr/bin:/bin")

    assert (ended.returncode, stage.calls(), "no command deeplearn-checks" in ended.stderr) == (2, [], True)


@pytest.mark.parametrize(
    ("name", "plan", "said"),
    [
        ("deeplearn-checks", ("hang",), "nothing was deployed"),
        ("wrangler", ("hang",), "half done"),
        ("deeplearn-checks", (0, "hang"), "deployed and unchecked"),
    ],
)
def test_an_interruption_says_where_it_came(stage: Stage, name: str, plan: tuple[int | str, ...], said: str) -> None:
    """A cancelled pipeline ends at once, rolls nothing back, and tells what stands now."""
    stage.plan(name, *plan)
    os.mkfifo(stage.folder / "hanging")

    with subprocess.Popen(  # noqa: S603  our own script
        [SCRIPT], env=stage.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        (stage.folder / "hanging").read_bytes()  # waits for it
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate()

    assert (running.returncode, said in errors, ROLLBACK in stage.calls()) == (130, True, False)


def test_a_rollback_that_has_begun_is_carried_through(stage: Stage) -> None:
    """A signal in the middle of it changes nothing: half a rollback is worse than either deployment."""
    stage.plan("deeplearn-checks", 0, 1)
    stage.plan("wrangler", 0, "slow")
    for name in ("hanging", "go"):
        os.mkfifo(stage.folder / name)

    with subprocess.Popen(  # noqa: S603  our own script
        [SCRIPT], env=stage.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        (stage.folder / "hanging").read_bytes()  # waits for it
        running.send_signal(signal.SIGTERM)
        (stage.folder / "go").write_text("on\n")
        _, errors = running.communicate()

    assert (running.returncode, "rolled back" in errors) == (1, True)
