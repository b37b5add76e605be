"""`/metrics` for Prometheus, computed at each scrape into a registry of its own.

Labels are names of the configuration, ids of the catalogue, outcomes and severities: what comes from a target is none.

- `deeplearn_checks_outcome{target,group,diagnostic,outcome}`: 1 for the newest answer; the other outcomes are left out.
- `deeplearn_checks_up{target,group,diagnostic,severity}`: 1 judged up, 0 judged down; left out while unknown.
- `deeplearn_checks_duration_seconds{target,group,diagnostic}`: how long the newest answer took.
- `deeplearn_checks_last_success_timestamp_seconds{target,group,diagnostic}`: when it passed last (of what is broken, to
  the minute or the hour); 0 where it is not known that it ever did.
- `deeplearn_checks_run_duration_seconds{target,group}`, `deeplearn_checks_run_timestamp_seconds{target,group}` and
  `deeplearn_checks_run_problem{target,group}`: the newest run, when it began, and whether it could not be made (1).
- `deeplearn_checks_overdue{target,group}`: 1 where this location has no fresh run.
- `deeplearn_checks_monitor_up`: 1 while the monitor itself is well, 0 else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from deeplearn_checks.monitor.state import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from deeplearn_checks.monitor.page.judged import Group, Row
    from deeplearn_checks.monitor.page.reading import Snapshot, Watched

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_OF_ONE = ["target", "group", "diagnostic"]
_OF_RUN = ["target", "group"]


def metrics(snapshot: Snapshot, last_success_ms: Callable[[str, Row], int]) -> bytes:
    """Write the exposition. *last_success_ms* answers when a diagnostic of a target passed last, 0 for never."""
    registry = CollectorRegistry()
    registry.register(_Collector(snapshot, last_success_ms))
    return generate_latest(registry)


class _Collector:
    """Computes the metrics of one scrape."""

    def __init__(self, snapshot: Snapshot, last_success_ms: Callable[[str, Row], int]) -> None:
        self._snapshot = snapshot
        self._last_success_ms = last_success_ms

    def collect(self) -> Iterator[Metric]:
        """Answer all metrics; on registering too, which asks for their names."""
        yield from self._of_diagnostics()
        yield from self._of_runs()
        is_well = not self._snapshot.problem and not self._snapshot.overdue
        yield GaugeMetricFamily("deeplearn_checks_monitor_up", "Whether the monitor itself is well.", float(is_well))

    def _of_diagnostics(self) -> Iterator[Metric]:
        outcome = _gauge("outcome", "The newest answer of a diagnostic: 1 for what it was.", [*_OF_ONE, "outcome"])
        up = _gauge("up", "Whether a diagnostic is judged up (1) or down (0).", [*_OF_ONE, "severity"])
        seconds = _gauge("duration_seconds", "How long the newest answer took.", _OF_ONE)
        success = _gauge("last_success_timestamp_seconds", "When a diagnostic passed last, 0 for never.", _OF_ONE)
        for watched, group, row in self._rows():
            labels = [watched.now.name, group.name, row.diagnostic]
            if row.last is not None:
                outcome.add_metric([*labels, row.last.outcome.value], 1)
                seconds.add_metric(labels, row.last.seconds)
            if row.standing is not None and row.standing.health is not Health.UNKNOWN:
                is_up = row.standing.health is Health.UP
                up.add_metric([*labels, row.standing.severity.label], float(is_up))
            success.add_metric(labels, self._last_success_ms(watched.now.name, row) / 1000)
        yield from (outcome, up, seconds, success)

    def _rows(self) -> Iterator[tuple[Watched, Group, Row]]:
        for watched in self._snapshot.targets:
            for group in watched.now.groups:
                for row in group.rows:
                    yield watched, group, row

    def _of_runs(self) -> Iterator[Metric]:
        seconds = _gauge("run_duration_seconds", "How long the newest run of a group took.", _OF_RUN)
        began = _gauge("run_timestamp_seconds", "When the newest run of a group began.", _OF_RUN)
        problem = _gauge("run_problem", "Whether the newest run of a group could not be made.", _OF_RUN)
        late = _gauge("overdue", "Whether this location has no fresh run of a group.", _OF_RUN)
        overdue = {(one.target, one.group) for one in self._snapshot.overdue}
        for watched in self._snapshot.targets:
            for group in watched.now.groups:
                labels = [watched.now.name, group.name]
                late.add_metric(labels, float((watched.now.name, group.name) in overdue))
                if group.run is not None:
                    seconds.add_metric(labels, group.run.seconds)
                    began.add_metric(labels, max(run.started_ms for run in group.runs) / 1000)
                    problem.add_metric(labels, float(group.run.problem is not None))
        yield from (seconds, began, problem, late)


def _gauge(name: str, help_: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"deeplearn_checks_{name}", help_, labels=labels)
