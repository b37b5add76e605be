"""Whose certificates are trusted: the authorities that everybody trusts, and those that an operator adds."""

from __future__ import annotations

import ssl
from pathlib import Path

from deeplearn_checks.lean_imports import import_httpx


def trust(added: str = "") -> ssl.SSLContext:
    """Trust what certifi trusts (or SSL_CERT_FILE names), and the authorities in the file *added*, in PEM form."""
    import_httpx()
    from httpx import create_ssl_context  # noqa: PLC0415  the line above must come first

    context = create_ssl_context()
    if added:
        context.load_verify_locations(added)
    return context


def authorities_file(path: str) -> str:
    """Accept a file of authorities, or none; raises ValueError where it holds no certificate in PEM form."""
    if not path.strip():
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(Path(path.strip()))
    except OSError as problem:  # that of TLS is one too
        reason = "it holds no certificate in PEM form" if isinstance(problem, ssl.SSLError) else problem.strerror
        raise ValueError(f"{path!r} cannot be used: {reason}") from None
    return path.strip()
