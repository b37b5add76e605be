"""What is known of targets now, as the page says it: statuses, root causes, what they block, what is tolerated. Pure.

A target is `down` where something critical is, `degraded` where something else is, `unknown` where the monitor cannot
look (never ran, runs that could not be made, runs that are overdue), `maintenance` where a window covers it. What a
window or a waiver covers counts for nothing, and is shown apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from deeplearn_checks.causes import explain
from deeplearn_checks.diagnostic import closure
from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.page.freshness import patience
from deeplearn_checks.monitor.quorum import combine
from deeplearn_checks.monitor.state import Health
from deeplearn_checks.monitor.stepping import RUN, WAIVER_EXPIRED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.monitor.config import Config, GroupConfig, TargetConfig
    from deeplearn_checks.monitor.observing import Observation, Observed
    from deeplearn_checks.monitor.state import Standing, State


class Status(StrEnum):
    """How a target, a group or a diagnostic is; each has a colour, a shape and a word of its own."""

    UP = "up"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    DOWN = "down"


_WORST_FIRST = (Status.DOWN, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE, Status.UP)


def worst(statuses: Iterable[Status]) -> Status:
    """Answer the worst of them, unknown where there is none."""
    held = set(statuses)
    return next((status for status in _WORST_FIRST if status in held), Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Broken:
    """One diagnostic of one target that is judged to be down, and is nobody's symptom.

    `since_ms` is when that began; `blocks` names what it keeps from passing; `tolerated` says why it counts for
    nothing now, empty where it counts. `waiver_expired`: it was tolerated for too long.
    """

    target: str
    diagnostic: str
    title: str
    standing: Standing
    cause: str
    meaning: str
    remedy: str
    runbook: str
    since_ms: int
    blocks: tuple[str, ...]
    affected: int | None
    tolerated: str
    waiver_expired: bool

    @property
    def status(self) -> Status:
        """What it makes of its target: a run that could not be made says nothing about the target."""
        if self.tolerated:
            return Status.UP
        if self.diagnostic.startswith(RUN):
            return Status.UNKNOWN
        return Status.DOWN if self.standing.severity is Severity.CRITICAL else Status.DEGRADED


@dataclass(frozen=True, slots=True)
class Row:
    """One diagnostic of a group: what is known of it (None: nothing yet), and what the last run said."""

    diagnostic: str
    title: str
    standing: Standing | None
    last: Observation | None
    status: Status
    tolerated: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a target now. `run` is what all locations say together, None before the first; `runs` by location."""

    config: GroupConfig
    status: Status
    run: Observed | None
    runs: tuple[Observed, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.config.name


@dataclass(frozen=True, slots=True)
class Target:
    """A target now; `maintenance` says which window covers it, empty for none."""

    config: TargetConfig
    status: Status
    maintenance: str
    groups: tuple[Group, ...]
    broken: tuple[Broken, ...]
    tolerated: tuple[Broken, ...]
    flapping: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.config.name


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a target is judged by now.

    *state* is what is known, *runs* are the newest of groups and locations, *overdue* groups without a fresh one.
    """

    config: Config
    target: TargetConfig
    state: State
    runs: tuple[Observed, ...]
    overdue: frozenset[str]
    now_ms: int

    @property
    def maintenance(self) -> str:
        """Which window covers the target now, empty for none."""
        return self.config.silences.of(self.target.name).silenced("", self.now_ms)

    def standings(self) -> dict[str, Standing]:
        """Answer what is known of what is still asked; of the rest the last word is never spoken."""
        asked = {id_ for group in self.target.groups for id_ in (*asked_by(self.config, group), f"{RUN}:{group.name}")}
        return {id_: standing for id_, standing in self.state.standings.items() if id_ in asked}

    def combined(self, group: GroupConfig) -> Observed | None:
        """Answer what all locations say together of a group, in their newest runs, however old."""
        runs = [run for run in self.runs if run.group == group.name]
        if not runs:
            return None
        voters = replace(self.config.voters, stale_ms=max(self.config.voters.stale_ms, patience(group)))
        return combine(runs, voters, max(run.started_ms for run in runs))

    def observations(self) -> dict[str, Observation]:
        """Answer the newest word on each diagnostic."""
        said: dict[str, tuple[int, Observation]] = {}
        for group in self.target.groups:
            run = self.combined(group)
            for one in run.observations if run else ():
                at_ms = run.started_ms if run else 0
                if one.diagnostic not in said or said[one.diagnostic][0] < at_ms:
                    said[one.diagnostic] = at_ms, one
        return {id_: one for id_, (_, one) in said.items()}

    def broken(self) -> tuple[Broken, ...]:
        """Answer what is down and no symptom of something else that is, the most severe first."""
        standings, newest = self.standings(), self.observations()
        down = {id_ for id_, standing in standings.items() if standing.health is Health.DOWN}
        symptoms = {
            id_
            for id_, one in newest.items()
            if one.outcome is Outcome.BLOCKED and any(root in down for root in one.blocked_by)
        }
        blocks = {
            root: tuple(one.diagnostic for one in newest.values() if root in one.blocked_by) for root in down - symptoms
        }
        found = [self._broken(id_, standings[id_], blocks[id_]) for id_ in standings if id_ in blocks]
        return tuple(sorted(found, key=lambda one: (-one.standing.severity, one.since_ms)))

    def _broken(self, id_: str, standing: Standing, blocks: tuple[str, ...]) -> Broken:
        cause = standing.cause.partition(" ")[0]
        meaning, remedy = explain(cause, self.target.settings, self.config.causes.values())
        known = self.config.known.get(id_)
        return Broken(
            self.target.name,
            id_,
            title_of(self.config, id_),
            standing,
            cause,
            meaning,
            standing.remedy or remedy,
            known.runbook if known else "",
            standing.opened_ms or standing.first_broken_ms or standing.seen_ms,
            blocks,
            next(((run.affected or {}).get(id_) for run in self.runs if id_ in (run.affected or {})), None),
            self.tolerated(id_, standing),
            WAIVER_EXPIRED in standing.cause,
        )

    def tolerated(self, id_: str, standing: Standing) -> str:
        """Answer which window or waiver covers it now, empty for none."""
        quiet = self.config.silences.of(self.target.name)
        cause = standing.cause.partition(" ")[0]
        return quiet.silenced(id_, self.now_ms) or (quiet.silenced(cause, self.now_ms) if cause else "")

    def group(self, group: GroupConfig, broken: Sequence[Broken]) -> Group:
        """Say how a group is."""
        run = self.combined(group)
        asked = asked_by(self.config, group)
        of_it = [one.status for one in broken if one.diagnostic in asked or one.diagnostic == f"{RUN}:{group.name}"]
        is_blind = run is None or group.name in self.overdue or run.problem is not None
        return Group(
            group,
            Status.MAINTENANCE if self.maintenance else worst([*of_it, Status.UNKNOWN if is_blind else Status.UP]),
            run,
            tuple(one for one in self.runs if one.group == group.name),
            tuple(self._row(id_, run) for id_ in asked),
        )

    def _row(self, id_: str, run: Observed | None) -> Row:
        standing = self.state.standings.get(id_)
        last = next((one for one in run.observations if one.diagnostic == id_), None) if run else None
        tolerated = self.tolerated(id_, standing) if standing and standing.health is Health.DOWN else ""
        return Row(id_, title_of(self.config, id_), standing, last, _status(standing), tolerated)


def judged(sight: Sight) -> Target:
    """Say how a target is."""
    found = sight.broken()
    broken = tuple(one for one in found if not one.tolerated)
    groups = tuple(sight.group(group, broken) for group in sight.target.groups)
    return Target(
        sight.target,
        worst(group.status for group in groups),
        sight.maintenance,
        groups,
        broken,
        tuple(one for one in found if one.tolerated),
        tuple(id_ for id_, standing in sight.standings().items() if standing.is_flapping),
    )


def _status(standing: Standing | None) -> Status:
    """Answer how a diagnostic is, by its health alone."""
    if standing is None or standing.health is Health.UNKNOWN:
        return Status.UNKNOWN
    if standing.health is Health.UP:
        return Status.UP
    return Status.DOWN if standing.severity is Severity.CRITICAL else Status.DEGRADED


def asked_by(config: Config, group: GroupConfig) -> tuple[str, ...]:
    """Answer the ids that a run of a group asks: its own and what they require or consult, in the catalogue's order."""
    return _asked_by(tuple(config.known[id_] for id_ in group.diagnostics), tuple(config.known))


def title_of(config: Config, id_: str) -> str:
    """Answer the rule that a diagnostic holds; of the run itself, that it can be made."""
    if id_.startswith(RUN):
        return f"The monitor can ask the group {id_.partition(':')[2]}."
    return config.known[id_].title if id_ in config.known else id_


@cache
def _asked_by(diagnostics: tuple[Diagnostic, ...], order: tuple[str, ...]) -> tuple[str, ...]:
    asked = {one.id for one in closure(diagnostics)}
    return tuple(id_ for id_ in order if id_ in asked)
