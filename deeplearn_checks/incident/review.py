"""The review of an incident, from its journal: the runbook's five items, each sentence with the entries it stands on.

What only people know is a field: empty, and seen to be, until a note fills it. Source: runbook, Post-Incident Review.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.causes import CAUSES
from deeplearn_checks.incident.facts import Facts, facts, inside, number, text, texts
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.incident.telling import affected, told
from deeplearn_checks.incident.times import Span, Times, duration, times, utc
from deeplearn_checks.reporting.wording import count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.incident.facts import Known
    from deeplearn_checks.incident.journal import Entry, Reading
    from deeplearn_checks.redaction import Json

FIELDS: Mapping[str, str] = {
    "began": "When did it begin, and how is that known?",
    "why": "Why could it happen: which change, decision or event is behind it?",
    "told": "What were the people who were hit told, and what was made good?",
    "action": "Which preventive action is taken?",
    "owner": "Who does it?",
    "due": "By when?",
}
"""What only people know, by the name that `incident note --for NAME` takes."""

NOBODY = "Data show nobody who was hit."


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that evidence says, and the numbers of the entries it stands on."""

    text: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A question to people. `answers` are their notes; without one the field is open."""

    name: str
    question: str
    answers: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A preventive action that a root cause suggests: `code`, `configuration` or `process`."""

    cause: str
    kind: str
    text: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One of the five items of the runbook."""

    slug: str
    title: str
    sentences: tuple[Sentence, ...]
    fields: tuple[Field, ...] = ()
    people: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one incident; `warnings` say what is not as it was written in its journal."""

    id: str
    title: str
    target: str
    environment: str
    closed: bool
    items: tuple[Item, ...]
    times: Times
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]

    @property
    def open_fields(self) -> tuple[Field, ...]:
        """What only people know and nobody has said yet."""
        return tuple(field for item in self.items for field in item.fields if not field.answers)

    @property
    def head(self) -> str:
        """The hash of the last entry: whoever has it can tell whether entries were removed at the end."""
        return self.entries[-1].hash if self.entries else ""


def review(id_: str, read: Reading, causes: Mapping[str, Cause] = CAUSES) -> Review:
    """Write the review of the incident *id_*; *causes* are those that are known, by slug."""
    known, measured = facts(read.entries), times(read.entries)
    items = (
        _window(read.entries, measured),
        _root_cause(read.entries, known),
        _affected(read.entries, known),
        _times(measured),
        _prevention(read.entries, known, causes),
    )
    named = dict.fromkeys(one.cause for one in known.root_causes)
    title = known.title or ", ".join(named or known.groups) or "Incident"
    return Review(
        id_, title, known.target, known.environment, known.closed, items, measured, read.entries, warnings(read)
    )


def warnings(read: Reading) -> tuple[str, ...]:
    """Say what is wrong with a journal, a line each."""
    damaged = [
        f"line {number} of the journal is not what was written there, or a line before it is gone"
        for number in read.damaged
    ]
    torn = ["the last line of the journal was cut off while it was written, and is left out"] if read.recovered else []
    return (*damaged, *torn)


def numbers(span: Span) -> tuple[int, ...]:
    """Answer the entries that a span stands on."""
    return tuple(sorted({moment.entry for moment in (span.begin, span.end) if moment}))


def measured(span: Span) -> str:
    """Write a span's duration, or that it is unknown, and why."""
    return f"unknown: {span.unknown}" if span.seconds is None else duration(span.seconds)


def _window(entries: Sequence[Entry], found: Times) -> Item:
    window = found.window
    told: list[Sentence] = []
    if found.harm:
        evidence = next(text(entry.data, "evidence") for entry in entries if entry.number == found.harm.entry)
        began = f"It began at {utc(found.harm.at_ms)}: {evidence or found.harm.what}."
        told.append(Sentence(line(began), (found.harm.entry,)))
    if found.detected:
        detected = f"It was detected at {utc(found.detected.at_ms)}: {found.detected.what}."
        told.append(Sentence(detected, (found.detected.entry,)))
    if found.recovered:
        over = f"It was over at {utc(found.recovered.at_ms)}: {found.recovered.what}."
        told.append(Sentence(over, (found.recovered.entry,)))
    told.append(Sentence(f"Incident window: {measured(window)}.", numbers(window)))
    fields = () if found.harm else (_field("began", entries),)
    return Item("window", "Incident window", tuple(told), fields)


def _root_cause(entries: Sequence[Entry], known: Facts) -> Item:
    told = tuple(Sentence(_learned(one, entries), one.entries) for one in known.root_causes)
    none = Sentence("No run on record found a root cause.", _of(entries, Kind.RAN))
    return Item("root-cause", "Root cause", told or (none,), (_field("why", entries),))


def _learned(one: Known, entries: Sequence[Entry]) -> str:
    """Say what a root cause is, and when it became known."""
    at = next(entry.at for entry in entries if entry.number == one.entries[0])
    found = "could not be found out" if one.outcome == "error" else one.severity
    return line(
        f"{one.cause} ({found}): {one.summary}; known since {at[:19].replace('T', ' ')} UTC, found by {one.id}."
    )


def _affected(entries: Sequence[Entry], known: Facts) -> Item:
    """Tell of everybody whom any triage counted: who was helped meanwhile was hit all the same."""
    groups: dict[str, list[tuple[int, Mapping[str, Json]]]] = defaultdict(list)
    people: dict[str, list[int]] = defaultdict(list)
    for at, group in known.triaged:
        groups[text(group, "group")].append((at, group))
        for person in texts(inside(group, "affected"), "people"):
            people[person].append(at)
    told = [_hit(name, counts) for name, counts in groups.items()]
    if people:
        told.insert(0, Sentence(f"{_persons(len(people))} hit.", tuple(sorted({at[0] for at in people.values()}))))
    none = Sentence(NOBODY, _of(entries, Kind.TRIAGED))
    fields = (_field("told", entries),)
    return Item("affected", "Affected learners and leads", tuple(told) or (none,), fields, tuple(people))


def _hit(name: str, counts: Sequence[tuple[int, Mapping[str, Json]]]) -> Sentence:
    """Say who a group of alerts hit, by the triage that counted most."""
    at, group = max(counts, key=lambda one: _extent(inside(one[1], "affected")))
    often = f", the most of {len(counts)} counts" if len(counts) > 1 else ""
    return Sentence(line(f"{name}: {affected(inside(group, 'affected'))}{often}; {text(group, 'impact')}."), (at,))


def _extent(hit: Mapping[str, Json]) -> tuple[int, int, int]:
    """Answer how far harm goes: leads first, then learners, then money of any currency."""
    money = sum(amount for amount in inside(hit, "money").values() if isinstance(amount, int))
    return number(hit, "leads"), number(hit, "learners"), money


def _persons(number: int) -> str:
    return "1 person was" if number == 1 else f"{number} people were"


def _times(found: Times) -> Item:
    told = tuple(
        Sentence(f"{span.name.capitalize()}: {measured(span)}{_between(span)}.", numbers(span)) for span in found.spans
    )
    return Item("times", "Time to detect and time to recover", told)


def _between(span: Span) -> str:
    """Say from what to what a known span goes."""
    if span.seconds is None or span.begin is None or span.end is None:
        return ""
    return f", from the {span.begin.what} to the {span.end.what}"


def _prevention(entries: Sequence[Entry], known: Facts, causes: Mapping[str, Cause]) -> Item:
    proposals = tuple(proposal for one in known.root_causes for proposal in _proposed(one, causes))
    count_ = count(len(proposals), "proposal")
    told = Sentence(f"{count_} from the root causes; people decide.", tuple(sorted({p.entries[0] for p in proposals})))
    fields = tuple(_field(name, entries) for name in ("action", "owner", "due"))
    return Item("prevention", "Preventive action", (told,) if proposals else (), fields, proposals=proposals)


def _proposed(one: Known, causes: Mapping[str, Cause]) -> Iterator[Proposal]:
    """Answer what a cause suggests; one that is not known here suggests nothing."""
    if one.cause in causes:
        for kind, action in causes[one.cause].prevention.actions():
            yield Proposal(one.cause, kind, action, one.entries)


def _field(name: str, entries: Sequence[Entry]) -> Field:
    """Answer a field with the notes that fill it."""
    notes = [entry for entry in entries if entry.kind == Kind.NOTED and text(entry.data, "field") == name]
    answers = tuple(Sentence(line(text(entry.data, "text")), (entry.number,)) for entry in notes)
    return Field(name, FIELDS[name], answers)


def _of(entries: Sequence[Entry], kind: Kind) -> tuple[int, ...]:
    return tuple(entry.number for entry in entries if entry.kind == kind)


def review_json(written: Review) -> dict[str, Json]:
    """Answer the review as JSON values; durations are in seconds, null where unknown."""
    return {
        "id": written.id,
        "title": written.title,
        "target": written.target,
        "environment": written.environment,
        "closed": written.closed,
        "warnings": [*written.warnings],
        "items": [_item_json(item) for item in written.items],
        "times": {
            span.name.replace(" ", "_"): {"seconds": span.seconds, "unknown": span.unknown}
            for span in (written.times.window, *written.times.spans)
        },
        "open_fields": [field.name for field in written.open_fields],
        "timeline": [
            {"entry": one.number, "at": one.at, "actor": one.actor, "kind": one.kind, "told": told(one)}
            for one in written.entries
        ],
        "head": written.head,
    }


def _item_json(item: Item) -> dict[str, Json]:
    return {
        "item": item.slug,
        "sentences": [_sentence_json(one) for one in item.sentences],
        "people": [*item.people],
        "proposals": [{"cause": one.cause, "kind": one.kind, "action": one.text} for one in item.proposals],
        "fields": [
            {"name": one.name, "question": one.question, "answers": [_sentence_json(each) for each in one.answers]}
            for one in item.fields
        ],
    }


def _sentence_json(one: Sentence) -> dict[str, Json]:
    return {"text": one.text, "entries": [*one.entries]}
