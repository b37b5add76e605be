"""What `--record` and `--replay` ask of a run: where its bundle goes, or which bundle answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.archive import load, save, writable
from deeplearn_checks.bundle.recording import bundled
from deeplearn_checks.bundle.replaying import Replay
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.wire import Observed

_EXCLUDED = {"target": "--target", "sandbox": "--sandbox", "faults": "--fault", "record": "--record"}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Keeps a run in a file."""

    path: Path

    def __call__(self, seen: Observed) -> None:
        """Write the bundle of a run that is over, however it ended; raises BundleError."""
        save(bundled(seen), self.path)


def recorder(options: Mapping[str, object]) -> Recorder | None:
    """Answer what `--record` asks for; raises BundleError at once where its file cannot be written."""
    name = options.get("record")
    return Recorder(writable(Path(str(name)))) if name else None


def replay(options: Mapping[str, object], flags: Mapping[str, object]) -> Replay | None:
    """Answer the recorded run that `--replay` names; *flags* overrule its settings. Raises ConfigurationError."""
    name = options.get("replay")
    if not name:
        return None
    for option, flag in _EXCLUDED.items():
        if options.get(option):
            raise ConfigurationError(f"--replay asks nobody: leave {flag} out")
    return Replay(load(Path(str(name))), flags)


def recorded_selection(selected: Sequence[Diagnostic], recorded: Replay) -> tuple[Diagnostic, ...]:
    """Answer those of *selected* that the recorded run was asked; raises ConfigurationError where it knew others."""
    unknown = sorted({*recorded.selected} - {one.id for one in selected})
    if unknown:
        raise ConfigurationError(
            f"the recorded run asked {unknown[0]}, which is not known here; "
            "name its module with --extend, or choose others: --only ID"
        )
    return tuple(one for one in selected if one.id in recorded.selected)
