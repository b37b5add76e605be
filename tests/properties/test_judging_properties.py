"""What holds of every judgement, whatever is broken and however it hangs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.finding import Finding, Outcome
from deeplearn_checks.judging import explanations
from deeplearn_checks.redaction import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUND = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED)


@dataclass(frozen=True)
class Run:
    """The findings of a run, prerequisites before what needs them."""

    findings: Mapping[str, Finding]
    requires: Mapping[str, list[str]]

    @property
    def broken(self) -> set[str]:
        """Everything that failed or could not be told."""
        return {id_ for id_, finding in self.findings.items() if finding.outcome in {Outcome.FAILED, Outcome.ERROR}}

    @property
    def judged(self) -> dict[str, tuple[str, ...]]:
        """The judgement."""
        return explanations(self.findings, self.requires)

    @property
    def roots(self) -> set[str]:
        """What nothing explains."""
        return {id_ for id_, explained in self.judged.items() if not explained}

    def needed(self, id_: str) -> set[str]:
        """Everything that one needs, transitively."""
        return {one for direct in self.requires[id_] for one in {direct} | self.needed(direct)}


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Any run of up to nine diagnostics."""
    ids = [f"d{number}" for number in range(draw(st.integers(0, 9)))]
    groups = st.lists(st.frozensets(st.sampled_from(ids)), max_size=2).map(tuple) if ids else st.just(())
    findings = st.builds(
        Finding, st.sampled_from(FOUND), st.just(EMPTY), explained_by=groups, question=st.integers(0, 3)
    )
    return Run(
        {id_: draw(findings) for id_ in ids},
        {
            id_: draw(st.lists(st.sampled_from(ids[:place]), max_size=3)) if place else []
            for place, id_ in enumerate(ids)
        },
    )


@unhurried
@given(runs())
def test_exactly_what_is_broken_is_judged(run: Run) -> None:
    """Nothing that passed or was skipped, and nothing is lost."""
    assert run.judged.keys() == run.broken


@unhurried
@given(runs())
def test_something_is_always_to_blame(run: Run) -> None:
    """Where anything is broken there is a root cause."""
    assert bool(run.roots) is bool(run.broken)


@unhurried
@given(runs())
def test_a_root_has_no_broken_prerequisite(run: Run) -> None:
    """Or it would be a symptom."""
    assert not [id_ for id_ in run.roots if run.needed(id_) & run.broken]


@unhurried
@given(runs())
def test_a_symptom_names_root_causes_and_only_them(run: Run) -> None:
    """At least one, in the order of the catalogue."""
    order = list(run.findings)

    for explained in run.judged.values():
        assert set(explained) <= run.roots
        assert list(explained) == sorted(explained, key=order.index)


@unhurried
@given(runs())
def test_an_unanswered_question_has_one_root_at_most(run: Run) -> None:
    """However many asked it."""
    asked = [run.findings[id_].question for id_ in run.roots if run.findings[id_].question]

    assert len(asked) == len(set(asked))


@unhurried
@given(runs())
def test_what_nothing_explains_stays_a_root(run: Run) -> None:
    """A finding with no broken prerequisite, no shared question and nobody to explain it is to blame itself."""
    alone = {
        id_
        for id_ in run.broken
        if not run.needed(id_) & run.broken
        and not run.findings[id_].question
        and not all(group & (run.broken - {id_}) for group in run.findings[id_].explained_by or [frozenset()])
    }

    assert alone <= run.roots
