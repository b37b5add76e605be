"""`--record` and `--replay` under pytest, alone and with workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stub_suite import PLUGIN, TARGET, suite

from deeplearn_checks.bundle.archive import load
from deeplearn_checks.pytest_sharing import RefusedError, SharedRun, WorkersRun
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.results import RunReport

pytest_plugins = ("pytester",)

EVERY = ("holds", "breaks", "follows", "creaks", "mute", "inapplicable", "forbidden")
WORKERS = ("-p", "xdist", "-n", "2")


@pytest.mark.parametrize("workers", [(), WORKERS])
def test_a_session_is_recorded_and_replayed(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """The replay has the same outcomes, and needs no target."""
    pytester.makepyfile(test_stubs=suite(*EVERY))
    recorded = pytester.runpytest_subprocess(*PLUGIN, *workers, *TARGET, "--record", "run.bundle")

    replayed = pytester.runpytest_subprocess(*PLUGIN, *workers, "--replay", "run.bundle")

    assert (replayed.parseoutcomes(), replayed.ret) == (recorded.parseoutcomes(), recorded.ret)
    assert replayed.parseoutcomes() == {"passed": 1, "failed": 3, "warned": 1, "skipped": 2}


def test_an_interrupted_session_keeps_what_there_is(pytester: pytest.Pytester) -> None:
    """Ctrl-C in the middle leaves a bundle that says so."""
    pytester.makepyfile(test_stubs=suite("holds", "interrupts"))

    pytester.runpytest_subprocess(*PLUGIN, *TARGET, "--record", "run.bundle")

    held = load(pytester.path / "run.bundle")
    assert (held.manifest.interrupted, [*held.manifest.unfinished]) == (True, ["omega.interrupts"])


@pytest.mark.parametrize("workers", [(), WORKERS])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replay", "none"), "ERROR: none cannot be read: No such file or directory"),
        (("--replay", "test_stubs.py"), "ERROR: test_stubs.py is no bundle"),
        (("--replay", "none", "--sandbox"), "ERROR: --replay asks nobody: leave --sandbox out"),
        (("--record", "no/run", *TARGET), "ERROR: no/run cannot be written: *"),
    ],
)
def test_what_cannot_be_used_is_refused(
    pytester: pytest.Pytester, workers: tuple[str, ...], arguments: tuple[str, ...], said: str
) -> None:
    """In one line, with pytest's own status for bad usage."""
    pytester.makepyfile(test_stubs=suite("holds"))

    result = pytester.runpytest_subprocess(*PLUGIN, *workers, *arguments)

    result.stderr.fnmatch_lines([said])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


REMOVES_ITS_FOLDER = '''

@diagnostic("alpha.removes", severity=CRITICAL, runbook="alert-workflow/5")
async def removes(target):
    """Nothing can be written any more."""
    os.rmdir("kept")
    return passed("all is well")


@diagnoses(removes)
def test_alpha_removes(finding: Result):
    assert finding.id == "alpha.removes"
'''


def test_a_bundle_that_cannot_be_written_is_said(pytester: pytest.Pytester) -> None:
    """The disk may go while the run lasts: one line, and pytest's status for bad usage."""
    pytester.makepyfile(test_stubs=suite("holds") + REMOVES_ITS_FOLDER)
    pytester.mkdir("kept")

    result = pytester.runpytest_subprocess(*PLUGIN, *TARGET, "--record", "kept/run.bundle")

    result.stderr.fnmatch_lines(["ERROR: kept/run.bundle cannot be written: No such file or directory"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


class Unkept:
    """A run whose bundle cannot be written."""

    def report(self) -> RunReport:
        """Say so."""
        raise ConfigurationError("run.bundle cannot be written: No space left on device")

    def stop(self) -> None:
        """Do nothing."""


def test_workers_hear_that_the_bundle_cannot_be_written(tmp_path: Path) -> None:
    """Whoever ran tells the others."""
    shared = SharedRun(tmp_path / "shared", Unkept)
    shared.finish()

    with pytest.raises(RefusedError, match="No space left on device"):
        WorkersRun(tmp_path / "shared").report()
