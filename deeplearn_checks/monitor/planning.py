"""What a configuration would do, in words. Pure, given now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.incident.notifying import addresses
from deeplearn_checks.incident.times import duration, utc
from deeplearn_checks.monitor.schedule import next_due
from deeplearn_checks.reporting.wording import count
from deeplearn_checks.reporting.wording import planned as what_is_sent
from deeplearn_checks.runner import announced
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.monitor.config import Config, GroupConfig, TargetConfig


def planned(config: Config, now_ms: int) -> str:
    """Say when each group runs next, what it may send that can change something, and who is told of what.

    Ends in a line break. Raises ConfigurationError for an address that Apprise can do nothing with.
    """
    _hold_addresses(config)
    parts = [*(line for target in config.targets for line in _target(config, target, now_ms)), *_routes(config)]
    return "\n".join(parts) + "\n"


def _hold_addresses(config: Config) -> None:
    for name, address in config.addresses.items():
        try:
            addresses([address.get_secret_value()])
        except ConfigurationError as problem:
            said = str(problem).removeprefix("--notify: ").removeprefix("--notify ")
            raise ConfigurationError(f"{config.file}: routes: {name}: {said}") from None


def _target(config: Config, target: TargetConfig, now_ms: int) -> Iterator[str]:
    yield f"{target.name}: {target.url}"
    for group in target.groups:
        yield from _group(config, group, now_ms)


def _group(config: Config, group: GroupConfig, now_ms: int) -> Iterator[str]:
    due = next_due(group.schedule, now_ms).due_ms
    every = duration(group.every_ms / 1000)
    yield f"  {group.name}: {count(len(group.diagnostics), 'diagnostic')} every {every}, next at {utc(due)}"
    asked = [config.known[id_] for id_ in group.diagnostics]
    for line in what_is_sent(announced(asked, group.settings), group.settings.host).splitlines():
        yield f"    {line}"


def _routes(config: Config) -> Iterator[str]:
    for route in config.routes:
        changes = ", ".join(sorted(route.changes))
        yield f"told: {', '.join(route.notify)} of {', '.join(route.targets)} from {route.severity.label} on: {changes}"
    if not config.routes:
        yield "told: nobody: write [[routes]]"
