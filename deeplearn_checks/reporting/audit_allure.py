"""A rule of an audit in Allure's vocabulary: what its test's page shows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import uuid4

from allure_commons.model2 import Label, StatusDetails
from allure_commons.types import AttachmentType

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import audit_wording as wording
from deeplearn_checks.reporting import runbook
from deeplearn_checks.reporting.allure import REPLACED, SEVERITIES, STATUSES
from deeplearn_checks.reporting.audit_text import rule_table
from deeplearn_checks.reporting.markdown import escaped
from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.audit.result import RuleResult
    from deeplearn_checks.reporting.allure import Reporter

_AREA = "audit"


def record(reporter: Reporter, result: RuleResult, *, own_failure: bool = False) -> None:
    """Complete the test that Allure is about to write with what became of its rule, its table attached.

    *own_failure*: the test failed by an assertion of its own, whose status and message stay.
    """
    test = reporter.get_test(None)
    if test is None:
        return
    rule = result.rule
    test.name = f"{rule.id}: {line(rule.meaning)}"
    test.testCaseId = test.historyId = hashlib.sha256(f"{_AREA} {rule.id}".encode()).hexdigest()[:32]
    test.titlePath = [runbook.NAME, _AREA]
    test.description = "\n\n".join(_description(result))
    test.labels = [label for label in test.labels if label.name not in REPLACED]
    test.labels += [Label(name, value) for name, value in _labels(result)]
    if not own_failure:
        test.status, test.statusDetails = STATUSES[result.outcome], _details(result)
    table = rule_table(result)
    reporter.attach_data(str(uuid4()), table, f"{rule.id}.txt", AttachmentType.TEXT, parent_uuid=str(test.uuid))


def _details(result: RuleResult) -> StatusDetails | None:
    if result.outcome is Outcome.PASSED:
        return None
    if result.outcome is Outcome.SKIPPED:
        return StatusDetails(message=f"not judged: {line(result.reason or '')}")
    return StatusDetails(message=wording.failing(result), trace=rule_table(result))


def _labels(result: RuleResult) -> Iterator[tuple[str, str]]:
    rule = result.rule
    yield "epic", runbook.NAME
    yield "feature", runbook.section_title(rule.runbook)
    yield "story", runbook.step_title(rule.runbook) or runbook.section_title(rule.runbook)
    yield "severity", SEVERITIES[rule.severity]
    yield "parentSuite", "DeepLearn"
    yield "suite", _AREA


def _description(result: RuleResult) -> Iterator[str]:
    rule = result.rule
    if result.outcome is Outcome.FAILED:
        yield escaped(wording.found(result))
    yield f"**What it means.** {escaped(line(rule.meaning))}"
    if result.outcome is Outcome.FAILED and wording.remedy(rule):
        yield f"**What to do next.** {escaped(wording.remedy(rule))}"
    yield f"**Runbook:** {escaped(runbook.place(rule.runbook))}"
