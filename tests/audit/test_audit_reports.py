"""The reports of an audit: text, JSON, CSV, Parquet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from audited import EVERY_OUTCOME, HEALTHY, HOSTILE_AUDIT, STARTED_MS, audit, quiet, result
from pyarrow import parquet

from deeplearn_checks.audit.auditing import is_ready
from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.audit_csv import HEADS, audit_csv
from deeplearn_checks.reporting.audit_json import audit_json, rules_json
from deeplearn_checks.reporting.audit_parquet import audit_parquet
from deeplearn_checks.reporting.audit_text import audit_text, rule_table
from deeplearn_checks.reporting.audit_wording import MOST_WEEKS, by_week, moment, reasons, span, weeks

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.result import AuditReport, RuleResult

TEXT = """\
WHAT IS WRONG: 2 rules found 1,207 rows
  rule                     severity  found    new                  at stake  first (UTC)       last (UTC)
  paid-without-enrollment  critical      7      5  INR 34,993.00, USD 49.00  2026-02-09 10:00  2026-03-02 09:00
  duplicate-people         warning   1,200  1,200

CRITICAL paid-without-enrollment: 7 rows, 2 of them known and 5 new
  means    They paid, have an account, and no enrollment.
  at stake INR 34,993.00, USD 49.00
  when     2026-02-09 10:00:00 UTC to 2026-03-02 09:00:00 UTC
  began    week of 2026-02-09 (1), most in the week of 2026-02-23 (5)
  who      lead_id: lead-1, lead-2, lead-3, lead-4, lead-5 and 2 more
  cause    paid-without-enrollment
  next     curl -X POST $DEEPLEARN_API_BASE_URL/api/admin/courses/COURSE_ID/enroll -H "x-admin-token: \
$ADMIN_API_TOKEN" -d '{"user_id": "USER_ID"}'
  runbook  Payment Failure Playbook · 4. Confirm activation

WARNING duplicate-people: 1,200 rows
  means    They paid, have an account, and no enrollment.
  who      email / phone: person-0000000000 / person-0000000001, person-0000000001 / person-0000000002, \
person-0000000002 / person-0000000003, person-0000000003 / person-0000000004, \
person-0000000004 / person-0000000005 and 1,195 more
  cause    of-our-own

COULD NOT FIND OUT: 1 rule
  critical progress-against-status: no answer within 300 s

NOT JUDGED: 3 rules
  no payments were given: give --payments FILE or --payments razorpay
    captured-but-not-paid
  no certificates were given: give --certificates FILE or --certificates api
    artifact-without-completion
  lead_registrations has no column paid_at_ms
    times-run-backwards

WHY IT IS NOT READY (fails on critical)
  paid-without-enrollment found 5 rows that are new
  progress-against-status could not be run: no answer within 300 s
  times-run-backwards was not judged: lead_registrations has no column paid_at_ms

export.sqlite · sqlite · 2026-03-02 10:00:00 UTC
judged 12,345 lead_registrations, 6,789 course_enrollments
1 passed, 3 skipped, 1 error, 2 failed · 1.50 s
2 of 7 rules were NOT JUDGED: give --payments FILE or --payments razorpay and --certificates FILE or --certificates api
NOT READY
"""


def only(*changes: RuleResult, **of_the_report: object) -> AuditReport:
    """Answer an audit of a rule that holds and of these."""
    return audit(quiet("won-but-not-paid"), *changes, **of_the_report)


def cells(report: AuditReport) -> list[dict[str, str]]:
    """Read the CSV of an audit back."""
    return list(csv.DictReader(io.StringIO(audit_csv(report), newline="")))


def test_the_text_leads_with_what_is_wrong() -> None:
    """The table of rules, each rule, what broke, what was not judged, why it is not ready, the verdict."""
    written = audit_text(EVERY_OUTCOME)

    assert written == TEXT


def test_a_healthy_audit_is_four_lines() -> None:
    """Where nothing is wrong nothing is explained."""
    written = audit_text(HEALTHY)

    assert written.splitlines()[1:] == [
        "judged 12,345 lead_registrations, 6,789 course_enrollments",
        "2 passed · 1.50 s",
        "READY",
    ]


def test_an_audit_of_nothing_says_so() -> None:
    """No rule and no table: the gate stays shut, and says why."""
    written = audit_text(audit(judged={}))

    assert written.splitlines()[:2] == [
        "WHY IT IS NOT READY (fails on critical)",
        "  nothing was judged: an audit of nothing proves nothing",
    ]
    assert written.splitlines()[-3:] == ["judged nothing", "no rule was run · 1.50 s", "NOT READY"]


def test_colour_is_for_terminals() -> None:
    """With colour the words are the same."""
    coloured = audit_text(EVERY_OUTCOME, colour=True)

    assert ("\x1b[1;31mNOT READY\x1b[0m" in coloured, "\x1b" in audit_text(EVERY_OUTCOME)) == (True, False)


def test_a_rule_alone_is_its_table() -> None:
    """For a test of its own: the line of the table, and below it all that is shown of its keys."""
    failed, broken = rule_table(EVERY_OUTCOME.results[2]), rule_table(EVERY_OUTCOME.results[3])

    assert failed.startswith("  rule                     severity  found  new ")
    assert "who      lead_id: lead-1, lead-2, lead-3, lead-4, lead-5, lead-6, lead-7\n" in failed
    assert "reason   no answer within 300 s\n" in broken


@pytest.mark.parametrize(
    ("known", "told"),
    [(0, "7 rows"), (2, "7 rows, 2 of them known and 5 new"), (7, "7 rows, 7 of them known and none new")],
)
def test_known_findings_are_told_from_new_ones(known: int, told: str) -> None:
    """A baseline shows in the heading of a rule."""
    written = audit_text(only(result(known=known)))

    assert f"CRITICAL paid-without-enrollment: {told}\n" in written


def test_findings_of_one_moment_have_one_time() -> None:
    """First and last are the same: it is said once, and one week is no worst week."""
    once = result(count=1, known=0, last_at_ms=STARTED_MS, first_at_ms=STARTED_MS, weeks={"2026-03-02": 1})

    written = audit_text(only(once))

    assert "  when     2026-03-02 10:00:00 UTC\n  began    week of 2026-03-02 (1)\n" in written


@pytest.mark.parametrize(
    "one",
    [
        result(),
        result(known=7),
        result(of={"severity": Severity.WARNING}),
        quiet("x", Outcome.ERROR),
        quiet("x", Outcome.ERROR, of={"severity": Severity.INFO}),
        quiet("x", Outcome.SKIPPED),
        quiet("x", Outcome.SKIPPED, is_left_out=True),
        quiet("x"),
    ],
)
@pytest.mark.parametrize("gate", list(Severity))
def test_there_are_reasons_where_the_gate_is_shut(one: RuleResult, gate: Severity) -> None:
    """The reasons that reports give agree with the exit status."""
    report = only(one, fail_on=gate)

    assert bool(reasons(report)) != is_ready(report)


def test_a_rule_that_needs_both_sources_names_both() -> None:
    """What was left out is named with the option that gives it."""
    tables = {"tables": {"payments": frozenset({"id"}), "artifacts": frozenset({"key"})}}

    written = audit_text(only(quiet("both", Outcome.SKIPPED, is_left_out=True, of=tables)))

    assert "\n  no payments were given and no certificates were given: give --payments FILE " in written
    assert written.splitlines()[-1] == "READY"


def test_a_table_left_out_otherwise_keeps_its_reason() -> None:
    """A rule may be left out for a table that no option gives."""
    out = quiet("left", Outcome.SKIPPED, is_left_out=True, reason=Redacted("for a reason"))

    written = audit_text(only(out))

    assert "  for a reason\n    left\n" in written
    assert written.splitlines()[-2] == "1 of 2 rules were NOT JUDGED"


def test_a_time_of_no_calendar_stays_a_number() -> None:
    """A row may hold any number as its time; no report breaks over it."""
    at_ms = 10**18

    assert (moment(at_ms), span(result(first_at_ms=at_ms, last_at_ms=at_ms))) == (f"{at_ms} ms", f"{at_ms} ms")


def test_json_holds_the_promised_keys_first() -> None:
    """The keys of the audit and of a rule, in their order; more may follow."""
    written = json.loads(audit_json(EVERY_OUTCOME))

    assert list(written)[:4] == ["source", "engine", "judged", "rules"]
    assert list(written["rules"][2].items())[:10] == [
        ("id", "paid-without-enrollment"),
        ("cause", "paid-without-enrollment"),
        ("severity", "critical"),
        ("outcome", "failed"),
        ("count", 7),
        ("money", {"INR": 3_499_300, "USD": 4_900}),
        ("first_at", "2026-02-09T10:00:00.000+00:00"),
        ("last_at", "2026-03-02T09:00:00.000+00:00"),
        ("keys", [f"lead-{number}" for number in range(1, 8)]),
        ("reason", None),
    ]


def test_json_says_the_gate_s_answer() -> None:
    """Gate and reasons are those of the text; a rule without times has none."""
    written = json.loads(audit_json(EVERY_OUTCOME))

    assert (written["gate"], len(written["gate_reasons"]), written["rules"][0]["first_at"]) == ("failed", 3, None)
    assert json.loads(audit_json(HEALTHY))["gate"] == "passed"


def test_rules_are_listed_as_json() -> None:
    """What a rule says of itself, its tables and columns in a stable order."""
    (listed,) = json.loads(rules_json([result().rule]))

    assert (listed["id"], listed["tables"]["lead_registrations"]) == (
        "paid-without-enrollment",
        ["lead_id", "paid_at_ms"],
    )


def test_csv_has_a_row_for_each_key() -> None:
    """Seven keys, a hundred keys, and one row for each rule that names none; numbers stand in the first row alone."""
    rows = cells(EVERY_OUTCOME)

    of_one = [row for row in rows if row["rule"] == "paid-without-enrollment"]
    assert (len(rows), [row["count"] for row in of_one]) == (7 + 100 + 5, ["7", *[""] * 6])
    assert [row["key"] for row in of_one] == [f"lead-{number}" for number in range(1, 8)]


def test_csv_tells_not_judged_from_nothing_found() -> None:
    """A rule that holds found 0, one that was not judged has no number."""
    counts = {row["rule"]: row["count"] for row in cells(EVERY_OUTCOME)}

    assert (counts["won-but-not-paid"], counts["times-run-backwards"]) == ("0", "")


def test_no_cell_is_a_formula() -> None:
    """What a spreadsheet would calculate is text in it (OWASP, CSV injection)."""
    written = [value for row in cells(HOSTILE_AUDIT) for value in row.values()]

    assert {"'=1+1", "'@x", "'-2", "'+91"} <= set(written)
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for value in written)


@pytest.mark.parametrize("write", [audit_text, audit_csv])
def test_hostile_text_keeps_to_its_line(write: object) -> None:
    """No control character reaches a terminal or a spreadsheet."""
    assert callable(write)

    written = write(HOSTILE_AUDIT)

    assert not {character for character in written if not character.isprintable()} - {"\n", "\r"}


def test_parquet_has_a_row_for_each_rule(tmp_path: Path) -> None:
    """The rows hold what the JSON does, in types that a database reads; the rest is metadata."""
    audit_parquet(EVERY_OUTCOME, tmp_path / "audit.parquet")

    table = parquet.read_table(tmp_path / "audit.parquet")
    row = table.to_pylist()[2]
    assert (table.num_rows, row["id"], dict(row["money"])["USD"], len(row["keys"])) == (
        7,
        "paid-without-enrollment",
        4_900,
        7,
    )
    assert (row["first_at"].isoformat(), table.schema.metadata[b"gate"]) == ("2026-02-09T10:00:00+00:00", b"failed")


def test_the_columns_of_the_csv_are_named() -> None:
    """The first row names every column."""
    first = audit_csv(HEALTHY).partition("\r\n")[0]

    assert first == ",".join(HEADS)


def test_the_weeks_of_a_chart_have_no_gaps() -> None:
    """A week in which nothing was found is shown empty."""
    report = only(result())

    shown = weeks(report)

    assert (shown, by_week(report.results[1], shown)) == (
        ("2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"),
        (1, 0, 5, 1),
    )


def test_a_chart_is_as_wide_as_can_be_read() -> None:
    """Weeks of long ago and of the future are counted in the outermost week."""
    report = only(result(weeks={"1970-01-05": 3, "2026-02-23": 5, "2999-01-07": 2}))

    shown = weeks(report)

    assert (len(shown), shown[-1]) == (MOST_WEEKS, "2026-03-02")
    assert [number for number in by_week(report.results[1], shown) if number] == [3, 5, 2]


def test_what_has_no_time_is_in_no_week() -> None:
    """Beside the weeks it is counted, and in the chart it is not."""
    report = only(result(weeks={"2026-02-23": 5, "": 1_002}, money={"?": 50}))

    shown = weeks(report)

    assert (shown, by_week(report.results[1], shown)) == (("2026-02-23",), (5,))
    assert "  at stake unknown currency 0.50\n" in audit_text(report)
    assert "  began    week of 2026-02-23 (5), 1,002 without a time\n" in audit_text(report)


def test_findings_that_all_lack_a_time_have_no_beginning() -> None:
    """A rule whose rows name no time says nothing of when, and no key is no list of keys."""
    written = audit_text(only(result(weeks={"": 7}, first_at_ms=None, last_at_ms=None, keys=())))

    assert (" began " in written, " when " in written, " who " in written) == (False, False, False)


def test_without_times_there_are_no_weeks() -> None:
    """A rule may know no times."""
    report = only(replace(result(), weeks={}))

    assert weeks(report) == ()
