"""What changed since an earlier run, in the words that the reports for people share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.results import Comparison, OutcomeChange

_SHOWN = 10


def heading(since: Comparison) -> str:
    """Say in one line how much changed since when."""
    if not since.since:
        return "nothing to compare with"
    told = (
        (since.new, "new"),
        (since.fixed, "fixed"),
        (since.still_failing, "still failing"),
        (since.not_asked, "not asked again"),
        (since.slower, "slower"),
    )
    changes = ", ".join(f"{len(ones)} {word}" for ones, word in told if ones)
    return f"since the run of {since.since}: {changes or 'nothing changed'}"


def changes(since: Comparison) -> tuple[tuple[str, str], ...]:
    """Name what changed, a kind and its words each: what broke first, then what holds again."""
    return (
        *_broken("new", since.new),
        *(("fixed", words) for words in _listed([_healed(one) for one in since.fixed])),
        *_broken("still", since.still_failing),
        *(("unknown", words) for words in _listed([f"{_healed(one)}, not asked now" for one in since.not_asked])),
        *(
            ("slower", words)
            for words in _listed([f"{one.id}: {one.before:.2f} s, now {one.now:.2f} s" for one in since.slower])
        ),
        *(("note", line(note)) for note in since.notes),
    )


def _broken(kind: str, ones: Sequence[OutcomeChange]) -> Iterator[tuple[str, str]]:
    """Name what stands for itself; symptoms share a line."""
    symptoms = [one.id for one in ones if one.now == Outcome.BLOCKED]
    for words in _listed([_failing(one) for one in ones if one.now != Outcome.BLOCKED]):
        yield kind, words
    if symptoms:
        yield kind, f"{count(len(symptoms), 'symptom')}: {ids_line(symptoms)}"


def _failing(one: OutcomeChange) -> str:
    unknown = " (could not find out)" if one.now == Outcome.ERROR else ""
    other = f", was {one.cause_before}" if one.cause_before not in {"", one.cause_now} else ""
    return f"{one.id}: {one.cause_now}{unknown}{other}"


def _healed(one: OutcomeChange) -> str:
    return f"{one.id}: was {one.cause_before}"


def _listed(told: list[str]) -> list[str]:
    rest = len(told) - _SHOWN
    return told[:_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
