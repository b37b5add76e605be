"""The certificates that an audit holds the completed courses against: nobody's, the API's word, a listing, a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import CERTIFICATE_TABLES
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.settings import Settings


def certificate_tables(  # noqa: PLR0913  what an audit knows, and the seam
    given: str,
    settings: Settings,
    service: Tables,
    folder: Path,
    told: Callable[[str], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tables | None:
    """Answer the table `artifacts`; None for `none`.

    *given*: `api` verifies every completed enrollment of *service* over the API (*transport* is the seam for tests and
    the sandbox); anything else is a folder that mirrors the bucket, a listing of it (JSON, or one key a line), or a
    SQLite file or Parquet folder that has the table. *folder* is temporary and must outlive the tables. Raises
    ConfigurationError, one line.
    """
    if given == "none":
        return None
    if given == "api":
        from deeplearn_checks.sources.certificate_verification import verified  # noqa: PLC0415  loads httpx

        return verified(settings, service, folder, told, transport=transport)
    place = Path(given).expanduser()
    if not place.exists():
        raise ConfigurationError(f"--certificates: there is no {place}; give api, none, a listing or a folder")
    from deeplearn_checks.sources.own_tables import own_tables  # noqa: PLC0415  what is not asked for is not loaded

    if tables := own_tables(place, CERTIFICATE_TABLES, folder, "certificates"):
        return tables
    from deeplearn_checks.sources.certificate_files import listed, mirrored  # noqa: PLC0415  likewise

    return mirrored(place, settings, folder, told) if place.is_dir() else listed(place, folder, told)
