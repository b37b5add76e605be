"""How alerts, triage, changes and the coverage of the runbook read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from examples import HOSTILE, erring, failing, report

from deeplearn_checks.alerting import (
    Affected,
    AlertChange,
    AlertGroup,
    ChangeOutcome,
    Covered,
    OpenAlerts,
    Playbook,
    Resolution,
    Triage,
    TriagedGroup,
    Verdict,
)
from deeplearn_checks.finding import Severity
from deeplearn_checks.models import Alert
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.alerts import (
    alerts_markdown,
    alerts_text,
    changes_text,
    duration,
    resolution_text,
    triage_markdown,
    triage_text,
)
from deeplearn_checks.reporting.alerts_json import alerts_json, changes_json, resolution_json, triage_json
from deeplearn_checks.reporting.coverage import coverage_json, coverage_markdown, coverage_text

HOUR_MS = 3_600_000
NOW_MS = 100 * HOUR_MS
ALERT = Alert(
    id="alert-1",
    source="payment_webhook",
    severity="critical",
    event_type="webhook_signature_invalid",
    message="Invalid signature.",
    status="open",
    created_at_ms=NOW_MS - 50 * HOUR_MS,
    updated_at_ms=NOW_MS - HOUR_MS,
)
GROUP = AlertGroup(
    source="payment_webhook",
    event_type="webhook_signature_invalid",
    alerts=(ALERT,),
    severity=Severity.CRITICAL,
    service_severity="critical",
    impact="nobody who pays is enrolled",
    playbook=Playbook("payment-failure-playbook", ()),
    known=True,
)
STRANGE = replace(
    GROUP,
    event_type="flux_lost",
    known=False,
    service_severity="warning",
    playbook=Playbook("no-such-section", ()),
    alerts=(ALERT.model_copy(update={"updated_at_ms": ALERT.created_at_ms}),),
)
OPEN = OpenAlerts((GROUP, STRANGE), at_limit=True, now_ms=NOW_MS)
HIT = Affected(
    leads=12,
    learners=1,
    people=tuple(Redacted(f"person-{number:010x}") for number in range(12)),
    money={"INR": 499_900, "JPY": 1_200},
    since_ms=NOW_MS,
    evidence=Redacted("12 of 40 payments"),
    complete=False,
    reach=Redacted("older payments"),
)
(ROOT,) = report(failing()).root_causes()
(BARE,) = report(erring(evidence={})).root_causes()
CONFIRMED = TriagedGroup(GROUP, Verdict.CONFIRMED, (ROOT, BARE), HIT, "npx wrangler secret put", ("x",))
UNKNOWN = TriagedGroup(STRANGE, Verdict.UNKNOWN, (), Affected(), "read it", ("payment.known-lead",))
TRIAGE = Triage(Redacted("https://api.example.com"), "2026-03-02T10:00:00Z", OPEN, (CONFIRMED, UNKNOWN), report())
CHANGES = (
    AlertChange("alert-1", "resolved", ChangeOutcome.DONE, Redacted("resolved"), kind="a/b"),
    AlertChange("alert-2", "resolved", ChangeOutcome.HELD_BACK, Redacted("not passed: x.y"), ("x.y",)),
)
ROWS = (
    (Covered("Act", "Do it", ("a.b", "c.d"), ("triage",)), "failed"),
    (Covered("Act", "Ask it", ("a.b",)), ""),
    (Covered("Review", "Write | it", manual="people write it"), ""),
)


def test_the_list_says_what_an_operator_classifies_by() -> None:
    """Age, impact, what the service says, playbook, ids; and where severities differ, or the type is unknown."""
    text = alerts_text(OPEN)

    assert text == (
        "2 open alerts of 2 kinds\n"
        "this is as many as were asked for (2): there may be more\n"
        "\n"
        "CRITICAL payment_webhook/webhook_signature_invalid: 1 alert\n"
        "  age      raised 2 d 2 h ago, last 1 h 0 min ago\n"
        "  impact   nobody who pays is enrolled\n"
        "  says     Invalid signature.\n"
        "  playbook Payment Failure Playbook\n"
        "  ids      alert-1\n"
        "\n"
        "CRITICAL payment_webhook/flux_lost: 1 alert\n"
        "  age      raised 2 d 2 h ago\n"
        "  unknown  the API page lists no such event type; severity by its source, if that says any\n"
        "  note     the service calls it warning, the runbook critical\n"
        "  impact   nobody who pays is enrolled\n"
        "  says     Invalid signature.\n"
        "  playbook No Such Section\n"
        "  ids      alert-1\n"
    )


def test_no_alert_is_said() -> None:
    """An empty list is one line."""
    text = alerts_text(OpenAlerts((), at_limit=False, now_ms=NOW_MS))

    assert text == "no alert is open\n"


def test_triage_says_cause_evidence_who_is_hit_and_what_next() -> None:
    """Everything that the next step needs, in its order."""
    lines = triage_text(TRIAGE).splitlines()

    assert [line.split(maxsplit=1)[0] for line in lines if line.startswith("  ")] == [
        *("age", "cause", "evidence", "cause", "impact", "hit", "people", "at", "since", "counted", "unseen"),
        *("next", "playbook", "age", "unknown", "unproved", "impact", "hit", "next", "playbook"),
    ]


@pytest.mark.parametrize(
    "told",
    [
        "2 open alerts of 2 kinds: 1 confirmed, 1 unknown",
        "hit      12 leads, 1 learner",
        "person-0000000009 and 2 more (--json lists all)",
        "at stake INR 4,999.00, JPY 1,200",
        "since    1970-01-05T04:00:00+00:00",
    ],
)
def test_triage_counts(told: str) -> None:
    """Verdicts, people and money are counted; the first ten people are named."""
    text = triage_text(TRIAGE)

    assert told in text


@pytest.mark.parametrize("render", [alerts_markdown, alerts_text])
def test_hostile_messages_stay_in_their_line(render: object) -> None:
    """A message can neither break its line nor become markup."""
    hostile = replace(GROUP, alerts=(ALERT.model_copy(update={"message": HOSTILE}),))
    known = OpenAlerts((hostile,), at_limit=False, now_ms=NOW_MS)

    text = render(known)  # type: ignore[operator]  # one of two functions

    (says,) = [line for line in text.splitlines() if "says" in line]
    assert ("evil.example" in says, "\x1b" in text) == (True, False)


def test_markdown_escapes_what_is_told() -> None:
    """For a chat or a ticket: no markup of others."""
    text = triage_markdown(TRIAGE)

    assert "## CONFIRMED CRITICAL payment\\_webhook/webhook\\_signature\\_invalid: 1 alert" in text


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (-5, "less than a minute"),
        (59_999, "less than a minute"),
        (60_000, "1 min"),
        (HOUR_MS, "1 h 0 min"),
        (25 * HOUR_MS, "1 d 1 h"),
    ],
)
def test_durations_read_well(milliseconds: int, expected: str) -> None:
    """The two largest units."""
    assert duration(milliseconds) == expected


def test_each_change_has_its_line() -> None:
    """What became of each, and how many are settled."""
    text = changes_text(CHANGES)

    assert text == ("done a/b alert-1: resolved\nheld-back alert-2: not passed: x.y\n1 of 2 settled\n")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "no critical alert is open"),
        ({"unverified": Redacted("could not be seen")}, "NOT RECOVERED: could not be seen"),
        ({"critical_open": (ALERT,)}, "NOT RECOVERED: critical and still open: "),
        ({"critical_open": (ALERT,), "opened": (ALERT,)}, "NOT RECOVERED: opened meanwhile: "),
    ],
)
def test_a_resolution_ends_with_its_proof(changes: dict[str, object], expected: str) -> None:
    """No critical alert open, or which; one that opened meanwhile is told once, as such."""
    done = replace(Resolution(CHANGES, report()), **changes)  # type: ignore[arg-type]  # the fields that are meant

    (last,) = resolution_text(done).splitlines()[3:]

    assert last.startswith(expected)


def test_the_list_as_json() -> None:
    """Groups with their alerts."""
    value = json.loads(alerts_json(OPEN))

    found = [(group["event_type"], group["known"], group["alerts"][0]["id"]) for group in value["groups"]]
    assert (value["at_limit"], found) == (
        True,
        [("webhook_signature_invalid", True, "alert-1"), ("flux_lost", False, "alert-1")],
    )


def test_triage_as_json_names_everybody() -> None:
    """All people, and money in the smallest unit."""
    first = json.loads(triage_json(TRIAGE))["groups"][0]

    shown = (first["verdict"], len(first["affected"]["people"]), first["affected"]["money"])
    assert (shown, first["root_causes"][0]["cause"]) == (
        ("confirmed", 12, {"INR": 499_900, "JPY": 1_200}),
        "webhook-secret-mismatch",
    )


def test_changes_as_json() -> None:
    """Each with what does not pass."""
    value = json.loads(changes_json(CHANGES))

    assert [(one["outcome"], one["failing"]) for one in value["changes"]] == [("done", []), ("held-back", ["x.y"])]


def test_a_resolution_as_json() -> None:
    """With the alerts that are open."""
    value = json.loads(resolution_json(Resolution(CHANGES, report(), (ALERT,), (ALERT,))))

    assert (value["recovered"], value["critical_open"][0]["id"], len(value["opened"])) == (False, "alert-1", 1)


def test_the_coverage_reads_section_by_section() -> None:
    """Each line with what executes it."""
    text = coverage_text(ROWS, with_results=False)

    assert text == (
        "ACT\n"
        "  Do it\n      asks     a.b, c.d\n      commands deeplearn-checks triage\n"
        "  Ask it\n      asks     a.b\n"
        "\nREVIEW\n"
        "  Write | it\n      manual   people write it\n"
    )


def test_the_coverage_with_results() -> None:
    """A result where diagnostics were asked, `not asked` where they were not, a dash where there is none to ask."""
    lines = coverage_text(ROWS, with_results=True).splitlines()

    assert [line for line in lines if line.startswith("  ") and line[2] != " "] == [
        "  failed: Do it",
        "  not asked: Ask it",
        "  -: Write | it",
    ]


@pytest.mark.parametrize("with_results", [True, False])
def test_the_coverage_as_markdown(with_results: bool) -> None:  # noqa: FBT001  a column
    """A table whose rows have as many cells as its head."""
    lines = coverage_markdown(ROWS, with_results=with_results).splitlines()

    assert {line.replace("\\|", "").count("|") for line in lines} == {7 if with_results else 6}


@pytest.mark.parametrize("with_results", [True, False])
def test_the_coverage_as_json(with_results: bool) -> None:  # noqa: FBT001  a column
    """The result is there when a run was given."""
    value = json.loads(coverage_json(ROWS, with_results=with_results))

    assert [one.get("last_result") for one in value] == (["failed", "", ""] if with_results else [None] * 3)
