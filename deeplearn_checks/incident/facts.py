"""What a journal adds up to: the incident's alerts, root causes, and whether it is closed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.incident.journal import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks.redaction import Json


@dataclass(frozen=True, slots=True)
class Known:
    """A root cause, what was said of it first, and the numbers of the entries that name it."""

    id: str
    cause: str
    severity: str
    outcome: str
    summary: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an incident.

    `root_causes` are in the order in which they became known, `diagnostics` the playbooks' of its alerts.
    """

    title: str
    target: str
    environment: str
    alerts: tuple[str, ...]
    resolved: tuple[str, ...]
    diagnostics: frozenset[str]
    root_causes: tuple[Known, ...]
    groups: Mapping[str, tuple[int, Mapping[str, Json]]]
    """By name, the last triage of each group of alerts, with the number of its entry."""
    triaged: tuple[tuple[int, Mapping[str, Json]], ...]
    """Every triage of every group, in order, with the number of its entry."""
    closed: bool


def facts(entries: Sequence[Entry]) -> Facts:
    """Add up the entries of a journal."""
    opened = next((entry.data for entry in entries if entry.kind == Kind.OPENED), {})
    triaged = tuple(_groups(entries))
    return Facts(
        title=text(opened, "title"),
        target=text(opened, "target"),
        environment=text(opened, "environment"),
        alerts=_alerts(entries, Kind.ALERT_FIRST_SEEN),
        resolved=_alerts(entries, Kind.RESOLVED),
        diagnostics=frozenset(id_ for _, one in triaged for id_ in texts(one, "diagnostics")),
        root_causes=_root_causes(entries),
        groups={text(one, "group"): (number, one) for number, one in triaged},
        triaged=triaged,
        closed=any(entry.kind == Kind.CLOSED for entry in entries),
    )


def text(data: Mapping[str, Json], name: str) -> str:
    """Answer a text of an entry; empty where it is none."""
    held = data.get(name)
    return held if isinstance(held, str) else ""


def number(data: Mapping[str, Json], name: str) -> int:
    """Answer a whole number of an entry; 0 where it is none."""
    held = data.get(name)
    return held if isinstance(held, int) else 0


def texts(data: Mapping[str, Json], name: str) -> tuple[str, ...]:
    """Answer a list of texts of an entry."""
    held = data.get(name)
    return tuple(one for one in held if isinstance(one, str)) if isinstance(held, list) else ()


def inside(data: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """Answer an object of an entry; an empty one where there is none."""
    held = data.get(name)
    return held if isinstance(held, dict) else {}


def rows(data: Mapping[str, Json], name: str) -> tuple[Mapping[str, Json], ...]:
    """Answer a list of objects of an entry."""
    held = data.get(name)
    return tuple(one for one in held if isinstance(one, dict)) if isinstance(held, list) else ()


def _alerts(entries: Sequence[Entry], kind: Kind) -> tuple[str, ...]:
    ids = (text(entry.data, "alert_id") for entry in entries if entry.kind == kind)
    return tuple(dict.fromkeys(filter(None, ids)))


def _groups(entries: Sequence[Entry]) -> Iterator[tuple[int, Mapping[str, Json]]]:
    for entry in entries:
        if entry.kind == Kind.TRIAGED:
            yield from ((entry.number, one) for one in rows(entry.data, "groups"))


def _root_causes(entries: Sequence[Entry]) -> tuple[Known, ...]:
    named: dict[tuple[str, str], list[tuple[int, Mapping[str, Json]]]] = defaultdict(list)
    for entry in entries:
        for one in rows(entry.data, "root_causes") if entry.kind == Kind.RAN else ():
            named[(text(one, "id"), text(one, "cause"))].append((entry.number, one))
    return tuple(
        Known(
            id_,
            cause,
            text(first[0][1], "severity"),
            text(first[0][1], "outcome"),
            text(first[0][1], "summary"),
            tuple(number for number, _ in first),
        )
        for (id_, cause), first in named.items()
    )
