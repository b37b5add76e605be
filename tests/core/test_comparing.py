"""What changed since an earlier run, and the file that it is read from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.comparing import EarlierResult, EarlierRun, comparison, earlier_run, is_change
from deeplearn_checks.finding import Effects, Outcome, Severity
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.json_report import json_report
from deeplearn_checks.results import OutcomeChange, Result, RunReport, Slowdown
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

PASSED, FAILED, ERROR, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED
BLOCKED = Outcome.BLOCKED
RUN = {
    "target": "https://api.example.com",
    "environment": "staging",
    "effects": "none",
    "started_at": "2026-03-01T10:00:00.000+00:00",
    "interrupted": False,
}
RESULT = {"id": "area.one", "outcome": "failed", "cause": "it-broke", "seconds": 0.5}


def result(outcome: Outcome, id_: str = "area.one", seconds: float = 0.1) -> Result:
    """Answer the result of one diagnostic."""
    cause = "" if outcome is PASSED else "it-broke"
    place = (Severity.CRITICAL, Effects.NONE, "alert-workflow/5")
    return Result(id_, "The rule.", *place, outcome, Redacted("so it is"), cause, seconds=seconds)


def run(*results: Result) -> RunReport:
    """Answer a run with these results."""
    where = (Redacted("https://api.example.com"), "staging", Effects.NONE, Severity.CRITICAL)
    return RunReport(*where, "2026-03-02T10:00:00.000+00:00", 0.4, results)


def earlier(**results: EarlierResult) -> EarlierRun:
    """Answer an earlier run of the same target; `area.` comes before each name."""
    named = {f"area.{name}": one for name, one in results.items()}
    return EarlierRun("https://api.example.com", "staging", "none", "2026-03-01T10:00:00+00:00", results=named)


def was(outcome: Outcome, seconds: float = 0.1) -> EarlierResult:
    """Answer what was found before."""
    return EarlierResult(outcome, "" if outcome is PASSED else "it-was-broken", seconds)


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (PASSED, FAILED, "new"),
        (PASSED, ERROR, "new"),
        (SKIPPED, BLOCKED, "new"),
        (FAILED, FAILED, "still_failing"),
        (ERROR, FAILED, "still_failing"),
        (BLOCKED, ERROR, "still_failing"),
        (FAILED, PASSED, "fixed"),
        (ERROR, PASSED, "fixed"),
        (FAILED, SKIPPED, "not_asked"),
        (PASSED, PASSED, ""),
        (PASSED, SKIPPED, ""),
        (SKIPPED, PASSED, ""),
    ],
)
def test_each_pair_of_outcomes_has_its_kind(before: Outcome, now: Outcome, kind: str) -> None:
    """What is not asked is not fixed; what could not be found out is broken."""
    found = comparison(run(result(now)), earlier(one=was(before)))

    kinds = [name for name in ("new", "still_failing", "fixed", "not_asked") if getattr(found, name)]
    assert kinds == ([kind] if kind else [])


def test_what_nobody_asked_before_is_new() -> None:
    """A diagnostic that is broken where there was none."""
    found = comparison(run(result(FAILED)), earlier())

    assert found.new == (OutcomeChange("area.one", "", "failed", "", "it-broke"),)


def test_what_is_gone_from_the_run_is_not_fixed() -> None:
    """Broken before, and no longer in the catalogue or the selection."""
    found = comparison(run(), earlier(one=was(FAILED), two=was(PASSED)))

    assert found.not_asked == (OutcomeChange("area.one", "failed", "", "it-was-broken"),)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(0.1, 0.4, True), (0.1, 0.3, False), (0.3, 0.6, False), (0.3, 0.61, True), (0.0, 0.3, True), (0.9, 0.1, False)],
)
def test_slower_is_twice_as_long_and_a_quarter_second_more(before: float, now: float, *, expected: bool) -> None:
    """Both: a short one varies by its turn, a long one by a little."""
    found = comparison(run(result(PASSED, seconds=now)), earlier(one=was(PASSED, before)))

    assert bool(found.slower) is expected


def test_the_slowest_is_named_first() -> None:
    """By the seconds that it takes more."""
    now = run(result(PASSED, "area.one", 1.0), result(FAILED, "area.two", 3.0))

    found = comparison(now, earlier(one=was(PASSED), two=was(PASSED)))

    assert found.slower == (Slowdown("area.two", 0.1, 3.0), Slowdown("area.one", 0.1, 1.0))


def test_what_timed_out_is_not_called_slower() -> None:
    """It is called broken; only answers are held against answers."""
    found = comparison(run(result(ERROR, seconds=9)), earlier(one=was(PASSED)))

    assert found.slower == ()


def test_runs_that_are_not_alike_are_told() -> None:
    """Another target, environment or effects, and a run that did not end."""
    other = replace(earlier(), target="https://x", environment="live", effects="data", interrupted=True)

    notes = comparison(run(), other).notes

    assert [note.rpartition(" ")[2] for note in notes] == ["target", "environment", "effects", "interrupted"]


@pytest.mark.parametrize(("before", "after", "expected"), [(10, 31, True), (31, 10, True), (10, 30, False)])
def test_a_change_goes_either_way(before: float, after: float, *, expected: bool) -> None:
    """Faster is a change too, for whoever compares bundles."""
    assert is_change(before, after, 20) is expected


def test_a_run_is_read_from_what_json_wrote(tmp_path: Path) -> None:
    """The file of `--json`, whole."""
    file = tmp_path / "last.json"
    file.write_text(json_report(run(result(FAILED, seconds=0.5))), encoding="utf-8")

    read = earlier_run(file)

    assert read == replace(earlier(one=EarlierResult(FAILED, "it-broke", 0.5)), started_at="2026-03-02T10:00:00+00:00")


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_a_first_run_has_nothing_to_compare_with(tmp_path: Path, text: str | None) -> None:
    """No file, or an empty one that a run left which did not end: said, and no error."""
    file = tmp_path / "last.json"
    if text is not None:
        file.write_text(text)

    found = comparison(run(result(FAILED)), earlier_run(file))

    assert (found.since, found.new, str(file) in found.notes[0]) == ("", (), True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", ""),
        ("[" * 100_000, ""),
        ("[]", "the file is no object"),
        ("{}", "results is no list"),
        (json.dumps({"results": []}), "no text target"),
        (json.dumps({**RUN, "results": [1]}), "results[0] is no object"),
        (json.dumps({**RUN, "results": [{**RESULT, "id": "::error::"}]}), "an id or a cause"),
        (json.dumps({**RUN, "results": [{**RESULT, "cause": "a b"}]}), "an id or a cause"),
        (json.dumps({**RUN, "results": [{**RESULT, "outcome": "green"}]}), "results[0].outcome"),
        (json.dumps({**RUN, "results": [{**RESULT, "seconds": -1}]}), "results[0].seconds"),
        (json.dumps({**RUN, "results": [{**RESULT, "seconds": True}]}), "results[0].seconds"),
        (json.dumps({**RUN, "results": [{**RESULT, "seconds": float("nan")}]}), "results[0].seconds"),
        (json.dumps({**RUN, "results": [{**RESULT, "seconds": 10**400}]}), "results[0].seconds"),
        (json.dumps({**RUN, "started_at": "yesterday", "results": []}), "started_at is no time"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    """It names the file, the place, and the remedy."""
    file = tmp_path / "last.json"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as refused:
        earlier_run(file)

    told = str(refused.value)
    assert (told.count("\n"), str(file) in told, why in told, "run --json" in told) == (0, True, True, True)


def test_a_folder_is_no_run(tmp_path: Path) -> None:
    """What cannot be read says why."""
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        earlier_run(tmp_path)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    """Something else was named by mistake."""
    file = tmp_path / "last.json"
    with file.open("wb") as sparse:
        sparse.truncate(65 * 2**20)

    with pytest.raises(ConfigurationError, match="larger than 64 MiB"):
        earlier_run(file)
