"""The header with which the file of a rule or a view begins: lines `-- name: text`, continued by `--   more`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Severity
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Known = Mapping[str, Collection[str]]
    """What may be read: tables and views, with their columns."""

_ENTRY = re.compile(r"-- ?([a-z]+):[ \t]*(.*)", re.DOTALL)
_MORE = re.compile(r"--[ \t]{2,}(\S.*)", re.DOTALL)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STEP = re.compile(r"[a-z]+(?:-[a-z]+)*/[1-9][0-9]?")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TABLE = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*\(([^()]*)\)\s*(?:,|\Z)")
_PEOPLE = frozenset({"lead_id", "user_id", "uid", "email", "phone"})
"""Columns of the service's tables that name a person."""
_NEEDED = ("id", "severity", "cause", "runbook", "key", "tables", "meaning")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and perhaps a line of it."""

    origin: str
    line: int = 0

    def wrong(self, problem: str) -> ConfigurationError:
        """Answer the error that says what is wrong here."""
        where = f"{self.origin}, line {self.line}" if self.line else self.origin
        return ConfigurationError(f"{where}: {problem}")


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says. `lines`: how many lines of the file it takes."""

    id: str
    severity: Severity
    cause: str
    runbook: str
    meaning: str
    key: tuple[str, ...]
    people: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    lines: int
    places: Mapping[str, Place]


@dataclass(slots=True)
class Entry:
    """One entry as it stands in the file."""

    text: str
    place: Place


def read_header(text: str, origin: str, known: Known) -> Header:
    """Read the header that a rule's file begins with. Raises ConfigurationError, which names file, line and remedy."""
    entries, lines = read_entries(text, origin, _NEEDED, ("people",))
    key = _names(entries["key"])
    return Header(
        id=_slug(entries["id"]),
        severity=_severity(entries["severity"]),
        cause=_slug(entries["cause"]),
        runbook=_step(entries["runbook"]),
        meaning=entries["meaning"].text,
        key=key,
        people=_people(entries.get("people"), key),
        tables=declared_tables(entries["tables"], known),
        lines=lines,
        places={name: entry.place for name, entry in entries.items()},
    )


_EXAMPLES: Mapping[str, str] = {
    "id": "paid-without-user",
    "severity": "critical",
    "cause": "paid-without-user",
    "runbook": "payment-failure-playbook/4",
    "key": "lead_id",
    "tables": "lead_registrations (lead_id, user_id)",
    "meaning": "They paid, and no account is theirs.",
    "view": "owned_payments",
}


def read_entries(
    text: str, origin: str, needed: Sequence[str], optional: Sequence[str] = ()
) -> tuple[dict[str, Entry], int]:
    """Answer the entries of a header by name, and how many lines it has; raises ConfigurationError as `read_header`."""
    known = (*needed, *optional)
    entries: dict[str, Entry] = {}
    last: Entry | None = None
    lines = text.split("\n")
    taken = 0
    for number, line in enumerate(map(str.rstrip, lines), 1):
        if last and (more := _MORE.fullmatch(line)):
            last.text = f"{last.text} {more[1]}".strip()
        elif found := _ENTRY.fullmatch(line):
            last = entries[found[1]] = _entry(found, entries, known, Place(origin, number))
        else:
            break  # SQL, or a comment of it
        taken = number
    _check_rest(lines, origin, known, taken)
    missing = next((name for name in needed if not entries.get(name, Entry("", Place(origin))).text), None)
    if missing:
        place = entries[missing].place if missing in entries else Place(origin)
        raise place.wrong(f"the header says no {missing}; add a line such as: -- {missing}: {_EXAMPLES[missing]}")
    return entries, taken


def _entry(found: re.Match[str], entries: Mapping[str, Entry], known: Sequence[str], place: Place) -> Entry:
    """Answer an entry that the header knows and has not said yet."""
    if found[1] not in known:
        raise place.wrong(f"the header knows no {found[1]!r}; it holds {', '.join(known)}")
    if found[1] in entries:
        raise place.wrong(f"the header says {found[1]} twice; leave one of them out")
    return Entry(found[2].strip(), place)


def _check_rest(lines: Sequence[str], origin: str, known: Sequence[str], taken: int) -> None:
    """Refuse an entry that is written so, or stands so, that it would be read as a comment."""
    looks_like_one = re.compile(rf"(?i)\s*--\s*({'|'.join(known)})\s*:")
    for number, line in enumerate(lines[taken:], taken + 1):
        if stray := looks_like_one.match(line):
            raise Place(origin, number).wrong(
                f"'{stray[1]}:' stands outside of the header; write -- {stray[1].lower()}: there"
            )


def _slug(entry: Entry) -> str:
    if not _SLUG.fullmatch(entry.text):
        raise entry.place.wrong(f"{entry.text!r} is no slug; write small letters, digits and single hyphens")
    return entry.text


def _severity(entry: Entry) -> Severity:
    by_label = {severity.label: severity for severity in Severity}
    if entry.text not in by_label:
        raise entry.place.wrong(f"{entry.text!r} is no severity; write one of {', '.join(by_label)}")
    return by_label[entry.text]


def _step(entry: Entry) -> str:
    if not _STEP.fullmatch(entry.text):
        raise entry.place.wrong(f"{entry.text!r} is no runbook step; write one such as payment-failure-playbook/4")
    return entry.text


def _names(entry: Entry) -> tuple[str, ...]:
    """Read a list of column names."""
    names = tuple(name.strip() for name in entry.text.split(","))
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise entry.place.wrong(f"{wrong!r} is no column; write names such as course_id, user_id")
    if len(set(names)) < len(names):
        raise entry.place.wrong("a column is named twice; leave one of them out")
    return names


def _people(entry: Entry | None, key: tuple[str, ...]) -> frozenset[str]:
    """Read which columns of the key name a person; some do, whether somebody says so or not."""
    known = _PEOPLE & set(key)
    if entry is None or not entry.text:
        return known
    people = frozenset(_names(entry))
    for other in sorted(people - set(key)):
        raise entry.place.wrong(f"people names {other!r}, which is not of the key; name columns of: {', '.join(key)}")
    return known | people


def declared_tables(entry: Entry, known: Known) -> Mapping[str, frozenset[str]]:
    """Read `table (column, column), table (column)`; all of them must be known."""
    tables: dict[str, frozenset[str]] = {}
    place = 0
    while place < len(entry.text):
        table = _TABLE.match(entry.text, place)
        if table is None:
            raise entry.place.wrong("tables reads 'lead_registrations (lead_id, user_id), courses (id)'")
        name, columns = table[1], frozenset(_names(Entry(table[2], entry.place)))
        if name not in known:
            raise entry.place.wrong(f"there is no table {name!r}; known are {', '.join(sorted(known))}")
        for column in sorted(columns.difference(known[name])):
            raise entry.place.wrong(f"{name} has no column {column!r}; it has {', '.join(known[name])}")
        if name in tables:
            raise entry.place.wrong(f"{name} is named twice; put its columns into one list")
        tables[name] = columns
        place = table.end()
    return tables
