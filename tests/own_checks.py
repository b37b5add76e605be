"""The checks of a team's own that docs/extending.md shows, in a folder of their own."""

from __future__ import annotations

import re
import sys
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[1] / "docs/extending.md").read_text(encoding="utf-8")
MODULE, TEST = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ASKED = "acme.courses-have-titles"
CAUSE = "acme-course-nameless"
FAULT = "acme-title-lost"


@contextmanager
def team_folder(folder: Path) -> Iterator[Path]:
    """Work in a team's folder; its modules are forgotten afterwards, and the folder too."""
    (folder / "acme.py").write_text(MODULE, encoding="utf-8")
    before = list(sys.path)
    with chdir(folder):
        yield folder
    sys.path[:] = before
    for name in ("acme", "odd"):
        sys.modules.pop(name, None)
