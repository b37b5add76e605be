"""Who is hit by what an alert tells of, counted exactly as far as data show it, by pseudonym.

Payments: whoever Razorpay took money from and nobody is paid for it, or who is paid and not enrolled; beside them,
where orders fail, the leads since the first alert that have not paid. Leads: the registrations that left no row, or
whose copies may be missing. What leaves no trace of a person says so and counts nobody.
Source: runbook, Classify (learner and business impact) and Post-Incident Review (affected learners and leads).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Affected
from deeplearn_checks.diagnostics import funnel, leads, money, population
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from deeplearn_checks import models
    from deeplearn_checks.alerting import AlertGroup
    from deeplearn_checks.results import Result, RunReport
    from deeplearn_checks.target import Target

    Count = Callable[[Target, AlertGroup, RunReport], Awaitable[Affected]]

__all__ = ["Affected", "affected"]


async def affected(target: Target, group: AlertGroup, report: RunReport) -> Affected:
    """Count who is hit; what could not be asked makes the answer incomplete and says so. Never raises for answers.

    *report* is the run of the group's playbook.
    """
    count = _COUNTS.get(group.source, _nobody_known)
    try:
        return await count(target, group, report)
    except UnansweredError as unanswered:
        return Affected(complete=False, reach=target.redact(f"could not be counted: {unanswered.finding.summary}"))


class _Hit:
    """Those who are hit, each once: by lead, else by whatever names who paid."""

    def __init__(self, target: Target) -> None:
        self.since: list[int] = []
        self._target = target
        self._people: dict[str, str] = {}
        self._learners: set[str] = set()

    def lead(self, lead: models.Lead, since_ms: int) -> None:
        """Count a lead, and the learner that it has become."""
        self.person(lead.lead_id, lead.email or lead.phone, since_ms)
        if lead.user_id:
            self._learners.add(lead.user_id)

    def person(self, key: str, identity: str, since_ms: int) -> None:
        """Count somebody of whom no lead is within reach."""
        self._people.setdefault(key, identity)
        self.since.append(since_ms)

    def counted(self, evidence: str, reach: Iterable[str], taken: Mapping[str, int] | None = None) -> Affected:
        """Answer all that were counted; *reach* names, where it does, what was out of it."""
        beyond = "; ".join(filter(None, reach))
        redact = self._target.redact
        people = {
            redact.person(identity) if identity else redact(f"lead {key}") for key, identity in self._people.items()
        }
        return Affected(
            leads=len(self._people),
            learners=len(self._learners),
            people=tuple(sorted(people)),
            money=dict(sorted((taken or {}).items())),
            since_ms=min(self.since, default=0),
            evidence=redact(evidence),
            complete=not beyond,
            reach=redact(beyond),
        )


async def _payers(target: Target, group: AlertGroup, _: RunReport) -> Affected:
    """Count who paid for nothing: captured and not paid, or paid and not enrolled."""
    hit = _Hit(target)
    unpaid, taken, beyond = await _captured(target, hit, group)
    of = await funnel.without_enrollment(target)
    nobodys = [lead for lead in of.known.paid if not lead.user_id]
    for lead in (*nobodys, *of.broken):
        hit.lead(lead, lead.paid_at_ms)
    text = f"{unpaid}; of {len(of.known.paid)} paid leads {len(nobodys)} have no user, {len(of.broken)} no enrollment"
    return hit.counted(text, (*beyond, of.known.reach), taken)


async def _checkouts(target: Target, group: AlertGroup, _: RunReport) -> Affected:
    """Count who could not pay: the leads since the first alert that have not, and who paid for nothing."""
    hit = _Hit(target)
    (unpaid, taken, beyond), known = await together(_captured(target, hit, group), population.leads(target))
    waiting = [one for one in known.all if one.payment_status == "registered" and one.created_at_ms >= group.first_ms]
    for lead in waiting:
        hit.lead(lead, lead.created_at_ms)
    text = f"{unpaid}; {len(waiting)} leads came since the first alert and have not paid"
    return hit.counted(text, (*beyond, known.reach), taken)


async def _captured(target: Target, hit: _Hit, group: AlertGroup) -> tuple[str, Mapping[str, int], tuple[str, ...]]:
    """Count who is behind payments that made nobody paid: evidence, money by currency, what was out of reach."""
    missing = target.settings.missing(Part.GATEWAY)
    if missing or Part.GATEWAY in target.settings.without:
        return "no payment was looked at", {}, (f"Razorpay's payments: {' and '.join(missing) or 'left out'}",)
    found = await money.not_activated(target)
    taken: dict[str, int] = defaultdict(int)
    unnamed = 0
    for payment, _ in found.hits:
        taken[payment.currency] += payment.amount
        owner, identity = found.known.owner(payment), population.payer(payment) or payment.contact
        named = population.named_lead(payment) or identity
        if owner:
            hit.lead(owner, payment.created_at * 1000)
        elif named:
            hit.person(named, identity, payment.created_at * 1000)
        else:
            unnamed += 1
            hit.since.append(payment.created_at * 1000)
    days = target.settings.gateway_days
    text = f"{len(found.hits)} of {found.judged} payments captured in {days} days made nobody paid"
    return text + (f", {unnamed} of them name nobody" if unnamed else ""), taken, _too_early(target, group)


def _too_early(target: Target, group: AlertGroup) -> tuple[str, ...]:
    """Say that the first alert is older than the payments that were looked at."""
    days = target.settings.gateway_days
    older = group.first_ms < target.started_ms - days * 86_400_000
    return (f"payments of more than {days} days ago: --gateway-days",) if older else ()


async def _lost_leads(target: Target, _: AlertGroup, report: RunReport) -> Affected:
    """Count the registrations that left no row, as the run found them."""
    found = _result(report, leads.writes_recorded.id)
    events, rows = (found.evidence.get(name) if found else None for name in ("events", "rows"))
    lost = max(0, events - rows) if isinstance(events, int) and isinstance(rows, int) else 0
    text = found.summary if found else "registrations were not counted"
    beyond = "who they were: a registration that is lost leaves no name; one that failed sooner leaves no trace"
    return Affected(leads=lost, evidence=target.redact(text), complete=False, reach=target.redact(beyond))


async def _copies(target: Target, group: AlertGroup, _: RunReport) -> Affected:
    """Count the leads that came between the first of the alerts and the last: their copies may be missing."""
    known, hit = await population.leads(target), _Hit(target)
    first, last = group.first_ms - _MINUTE_MS, group.last_ms + _MINUTE_MS
    came = [lead for lead in known.all if first <= lead.created_at_ms <= last]
    for lead in came:
        hit.lead(lead, lead.created_at_ms)
    return hit.counted(f"{len(came)} leads came while their copies failed", (known.reach,))


async def _nobody_known(target: Target, _group: AlertGroup, _report: RunReport) -> Affected:
    """Say that the service keeps nothing of who was hit."""
    return Affected(complete=False, reach=target.redact("who was hit: the service keeps no record of it"))


def _result(report: RunReport, id_: str) -> Result | None:
    return next((result for result in report.results if result.id == id_), None)


_MINUTE_MS = 60_000
_COUNTS: Mapping[str, Count] = {
    "payment_webhook": _payers,
    "payment_verify": _payers,
    "payment_callback": _payers,
    "payment_gateway": _checkouts,
    "lead_capture": _lost_leads,
    "crm_webhook": _copies,
}
"""How those are counted whom the alerts of a source hit; of other sources nobody is known."""
