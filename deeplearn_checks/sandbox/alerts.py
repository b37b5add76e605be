"""The alerts of the Worker: raising them, and the admin endpoints that list and close them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import RefusedError
from deeplearn_checks.sandbox.rows import dumped, first, insert, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.call import Alert, Call, Json
    from deeplearn_checks.sandbox.world import World

STATUSES = ("open", "acknowledged", "resolved")
REPEAT_MS = 15 * 60 * 1000
"""How long an open alert absorbs its repeats."""


def raise_alert(world: World, alert: Alert, details: Mapping[str, object]) -> None:
    """Store an alert; a repeat of a fresh open one only touches it, and without a database nobody hears of it."""
    if "DEEPLEARN_DB" not in world.bindings or not world.behaviour.raises_alerts:
        return
    now = world.now_ms()
    if repeated := _fresh(world, alert.dedupe_key, now):
        world.execute("UPDATE ops_alerts SET updated_at_ms = ? WHERE id = ?", (now, repeated["id"]))
        return
    row = {"id": new_id(), **alert._asdict(), "details_json": dumped(details), "status": "open"}
    insert(world, "ops_alerts", {**row, "created_at_ms": now, "updated_at_ms": now})


def _fresh(world: World, dedupe_key: str, now: int) -> sqlite3.Row | None:
    return first(
        world,
        "SELECT id FROM ops_alerts WHERE dedupe_key = ? AND status = 'open' AND created_at_ms >= ? "
        "ORDER BY created_at_ms DESC LIMIT 1",
        dedupe_key,
        now - REPEAT_MS,
    )


def list_alerts(call: Call) -> Json:
    """Answer the newest alerts of one status (open unless asked otherwise) or of all."""
    status = call.text("status") or "open"
    if status not in {*STATUSES, "all"}:
        raise RefusedError(400, "Invalid alert status filter.")
    rows = call.world.execute(
        "SELECT * FROM ops_alerts WHERE ? IN (status, 'all') ORDER BY created_at_ms DESC, rowid DESC LIMIT ?",
        (status, call.number("limit", 100, 200)),
    )
    return {"alerts": [_shown(row) for row in rows]}


def _shown(row: sqlite3.Row) -> Json:
    names = ("id", "source", "severity", "event_type", "message", "details_json", "dedupe_key", "status")
    shown: Json = {name: row[name] for name in (*names, "created_at_ms", "updated_at_ms")}
    try:
        return {**shown, "details": json.loads(row["details_json"])}
    except ValueError:
        return {**shown, "details": {}}


def set_status(call: Call) -> Json:
    """Move one alert to another status."""
    alert_id, status = call.path["alert_id"], call.fields().text("status")
    if status not in STATUSES:
        raise RefusedError(400, "Invalid alert status.")
    if first(call.world, "SELECT id FROM ops_alerts WHERE id = ?", alert_id) is None:
        raise RefusedError(404, "Alert not found.")
    call.world.execute(
        "UPDATE ops_alerts SET status = ?, updated_at_ms = ? WHERE id = ?", (status, call.world.now_ms(), alert_id)
    )
    return {"ok": True, "alert_id": alert_id, "status": status}
