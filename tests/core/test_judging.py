"""Which failure is a root cause, and which is a symptom of one."""

from __future__ import annotations

import pytest

from deeplearn_checks.finding import Finding, Skip, error, failed, passed, skipped
from deeplearn_checks.judging import explanations
from deeplearn_checks.redaction import Redacted

TEXT = Redacted("text")
FINE = passed(TEXT)
WRONG = failed("cause", TEXT)
LOST = error("timed-out", TEXT)
SILENT = error("timed-out", TEXT, question=7)


def symptom_of(*groups: set[str]) -> Finding:
    """Answer a failure that others may explain."""
    return failed("alert-open", TEXT, explained_by=tuple(frozenset(group) for group in groups))


def test_what_passes_needs_no_explanation() -> None:
    """Passed and skipped findings are not judged."""
    assert explanations({"a": FINE, "b": skipped(Skip.LEFT_OUT, TEXT)}, {"b": ["a"]}) == {}


@pytest.mark.parametrize("broken", [WRONG, LOST])
def test_a_broken_prerequisite_explains(broken: Finding) -> None:
    """What fails, or cannot be told, with its prerequisite is a symptom."""
    judged = explanations({"a": broken, "b": WRONG, "c": LOST}, {"b": ["a"], "c": ["a"]})

    assert judged == {"a": (), "b": ("a",), "c": ("a",)}


def test_a_prerequisite_explains_by_way_of_one_that_passed() -> None:
    """Prerequisites count transitively, even through what happened to pass or was skipped."""
    judged = explanations({"a": WRONG, "b": FINE, "c": WRONG}, {"b": ["a"], "c": ["b", "a"]})

    assert judged["c"] == ("a",)


def test_a_symptom_names_the_ends_of_the_chain() -> None:
    """Only roots are named, in catalogue order."""
    findings = {"b": WRONG, "a": WRONG, "c": WRONG, "d": WRONG}

    judged = explanations(findings, {"c": ["a"], "d": ["c", "b"]})

    assert judged["d"] == ("b", "a")


def test_an_unanswered_question_is_one_root_cause() -> None:
    """However many asked it, the first in the catalogue stands for it; another question stands for itself."""
    other = error("timed-out", TEXT, question=8)

    judged = explanations({"a": SILENT, "b": SILENT, "c": other, "d": SILENT}, {})

    assert judged == {"a": (), "b": ("a",), "c": (), "d": ("a",)}


def test_an_unanswered_question_of_a_symptom_leads_to_its_root() -> None:
    """Who shares a question with a symptom is explained by what explains the symptom."""
    judged = explanations({"a": WRONG, "b": SILENT, "c": SILENT}, {"b": ["a"]})

    assert judged["c"] == ("a",)


@pytest.mark.parametrize(
    ("alert", "roots"),
    [
        (symptom_of({"a"}), ("a",)),
        (symptom_of({"a", "b"}), ("a",)),
        (symptom_of({"a"}, {"b"}), ()),
        (symptom_of({"a"}, {"b", "c"}), ("a", "c")),
        (symptom_of({"alert"}), ()),
        (symptom_of(), ()),
    ],
)
def test_every_group_must_explain(alert: Finding, roots: tuple[str, ...]) -> None:
    """An alert is a symptom when each of its playbooks found something broken; it never explains itself."""
    judged = explanations({"a": WRONG, "b": FINE, "c": WRONG, "alert": alert}, {})

    assert judged["alert"] == roots


def test_what_comes_later_may_explain() -> None:
    """The order of the catalogue does not matter to an explanation."""
    judged = explanations({"alert": symptom_of({"z"}), "z": WRONG}, {})

    assert judged == {"alert": ("z",), "z": ()}


def test_two_that_point_at_each_other_leave_one_root() -> None:
    """A circle of explanations is cut, so that something is always to blame."""
    judged = explanations({"a": symptom_of({"b"}), "b": symptom_of({"a"}), "c": WRONG}, {"c": ["a"]})

    assert judged == {"a": ("b",), "b": (), "c": ("b",)}
