"""The audit inside the suite: a test for each rule."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from own_checks import MODULE
from stub_suite import PLUGIN

from deeplearn_checks.audit.tables import TABLES
from deeplearn_checks.pytest_audit import Audit, read
from deeplearn_checks.pytest_sharing import RefusedError, folder_of

if TYPE_CHECKING:
    from collections.abc import Sequence

pytest_plugins = ("pytester",)

CHECKS = Path(__file__).parents[2] / "checks"
SOURCE = ("--audit-source", "export.sqlite")
CHOSEN = ("-k", "paid-without-user or lead-course-unknown or captured-but-not-paid or lead-cohort-unknown")
"""A critical rule that fails, a warning that fails, one whose source is left out, one that holds."""

ROWS = {"lead_registrations": {"lead_id": "lead-1", "payment_status": "paid", "course_id": "gone"}}
OWN_RULE = """-- id: every-lead
-- severity: info
-- cause: acme-course-nameless
-- runbook: alert-workflow/3
-- key: lead_id
-- tables: lead_registrations (lead_id)
-- meaning: It is so.

SELECT lead_id FROM lead_registrations
"""
OUTCOMES = {"failed": 1, "warned": 1, "skipped": 1, "passed": 1}


@pytest.fixture
def audited(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with the audit's check alone and an export in which one paid lead is no user and wants no course."""
    shutil.copy(CHECKS / "test_audit.py", pytester.path)
    pytester.makeini("[pytest]\naddopts = --strict-markers")
    with closing(sqlite3.connect(pytester.path / "export.sqlite")) as database, database:
        for table in ("lead_registrations", "course_enrollments", "platform_users", "courses", "cohorts"):
            columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[table].items())
            database.execute(f"CREATE TABLE {table} ({columns})")
        for table, row in ROWS.items():
            names = ", ".join(row)
            database.execute(f"INSERT INTO {table} ({names}) VALUES (?, ?, ?)", (*row.values(),))  # noqa: S608  ours
    return pytester


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    """Answer how many tests ended how, without those that were not selected."""
    return {outcome: number for outcome, number in result.parseoutcomes().items() if outcome != "deselected"}


def test_each_rule_is_a_test(audited: pytest.Pytester) -> None:
    """What fails the gate fails, what does not is warned, what was left out is skipped; the report ends it all."""
    result = audited.runpytest_inprocess(*PLUGIN, *SOURCE, *CHOSEN)

    assert (outcomes(result), result.ret) == (OUTCOMES, pytest.ExitCode.TESTS_FAILED)
    result.stdout.fnmatch_lines(
        ["*critical*paid-without-user*", "WHAT IS WRONG: 2 rules found 2 rows", "*1 of 4 rules were NOT JUDGED*"]
    )


def test_a_rule_of_ones_own_names_a_cause_of_ones_own(audited: pytest.Pytester) -> None:
    """What to do next is what `--extend` declares."""
    audited.makepyfile(acme=MODULE)
    (audited.mkdir("rules") / "every-lead.sql").write_text(OWN_RULE, encoding="utf-8")

    result = audited.runpytest_inprocess(
        *PLUGIN, *SOURCE, "-k", "every-lead", "--audit-rules", "rules", "--extend", "acme"
    )

    assert outcomes(result) == {"warned": 1}
    result.stdout.fnmatch_lines(["*Name it in the console, then look at *"])


@pytest.mark.parametrize(
    ("arguments", "counts", "status"),
    [
        (("--fail-on", "warning"), {"failed": 2, "skipped": 1, "passed": 1}, pytest.ExitCode.TESTS_FAILED),
        (("-m", "warning"), {"warned": 1, "passed": 1}, pytest.ExitCode.OK),
        (("-m", "audit", "--collect-only"), {}, pytest.ExitCode.OK),
        (("-q", "-q", "-k", "lead-cohort-unknown"), {}, pytest.ExitCode.OK),
    ],
)
def test_the_gate_decides(
    audited: pytest.Pytester, arguments: Sequence[str], counts: dict[str, int], status: pytest.ExitCode
) -> None:
    """Severity, `-m`, `-k` and `--collect-only` do what they do elsewhere."""
    result = audited.runpytest_inprocess(*PLUGIN, *SOURCE, *CHOSEN, *arguments)

    assert {name: outcomes(result).get(name, 0) for name in counts} == counts
    assert result.ret == status


def test_what_is_known_is_warned(audited: pytest.Pytester, command: object) -> None:
    """A baseline that the command wrote keeps known findings from failing the suite."""
    assert callable(command)
    source = str(audited.path / "export.sqlite")
    command("audit", source, "--only", "paid-without-user", "--write-baseline", str(audited.path / "known.json"))

    result = audited.runpytest_inprocess(*PLUGIN, *SOURCE, "-k", "paid-without-user", "--audit-baseline", "known.json")

    assert (outcomes(result), result.ret) == ({"warned": 1}, pytest.ExitCode.OK)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--audit-source", "gone.sqlite"), "*gone.sqlite*"),
        ((*SOURCE, "--audit-rules", "gone"), "*gone*"),
        ((*SOURCE, "--audit-engine", "postgres"), "*there is no engine 'postgres'*"),
    ],
)
def test_a_bad_option_is_one_line(audited: pytest.Pytester, arguments: Sequence[str], words: str) -> None:
    """With pytest's own status for it."""
    result = audited.runpytest_inprocess(*PLUGIN, *arguments)

    result.stderr.fnmatch_lines([f"ERROR: {words}"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_test_may_assert_more(audited: pytest.Pytester) -> None:
    """Its own failure is no verdict on the rule, and a rule that passes may fail it."""
    audited.makepyfile(
        test_more="def test_more(audited_rule):\n    assert audited_rule.count\ndef test_ordinary(): pass\n",
        conftest="collect_ignore = ['test_audit.py']",
    )
    chosen = "lead-course-unknown or lead-cohort-unknown or ordinary"

    result = audited.runpytest_inprocess(*PLUGIN, *SOURCE, "-k", chosen)

    assert outcomes(result) == {"failed": 1, "warned": 1, "passed": 1}


def test_workers_share_one_audit(audited: pytest.Pytester) -> None:
    """Two workers, one audit: outcomes, report and exit status are those of one process, and nothing is left behind."""
    result = audited.runpytest_subprocess(*PLUGIN, "-p", "xdist", "-n", "2", *SOURCE, *CHOSEN)

    result.stdout.fnmatch_lines(["WHAT IS WRONG: 2 rules found 2 rows"])
    assert (outcomes(result), result.ret) == (OUTCOMES, pytest.ExitCode.TESTS_FAILED)


def test_workers_refuse_as_one(audited: pytest.Pytester) -> None:
    """What cannot be used is one line, not a crash of every worker."""
    arguments = ("-p", "xdist", "-n", "2", "--audit-source", "gone.sqlite")

    result = audited.runpytest_subprocess(*PLUGIN, *arguments, "-k", "paid-without-user")

    result.stderr.fnmatch_lines(["ERROR: *gone.sqlite*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_workers_that_died_found_nothing_out(tmp_path: Path) -> None:
    """No report and no refusal: that is said."""
    with pytest.raises(RefusedError, match="nothing was found out"):
        read(tmp_path)


def test_an_interrupted_audit_keeps_its_status(pytester: pytest.Pytester) -> None:
    """Ctrl-C before the workers found anything out is still pytest's own status, and what they shared is removed."""
    audit = Audit(pytester.parseconfig(*PLUGIN, *SOURCE))
    folder = folder_of("interrupted-before-anything-audit")
    folder.mkdir()
    audit.pytest_configure_node(SimpleNamespace(workerinput={"testrunuid": "interrupted-before-anything"}))
    session = SimpleNamespace(exitstatus=pytest.ExitCode.INTERRUPTED)

    audit.pytest_sessionfinish(session, pytest.ExitCode.INTERRUPTED)  # type: ignore[arg-type]  # all that is read of a session

    assert (session.exitstatus, folder.exists()) == (pytest.ExitCode.INTERRUPTED, False)


def test_allure_shows_the_table(audited: pytest.Pytester) -> None:
    """Each rule is a test with its status, its meaning as name, and its table attached, redacted."""
    result = audited.runpytest_subprocess(*PLUGIN, "-p", "allure_pytest", "--alluredir=allure", *SOURCE, *CHOSEN)

    folder = audited.path / "allure"
    tests = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    shown = {test["name"].partition(":")[0]: test for test in tests}
    (attached,) = shown["paid-without-user"]["attachments"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert {name: test["status"] for name, test in shown.items()} == {
        "paid-without-user": "failed",
        "lead-course-unknown": "failed",
        "captured-but-not-paid": "skipped",
        "lead-cohort-unknown": "passed",
    }
    assert "lead_id: person-" in (folder / attached["source"]).read_text(encoding="utf-8")


def test_without_a_source_the_suite_is_as_it_was(pytester: pytest.Pytester) -> None:
    """Nothing is collected of the audit, and nothing deselected."""
    result = pytester.runpytest_subprocess(*PLUGIN, str(CHECKS), "--collect-only", "-q", f"--rootdir={CHECKS.parent}")

    assert (result.ret, "test_audit.py" in result.stdout.str(), "deselected" in result.stdout.str()) == (
        0,
        False,
        False,
    )


def test_the_audit_by_name_wants_its_source(pytester: pytest.Pytester) -> None:
    """Whoever asks for it without saying what to audit is told so."""
    named = str(CHECKS / "test_audit.py")

    result = pytester.runpytest_inprocess(*PLUGIN, named, f"--rootdir={CHECKS.parent}")

    result.stderr.fnmatch_lines(["ERROR: --audit-source is missing: *"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
