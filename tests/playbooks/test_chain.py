"""The values of a walk: verdicts, what tells most of a chain, times, and questions without an answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from strolling import ACTIVE, NEW, Script, healthy, lead, on, stroll

from deeplearn_checks.finding import error
from deeplearn_checks.playbooks import walk_lead
from deeplearn_checks.playbooks.asked import Asked
from deeplearn_checks.playbooks.chain import moment, worst
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from deeplearn_checks.playbooks.chain import Walk
    from deeplearn_checks.target import Target

SILENT: Asked[int] = Asked(None, error("timed-out", Redacted("no answer")))


def test_a_question_without_an_answer_has_none_to_give() -> None:
    """Whoever takes the answer without looking is told so, loudly."""
    with pytest.raises(LookupError, match="no answer"):
        _ = SILENT.answer


def test_a_question_with_an_answer_has_no_reason() -> None:
    """The reason for silence is asked for where there is silence only."""
    with pytest.raises(LookupError, match="there is an answer"):
        _ = Asked(0).reason


@pytest.mark.parametrize(("asked", "expected"), [(Asked(0), True), (Asked(None), True), (SILENT, False)])
def test_an_answer_is_one_whatever_it_says(asked: Asked[object], expected: bool) -> None:  # noqa: FBT001  a parameter
    """Nothing and nought are answers."""
    assert bool(asked) is expected


@pytest.mark.parametrize(
    ("at_ms", "expected"), [(0, ""), (1_767_225_600_000, "2026-01-01 00:00 UTC"), (10**18, f"{10**18} ms")]
)
def test_a_time_can_be_read(at_ms: int, expected: str) -> None:
    """Milliseconds are written as a date; a number that is no time stays a number."""
    assert moment(at_ms) == expected


def test_a_link_is_found_by_its_slug() -> None:
    """And one that the chain has not is none."""
    walk = stroll(healthy(1), "nobody@example.com")

    with pytest.raises(KeyError, match="cheque"):
        walk.link("cheque")


def test_walks_on_one_target_share_answers_and_list_their_own() -> None:
    """What was asked for one lead is not asked again for the next, and stands in both walks."""
    world = healthy()
    script, first, second = Script(world), lead(world, ACTIVE)["email"], lead(world, NEW)["email"]

    async def both(target: Target) -> Walk:
        one, other = await asyncio.gather(walk_lead(target, first), walk_lead(target, second))
        return replace(other, exchanges=(*one.exchanges, *other.exchanges))

    listed = [exchange.number for exchange in on(world, both, script).exchanges]

    assert (len(set(listed)), len(listed) > len(set(listed))) == (len(script.asked), True)


@pytest.mark.parametrize(("fault", "slug"), [("enrollment-lost", "enrollment"), ("gateway-down", "gateway")])
def test_the_worst_link_tells_most(fault: str, slug: str) -> None:
    """The first broken link, else the first unknown one."""
    world = healthy(40, fault)

    links = stroll(world, world.known_lead).links

    assert worst(links).slug == slug
