"""Alerts for operators, as text and as Markdown: the list, what triage says, what became of a change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import SETTLED, Verdict
from deeplearn_checks.amounts import amount
from deeplearn_checks.reporting.markdown import escaped
from deeplearn_checks.reporting.runbook import place
from deeplearn_checks.reporting.wording import count, evidence_line, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks import models
    from deeplearn_checks.alerting import (
        Affected,
        AlertChange,
        AlertGroup,
        OpenAlerts,
        Resolution,
        Triage,
        TriagedGroup,
    )

Block = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and what is told below it: name and words."""

_SHOWN_PEOPLE = 10
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_NONE = "no alert is open"


def alerts_text(known: OpenAlerts) -> str:
    """Write the open alerts in groups; ends in a line break."""
    return _text(_counted(known), [_listed(group, known.now_ms) for group in known.groups])


def alerts_markdown(known: OpenAlerts) -> str:
    """Write the open alerts in groups as Markdown; ends in a line break."""
    return _markdown(_counted(known), [_listed(group, known.now_ms) for group in known.groups])


def triage_text(done: Triage) -> str:
    """Write what triage says of each group; ends in a line break."""
    return _text(_verdicts(done), [_triaged(one, done.open.now_ms) for one in done.groups])


def triage_markdown(done: Triage) -> str:
    """Write what triage says of each group as Markdown, for a chat or a ticket; ends in a line break."""
    return _markdown(_verdicts(done), [_triaged(one, done.open.now_ms) for one in done.groups])


def _text(heads: Sequence[str], blocks: Sequence[Block]) -> str:
    told = ["\n".join([heading, *(f"  {name:<9}{words}" for name, words in pairs)]) for heading, pairs in blocks]
    return "\n\n".join(["\n".join(heads), *told]) + "\n"


def _markdown(heads: Sequence[str], blocks: Sequence[Block]) -> str:
    told = [
        "\n".join([f"## {escaped(heading)}", "", *(f"- **{name}** {escaped(words)}" for name, words in pairs)])
        for heading, pairs in blocks
    ]
    return "\n\n".join([f"# {escaped(heads[0])}", *map(escaped, heads[1:]), *told]) + "\n"


def _counted(known: OpenAlerts) -> list[str]:
    number = sum(len(group.alerts) for group in known.groups)
    heads = [f"{count(number, 'open alert')} of {count(len(known.groups), 'kind')}" if number else _NONE]
    return heads + ([f"this is as many as were asked for ({number}): there may be more"] if known.at_limit else [])


def _verdicts(done: Triage) -> list[str]:
    first, *rest = _counted(done.open)
    told = [f"{number} {verdict}" for verdict in Verdict if (number := sum(g.verdict is verdict for g in done.groups))]
    return [": ".join(filter(None, (first, ", ".join(told)))), f"{line(done.target)} · {done.at}", *rest]


def _listed(group: AlertGroup, now_ms: int) -> Block:
    return _heading(group), tuple(_about(group, now_ms))


def _heading(group: AlertGroup) -> str:
    return f"{group.severity.label.upper()} {line(group.name)}: {count(len(group.alerts), 'alert')}"


def _about(group: AlertGroup, now_ms: int) -> Iterator[tuple[str, str]]:
    yield "age", _age(group, now_ms)
    if not group.known:
        yield "unknown", "the API page lists no such event type; severity by its source, if that says any"
    if group.service_severity != group.severity.label:
        yield "note", f"the service calls it {line(group.service_severity)}, the runbook {group.severity.label}"
    yield "impact", group.impact
    yield "says", line(group.alerts[0].message)
    yield "playbook", _place(group.playbook.slug)
    yield "ids", ids_line([line(alert.id) for alert in group.alerts])


def _age(group: AlertGroup, now_ms: int) -> str:
    first, last = duration(now_ms - group.first_ms), duration(now_ms - group.last_ms)
    return f"raised {first} ago" if first == last else f"raised {first} ago, last {last} ago"


def duration(milliseconds: int) -> str:
    """Write a duration as an operator says it: the two largest units, or less than a minute."""
    whole = max(0, milliseconds)
    days, hours, minutes = whole // _DAY_MS, whole % _DAY_MS // _HOUR_MS, whole % _HOUR_MS // _MINUTE_MS
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else "less than a minute"


def _place(slug: str) -> str:
    return place(slug) or slug


def _triaged(one: TriagedGroup, now_ms: int) -> Block:
    return f"{one.verdict.upper()} {_heading(one.group)}", tuple(_found(one, now_ms))


def _found(one: TriagedGroup, now_ms: int) -> Iterator[tuple[str, str]]:
    group = one.group
    yield "age", _age(group, now_ms)
    if not group.known:
        yield "unknown", "the API page lists no such event type"
    for root in one.root_causes:
        yield "cause", f"{root.result.cause}, found by {root.result.id}: {line(root.result.summary)}"
        if root.result.evidence:
            yield "evidence", evidence_line(root.result.evidence)
    if one.unproved and not one.root_causes:
        yield "unproved", ids_line(one.unproved)
    yield "impact", group.impact
    yield from affected_lines(one.affected)
    yield "next", line(one.next_action)
    yield "playbook", _place(group.playbook.slug)


def affected_lines(hit: Affected) -> Iterator[tuple[str, str]]:
    """Tell who is hit: how many, who, since when, the money at stake, and what was out of reach."""
    yield "hit", f"{count(hit.leads, 'lead')}, {count(hit.learners, 'learner')}"
    if hit.people:
        rest = len(hit.people) - _SHOWN_PEOPLE
        more = f" and {rest} more (--json lists all)" if rest > 0 else ""
        yield "people", ", ".join(map(line, hit.people[:_SHOWN_PEOPLE])) + more
    if hit.money:
        yield "at stake", money_line(hit.money)
    if hit.since_ms:
        yield "since", iso(hit.since_ms)
    if hit.evidence:
        yield "counted", line(hit.evidence)
    if not hit.complete:
        yield "unseen", line(hit.reach)


def money_line(stake: Mapping[str, int]) -> str:
    """Write money by currency, given in its smallest unit."""
    return ", ".join(amount(value, currency) for currency, value in stake.items())


def iso(at_ms: int) -> str:
    """Write a time in milliseconds since the epoch as ISO 8601, in UTC, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def changes_text(changes: Sequence[AlertChange]) -> str:
    """Write what became of each alert, a line each; ends in a line break."""
    told = [f"{one.outcome.value:<11}{' '.join(filter(None, (one.kind, one.alert_id)))}: {one.said}" for one in changes]
    settled = sum(one.outcome in SETTLED for one in changes)
    return "".join(f"{line(words)}\n" for words in [*told, f"{settled} of {len(changes)} settled"])


def resolution_text(done: Resolution) -> str:
    """Write what became of alerts that were to be resolved, and whether it is over; ends in a line break."""
    return changes_text(done.changes) + "".join(f"{words}\n" for words in _afterwards(done))


def _afterwards(done: Resolution) -> Iterator[str]:
    if done.unverified:
        yield f"NOT RECOVERED: {line(done.unverified)}"
    opened = {alert.id for alert in done.opened}
    for alert in done.opened:
        yield f"NOT RECOVERED: opened meanwhile: {_named(alert)}"
    for alert in done.critical_open:
        if alert.id not in opened:
            yield f"NOT RECOVERED: critical and still open: {_named(alert)}"
    if not (done.opened or done.critical_open or done.unverified):
        yield "no critical alert is open"


def _named(alert: models.Alert) -> str:
    return line(f"{alert.source}/{alert.event_type} {alert.id}: {alert.message}")
