"""Targets and groups of the monitor's file, resolved: what each run asks, of whom, when, and how it is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Effects
from deeplearn_checks.monitor.config_values import Values, names_of
from deeplearn_checks.monitor.schedule import Between, Schedule, spread
from deeplearn_checks.monitor.state import Policy
from deeplearn_checks.monitor.stepping import RUN
from deeplearn_checks.monitor.wall_time import DAY_MINUTES, MINUTE_MS, minute_of_day
from deeplearn_checks.settings import ConfigurationError, Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.monitor.config_problems import Source
    from deeplearn_checks.monitor.config_shape import GroupTable, MonitorFile, Policies, TargetTable
    from deeplearn_checks.monitor.toml_lines import Path


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """What one run of a target asks, when, and how it is judged.

    `diagnostics`: ids, in the order of the catalogue. `settings`: the target's, with this group's effects and
    deadline, ready for `runner.run`. `policies`: by diagnostic, `''` for the others, for `stepping.step`.
    """

    name: str
    diagnostics: tuple[str, ...]
    schedule: Schedule
    settings: Settings
    policies: Mapping[str, Policy]

    @property
    def every_ms(self) -> int:
        """The interval."""
        return self.schedule.every_ms

    @property
    def deadline_ms(self) -> int:
        """After how long a run ends."""
        return round(self.settings.deadline * 1000)


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """One deployment that is watched, with its own credentials. `settings` allow no effects; groups have their own."""

    name: str
    url: str
    environment: str
    settings: Settings
    groups: tuple[GroupConfig, ...]


def targets_of(shape: MonitorFile, values: Values, known: Mapping[str, Diagnostic]) -> tuple[TargetConfig, ...]:
    """Answer the targets with their groups; *known* are the diagnostics that there are, by id.

    Raises ConfigurationError for what cannot be watched.
    """
    _hold_names("groups", [group.name for group in shape.groups], values.source)
    _hold_names("targets", [target.name for target in shape.targets], values.source)
    _hold_policies(shape, values.source, known)
    asked = [_diagnostics(group, number, values.source, known) for number, group in enumerate(shape.groups)]
    schedules = [_schedule(group, number, values.source) for number, group in enumerate(shape.groups)]
    watching = _Watching(shape, values, asked, schedules)
    return tuple(watching.target(target, number) for number, target in enumerate(shape.targets))


@dataclass(frozen=True, slots=True)
class _Watching:
    """The file, with what each of its groups asks and when."""

    shape: MonitorFile
    values: Values
    asked: Sequence[tuple[str, ...]]
    schedules: Sequence[Schedule]

    def target(self, target: TargetTable, number: int) -> TargetConfig:
        """Resolve one target."""
        chosen = self._chosen(target, number)
        given = self.values.settings(target, number)
        settings = self._settings(target, number, given)
        groups = tuple(self._group(target, number, settings, position) for position in chosen)
        return TargetConfig(target.name, target.url, target.environment, settings, groups)

    def _chosen(self, target: TargetTable, number: int) -> list[int]:
        """Answer the numbers of the target's groups, all where it names none."""
        names = [group.name for group in self.shape.groups]
        for word in target.groups or ():
            if word not in names:
                self.values.source.refuse_unknown(("targets", number, "groups"), word, names, "group")
        return [position for position, name in enumerate(names) if target.groups is None or name in target.groups]

    def _group(self, target: TargetTable, number: int, settings: Settings, position: int) -> GroupConfig:
        """Resolve one group of a target; its settings are the target's, with its own effects and deadline."""
        group, schedule = self.shape.groups[position], self.schedules[position]
        self._hold_effects(target, number, group, settings.host)
        if group.offset is None:
            schedule = replace(schedule, offset_ms=spread(f"{target.name} {group.name}", group.every))
        own = settings.model_copy(update={"effects": group.effects, "deadline": group.deadline / 1000})
        levels = (self.shape.policy, target.policy, group.policy)
        return GroupConfig(group.name, self.asked[position], schedule, own, _policies(levels))

    def _hold_effects(self, target: TargetTable, number: int, group: GroupTable, host: str) -> None:
        """Refuse to write rows, again and again, to a host that nobody has named; production or not."""
        if group.effects is Effects.DATA and target.i_mean_it.strip().lower() != host:
            self.values.source.refuse(
                ("targets", number, "i_mean_it"),
                f"group {group.name} would write data to {target.name}; write i_mean_it = {host!r}, "
                "or leave that group out of its groups",
            )

    def _settings(self, target: TargetTable, number: int, given: Mapping[str, str]) -> Settings:
        """Load the settings of a target; raises ConfigurationError with the line of what cannot be used."""
        flags = {
            "api_base_url": target.url,
            "environment": target.environment,
            "effects": Effects.NONE,
            "i_mean_it": target.i_mean_it,
        }
        path: Path = ("targets", number)
        try:
            return load_settings(flags, variables=given)
        except ConfigurationError as problem:
            named = [name for name in target.variables if str(problem).startswith(_names(name))]
            self.values.source.refuse((*path, "variables", *named[:1]) if named else path, f"{problem}")


def _names(name: str) -> tuple[str, ...]:
    """Answer all names of the setting that a variable is of."""
    return next(names for names in map(names_of, Settings.model_fields) if name in names)


def _hold_names(table: str, names: Sequence[str], source: Source) -> None:
    """Refuse a name that is borne twice."""
    for number, name in enumerate(names):
        if name in names[:number]:
            source.refuse((table, number, "name"), f"{name} is the name of another one too; write one of its own")


def _hold_policies(shape: MonitorFile, source: Source, known: Iterable[str]) -> None:
    """Refuse a policy of a diagnostic that there is not."""
    held: list[tuple[Path, Policies]] = [(("policy",), shape.policy)]
    held += [(("groups", number, "policy"), group.policy) for number, group in enumerate(shape.groups)]
    held += [(("targets", number, "policy"), target.policy) for number, target in enumerate(shape.targets)]
    known = [*known, RUN]
    for path, policies in held:
        for id_ in policies.diagnostics:
            if id_ not in known:
                source.refuse_unknown((*path, "diagnostics", id_), id_, known, "diagnostic")


def _policies(levels: Iterable[Policies]) -> dict[str, Policy]:
    """Lay the policies of the file, of the target and of the group one over the other; those of a diagnostic on top."""
    levels = tuple(levels)
    said = dict[str, int]()
    for level in levels:
        said |= level.overrides()
    of_diagnostics: dict[str, dict[str, int]] = {}
    for level in levels:
        for id_, policy in level.diagnostics.items():
            of_diagnostics[id_] = {**of_diagnostics.get(id_, said), **policy.overrides()}
    return {"": Policy(**said)} | {id_: Policy(**one) for id_, one in of_diagnostics.items()}


def _diagnostics(group: GroupTable, number: int, source: Source, known: Mapping[str, Diagnostic]) -> tuple[str, ...]:
    """Answer the ids that a group means, without those that its effects do not allow where a pattern means them."""
    path: Path = ("groups", number, "diagnostics")
    allowed = [one.id for one in known.values() if one.effects <= group.effects]
    needs = {one.id: one.effects.label for one in known.values() if one.effects > group.effects}
    wanted = set[str]()
    for word in group.diagnostics:
        if word in needs:
            source.refuse(path, f"{word} has effects on its target; write effects = {needs[word]!r} in this group")
        found = {id_ for id_ in allowed if fnmatchcase(id_, word)}
        if not found and any(fnmatchcase(id_, word) for id_ in needs):
            source.refuse(path, f"all of {word} have effects on their target; write effects in this group")
        if not found:
            source.refuse_unknown(path, word, known, "diagnostic")
        wanted |= found
    return tuple(id_ for id_ in allowed if id_ in wanted)


def _schedule(group: GroupTable, number: int, source: Source) -> Schedule:
    """Answer when a group is due; raises ConfigurationError where it never would be."""
    if group.between is None:
        return Schedule(group.every, group.offset or 0)
    start, _, end = group.between.partition("-")
    between = Between(minute_of_day(start), minute_of_day(end), group.zone)
    if group.every > min(between.minutes, DAY_MINUTES) * MINUTE_MS:
        source.refuse(
            ("groups", number, "between"), "is shorter than every: the group might never be due; make it longer"
        )
    return Schedule(group.every, group.offset or 0, between)
