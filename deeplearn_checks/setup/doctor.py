"""What is configured, what each missing setting would enable, and whether this machine can do it.

Pure, but for what it is handed: the settings, and the states of the machine (`machine`) and of the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic_core import PydanticUndefined

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.extending import VARIABLE, Extension
from deeplearn_checks.reporting.wording import count
from deeplearn_checks.settings import VARIABLES, Part, Settings, redactor
from deeplearn_checks.setup.steps import FIELDS, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.diagnostic import Diagnostic


class State(StrEnum):
    """How something stands: only a problem keeps a run from saying whether a target is ready."""

    OK = "ok"
    LEFT_OUT = "left out"
    MISSING = "missing"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `says` how it stands, `remedy` what to do, `enables` what it would add."""

    area: str
    name: str
    state: State
    says: str
    remedy: str = ""
    enables: tuple[str, ...] = ()


def healthy(checks: Sequence[Check]) -> bool:
    """Whether nothing is a problem."""
    return all(check.state is not State.PROBLEM for check in checks)


def configured(settings: Settings) -> Iterator[Check]:
    """List every setting that is not its default; a secret is never shown, not even its length."""
    redact = redactor(settings)
    for name, field in FIELDS.items():
        held: object = getattr(settings, field)
        default = Settings.model_fields[field].default
        if default is PydanticUndefined or held != default:
            yield Check("settings", name, State.OK, "set (secret)" if is_secret(name) else redact(_plain(held)))


def _plain(held: object) -> str:
    if isinstance(held, frozenset):
        return ",".join(sorted(map(str, held)))
    return str(getattr(held, "label", held))


def added(extension: Extension) -> Iterator[Check]:
    """Say what a team's own modules add, where the environment names any."""
    if extension.diagnostics or extension.faults:
        told = f"{_counted(extension.diagnostics)} and {count(len(extension.faults), 'fault')} of your own"
        yield Check("settings", VARIABLE, State.OK, told, "", tuple(one.id for one in extension.diagnostics))


def parts(settings: Settings, catalogue: Sequence[Diagnostic] = CATALOG) -> Iterator[Check]:
    """Say of each part whether it is asked; what is missing is a problem where diagnostics of this run need it."""
    for part in Part:
        yield _part(part, settings, needs(part, catalogue))


def _part(part: Part, settings: Settings, needing: Sequence[Diagnostic]) -> Check:
    ids = tuple(one.id for one in needing)
    if part in settings.without:
        return Check("parts", part, State.LEFT_OUT, f"left out on purpose: {_counted(needing)} not asked", "", ids)
    missing = settings.missing(part)
    if not missing:
        told = f"{' and '.join(VARIABLES[part])} set" if part in VARIABLES else "needs no setting"
        return Check("parts", part, State.OK, f"{told}: {_counted(needing)}")
    permitted = any(one.effects <= settings.effects for one in needing)
    return Check(
        "parts",
        part,
        State.PROBLEM if permitted else State.MISSING,
        f"{' and '.join(missing)} not set: would enable {_counted(needing)}{_effects(needing)}",
        f"set {' and '.join(missing)}, or leave it out on purpose: --without {part}" if permitted else "",
        ids,
    )


def needs(part: Part, catalogue: Sequence[Diagnostic] = CATALOG) -> tuple[Diagnostic, ...]:
    """Answer the diagnostics that are skipped without a part."""
    return tuple(one for one in catalogue if part in one.needs)


def _counted(needing: Sequence[Diagnostic]) -> str:
    return count(len(needing), "diagnostic")


def _effects(needing: Sequence[Diagnostic]) -> str:
    """Say what else the diagnostics need, where none of them is asked without it."""
    least = min((one.effects for one in needing), default=None)
    return f" (with --effects {least.label})" if least else ""
