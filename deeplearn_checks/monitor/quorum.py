"""Several locations, one verdict: a diagnostic is broken when a quorum of those that reported lately say so. Pure.

Locations that share a configuration share the beat of a group (`schedule`), so a round is told by `due_ms`. The
combined run bears the beat that a quorum has reported on: `stepping.step` counts it once, however many reports follow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deeplearn_checks.finding import BROKEN, Outcome
from deeplearn_checks.monitor.observing import Observed
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from deeplearn_checks.monitor.observing import Observation


@dataclass(frozen=True, slots=True)
class Voters:
    """How many locations must agree, of which, and for how many milliseconds a report counts.

    Where `locations` names none, all that ever reported are meant.
    """

    quorum: int = 1
    stale_ms: int = 600_000
    locations: tuple[str, ...] = ()


def combine(runs: Sequence[Observed], voters: Voters, now_ms: int) -> Observed:
    """Answer what the newest runs of all locations say together of one group of one target; location `''`.

    *runs*: at least one, of one target and group; of each location the newest is looked at. A diagnostic is broken
    when `quorum` of the locations that reported lately say so. It passes when one says so and too few would say that
    it is broken even if each silent location still saw what it saw last: who is silent neither opens nor recovers.
    Else nothing is said of it. Blocked votes count as broken, and the verdict is blocked where what blocks them is
    broken by quorum too. Where fewer than a quorum could look, the answer is a run that could not be made.
    """
    newest = _newest(runs, voters.locations)
    lately = [run for run in newest if now_ms - run.started_ms <= voters.stale_ms]
    looked = [run for run in lately if run.problem is None]
    if len(looked) < voters.quorum:
        return _blind(newest or _newest(runs, ()), lately, voters)
    ballots = _ballots(looked, [run for run in newest if run not in lately])
    broken = frozenset(id_ for id_, votes in ballots.items() if len(votes.broken) >= voters.quorum)
    verdicts = (_verdict(votes, broken, voters.quorum) for votes in ballots.values())
    said = tuple(verdict for verdict in verdicts if verdict is not None)
    shown = next((run for run in looked if run.bundle and _has_broken(run, broken)), None)
    beat = sorted((run.due_ms for run in looked), reverse=True)[voters.quorum - 1]
    return Observed(
        target=looked[0].target,
        group=looked[0].group,
        location="",
        due_ms=beat,
        started_ms=beat,
        seconds=max(run.seconds for run in looked),
        observations=said,
        requests=sum(run.requests for run in looked),
        bundle=shown.bundle if shown else "",
        affected=_affected(looked),
    )


@dataclass(slots=True)
class _Votes:
    """What the locations say of one diagnostic, those that reported lately; `silent`: how many others saw it broken."""

    broken: list[Observation]
    passed: list[Observation]
    silent: int = 0


def _newest(runs: Iterable[Observed], locations: Collection[str]) -> list[Observed]:
    """Answer the newest run of each location, newest first; locations by name where two are as new."""
    by_location: dict[str, Observed] = {}
    for run in sorted(runs, key=lambda run: run.started_ms):
        if not locations or run.location in locations:
            by_location[run.location] = run
    return sorted(by_location.values(), key=lambda run: (-run.started_ms, run.location))


def _blind(newest: Sequence[Observed], lately: Sequence[Observed], voters: Voters) -> Observed:
    """Say that too few could look, and what the newest of them says of it."""
    one = newest[0]
    looked = sum(run.problem is None for run in lately)
    text = f"{looked} of the {voters.quorum} locations that must agree have looked lately"
    problem = next((f"{text}; {run.location}: {run.problem}" for run in lately if run.problem), text)
    return replace(
        one, location="", started_ms=one.due_ms, observations=(), problem=Redacted(problem), bundle="", affected=None
    )


def _ballots(looked: Sequence[Observed], silent: Sequence[Observed]) -> dict[str, _Votes]:
    """Answer the votes on each diagnostic that anybody has one on, in the order of the catalogue as first reported."""
    ballots: dict[str, _Votes] = {}
    for run in looked:
        for one in run.observations:
            votes = ballots.setdefault(one.diagnostic, _Votes([], []))
            if one.outcome in BROKEN:
                votes.broken.append(one)
            elif one.outcome is Outcome.PASSED:
                votes.passed.append(one)
    for run in silent:
        for one in run.observations:
            if one.outcome in BROKEN and one.diagnostic in ballots:
                ballots[one.diagnostic].silent += 1
    return ballots


def _verdict(votes: _Votes, broken: Collection[str], quorum: int) -> Observation | None:
    """Answer one observation for all, None where nothing can be said."""
    if len(votes.broken) >= quorum:
        return _broken(votes.broken, broken)
    if votes.passed and len(votes.broken) + votes.silent < quorum:
        return votes.passed[0]
    return None


def _broken(votes: Sequence[Observation], broken: Collection[str]) -> Observation:
    """Answer the vote that most agree with; a symptom of what is broken by quorum stays one, of anything else not."""
    roots = tuple(sorted({root for one in votes for root in one.blocked_by if root in broken}))
    own = [one for one in votes if one.outcome is not Outcome.BLOCKED]
    if roots:
        return replace(_usual(votes), outcome=Outcome.BLOCKED, blocked_by=roots)
    if own:
        return _usual(own)
    return replace(_usual(votes), outcome=Outcome.ERROR, blocked_by=())


def _usual(votes: Sequence[Observation]) -> Observation:
    """Answer the first of the votes with the most common outcome and cause."""
    kind, _ = Counter((one.outcome, one.cause) for one in votes).most_common(1)[0]
    return next(one for one in votes if (one.outcome, one.cause) == kind)


def _has_broken(run: Observed, broken: Collection[str]) -> bool:
    return any(one.diagnostic in broken and one.outcome in BROKEN for one in run.observations)


def _affected(looked: Iterable[Observed]) -> Mapping[str, int] | None:
    """Answer the most that any location counted, by diagnostic."""
    most: dict[str, int] = {}
    for run in looked:
        for id_, count in (run.affected or {}).items():
            most[id_] = max(count, most.get(id_, 0))
    return most or None
