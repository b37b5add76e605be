"""What a run of a playbook proves: which of its diagnostics do not show that the reason of an alert is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.diagnostics import population
from deeplearn_checks.finding import Effects, Outcome, Skip
from deeplearn_checks.incident.playbooks import FORM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.alerting import AlertGroup, Playbook
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import Result, RunReport
    from deeplearn_checks.target import Target

_EXCUSED = frozenset({Skip.DOES_NOT_APPLY.value, Skip.LEFT_OUT.value})
_NOTHING: frozenset[str] = frozenset()


def playbook_diagnostics(groups: Iterable[AlertGroup]) -> tuple[Diagnostic, ...]:
    """Answer the diagnostics that the playbooks of groups call for, each once."""
    return tuple({one.id: one for group in groups for one in group.playbook.diagnostics}.values())


def results_of(playbook: Playbook, report: RunReport) -> tuple[Result, ...]:
    """Answer the results of a playbook's diagnostics."""
    ids = {one.id for one in playbook.diagnostics}
    return tuple(result for result in report.results if result.id in ids)


def unproved(playbook: Playbook, report: RunReport, otherwise: frozenset[str] = _NOTHING) -> tuple[str, ...]:
    """Answer the ids of a playbook's diagnostics that do not show that all is well; empty is the proof.

    A diagnostic that was left out on purpose, does not apply, or needs effects that are not allowed counts against
    nothing, unless it is one of the playbook's proofs and not shown *otherwise*. Where none passed, none is a proof.
    """
    results = results_of(playbook, report)
    if not any(result.outcome is Outcome.PASSED for result in results):
        return tuple(one.id for one in playbook.diagnostics)
    return tuple(result.id for result in results if not _is_well(result, playbook.proofs - otherwise))


def _is_well(result: Result, proofs: frozenset[str]) -> bool:
    if result.outcome is not Outcome.SKIPPED:
        return result.outcome is Outcome.PASSED
    if result.cause in _EXCUSED:
        return True
    return result.effects > Effects.NONE and result.id not in proofs


async def shown_otherwise(target: Target, group: AlertGroup) -> frozenset[str]:
    """Answer the ids of proofs that the data give without a request of ours.

    A lead that came in after the last alert shows that the forms work. Raises UnansweredError.
    """
    if FORM not in group.playbook.proofs:
        return _NOTHING
    known = await population.leads(target)
    since = any(lead.full_name and lead.phone and lead.created_at_ms > group.last_ms for lead in known.all)
    return frozenset({FORM}) if since else _NOTHING
