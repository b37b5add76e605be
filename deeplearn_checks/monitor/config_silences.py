"""Maintenance windows and waivers of the monitor's file, resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.monitor.config_shape import WEEKDAYS, MaintenanceTable, milliseconds
from deeplearn_checks.monitor.silences import Maintenance, Once, Silences, Waiver, Weekly
from deeplearn_checks.monitor.wall_time import minute_of_day
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Collection

    from deeplearn_checks.monitor.config_problems import Source
    from deeplearn_checks.monitor.config_shape import MonitorFile
    from deeplearn_checks.monitor.toml_lines import Path


def silences_of(shape: MonitorFile, source: Source, ids: Collection[str], causes: Collection[str]) -> Silences:
    """Answer when nothing is told; *ids* are the diagnostics that there are.

    Raises ConfigurationError for a target, diagnostic or cause that there is not.
    """
    names = [target.name for target in shape.targets]
    for number, window in enumerate(shape.maintenance):
        source.hold_targets(("maintenance", number, "targets"), window.targets, names)
    for number, waiver in enumerate(shape.waivers):
        source.hold_targets(("waivers", number, "target"), (waiver.target,), names)
        _hold(("waivers", number, "diagnostic"), waiver.diagnostic, ids, source)
        _hold(("waivers", number, "cause"), waiver.cause, causes, source)
    return Silences(
        tuple(Maintenance(_when(one), one.targets, Redactor()(one.reason)) for one in shape.maintenance),
        tuple(
            Waiver(one.diagnostic or one.cause, one.target, Redactor()(one.reason), one.expires)
            for one in shape.waivers
        ),
    )


def _when(window: MaintenanceTable) -> Once | Weekly:
    if window.from_ and window.to:
        return Once(milliseconds(window.from_), milliseconds(window.to))
    days = frozenset(WEEKDAYS.index(day) for day in window.days)
    return Weekly(days, minute_of_day(window.at or "00:00"), window.for_ or 0, window.zone)


def _hold(path: Path, word: str, known: Collection[str], source: Source) -> None:
    """Refuse what no finding could ever bear."""
    if word and word not in known:
        source.refuse_unknown(path, word, known, str(path[-1]))
