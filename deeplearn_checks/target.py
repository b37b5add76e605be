"""One deployment of the service: a method per endpoint, typed answers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from deeplearn_checks import changes, models
from deeplearn_checks.asking import Asking
from deeplearn_checks.signatures import sign_webhook
from deeplearn_checks.synthetic import identity
from deeplearn_checks.wire import Answer, Pairs, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from deeplearn_checks.changes import Change
    from deeplearn_checks.synthetic import Identity

LEADS_LIMIT = 300
"""The most rows that `GET /api/admin/crm/leads` gives."""
LEADS_DAYS = 365
"""The longest window of `GET /api/admin/crm/leads`, in days."""
FUNNEL_DAYS = 90
"""The longest window of `GET /api/analytics/funnel`, in days."""
ALERTS_LIMIT = 200
"""The most rows that `GET /api/admin/alerts` gives."""
COURSES_LIMIT = 100
"""The courses that are asked for."""
COHORTS_LIMIT = 200
"""The cohorts that are asked for."""
ENROLLMENTS_LIMIT = 500
"""The enrollments of one course that are asked for; the course's own count tells whether there are more."""
WEBINAR = "deep-rag-live-webinar"
"""The service's default webinar."""
PROBE_EVENT = b'{"event":"deeplearn.checks.probe"}'
"""A webhook body of an event type that the service ignores."""
NOBODY = "deeplearn-checks-nobody"
"""A learner who does not exist."""
COUNSELOR_QUESTION = "Share current cohort schedule and fee summary."
"""What the service's own readiness script asks the counselor."""

WEBHOOK = "/api/funnel/payment/razorpay/webhook"


@dataclass(frozen=True, slots=True)
class Target(Asking):
    """What a diagnostic asks. A method whose name ends in `_now` asks anew, every other one once per run.

    Every method raises UnansweredError where there is no usable answer.
    """

    # -- requests ---------------------------------------------------------------------------

    @property
    def _admin(self) -> Pairs:
        return (("x-admin-token", self.settings.admin_token.get_secret_value()),)

    def _get(self, path: str, params: Mapping[str, str | int] | None = None, *, headers: Pairs = ()) -> Request:
        pairs = tuple((name, str(value)) for name, value in (params or {}).items())
        return Request("GET", self.settings.api_base_url, path, pairs, headers)

    def _admin_get(self, path: str, params: Mapping[str, str | int] | None = None) -> Request:
        return self._get(path, params, headers=self._admin)

    def _post(self, path: str, body: bytes, change: Change, headers: Pairs = ()) -> Request:
        headers = (("content-type", "application/json"), *headers)
        return Request("POST", self.settings.api_base_url, path, headers=headers, body=body, change=change)

    def _post_json(self, path: str, fields: Mapping[str, object], change: Change, headers: Pairs = ()) -> Request:
        return self._post(path, json.dumps(fields, separators=(",", ":")).encode(), change, headers)

    # -- platform ---------------------------------------------------------------------------

    async def root(self) -> tuple[Answer, models.Root]:
        """Ask `GET /`."""
        answer = await self.answer(self._get("/"))
        return answer, await self.parsed(answer.request, models.Root)

    async def health(self) -> tuple[Answer, models.Health]:
        """Ask `GET /health`."""
        answer = await self.answer(self._get("/health"))
        return answer, await self.parsed(answer.request, models.Health)

    async def clock_offset(self) -> float:
        """Answer by how many seconds the service's clock is ahead of ours, from its health answer."""
        answer, health = await self.health()
        try:
            theirs = datetime.fromisoformat(health.timestamp).timestamp()
        except ValueError:
            answer.reject("unexpected-answer", self.redact(f"{answer.asked}: timestamp is no ISO 8601 time"))
        return theirs - (answer.received_at - answer.seconds / 2)

    async def now_ms(self) -> int:
        """Answer what the service's clock said when the run began, in milliseconds since the epoch."""
        return self.started_ms + math.floor(await self.clock_offset() * 1000)

    async def funnel(self, webinar: str = WEBINAR, days: int = FUNNEL_DAYS) -> tuple[Answer, models.Funnel | None]:
        """Ask for the events of a webinar; None where the service refuses."""
        answer = await self.answer(self._get("/api/analytics/funnel", {"webinar_id": webinar, "days": days}))
        return answer, await self.parsed(answer.request, models.Funnel) if answer.ok else None

    # -- access -----------------------------------------------------------------------------

    async def overview_answer(self) -> Answer:
        """Ask for the overview with our token, whatever the status."""
        return await self.answer(self._admin_get("/api/admin/overview"))

    async def overview_without_token(self) -> Answer:
        """Ask for the overview without a token."""
        return await self.answer(self._get("/api/admin/overview"))

    async def overview_with_wrong_token(self) -> Answer:
        """Ask for the overview with a token that is nobody's."""
        return await self.answer(self._get("/api/admin/overview", headers=(("x-admin-token", NOBODY),)))

    async def access_without_identity(self) -> Answer:
        """Ask what a learner may open, as nobody."""
        return await self.answer(self._get("/api/learn/access", {"user_id": NOBODY}))

    async def access_with_claimed_identity(self) -> Answer:
        """Ask what a learner may open, merely claiming to be that learner."""
        return await self.answer(self._get("/api/learn/access", {"user_id": NOBODY}, headers=(("x-user-id", NOBODY),)))

    async def audit(self) -> models.Audit:
        """Ask for the service's own access audit."""
        return await self.parsed(self._admin_get("/api/admin/access/audit"), models.Audit)

    def synthetic(self, name: str = "synthetic") -> Identity:
        """Answer who the synthetic learner is at this target; another *name* is another learner."""
        return identity(self.settings.api_base_url, self.settings.environment, name)

    # -- leads and learners -----------------------------------------------------------------

    async def leads(self) -> models.Leads:
        """Ask for the newest leads, as many and as old as the service gives."""
        request = self._admin_get("/api/admin/crm/leads", {"days": LEADS_DAYS, "limit": LEADS_LIMIT})
        return await self.parsed(replace(request, urgent=True), models.Leads)

    async def search_leads(self, text: str) -> models.Leads:
        """Search the newest leads for an e-mail address or a phone number."""
        params: dict[str, str | int] = {"days": LEADS_DAYS, "limit": LEADS_LIMIT, "q": text}
        return await self.parsed(self._admin_get("/api/admin/crm/leads", params), models.Leads)

    async def payment_status(self, *, lead_id: str = "", email: str = "") -> models.PaymentStatus | None:
        """Ask for a lead's payment in the whole table, by id or else by e-mail; None where there is no such lead."""
        params = {"lead_id": lead_id} if lead_id else {"email": email}
        answer = await self.answer(self._get("/api/funnel/payment/status", params))
        if self._no_lead(answer):
            return None
        return await self.parsed(answer.request, models.PaymentStatus)

    async def summary(self) -> models.Summary:
        """Ask for the exact counts of the last 30 days."""
        return await self.parsed(self._admin_get("/api/admin/analytics/summary", {"days": 30}), models.Summary)

    async def courses(self) -> models.Courses:
        """Ask for the courses."""
        request = self._admin_get("/api/admin/courses", {"limit": COURSES_LIMIT})
        return await self.parsed(replace(request, urgent=True), models.Courses)

    async def cohorts(self) -> models.Cohorts:
        """Ask for the cohorts of all courses."""
        return await self.parsed(self._admin_get("/api/admin/cohorts", {"limit": COHORTS_LIMIT}), models.Cohorts)

    async def enrollments(self, course_id: str) -> models.Enrollments:
        """Ask for the learners of a course."""
        path = f"/api/admin/courses/{quote(course_id, safe='')}/enrollments"
        request = self._admin_get(path, {"limit": ENROLLMENTS_LIMIT})
        return await self.parsed(replace(request, urgent=True), models.Enrollments)

    async def access(self, user_id: str) -> models.Access:
        """Ask what a learner may open, as an admin."""
        return await self.parsed(self._admin_get("/api/learn/access", {"user_id": user_id}), models.Access)

    async def payment_status_now(self, lead_id: str) -> models.PaymentStatus | None:
        """Ask for a lead's payment anew; None where there is no such lead."""
        answer = await self.send(self._get("/api/funnel/payment/status", {"lead_id": lead_id}))
        return None if self._no_lead(answer) else self.read(answer, models.PaymentStatus)

    def _no_lead(self, answer: Answer) -> bool:
        """Whether the service says that it has no such lead."""
        return answer.status == HTTPStatus.NOT_FOUND and self.refusal(answer) is not None

    async def leads_now(self, email: str) -> tuple[models.Lead, ...]:
        """Search the newest leads anew; answer those with exactly this e-mail address, newest by update first."""
        params: dict[str, str | int] = {"days": LEADS_DAYS, "limit": LEADS_LIMIT, "q": email}
        found = await self.anew(self._admin_get("/api/admin/crm/leads", params), models.Leads)
        return tuple(lead for lead in found.leads if lead.email.lower() == email)

    async def enrollments_now(self, course_id: str) -> models.Enrollments:
        """Ask for the learners of a course anew."""
        path = f"/api/admin/courses/{quote(course_id, safe='')}/enrollments"
        return await self.anew(self._admin_get(path, {"limit": ENROLLMENTS_LIMIT}), models.Enrollments)

    async def access_now(self, user_id: str) -> models.Access:
        """Ask what a learner may open anew, as an admin."""
        return await self.anew(self._admin_get("/api/learn/access", {"user_id": user_id}), models.Access)

    async def cohort_learners_now(self, cohort_id: str) -> models.Enrollments:
        """Ask for the learners of a cohort anew."""
        path = f"/api/admin/cohorts/{quote(cohort_id, safe='')}/enrollments"
        return await self.anew(self._admin_get(path, {"limit": ENROLLMENTS_LIMIT}), models.Enrollments)

    async def submit_lead(self, fields: Mapping[str, str], change: Change) -> Answer:
        """Submit the lead form."""
        return await self.send(self._post_json("/api/lead/submit", fields, change))

    async def set_stage(self, lead_id: str, stage: str) -> Answer:
        """Store a CRM stage for a lead, as an operator does."""
        path = f"/api/admin/crm/leads/{quote(lead_id, safe='')}"
        return await self.send(self._post_json(path, {"stage": stage}, changes.STAGE, self._admin))

    async def complete(self, course_id: str, user_id: str, change: Change) -> Answer:
        """Complete a learner's enrollment, as an operator does."""
        path = f"/api/admin/courses/{quote(course_id, safe='')}/enroll/{quote(user_id, safe='')}/complete"
        return await self.send(self._post_json(path, {}, change, self._admin))

    async def complete_in_cohort(self, cohort_id: str, user_id: str, change: Change) -> Answer:
        """Complete a learner's place in a cohort, and so the course's enrollment, as an operator does."""
        path = f"/api/admin/cohorts/{quote(cohort_id, safe='')}/enroll/{quote(user_id, safe='')}/complete"
        return await self.send(self._post_json(path, {}, change, self._admin))

    # -- payments ---------------------------------------------------------------------------

    async def probe_webhook(self, secret: SecretStr) -> Answer:
        """Send a signed event of a type that the service ignores: changes nothing when the secrets agree."""
        signed = (("x-razorpay-signature", sign_webhook(PROBE_EVENT, secret)),)
        return await self.answer(self._post(WEBHOOK, PROBE_EVENT, changes.SIGNED_PROBE, signed))

    async def deliver(self, body: bytes, signature: str, change: Change, event_id: str = "") -> Answer:
        """Deliver a webhook as Razorpay does, with whatever signature (none where empty); each call delivers once."""
        headers = [("x-razorpay-signature", signature), ("x-razorpay-event-id", event_id)]
        return await self.send(self._post(WEBHOOK, body, change, tuple(pair for pair in headers if pair[1])))

    async def call_back(self) -> Answer:
        """Report a payment by hand, without a token, for a lead that does not exist."""
        fields = {"lead_id": NOBODY, "payment_ref": NOBODY}
        return await self.answer(self._post_json("/api/funnel/payment/success", fields, changes.CALLBACK))

    async def create_order(self, lead_id: str, amount_cents: int = 0) -> Answer:
        """Ask for an order for a lead; an amount asks for that price instead of the course's."""
        fields: dict[str, object] = {"lead_id": lead_id, **({"amount_cents": amount_cents} if amount_cents else {})}
        change = changes.ONE_RUPEE_ORDER if amount_cents else changes.ORDER
        return await self.send(self._post_json("/api/funnel/payment/create-order", fields, change))

    # -- certificates -----------------------------------------------------------------------

    async def certificate(self, course_id: str, user_id: str) -> models.Verification:
        """Ask whether a learner's certificate is valid."""
        return await self.parsed(self._certificate(course_id, user_id), models.Verification)

    async def certificate_now(self, course_id: str, user_id: str) -> models.Verification:
        """Ask anew whether a learner's certificate is valid."""
        return await self.anew(self._certificate(course_id, user_id), models.Verification)

    def _certificate(self, course_id: str, user_id: str) -> Request:
        return self._get("/api/certificates/verify", {"course_id": course_id, "user_id": user_id})

    async def head(self, url: str) -> Answer:
        """Ask for the head of any URL, without credentials."""
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return await self.answer(Request("HEAD", f"{parts.scheme}://{parts.netloc}", f"{parts.path}{query}"))

    # -- content, counselor, alerts ---------------------------------------------------------

    async def content_runs(self) -> models.ContentRuns:
        """Ask for the newest runs of the daily content job."""
        return await self.parsed(self._admin_get("/api/admin/content/runs", {"limit": 50}), models.ContentRuns)

    async def posts(self) -> models.Posts:
        """Ask for the newest published posts."""
        return await self.parsed(self._get("/api/content/posts", {"limit": 20}), models.Posts)

    async def counselor(self) -> Answer:
        """Ask the counselor one question: costs the service one request to its language model."""
        return await self.answer(
            self._post_json("/api/chat/counselor", {"message": COUNSELOR_QUESTION}, changes.COUNSELOR)
        )

    async def alerts(self) -> models.Alerts:
        """Ask for the open alerts, as many as the service gives."""
        return await self.parsed(self._open_alerts, models.Alerts)

    async def alerts_now(self) -> models.Alerts:
        """Ask for the open alerts anew."""
        return await self.anew(self._open_alerts, models.Alerts)

    async def alerts_of(self, status: str, limit: int = ALERTS_LIMIT) -> models.Alerts:
        """Ask anew for the newest alerts of one status: open, acknowledged or resolved."""
        return await self.anew(self._admin_get("/api/admin/alerts", {"status": status, "limit": limit}), models.Alerts)

    @property
    def _open_alerts(self) -> Request:
        return self._admin_get("/api/admin/alerts", {"status": "open", "limit": ALERTS_LIMIT})

    async def resolve_alert(self, alert_id: str) -> Answer:
        """Resolve one alert: for those only that this run raised itself."""
        return await self._set_alert_status(alert_id, "resolved", changes.ALERT_STATUS)

    async def set_alert_status(self, alert_id: str, status: str) -> Answer:
        """Move one alert that the operator named to acknowledged or resolved."""
        return await self._set_alert_status(alert_id, status, changes.OPERATORS_STATUS)

    async def _set_alert_status(self, alert_id: str, status: str, change: Change) -> Answer:
        path = f"/api/admin/alerts/{quote(alert_id, safe='')}/status"
        return await self.send(self._post_json(path, {"status": status}, change, self._admin))

    # -- site -------------------------------------------------------------------------------

    async def page(self, path: str) -> Answer:
        """Ask the Pages site for a page."""
        return await self.answer(Request("GET", self.settings.pages_base_url, path))

    async def proxied_posts(self) -> Answer:
        """Ask for the posts through the site's proxy."""
        return await self.answer(Request("GET", self.settings.pages_base_url, "/api/content/posts", (("limit", "20"),)))
