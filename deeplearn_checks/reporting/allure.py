"""A run in Allure's vocabulary: what a test's page shows, and the files that describe the whole run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Protocol
from uuid import NAMESPACE_URL, uuid4, uuid5

from allure_commons.model2 import Label, Link, Parameter, Status, StatusDetails, TestResult, TestStepResult
from allure_commons.types import AttachmentType

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.reporting import runbook
from deeplearn_checks.reporting.json_report import evidence_json
from deeplearn_checks.reporting.markdown import escaped
from deeplearn_checks.reporting.text import background
from deeplearn_checks.reporting.wording import answered, exchanges_of, failing_line, line, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deeplearn_checks.results import Exchange, Result, RunReport

STATUSES = {
    Outcome.PASSED: Status.PASSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.ERROR: Status.BROKEN,
    Outcome.BLOCKED: Status.FAILED,
    Outcome.SKIPPED: Status.SKIPPED,
}
SEVERITIES = {Severity.CRITICAL: "critical", Severity.WARNING: "normal", Severity.INFO: "minor"}
_PICTURES = {"image/png": AttachmentType.PNG}
REPLACED = frozenset({"parentSuite", "suite", "subSuite", "epic", "feature", "story", "severity"})
"""The labels that the diagnostic decides; the others are pytest's."""

ENVIRONMENT = "environment"
"""The label and the parameter that name the environment of a run."""

_SERVER_ERROR = 500

_CATEGORIES = (
    {"name": "Symptom of a root cause", "matchedStatuses": ["failed"], "messageRegex": r"^symptom of [\s\S]*"},
    {
        "name": "Root cause",
        "matchedStatuses": ["failed"],
        "messageRegex": r"^(critical|warning|info) [\s\S]*",
    },
    {"name": "Could not find out", "matchedStatuses": ["broken"]},
    {"name": "Not configured", "matchedStatuses": ["skipped"], "messageRegex": r"^not-configured: [\s\S]*"},
)


class Reporter(Protocol):
    """What we need of Allure's reporter, with types."""

    def get_test(self, uuid: str | None) -> TestResult | None:
        """Answer a test under way; for None the innermost."""

    def start_step(self, parent_uuid: str, uuid: str, step: TestStepResult) -> None:
        """Begin a step."""

    def stop_step(self, uuid: str, *, stop: int, status: str) -> None:
        """End a step; *stop* in milliseconds since the epoch."""

    def attach_data(
        self, uuid: str, body: str | bytes, name: str, attachment_type: AttachmentType, *, parent_uuid: str
    ) -> None:
        """Write an attachment of a test or step."""


def record(
    reporter: Reporter, result: Result, report: RunReport, *, runbook_url: str = "", own_failure: bool = False
) -> None:
    """Complete the test that Allure is about to write with what its finding says.

    *runbook_url*: where the runbook can be read, if anywhere. *own_failure*: the test failed by an assertion of
    its own, whose status and message stay.
    """
    test = reporter.get_test(None)
    if test is None:
        return
    test.name = line(result.title)
    test.testCaseId = test.historyId = hashlib.sha256(result.id.encode()).hexdigest()[:32]
    test.titlePath = [runbook.NAME, _area(result)]
    test.description = "\n\n".join(_description(result))
    test.labels = [label for label in test.labels if label.name not in REPLACED]
    test.labels += [Label(name, value) for name, value in _labels(result)]
    if report.environment:  # a parameter keeps the histories of two environments apart, a label tells them apart
        test.labels.append(Label(ENVIRONMENT, line(report.environment)))
        test.parameters.append(Parameter(ENVIRONMENT, line(report.environment)))
    test.links += list(_links(result, report, runbook_url))
    if not own_failure:
        test.status, test.statusDetails = STATUSES[result.outcome], _details(result)
    _attach_all(reporter, test, result, exchanges_of(report, result))
    test.uuid = _test_uuid(result.id, report)


def _area(result: Result) -> str:
    return result.id.partition(".")[0]


def _test_uuid(id_: str, report: RunReport) -> str:
    """Answer the id of a diagnostic's test in this run, so that a symptom can point at its root cause."""
    return str(uuid5(NAMESPACE_URL, f"{report.started_at} {report.target} {id_}"))


def _details(result: Result) -> StatusDetails | None:
    if result.outcome is Outcome.PASSED:
        return None
    if result.outcome is Outcome.SKIPPED:
        return StatusDetails(message=f"{result.cause}: {line(result.summary)}")
    return StatusDetails(message=failing_line(result), trace=background(result))


def _labels(result: Result) -> Iterator[tuple[str, str]]:
    yield "epic", runbook.NAME
    yield "feature", runbook.section_title(result.runbook)
    yield "story", runbook.step_title(result.runbook) or runbook.section_title(result.runbook)
    yield "severity", SEVERITIES[result.severity]
    yield "parentSuite", "DeepLearn"
    yield "suite", _area(result)


def _description(result: Result) -> Iterator[str]:
    yield escaped(result.summary)
    if result.blocked_by:
        yield f"**Symptom of** {', '.join(f'`{id_}`' for id_ in result.blocked_by)}: put that right first."
    if result.meaning:
        yield f"**What it means.** {escaped(result.meaning)}"
    if result.remedy:
        yield f"**What to do next.** {escaped(result.remedy)}"
    if result.runbook:
        said = "".join(f"\n- {escaped(words)}" for words in runbook.step_lines(result.runbook))
        yield f"**Runbook:** {escaped(runbook.place(result.runbook))}" + (f"\n{said}" if said else "")


def _links(result: Result, report: RunReport, runbook_url: str) -> Iterator[Link]:
    """Link the root causes of a symptom (Allure names a test's page after its uuid), and the runbook."""
    for id_ in result.blocked_by:
        page = hashlib.md5(_test_uuid(id_, report).encode(), usedforsecurity=False).hexdigest()
        yield Link("link", f"#{page}", f"root cause: {id_}")
    if result.runbook and runbook_url:
        url = f"{runbook_url}#{runbook.section_slug(result.runbook)}"
        yield Link("link", url, f"runbook: {runbook.place(result.runbook)}")


def _attach_all(reporter: Reporter, test: TestResult, result: Result, exchanges: tuple[Exchange, ...]) -> None:
    """Hang the evidence on the test, and a step for each request."""
    key = str(test.uuid)
    if result.evidence:
        evidence = json.dumps(evidence_json(result.evidence), indent=2)
        reporter.attach_data(str(uuid4()), evidence, "evidence", AttachmentType.JSON, parent_uuid=key)
    for attachment in result.attachments:
        kind = _PICTURES[attachment.media_type]
        reporter.attach_data(str(uuid4()), attachment.body, attachment.name, kind, parent_uuid=key)
    for exchange in exchanges:
        _step(reporter, key, exchange)
    if exchanges:
        test.start = min(_milliseconds(exchange.started_at) for exchange in exchanges)
        test.stop = max(_milliseconds(exchange.started_at + exchange.seconds) for exchange in exchanges)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _step(reporter: Reporter, test: str, exchange: Exchange) -> None:
    """Write one request as a step with its own times, the exchange and the command attached."""
    uuid = str(uuid4())
    name = f"{exchange.method} {line(exchange.url)} → {answered(exchange)}"
    start, stop = _milliseconds(exchange.started_at), _milliseconds(exchange.started_at + exchange.seconds)
    reporter.start_step(test, uuid, TestStepResult(name=name, start=start))
    for title, body in (("exchange", exchange_text(exchange)), ("curl", lines(exchange.curl))):
        reporter.attach_data(str(uuid4()), body, title, AttachmentType.TEXT, parent_uuid=uuid)
    reporter.stop_step(uuid, stop=stop, status=_step_status(exchange))


def _step_status(exchange: Exchange) -> str:
    """Answer a request's own status: a refusal may be what was hoped for, a server's error or silence never is."""
    if not exchange.status:
        return str(Status.BROKEN)
    return str(Status.FAILED if exchange.status >= _SERVER_ERROR else Status.PASSED)


def exchange_text(exchange: Exchange) -> str:
    """Write a request and its answer as they went over the wire, redacted."""
    asked = [f"{exchange.method} {line(exchange.url)}", *(f"{k}: {line(v)}" for k, v in exchange.request_headers)]
    got = [answered(exchange), *(f"{k}: {line(v)}" for k, v in exchange.response_headers)]
    parts = ("\n".join(asked), exchange.request_body, "\n".join(got), exchange.response_body)
    return lines("\n\n".join(filter(None, parts)))


def write_run(folder: Path, report: RunReport, environ: Mapping[str, str] = os.environ) -> None:
    """Write what Allure shows of the whole run: categories, environment and, on a CI, the executor."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "categories.json").write_text(json.dumps(_CATEGORIES, indent=2), encoding="utf-8")
    properties = "".join(f"{name}={line(value).replace(chr(92), chr(92) * 2)}\n" for name, value in _about(report))
    (folder / "environment.properties").write_text(properties, encoding="utf-8")
    executor = executor_of(environ)
    if executor:
        (folder / "executor.json").write_text(json.dumps(executor, indent=2), encoding="utf-8")


def _about(report: RunReport) -> Iterator[tuple[str, str]]:
    yield "target", report.target
    yield "environment", report.environment or "-"
    yield "effects", report.effects.label
    yield "fail_on", report.fail_on.label
    yield "gate", report.gate
    yield "requests", str(report.requests)
    yield "python", platform.python_version()
    yield "pytest", version_of("pytest")
    yield "deeplearn_checks", version_of("deeplearn-checks")


def version_of(package: str) -> str:
    """Answer the version of an installed package; where it runs from its sources, that."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "source tree"


_EXECUTORS: tuple[tuple[str, str, str, Mapping[str, str]], ...] = (
    (
        "GITHUB_ACTIONS",
        "GitHub Actions",
        "github",
        {
            "url": "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",
            "buildOrder": "{GITHUB_RUN_NUMBER}",
            "buildName": "{GITHUB_WORKFLOW} #{GITHUB_RUN_NUMBER}",
            "buildUrl": "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
        },
    ),
    (
        "GITLAB_CI",
        "GitLab CI",
        "gitlab",
        {
            "url": "{CI_PROJECT_URL}",
            "buildOrder": "{CI_PIPELINE_IID}",
            "buildName": "{CI_JOB_NAME} #{CI_PIPELINE_IID}",
            "buildUrl": "{CI_JOB_URL}",
        },
    ),
    (
        "JENKINS_URL",
        "Jenkins",
        "jenkins",
        {
            "url": "{JENKINS_URL}",
            "buildOrder": "{BUILD_NUMBER}",
            "buildName": "{JOB_NAME} #{BUILD_NUMBER}",
            "buildUrl": "{BUILD_URL}",
        },
    ),
    (
        "TF_BUILD",
        "Azure Pipelines",
        "azure",
        {
            "url": "{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}",
            "buildOrder": "{BUILD_BUILDID}",
            "buildName": "{BUILD_DEFINITIONNAME} #{BUILD_BUILDNUMBER}",
            "buildUrl": "{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}"
            "/_build/results?buildId={BUILD_BUILDID}",
        },
    ),
    (
        "CIRCLECI",
        "CircleCI",
        "circleci",
        {
            "url": "{CIRCLE_BUILD_URL}",
            "buildOrder": "{CIRCLE_BUILD_NUM}",
            "buildName": "{CIRCLE_JOB} #{CIRCLE_BUILD_NUM}",
            "buildUrl": "{CIRCLE_BUILD_URL}",
        },
    ),
)
"""The CI systems: the variable that gives each away, its name, Allure's word for it, and its build's addresses."""


class _Blank(dict[str, str]):
    """Variables of which the missing ones are empty."""

    def __missing__(self, key: str) -> str:
        return ""


def executor_of(environ: Mapping[str, str]) -> dict[str, str | int]:
    """Say on which CI this runs, in the words of Allure's `executor.json`; empty on none that we know."""
    for variable, name, kind, templates in _EXECUTORS:
        if environ.get(variable):
            filled = {key: line(template.format_map(_Blank(environ))) for key, template in templates.items()}
            order = filled.pop("buildOrder")
            return {"name": name, "type": kind, **filled} | ({"buildOrder": int(order)} if order.isdecimal() else {})
    return {}
