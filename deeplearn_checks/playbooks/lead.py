"""The Payment Failure Playbook, walked for one person: the chain from lead to certificate, link by link.

First everything is asked that is needed and no more, at once where it is independent; then each link is judged. What
depends on a link that is broken or unknown is unknown, unless it can be seen for itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.causes.cause import PAYMENT_LEAD
from deeplearn_checks.diagnostics import payments
from deeplearn_checks.diagnostics.population import is_kept, named_lead, payer
from deeplearn_checks.finding import Outcome
from deeplearn_checks.gateway import Gateway
from deeplearn_checks.playbooks import learner_links, money_links
from deeplearn_checks.playbooks.asked import Asked, asked, unneeded
from deeplearn_checks.playbooks.certificate import certificate_links
from deeplearn_checks.playbooks.chain import (
    State,
    Step,
    Verdict,
    because,
    broken,
    cannot_tell,
    link,
    moment,
    ok,
    unanswered,
    worst,
)
from deeplearn_checks.playbooks.person import Lead, Sought, is_of, sought
from deeplearn_checks.playbooks.walking import finished, started, without
from deeplearn_checks.settings import Part
from deeplearn_checks.target import LEADS_DAYS, LEADS_LIMIT

if TYPE_CHECKING:
    from deeplearn_checks import models
    from deeplearn_checks.finding import Finding
    from deeplearn_checks.playbooks.chain import Link, Walk
    from deeplearn_checks.redaction import Redacted
    from deeplearn_checks.target import Target

PLAYBOOK = "payment-failure-playbook"
REGISTRATION = Step("registration", "registered", PAYMENT_LEAD)
MONEY = (money_links.ORDER, money_links.GATEWAY, money_links.WEBHOOK, money_links.PAID)
LEARNING = (
    (learner_links.WON, learner_links.won),
    (learner_links.ENROLLMENT, learner_links.enrollment),
    (learner_links.COHORT, learner_links.cohort),
    (learner_links.MODULES, learner_links.modules),
    (learner_links.CERTIFICATE, learner_links.certificate),
)
STEPS = (REGISTRATION, *MONEY, *(step for step, _ in LEARNING))
"""The links, in order."""

Status = Asked["models.PaymentStatus | None"]


@dataclass(frozen=True, slots=True)
class Search:
    """The answers that a lead is looked for in: the CRM's newest leads, the payment status, Razorpay's window."""

    wanted: Sought
    listed: Asked[models.Leads]
    told: Status
    listing: Asked[tuple[models.GatewayPayment, ...]]

    @property
    def rows(self) -> tuple[models.Lead, ...]:
        """The person's leads that the CRM shows, the one that was created last first."""
        return self.wanted.rows(self.listed.answer.leads) if self.listed else ()

    @property
    def lead(self) -> Lead | None:
        """The lead: the newest of an e-mail address, as the service itself takes it; None where there is none."""
        told = self.told.answer if self.told else None
        if told is not None:
            rows = self.listed.answer.leads if self.listed else ()
            return Lead(next((row for row in rows if row.lead_id == told.lead_id), None), told)
        return Lead(self.rows[0], None) if self.rows else None

    @property
    def asked(self) -> tuple[Asked[object], ...]:
        """What the lead was looked for in, as far as that was asked."""
        return self.listed, self.told

    @property
    def reach(self) -> str:
        """What of the CRM was out of reach."""
        full = self.listed and len(self.listed.answer.leads) >= LEADS_LIMIT
        return f"it shows the newest {LEADS_LIMIT}" if full else f"it shows the last {LEADS_DAYS} days"


async def walk_lead(target: Target, who: str) -> Walk:
    """Walk the playbook for the person with this e-mail address, phone number or lead id.

    Changes nothing. Raises ConfigurationError where *who* names nobody; never for what the target does.
    Source: the runbook's Payment Failure Playbook, and the API page.
    """
    began, target = started(), target.view()
    search = await _search(target, sought(who))
    lead = search.lead
    if lead is not None:
        return finished(target, began, PLAYBOOK, _subject(target, who, lead), await _found(target, search, lead))
    nobody = target.redact.person(who)
    return without(finished(target, began, PLAYBOOK, nobody, _not_found(target, search)), search.wanted.text, nobody)


def _subject(target: Target, who: str, lead: Lead) -> Redacted:
    """Name whom the walk was for: by pseudonym where there is an address, and by the service's own id."""
    person = target.redact.person(lead.email or (who if "@" in who else ""))
    return target.redact(f"{person} lead {lead.lead_id}".strip())


async def _search(target: Target, wanted: Sought) -> Search:
    """Look for the lead in everything that may show it, at once."""
    reference = wanted.reference
    told: Status = unneeded(target)

    async def status() -> Status:
        return await asked(target, None, lambda view: view.payment_status(**reference)) if reference else told

    listed, answered, listing = await asyncio.gather(
        asked(target, Part.ADMIN, lambda view: view.leads()),
        status(),
        asked(target, Part.GATEWAY, lambda view: Gateway(view).payments()),
    )
    search = Search(wanted, listed, answered, listing)
    if reference or not search.rows:
        return search
    lead_id = search.rows[0].lead_id
    by_id = await asked(target, None, lambda view: view.payment_status(lead_id=lead_id))
    return Search(wanted, listed, by_id, listing)


# -- nobody is found ----------------------------------------------------------------------------


def _not_found(target: Target, search: Search) -> tuple[Link, ...]:
    """Judge a person whom the service does not show; Razorpay may know of money all the same."""
    judged = {REGISTRATION.slug: _missing(search), money_links.ORDER.slug: because(REGISTRATION)}
    email, lead_id = (search.wanted.reference.get(name, "-") for name in ("email", "lead_id"))
    listed = search.listing.answer if search.listing else ()
    mine = tuple(one for one in listed if payer(one) == email or named_lead(one) == lead_id)
    if kept := tuple(filter(is_kept, mine)):
        facts = {"payments": money_links.described(kept)}
        judged[money_links.GATEWAY.slug] = ok(f"{kept[0].id} was captured from this person", search.listing, **facts)
        text = f"{kept[0].id} was captured, and the service shows no lead for it"
        if judged[REGISTRATION.slug].state is State.BROKEN:
            judged[money_links.WEBHOOK.slug] = broken("captured-but-not-paid", text, search.listing)
    elif not search.listing:
        judged[money_links.GATEWAY.slug] = unanswered(search.listing)
    rest = {step.slug: because(REGISTRATION) for step in STEPS}
    return tuple(link(target, step, judged.get(step.slug, rest[step.slug]), {}) for step in STEPS)


def _missing(search: Search) -> Verdict:
    """Say what it means that nobody is found: only the whole table can say that there is nobody."""
    if search.told:
        text = f"no lead has this {search.wanted.kind}: the payment status looks in the whole table"
        return broken("known-lead-missing", text, *search.asked)
    if search.wanted.reference:
        return unanswered(search.told)
    if not search.listed:
        return unanswered(search.listed)
    text = f"the CRM shows no lead of this phone number, and {search.reach}: try the e-mail address or the lead id"
    return cannot_tell("cannot-tell", text, search.listed)


# -- a lead is found ----------------------------------------------------------------------------


def _registration(search: Search, lead: Lead) -> Verdict:
    """Judge the lead's row; of several leads of one person the newest is walked."""
    row = lead.row
    if search.told and lead.told is None:
        text = "the CRM lists the lead, and the payment status does not know it"
        return broken("lead-answers-differ", text, *search.asked)
    facts: dict[str, str | float | list[str]] = {"lead": lead.lead_id}
    if row is None:
        text = f"known to the payment status; the CRM does not show it ({search.reach})"
        if not search.listed:
            text = f"known to the payment status; the CRM could not be asked ({search.listed.reason.summary})"
        return ok(text, *search.asked, **facts)
    facts |= {"person": row.email or row.phone, "course": row.course_id or "-", "cohort": row.cohort_id}
    facts |= {"user": row.user_id, "source": row.source, "course_slug": row.course_slug}
    others = [one.lead_id for one in _namesakes(search, lead)]
    more = f"; the person has {len(others) + 1} leads, this is the {_place(search, lead)}" if others else ""
    return ok(f"since {moment(row.created_at_ms)}{more}", *search.asked, **facts, other_leads=others)


def _namesakes(search: Search, lead: Lead) -> tuple[models.Lead, ...]:
    """Answer the other leads of the lead's e-mail address that the CRM shows, the newest first."""
    rows = search.listed.answer.leads if search.listed and lead.email else ()
    own = [row for row in rows if row.email.strip().lower() == lead.email and row.lead_id != lead.lead_id]
    return tuple(sorted(own, key=lambda row: -row.created_at_ms))


def _is_newest(search: Search, lead: Lead) -> bool:
    """Whether payments that name nobody but the e-mail address are this lead's: the service takes the newest."""
    created = lead.row.created_at_ms if lead.row else 0
    return all(row.created_at_ms <= created for row in _namesakes(search, lead))


def _place(search: Search, lead: Lead) -> str:
    return "newest" if _is_newest(search, lead) else "one that was named, and not the newest"


async def _found(target: Target, search: Search, lead: Lead) -> tuple[Link, ...]:
    """Ask what the links of a lead are judged by, at once, and judge them in order."""
    (purse, price), probe, learning = await asyncio.gather(
        _money(target, search, lead), _probe(target, lead), _learning(target, search, lead)
    )
    seen = money_links.Payments(target, lead, search.asked, purse, price, probe)
    judged = {REGISTRATION.slug: _registration(search, lead)}
    judged[money_links.ORDER.slug] = money_links.order(seen)
    judged[money_links.GATEWAY.slug] = money_links.gateway(seen, judged)
    judged[money_links.WEBHOOK.slug] = money_links.webhook(seen, judged)
    judged[money_links.PAID.slug] = money_links.paid(seen, judged)
    for step, judge in LEARNING:
        judged[step.slug] = judge(learning, judged)
    return tuple(link(target, step, judged[step.slug], lead.ids) for step in STEPS)


async def _money(target: Target, search: Search, lead: Lead) -> tuple[money_links.Purse, money_links.Price]:
    """Ask Razorpay for what the lead names, and for what is due where money was taken."""
    reference, nothing = lead.reference, money_links.Price(unneeded(target), unneeded(target))
    named: Asked[tuple[models.GatewayPayment, ...]] = unneeded(target)
    if reference.startswith("order_") and not lead.by_hand:
        named = await asked(target, Part.GATEWAY, lambda view: Gateway(view).order_payments(reference))
    elif reference.startswith("pay_") and not lead.by_hand:
        named = await asked(target, Part.GATEWAY, lambda view: _one(view, reference))
    purse = money_links.Purse(_own(search, lead, named), search.listing, named)
    if not purse.kept:
        return purse, nothing
    courses, cohorts = await asyncio.gather(
        asked(target, Part.ADMIN, lambda view: view.courses()), asked(target, Part.ADMIN, lambda view: view.cohorts())
    )
    return purse, money_links.Price(courses, cohorts)


async def _one(view: Target, payment_id: str) -> tuple[models.GatewayPayment, ...]:
    """Ask for one payment, and for the others of its order; none where Razorpay does not know it."""
    payment = await Gateway(view).payment(payment_id)
    if payment is None:
        return ()
    others = await Gateway(view).order_payments(payment.order_id) if payment.order_id else ()
    return (payment, *(one for one in others if one.id != payment.id))


def _own(
    search: Search, lead: Lead, named: Asked[tuple[models.GatewayPayment, ...]]
) -> tuple[models.GatewayPayment, ...]:
    """Gather the payments of the lead, and of the same person's other leads for the same course; newest first."""
    twins = [Lead(row, None) for row in _namesakes(search, lead) if lead.course_id and row.course_id == lead.course_id]
    email = lead.email if _is_newest(search, lead) else ""
    email = email or (search.wanted.reference.get("email", "") if lead.row is None else "")
    listed = search.listing.answer if search.listing else ()
    own = {one.id: one for one in (named.answer if named else ())}
    own |= {one.id: one for one in listed if is_of(one, lead, email) or any(is_of(one, twin, "") for twin in twins)}
    return tuple(sorted(own.values(), key=lambda one: -one.created_at))


async def _probe(target: Target, lead: Lead) -> Asked[Finding]:
    """Ask whether a delivery could be verified at all, where none has arrived; the question changes nothing."""
    if lead.status != "registered":
        return unneeded(target)
    return await asked(target, Part.WEBHOOK_SECRET, _verifiable)


async def _verifiable(view: Target) -> Finding:
    """Ask whether the webhook has a secret, and whether it is ours: one request where all is well."""
    configured = await payments.webhook_secret_configured.ask(view)
    if configured.outcome is not Outcome.PASSED:
        return configured
    return await payments.webhook_accepts_our_signature.ask(view)


async def _learning(target: Target, search: Search, lead: Lead) -> learner_links.Learning:
    """Ask what the learner may open, and then only what that leaves open."""
    access: Asked[models.Access] = unneeded(target)
    enrolled: Asked[models.Enrollments] = unneeded(target)
    certificate: Verdict | None = None
    if lead.user_id and lead.is_paid:
        access = await asked(target, Part.ADMIN, lambda view: view.access(lead.user_id))
        course = learner_links.opened(access, lead.course_id)
        if access and course is None and lead.course_id:
            enrolled = await asked(target, Part.ADMIN, lambda view: view.enrollments(lead.course_id))
        elif course is not None and course.enrollment_status == "completed":
            certificate = _summed_up(await certificate_links(target, lead.course_id, lead.user_id))
    return learner_links.Learning(lead, search.listed, search.reach, access, enrolled, certificate)


def _summed_up(links: tuple[Link, ...]) -> Verdict:
    """Make one link of the Certification Failure Playbook's."""
    one = worst([link for link in links if link.state is not State.NOT_DUE])
    text = f"{one.title}: {one.summary}" if one.state is not State.OK else "issued, and it verifies"
    used = frozenset(number for each in links for number in each.exchanges)
    return Verdict(one.state, text, one.cause, evidence=one.evidence, asked=(Asked(None, None, used),))
