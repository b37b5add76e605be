"""The two lead forms, and finding a lead again."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import ProcessingError, RefusedError
from deeplearn_checks.sandbox.certificate import issue_date
from deeplearn_checks.sandbox.course_choice import Wanted, choose
from deeplearn_checks.sandbox.rows import dumped, first, insert, new_id

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Fields, Json
    from deeplearn_checks.sandbox.world import World

WEBINAR = "deep-rag-live-webinar"
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

TURNSTILE_TEST_SECRET = "1x0000000000000000000000000000000AA"  # noqa: S105  published by Cloudflare
TURNSTILE_TEST_TOKEN = "XXXX.DUMMY.TOKEN.XXXX"  # noqa: S105  likewise
"""Cloudflare's always-pass secret and dummy token: https://developers.cloudflare.com/turnstile/troubleshooting/testing/."""


def submit(call: Call) -> Json:
    """Take a lead from either form: its row, its copy in the bucket, and its registration event."""
    fields = call.fields()
    _validate(call, fields)
    world, now = call.world, call.world.now_ms()
    if "DEEPLEARN_LEADS" not in world.bindings:
        raise ProcessingError("R2 bucket DEEPLEARN_LEADS is not configured.")
    choice = choose(world, wanted(fields))
    lead = _lead(fields, now) | choice.shown()
    lead.pop("course_title")
    insert(world, "lead_registrations", lead)
    world.leads.put(f"leads/{issue_date(now)}/{lead['lead_id']}.json", dumped(lead))
    record_event(world, "webinar_registration_submitted", lead)
    return {"ok": True, "lead_id": lead["lead_id"], "registration": {**choice.shown(), "payment_status": "registered"}}


def wanted(fields: Fields) -> Wanted:
    """Answer what the caller says about the course."""
    return Wanted(fields.text("course_id"), fields.text("course_slug"), fields.text("cohort_id"))


def _validate(call: Call, fields: Fields) -> None:
    if not (fields.text("full_name") and fields.email() and fields.text("phone")):
        raise RefusedError(400, "full_name, email, and phone are required.")
    if not EMAIL.fullmatch(fields.email()):
        raise RefusedError(400, "Invalid email format.")
    if call.allows("TURNSTILE_REQUIRED", default=True):
        _check_turnstile(call, fields.text("turnstile_token", 2048))


def _check_turnstile(call: Call, token: str) -> None:
    if not token:
        raise RefusedError(400, "Turnstile token is required.")
    if (call.variable("TURNSTILE_SECRET_KEY"), token) != (TURNSTILE_TEST_SECRET, TURNSTILE_TEST_TOKEN):
        raise RefusedError(400, "Turnstile verification failed.")


def _lead(fields: Fields, now: int) -> Json:
    return {
        "lead_id": new_id(),
        "full_name": fields.text("full_name", 120),
        "email": fields.email(),
        "phone": fields.text("phone", 40),
        "webinar_id": fields.text("webinar_id", 120) or WEBINAR,
        "source": fields.text("source", 120) or "landing",
        "session_id": fields.text("session_id", 120) or new_id(),
        "created_at_ms": now,
        "updated_at_ms": now,
    }


def record_event(world: World, name: str, lead: Json, value: int = 0) -> None:
    """Count one step of one lead in its webinar's funnel."""
    named = {column: lead[column] for column in ("webinar_id", "source", "lead_id", "session_id")}
    email_hash = hashlib.sha256(str(lead["email"]).encode()).hexdigest()
    event = {"id": new_id(), "event_name": name, "email_hash": email_hash, "value": value}
    insert(world, "lead_events", {**event, **named, "created_at_ms": world.now_ms()})


def lead_by_id(world: World, lead_id: str) -> sqlite3.Row | None:
    """Answer the lead of that id."""
    return first(world, "SELECT * FROM lead_registrations WHERE lead_id = ?", lead_id)


def lead_by_email(world: World, email: str) -> sqlite3.Row | None:
    """Answer the newest lead of that address."""
    return first(
        world,
        "SELECT * FROM lead_registrations WHERE email = ? ORDER BY created_at_ms DESC, rowid DESC LIMIT 1",
        email,
    )


def lead_by_order(world: World, order_id: str) -> sqlite3.Row | None:
    """Answer the lead that stored this Razorpay order."""
    return first(
        world,
        "SELECT * FROM lead_registrations WHERE payment_ref = ? OR CASE WHEN json_valid(metadata_json) "
        "THEN json_extract(metadata_json, '$.razorpay_order_id') = ? END ORDER BY updated_at_ms DESC LIMIT 1",
        order_id,
        order_id,
    )


def find_lead(world: World, lead_id: str, email: str, order_id: str = "") -> sqlite3.Row | None:
    """Answer the lead by id, else by address, else by the order that it stored."""
    return (
        (lead_by_id(world, lead_id) if lead_id else None)
        or (lead_by_email(world, email) if email else None)
        or (lead_by_order(world, order_id) if order_id else None)
    )
