"""Certificates of the sandbox, made when it is served: an authority that nobody else knows, and what it signs."""

from __future__ import annotations

import atexit
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.start import SandboxError

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import Wire

HOST = "127.0.0.1"
"""The address that everything of the sandbox listens on, and that its certificates name."""

_VALID_FOR = timedelta(days=90)


def secure(wire: Wire, folder: Path | None) -> ssl.SSLContext | None:
    """Answer what the API needs to speak TLS, None where it speaks plain HTTP.

    The authority's own certificate is written to *folder*, or to a file that goes with the process; the wire then
    names it. Raises SandboxError without the library that makes certificates.
    """
    if wire.certificate_days is None:
        return None
    try:
        import trustme  # noqa: PLC0415  a tenth of a second that only TLS needs
    except ModuleNotFoundError:
        raise SandboxError("TLS needs trustme: pip install 'deeplearn-checks[sandbox]'") from None
    authority = trustme.CA()
    ends = datetime.now(UTC) + timedelta(days=wire.certificate_days)
    certificate = authority.issue_cert(HOST, "localhost", not_before=ends - _VALID_FOR, not_after=ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    wire.authority_file = str(_written(authority.cert_pem.bytes(), folder))
    return context


def _written(certificate: bytes, folder: Path | None) -> Path:
    """Write a certificate where others can read it."""
    if folder is not None:
        path = folder.resolve() / "authority.pem"
        path.write_bytes(certificate)
        return path
    with tempfile.NamedTemporaryFile(prefix="deeplearn-checks-authority-", suffix=".pem", delete=False) as file:
        file.write(certificate)
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return Path(file.name)
