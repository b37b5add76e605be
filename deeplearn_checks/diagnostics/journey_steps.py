"""The steps of the synthetic learner through the chain, each taken once per run, one after the other.

A step that does not arrive raises UnansweredError with the finding that says why; whoever needs it hears the same.
Source: API page, Behaviour that a diagnosis must know.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from deeplearn_checks import changes, models, synthetic
from deeplearn_checks.finding import Skip, UnansweredError, error, failed, skipped
from deeplearn_checks.settings import Part
from deeplearn_checks.signatures import sign_webhook
from deeplearn_checks.target import ENROLLMENTS_LIMIT, LEADS_DAYS

if TYPE_CHECKING:
    from deeplearn_checks.changes import Change
    from deeplearn_checks.synthetic import Purchase
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

ONE_RUPEE = 100
"""A price that no course has, in paise."""
_OFFERED = ("live", "published")
_OPEN = ("live", "open")


@dataclass(frozen=True, slots=True)
class Learner:
    """The synthetic learner on its way. `lead` is its row as last seen, `captured` what took the lead, if this run did.

    `purchase` is the payment that it is about to make: its ids are those of this run. `stuck`: it was paid before, and
    stayed so after a refund. `activated`: it is paid by this very payment.
    """

    lead: models.Lead
    purchase: Purchase
    captured: str = ""
    stuck: bool = False
    activated: bool = False


def stop(target: Target, cause: str, text: str) -> NoReturn:
    """End the journey: the target is wrong."""
    raise UnansweredError(failed(cause, target.redact(text)))


def _not_applicable(target: Target, text: str) -> NoReturn:
    raise UnansweredError(skipped(Skip.DOES_NOT_APPLY, target.redact(text)))


def _cannot_tell(target: Target, text: str) -> NoReturn:
    raise UnansweredError(error("cannot-tell", target.redact(text)))


async def deliver(target: Target, purchase: Purchase, event: str, change: Change, occasion: str = "") -> Answer:
    """Deliver a signed event; a repeat has the same id. Raises UnansweredError where it is refused."""
    body = purchase.event(event)
    signature = sign_webhook(body, target.settings.razorpay_webhook_secret)
    answer = await target.deliver(body, signature, change, f"evt_{purchase.payment_id[4:]}{event}")
    if not answer.ok:
        refusal = target.refusal(answer)
        said = f"{refusal.error} {refusal.details}".strip() if refusal else "not in the service's own words"
        text = f"{event} {occasion}was answered {answer.status}: {said}"
        stop(target, "payment-not-activated" if event == "payment.captured" else "event-refused", text)
    return answer


async def _payment(target: Target, lead_id: str) -> models.Payment:
    """Answer what the service says now of the payment of the lead that a signed event named."""
    known = await target.payment_status_now(lead_id)
    if known is None:
        stop(target, "payment-not-activated", "a signed payment was accepted, and the lead that it names is not there")
    return known.payment


# -- the learner --------------------------------------------------------------------------------


async def course(target: Target) -> tuple[models.Course, models.Cohort | None]:
    """Choose what the learner buys: a course for sale with a live cohort before one with an open or with none."""
    courses, cohorts = (await target.courses()).courses, (await target.cohorts()).cohorts

    def cohort(one: models.Course) -> models.Cohort | None:
        offered = [c for c in cohorts if c.course_id == one.id and c.status in _OPEN]
        return min(offered, key=lambda c: (_OPEN.index(c.status), c.id), default=None)

    for_sale = [(one, cohort(one)) for one in courses if one.status in _OFFERED and price(one, cohort(one)) > 0]
    if not for_sale:
        _not_applicable(target, "no live or published course has a price: there is nothing to buy")
    return min(for_sale, key=lambda sale: (_OPEN.index(sale[1].status) if sale[1] else len(_OPEN), sale[0].slug))


def price(one: models.Course, cohort: models.Cohort | None) -> int:
    """Answer what a place costs, in the smallest unit: the cohort's fee when it has one, else the course's price."""
    return cohort.fee_cents if cohort and cohort.fee_cents > 0 else one.price_cents


async def purchase(target: Target, number: int = 0) -> Purchase:
    """Answer the learner's payment number *number* of this run, before anything is sent."""
    (one, cohort), who = await course(target), target.synthetic()
    return synthetic.Purchase(
        payment_id=synthetic.run_id("pay_", target.started_ms, number),
        order_id=synthetic.run_id("order_", target.started_ms, number),
        email=who.email,
        lead_id=who.lead_id,
        course_id=one.id,
        cohort_id=cohort.id if cohort else "",
        amount=price(one, cohort),
        currency=target.settings.currency,
        at=target.started_ms // 1000,
    )


async def submitted(target: Target) -> Answer | None:
    """Submit the lead form for the learner, once; None where it has a lead already, or no token is set."""

    async def ask(view: Target) -> Answer | None:
        who, token = view.synthetic(), view.settings.turnstile_token.get_secret_value()
        if not token or Part.TURNSTILE in view.settings.without or await view.payment_status(email=who.email):
            return None
        wanted = await purchase(view)
        fields = {"course_id": wanted.course_id, "cohort_id": wanted.cohort_id, "turnstile_token": token}
        return await view.submit_lead(who.form | fields, changes.LEAD)

    return await target.once("journey: lead form", ask)


async def captured(target: Target) -> Learner:
    """Make sure that the learner has a lead: that of an earlier run, by the form, or by a signed payment."""

    async def ask(view: Target) -> Learner:
        form, how = await submitted(view), ""
        known = await view.payment_status(email=view.synthetic().email)
        if form is not None and form.ok:
            how = "by the lead form"
        elif known is None:
            wanted = await purchase(view)
            await deliver(view, wanted, "payment.captured", changes.CAPTURED)
            await _payment(view, wanted.lead_id)
            how = "by a signed payment that names it"
        return await _found(view, how, known.lead_id if known else "")

    return await target.once("journey: lead", ask)


async def _found(target: Target, how: str, earlier: str) -> Learner:
    """See the lead in the CRM; `earlier` is the id of one that an earlier run has left."""
    wanted = await purchase(target, 1)
    leads = await target.leads_now(wanted.email)
    if earlier and not leads:
        leads = await _refreshed(target, earlier, wanted.email)
    if not leads:
        stop(target, "lead-not-captured", f"the CRM does not show the synthetic lead, which was taken {how}")
    lead = leads[0]
    course_id = lead.course_id or wanted.course_id
    moved = course_id != wanted.course_id
    known = {one.id: one for one in (await target.courses()).courses}
    if moved and course_id in known:
        cohort = next((c for c in (await target.cohorts()).cohorts if c.id == lead.cohort_id), None)
        amount, cohort_id = price(known[course_id], cohort), lead.cohort_id
        wanted = replace(wanted, course_id=course_id, cohort_id=cohort_id, amount=amount)
    return Learner(lead, replace(wanted, lead_id=lead.lead_id), how)


async def _refreshed(target: Target, lead_id: str, email: str) -> tuple[models.Lead, ...]:
    """Bring the lead of an earlier run among the newest, which alone the CRM shows, and search again."""
    answer = await target.set_stage(lead_id, "qualified")
    if not answer.ok:
        target.refuse(answer)
    leads = await target.leads_now(email)
    if not leads:
        text = f"the CRM shows no lead that is older than {LEADS_DAYS} days: the synthetic one of an earlier run may be"
        _cannot_tell(target, text)
    return leads


async def ready(target: Target) -> Learner:
    """Bring the learner to where it has not paid, with a stage that an operator stored."""

    async def ask(view: Target) -> Learner:
        learner = await captured(view)
        if learner.lead.payment_status == "paid":
            earlier = replace(learner.purchase, payment_id=learner.lead.payment_ref, order_id="")
            await deliver(view, earlier, "refund.processed", changes.REFUNDED, "of the earlier payment ")
            now = await _payment(view, learner.lead.lead_id)
            learner = replace(learner, stuck=now.status == "paid")
        answer = await view.set_stage(learner.lead.lead_id, "qualified")
        if not answer.ok:
            view.refuse(answer)
        return learner

    return await target.once("journey: ready", ask)


# -- orders -------------------------------------------------------------------------------------


async def order(target: Target) -> Answer:
    """Ask for an order for the learner's course, once."""

    async def ask(view: Target) -> Answer:
        learner = await ready(view)
        return await view.create_order(learner.lead.lead_id)

    return await target.once("journey: order", ask)


async def cheap_order(target: Target) -> Answer:
    """Ask for an order at one rupee, once, after the honest one."""

    async def ask(view: Target) -> Answer:
        learner = await ready(view)
        await order(view)
        return await view.create_order(learner.lead.lead_id, ONE_RUPEE)

    return await target.once("journey: cheap order", ask)


async def _ordered(target: Target, learner: Learner) -> Learner:
    """Answer the learner about to pay its order, at the order's price; without one, at the course's."""
    created: models.CreatedOrder | None = None
    with suppress(UnansweredError):  # whether orders can be created is the finding of other questions
        created = target.read(await order(target), models.CreatedOrder)
        await cheap_order(target)
    if created is None or created.mode != "razorpay":
        return learner
    wanted = replace(learner.purchase, order_id=created.order.id, amount=created.order.amount_cents)
    return replace(learner, purchase=replace(wanted, currency=created.order.currency))


# -- the chain ----------------------------------------------------------------------------------


async def paid(target: Target) -> Learner:
    """Pay: deliver the signed event, and see the lead paid by exactly this payment."""

    async def ask(view: Target) -> Learner:
        learner = await _ordered(view, await ready(view))
        await deliver(view, learner.purchase, "payment.captured", changes.CAPTURED)
        status = await _payment(view, learner.lead.lead_id)
        activated = (status.status, status.payment_ref) == ("paid", learner.purchase.payment_id)
        if not activated and not (learner.stuck and status.status == "paid"):
            text = (
                f"after payment.captured was accepted, the lead is {status.status} by {status.payment_ref or 'nothing'}"
            )
            stop(view, "payment-not-activated", text)
        same = [one for one in await view.leads_now(learner.purchase.email) if one.lead_id == learner.lead.lead_id]
        return replace(learner, lead=same[0] if same else learner.lead, activated=activated)

    return await target.once("journey: paid", ask)


async def enrolled(target: Target) -> models.CourseAccess:
    """See the learner in the course, in a cohort, and with a module to open."""

    async def ask(view: Target) -> models.CourseAccess:
        learner = await paid(view)
        course_id, user_id = learner.purchase.course_id, learner.lead.user_id
        if not user_id:
            stop(view, "paid-without-user", "the synthetic lead is paid and has no platform user")
        row = await _enrollment(view, course_id, user_id)
        expected = {"active"} if learner.activated else {"active", "completed"}
        if row is None or row.status not in expected:
            text = f"the synthetic learner has paid, and its enrollment is {row.status if row else 'missing'}"
            stop(view, "paid-without-enrollment", text)
        places = [place for place in (await view.access_now(user_id)).access if place.course_id == course_id]
        if not places:
            stop(view, "paid-without-access", "the synthetic learner has paid, and may not open its course")
        _judge_place(view, learner, places[0])
        return places[0]

    return await target.once("journey: enrolled", ask)


def _judge_place(target: Target, learner: Learner, place: models.CourseAccess) -> None:
    if learner.purchase.cohort_id and not place.cohort.cohort_id:
        stop(target, "paid-without-cohort-enrollment", "the synthetic learner has paid, and has no place in a cohort")
    if place.cohort.cohort_id and place.modules and not any(module.is_unlocked for module in place.modules):
        stop(target, "no-module-unlocked", "the synthetic learner has paid, and every module is locked")


async def _enrollment(target: Target, course_id: str, user_id: str) -> models.Enrollment | None:
    rows = (await target.enrollments_now(course_id)).enrollments
    found = next((row for row in rows if row.user_id == user_id), None)
    if found is None and len(rows) >= ENROLLMENTS_LIMIT:
        _cannot_tell(target, f"the course has more than the {ENROLLMENTS_LIMIT} learners that are shown")
    return found


async def repeated(target: Target) -> None:
    """Deliver the same event again, and order.paid beside it, before completion."""

    async def ask(view: Target) -> None:
        learner = await paid(view)
        await enrolled(view)
        await deliver(view, learner.purchase, "payment.captured", changes.REPEATED, "delivered again ")
        await deliver(view, learner.purchase, "order.paid", changes.REPEATED, "beside payment.captured ")

    await target.once("journey: repeated", ask)


async def completed(target: Target) -> models.Enrollment:
    """Complete the learner through the admin endpoint, and see it in the enrollment."""

    async def ask(view: Target) -> models.Enrollment:
        learner = await paid(view)
        await enrolled(view)
        with suppress(UnansweredError):  # a refused repeat is the finding of another question
            await repeated(view)
        course_id, user_id = learner.purchase.course_id, learner.lead.user_id
        view.read(await view.complete(course_id, user_id, changes.COMPLETION), models.Completion)
        row = await _enrollment(view, course_id, user_id)
        if row is None or row.status != "completed":
            text = f"completion was answered ok, and the enrollment is {row.status if row else 'missing'}"
            stop(view, "completion-not-recorded", text)
        if not row.certificate_url:
            stop(view, "certificate-url-missing", "the synthetic learner is completed and has no certificate URL")
        return row

    return await target.once("journey: completed", ask)


async def verified(target: Target) -> models.Verification:
    """Verify the learner's certificate."""

    async def ask(view: Target) -> models.Verification:
        row = await completed(view)
        return await view.certificate_now(row.course_id, row.user_id)

    return await target.once("journey: verified", ask)


async def redelivered(target: Target) -> models.Enrollment | None:
    """Deliver the paid event once more after completion; answer the enrollment as it is then."""

    async def ask(view: Target) -> models.Enrollment | None:
        learner, row = await paid(view), await completed(view)
        with suppress(UnansweredError):  # whether the certificate can be verified is the finding of another question
            await verified(view)
        await deliver(view, learner.purchase, "payment.captured", changes.REPEATED, "delivered after completion ")
        return await _enrollment(view, row.course_id, row.user_id)

    return await target.once("journey: redelivered", ask)


async def refunded(target: Target) -> models.Payment:
    """Refund the learner's payment, last of all; answer the payment as the service shows it then."""

    async def ask(view: Target) -> models.Payment:
        learner = await ready(view)
        with suppress(UnansweredError):  # what came of the steps between is the finding of other questions
            learner = await paid(view)
            await redelivered(view)
        await deliver(view, learner.purchase, "refund.processed", changes.REFUNDED)
        return await _payment(view, learner.lead.lead_id)

    return await target.once("journey: refunded", ask)


async def rows_left(target: Target) -> dict[str, int]:
    """Count the rows that the synthetic learner has when its journey is over: leads, enrollments, cohort places."""

    async def ask(view: Target) -> dict[str, int]:
        with suppress(UnansweredError):  # whether the refund shows is the finding of another question
            await refunded(view)
        learner = await paid(view)
        wanted, user_id = learner.purchase, learner.lead.user_id
        leads = await view.leads_now(wanted.email)
        enrollments = (await view.enrollments_now(wanted.course_id)).enrollments
        places = (await view.cohort_learners_now(wanted.cohort_id)).enrollments if wanted.cohort_id else []
        rows = {"leads": len(leads), "enrollments": sum(row.user_id == user_id for row in enrollments)}
        return {**rows, "places": sum(row.user_id == user_id for row in places)}

    return await target.once("journey: rows left", ask)
