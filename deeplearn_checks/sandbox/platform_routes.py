"""The Worker's own pulse, and the counselor that talks to the public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.analytics import iso
from deeplearn_checks.sandbox.call import ProcessingError, RefusedError

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.call import Call, Json

ADVERTISED = [
    "/api/chat/tutor",
    "/api/chat/counselor",
    "/api/track",
    "/api/lead/submit",
    "/api/funnel/register",
    "/api/funnel/payment/create-order",
    "/api/funnel/payment/status",
    "/api/funnel/payment/verify",
    "/api/funnel/payment/razorpay/webhook",
    "/api/funnel/payment/success",
    "/api/analytics/funnel",
    "/api/admin/analytics/summary",
    "/api/admin/analytics/paths",
    "/api/admin/analytics/learning-trends",
    "/api/admin/access/audit",
    "/api/admin/content/runs",
    "/api/admin/crm/leads",
    "/api/admin/crm/leads/:leadId",
    "/api/content/posts",
    "/api/admin/overview",
    "/api/admin/organizations",
    "/api/admin/courses",
    "/api/admin/courses/:courseId/modules",
    "/api/admin/courses/:courseId/rubrics",
    "/api/admin/cohorts",
    "/api/admin/cohorts/:cohortId/sessions",
    "/api/admin/sessions/:sessionId/attendance",
    "/api/admin/cohorts/:cohortId/enroll",
    "/api/admin/cohorts/:cohortId/enrollments",
    "/api/learn/modules/:moduleId/progress",
    "/api/learn/access",
    "/api/learn/sessions",
    "/api/learn/sessions/:sessionId/checkin",
    "/api/lab/run",
    "/api/lab/runs",
    "/api/learn/capstone/submit",
    "/api/learn/capstone/artifacts",
    "/api/learn/capstone/:artifactId/review",
    "/api/learn/assignments/:moduleId/submit",
    "/api/learn/assignments/:submissionId/grade",
    "/api/admin/content/generate-daily",
    "/api/admin/content/posts",
    "/api/admin/alerts",
    "/api/admin/knowledge/ingest-logistics",
    "/api/certificates/verify",
    "/health",
]
"""The endpoints that `GET /` names, in its order."""


def root(call: Call) -> Json:
    """Answer the service's name and its endpoints."""
    endpoints = [path for path in ADVERTISED if path not in call.world.missing_endpoints]
    return {"service": "deeplearn-worker", "status": "ok", "endpoints": endpoints}


def health(call: Call) -> Json:
    """Answer that the Worker runs; that proves nothing about its database."""
    return {"status": call.world.behaviour.status, "timestamp": iso(call.world.now_ms())}


def counselor(call: Call) -> Json:
    """Answer a visitor's question through the language model."""
    key = call.variable("GROQ_API_KEY")
    if not (call.fields().text("message", 4000) and key):
        raise RefusedError(400, "message and server GROQ_API_KEY are required.")
    if key != call.world.model_key:
        raise ProcessingError("Groq request failed: 401 Invalid API Key")
    reply = "The next cohort starts soon. Enroll today."
    return {"reply": reply, "contextUsed": "No relevant logistics context found."}
