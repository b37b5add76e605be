"""Building a world to run against: settings, population and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.faults import fault, known_faults
from deeplearn_checks.sandbox.seed import seed
from deeplearn_checks.sandbox.world import BINDINGS, REPAIRED, SETTINGS, World, empty_world

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

DEFAULT_COUNT = 40
"""Learners of a sandbox for which nobody says how many."""


class SandboxError(Exception):
    """A sandbox that cannot be started: one line that names the option and the remedy."""


def settings(assignments: Iterable[str]) -> dict[str, str]:
    """Read `NAME=VALUE` settings; raises SandboxError for one that is not of that form."""
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _value in pairs:
        if not (equals and name.isidentifier()):
            raise SandboxError(f"--var: {name!r} is no setting; write --var NAME=VALUE")
    return {name: value for name, _equals, value in pairs}


def bindings(names: Iterable[str]) -> frozenset[str]:
    """Read names of bindings; raises SandboxError for an unknown one."""
    wanted = frozenset(names)
    for name in sorted(wanted.difference(BINDINGS)):
        raise SandboxError(f"--without: there is no binding {name!r}; choose from {', '.join(BINDINGS)}")
    return wanted


def populate(world: World, count: int) -> None:
    """Seed a world, and let operators know one of its paid leads; raises SandboxError where that cannot be done."""
    try:
        seed(world, count)
    except ValueError as error:
        raise SandboxError(f"--seed: {error}") from None
    paid = world.execute(
        "SELECT email FROM lead_registrations WHERE payment_status = 'paid' ORDER BY paid_at_ms DESC LIMIT 1"
    )
    world.known_lead = paid[0]["email"] if paid else ""


def break_world(world: World, faults: Sequence[str], others: Iterable[object] = ()) -> None:
    """Apply faults by name, in order, ours or one of *others*.

    Raises SandboxError for an unknown one, where there is nothing to break, and where *others* cannot be used.
    """
    try:
        among = known_faults(others)
    except ValueError as error:
        raise SandboxError(f"--extend: {error}") from None
    for name in faults:
        try:
            fault(name, among).apply(world)
        except LookupError as error:
            raise SandboxError(f"--fault {name}: {error}") from None


def deploy(  # noqa: PLR0913  one parameter per choice of the operator
    variables: Iterable[str] = (),
    without: Iterable[str] = (),
    *,
    state: Path | None = None,
    empty: bool = False,
    count: int | None = None,
    repaired: bool = False,
) -> World:
    """Build a deployment from what an operator says.

    An empty one has no rows and only the settings given; any other has the sandbox's own settings beneath them and
    `count` learners (40). Raises SandboxError where something said makes no sense.
    """
    given = settings(variables)
    world = empty_world(given if empty else SETTINGS | given, bindings(without), state)
    if repaired:
        world.behaviour = REPAIRED
    if not empty:
        populate(world, DEFAULT_COUNT if count is None else count)
    return world


def start(
    *,
    count: int = DEFAULT_COUNT,
    repaired: bool = True,
    faults: Sequence[str] = (),
    others: Iterable[object] = (),
    state: Path | None = None,
) -> World:
    """Build the sandbox of a run: seeded, with its own settings, healthy unless `faults` are named.

    `others` are the faults that there are beside ours.
    """
    world = deploy(state=state, count=count, repaired=repaired)
    break_world(world, faults, others)
    return world
