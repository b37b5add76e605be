"""Views: SELECTs that several rules read by name, as if they were tables; an engine works each out once per audit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.audit.dialect import SqlError
from deeplearn_checks.audit.header import Place, declared_tables, read_entries
from deeplearn_checks.audit.statement import LONGEST, check_statement
from deeplearn_checks.audit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).with_name("rules") / "views"


@dataclass(frozen=True, slots=True)
class View:
    """One view, as its file says it.

    `tables`: the columns it reads, by table. `columns`: what it answers, in order. `sql` is in the words of a rule.
    """

    name: str
    meaning: str
    tables: Mapping[str, frozenset[str]]
    columns: tuple[str, ...]
    sql: str


@cache
def views() -> Mapping[str, View]:
    """Answer every view by its name."""
    found = (read_view(text_of(file), file.name) for file in sorted(_FOLDER.glob("*.sql")))
    return {view.name: view for view in found}


def read_view(text: str, origin: str) -> View:
    """Read one view from the text of its file; *origin* names the file in what is said about it.

    Raises ConfigurationError, which names file, line and remedy.
    """
    entries, lines = read_entries(text, origin, ("view", "tables", "meaning"))
    tables = declared_tables(entries["tables"], TABLES)
    body = "\n".join(text.split("\n")[lines:])
    try:
        columns, sql = check_statement(body, tables, lines + 1, TABLES)
    except SqlError as problem:
        raise Place(origin, problem.line).wrong(str(problem)) from None
    return View(entries["view"].text, entries["meaning"].text, tables, columns, sql)


def text_of(file: Path) -> str:
    """Read a file as far as a rule may reach; raises ConfigurationError where it cannot be read."""
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(2 * LONGEST)
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise Place(str(file)).wrong(f"cannot be read: {reason}; mend or remove it") from None
