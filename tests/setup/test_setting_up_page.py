"""What docs/setting-up.md says of the steps is what they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_the_completion_of_zsh_is_found_by_zsh(tmp_path: Path) -> None:
    """It looks at the first line of a file alone."""
    page = PAGE.read_text(encoding="utf-8")
    told = next(line for line in page.splitlines() if "source_zsh" in line)
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    subprocess.run(["bash", "-c", told], cwd=tmp_path, env=environ, check=True)  # noqa: S603, S607  a line of our page

    written = (tmp_path / "_deeplearn-checks").read_text(encoding="utf-8")
    assert written.splitlines()[0] == "#compdef deeplearn-checks"
