"""Delivering webhook events to a target, and what they left behind: for `deeplearn-checks webhook send`.

An event that the service handles writes to the target: nothing is sent unless the settings allow its effects.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks import changes
from deeplearn_checks.finding import Effects, UnansweredError
from deeplearn_checks.own_alerts import OwnAlerts
from deeplearn_checks.questions import Questions
from deeplearn_checks.settings import ConfigurationError, Part, redactor
from deeplearn_checks.signatures import sign_webhook
from deeplearn_checks.target import WEBHOOK, Target
from deeplearn_checks.transport import Transport
from deeplearn_checks.webhooks.events import HANDLED
from deeplearn_checks.wire import Record, Request, exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    import httpx

    from deeplearn_checks import models
    from deeplearn_checks.redaction import Json, Redacted, Redactor
    from deeplearn_checks.results import Exchange
    from deeplearn_checks.settings import Settings

UNREADABLE = "(no event)"
"""What an event is called whose body names none."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event to be delivered: its name, the id that Razorpay repeats with every attempt, its body and signature."""

    name: str
    event_id: str
    body: bytes = field(repr=False)
    signature: str = field(repr=False)

    @property
    def effects(self) -> Effects:
        """What delivering it may do: a handled event leaves rows, any other may be refused, which raises an alert.

        Signed with a wrong secret too: whether a forgery is refused is just what is in question.
        """
        return Effects.DATA if self.name in HANDLED else Effects.ALERTS


@dataclass(frozen=True, slots=True)
class State:
    """What the target tells of one lead: a text for each link of the chain, by its name."""

    lead: Redacted
    person: Redacted
    links: dict[str, Redacted]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The exchanges of all deliveries in the order in which they were sent, and the state of the leads they name.

    `raised` tells of the alerts that each delivery raised (empty: none), `left_open` of those that are open still.
    """

    exchanges: tuple[Exchange, ...]
    states: tuple[State, ...]
    raised: tuple[Redacted, ...]
    left_open: tuple[Redacted, ...]


def signed(body: bytes, secret: SecretStr, event_id: str) -> Event:
    """Sign an event. Raises ValueError for an empty secret."""
    whole = _parsed(body)
    name = whole.get("event") if isinstance(whole, dict) else None
    return Event(str(name or UNREADABLE), event_id, body, sign_webhook(body, secret))


def preview(settings: Settings, event: Event) -> Exchange:
    """Answer the request that would be sent, redacted; nothing is sent."""
    return exchange(Record(0, _request(settings, event), 0.0), redactor(settings))


async def deliver(
    settings: Settings, events: Sequence[Event], *, times: int = 1, transport: httpx.AsyncBaseTransport | None = None
) -> Delivered:
    """Deliver events in their order, each so many *times* with the same id, then ask what became of their leads.

    Alerts that this raises are resolved, where the admin token is set. A target that does not answer is told of in the
    exchange. Raises ConfigurationError, and sends nothing, where the settings do not allow what the events may do.
    """
    for event in events:
        if settings.effects < event.effects:
            raise ConfigurationError(f"delivering {event.name} needs --effects {event.effects.label}")
    redact = redactor(settings)
    wires = Transport(settings, redact, transport=transport)
    questions = Questions()
    target = Target(settings, redact, wires, questions)
    own_alerts = OwnAlerts(target)
    try:
        if not settings.missing(Part.ADMIN):
            with suppress(UnansweredError):  # then whatever is raised stays open, and is named by nobody
                await own_alerts.look()
        for event in events:
            for _ in range(times):
                with suppress(UnansweredError):
                    await target.send(_request(settings, event))
        left_open = await own_alerts.resolve()
        sent = [record for record in wires.records if record.request.change is changes.OPERATORS_EVENT]
        states = [await _state(target, lead) for lead in dict.fromkeys(_lead(event.body) for event in events) if lead]
    finally:
        await questions.close()
        await wires.close()
    exchanges = tuple(exchange(record, redact) for record in sent)
    return Delivered(exchanges, tuple(states), tuple(redact(record.left) for record in sent), left_open)


def _request(settings: Settings, event: Event) -> Request:
    headers = (
        ("content-type", "application/json"),
        ("x-razorpay-signature", event.signature),
        ("x-razorpay-event-id", event.event_id),
    )
    return Request(
        "POST", settings.api_base_url, WEBHOOK, headers=headers, body=event.body, change=changes.OPERATORS_EVENT
    )


# -- what became of a lead --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lead:
    """How an event names its lead; true where it does."""

    lead_id: str = ""
    email: str = ""

    def __bool__(self) -> bool:
        return bool(self.lead_id or self.email)


def _lead(body: bytes) -> _Lead:
    """Answer the lead that an event names, as the service reads it: notes of payment or order, else the e-mail."""
    entities = [_at(_parsed(body), "payload", name, "entity") for name in ("payment", "order")]
    notes = [_at(entity, "notes") for entity in entities]
    ids = (_text(_at(note, "lead_id")) for note in notes)
    emails = (_text(_at(place, "email")) for place in (*entities, *notes))
    return _Lead(next(filter(None, ids), ""), next(filter(None, emails), "").lower())


def _parsed(body: bytes) -> Json:
    try:
        whole: Json = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return whole


def _at(value: Json, *names: str) -> Json:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""


async def _state(target: Target, lead: _Lead) -> State:
    """Ask for every link of a lead's chain; what cannot be asked or answered says so."""
    redact = target.redact
    links = {"payment": await _told(redact, _payment(target, lead))}
    if target.settings.missing(Part.ADMIN):
        links["stage"] = redact("not asked: set ADMIN_API_TOKEN")
        return State(redact(lead.lead_id), redact.person(lead.email), links)
    row: list[models.Lead] = []
    links["stage"] = await _told(redact, _stage(target, lead, row))
    user_id = next((one.user_id for one in row), "") or _user_id(lead.email)
    course_id = next((one.course_id for one in row), "")
    email = next((one.email for one in row), lead.email)
    if user_id:
        links["enrollment"] = await _told(redact, _enrollment(target, user_id, course_id))
    if user_id and course_id:
        links["certificate"] = await _told(redact, _certificate(target, user_id, course_id))
    return State(redact(lead.lead_id), redact.person(email), links)


async def _told(redact: Redactor, asking: Awaitable[str]) -> Redacted:
    try:
        return redact(await asking)
    except UnansweredError as unanswered:
        return redact(f"unknown: {unanswered.finding.summary}")


async def _payment(target: Target, lead: _Lead) -> str:
    status = await target.payment_status(lead_id=lead.lead_id, email=lead.email)
    if status is None:
        return "no such lead"
    payment = status.payment
    amount = f", {payment.amount_cents / 100:.2f} {payment.currency}" if payment.amount_cents else ""
    return f"{payment.status}{amount}{', ' if payment.payment_ref else ''}{payment.payment_ref}"


async def _stage(target: Target, lead: _Lead, row: list[models.Lead]) -> str:
    """Answer the stage of the lead, and put its row into *row*."""
    for one in (await target.leads()).leads:
        if one.lead_id == lead.lead_id or (not lead.lead_id and one.email.lower() == lead.email):
            row.append(one)
            return one.crm.stage
    return "not among the leads that the CRM shows"


def _user_id(email: str) -> str:
    """Answer the id that the service gives to a learner who has none yet (API page, Activation)."""
    return f"learner_{hashlib.sha256(email.encode()).hexdigest()[:12]}" if email else ""


async def _enrollment(target: Target, user_id: str, course_id: str) -> str:
    access = await target.access(user_id)
    texts = [
        f"{one.course_id}: {one.enrollment_status or 'none'}, cohort {one.cohort.status or 'none'}, "
        f"{sum(module.is_unlocked for module in one.modules)} of {len(one.modules)} modules unlocked"
        for one in access.access
        if course_id in {"", one.course_id}
    ]
    return "; ".join(texts) or "none"


async def _certificate(target: Target, user_id: str, course_id: str) -> str:
    held = await target.certificate(course_id, user_id)
    verdict = {True: "valid", False: "not valid", None: "cannot be told"}[held.valid]
    return f"{verdict}{f' ({held.reason})' if held.reason else ''}"


def event_id() -> str:
    """Answer an event id of our own; Razorpay gives one to each event and repeats it with each attempt."""
    return f"checks_{secrets.token_hex(7)}"


def nobodys_secret() -> SecretStr:
    """Answer a secret that nobody else holds, for a forgery."""
    return SecretStr(secrets.token_hex(16))
