"""What an incident is opened for: the triage of the open alerts, or where there is none, what a whole run finds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Triage
from deeplearn_checks.amounts import amount
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident.case import chosen
from deeplearn_checks.incident.triage import triage, triage_recorded
from deeplearn_checks.reporting.wording import count, line
from deeplearn_checks.runner import run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import httpx

    from deeplearn_checks.alerting import TriagedGroup
    from deeplearn_checks.bundle.contents import Bundle
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import Observed


def found(  # noqa: PLR0913  the seams of a run, each by its name
    settings: Settings,
    alerts: Collection[str] = (),
    groups: Collection[str] = (),
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    keep: Callable[[Observed], None] | None = None,
    catalogue: Sequence[Diagnostic] = CATALOG,
) -> Triage | RunReport:
    """Triage the open alerts, only these where some are named; where none is open ask every diagnostic there is.

    *keep* is given all that the run saw. Raises ConfigurationError for an alert that is not open, UnansweredError where
    the alerts cannot be read.
    """
    triaged = chosen(triage(settings, transport, keep=keep), alerts, groups)
    return triaged if triaged.groups else asyncio.run(run(catalogue, settings, transport=transport, keep=keep))


def found_recorded(bundle: Bundle) -> Triage | RunReport:
    """Answer what a recorded run found: the triage of the alerts that it read, or the run where it read none."""
    try:
        triaged = triage_recorded(bundle)
    except UnansweredError:
        return bundle.report
    return triaged if triaged.groups else bundle.report


def is_nothing(what: Triage | RunReport) -> bool:
    """Whether no alert is open and no diagnostic fails."""
    return not (what.groups if isinstance(what, Triage) else what.root_causes())


def summary(what: Triage | RunReport) -> str:
    """Write what was found, for people who are told of it: a line for each group of alerts or root cause."""
    if isinstance(what, Triage):
        return "\n".join(_group_line(one) for one in what.groups)
    return "\n".join(
        line(f"{one.result.severity.label} {one.result.cause}: {one.result.summary}") for one in what.root_causes()
    )


def _group_line(one: TriagedGroup) -> str:
    stake = ", ".join(amount(value, currency) for currency, value in one.affected.money.items())
    hit = f"{count(one.affected.leads, 'lead')}, {count(one.affected.learners, 'learner')}"
    told = f"{one.group.severity.label} {one.group.name}: {count(len(one.group.alerts), 'alert')}, {one.verdict}; {hit}"
    return line(f"{told}{f', {stake}' if stake else ''}; next: {one.next_action}")
