"""Every line of the runbook and every kind of alert, with what executes it: diagnostics, commands, or people, and why.

A test holds this against docs/incident-response-runbook.md and the API page's table of alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Covered
from deeplearn_checks.incident.coverage_lines import LINES
from deeplearn_checks.incident.playbooks import KINDS
from deeplearn_checks.reporting.runbook import section_title

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COVERAGE", "Covered", "last_outcomes"]

_TITLES = {"post-incident-review": "Post-Incident Review"}
"""The heading that is not made from its slug."""
_BY_HAND = "no diagnostic looks into it: read the alert, mend it, resolve it with --force --why TEXT"
_TRIAGED = ("triage", "alerts resolve")
_ALERTS = tuple(
    Covered(
        "Alerts",
        f"{kind.source}/{kind.event_type}",
        tuple(one.id for one in kind.playbook.diagnostics),
        _TRIAGED,
        "" if kind.playbook.diagnostics else _BY_HAND,
    )
    for kind in KINDS.values()
)
COVERAGE: tuple[Covered, ...] = (
    *(
        Covered(_TITLES.get(section) or section_title(section), text, diagnostics, commands, manual)
        for section, text, diagnostics, commands, manual in LINES
    ),
    *_ALERTS,
)
"""The runbook line by line, in its order, then the alerts in the order of the API page."""

_WORST_FIRST = ("failed", "error", "blocked", "skipped", "passed")


def last_outcomes(outcomes: Mapping[str, str]) -> tuple[str, ...]:
    """Answer the last result of each line of `COVERAGE`: the worst among its diagnostics; empty where none was asked.

    *outcomes* are the outcomes of a run by diagnostic.
    """
    return tuple(_worst({outcomes[id_] for id_ in covered.diagnostics if id_ in outcomes}) for covered in COVERAGE)


def _worst(outcomes: set[str]) -> str:
    return next((word for word in _WORST_FIRST if word in outcomes), "")
