"""The health suite in `checks/`: one thin test for each diagnostic of the catalogue."""

from __future__ import annotations

import importlib.util
import inspect
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks import CATALOG
from deeplearn_checks.checking import MARKER, check_name, declarations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deeplearn_checks.diagnostic import Diagnostic

FOLDER = Path(__file__).parents[2] / "checks"


def declared() -> Iterator[tuple[str, Callable[..., None], Diagnostic]]:
    """Answer the module, the test and the diagnostic of every check."""
    for path in sorted(FOLDER.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"checks_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for _, test in inspect.getmembers(module, inspect.isfunction):
            for mark in getattr(test, "pytestmark", []):
                if mark.name == MARKER:
                    yield path.stem, test, mark.args[0]


CHECKS = tuple(declared())


def test_every_diagnostic_has_exactly_one_check() -> None:
    """What is in the catalogue is in the suite."""
    checked = Counter(diagnostic.id for _, _, diagnostic in CHECKS)

    assert checked == Counter(diagnostic.id for diagnostic in CATALOG)


@pytest.mark.parametrize(("module", "test", "diagnostic"), CHECKS, ids=[test.__name__ for _, test, _ in CHECKS])
def test_a_check_is_named_after_its_diagnostic(module: str, test: Callable[..., None], diagnostic: Diagnostic) -> None:
    """File, function and docstring follow the id and the rule, so that `-k` and the eye find them."""
    named = (module, test.__name__, test.__doc__)

    assert named == (f"test_{diagnostic.area}", check_name(diagnostic.id), diagnostic.title)


def test_every_marker_is_described_once() -> None:
    """`pytest --markers` lists severities, areas and effects."""
    names = [declaration.partition(":")[0] for declaration in declarations(CATALOG)]

    assert Counter(names) == Counter(
        {diagnostic.severity.label for diagnostic in CATALOG}
        | {diagnostic.area for diagnostic in CATALOG}
        | {f"effects_{diagnostic.effects.label}" for diagnostic in CATALOG}
    )
