"""The tables that rules may name, their columns, and where a set of them lies.

Sources: the API page, "Tables"; Razorpay's payment and refund entities; the bucket's object names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Kind(StrEnum):
    """What a column holds; amounts are whole cents (paise), times are milliseconds since 1970 UTC."""

    TEXT = "text"
    WHOLE = "integer"
    REAL = "real"


Columns = Mapping[str, Kind]
"""The columns of one table, in their order."""


def _columns(text: str = "", whole: str = "", real: str = "") -> Columns:
    kinds = ((text, Kind.TEXT), (whole, Kind.WHOLE), (real, Kind.REAL))
    return {name: kind for names, kind in kinds for name in names.split()}


_TIMES = "created_at_ms updated_at_ms"

SERVICE_TABLES: Mapping[str, Columns] = {
    "lead_registrations": _columns(
        "lead_id full_name email phone webinar_id source session_id course_id course_slug cohort_id user_id "
        "payment_status payment_ref payment_provider metadata_json",
        f"paid_at_ms {_TIMES}",
    ),
    "course_enrollments": _columns(
        "id course_id user_id status certificate_url", f"completed_at_ms {_TIMES}", "progress_pct"
    ),
    "cohort_enrollments": _columns(
        "id cohort_id user_id course_id status completion_state certificate_url",
        f"completed_at_ms {_TIMES}",
        "progress_pct",
    ),
    "courses": _columns("id slug title status start_date end_date created_by", f"price_cents {_TIMES}"),
    "cohorts": _columns(
        "id org_id course_id name mode start_date end_date instructor_user_id status", f"fee_cents {_TIMES}"
    ),
    "cohort_module_unlocks": _columns("id cohort_id module_id", "created_at_ms"),
    "course_modules": _columns(
        "id course_id path_key module_key title description content_markdown lab_type unlock_policy",
        f"sort_order estimated_minutes is_published {_TIMES}",
    ),
    "platform_users": _columns("uid email display_name role", _TIMES),
    "course_staff": _columns("id course_id user_id role", "created_at_ms"),
    "organization_staff": _columns("id org_id user_id role", "created_at_ms"),
    "ops_alerts": _columns("id source severity event_type message details_json dedupe_key status", _TIMES),
    "lead_events": _columns(
        "id event_name webinar_id source country lead_id session_id path email_hash",
        "is_likely_bot bot_score asn created_at_ms",
        "value",
    ),
    "content_generation_runs": _columns("id run_type status message post_id", "created_at_ms"),
    "content_posts": _columns(
        "id slug title summary content_markdown path tags_json source_urls_json model_name prompt_version status",
        f"generated_at_ms approved_at_ms published_at_ms {_TIMES}",
    ),
}
"""The service's own tables, as `wrangler d1 export` writes them."""

PAYMENT_TABLES: Mapping[str, Columns] = {
    "payments": _columns(
        "id order_id currency status refund_status email contact lead_id course_id cohort_id",
        "amount_cents amount_refunded_cents captured created_at_ms",
    ),
    "refunds": _columns("id payment_id currency status", "amount_cents created_at_ms"),
}
"""Razorpay's payments and refunds. `lead_id`, `course_id` and `cohort_id` are the payment's notes ('' where absent)."""

CERTIFICATE_TABLES: Mapping[str, Columns] = {
    "artifacts": _columns("key course_id user_id issued_on verdict reason", "size_bytes uploaded_at_ms"),
}
"""The certificates (`.json` objects) in the bucket, by what their names say.

`verdict` is what the service's verification says: 'valid', 'invalid', '' where it was not asked or cannot tell.
"""

TABLES: Mapping[str, Columns] = {**SERVICE_TABLES, **PAYMENT_TABLES, **CERTIFICATE_TABLES}
"""Every table that a rule may name."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """Tables in a SQLite file, which is only ever read."""

    file: Path


@dataclass(frozen=True, slots=True)
class ParquetFolder:
    """Tables as Parquet: `TABLE.parquet`, or a folder `TABLE/` of several files."""

    folder: Path


@dataclass(frozen=True, slots=True)
class JdbcDatabase:
    """Tables behind a JDBC address, which only Spark can reach."""

    url: str


Tables = SqliteFile | ParquetFolder | JdbcDatabase
"""Where a set of tables lies."""
