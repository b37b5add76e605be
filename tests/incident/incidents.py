"""Opening and closing the incidents of a sandboxed deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alarms import Wire, deployment, raised, settings_of, undisturbed
from records import scribe

from deeplearn_checks.incident import case, resolving
from deeplearn_checks.incident.finding_out import found

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from deeplearn_checks.incident.journal import Disk, Journal
    from deeplearn_checks.sandbox.world import World

LOST = "enrollment-lost"


def known(folder: Path, disk: Disk | None = None) -> case.Cases:
    """Answer the incidents of a folder."""
    return case.Cases(folder / "incidents", scribe(disk))


def opened(folder: Path, world: World, title: str = "") -> Journal:
    """Open an incident for what is open or broken in a deployment."""
    what = found(settings_of(world), transport=Wire(world, undisturbed))
    return case.open_case(what, known(folder), title=title).journal


def closed(journal: Journal, world: World, wire: httpx.AsyncBaseTransport | None = None, why: str = "") -> case.Closing:
    """Try to close an incident."""
    wire = wire or Wire(world, undisturbed)
    return case.close(journal, settings_of(world), resolving.resolve, transport=wire, why=why)


def kinds(journal: Journal) -> list[str]:
    """Answer the kinds of entries of a journal, in order."""
    return [entry.kind for entry in journal.read().entries]


def mended(*alerts: str) -> World:
    """Build a healthy deployment in which alerts of these kinds are open."""
    world = deployment(count=0)
    for kind in alerts:
        raised(world, kind)
    return world
