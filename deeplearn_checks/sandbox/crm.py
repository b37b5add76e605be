"""The CRM: the newest leads with their stage, and what operators store about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import DAY_MS, Fields, RefusedError
from deeplearn_checks.sandbox.leads import lead_by_id
from deeplearn_checks.sandbox.rows import dumped, metadata, update_lead

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.call import Call, Json

PAYMENT_STATUSES = ("registered", "paid", "failed", "refunded")
STAGES = ("new", "contacted", "qualified", "payment_pending", "won", "lost")
DERIVED = {"registered": "payment_pending", "paid": "won", "failed": "lost", "refunded": "lost"}
"""The stage of a lead for which nobody has stored one, by its payment status."""

LAG_MS = 60_000
"""How far behind a lagging CRM is."""

COLUMNS = [
    "lead_id",
    "full_name",
    "email",
    "phone",
    "webinar_id",
    "source",
    "session_id",
    "course_id",
    "course_slug",
    "course_title",
    "cohort_id",
    "cohort_name",
    "user_id",
    "payment_status",
    "payment_ref",
    "payment_provider",
    "paid_at_ms",
    "created_at_ms",
    "updated_at_ms",
]
SEARCHED = ("full_name", "email", "phone", "course_title", "course_slug")

NEWEST = """
SELECT l.*, COALESCE(c.title, '') AS course_title, COALESCE(h.name, '') AS cohort_name FROM lead_registrations l
LEFT JOIN courses c ON c.id = l.course_id LEFT JOIN cohorts h ON h.id = l.cohort_id
WHERE l.created_at_ms >= ? AND ? IN ('', l.payment_status) ORDER BY l.updated_at_ms DESC, l.rowid DESC LIMIT ?
"""


def list_leads(call: Call) -> Json:
    """Answer the newest leads; the search and the stage are applied after the limit."""
    days, wanted, stage = call.number("days", 90, 365), call.text("payment_status"), call.text("stage")
    if wanted and wanted not in PAYMENT_STATUSES:
        raise RefusedError(400, "Invalid payment status filter.")
    if stage and stage not in STAGES:
        raise RefusedError(400, "Invalid CRM stage filter.")
    query = call.text("q").lower()
    since = call.world.now_ms() - days * DAY_MS
    rows = call.world.execute(NEWEST, (since, wanted, call.number("limit", 120, 300)))
    if call.world.behaviour.crm_lags:
        rows = [row for row in rows if row["created_at_ms"] < call.world.now_ms() - LAG_MS]
    leads = [(row, _crm(row)) for row in rows]
    leads = [(row, crm) for row, crm in leads if stage in {"", crm["stage"]} and _matches(row, crm, query)]
    filters = {"payment_status": wanted, "stage": stage, "q": query}
    return {"days": days, "filters": filters, "summary": _summary(leads), "leads": [_shown(*lead) for lead in leads]}


def _matches(row: sqlite3.Row, crm: Json, query: str) -> bool:
    return any(query in str(text).lower() for text in (*(row[name] for name in SEARCHED), crm["owner_user_id"]))


def _summary(leads: list[tuple[sqlite3.Row, Json]]) -> Json:
    paid = [row["payment_status"] for row, _ in leads]
    staged = [crm["stage"] for _, crm in leads]
    counts: Json = {"by_payment_status": {status: paid.count(status) for status in PAYMENT_STATUSES}}
    return {"total": len(leads), **counts, "by_stage": {stage: staged.count(stage) for stage in STAGES}}


def _shown(row: sqlite3.Row, crm: Json) -> Json:
    return {name: row[name] for name in COLUMNS} | {"paid_at_ms": row["paid_at_ms"] or 0, "crm": crm}


def _crm(row: sqlite3.Row) -> Json:
    known = metadata(row)
    return _shown_crm(known) | {"stage": _stage(row["payment_status"], known)}


def _shown_crm(known: Mapping[str, object]) -> Json:
    fields = Fields(known)
    shown: Json = {"stage": fields.text("crm_stage"), "owner_user_id": fields.text("crm_owner_user_id")}
    shown["notes"] = fields.text("crm_notes", 4000)
    return {**shown, "next_action_at_ms": fields.count("crm_next_action_at_ms")}


def _stage(payment_status: str, known: Mapping[str, object]) -> str:
    return Fields(known).choice("crm_stage", STAGES, "") or DERIVED.get(payment_status, "new")


def update(call: Call) -> Json:
    """Store what an operator says about one lead; what is not said, and an unknown stage, stay as they were."""
    lead_id, fields = call.path["lead_id"], call.fields()
    lead = lead_by_id(call.world, lead_id)
    if lead is None:
        raise RefusedError(404, "Lead not found.")
    known = metadata(lead) | _said(fields)
    columns: Json = {"metadata_json": dumped(known), "updated_at_ms": call.world.now_ms()}
    update_lead(call.world, lead_id, columns)
    crm = _shown_crm(known) | {"stage": _stage(lead["payment_status"], known)}
    return {"ok": True, "lead_id": lead_id, "crm": crm}


def _said(fields: Fields) -> Json:
    said: Json = {"crm_stage": fields.choice("stage", STAGES, "")} if fields.choice("stage", STAGES, "") else {}
    said |= {f"crm_{name}": fields.text(name, 4000) for name in ("owner_user_id", "notes") if name in fields}
    if "next_action_at_ms" in fields:
        said["crm_next_action_at_ms"] = fields.count("next_action_at_ms")
    return said
