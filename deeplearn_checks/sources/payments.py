"""The payments and refunds that an audit holds the leads against: nobody's, Razorpay's own, or a file's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.settings import Settings


def payment_tables(
    given: str,
    settings: Settings,
    folder: Path,
    told: Callable[[str], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tables | None:
    """Answer the tables `payments` and `refunds`; None for `none`.

    *given*: `razorpay` asks the API (*transport* is the seam for tests and the sandbox); anything else names files,
    separated by commas, or a folder: CSV exports of Razorpay's dashboard, JSON of its API, SQLite or Parquet. *folder*
    is temporary and must outlive the tables. *told* hears of progress and of what was decided. Raises
    ConfigurationError, one line.
    """
    if given == "none":
        return None
    if given == "razorpay":
        from deeplearn_checks.sources.payment_history import fetched  # noqa: PLC0415  loads httpx and the SDK

        return fetched(settings, folder, told, transport=transport)
    from deeplearn_checks.sources.payment_files import read_payments  # noqa: PLC0415  likewise not for the API

    return read_payments(given, settings, folder, told)
