"""The checks of one pytest session: one run behind them all, a verdict for each test, the gate as the exit status."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.checking import PREFIX, REPORTS, diagnosed
from deeplearn_checks.finding import BROKEN, Outcome
from deeplearn_checks.pytest_sharing import RefusedError, SharedRun, WorkersRun, folder_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from deeplearn_checks.comparing import EarlierRun
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.pytest_sharing import Run
    from deeplearn_checks.results import Result, RunReport
    from deeplearn_checks.session import BackgroundRun

_PASSED_ON = (
    "sandbox",
    "extend",
    "target",
    "effects",
    "i_mean_it",
    "fail_on",
    "environment",
    "deadline",
    "concurrency",
    "gateway_days",
    "without",
    "record",
    "replay",
)
"""The options that the run itself understands; `fault` besides."""


class Checks:
    """A pytest plugin object, registered when the first check is collected."""

    def __init__(self, config: pytest.Config, unheard: Sequence[str] = (), earlier: EarlierRun | None = None) -> None:
        self._config = config
        self._earlier = earlier
        self._unheard = unheard
        self._run: Run | None = None
        self._background: BackgroundRun | None = None
        self._report: RunReport | None = None
        self._shared: Path | None = None
        self._verdicts: set[str] = set()
        self._own_failures: set[str] = set()
        self._nodes: dict[str, Diagnostic] = {}
        self._planned = ""

    def attend(self, test_run: str) -> None:
        """Expect the report of xdist's workers."""
        self._shared = folder_of(test_run)

    def result(self, diagnostic: Diagnostic) -> Result:
        """Answer the result of one diagnostic, waiting for it. Raises LookupError where it was not asked.

        What is broken is judged at the end of the run; of everything else pytest hears while the run goes on, unless
        Allure wants to know what a result explains.
        """
        if self._background and (settled := self._background.settled(diagnostic.id)):
            return settled
        try:
            report = self._finished()
        except RefusedError as refused:  # a worker's: the controlling process makes it an error of usage
            pytest.skip(str(refused))
        return {result.id: result for result in report.results}[diagnostic.id]

    def _finished(self) -> RunReport:
        """Answer the report of the run, once it is there."""
        if self._report is None:
            if self._run is None:
                raise LookupError("no run was started for the checks of this session")
            self._report = self._compared(_concluded(self._run))
        return self._report

    def _compared(self, report: RunReport) -> RunReport:
        """Say what changed since an earlier run, where there is one to compare with."""
        if self._earlier is None:
            return report
        from deeplearn_checks.comparing import comparison  # noqa: PLC0415  only who compares pays for it

        return replace(report, comparison=comparison(report, self._earlier))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start asking everything that is selected, in the background, at once."""
        diagnostics = {item.nodeid: diagnostic for item in session.items if (diagnostic := diagnosed(item))}
        broken = session.testsfailed and not self._config.option.continue_on_collection_errors
        if not diagnostics or broken:
            return
        if self._config.option.collectonly:
            self._plan(diagnostics.values())
            return
        for name in self._unheard:
            told = f"{name} belongs to another plugin here: give deeplearn-checks its environment variable instead"
            self._config.issue_config_time_warning(pytest.PytestConfigWarning(told), stacklevel=2)
        self._nodes = diagnostics
        gc.freeze()  # what was collected stays for the session: the collector need not look at it again
        self._begin(_in_catalogue_order(diagnostics.values()))

    def _plan(self, diagnostics: Iterable[Diagnostic]) -> None:
        """With --dry-run, say what a run would send that can change something."""
        if not self._config.getoption(PREFIX + "dry_run", default=False):
            return
        from deeplearn_checks.reporting.wording import planned  # noqa: PLC0415  only a dry run needs it
        from deeplearn_checks.session import plan  # noqa: PLC0415  likewise
        from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

        try:
            changes, host = plan(_in_catalogue_order(diagnostics), self._options())
        except ConfigurationError as problem:
            raise pytest.UsageError(str(problem)) from None
        self._planned = planned(changes, host)

    def _begin(self, selected: tuple[Diagnostic, ...]) -> None:
        """Start the run, or take this worker's part in it. Raises pytest's UsageError for a bad configuration."""
        worker: dict[str, object] = getattr(self._config, "workerinput", {})

        def start() -> BackgroundRun:
            from deeplearn_checks.session import start  # noqa: PLC0415  a worker that only reads needs none of it
            from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

            try:
                return start(selected, self._options(), keep_exchanges=self._shows_exchanges())
            except ConfigurationError as problem:
                raise RefusedError(str(problem)) from problem

        if worker:
            self._run = SharedRun(folder_of(str(worker["testrunuid"])), start)
        else:
            try:
                self._run = begun = start()
            except RefusedError as problem:
                raise pytest.UsageError(str(problem)) from None
            self._background = None if self._config.pluginmanager.has_plugin("allure_listener") else begun

    def _shows_exchanges(self) -> bool:
        """Whether anybody will read the requests: redacting them for nobody would be waste."""
        files = any(self._config.getoption(PREFIX + name, None) for name in REPORTS)
        return files or self._config.pluginmanager.has_plugin("allure_listener")

    def _options(self) -> dict[str, object]:
        given = {name: self._config.getoption(PREFIX + name, None) for name in _PASSED_ON}
        return {
            **given,
            "sandbox": bool(given["sandbox"]),
            "faults": self._config.getoption(f"{PREFIX}fault", None) or [],
        }

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Skip, run and then fail a check by its finding."""
        diagnostic = diagnosed(pyfuncitem)
        if diagnostic is None:
            return (yield)
        from deeplearn_checks.reporting.text import explanation  # noqa: PLC0415  while the answers are on their way
        from deeplearn_checks.reporting.wording import line  # noqa: PLC0415  likewise

        result = self.result(diagnostic)
        if result.outcome is Outcome.SKIPPED:
            pytest.skip(f"{result.cause}: {line(result.summary)}")
        returned = yield
        if result.outcome in BROKEN:
            self._verdicts.add(pyfuncitem.nodeid)
            pytest.fail(explanation(result), pytrace=False)
        return returned

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn a failure below the gate into a warning, and say where the skipped check stands."""
        report = yield
        diagnostic = diagnosed(item)
        if diagnostic is None or call.excinfo is None:
            return report
        if call.when != "call" or item.nodeid not in self._verdicts:
            self._note_other(item, report)
        elif report.failed and self.result(diagnostic).severity < self._finished().fail_on:
            from deeplearn_checks.reporting.wording import failing_line  # noqa: PLC0415  as above

            self._warn(item, report, failing_line(self.result(diagnostic)))
        return report

    def _note_other(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Keep in mind that a check failed by itself; show a skipped one at its own place."""
        if report.failed:
            self._own_failures.add(item.nodeid)
        elif isinstance(report.longrepr, tuple):
            path, number, _ = item.location
            report.longrepr = (path, (number or 0) + 1, report.longrepr[2])

    @staticmethod
    def _warn(item: pytest.Item, report: pytest.TestReport, why: str) -> None:
        """Let a check pass with a property that says what is wrong; JUnit files read it from the item."""
        report.outcome = "passed"
        report.longrepr = None
        report.user_properties.append(("warned", why))
        item.user_properties.append(("warned", why))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Count what is below the gate apart from what passed."""
        if isinstance(report, pytest.TestReport) and report.when == "call" and _is_warned(report):
            return "warned", "W", ("WARNED", {"yellow": True})
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell Allure what the finding says, before it writes the test down."""
        listener = self._config.pluginmanager.get_plugin("allure_listener")
        if listener is None or self._report is None or nodeid not in self._nodes:
            return
        from deeplearn_checks.reporting.allure import record  # noqa: PLC0415  Allure is imported only where it is on

        result = self.result(self._nodes[nodeid])
        own_failure = nodeid in self._own_failures
        where = _runbook_url(self._config.rootpath)
        record(listener.allure_logger, result, self._report, runbook_url=where, own_failure=own_failure)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End the run, write the files, and make the gate's answer the exit status."""
        if self._shared is not None and self._shared.is_dir():
            self._run = WorkersRun(self._shared)
        if self._run is None:
            return
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            self._run.stop()
        if isinstance(self._run, SharedRun):
            self._run.finish()
            return
        ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        try:
            report = self._finished()
        except RefusedError as refused:
            if ended:
                raise pytest.UsageError(str(refused)) from None
            return
        self._conclude(report)
        if ended and report.gate != "passed":
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _conclude(self, report: RunReport) -> None:
        """Write the files that the operator asked for, and what Allure wants to know of the run."""
        from deeplearn_checks.reporting.formats import render  # noqa: PLC0415  as above

        for option, form in REPORTS.items():
            if name := self._config.getoption(PREFIX + option, None):
                Path(name).write_text(render(form, report), encoding="utf-8")
        if self._config.pluginmanager.has_plugin("allure_listener"):
            from deeplearn_checks.reporting.allure import write_run  # noqa: PLC0415  as above

            write_run(Path(self._config.option.allure_report_dir), report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """End the terminal with the root causes."""
        yield
        if self._planned:
            terminalreporter.section("DeepLearn")
            terminalreporter.write(self._planned)
        if self._report is not None and terminalreporter.verbosity > -2:  # noqa: PLR2004  -q -q: not a word more
            from deeplearn_checks.reporting.text import text  # noqa: PLC0415  as above

            verbose = terminalreporter.verbosity > 1
            terminalreporter.section("DeepLearn")
            terminalreporter.write(text(self._report, colour=terminalreporter.hasmarkup, verbose=verbose))


def _concluded(run: Run) -> RunReport:
    """Wait for the report of a run; raises RefusedError, also where its bundle could not be written."""
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  as above

    try:
        return run.report()
    except ConfigurationError as problem:
        raise RefusedError(str(problem)) from problem


def _in_catalogue_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Put the diagnostics, each once, into the order of every other report; those of the user's own come last."""
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415  only a run needs the catalogue
    from deeplearn_checks.extending import refuse_clashes  # noqa: PLC0415  likewise
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

    once = tuple(dict.fromkeys(diagnostics))
    try:
        refuse_clashes(once)
    except ConfigurationError as problem:
        raise pytest.UsageError(str(problem)) from None
    ranks = {one.id: rank for rank, one in enumerate(CATALOG)}
    return tuple(sorted(once, key=lambda one: ranks.get(one.id, len(ranks))))


def _runbook_url(root: Path) -> str:
    """Answer where the runbook can be read: as configured, else the project's own copy; empty where there is none."""
    copy = root / "docs" / "incident-response-runbook.md"
    return os.environ.get("DEEPLEARN_CHECKS_RUNBOOK_URL", "") or (copy.as_uri() if copy.is_file() else "")


def _is_warned(report: pytest.TestReport) -> bool:
    return any(name == "warned" for name, _ in report.user_properties)
