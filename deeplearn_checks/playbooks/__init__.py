"""The runbook's playbooks, walked for one person: one lead, one certificate.

A walk asks only what it needs, judges link by link, and stops guessing where it cannot know. The front doors take
settings and wait; `walk_lead`, `walk_certificate` and `reissue_certificate` take a target that is open already.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from deeplearn_checks.playbooks.certificate import walk_certificate
from deeplearn_checks.playbooks.lead import walk_lead
from deeplearn_checks.playbooks.reissue import plan_reissue, reissue_certificate
from deeplearn_checks.playbooks.walking import opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from deeplearn_checks.playbooks.chain import Walk
    from deeplearn_checks.playbooks.reissue import Reissue
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.target import Target

T = TypeVar("T")

__all__ = [
    "plan_reissue",
    "planned_reissue",
    "reissue_certificate",
    "reissued",
    "walk_certificate",
    "walk_lead",
    "walked_certificate",
    "walked_lead",
]


def walked_lead(settings: Settings, who: str, *, transport: httpx.AsyncBaseTransport | None = None) -> Walk:
    """Walk the Payment Failure Playbook for one person, and wait; as `walk_lead`."""
    return _walked(settings, transport, lambda target: walk_lead(target, who))


def walked_certificate(
    settings: Settings, course_id: str, user_id: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> Walk:
    """Walk the Certification Failure Playbook for one learner of one course, and wait; as `walk_certificate`."""
    return _walked(settings, transport, lambda target: walk_certificate(target, course_id, user_id))


def planned_reissue(
    settings: Settings, course_id: str, user_id: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> Reissue:
    """Say what reissuing one certificate would change, and wait; as `plan_reissue`."""
    return _walked(settings, transport, lambda target: plan_reissue(target, course_id, user_id))


def reissued(
    settings: Settings, course_id: str, user_id: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> Reissue:
    """Reissue one certificate, and wait; as `reissue_certificate`: it writes."""
    return _walked(settings, transport, lambda target: reissue_certificate(target, course_id, user_id))


def _walked(
    settings: Settings, transport: httpx.AsyncBaseTransport | None, walk: Callable[[Target], Awaitable[T]]
) -> T:
    """Open the target, walk on it, close it."""

    async def main() -> T:
        async with opened(settings, transport=transport) as target:
            return await walk(target)

    return asyncio.run(main())
