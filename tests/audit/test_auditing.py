"""An audit runs every rule that it can: passed, failed, error and skipped are four answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from ruling import ENROLLED, MONEY, PAID, UNENROLLED, ruled

from deeplearn_checks.audit.auditing import audit, is_ready
from deeplearn_checks.audit.baseline import Baseline, Recording, read_baseline
from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.result import AuditReport, RuleResult
from deeplearn_checks.audit.revealing import Reveal
from deeplearn_checks.audit.tables import TABLES
from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.redaction import EMPTY, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.rule import Rule

SECRET = "a-secret-of-theirs"
REDACT = Redactor((SECRET,), b"key")


class Scripted:
    """An engine that answers these rows by rule; a text is why the query breaks, after a first row."""

    name = "scripted"

    def __init__(self, rows: Mapping[str, Sequence[Sequence[Value]] | str], **columns: frozenset[str]) -> None:
        self._rows = rows
        self._columns = {name: frozenset(TABLES[name]) for name in TABLES if name != "refunds"} | columns
        self.prepared: list[str] = []

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Answer known tables."""
        return self._columns

    def count(self, table: str) -> int:
        """Count; the enrollments are damaged."""
        if table == "course_enrollments":
            raise BrokenQueryError("damaged")
        return len(table)

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Note what would be prepared."""
        self.prepared = [rule.id for rule in rules]
        if "prepare" in self._rows:
            raise BrokenQueryError(str(self._rows["prepare"]))

    def violations(self, rule: Rule, *, since_ms: int | None, seconds: float) -> Iterator[Sequence[Value]]:
        """Answer the rows of a rule."""
        rows = self._rows.get(rule.id, [])
        if isinstance(rows, str):
            yield ("half", since_ms)
            raise BrokenQueryError(f"{rows}\nafter {seconds:g} s")
        yield from rows

    def close(self) -> None:
        """Have nothing to let go of."""


def audited(  # noqa: PLR0913  what a test varies
    engine: Scripted,
    *rules: Rule,
    left_out: frozenset[str] = frozenset(),
    baseline: Baseline | None = None,
    reveal: Reveal | None = None,
    recording: Recording | None = None,
    told: list[tuple[str, int, int]] | None = None,
) -> AuditReport:
    """Audit with what matters to no test filled in."""
    return audit(
        engine,
        rules,
        source=f"a file of {SECRET}",
        redactor=REDACT,
        left_out=left_out,
        since_ms=None,
        baseline=baseline or Baseline(),
        reveal=reveal,
        fail_on=Severity.CRITICAL,
        seconds=60,
        told=lambda rule, number, of: (told if told is not None else []).append((rule.id, number, of)),
        recording=recording,
    )


def test_a_rule_fails_on_what_it_finds() -> None:
    """Counts, money, times and pseudonyms are in its result."""
    rule = ruled(MONEY, people="lead_id")

    result = audited(Scripted({"a-rule": [("asha", 4900, "INR", 5)]}), rule).results[0]

    assert (result.outcome, result.count, result.money, result.first_at_ms, result.keys, result.weeks) == (
        Outcome.FAILED,
        1,
        {"INR": 4900},
        5,
        (REDACT.person("asha"),),
        {"1969-12-29": 1},
    )


def test_a_rule_that_finds_nothing_passes() -> None:
    """And only then."""
    result = audited(Scripted({}), ruled(PAID)).results[0]

    assert (result.outcome, result.count, result.reason) == (Outcome.PASSED, 0, None)


def test_a_broken_query_is_an_error_and_stops_no_other() -> None:
    """Not nothing found, not what it had found so far; its reason is one line without secrets."""
    rules = [ruled(PAID, id_="first"), ruled(PAID, id_="second")]

    first, second = audited(Scripted({"first": f"no function {SECRET}"}), *rules).results

    assert (first.outcome, first.count, first.reason, second.outcome) == (
        Outcome.ERROR,
        0,
        "no function [secret] after 60 s",
        Outcome.PASSED,
    )


def test_an_engine_that_cannot_prepare_has_no_verdicts() -> None:
    """Every rule that would have run is an error."""
    result = audited(Scripted({"prepare": ""}), ruled(PAID)).results[0]

    assert (result.outcome, result.reason) == (Outcome.ERROR, "the engine gives no reason")


@pytest.mark.parametrize(
    ("tables", "left_out", "reason", "is_left_out"),
    [
        ("refunds (id), courses (id)", set(), "the source has no refunds", False),
        ("cohorts (id, fee_cents), refunds (id)", set(), "the source has no refunds, cohorts.fee_cents", False),
        (
            "refunds (id), payments (id)",
            {"payments", "refunds"},
            "--payments gives no source of payments, refunds",
            True,
        ),
        ("artifacts (key)", {"artifacts"}, "--certificates gives no source of artifacts", True),
        ("courses (id)", {"courses"}, "SOURCE gives no source of courses", True),
    ],
)
def test_what_a_source_cannot_say_is_not_judged(
    tables: str, left_out: set[str], reason: str, *, is_left_out: bool
) -> None:
    """The table or column is named, or the option that would give it; other rules run."""
    engine = Scripted({}, cohorts=frozenset({"id"}))
    rules = [ruled("SELECT 1 AS lead_id", tables=tables), ruled(PAID, id_="other")]

    skipped, other = audited(engine, *rules, left_out=frozenset(left_out)).results

    assert (skipped.outcome, skipped.reason, skipped.is_left_out, other.outcome, engine.prepared) == (
        Outcome.SKIPPED,
        reason,
        is_left_out,
        Outcome.PASSED,
        ["other"],
    )


def test_the_rows_that_were_judged_are_counted() -> None:
    """Of the tables that rules read; what cannot be counted is left out."""
    report = audited(Scripted({}), ruled(UNENROLLED, tables=ENROLLED))

    assert (report.judged, report.engine, report.source) == (
        {"lead_registrations": 18},
        "scripted",
        "a file of [secret]",
    )


def test_each_rule_is_told_before_it_runs() -> None:
    """Also one that is skipped."""
    told: list[tuple[str, int, int]] = []

    audited(Scripted({}), ruled(PAID), ruled("SELECT 1 AS lead_id", tables="refunds (id)", id_="b"), told=told)

    assert told == [("a-rule", 1, 2), ("b", 2, 2)]


@pytest.mark.parametrize(
    ("key", "people", "row", "shown"),
    [
        ("payment_status, user_id", "user_id", ("l1", "asha"), f"l1 / {REDACT.person('asha')}"),
        ("payment_status, user_id", "user_id", (None, " "), "(none) / (empty)"),
        ("payment_status, user_id", "", (SECRET, "+91 98765 43210"), f"[secret] / {REDACT.person('+919876543210')}"),
        ("user_id, payment_status", "", ("\ud800", 5), f"{REDACT.person('5')} / ?"),
    ],
)
def test_a_report_shows_no_person_and_no_secret(key: str, people: str, row: tuple[Value, ...], shown: str) -> None:
    """A key is pseudonyms and redacted texts, in the order of the key."""
    rule = ruled("SELECT payment_status, user_id FROM lead_registrations", key=key, people=people)

    result = audited(Scripted({"a-rule": [row]}), rule).results[0]

    assert result.keys == (shown,)


def test_every_key_is_revealed_to_the_operator(tmp_path: Path) -> None:
    """Of rules that were judged, sorted, real and complete; a broken one is not among them."""
    rows = [(f"lead{number:03}", None) for number in range(150)]
    rules = [ruled(PAID, id_="many"), ruled(PAID, id_="none"), ruled(PAID, id_="broken"), _pair("pair")]

    with Reveal(tmp_path / "real.json") as reveal:
        audited(Scripted({"many": rows[::-1], "broken": "no", "pair": [("b", None), ("a", 5)]}), *rules, reveal=reveal)

    assert json.loads((tmp_path / "real.json").read_text("utf-8")) == {
        "many": [row[0] for row in rows],
        "none": [],
        "pair": [["a", "5"], ["b", None]],
    }


def _pair(id_: str) -> Rule:
    return ruled("SELECT lead_id, user_id FROM lead_registrations", key="lead_id, user_id", id_=id_)


def test_what_was_recorded_is_known_to_the_next_audit(tmp_path: Path) -> None:
    """Old findings do not fail it, a new one does."""
    file, rule = tmp_path / "known.json", ruled(PAID)
    with Recording(file, Baseline()) as recording:
        audited(Scripted({"a-rule": [("a", None), ("b", None)]}), rule, recording=recording)

    known = read_baseline(file)
    reports = [
        audited(Scripted({"a-rule": [(key, None) for key in keys]}), rule, baseline=known) for keys in ("ab", "abc")
    ]

    assert [(is_ready(report), report.results[0].known) for report in reports] == [(True, 2), (False, 2)]


RULED = ruled(PAID)


@pytest.mark.parametrize(
    ("results", "fail_on", "ready"),
    [
        ([RuleResult(RULED, Outcome.PASSED)], Severity.INFO, True),
        ([RuleResult(RULED, Outcome.FAILED, count=2, known=2)], Severity.INFO, True),
        ([RuleResult(RULED, Outcome.FAILED, count=2, known=1)], Severity.CRITICAL, False),
        ([RuleResult(RULED, Outcome.PASSED), RuleResult(RULED, Outcome.ERROR)], Severity.CRITICAL, False),
        ([RuleResult(RULED, Outcome.PASSED), RuleResult(RULED, Outcome.SKIPPED)], Severity.CRITICAL, False),
        (
            [RuleResult(RULED, Outcome.PASSED), RuleResult(RULED, Outcome.SKIPPED, is_left_out=True)],
            Severity.INFO,
            True,
        ),
        ([RuleResult(RULED, Outcome.SKIPPED, is_left_out=True)], Severity.INFO, False),
        ([], Severity.INFO, False),
    ],
)
def test_the_gate(results: list[RuleResult], fail_on: Severity, *, ready: bool) -> None:
    """New findings, errors and gaps of a given source fail it; nothing judged is never ready."""
    report = AuditReport(EMPTY, "sqlite", {}, tuple(results), 0, 0.0, fail_on)

    assert is_ready(report) == ready


@pytest.mark.parametrize(("rows", "ready"), [(0, False), (1, True)])
def test_tables_without_a_row_are_never_ready(rows: int, *, ready: bool) -> None:
    """An export of an empty database, such as the one on a laptop, is no proof of the live one."""
    report = AuditReport(
        EMPTY, "sqlite", {"courses": 0, "payments": rows}, (RuleResult(RULED, Outcome.PASSED),), 0, 0.0, Severity.INFO
    )

    assert is_ready(report) == ready


def test_what_is_below_the_gate_does_not_fail_it() -> None:
    """A warning does not fail an audit that fails on critical findings."""
    warning = replace(ruled(PAID), severity=Severity.WARNING)
    report = AuditReport(
        EMPTY, "sqlite", {}, (RuleResult(warning, Outcome.FAILED, count=1),), 0, 0.0, Severity.CRITICAL
    )

    assert is_ready(report)
