"""Which failures are root causes and which are symptoms: a pure function over findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def explanations(findings: Mapping[str, Finding], requires: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Answer, for each failed or error finding, the ids of the root causes that explain it.

    *findings* are in catalogue order, prerequisites before what needs them; *requires* names the direct
    prerequisites. A finding is a symptom when a prerequisite, transitively, is broken; when an earlier finding
    could not be had because the very same question went unanswered; or when each group of its `explained_by`
    holds a broken finding. An empty tuple marks a root cause.
    """
    broken = {id_: f for id_, f in findings.items() if f.outcome in {Outcome.FAILED, Outcome.ERROR}}
    first_asked: dict[int, str] = {}
    parents: dict[str, set[str]] = {}
    for id_, finding in broken.items():
        parents[id_] = {p for p in _ancestors(id_, requires) if p in broken}
        if finding.question:
            first = first_asked.setdefault(finding.question, id_)
            parents[id_] |= {first} - {id_}
        parents[id_] |= _explaining(id_, finding, broken)
    return {id_: _roots(id_, parents, tuple(findings)) for id_ in broken}


def _ancestors(id_: str, requires: Mapping[str, Sequence[str]]) -> set[str]:
    """All prerequisites of one diagnostic, transitively."""
    found: set[str] = set()
    waiting = list(requires.get(id_, ()))
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += requires.get(current, ())
    return found


def _explaining(id_: str, finding: Finding, broken: Mapping[str, Finding]) -> set[str]:
    """The broken ids that explain the finding, when every one of its groups has some; else none."""
    groups = [{other for other in group if other in broken and other != id_} for group in finding.explained_by]
    return set[str]().union(*groups) if groups and all(groups) else set()


def _roots(id_: str, parents: Mapping[str, set[str]], order: tuple[str, ...]) -> tuple[str, ...]:
    """Follow the explanations to their ends, in catalogue order."""
    seen: set[str] = set()
    waiting = set(parents[id_])
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting |= parents[current]
    return tuple(other for other in order if other in seen and not parents[other])
