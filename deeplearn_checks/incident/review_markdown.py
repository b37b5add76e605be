"""The review of an incident as Markdown, for a repository, a ticket or a wiki."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.incident.telling import told
from deeplearn_checks.reporting.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.incident.review import Field, Item, Review, Sentence

EMPTY_FIELD = "`[ to be filled in ]`"


def review_markdown(review: Review) -> str:
    """Write the review, ending in a line break; each sentence that stands on entries links to them."""
    state = "closed" if review.closed else "open"
    place = f"{escaped(review.target)}{f' ({escaped(review.environment)})' if review.environment else ''}"
    warned = "\n".join(f"> **{escaped(warning)}**" for warning in review.warnings)
    parts = (
        f"# Review: {escaped(review.title)}",
        f"Incident `{review.id}` · {place} · {state}",
        warned,
        *("\n".join(_item(item)) for item in review.items),
        "\n".join(_timeline(review)),
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def _item(item: Item) -> Iterator[str]:
    yield f"## {item.title}\n"
    yield from (f"- {_linked(sentence)}" for sentence in item.sentences)
    if item.people:
        yield f"- People: {', '.join(map(escaped, item.people))}"
    for proposal in item.proposals:
        yield f"- Proposed for `{proposal.cause}` ({proposal.kind}): {escaped(proposal.text)}{_links(proposal.entries)}"
    for field in item.fields:
        yield from _field(field)


def _field(field: Field) -> Iterator[str]:
    if not field.answers:
        yield f"- **{field.question}** {EMPTY_FIELD}"
    yield from (f"- **{field.question}** {_linked(answer)}" for answer in field.answers)


def _linked(sentence: Sentence) -> str:
    return escaped(sentence.text) + _links(sentence.entries)


def _links(entries: tuple[int, ...]) -> str:
    """Link to entries of the timeline below."""
    links = ", ".join(f"[{number}](#entry-{number})" for number in entries)
    return f" ({links})" if links else ""


def _timeline(review: Review) -> Iterator[str]:
    yield "## Journal\n"
    for entry in review.entries:
        at = entry.at[:19].replace("T", " ")
        who = f" ({escaped(entry.actor)})" if entry.actor else ""
        yield f'{entry.number}. <a id="entry-{entry.number}"></a>{at} UTC{who}: {escaped(told(entry))}'
    yield f"\nLast hash: `{review.head}`"
