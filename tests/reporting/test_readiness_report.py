"""What the service's own readiness script prints, from our run."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import pytest
from examples import API, PAGES, exchange, failing, passing, report

from deeplearn_checks.finding import Outcome, Severity, Skip
from deeplearn_checks.reporting.readiness import exit_status, readiness

if TYPE_CHECKING:
    from deeplearn_checks.results import Result, RunReport

ASKED = (
    ("worker_root", "platform.root", exchange(1, "/")),
    ("worker_health", "platform.health", exchange(2, "/health")),
    ("admin_overview", "access.admin-token-accepted", exchange(3, "/api/admin/overview")),
    ("admin_analytics_summary", "lead.writes-recorded", exchange(4, "/api/admin/analytics/summary?days=90")),
    ("admin_crm_leads", "funnel.paid-has-user", exchange(5, "/api/admin/crm/leads?days=365&limit=300")),
    ("admin_access_audit", "access.staff-have-accounts", exchange(6, "/api/admin/access/audit")),
    ("counselor_chat", "counselor.replies", exchange(7, "/api/chat/counselor", method="POST")),
    ("admin_content_runs", "content.last-run-succeeded", exchange(8, "/api/admin/content/runs?limit=50")),
    ("admin_alerts", "alerts.none-critical-open", exchange(9, "/api/admin/alerts?status=open&limit=200")),
    ("pages_console", "console.page-served", exchange(10, "/console/", base=PAGES)),
    ("pages_learn", "console.learn-served", exchange(11, "/learn/", base=PAGES, method="HEAD")),
)
HEALTHY = report(
    *(passing(id_, (asked.number,)) for _, id_, asked in ASKED), exchanges=tuple(asked for _, _, asked in ASKED)
)
ADMIN = tuple(id_ for _, id_, asked in ASKED if "/api/admin/" in asked.url)


def answer(run: RunReport) -> dict[str, dict[str, object]]:
    """Answer the checks of the readiness report by name."""
    return {check["name"]: check for check in json.loads(readiness(run))["checks"]}


def with_result(run: RunReport, result: Result) -> RunReport:
    """Answer the run with one result exchanged, by id."""
    return replace(run, results=tuple(result if one.id == result.id else one for one in run.results))


def with_status(run: RunReport, number: int, status: int) -> RunReport:
    """Answer the run with another status for one exchange."""
    changed = (replace(one, status=status) if one.number == number else one for one in run.exchanges)
    return replace(run, exchanges=tuple(changed))


def test_the_script_s_names_come_first_and_in_its_order() -> None:
    """Whoever reads the script's answer reads ours."""
    names = list(answer(HEALTHY))

    assert names == [name for name, _, _ in ASKED] + [id_ for _, id_, _ in ASKED]


def test_the_script_s_keys_are_kept() -> None:
    """The object around the checks is the script's."""
    whole = json.loads(readiness(HEALTHY))

    assert {key: whole[key] for key in whole if key != "checks"} == {
        "generated_at": "2026-03-02T10:00:00.000+00:00",
        "worker_base": API,
        "pages_base": PAGES,
        "critical_failures": 0,
    }


def test_the_script_s_judgement_of_what_is_critical_is_kept() -> None:
    """The script calls the counselor critical, and alerts and pages not."""
    checks = answer(HEALTHY)

    assert [name for name, _, _ in ASKED if not checks[name]["critical"]] == [
        *("admin_content_runs", "admin_alerts", "pages_console", "pages_learn"),
    ]


@pytest.mark.parametrize(("status", "ok"), [(200, True), (204, True), (302, False), (500, False)])
def test_a_check_is_ok_when_its_status_is_2xx(status: int, *, ok: bool) -> None:
    """As in the script, the status decides and nothing else."""
    checks = answer(with_status(HEALTHY, 2, status))

    assert (checks["worker_health"]["ok"], checks["worker_health"]["status"]) == (ok, status)


@pytest.mark.parametrize(("number", "status"), [(2, 1), (7, 1), (9, 0), (10, 0)])
def test_the_exit_status_is_the_script_s(number: int, status: int) -> None:
    """Only a failed critical check makes it 1."""
    code = exit_status(with_status(HEALTHY, number, 500))

    assert code == status


def test_without_a_token_one_check_says_so() -> None:
    """The checks that need the token give way to one that names it."""
    unset = [passing(id_, outcome=Outcome.SKIPPED, cause=Skip.NOT_CONFIGURED.value) for id_ in ADMIN]
    run = reduce(with_result, unset, HEALTHY)

    names = [name for name in answer(run) if "." not in name]

    assert names == [
        *("worker_root", "worker_health", "admin_token_present", "counselor_chat", "pages_console", "pages_learn"),
    ]


def test_a_part_left_out_is_not_listed() -> None:
    """What the operator left out on purpose is no check."""
    left_out = passing("counselor.replies", outcome=Outcome.SKIPPED, cause=Skip.LEFT_OUT.value)

    checks = answer(with_result(HEALTHY, left_out))

    assert "counselor_chat" not in checks


def test_a_request_never_sent_is_a_failed_check() -> None:
    """A question that the deadline cut off has the status 0."""
    cut_off = passing("platform.health", outcome=Outcome.ERROR, cause="timed-out", summary="no answer in time")

    check = answer(with_result(HEALTHY, cut_off))["worker_health"]

    assert check == {
        "name": "worker_health",
        "ok": False,
        "critical": True,
        "status": 0,
        "details": "no answer in time",
    }


def test_a_search_is_not_the_script_s_question() -> None:
    """`/api/admin/crm/leads` with `q` is another request."""
    searched = exchange(5, "/api/admin/crm/leads?q=person-0123456789")
    run = report(passing("funnel.paid-has-user", (5,)), exchanges=(searched,))

    names = list(answer(run))

    assert names == ["funnel.paid-has-user"]


def test_without_pages_there_is_no_base() -> None:
    """The script's words for it are kept."""
    whole = json.loads(readiness(report(passing())))

    assert whole["pages_base"] == "(not provided)"


@pytest.mark.parametrize(
    ("result", "ok", "critical"),
    [
        (passing(), True, True),
        (failing(severity=Severity.WARNING), False, False),
        (passing(outcome=Outcome.SKIPPED, cause=Skip.NOT_CONFIGURED.value), False, True),
        (passing(outcome=Outcome.SKIPPED, cause=Skip.DOES_NOT_APPLY.value), True, True),
    ],
)
def test_our_diagnostics_are_further_checks(result: Result, *, ok: bool, critical: bool) -> None:
    """A critical question that is not configured is not ok; one that does not apply is."""
    check = answer(report(result))[result.id]

    assert (check["ok"], check["critical"]) == (ok, critical)
