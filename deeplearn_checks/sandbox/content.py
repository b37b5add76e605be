"""The daily content: published posts, and the runs of the job that writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import RefusedError
from deeplearn_checks.sandbox.certificate import issue_date

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Json

RUN_STATUSES = ("success", "skipped", "error")


def posts(call: Call) -> Json:
    """Answer the newest published posts."""
    rows = call.world.execute(
        "SELECT * FROM content_posts WHERE status = 'published' ORDER BY published_at_ms DESC, rowid DESC LIMIT ?",
        (call.number("limit", 6, 20),),
    )
    return {"posts": [_post(row) for row in rows]}


def _post(row: sqlite3.Row) -> Json:
    tags, urls = _texts(row["tags_json"]), _texts(row["source_urls_json"])
    shown: Json = {name: row[name] for name in ("id", "slug", "title", "summary", "path")}
    date = issue_date(row["published_at_ms"] or row["generated_at_ms"] or row["created_at_ms"])
    return {**shown, "tags": tags, "source_urls": urls, "link": urls[0] if urls else "", "date": date}


def _texts(stored: str) -> list[str]:
    try:
        parsed: object = json.loads(stored)
    except ValueError:
        return []
    return [text for text in parsed if isinstance(text, str)] if isinstance(parsed, list) else []


def runs(call: Call) -> Json:
    """Answer the newest runs of the content job, of one status or of all."""
    status = call.text("status")
    if status and status not in RUN_STATUSES:
        raise RefusedError(400, "Invalid content run status filter.")
    rows = call.world.execute(
        "SELECT * FROM content_generation_runs WHERE ? IN ('', status) ORDER BY created_at_ms DESC, id DESC LIMIT ?",
        (status, call.number("limit", 50, 200)),
    )
    return {"runs": [dict(row) for row in rows]}
