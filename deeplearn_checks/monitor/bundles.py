"""Runs in which something broke, kept whole and redacted: so many and so large, the oldest goes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.archive import BundleError, save
from deeplearn_checks.bundle.recording import bundled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deeplearn_checks.wire import Observed

LIMIT = 1 << 30
"""How many bytes all bundles may take together."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """The bundles of a folder, at most `kept` of them. `report` hears of what cannot be written."""

    folder: Path
    kept: int
    report: Callable[[str], None]
    limit: int = LIMIT

    def path(self, target: str, at_ms: int) -> Path:
        """Answer where the bundle of a run is that was judged then, if there is one."""
        at = datetime.fromtimestamp(at_ms // 1000, UTC)
        return self.folder / f"{at:%Y-%m-%dT%H%M%S}.{at_ms % 1000:03}Z-{target}.bundle"

    def keep(self, seen: Observed, target: str, at_ms: int) -> str:
        """Write the bundle of a run, drop the oldest beyond the limits; answers its path, empty where there is none."""
        if not self.kept:
            return ""
        file = self.path(target, at_ms)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            save(bundled(seen), file)
            self._drop(file)
        except (BundleError, OSError) as problem:
            self.report(f"{target}: the run is not kept: {problem}")
            return ""
        return str(file)

    def _drop(self, newest: Path) -> None:
        """Drop the oldest, never the newest; their names begin with their times."""
        room = self.limit - newest.stat().st_size
        others = sorted((file for file in self.folder.glob("*.bundle") if file != newest), reverse=True)
        for number, file in enumerate(others, 2):
            room -= file.stat().st_size
            if number > self.kept or room < 0:
                file.unlink(missing_ok=True)
