"""The bundles behind an incident: every run that it stands on, kept beside its journal.

`incidents/bundles/<time>-<purpose>-<random>.bundle` is written before any entry names it: what a killed process leaves
behind is a bundle that no entry names, never an entry whose bundle is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.archive import save
from deeplearn_checks.bundle.recording import bundled
from deeplearn_checks.incident.journal import JournalError

if TYPE_CHECKING:
    from datetime import datetime

    from deeplearn_checks.incident.journal import Journal
    from deeplearn_checks.wire import Observed

FOLDER = "bundles"


@dataclass(slots=True)
class KeptRun:
    """Keeps one run in a bundle; `path` is empty until there is one."""

    folder: Path
    purpose: str
    now: datetime
    path: str = ""

    @classmethod
    def of(cls, journal: Journal, purpose: str) -> KeptRun:
        """Answer what keeps a run beside this journal."""
        return cls(journal.folder, purpose, journal.scribe.now())

    def __call__(self, seen: Observed) -> None:
        """Write the bundle of a run that is over; raises BundleError or JournalError where it cannot be written."""
        shelf = self.folder / FOLDER
        try:
            shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise JournalError(
                f"cannot write to {shelf}: {problem.strerror}; mend that and repeat the command"
            ) from None
        file = shelf / f"{self.now:%Y-%m-%dT%H%M%SZ}-{self.purpose}-{token_hex(3)}.bundle"
        save(bundled(seen), file)
        self.path = str(file)

    def discard(self) -> None:
        """Throw the bundle away: nothing is opened for its run."""
        if self.path:
            Path(self.path).unlink(missing_ok=True)
