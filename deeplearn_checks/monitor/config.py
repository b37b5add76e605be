"""What is watched, how often, and who is told: the monitor's file, read and resolved to frozen values.

`read_config` reads a file of the shape of `config_shape`; `example()` is one that is commented. Secrets stand in the
environment only: the file names their variables as `env:NAME`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import resources
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.extending import OPTION, Extension, extension
from deeplearn_checks.monitor.config_problems import Source
from deeplearn_checks.monitor.config_shape import MonitorFile
from deeplearn_checks.monitor.config_silences import silences_of
from deeplearn_checks.monitor.config_targets import GroupConfig, TargetConfig, targets_of
from deeplearn_checks.monitor.config_values import Values
from deeplearn_checks.monitor.quorum import Voters
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.finding import Severity
    from deeplearn_checks.monitor.silences import Silences
    from deeplearn_checks.monitor.state import Change, Transition

__all__ = ["Config", "GroupConfig", "Incidents", "Page", "Route", "TargetConfig", "example", "read_config", "routes_of"]

_NO_SECRET = SecretStr("")


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of which changes. `notify`: names of addresses (`env:NAME`), never the addresses themselves."""

    notify: tuple[str, ...]
    severity: Severity
    targets: tuple[str, ...]
    changes: frozenset[Change]

    def takes(self, transition: Transition) -> bool:
        """Whether those people are told of that change."""
        is_theirs = any(fnmatchcase(transition.target, pattern) for pattern in self.targets)
        return is_theirs and transition.severity >= self.severity and transition.change in self.changes


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page listens (`HOST:PORT`, empty for nowhere), where people find it (for links), and who may look.

    `public`: whoever reaches it, from other machines too, with no password.
    """

    listen: str = ""
    url: str = ""
    user: str = ""
    password: SecretStr = _NO_SECRET
    public: bool = False


@dataclass(frozen=True, slots=True)
class Incidents:
    """Whether a critical change opens an incident, where journals are, and whether proof may resolve its alerts."""

    opens: bool = False
    folder: str = "incidents"
    auto_resolve: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the monitor depends on. Spans are in milliseconds.

    `store`: a path, or a URL that may hold a secret. `addresses`: the Apprise URL of each name that a route has.
    `ping`: the dead man's address, empty where there is none; told of a failure while something critical is down where
    `ping_fails_when_down`. `bundles_kept`: 0 for none. `known`: every
    diagnostic that there is by its id, ours and those of the modules that the file extends us with; `causes` likewise.
    """

    file: Path
    store: SecretStr
    location: str
    voters: Voters
    targets: tuple[TargetConfig, ...]
    silences: Silences
    routes: tuple[Route, ...] = ()
    addresses: Mapping[str, SecretStr] = field(default_factory=dict)
    page: Page = field(default_factory=Page)
    ping: SecretStr = _NO_SECRET
    ping_every_ms: int = 60_000
    ping_fails_when_down: bool = False
    incidents: Incidents = field(default_factory=Incidents)
    bundles: str = "bundles"
    bundles_kept: int = 20
    minutes_kept_ms: int = 172_800_000
    hours_kept_ms: int = 7_776_000_000
    known: Mapping[str, Diagnostic] = field(default_factory=lambda: {one.id: one for one in CATALOG})
    causes: Mapping[str, Cause] = field(default_factory=lambda: CAUSES)

    def target(self, name: str) -> TargetConfig:
        """Answer the target of that name; raises KeyError where there is none."""
        return {target.name: target for target in self.targets}[name]

    def secrets(self) -> tuple[str, ...]:
        """Answer every secret that is known, for the redactor."""
        store = self.store.get_secret_value()
        own = (one.get_secret_value() for one in (self.ping, self.page.password, *self.addresses.values()))
        of_store = (store, _password(store)) if "://" in store else ()
        of_targets = (secret for target in self.targets for secret in target.settings.secrets())
        return tuple(dict.fromkeys(filter(None, (*of_store, *own, *of_targets))))


def routes_of(config: Config, transition: Transition) -> tuple[str, ...]:
    """Answer the names of the addresses that are told of a change, each once."""
    taking = (route for route in config.routes if route.takes(transition))
    return tuple(dict.fromkeys(name for route in taking for name in route.notify))


def example() -> str:
    """Answer the commented example that `monitor init` writes."""
    return resources.files("deeplearn_checks.monitor").joinpath("example.toml").read_text(encoding="utf-8")


def read_config(file: Path, variables: Mapping[str, str]) -> Config:
    """Read the monitor's file; *variables* are the environment's.

    Raises ConfigurationError: one line that names the file, the line and the key, and says what to write instead.
    """
    source, shape = _read(file)
    values = Values(source, variables)
    added = _added(shape, source, variables)
    known = {one.id: one for one in added.catalogue}
    targets = targets_of(shape, values, known)
    locations = shape.locations
    names = list(dict.fromkeys(name for route in shape.routes for name in route.notify))
    return Config(
        file=file,
        store=_store(shape, values),
        location=locations.name,
        voters=Voters(locations.quorum, locations.stale, locations.all),
        targets=targets,
        silences=silences_of(shape, source, known, added.causes),
        routes=_routes(shape, source),
        addresses={name: values.secret(name, _where(shape, name)) for name in names},
        page=_page(shape, values),
        ping=values.secret(shape.ping.url, ("ping", "url")) if shape.ping else _NO_SECRET,
        ping_every_ms=shape.ping.every if shape.ping else 60_000,
        ping_fails_when_down=bool(shape.ping and shape.ping.fail_when_down),
        incidents=Incidents(shape.incidents.open, shape.incidents.folder, shape.incidents.auto_resolve),
        bundles=shape.bundles.folder,
        bundles_kept=shape.bundles.kept,
        minutes_kept_ms=shape.retention.minutes,
        hours_kept_ms=shape.retention.hours,
        known=known,
        causes=added.causes,
    )


def _added(shape: MonitorFile, source: Source, variables: Mapping[str, str]) -> Extension:
    """Read the modules that the file names, or else the environment; raises ConfigurationError."""
    try:
        return extension(shape.extend, variables)
    except ConfigurationError as problem:
        if not shape.extend:
            raise
        source.refuse(("extend",), str(problem).removeprefix(f"{OPTION} "))


def _read(file: Path) -> tuple[Source, MonitorFile]:
    """Read the file's text and shape; raises ConfigurationError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        written = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: there is no such file; write one with: deeplearn-checks monitor init"
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem}; mend it") from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"{file} is no TOML: {problem}; mend it there") from None
    source = Source(file, text)
    try:
        return source, MonitorFile.model_validate(written)
    except ValidationError as problem:
        source.refuse_first(problem)


def _where(shape: MonitorFile, name: str) -> tuple[str | int, ...]:
    return next(("routes", number, "notify") for number, route in enumerate(shape.routes) if name in route.notify)


def _store(shape: MonitorFile, values: Values) -> SecretStr:
    """Answer the store's path or URL; a URL that holds a password must come from the environment."""
    if shape.store.startswith("env:"):
        return values.secret(shape.store, ("store",))
    if _password(shape.store) or "password=" in shape.store.lower():
        values.source.refuse(("store",), "holds a password; write 'env:NAME' and set the environment variable NAME")
    return SecretStr(shape.store)


def _password(url: str) -> str:
    """Answer the password that a URL holds, as it is written there; empty where it holds none."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[0].partition(":")[2]


def _page(shape: MonitorFile, values: Values) -> Page:
    page = shape.page
    password = values.secret(page.password, ("page", "password")) if page.password else _NO_SECRET
    return Page(page.listen, page.url or "", page.user, password, page.public)


def _routes(shape: MonitorFile, source: Source) -> tuple[Route, ...]:
    """Answer the routes; raises ConfigurationError for a pattern that fits no target."""
    names = [target.name for target in shape.targets]
    for number, route in enumerate(shape.routes):
        source.hold_targets(("routes", number, "targets"), route.targets, names)
    return tuple(Route(one.notify, one.severity, one.targets, frozenset(one.changes)) for one in shape.routes)
