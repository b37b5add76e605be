"""One deployment of the service: a method per endpoint, typed answers, each question asked once per run."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from deeplearn_checks import models
from deeplearn_checks.signatures import sign_webhook
from deeplearn_checks.wire import Answer, Pairs, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping

    from pydantic import SecretStr

    from deeplearn_checks.finding import Evidence, Fact
    from deeplearn_checks.questions import Questions
    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import Wires

T = TypeVar("T")
M = TypeVar("M", bound=models.Wire)

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

_WEBHOOK = "/api/funnel/payment/razorpay/webhook"


@dataclass(frozen=True, slots=True)
class Target:
    """What a diagnostic asks. `used` are the numbers of the exchanges that its answers took.

    Every method raises UnansweredError where there is no usable answer.
    """

    settings: Settings
    redact: Redactor
    transport: Wires
    questions: Questions
    started_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    used: set[int] = field(default_factory=set)

    def view(self) -> Target:
        """Answer the same target with exchanges noted apart, for one diagnostic."""
        return replace(self, used=set())

    def evidence(self, **facts: str | float | list[str]) -> Evidence:
        """Build evidence, every text redacted; a list keeps its first ten and says how many more there are.

        Empty texts and lists say nothing and are left out.
        """
        return {name: self._fact(value) for name, value in facts.items() if value not in ("", [])}

    def _fact(self, value: str | float | list[str]) -> Fact:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return tuple(self.redact(text) for text in first_ten(value))
        return value

    # -- asking -----------------------------------------------------------------------------

    async def once(self, key: Hashable, ask: Callable[[Target], Awaitable[T]]) -> T:
        """Answer a composed question, asked once per run."""
        return await self.questions.once(key, self.used, lambda noted: ask(replace(self, used=noted)))

    async def answer(self, request: Request) -> Answer:
        """Answer the request, whatever the status."""

        async def send(view: Target) -> Answer:
            answer = await self.transport.ask(request)
            view.used.add(answer.number)
            return answer

        return await self.once(request, send)

    async def parsed(self, request: Request, model: type[M]) -> M:
        """Answer the request as *model*; another status than 2xx or another shape is unanswered."""

        async def ask(view: Target) -> M:
            return view.read(await view.answer(request), model)

        return await self.once((request, model), ask)

    def read(self, answer: Answer, model: type[M]) -> M:
        """Read an answer that should be 2xx as *model*; raises UnansweredError."""
        if not answer.ok:
            self.refuse(answer)
        value = answer.json(self.redact)
        try:
            return model.model_validate(value)
        except ValidationError as problem:
            text = f"{answer.asked} answered {answer.status}, but {where(problem)}"
            answer.reject("unexpected-answer", self.redact(text))

    def refuse(self, answer: Answer) -> NoReturn:
        """Say why an answer that should be 2xx is of no use; raises UnansweredError, always."""
        refusal = self.refusal(answer)
        said = f": {refusal.error} {refusal.details}".rstrip() if refusal else ""
        text = self.redact(f"{answer.asked} answered {answer.status}{said}")
        if answer.status == 404 and refusal is None:  # noqa: PLR2004  the status is the point
            answer.reject("endpoint-missing", text)
        answer.reject("server-error" if answer.status >= 500 else "unexpected-answer", text)  # noqa: PLR2004

    def refusal(self, answer: Answer) -> models.Refusal | None:
        """Read an error in the service's own words; None where it is none."""
        try:
            return models.Refusal.model_validate(json.loads(answer.body))
        except (ValueError, RecursionError):
            return None

    # -- requests ---------------------------------------------------------------------------

    @property
    def _admin(self) -> Pairs:
        return (("x-admin-token", self.settings.admin_token.get_secret_value()),)

    def _get(self, path: str, params: Mapping[str, str | int] | None = None, *, headers: Pairs = ()) -> Request:
        pairs = tuple((name, str(value)) for name, value in (params or {}).items())
        return Request("GET", self.settings.api_base_url, path, pairs, headers)

    def _admin_get(self, path: str, params: Mapping[str, str | int] | None = None) -> Request:
        return self._get(path, params, headers=self._admin)

    def _post(self, path: str, body: bytes, headers: Pairs = ()) -> Request:
        headers = (("content-type", "application/json"), *headers)
        return Request("POST", self.settings.api_base_url, path, headers=headers, body=body)

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
        return self.started_ms + int(await self.clock_offset() * 1000)

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
        if answer.status == 404 and self.refusal(answer):  # noqa: PLR2004  the recorded answer for an unknown lead
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

    # -- payments ---------------------------------------------------------------------------

    async def probe_webhook(self, secret: SecretStr) -> Answer:
        """Send a signed event of a type that the service ignores: changes nothing when the secrets agree."""
        signature = sign_webhook(PROBE_EVENT, secret)
        return await self.answer(self._post(_WEBHOOK, PROBE_EVENT, (("x-razorpay-signature", signature),)))

    # -- certificates -----------------------------------------------------------------------

    async def certificate(self, course_id: str, user_id: str) -> models.Verification:
        """Ask whether a learner's certificate is valid."""
        request = self._get("/api/certificates/verify", {"course_id": course_id, "user_id": user_id})
        return await self.parsed(request, models.Verification)

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
        body = json.dumps({"message": COUNSELOR_QUESTION}, separators=(",", ":")).encode()
        return await self.answer(self._post("/api/chat/counselor", body))

    async def alerts(self) -> models.Alerts:
        """Ask for the open alerts, as many as the service gives."""
        params: dict[str, str | int] = {"status": "open", "limit": ALERTS_LIMIT}
        return await self.parsed(self._admin_get("/api/admin/alerts", params), models.Alerts)

    # -- site -------------------------------------------------------------------------------

    async def page(self, path: str) -> Answer:
        """Ask the Pages site for a page."""
        return await self.answer(Request("GET", self.settings.pages_base_url, path))

    async def proxied_posts(self) -> Answer:
        """Ask for the posts through the site's proxy."""
        return await self.answer(Request("GET", self.settings.pages_base_url, "/api/content/posts", (("limit", "20"),)))


def first_ten(texts: list[str]) -> list[str]:
    """Keep the first ten and say how many more there are."""
    return texts if len(texts) <= 10 else [*texts[:10], f"and {len(texts) - 10} more"]  # noqa: PLR2004


def where(problem: ValidationError) -> str:
    """Name the first place in an answer that is not as it should be: `leads[3].crm.stage: Field required`."""
    first = problem.errors(include_url=False, include_input=False)[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    return f"{path.removeprefix('.') or 'the answer'}: {first['msg']}"
