"""The front door of an audit, which the command line and the suite share: options in, report out."""

from __future__ import annotations

import re
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from deeplearn_checks.extending import extension
from deeplearn_checks.settings import ConfigurationError, Settings, load_settings, redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deeplearn_checks.audit.baseline import Baseline
    from deeplearn_checks.audit.result import AuditReport
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.audit.tables import SqliteFile, Tables
    from deeplearn_checks.redaction import Redactor

    Tell = Callable[[str], None]

ENGINES = ("sqlite", "duckdb", "spark")
SANDBOX = "sandbox"
"""The source that is a sandbox, started for this audit."""

DEADLINE = 300.0
"""Seconds that one rule may take, where nobody says how many."""

_NOWHERE = "http://no-target.invalid"
_FLAGS = {"target": "api_base_url", "environment": "environment", "fail_on": "fail_on"}
_NONE = "none"
_NO_SOURCE = (
    "no source: name a D1 export (SQLite file or SQL dump), a folder of Parquet files, d1, or sandbox; "
    "an audit of nothing proves nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """What an operator asks for, in the words of the command line; empty where nothing was said."""

    source: str
    payments: str = ""
    certificates: str = ""
    engine: str = "sqlite"
    master: str = ""
    only: Sequence[str] = ()
    since: str = ""
    folders: Sequence[Path] = ()
    extend: Sequence[str] = ()
    baseline: Path | None = None
    write_baseline: Path | None = None
    reveal: Path | None = None
    deadline: float = DEADLINE
    faults: Sequence[str] = ()
    seed: int | None = None
    flags: Mapping[str, str | None] = field(default_factory=dict)


def selected(options: AuditOptions) -> tuple[Rule, ...]:
    """Answer the rules of ours and of the folders, or of them those that are named; raises ConfigurationError."""
    from deeplearn_checks.audit.rule import rules  # noqa: PLC0415  the suite asks for options long before rules

    known = {rule.id: rule for rule in rules(options.folders, extension(options.extend).causes)}
    ids = [id_.strip() for text in options.only for id_ in text.split(",")]
    for id_ in ids:
        if id_ not in known:
            near = get_close_matches(id_, known, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ConfigurationError(f"--only: there is no rule {id_!r}{meant}; see: deeplearn-checks audit --list")
    return tuple(rule for rule in known.values() if rule.id in ids) if ids else tuple(known.values())


def since_ms(text: str) -> int | None:
    """Read a day or a moment, of UTC unless it says so, in milliseconds since 1970; raises ConfigurationError."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(
            f"--since: {text!r} is no date; write one such as 2026-03-02 or 2026-03-02T10:00:00+05:30"
        ) from None
    return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def audit_settings(flags: Mapping[str, str | None], *, needs_target: bool = False) -> Settings:
    """Read the settings; a target is needed only where it is asked. Raises ConfigurationError."""
    given = {setting: flags.get(option) for option, setting in _FLAGS.items()}
    if needs_target:
        return load_settings(given)
    try:
        return load_settings(given)
    except ConfigurationError:
        return load_settings({**given, "api_base_url": _NOWHERE})


def audited(options: AuditOptions, tell: Tell) -> AuditReport:
    """Gather the tables, run the rules over them, answer what they found; *tell* hears of each step.

    Raises ConfigurationError for what cannot be used, before anything is read as far as that can be seen.
    """
    from deeplearn_checks.audit.noting import Note  # noqa: PLC0415  as above

    asked, notes = _asked(options), list[str]()

    def hear(text: str) -> None:
        if isinstance(text, Note):
            notes.append(text)
        tell(text)

    with TemporaryDirectory(prefix="deeplearn-checks-audit-", ignore_cleanup_errors=True) as name:
        gathered = _gathered(options, Path(name), hear)
        redact = redactor(gathered.settings)
        report = _judged(asked, gathered, redact, hear)
    return replace(report, notes=tuple(map(redact, notes)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, read and found usable."""

    options: AuditOptions
    rules: Sequence[Rule]
    since_ms: int | None
    baseline: Baseline


def _asked(options: AuditOptions) -> _Asked:
    """Refuse what cannot be meant, before any table is read; raises ConfigurationError."""
    from deeplearn_checks.audit.baseline import Baseline, read_baseline  # noqa: PLC0415  as above

    if not options.source.strip():
        raise ConfigurationError(_NO_SOURCE)
    if options.engine not in ENGINES:
        raise ConfigurationError(f"--engine: there is no engine {options.engine!r}; choose from {', '.join(ENGINES)}")
    if options.master and options.engine != "spark":
        raise ConfigurationError("--master names a Spark cluster: give --engine spark with it")
    if options.source != SANDBOX and (options.faults or options.seed is not None):
        raise ConfigurationError("--fault and --seed are for a sandbox: deeplearn-checks audit sandbox --fault NAME")
    if not 0 < options.deadline < float("inf"):
        raise ConfigurationError("--deadline: give the seconds that one rule may take, such as 300")
    _refuse_pipes(options)
    chosen = selected(options)
    known = read_baseline(options.baseline) if options.baseline else Baseline()
    return _Asked(options, chosen, since_ms(options.since), known)


def _refuse_pipes(options: AuditOptions) -> None:
    """Refuse what can be read but once, for a file is looked at before it is read; raises ConfigurationError."""
    given = {"SOURCE": [options.source], "--certificates": [options.certificates]}
    given["--payments"] = options.payments.split(",")
    for option, texts in given.items():
        for text in texts:
            if Path(text.strip()).expanduser().is_fifo():
                raise ConfigurationError(
                    f"{option}: {text} is a pipe, which is read but once: write it to a file first"
                )


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The tables of an audit, in a temporary folder; `left_out`: those that the operator gave no source of."""

    settings: Settings
    tables: Sequence[Tables]
    left_out: frozenset[str]
    folder: Path


def _gathered(options: AuditOptions, folder: Path, tell: Tell) -> _Gathered:
    """Read every source that is given; raises ConfigurationError."""
    from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES  # noqa: PLC0415  as above
    from deeplearn_checks.sources.certificates import certificate_tables  # noqa: PLC0415  likewise
    from deeplearn_checks.sources.payments import payment_tables  # noqa: PLC0415  likewise
    from deeplearn_checks.sources.tables import service_tables  # noqa: PLC0415  likewise

    tell(f"reading {options.source}")
    service: Tables
    if options.source == SANDBOX:
        settings, service, options = _sandbox(options, folder)
    else:
        settings = audit_settings(options.flags, needs_target=options.certificates == "api")
        service = service_tables(options.source, settings, folder, tell)
    payments = payment_tables(options.payments or _NONE, settings, folder, tell)
    certificates = certificate_tables(options.certificates or _NONE, settings, service, folder, tell)
    left_out = [*(() if payments else PAYMENT_TABLES), *(() if certificates else CERTIFICATE_TABLES)]
    tables = [one for one in (service, payments, certificates) if one is not None]
    return _Gathered(settings, tables, frozenset(left_out), folder)


def _sandbox(options: AuditOptions, folder: Path) -> tuple[Settings, SqliteFile, AuditOptions]:
    """Start a sandbox and write down all that it has; what *options* give otherwise, or leave out, is not its own."""
    from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES  # noqa: PLC0415  as above
    from deeplearn_checks.sources.sandbox import world_tables  # noqa: PLC0415  likewise

    try:
        from deeplearn_checks.sandbox import server, start  # noqa: PLC0415  an extra, and heavy
    except ModuleNotFoundError as missing:
        raise ConfigurationError("the sandbox needs its extra: pip install 'deeplearn-checks[sandbox]'") from missing
    try:
        count = start.DEFAULT_COUNT if options.seed is None else options.seed
        world = start.start(count=count, faults=options.faults, others=extension(options.extend).faults)
    except start.SandboxError as problem:
        raise ConfigurationError(str(problem)) from None
    own = world_tables(world, folder)
    flags = {"fail_on": options.flags.get("fail_on")}
    settings = load_settings(flags, variables=server.exports(world))
    payments = "" if options.payments == "razorpay" else options.payments
    certificates = "" if options.certificates == "api" else options.certificates
    _drop(own, [*(PAYMENT_TABLES if payments else ()), *(CERTIFICATE_TABLES if certificates else ())])
    return settings, own, replace(options, payments=payments, certificates=certificates)


def _drop(own: SqliteFile, names: Sequence[str]) -> None:
    """Forget tables of a file of ours."""
    with closing(sqlite3.connect(own.file)) as database:
        for name in names:
            database.execute(f"DROP TABLE {name}")


def _judged(asked: _Asked, gathered: _Gathered, redact: Redactor, tell: Tell) -> AuditReport:
    """Run the rules; real ids and a baseline, where they are asked for, are written whole or not at all."""
    from deeplearn_checks.audit.auditing import audit  # noqa: PLC0415  as above
    from deeplearn_checks.audit.baseline import Recording  # noqa: PLC0415  likewise
    from deeplearn_checks.audit.engines.opening import open_engine  # noqa: PLC0415  likewise
    from deeplearn_checks.audit.revealing import Reveal  # noqa: PLC0415  likewise

    options, settings = asked.options, gathered.settings
    with ExitStack() as stack:
        engine = open_engine(options.engine, gathered.tables, gathered.folder, options.master, told=tell)
        stack.enter_context(closing(engine))
        recording = Recording(options.write_baseline, asked.baseline) if options.write_baseline else None
        reveal = Reveal(options.reveal) if options.reveal else None
        for file in filter(None, (recording, reveal)):
            stack.enter_context(file)
        tell(f"preparing {len(asked.rules)} rules")
        return audit(
            engine,
            asked.rules,
            source=_named(options.source),
            redactor=redact,
            left_out=gathered.left_out - engine.columns().keys(),
            since_ms=asked.since_ms,
            baseline=asked.baseline,
            reveal=reveal,
            recording=recording,
            fail_on=settings.fail_on,
            seconds=options.deadline,
            told=lambda rule, number, of: tell(f"rule {number} of {of}: {rule.id}"),
        )


def _named(source: str) -> str:
    """Name a source as reports do: a file without the folders around it, an address without its parameters."""
    return re.split(r"[?;]", source)[0] if source.startswith("jdbc:") else Path(source).name or source
