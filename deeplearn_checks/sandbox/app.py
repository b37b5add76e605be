"""The Worker's API as one ASGI app over a world: which endpoint asks for what, and how an answer is written."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from deeplearn_checks.sandbox import (
    alerts,
    analytics,
    catalogue,
    checkout,
    completion,
    content,
    crm,
    leads,
    learning,
    orders,
    payments,
    platform_routes,
    webhook,
)
from deeplearn_checks.sandbox.call import Alert, Call, Json, ProcessingError, RefusedError, require_admin

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from deeplearn_checks.sandbox.world import World

ADMIN = "/api/admin"
FUNNEL = "/api/funnel"
COURSE = f"{ADMIN}/courses/{{course_id}}"
COHORT = f"{ADMIN}/cohorts/{{cohort_id}}"


class Endpoint(NamedTuple):
    """One endpoint: its handler, what it answers and raises when something is thrown, and whether it reads rows."""

    method: str
    path: str
    handler: Callable[[Call], Json]
    error: str = "Request failed."
    alert: Alert | None = None
    needs_database: bool = True


def _warning(source: str, event_type: str, message: str) -> Alert:
    return Alert(source, "warning", event_type, message, event_type)


SUBMIT_FAILED = _warning("lead_capture", "lead_submit_failed", "Lead submit failed.")
REGISTER_FAILED = _warning("lead_capture", "funnel_register_failed", "Funnel register failed.")
ORDER_FAILED = _warning("payment_gateway", "create_order_failed", "Razorpay order creation failed.")
VERIFY_FAILED = _warning("payment_verify", "verify_failed", "Razorpay payment verify failed.")
CALLBACK_FAILED = _warning("payment_callback", "manual_callback_failed", "Manual payment callback failed.")
COUNSELOR_FAILED = _warning("counselor_chat", "counselor_request_failed", "Counselor request failed.")

ENDPOINTS = (
    Endpoint("GET", "/", platform_routes.root, needs_database=False),
    Endpoint("GET", "/health", platform_routes.health, needs_database=False),
    Endpoint("POST", "/api/lead/submit", leads.submit, "Failed to submit lead.", SUBMIT_FAILED),
    Endpoint("POST", f"{FUNNEL}/register", leads.submit, "Failed to register for funnel.", REGISTER_FAILED),
    Endpoint("POST", orders.CREATE_ORDER, orders.create_order, "Failed to create payment order.", ORDER_FAILED),
    Endpoint("GET", f"{FUNNEL}/payment/status", payments.status),
    Endpoint("POST", checkout.VERIFY, checkout.verify, "Failed to verify payment.", VERIFY_FAILED),
    Endpoint("POST", webhook.PATH, webhook.webhook, "Failed to process Razorpay webhook.", webhook.FAILED),
    Endpoint("POST", payments.SUCCESS, payments.success, "Failed to process payment success.", CALLBACK_FAILED),
    Endpoint("GET", "/api/analytics/funnel", analytics.funnel),
    Endpoint("GET", "/api/content/posts", content.posts),
    Endpoint(
        "POST",
        "/api/chat/counselor",
        platform_routes.counselor,
        "Counselor request failed.",
        COUNSELOR_FAILED,
        needs_database=False,
    ),
    Endpoint("GET", "/api/certificates/verify", completion.verify),
    Endpoint("GET", "/api/learn/access", learning.access),
    Endpoint("GET", f"{ADMIN}/overview", analytics.overview),
    Endpoint("GET", f"{ADMIN}/analytics/summary", analytics.summary),
    Endpoint("GET", f"{ADMIN}/access/audit", analytics.access_audit),
    Endpoint("GET", f"{ADMIN}/content/runs", content.runs),
    Endpoint("GET", f"{ADMIN}/crm/leads", crm.list_leads),
    Endpoint("POST", f"{ADMIN}/crm/leads/{{lead_id}}", crm.update, "Failed to update lead."),
    Endpoint("GET", f"{ADMIN}/courses", catalogue.list_courses),
    Endpoint("POST", f"{ADMIN}/courses", catalogue.create_course, "Failed to create course."),
    Endpoint("GET", f"{ADMIN}/cohorts", catalogue.list_cohorts),
    Endpoint("POST", f"{ADMIN}/cohorts", catalogue.create_cohort, "Failed to create cohort."),
    Endpoint("GET", f"{COURSE}/modules", catalogue.list_modules),
    Endpoint("POST", f"{COURSE}/modules", catalogue.create_module, "Failed to create module."),
    Endpoint("POST", f"{COURSE}/staff", catalogue.add_staff, "Failed to add course staff."),
    Endpoint("POST", f"{COURSE}/enroll", learning.enroll_in_course, "Failed to enroll learner."),
    Endpoint("GET", f"{COURSE}/enrollments", learning.course_enrollments),
    Endpoint("POST", f"{COURSE}/enroll/{{user_id}}/complete", completion.complete_course, "Failed to complete course."),
    Endpoint("GET", f"{COHORT}/enrollments", learning.cohort_enrollments),
    Endpoint("POST", f"{COHORT}/enroll", learning.join_cohort, "Failed to enroll learner."),
    Endpoint("POST", f"{COHORT}/enroll/{{user_id}}/complete", completion.complete_cohort, "Failed to complete cohort."),
    Endpoint("GET", f"{ADMIN}/alerts", alerts.list_alerts),
    Endpoint("POST", f"{ADMIN}/alerts/{{alert_id}}/status", alerts.set_status, "Failed to update alert."),
)
"""Every endpoint that the sandbox serves; those under `/api/admin` want the admin token."""


def api(world: World) -> Starlette:
    """Build the API over a world, which may change between requests."""

    def dated() -> dict[str, str]:
        return {"date": formatdate(world.now_ms() / 1000, usegmt=True)}

    def route(endpoint: Endpoint) -> Route:
        async def answer(request: Request) -> Response:
            if endpoint.path in world.missing_endpoints:
                raise HTTPException(404)
            await asyncio.sleep(world.delays.get(endpoint.path, 0))
            body = await request.body() if endpoint.method == "POST" else b""
            call = Call(world, request.path_params, request.query_params, request.headers, body)
            status, answered = _answered(endpoint, call)
            answered.pop(world.omits.get(endpoint.path, ""), None)
            text = json.dumps(answered, separators=(",", ":"), ensure_ascii=False)
            return Response(text.encode(errors="replace"), status, dated(), "application/json")

        return Route(endpoint.path, answer, methods=[endpoint.method])

    async def unknown(_request: Request, _exception: Exception) -> Response:
        return Response("404 Not Found", 404, dated(), "text/plain")

    routes = [route(endpoint) for endpoint in ENDPOINTS]
    app = Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})
    app.router.redirect_slashes = False
    return app


def _answered(endpoint: Endpoint, call: Call) -> tuple[int, Json]:
    try:
        return 200, _handled(endpoint, call)
    except RefusedError as refusal:
        return refusal.status, refusal.body
    except ProcessingError as error:
        return _failed(endpoint, call, str(error))
    except sqlite3.Error as error:
        return _failed(endpoint, call, f"D1_ERROR: {error}")


def _handled(endpoint: Endpoint, call: Call) -> Json:
    if endpoint.needs_database and "DEEPLEARN_DB" not in call.world.bindings:
        raise RefusedError(500, "D1 is not configured.")
    if endpoint.path.startswith(ADMIN):
        require_admin(call)
    return endpoint.handler(call)


def _failed(endpoint: Endpoint, call: Call, details: str) -> tuple[int, Json]:
    if endpoint.alert is not None:
        alerts.raise_alert(call.world, endpoint.alert, {"error": details})
    return 500, {"error": endpoint.error, "details": details}
