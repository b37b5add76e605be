"""Which alerts an operator means: by id, or by group (`source/event_type`), as they stand at the service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import AlertChange, ChangeOutcome
from deeplearn_checks.incident.alert_groups import now
from deeplearn_checks.incident.playbooks import KINDS
from deeplearn_checks.incident.reaching import reached
from deeplearn_checks.questions import together
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from deeplearn_checks import models
    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

_STATUSES = ("open", "acknowledged", "resolved")
_TAKEN = {"acknowledged": frozenset({"open"}), "resolved": frozenset({"open", "acknowledged"})}
"""From which statuses a group is moved."""
_NOT_LISTED = "the service lists no such alert (it shows the newest 200 of each status)"


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest alerts of every status, by id, at one moment of the service's clock."""

    alerts: Mapping[str, models.Alert]
    now_ms: int

    def of_kind(self, name: str) -> tuple[models.Alert, ...]:
        """Answer the alerts of a group."""
        return tuple(alert for alert in self.alerts.values() if f"{alert.source}/{alert.event_type}" == name)


async def standing(target: Target) -> Standing:
    """Read the alerts of every status anew; raises UnansweredError."""
    now_ms = await now(target)
    answers = await together(*(target.alerts_of(status) for status in _STATUSES))
    return Standing({alert.id: alert for answer in answers for alert in answer.alerts}, now_ms)


def chosen(
    known: Standing, ids: Sequence[str], asked: str, redact: Redactor
) -> tuple[tuple[models.Alert, ...], tuple[AlertChange, ...]]:
    """Answer the alerts that are meant, each once, and what needs no sending: what is not listed, or done.

    Raises ConfigurationError for a group that there is not.
    """
    wanted: dict[str, models.Alert] = {}
    settled: list[AlertChange] = []
    for word in dict.fromkeys(ids):
        if word in known.alerts:
            wanted[word] = known.alerts[word]
        elif "/" in word:
            found = [alert for alert in _group(known, word) if alert.status in _TAKEN[asked]]
            wanted |= {alert.id: alert for alert in found}
            if not found:
                text = redact(f"no alert of this kind is {' or '.join(sorted(_TAKEN[asked]))}")
                settled.append(AlertChange(word, asked, ChangeOutcome.ALREADY, text))
        else:
            settled.append(AlertChange(word, asked, ChangeOutcome.REFUSED, redact(_NOT_LISTED)))
    return tuple(wanted.values()), tuple(settled)


def _group(known: Standing, name: str) -> tuple[models.Alert, ...]:
    """Answer the alerts of a group, none where the API page lists it; raises ConfigurationError for any other."""
    alerts = known.of_kind(name)
    kinds = ["/".join(kind) for kind in KINDS]
    if not alerts and name not in kinds:
        near = get_close_matches(name, kinds, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ConfigurationError(f"there is no alert and no kind of alerts {name!r}{hint}")
    return alerts


def meant(
    settings: Settings, ids: Sequence[str], asked: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> tuple[models.Alert, ...]:
    """Answer which alerts would be acknowledged or resolved; changes nothing.

    Raises ConfigurationError for a group that there is not, UnansweredError where the alerts cannot be read.
    """

    async def looked() -> tuple[models.Alert, ...]:
        async with reached(settings, transport) as target:
            return chosen(await standing(target), ids, asked, target.redact)[0]

    return asyncio.run(looked())
