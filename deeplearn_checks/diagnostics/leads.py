"""Do leads come in, and are they kept? (runbook: CRM/funnel incidents, lead registration writes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import ACT
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform, population
from deeplearn_checks.finding import Finding, Severity, failed, passed
from deeplearn_checks.questions import together
from deeplearn_checks.settings import Part
from deeplearn_checks.target import FUNNEL_DAYS, LEADS_LIMIT, WEBINAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks import models
    from deeplearn_checks.target import Target

_DAY_MS = 86_400_000
_MARGIN_MS = 60_000
"""Rows this close outside the window are counted in: an event and its row are not written in the same instant."""
_SUMMARY_DAYS = 30


@diagnostic(
    "lead.writes-recorded",
    severity=Severity.WARNING,
    runbook=ACT,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def writes_recorded(target: Target) -> Finding:
    """Every registration has left a row.

    Registration events are counted against rows of `lead_registrations` in the longest window in which every row
    is within reach: at most 90 days; 30 days, by the service's own exact count, where the CRM shows only a part.
    Leads that a webhook created have no registration event and are not counted.
    """
    rows, now = (await target.leads()).leads, await target.now_ms()
    whole = len(rows) < LEADS_LIMIT
    days = FUNNEL_DAYS if whole else _SUMMARY_DAYS
    webinars = sorted({WEBINAR} | {row.webinar_id for row in rows if row.webinar_id})
    answers = await together(*(target.funnel(webinar, days) for webinar in webinars))
    if any(funnel is None for _, funnel in answers):
        target.refuse(next(answer for answer, funnel in answers if funnel is None))
    events = sum(funnel.counts.webinar_registration_submitted for _, funnel in answers if funnel)
    since = now - days * _DAY_MS - _MARGIN_MS
    registered = _registered(rows, since)
    if whole and events > registered:  # somebody may have registered between the two answers: read the rows again
        registered = _registered((await target.search_leads("")).leads, since)
    counted = (await target.summary()).funnel.registrations
    kept = registered if whole else counted
    evidence = target.evidence(days=days, events=events, rows=kept, rows_by_the_service_in_30_days=counted)
    if events > kept:
        text = f"{events} registrations in {days} days left only {kept} rows: {events - kept} leads are lost"
        return failed("lead-writes-lost", target.redact(text), evidence)
    return passed(target.redact(f"{events} registrations in {days} days, {kept} rows"), evidence)


def _registered(rows: Sequence[models.Lead], since: int) -> int:
    """Count the leads since a time, in milliseconds, that came through a form."""
    return sum(row.created_at_ms >= since and _from_a_form(row) for row in rows)


def _from_a_form(row: models.Lead) -> bool:
    """Whether a lead came through a form, which wants name and phone, rather than being created by a webhook."""
    return bool(row.full_name and row.phone)


@diagnostic(
    "lead.flow-alive",
    severity=Severity.WARNING,
    runbook=ACT,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN],
)
async def flow_alive(target: Target) -> Finding:
    """Leads keep coming in.

    Limit: DEEPLEARN_CHECKS_LEAD_SILENCE_DAYS.
    """
    known, now = await together(population.leads(target), target.now_ms())
    if not known.all:
        return passed(target.redact("no lead has come in yet: nothing to judge"))
    days = (now - max(lead.created_at_ms for lead in known.all)) / _DAY_MS
    evidence = target.evidence(days_since_the_newest=round(days, 2), limit_days=target.settings.lead_silence_days)
    if days > target.settings.lead_silence_days:
        return failed("no-recent-leads", target.redact(f"the newest lead is {days:.1f} days old"), evidence)
    return passed(target.redact(f"the newest lead is {days:.1f} days old"), evidence)
