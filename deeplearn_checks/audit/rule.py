"""A rule: one SELECT that answers the rows which should not be, with a header that says what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.audit.dialect import SqlError
from deeplearn_checks.audit.header import Header, Place, read_header
from deeplearn_checks.audit.statement import check_statement
from deeplearn_checks.audit.tables import TABLES
from deeplearn_checks.audit.views import View, text_of, views
from deeplearn_checks.causes import CAUSES
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.finding import Severity

OURS = Path(__file__).with_name("rules")
"""The folder of the rules that come with the product."""

BESIDE = ("amount_cents", "currency", "at_ms")
"""What a rule may answer beside its key: money at stake in whole cents, its currency, and when it happened."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as its file says it.

    `tables`: the columns it reads, by table, those that its views read too. `key`: the columns whose values tell one
    finding from another, in order. `people`: the key columns that name a person, shown as pseudonyms only. `columns`:
    what the SELECT answers, in order; beside the key possibly `amount_cents` with `currency` (money at stake) and
    `at_ms` (when it happened). `views`: the views it reads.
    `remedy`: what its cause says is to be done (`causes.cause.Cause`); empty for a cause that nobody declares.
    `sql` is in SQLite's words, with `json_text(column, 'field')` for a field of a JSON text.
    """

    id: str
    severity: Severity
    cause: str
    runbook: str
    meaning: str
    key: tuple[str, ...]
    people: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    columns: tuple[str, ...]
    sql: str
    views: tuple[View, ...] = ()
    remedy: str = ""


def read_rule(text: str, origin: str, *, is_ours: bool = False, causes: Mapping[str, Cause] = CAUSES) -> Rule:
    """Read one rule from the text of its file; *origin* names the file in what is said about it.

    A rule of ours names a known cause; anybody else's may name one of their own, whose remedy is known where *causes*
    hold it. Raises ConfigurationError, which names file, line and remedy, for a rule that does more than read what it
    declares, or answers no key.
    """
    clean = text.removeprefix("\ufeff").replace("\r\n", "\n")
    known = {**TABLES, **{name: view.columns for name, view in views().items()}}
    header = read_header(clean, origin, known)
    _check_names(header, origin, is_ours=is_ours)
    body = "\n".join(clean.split("\n")[header.lines :])
    try:
        columns, sql = check_statement(body, header.tables, header.lines + 1, known)
    except SqlError as problem:
        raise Place(origin, problem.line).wrong(str(problem)) from None
    _check_columns(header, columns)
    tables, used = _read_of(header.tables)
    return Rule(
        header.id,
        header.severity,
        header.cause,
        header.runbook,
        header.meaning,
        header.key,
        header.people,
        tables,
        columns,
        sql,
        used,
        causes[header.cause].remedy if header.cause in causes else "",
    )


def rules(folders: Sequence[Path] = (), causes: Mapping[str, Cause] = CAUSES) -> tuple[Rule, ...]:
    """Answer our rules, then those of each folder, by file name; *causes* are those that are known.

    Raises ConfigurationError for a folder that holds none, a file that cannot be read or is no rule, and two rules of
    one id.
    """
    found: dict[str, Rule] = {}
    for folder, is_ours in ((OURS, True), *((folder, False) for folder in folders)):
        for file in _files(folder, is_ours=is_ours):
            origin = file.name if is_ours else str(file)
            rule = read_rule(text_of(file), origin, is_ours=is_ours, causes=causes)
            if rule.id in found:
                raise Place(str(file)).wrong(f"there is a rule {rule.id} already; give this one another id and name")
            found[rule.id] = rule
    return tuple(found.values())


def _files(folder: Path, *, is_ours: bool) -> list[Path]:
    """Answer the rule files of a folder."""
    files = sorted(file for file in folder.glob("*.sql") if file.is_file())
    if not files and not is_ours:
        raise ConfigurationError(f"--rules {folder} holds no rule; give a folder with files such as my-rule.sql")
    return files


def _read_of(declared: Mapping[str, frozenset[str]]) -> tuple[Mapping[str, frozenset[str]], tuple[View, ...]]:
    """Answer the columns that are read of each table, by the views that are declared too, and these views."""
    used = tuple(view for name, view in views().items() if name in declared)
    tables = {name: columns for name, columns in declared.items() if name in TABLES}
    for view in used:
        for name, columns in view.tables.items():
            tables[name] = tables.get(name, frozenset()) | columns
    return tables, used


def _check_names(header: Header, origin: str, *, is_ours: bool) -> None:
    if origin.endswith(".sql") and Path(origin).stem != header.id:
        raise header.places["id"].wrong(f"the file of rule {header.id} is called {header.id}.sql; rename one of them")
    if is_ours and header.cause not in CAUSES:
        raise header.places["cause"].wrong(f"there is no cause {header.cause!r}; see docs/causes.md")


def _check_columns(header: Header, columns: tuple[str, ...]) -> None:
    """Refuse a SELECT that does not answer the key, or answers what a report must not show."""
    for name in header.key:
        if name not in columns:
            raise header.places["key"].wrong(f"the SELECT does not answer the key {name}; add it, or AS {name}")
    for name in columns:
        if name not in {*header.key, *BESIDE}:
            raise header.places["key"].wrong(
                f"the SELECT answers {name}; beside the key a rule answers only {', '.join(BESIDE)}"
            )
