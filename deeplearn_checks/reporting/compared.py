"""What changed since an earlier run, in the words that the reports for people share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.results import Comparison, OutcomeChange, Slowdown

_SHOWN = 10

Told = tuple[str, str]
"""The id of a diagnostic, and what became of it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that changed in one way; `symptoms` are the ids of what only stands on something else."""

    kind: str
    told: tuple[Told, ...]
    symptoms: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many diagnostics changed so."""
        return len(self.told) + len(self.symptoms)


def heading(since: Comparison) -> str:
    """Say in one line how much changed since when."""
    if not since.since:
        return "nothing to compare with"
    return f"since the run of {since.since}: {counted(since)}"


def counted(since: Comparison) -> str:
    """Count what changed, by how it did."""
    return ", ".join(f"{group.number} {group.kind}" for group in groups(since)) or "nothing changed"


def groups(since: Comparison) -> tuple[Group, ...]:
    """Answer everything that changed, for readers with room for all of it: what broke first, then what holds again."""
    every = (
        _group("new", since.new),
        Group("fixed", tuple((one.id, _healed(one)) for one in since.fixed)),
        _group("still failing", since.still_failing),
        Group("not asked again", tuple((one.id, _healed(one)) for one in since.not_asked)),
        Group("slower", tuple((one.id, _slower(one)) for one in since.slower)),
    )
    return tuple(group for group in every if group.number)


def _group(kind: str, ones: Sequence[OutcomeChange]) -> Group:
    """Answer what is broken, symptoms apart."""
    alone = tuple((one.id, _failing(one)) for one in ones if one.now != Outcome.BLOCKED)
    return Group(kind, alone, tuple(one.id for one in ones if one.now == Outcome.BLOCKED))


def changes(since: Comparison) -> tuple[tuple[str, str], ...]:
    """Name what changed in a few lines, a kind and its words each: what broke first, then what holds again."""
    return (
        *(told for group in groups(since) for told in _lines(group)),
        *(("note", line(note)) for note in since.notes),
    )


_KINDS = {"still failing": "still", "not asked again": "unknown"}
"""Kinds that one word stands for where there is no room."""


def _lines(group: Group) -> Iterator[tuple[str, str]]:
    """Name what stands for itself; symptoms share a line."""
    kind = _KINDS.get(group.kind, group.kind)
    ending = ", not asked now" if kind == "unknown" else ""
    for words in _listed([f"{id_}: {words}{ending}" for id_, words in group.told]):
        yield kind, words
    if group.symptoms:
        yield kind, f"{count(len(group.symptoms), 'symptom')}: {ids_line(group.symptoms)}"


def _failing(one: OutcomeChange) -> str:
    unknown = " (could not find out)" if one.now == Outcome.ERROR else ""
    other = f", was {one.cause_before}" if one.cause_before not in {"", one.cause_now} else ""
    return f"{one.cause_now}{unknown}{other}"


def _healed(one: OutcomeChange) -> str:
    return f"was {one.cause_before}"


def _slower(one: Slowdown) -> str:
    return f"{one.before:.2f} s, now {one.now:.2f} s"


def _listed(told: list[str]) -> list[str]:
    rest = len(told) - _SHOWN
    return told[:_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
