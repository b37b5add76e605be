"""A finding in Allure's words, read back from what Allure would write."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import allure_commons
import pytest
from allure_commons import model2
from allure_commons.logger import AllureMemoryLogger
from allure_commons.reporter import AllureReporter
from examples import EVERY_OUTCOME, EXCHANGES, HOSTILE_RUN, blocked, erring, failing, passing, report, unconfigured

from deeplearn_checks.finding import Attachment, Severity
from deeplearn_checks.reporting.allure import exchange_text, executor_of, record, version_of, write_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deeplearn_checks.results import Result, RunReport

Written = dict[str, Any]  # what Allure writes is JSON of many shapes


def reporter_of_allure() -> Any:  # noqa: ANN401  Allure's reporter has no types
    """Answer Allure's own reporter, with no test under way."""
    return AllureReporter()  # type: ignore[no-untyped-call]  # likewise


class Allure:
    """Allure's own reporter and logger, with one test under way."""

    def __init__(self, logger: AllureMemoryLogger) -> None:
        self.logger = logger

    def written(
        self, result: Result, run: RunReport = EVERY_OUTCOME, *, url: str = "", own_failure: bool = False
    ) -> Written:
        """Answer the test that Allure writes for a result."""
        reporter = reporter_of_allure()
        test = model2.TestResult(name="test_it", uuid="the-test", status=model2.Status.FAILED)
        test.statusDetails = model2.StatusDetails(message="its own")
        test.labels = [model2.Label("suite", "test_payment"), model2.Label("tag", "critical")]
        reporter.schedule_test("the-test", test)
        record(reporter, result, run, runbook_url=url, own_failure=own_failure)
        reporter.close_test("the-test")
        answer: Written = self.logger.test_cases[-1]
        return answer


@pytest.fixture
def allure() -> Iterator[Allure]:
    """Allure, writing to memory."""
    logger = AllureMemoryLogger()  # type: ignore[no-untyped-call]  # Allure has no types
    allure_commons.plugin_manager.register(logger)
    yield Allure(logger)
    allure_commons.plugin_manager.unregister(logger)


def labels(test: Written) -> dict[str, str]:
    """Answer the labels of a test by name."""
    return {label["name"]: label["value"] for label in test["labels"]}


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (passing(), "passed"),
        (failing(), "failed"),
        (erring(), "broken"),
        (blocked(), "failed"),
        (unconfigured(), "skipped"),
    ],
)
def test_every_outcome_has_a_status(allure: Allure, result: Result, status: str) -> None:
    """What could not be found out is broken, a symptom failed."""
    test = allure.written(result)

    assert test["status"] == status


def test_the_rule_is_the_title(allure: Allure) -> None:
    """A report reads as a list of rules."""
    test = allure.written(failing())

    assert test["name"] == "The service verifies webhooks with the secret that we hold."


def test_the_history_follows_the_diagnostic(allure: Allure) -> None:
    """Another run, another outcome: the same history, because only the id counts."""
    first, second = allure.written(failing()), allure.written(failing(summary="else"), report(failing()))

    assert (first["historyId"], first["testCaseId"]) == (second["historyId"], second["testCaseId"])


def test_the_labels_follow_the_runbook(allure: Allure) -> None:
    """Behaviours are the runbook's sections and steps; suites are the areas; tags stay pytest's."""
    test = allure.written(failing(severity=Severity.WARNING))

    assert labels(test) == {
        "epic": "DeepLearn incident runbook",
        "feature": "Payment Failure Playbook",
        "story": "2. Verify configuration",
        "severity": "normal",
        "parentSuite": "DeepLearn",
        "suite": "payment",
        "tag": "critical",
        "environment": "staging",
    }


def test_environments_have_histories_of_their_own(allure: Allure) -> None:
    """The environment is a parameter, which Allure keeps histories apart by; a run without one has none."""
    named, unnamed = allure.written(failing()), allure.written(failing(), report(failing(), environment=""))

    assert (
        [one["value"] for one in named["parameters"]],
        "parameters" in unnamed,
        "environment" in labels(unnamed),
    ) == (
        ["staging"],
        False,
        False,
    )


def test_a_reference_to_a_whole_section_is_its_story(allure: Allure) -> None:
    """A story is never empty."""
    test = allure.written(failing(runbook="alert-workflow"))

    assert labels(test)["story"] == "Alert Workflow"


def test_the_description_says_what_to_do(allure: Allure) -> None:
    """Summary, meaning, remedy and the runbook's step with what it says."""
    test = allure.written(failing(runbook="payment-failure-playbook/1"))

    assert test["description"].split("\n\n") == [
        "the service refuses webhooks that are signed with our secret",
        "**What it means.** No payment is activated.",
        "**What to do next.** npx wrangler secret put RAZORPAY\\_WEBHOOK\\_SECRET",
        "**Runbook:** Payment Failure Playbook · 1. Confirm latest webhook call path",
        "- /api/funnel/payment/razorpay/webhook",
    ]


def test_what_passed_needs_no_remedy(allure: Allure) -> None:
    """A passed diagnostic says what was found, and no more."""
    test = allure.written(passing(runbook=""))

    assert test["description"] == "it answers ok"


def test_a_symptom_links_its_root_cause(allure: Allure) -> None:
    """The link leads to the page of the root cause's own test in the same run."""
    root, symptom = allure.written(failing()), allure.written(blocked())

    assert symptom["links"] == [
        {
            "type": "link",
            "url": f"#{md5(root['uuid'])}",
            "name": "root cause: payment.webhook-accepts-our-signature",
        }
    ]


def md5(text: str) -> str:
    """Answer the name of a test's page, as Allure's report makes it from the test's uuid."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_the_runbook_is_linked_where_it_can_be_read(allure: Allure) -> None:
    """The link leads to the section."""
    test = allure.written(failing(), url="https://wiki.example.com/runbook")

    assert test["links"][0]["url"] == "https://wiki.example.com/runbook#payment-failure-playbook"


def test_a_test_that_failed_by_itself_keeps_its_message(allure: Allure) -> None:
    """An assertion of the user's own is not talked over."""
    test = allure.written(passing(), own_failure=True)

    assert (test["status"], test["statusDetails"]["message"]) == ("failed", "its own")


def test_each_request_is_a_step_with_its_own_times(allure: Allure) -> None:
    """The report shows when which request ran; a refusal may be right, silence never is."""
    test = allure.written(failing(exchanges=(2, 3, 4)))

    assert [(step["name"].split("/", 3)[3], step["status"], step["start"], step["stop"]) for step in test["steps"]] == [
        ("health → 200", "passed", 200, 400),
        ("api/funnel/payment/razorpay/webhook → 401", "passed", 300, 500),
        ("api/admin/overview → no answer in time", "broken", 400, 600),
    ]


def test_a_server_s_error_is_a_failed_step(allure: Allure) -> None:
    """A status of 500 is nobody's hope."""
    exchanges = tuple(type(one)(**{**fields(one), "status": 500}) for one in EXCHANGES)

    test = allure.written(passing(exchanges=(1,)), report(passing(), exchanges=exchanges))

    assert test["steps"][0]["status"] == "failed"


def fields(one: object) -> dict[str, Any]:
    """Answer the fields of a frozen value with slots."""
    return {name: getattr(one, name) for name in type(one).__slots__}  # type: ignore[attr-defined]  # it has slots


def test_a_test_lasts_as_long_as_its_requests(allure: Allure) -> None:
    """The time line shows the run, not the moment at which pytest reported it."""
    test = allure.written(failing(exchanges=(2, 3)))

    assert (test["start"], test["stop"]) == (200, 500)


def test_the_evidence_is_attached(allure: Allure) -> None:
    """What the judgement rests on is one click away."""
    test = allure.written(failing())

    evidence = allure.logger.attachments[test["attachments"][0]["source"]]

    assert json.loads(evidence) == {"status": 401, "leads": ["person-0123456789", "person-abcdefabcd"]}


def test_a_picture_is_attached(allure: Allure) -> None:
    """A screenshot hangs on the test, as the picture that it is."""
    test = allure.written(passing(attachments=(Attachment("/console/", "image/png", b"\x89PNG"),)))

    (attached,) = test["attachments"]
    assert (attached["name"], attached["type"], allure.logger.attachments[attached["source"]]) == (
        "/console/",
        "image/png",
        b"\x89PNG",
    )


def test_a_step_holds_the_exchange_and_the_command(allure: Allure) -> None:
    """Whoever doubts a request can read it, and repeat it."""
    test = allure.written(passing(exchanges=(1,)))

    bodies = [allure.logger.attachments[one["source"]] for one in test["steps"][0]["attachments"]]

    assert bodies == [exchange_text(EXCHANGES[0]), "curl -sS -X GET 'https://api.example.com/'"]


def test_an_exchange_reads_as_it_went_over_the_wire() -> None:
    """Request line, headers, answer, headers, body; secrets masked."""
    text = exchange_text(EXCHANGES[0])

    assert text == (
        'GET https://api.example.com/\nx-admin-token: [secret]\n\n200\ncontent-type: application/json\n\n{"ok": true}'
    )


def test_hostile_text_can_be_written(allure: Allure) -> None:
    """Whatever a service says, Allure's files are UTF-8."""
    test = allure.written(HOSTILE_RUN.results[0], HOSTILE_RUN)

    assert json.dumps(test, ensure_ascii=False).encode()


def test_outside_a_test_nothing_happens() -> None:
    """Where Allure has no test under way there is nothing to complete."""
    reporter = reporter_of_allure()

    record(reporter, failing(), EVERY_OUTCOME)

    assert reporter.get_test(None) is None


@pytest.mark.parametrize(
    ("result", "category"),
    [
        (failing(), "Root cause"),
        (blocked(), "Symptom of a root cause"),
        (erring(), "Could not find out"),
        (unconfigured(), "Not configured"),
    ],
)
def test_every_trouble_has_one_category(allure: Allure, tmp_path: Path, result: Result, category: str) -> None:
    """Allure sorts a test into the first category that matches its status and message."""
    write_run(tmp_path, EVERY_OUTCOME, {})
    test = allure.written(result)

    matching = [
        one["name"]
        for one in json.loads((tmp_path / "categories.json").read_text())
        if test["status"] in one["matchedStatuses"]
        and re.fullmatch(one.get("messageRegex", r"[\s\S]*"), test["statusDetails"]["message"])
    ]

    assert matching == [category]


def test_the_environment_is_described(tmp_path: Path) -> None:
    """A report says of which target it speaks, and who allowed what."""
    write_run(tmp_path / "new", HOSTILE_RUN, {})

    lines = (tmp_path / "new" / "environment.properties").read_text(encoding="utf-8").splitlines()

    assert [line.partition("=")[0] for line in lines] == [
        *("target", "environment", "effects", "fail_on", "gate", "requests", "python", "pytest", "deeplearn_checks"),
    ]


def test_off_a_ci_there_is_no_executor(tmp_path: Path) -> None:
    """A run by hand has no build to point at."""
    write_run(tmp_path, EVERY_OUTCOME, {})

    assert not (tmp_path / "executor.json").exists()


def test_on_a_ci_the_executor_is_written(tmp_path: Path) -> None:
    """The report links back to the build."""
    write_run(tmp_path, EVERY_OUTCOME, {"CIRCLECI": "true", "CIRCLE_BUILD_NUM": "7", "CIRCLE_JOB": "checks"})

    executor = json.loads((tmp_path / "executor.json").read_text())

    assert executor == {
        "name": "CircleCI",
        "type": "circleci",
        "url": "",
        "buildName": "checks #7",
        "buildUrl": "",
        "buildOrder": 7,
    }


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_SERVER_URL": "https://g",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "5",
            },
            "https://g/o/r/actions/runs/5",
        ),
        ({"GITLAB_CI": "true", "CI_JOB_URL": "https://gl/job/5"}, "https://gl/job/5"),
        ({"JENKINS_URL": "https://j", "BUILD_URL": "https://j/job/5"}, "https://j/job/5"),
        (
            {
                "TF_BUILD": "True",
                "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://a/o/",
                "SYSTEM_TEAMPROJECT": "p",
                "BUILD_BUILDID": "5",
            },
            "https://a/o/p/_build/results?buildId=5",
        ),
        ({"CIRCLECI": "true", "CIRCLE_BUILD_URL": "https://c/5"}, "https://c/5"),
    ],
)
def test_each_ci_is_recognised(environ: Mapping[str, str], url: str) -> None:
    """By its own variables, without asking anyone."""
    executor = executor_of(environ)

    assert executor["buildUrl"] == url


def test_a_package_that_is_not_installed_runs_from_its_sources() -> None:
    """A version that nobody knows is said to be none."""
    assert version_of("no-such-package-anywhere") == "source tree"
