"""The plugin under pytest-xdist: one run for all workers."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest
from stub_suite import PLUGIN, TARGET, suite

from deeplearn_checks.finding import Attachment, Effects, Outcome, Severity
from deeplearn_checks.pytest_sharing import RefusedError, SharedRun, WorkersRun, published
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.results import Exchange, Result, RunReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest_plugins = ("pytester",)

WORKERS = (*PLUGIN, "-p", "xdist", "-n", "2")

REPORT = RunReport(
    target=Redacted("https://api.example.com"),
    environment="",
    effects=Effects.ALERTS,
    fail_on=Severity.WARNING,
    started_at="2026-03-02T10:00:00.000+00:00",
    seconds=0.5,
    results=(
        Result(
            id="alpha.breaks",
            title="The rule holds.",
            severity=Severity.CRITICAL,
            effects=Effects.NONE,
            runbook="alert-workflow/5",
            outcome=Outcome.FAILED,
            summary=Redacted("it is broken"),
            cause="a-cause",
            evidence={"count": 3, "share": 0.5, "text": Redacted("7"), "people": (Redacted("person-0123456789"),)},
            exchanges=(1,),
            attachments=(Attachment("/console/", "image/png", b"\x89PNG\xff\x00+/"),),
        ),
    ),
    exchanges=(Exchange(1, "GET", Redacted("https://api.example.com/"), 200, 1.5, 0.25, 1, (("a", Redacted("b")),)),),
    requests=1,
)


class Done:
    """A run that is over."""

    def report(self) -> RunReport:
        """Answer the report."""
        return REPORT

    def stop(self) -> None:
        """Note the wish."""
        self.stopped = True


@pytest.fixture
def start() -> Callable[[], Done]:
    """Start a run that is over at once."""
    run = Done()

    return lambda: run


def refuse() -> Done:
    """Start nothing."""
    raise RefusedError("no target")


def test_workers_share_one_run(pytester: pytest.Pytester) -> None:
    """Two workers, one run: its results, its report and its exit status are those of one process."""
    pytester.makepyfile(test_stubs=suite("holds", "breaks", "follows", "creaks", "inapplicable"))

    result = pytester.runpytest_subprocess(*WORKERS, *TARGET, "--run-json", "run.json")

    result.stdout.fnmatch_lines(["WHAT IS WRONG: 2 root causes", "1 passed, 2 failed, 1 blocked, 1 skipped*"])
    assert (result.parseoutcomes(), result.ret) == (
        {"passed": 1, "failed": 2, "warned": 1, "skipped": 1},
        pytest.ExitCode.TESTS_FAILED,
    )


def test_workers_refuse_as_one(pytester: pytest.Pytester) -> None:
    """A bad configuration is one line and pytest's status for it, not a crash of every worker."""
    pytester.makepyfile(test_stubs=suite("holds", "breaks"))

    result = pytester.runpytest_subprocess(*WORKERS)

    result.stderr.fnmatch_lines(["ERROR: no target: *"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_an_interrupted_run_without_report_keeps_its_status(pytester: pytest.Pytester) -> None:
    """Ctrl-C before anything was found out is still pytest's own status."""
    interrupting = """
        class Interrupting:
            def pytest_runtest_logreport(self, report):
                raise KeyboardInterrupt

        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                config.pluginmanager.register(Interrupting())
    """
    pytester.makepyfile(conftest=interrupting, test_stubs=suite("holds"))

    result = pytester.runpytest_subprocess(*WORKERS)

    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_dead_worker_s_run_is_taken_over(pytester: pytest.Pytester) -> None:
    """The next worker runs what the first left undone."""
    dying = suite("holds") + (
        "\n@diagnoses(holds)\ndef test_dies():\n"
        "    import os, pathlib\n"
        "    died = pathlib.Path('died')\n"
        "    if not died.exists():\n        died.touch()\n        os._exit(1)\n"
    )
    pytester.makepyfile(test_stubs=dying)

    result = pytester.runpytest_subprocess(*WORKERS, *TARGET)

    result.stdout.fnmatch_lines(["1 passed · 0 requests*", "READY"])


def test_a_project_of_others_runs_in_workers(pytester: pytest.Pytester) -> None:
    """Without checks there is nothing to share and nothing to say."""
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_subprocess(*WORKERS)

    result.stdout.no_fnmatch_line("*DeepLearn*")
    assert (result.parseoutcomes(), result.ret) == ({"passed": 1}, pytest.ExitCode.OK)


def test_a_report_survives_the_way_between_processes(tmp_path: Path, start: Callable[[], Done]) -> None:
    """What a worker reads is what the other found out, types and all."""
    SharedRun(tmp_path, start).finish()

    read = published(tmp_path)

    assert read == REPORT


def test_only_its_owner_reads_a_report(tmp_path: Path, start: Callable[[], Done]) -> None:
    """What is shared is redacted, and still nobody else's business."""
    folder = tmp_path / "shared"

    SharedRun(folder, start).finish()

    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "report")] == ["0o700", "0o600"]


def test_the_second_worker_reads(tmp_path: Path, start: Callable[[], Done]) -> None:
    """A report that is there is not made again."""
    SharedRun(tmp_path, start).finish()

    second = SharedRun(tmp_path, refuse)

    assert second.report() == REPORT


def test_a_worker_waits_for_the_first(tmp_path: Path, start: Callable[[], Done]) -> None:
    """While another holds the lock nothing is started; when that one dies, its part is taken over."""
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    second = SharedRun(tmp_path, start)
    waiting = not (tmp_path / "report").exists()

    os.close(lock)

    assert (waiting, second.report()) == (True, REPORT)


def test_stopping_ends_one_s_own_run_only(tmp_path: Path, start: Callable[[], Done]) -> None:
    """A worker that only reads has nothing to stop."""
    first = SharedRun(tmp_path, start)
    second = SharedRun(tmp_path, refuse)

    second.stop()
    second.finish()
    untouched = hasattr(start(), "stopped")
    first.stop()

    assert (untouched, hasattr(start(), "stopped")) == (False, True)


def test_a_refusal_reaches_every_worker(tmp_path: Path, start: Callable[[], Done]) -> None:
    """What one worker was refused is not tried by the next."""
    SharedRun(tmp_path, refuse)

    with pytest.raises(RefusedError, match="no target"):
        SharedRun(tmp_path, start).report()


def test_workers_that_found_out_nothing_say_so(tmp_path: Path) -> None:
    """No report is no silence, and nothing is left behind."""
    folder = tmp_path / "shared"
    folder.mkdir()
    run = WorkersRun(folder)
    run.stop()

    with pytest.raises(RefusedError, match="nothing was found out"):
        run.report()

    assert not folder.exists()
