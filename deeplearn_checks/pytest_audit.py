"""The audit of one pytest session: one run behind a test for each rule; loaded where `--audit-source` is given."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from deeplearn_checks.audit_session import AuditOptions, audited, selected
from deeplearn_checks.checking import PREFIX
from deeplearn_checks.finding import Outcome
from deeplearn_checks.pytest_sharing import Node, RefusedError, folder_of, write_whole
from deeplearn_checks.reporting.audit_text import audit_text, rule_table
from deeplearn_checks.reporting.audit_wording import failing, verdict, weighs
from deeplearn_checks.reporting.wording import line
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from deeplearn_checks.audit.result import AuditReport, RuleResult
    from deeplearn_checks.audit.rule import Rule

RULE = "audited_rule"
"""The fixture that makes a test the test of a rule, once for each."""

AUDIT = "audit: rules over every row, where --audit-source is given"
"""Describes the marker of a rule's test."""


class Audit:
    """A pytest plugin object: gives `audited_rule`, the judged result of one rule, to whoever takes it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rules = self._selected()
        config.addinivalue_line("markers", AUDIT)
        for label in sorted({rule.severity.label for rule in self._rules}):
            config.addinivalue_line("markers", f"{label}: checks whose failure is {label}")
        self._report: AuditReport | None = None
        self._refused = ""
        self._shared: Path | None = None
        self._nodes: dict[str, str] = {}
        self._verdicts: set[str] = set()
        self._own_failures: set[str] = set()

    def _selected(self) -> tuple[Rule, ...]:
        try:
            return selected(self._options())
        except ConfigurationError as problem:
            raise pytest.UsageError(str(problem)) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Node) -> None:
        """Under xdist, in the process that collects nothing: await what the workers find out."""
        self._shared = folder_of(f"{node.workerinput['testrunuid']}-audit")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of each rule, marked with its severity."""
        if RULE in metafunc.fixturenames:
            marked = {rule.id: (pytest.mark.audit, getattr(pytest.mark, rule.severity.label)) for rule in self._rules}
            metafunc.parametrize(RULE, [pytest.param(id_, marks=marks) for id_, marks in marked.items()], indirect=True)

    @pytest.fixture
    def audited_rule(self, request: pytest.FixtureRequest) -> RuleResult:
        """The judged result of one rule."""
        if self._report is None:
            pytest.skip(self._refused)
        return {result.rule.id: result for result in self._report.results}[request.param]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Run the rules that are selected, once for all workers."""
        self._nodes = {item.nodeid: id_ for item in session.items if (id_ := _rule_of(item))}
        ids = tuple(dict.fromkeys(self._nodes.values()))
        broken = session.testsfailed and not self._config.option.continue_on_collection_errors
        if not ids or broken or self._config.option.collectonly:
            return
        worker: dict[str, object] = getattr(self._config, "workerinput", {})
        try:
            if worker:
                self._report = shared(folder_of(f"{worker['testrunuid']}-audit"), lambda: self._audited(ids))
            else:
                self._report = self._audited(ids)
        except RefusedError as refused:
            if not worker:
                raise pytest.UsageError(str(refused)) from None
            self._refused = str(refused)

    def _audited(self, ids: tuple[str, ...]) -> AuditReport:
        try:
            return audited(self._options(ids), lambda _step: None)
        except ConfigurationError as problem:
            raise RefusedError(str(problem)) from problem

    def _options(self, ids: tuple[str, ...] = ()) -> AuditOptions:
        def given(name: str) -> str:
            return str(self._config.getoption(PREFIX + name, None) or "")

        return AuditOptions(
            source=given("audit_source"),
            payments=given("audit_payments"),
            certificates=given("audit_certificates"),
            engine=given("audit_engine") or "sqlite",
            only=ids,
            folders=[Path(folder) for folder in given("audit_rules").split(",") if folder],
            extend=[given("extend")] if given("extend") else (),
            baseline=Path(given("audit_baseline")) if given("audit_baseline") else None,
            faults=self._config.getoption(f"{PREFIX}fault", None) or (),
            flags={name: given(name) or None for name in ("target", "environment", "fail_on")},
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Skip, run and then fail a test by what became of its rule."""
        result = self._result(_rule_of(pyfuncitem))
        if result is None:
            return (yield)
        if result.outcome is Outcome.SKIPPED:
            pytest.skip(line(result.reason or "not judged"))
        returned = yield
        if result.outcome is not Outcome.PASSED:
            self._verdicts.add(pyfuncitem.nodeid)
            pytest.fail(f"{failing(result)}\n{rule_table(result)}", pytrace=False)
        return returned

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn a failure that the gate lets pass into a warning."""
        report = yield
        result = self._result(_rule_of(item))
        is_verdict = call.when == "call" and item.nodeid in self._verdicts
        if report.failed and not is_verdict:
            self._own_failures.add(item.nodeid)
        if is_verdict and result is not None and not self._weighs(result):
            report.outcome = "passed"
            report.longrepr = None
            for properties in (report.user_properties, item.user_properties):
                properties.append(("warned", failing(result)))
        return report

    def _result(self, id_: str) -> RuleResult | None:
        results = self._report.results if self._report else ()
        return next((result for result in results if result.rule.id == id_), None)

    def _weighs(self, result: RuleResult) -> bool:
        return self._report is not None and weighs(result, self._report.fail_on)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Count what the gate lets pass apart from what passed."""
        is_call = isinstance(report, pytest.TestReport) and report.when == "call"
        if is_call and any(name == "warned" for name, _ in report.user_properties):
            return "warned", "W", ("WARNED", {"yellow": True})
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell Allure what became of the rule, before it writes the test down."""
        listener = self._config.pluginmanager.get_plugin("allure_listener")
        result = self._result(self._nodes.get(nodeid, ""))
        if listener is None or result is None:
            return
        from deeplearn_checks.reporting.audit_allure import record  # noqa: PLC0415  Allure is imported only where it is on

        record(listener.allure_logger, result, own_failure=nodeid in self._own_failures)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Make the gate's answer the exit status."""
        ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if self._shared is not None and self._shared.is_dir():
            try:
                self._report = read(self._shared)
            except RefusedError as refused:
                if ended:
                    raise pytest.UsageError(str(refused)) from None
            finally:
                shutil.rmtree(self._shared)
        if ended and self._report is not None and verdict(self._report) != "READY":
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """End the terminal with what the audit found."""
        yield
        if self._report is not None and terminalreporter.verbosity > -2:  # noqa: PLR2004  -q -q: not a word more
            terminalreporter.section("DeepLearn audit")
            terminalreporter.write(audit_text(self._report, colour=terminalreporter.hasmarkup))


def _rule_of(item: pytest.Item) -> str:
    """Answer the id of the rule whose test this is; empty for any other test."""
    call = getattr(item, "callspec", None)
    return str(call.params[RULE]) if call is not None and RULE in call.params else ""


def shared(folder: Path, run: Callable[[], AuditReport]) -> AuditReport:
    """Answer the report of whichever worker runs first: the others wait, and the next one takes a dead one's place.

    Raises RefusedError.
    """
    import fcntl  # noqa: PLC0415  POSIX only, and needed by xdist's workers alone

    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any((folder / name).exists() for name in ("report", "refused")):
            _publish(folder, run)
    finally:
        os.close(lock)
    return read(folder)


def _publish(folder: Path, run: Callable[[], AuditReport]) -> None:
    try:
        report = run()
    except RefusedError as refused:
        write_whole(folder / "refused", str(refused).encode())
    else:
        write_whole(folder / "report", pickle.dumps(report))


def read(folder: Path) -> AuditReport:
    """Read what a worker found out. Raises RefusedError, also when nobody found out anything."""
    if (folder / "refused").exists():
        raise RefusedError((folder / "refused").read_text(encoding="utf-8"))
    if not (folder / "report").exists():
        raise RefusedError("the workers ended before the audit did: nothing was found out")
    report = pickle.loads((folder / "report").read_bytes())  # noqa: S301  by a worker of this run, in a folder of ours
    return cast("AuditReport", report)
