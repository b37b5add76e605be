"""What is open, and one incident with its timeline, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.incident.facts import facts
from deeplearn_checks.incident.review import measured, warnings
from deeplearn_checks.incident.telling import told
from deeplearn_checks.incident.times import times
from deeplearn_checks.reporting.wording import count, line

if TYPE_CHECKING:
    from deeplearn_checks.incident.case import Cases
    from deeplearn_checks.incident.journal import Journal


def open_incidents(known: Cases) -> str:
    """List the open incidents, a line each; raises JournalError. Ends in a line break."""
    shown = [
        f"{journal.id:<42} {count(len(told.alerts), 'alert')}, {len(told.resolved)} resolved"
        f"{', root causes: ' if told.root_causes else ''}"
        f"{', '.join(dict.fromkeys(one.cause for one in told.root_causes))}"
        f"{f'  {line(told.title)}' if told.title else ''}"
        for journal, told in known.open()
    ]
    closed = len(known.journals()) - len(shown)
    return "\n".join([*shown, f"{count(len(shown), 'incident')} open, {closed} closed in {known.folder}"]) + "\n"


def timeline(journal: Journal) -> str:
    """Write one incident: state, times, and every entry; raises JournalError. Ends in a line break."""
    read = journal.read()
    known, found = facts(read.entries), times(read.entries)
    said = [f"{journal.id}: {'closed' if known.closed else 'open'}{f': {line(known.title)}' if known.title else ''}"]
    said += [f"  WARNING {warning}" for warning in warnings(read)]
    said += [f"  {span.name:<20} {measured(span)}" for span in (found.window, *found.spans)]
    said.append("")
    said += [
        f"{entry.number:>4}  {entry.at[:19].replace('T', ' ')} UTC  {line(entry.actor):<12} {told(entry)}"
        for entry in read.entries
    ]
    return "\n".join(said) + "\n"
