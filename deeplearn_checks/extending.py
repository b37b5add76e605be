"""Diagnostics, causes and faults of a team's own: modules named by the operator, read as explicit tuples.

Nothing registers itself: a module says what it adds in `DIAGNOSTICS` and `FAULTS`, a diagnostic carries the causes
that it may name. docs/extending.md has an example that a test runs.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostic import Diagnostic
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from deeplearn_checks.causes.cause import Cause

VARIABLE = "DEEPLEARN_CHECKS_EXTEND"
"""The environment variable that names the modules where nothing else does; several are separated by commas."""
OPTION = "--extend"
"""How the one line begins that refuses a module which was named by hand."""

_ID = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9]+(-[a-z0-9]+)*")
_BROKEN = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError)
"""What a module may raise that cannot be imported."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What the named modules add. `faults` are those of a sandbox, which alone looks at them."""

    diagnostics: tuple[Diagnostic, ...] = ()
    faults: tuple[object, ...] = ()

    @property
    def catalogue(self) -> tuple[Diagnostic, ...]:
        """Every diagnostic there is: ours, then theirs."""
        from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415  an audit wants the causes alone

        return (*CATALOG, *self.diagnostics)

    @property
    def causes(self) -> Mapping[str, Cause]:
        """Every cause there is, by slug."""
        return {**CAUSES, **{cause.slug: cause for one in self.diagnostics for cause in one.causes}}


def extension(named: object, variables: Mapping[str, str] = os.environ) -> Extension:
    """Read the modules that *named* (texts, or one) or else the environment names, each separated by commas.

    They are found among what is installed, and in the working folder. Raises ConfigurationError, one line, for what is
    no module, adds nothing, or declares an id, a slug or a name that there already is.
    """
    texts = [named] if isinstance(named, str) else named if isinstance(named, list | tuple) else ()
    given, where = ([str(text) for text in texts], OPTION) if texts else ([variables.get(VARIABLE, "")], VARIABLE)
    names = dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip())
    modules = [_Named(f"{where} {name}", _imported(name, where)) for name in names]
    diagnostics = tuple(one for module in modules for one in module.diagnostics())
    if diagnostics:
        refuse_clashes(diagnostics)
    faults = tuple(one for module in modules for one in module.listed("FAULTS"))
    return Extension(diagnostics, faults)


def refuse_clashes(diagnostics: Iterable[Diagnostic]) -> None:
    """Raise ConfigurationError where an id or a slug means two things, or a remedy cannot be filled in."""
    from deeplearn_checks.diagnostics import CATALOG  # noqa: PLC0415  as above

    ids = {one.id: one for one in CATALOG}
    slugs = dict(CAUSES)
    for one in _reached(diagnostics):
        if ids.setdefault(one.id, one) is not one:
            raise ConfigurationError(f"there are two diagnostics {one.id!r}: give one of your own another id")
        for cause in one.causes:
            if slugs.setdefault(cause.slug, cause) != cause:
                raise ConfigurationError(f"{one.id}: there are two causes {cause.slug!r}: give yours another slug")
            _refuse_unfilled(one, cause)
    seen: set[int] = set()
    for one in diagnostics:
        if id(one) in seen:
            raise ConfigurationError(f"the diagnostic {one.id!r} is listed twice: list it once")
        seen.add(id(one))


def _reached(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Answer these and all that they stand on, each value once; `closure()` would take two of one id for one."""
    found = dict.fromkeys(diagnostics)
    waiting = list(found)
    while waiting:
        one = waiting.pop()
        more = [other for other in (*one.requires, *one.consults) if other not in found]
        found |= dict.fromkeys(more)
        waiting += more
    return tuple(found)


def _refuse_unfilled(one: Diagnostic, cause: Cause) -> None:
    """Refuse a remedy with braces that stand for nothing."""
    try:
        cause.remedy.format(api="", pages="")
    except (LookupError, ValueError) as problem:
        told = f"{one.id}: the remedy of {cause.slug!r} has braces other than {{api}} and {{pages}}: double them"
        raise ConfigurationError(told) from problem


def _imported(name: str, where: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last: what is installed is never hidden by a file that happens to lie here
    try:
        return import_module(name)
    except _BROKEN as problem:
        absent = isinstance(problem, ModuleNotFoundError) and problem.name == name
        why = f"there is no such module in {here} or installed" if absent else f"{type(problem).__name__}: {problem}"
        raise ConfigurationError(f"{where} {name}: {why}") from problem


@dataclass(frozen=True, slots=True)
class _Named:
    """A module that was named; `told` says where, and which."""

    told: str
    module: ModuleType

    def listed(self, name: str) -> tuple[object, ...]:
        """Answer what it lists under a name; refuses a module that adds nothing, and what is no list."""
        if not (hasattr(self.module, "DIAGNOSTICS") or hasattr(self.module, "FAULTS")):
            raise ConfigurationError(f"{self.told}: it has neither DIAGNOSTICS nor FAULTS, so adds nothing")
        listed = getattr(self.module, name, ())
        if not isinstance(listed, list | tuple):
            raise ConfigurationError(f"{self.told}: {name} is no tuple: write {name} = (one, another)")
        return tuple(listed)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Answer its diagnostics; refuses what is none, and what has no proper id."""
        found: list[Diagnostic] = []
        for one in self.listed("DIAGNOSTICS"):
            if not isinstance(one, Diagnostic):
                raise ConfigurationError(f"{self.told}: DIAGNOSTICS holds {one!r}, which @diagnostic did not make")
            if not _ID.fullmatch(one.id):
                raise ConfigurationError(f"{self.told}: {one.id!r} is no id: write area.what-it-asks")
            found.append(one)
        return tuple(found)
