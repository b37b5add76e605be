"""Which failures are root causes and which are symptoms: a pure function over findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


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
        parents[id_] = {p for p in _reached(id_, requires) if p in broken}
        if finding.question:
            first = first_asked.setdefault(finding.question, id_)
            parents[id_] |= {first} - {id_}
    for id_, finding in broken.items():
        parents[id_] |= _explaining(id_, finding, parents)
    return {id_: _roots(id_, parents, tuple(findings)) for id_ in broken}


def _reached(id_: str, links: Mapping[str, Collection[str]]) -> set[str]:
    """All that is linked to one id, directly or by way of others."""
    found: set[str] = set()
    waiting = list(links.get(id_, ()))
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += links.get(current, ())
    return found


def _explaining(id_: str, finding: Finding, parents: Mapping[str, set[str]]) -> set[str]:
    """The broken ids that explain the finding, when every one of its groups has some; else none.

    What is itself a symptom of the finding explains nothing: two that point at each other would leave no root cause.
    """
    groups = [
        {other for other in group if other in parents and other != id_ and id_ not in _reached(other, parents)}
        for group in finding.explained_by
    ]
    return set[str]().union(*groups) if groups and all(groups) else set()


def _roots(id_: str, parents: Mapping[str, set[str]], order: tuple[str, ...]) -> tuple[str, ...]:
    """Follow the explanations to their ends, in catalogue order."""
    reached = _reached(id_, parents)
    return tuple(other for other in order if other in reached and not parents[other])
