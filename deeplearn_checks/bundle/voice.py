"""Who asks, and for whom: what tells two requests apart that look alike once they are redacted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks.redaction import SECRET_NAMES, TELEPHONE, identified_by
from deeplearn_checks.signatures import sign_webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import Pairs, Request

_SIGNED = "x-razorpay-signature"
_CLAIMED = frozenset({"x-user-id", "x-user-role"})
"""Headers that merely claim who asks."""
_ID = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]+")
"""An id as the service makes them: letters and digits in one word, which no name is."""
NOBODY = "none of ours"
"""The name of a secret that is not among the settings: a wrong token, a forged signature."""


def voice(request: Request, settings: Settings, redact: Redactor) -> Pairs:
    """Answer the headers by which a request says who asks, each with the name of the secret behind it.

    Also, as `?name`, the parameters that name the known lead, or any lead by its id. The same for a recorded request
    and for its repetition with stand-ins: names are compared, never values.
    """
    spoken = (*_wanted(request, settings), *_spoken(request, settings))
    return tuple(sorted((name, redact(value)) for name, value in spoken))


def _wanted(request: Request, settings: Settings) -> Iterator[tuple[str, str]]:
    """Name the lead that is asked for, where its pseudonym would be of another key when it is asked for again."""
    known = settings.known_lead.get_secret_value().strip().removeprefix(TELEPHONE)
    for name, value in request.params:
        if known and value == known:
            yield f"?{name}", "known_lead"
        elif name == "q" and identified_by(value) == "lead_id" and _ID.fullmatch(value):
            yield "?q", value


def _spoken(request: Request, settings: Settings) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        folded = name.lower()
        if folded == _SIGNED:
            yield folded, _signer(request.body, value, settings)
        elif folded in SECRET_NAMES:
            yield folded, next((held for held, secret in _held(settings) if secret == value), NOBODY)
        elif folded in _CLAIMED:
            yield folded, value


def _signer(body: bytes, signature: str, settings: Settings) -> str:
    """Name the secret that a webhook's signature was made with."""
    signers = (held for held, secret in _held(settings) if sign_webhook(body, SecretStr(secret)) == signature)
    return next(signers, NOBODY)


def _held(settings: Settings) -> Iterator[tuple[str, str]]:
    """Answer every secret that is set, by name, as it is and without the white space around it."""
    for name, value in settings:
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield name, value.get_secret_value()
            yield f"{name}, stripped", value.get_secret_value().strip()
