"""A rule of an audit as Allure shows it."""

from __future__ import annotations

from allure_commons.model2 import Label, Status
from allure_commons.model2 import TestResult as Shown
from audited import EVERY_OUTCOME, HOSTILE_AUDIT, quiet

from deeplearn_checks.reporting.audit_allure import record


class Reporter:
    """Keeps what is attached to the one test under way, if there is one."""

    def __init__(self, test: Shown | None) -> None:
        self._test = test
        self.attached: dict[str, str | bytes] = {}

    def get_test(self, _uuid: str | None) -> Shown | None:
        """Answer the test under way."""
        return self._test

    def start_step(self, _parent_uuid: str, _uuid: str, _step: object) -> None:
        """An audit has no steps."""
        raise AssertionError

    def stop_step(self, _uuid: str, *, stop: int, status: str) -> None:
        """An audit has no steps."""
        raise AssertionError(stop, status)

    def attach_data(
        self, _uuid: str, body: str | bytes, name: str, _attachment_type: object, *, parent_uuid: str
    ) -> None:
        """Keep it under its name."""
        assert parent_uuid
        self.attached[name] = body


def under_way() -> Shown:
    """Answer the test that pytest runs."""
    return Shown(uuid="1", name="test_audit", labels=[Label("suite", "test_audit"), Label("tag", "audit")])


def test_each_outcome_has_its_status() -> None:
    """What could not be found out is broken, what was not judged is skipped and says why."""
    tests = {result.outcome: (under_way(), result) for result in EVERY_OUTCOME.results}

    for test, result in tests.values():
        record(Reporter(test), result)

    statuses = {outcome: test.status for outcome, (test, _) in tests.items()}
    assert statuses == {
        "passed": Status.PASSED,
        "failed": Status.FAILED,
        "error": Status.BROKEN,
        "skipped": Status.SKIPPED,
    }


def test_the_table_is_attached_and_the_remedy_told() -> None:
    """Name, labels, description and attachment are those of the rule."""
    test, result = under_way(), EVERY_OUTCOME.results[2]
    reporter = Reporter(test)

    record(reporter, result)

    labels = {label.name: label.value for label in test.labels}
    assert test.name == "paid-without-enrollment: They paid, have an account, and no enrollment."
    assert (labels["suite"], labels["tag"], labels["severity"]) == ("audit", "audit", "critical")
    assert "7 rows, 2 of them known and 5 new" in str(test.description)
    assert "lead_id: lead-1, " in str(reporter.attached["paid-without-enrollment.txt"])


def test_an_assertion_of_the_test_s_own_stays() -> None:
    """Its status and message are no verdict on the rule."""
    test = under_way()
    test.status = Status.FAILED

    record(Reporter(test), quiet("won-but-not-paid"), own_failure=True)

    assert test.status == Status.FAILED


def test_hostile_text_is_one_line_of_a_name() -> None:
    """What a database holds breaks nothing."""
    test = under_way()

    record(Reporter(test), HOSTILE_AUDIT.results[0])

    assert ("\n" in test.name, "\x1b" in test.name) == (False, False)


def test_without_a_test_nothing_is_recorded() -> None:
    """Allure may have none under way."""
    reporter = Reporter(None)

    record(reporter, quiet("won-but-not-paid"))

    assert reporter.attached == {}
