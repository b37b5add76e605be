"""Learners in every stage of the funnel, drawn from one source of chance, with all their times in order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.certificate import issue_date
from deeplearn_checks.sandbox.seed_catalogue import DAY_MS, HOUR_MS, MINUTE_MS, Cohort, random_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random


class Stage(StrEnum):
    """How far a learner has come."""

    NEW = "new"
    CONTACTED = "contacted"
    PENDING = "pending"
    FAILED = "failed"
    PAID = "paid"
    COMPLETED = "completed"
    CERTIFIED = "certified"


SHARES = {
    Stage.NEW: 8,
    Stage.CONTACTED: 6,
    Stage.PENDING: 9,
    Stage.FAILED: 5,
    Stage.PAID: 5,
    Stage.COMPLETED: 3,
    Stage.CERTIFIED: 4,
}
"""Learners of each stage among forty."""

ORDERED = frozenset({Stage.PENDING, Stage.FAILED, Stage.PAID, Stage.COMPLETED, Stage.CERTIFIED})
SETTLED = frozenset({Stage.PAID, Stage.COMPLETED, Stage.CERTIFIED})
DONE = frozenset({Stage.COMPLETED, Stage.CERTIFIED})

NEWEST_AGE_MS = 3 * HOUR_MS
SPAN_MS = 88 * DAY_MS
RECENT_AGE_MS = {Stage.PAID: 30 * HOUR_MS, Stage.CERTIFIED: 4 * DAY_MS}
"""How old the first learner of a stage is at most, so that recent money is never missing."""

GIVEN_NAMES = (
    "Aarav",
    "Ananya",
    "Arjun",
    "Deepa",
    "Farhan",
    "Gauri",
    "Imran",
    "Kavya",
    "Leela",
    "Meera",
    "Neha",
    "Rohan",
)
FAMILY_NAMES = ("Bose", "Das", "Gupta", "Iyer", "Joshi", "Khan", "Menon", "Nair", "Patel", "Rao", "Sharma", "Singh")

BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Learner:
    """One learner: who, which cohort, how far, and when (milliseconds; meaningful up to the stage reached)."""

    index: int
    stage: Stage
    lead_id: str
    session_id: str
    full_name: str
    email: str
    phone: str
    cohort: Cohort
    created_ms: int
    ordered_ms: int
    settled_ms: int
    completed_ms: int
    order_id: str
    payment_id: str
    progress: int

    @cached_property
    def user_id(self) -> str:
        """The platform user that a payment makes of the lead."""
        return "learner_" + hashlib.sha256(self.email.encode()).hexdigest()[:12]

    @property
    def issued_on(self) -> str:
        """The UTC date of the certificate."""
        return issue_date(self.completed_ms)

    @property
    def failed_first(self) -> bool:
        """Whether the bank declined a first attempt on the same order."""
        return self.index % 5 == 0


def gateway_id(rng: Random, prefix: str) -> str:
    """Draw an id the way Razorpay makes them: prefix and 14 letters or digits."""
    return prefix + "".join(rng.choices(BASE62, k=14))


def stages(count: int) -> Iterator[Stage]:
    """Deal out stages so that every prefix keeps the shares (smooth weighted round robin)."""
    credit = dict.fromkeys(SHARES, 0)
    for _ in range(count):
        credit = {stage: credit[stage] + share for stage, share in SHARES.items()}
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= sum(SHARES.values())
        yield chosen


def learners(rng: Random, count: int, cohorts: Sequence[Cohort], now_ms: int) -> list[Learner]:
    """Draw `count` learners, the newest first; `now_ms` is a full hour in the past or the present one."""
    seen: set[Stage] = set()
    drawn = []
    for index, stage in enumerate(stages(count)):
        age_ms = _age_ms(rng, index, count)
        if stage not in seen:
            age_ms = min(age_ms, RECENT_AGE_MS.get(stage, age_ms))
        seen.add(stage)
        created_ms = now_ms - age_ms
        times = {"created_ms": created_ms, **_times(rng, created_ms, now_ms)}
        drawn.append(_learner(rng, index, stage, rng.choice(cohorts), times))
    return drawn


def _age_ms(rng: Random, index: int, count: int) -> int:
    if index == 0:
        return NEWEST_AGE_MS
    return NEWEST_AGE_MS + HOUR_MS + int((index + rng.uniform(-0.4, 0.4)) * SPAN_MS / count)


def _times(rng: Random, created_ms: int, now_ms: int) -> dict[str, int]:
    """Draw when the learner ordered, settled and completed: in this order, and all before now."""
    room_ms = now_ms - HOUR_MS - created_ms
    settled_ms = created_ms + min(rng.randint(10 * MINUTE_MS, 26 * HOUR_MS), room_ms // 2)
    learnt_ms = min(rng.randint(5 * DAY_MS, 30 * DAY_MS), (now_ms - settled_ms) * 4 // 5)
    ordered_ms = created_ms + 4 * MINUTE_MS
    return {"ordered_ms": ordered_ms, "settled_ms": settled_ms, "completed_ms": settled_ms + learnt_ms}


def _learner(rng: Random, index: int, stage: Stage, cohort: Cohort, times: dict[str, int]) -> Learner:
    given, family = rng.choice(GIVEN_NAMES), rng.choice(FAMILY_NAMES)
    return Learner(
        index=index,
        stage=stage,
        lead_id=random_uuid(rng),
        session_id=random_uuid(rng),
        full_name=f"{given} {family}",
        email=f"{given}.{family}.{index}@example.{'com' if index % 4 else 'org'}".lower(),
        phone=f"+91{9_000_000_000 + index * 7_919:010d}",
        cohort=cohort,
        order_id=gateway_id(rng, "order_"),
        payment_id=gateway_id(rng, "pay_"),
        progress=rng.choice((0, 25, 50, 75)),
        **times,
    )
