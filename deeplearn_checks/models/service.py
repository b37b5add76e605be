"""The service's answers. Source: the API page and its recorded answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from deeplearn_checks.models.wire import Wire


class Refusal(Wire):
    """An error in the service's own words."""

    error: str
    details: str = ""


class Root(Wire):
    """`GET /`."""

    service: str
    status: str
    endpoints: list[str]


class Health(Wire):
    """`GET /health`: proves nothing about the database."""

    status: str
    timestamp: str


class Count(Wire):
    """A total."""

    total: int


class Overview(Wire):
    """`GET /api/admin/overview`."""

    courses: Count
    learners: Count


class FunnelTotals(Wire):
    """Leads by payment status in the window."""

    registrations: int
    paid: int


class Summary(Wire):
    """`GET /api/admin/analytics/summary`: exact counts over the whole table."""

    days: int
    funnel: FunnelTotals


class AuditedUser(Wire):
    """One person of an access audit; no recorded answer says how the row names them."""

    user_id: str = Field("", validation_alias=AliasChoices("user_id", "uid", "email"))


AuditedUsers = list[Annotated[AuditedUser, BeforeValidator(lambda row: {"uid": row} if isinstance(row, str) else row)]]


class AuditFindings(Wire):
    """What the service's own audit found, at most 50 of each."""

    users_with_multiple_roles: AuditedUsers
    staff_missing_platform_user: AuditedUsers


class Audit(Wire):
    """`GET /api/admin/access/audit`."""

    findings: AuditFindings


class ContentRun(Wire):
    """One run of the daily content job."""

    run_type: str
    status: str
    message: str
    created_at_ms: int


class ContentRuns(Wire):
    """`GET /api/admin/content/runs`, newest first."""

    runs: list[ContentRun]


class Post(Wire):
    """One published post."""

    id: str
    slug: str
    title: str
    date: str


class Posts(Wire):
    """`GET /api/content/posts`."""

    posts: list[Post]


class Crm(Wire):
    """How sales sees a lead."""

    stage: str


class Lead(Wire):
    """One row of `lead_registrations` as the CRM shows it."""

    lead_id: str
    full_name: str
    email: str
    phone: str
    webinar_id: str
    source: str
    course_id: str
    course_slug: str
    cohort_id: str
    user_id: str
    payment_status: str
    payment_ref: str
    payment_provider: str
    paid_at_ms: int
    created_at_ms: int
    updated_at_ms: int
    crm: Crm


class Leads(Wire):
    """`GET /api/admin/crm/leads`, newest by update first."""

    leads: list[Lead]


class Payment(Wire):
    """What the service knows of a lead's payment."""

    status: str
    payment_ref: str
    payment_provider: str
    paid_at_ms: int
    amount_cents: int
    currency: str


class Place(Wire):
    """What a paid lead bought: its learner, the course and the cohort; an empty text where there is none."""

    user_id: str
    course_id: str
    cohort_id: str


class PaymentStatus(Wire):
    """`GET /api/funnel/payment/status`: looks in the whole table."""

    lead_id: str
    payment: Payment
    enrollment: Place | None = None


class Course(Wire):
    """One course with its counts."""

    id: str
    slug: str
    title: str
    status: str
    price_cents: int
    learner_count: int
    completed_count: int


class Courses(Wire):
    """`GET /api/admin/courses`."""

    courses: list[Course]


class Cohort(Wire):
    """One cohort of a course."""

    id: str
    course_id: str
    name: str
    status: str
    fee_cents: int


class Cohorts(Wire):
    """`GET /api/admin/cohorts`."""

    cohorts: list[Cohort]


class Enrollment(Wire):
    """One learner of a course."""

    course_id: str
    user_id: str
    status: str
    progress_pct: float
    completed_at_ms: int | None
    certificate_url: str
    email: str = ""


class Enrollments(Wire):
    """`GET /api/admin/courses/:courseId/enrollments`."""

    enrollments: list[Enrollment]


class AccessCohort(Wire):
    """The learner's place in a cohort of the course; empty texts where there is none."""

    cohort_id: str
    status: str


class AccessModule(Wire):
    """One module as the learner finds it."""

    module_key: str
    is_unlocked: bool


class CourseAccess(Wire):
    """What a learner may open of one course."""

    course_id: str
    enrollment_status: str
    progress_pct: float = 0
    completed_at_ms: int = 0
    certificate_url: str = ""
    cohort: AccessCohort
    modules: list[AccessModule]


class Access(Wire):
    """`GET /api/learn/access`."""

    user_id: str
    access: list[CourseAccess]


class Order(Wire):
    """An order at Razorpay, as the service created it."""

    id: str
    amount_cents: int
    currency: str


class CreatedOrder(Wire):
    """`POST /api/funnel/payment/create-order`."""

    mode: str
    lead_id: str
    order: Order


class SubmittedLead(Wire):
    """`POST /api/lead/submit`."""

    lead_id: str


class Completion(Wire):
    """`POST /api/admin/courses/:courseId/enroll/:userId/complete`, and of a cohort."""

    status: str
    certificate_url: str


class Verification(Wire):
    """`GET /api/certificates/verify`. `valid: null` means that the service cannot tell."""

    ok: bool
    valid: bool | None
    reason: str = ""
    certificate_url: str = ""


class FunnelCounts(Wire):
    """Events of one webinar in the window."""

    webinar_registration_submitted: int
    payment_completed: int


class Funnel(Wire):
    """`GET /api/analytics/funnel`."""

    webinar_id: str
    days: int
    counts: FunnelCounts


class Reply(Wire):
    """`POST /api/chat/counselor`."""

    reply: str


class Alert(Wire):
    """One row of `ops_alerts`."""

    id: str
    source: str
    severity: str
    event_type: str
    message: str
    status: str
    created_at_ms: int
    updated_at_ms: int


class Alerts(Wire):
    """`GET /api/admin/alerts`, newest first."""

    alerts: list[Alert]


class WebhookReceipt(Wire):
    """What the webhook answers to an event that it does not handle."""

    ok: bool
    ignored: bool
    reason: str
