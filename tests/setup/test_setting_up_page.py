"""What docs/setting-up.md says of the steps is what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from deeplearn_checks.setup.steps import STEPS, Step

PAGE = Path(__file__).parents[2] / "docs" / "setting-up.md"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_page_has_a_row_for_each_step(step: Step) -> None:
    """Its variables, the diagnostics that prove them, and what leaving them empty means."""
    variables = ", ".join(f"`{name}`" for name in step.variables)
    proofs = ", ".join(f"`{one.id}`" for one in step.proofs)
    empty = f"`--without {step.part}`" if step.part else "is asked again"

    assert f"| {variables} | {proofs} | {empty} |" in PAGE.read_text(encoding="utf-8")
