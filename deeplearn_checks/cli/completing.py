"""What a shell offers where a value is begun: names that there are. Nothing is loaded until a shell asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def diagnostics(incomplete: str) -> list[str]:
    """Answer the ids of diagnostics."""
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415  what a shell asks for is loaded then

    return _begun((one.id for one in CATALOG), incomplete)


def explained(incomplete: str) -> list[str]:
    """Answer what can be explained: ids of diagnostics, and causes."""
    from deeplearn_checks.causes import CAUSES  # noqa: PLC0415  likewise

    return [*diagnostics(incomplete), *_begun(CAUSES, incomplete)]


def faults(incomplete: str) -> list[str]:
    """Answer the ways to break a sandbox."""
    from deeplearn_checks.sandbox.faults import FAULTS  # noqa: PLC0415  likewise

    return _begun((one.name for one in FAULTS), incomplete)


def formats(incomplete: str) -> list[str]:
    """Answer the formats of a run."""
    from deeplearn_checks.reporting.formats import FORMATS  # noqa: PLC0415  likewise

    return _begun(FORMATS, incomplete)


def effects(incomplete: str) -> list[str]:
    """Answer the levels of effects."""
    from deeplearn_checks.finding import Effects  # noqa: PLC0415  likewise

    return _begun((one.label for one in Effects), incomplete)


def severities(incomplete: str) -> list[str]:
    """Answer the severities."""
    from deeplearn_checks.finding import Severity  # noqa: PLC0415  likewise

    return _begun((one.label for one in Severity), incomplete)


def parts(incomplete: str) -> list[str]:
    """Answer the parts that may be left out, after those that stand before the last comma."""
    from deeplearn_checks.settings import Part  # noqa: PLC0415  likewise

    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{part}" for part in _begun(Part, last) if part not in given]


def pipelines(incomplete: str) -> list[str]:
    """Answer the CIs that there is a pipeline file for."""
    from deeplearn_checks.setup.pipelines import NONE, PLACES  # noqa: PLC0415  likewise

    return _begun((*PLACES, NONE), incomplete)


def _begun(names: Iterable[str], incomplete: str) -> list[str]:
    return [str(name) for name in names if name.startswith(incomplete)]
