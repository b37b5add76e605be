"""The certificates of the service: their names, their signatures, and their artifacts in the bucket.

The one implementation for seeds and routes; the rules are those of the API page ("Certificates").
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.world import World

PUBLIC_BASE_URL = "https://gbdeeplearn-certificates.r2.dev/certificates"
"""Where certificates are published unless `CERTIFICATE_PUBLIC_BASE_URL` says otherwise."""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" role="img" aria-label="Certificate">
<rect width="1200" height="800" fill="#fffdf7" stroke="#12355b" stroke-width="12"/>
<text x="600" y="240" font-size="56" text-anchor="middle" fill="#12355b">Certificate of Completion</text>
<text x="600" y="380" font-size="36" text-anchor="middle">{user_id}</text>
<text x="600" y="450" font-size="28" text-anchor="middle">{course_id}</text>
<text x="600" y="520" font-size="24" text-anchor="middle">Issued on {issued_on}</text>
<text x="600" y="700" font-size="18" text-anchor="middle">{certificate_id}</text>
</svg>
"""


class ArtifactKeys(NamedTuple):
    """The keys of the two objects of one certificate in the bucket."""

    json: str
    svg: str


def issue_date(at_ms: int) -> str:
    """Answer the UTC date (`YYYY-MM-DD`) of a time in milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def certificate_id(course_id: str, user_id: str, issued_on: str) -> str:
    """Name a certificate: 80 characters at most, nothing but letters, digits, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{course_id}-{user_id}-{issued_on}")[:80]


def signature(variables: Mapping[str, str], course_id: str, user_id: str, issued_on: str) -> str:
    """Sign a certificate: HMAC-SHA256 with the signing secret, else the admin token; with neither a bare SHA-256."""
    payload = {
        "certificate_id": certificate_id(course_id, user_id, issued_on),
        "course_id": course_id,
        "user_id": user_id,
        "issued_on": issued_on,
    }
    message = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    secret = variables.get("CERTIFICATE_SIGNING_SECRET") or variables.get("ADMIN_API_TOKEN") or ""
    if not secret:
        return hashlib.sha256(message).hexdigest()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def artifact_keys(course_id: str, user_id: str, issued_on: str) -> ArtifactKeys:
    """Answer where a certificate's JSON and its picture lie in the bucket."""
    stem = f"certificates/{course_id}/{user_id}-{issued_on}"
    return ArtifactKeys(f"{stem}.json", f"{stem}.svg")


def certificate_url(variables: Mapping[str, str], course_id: str, user_id: str, issued_on: str) -> str:
    """Answer the public URL; under `CERTIFICATE_PUBLIC_BASE_URL` the name carries no date."""
    base = variables.get("CERTIFICATE_PUBLIC_BASE_URL", "").strip().rstrip("/")
    if base:
        return f"{base}/{course_id}/{user_id}.svg"
    return f"{PUBLIC_BASE_URL}/{course_id}/{user_id}-{issued_on}.svg"


def write_artifacts(world: World, course_id: str, user_id: str, issued_on: str, issued_at_ms: int) -> None:
    """Write the signed JSON and the picture of one certificate into the bucket."""
    keys = artifact_keys(course_id, user_id, issued_on)
    names = {"certificate_id": certificate_id(course_id, user_id, issued_on), "course_id": course_id}
    names |= {"user_id": user_id, "issued_on": issued_on}
    secrets = world.variables if world.behaviour.signs_certificates else {"CERTIFICATE_SIGNING_SECRET": "another"}
    signed = {"signature": signature(secrets, course_id, user_id, issued_on), "issued_at_ms": issued_at_ms}
    artifact = json.dumps({**names, **signed}, separators=(",", ":"), ensure_ascii=False)
    world.certificates.put(keys.json, artifact)
    world.certificates.put(keys.svg, SVG.format(**{name: escape(text) for name, text in names.items()}))
