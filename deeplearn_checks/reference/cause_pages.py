"""A page for each root cause: meaning, evidence, remedy, prevention, runbook step; and the page that lists them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from deeplearn_checks.audit.rule import rules
from deeplearn_checks.causes import CAUSES
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.finding import Effects
from deeplearn_checks.reference.examples import examples
from deeplearn_checks.reference.markup import block, literal, step
from deeplearn_checks.reporting import runbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.reference.examples import Example

FOLDER = "causes"
"""Where the pages lie, below `docs/`."""


def cause_pages() -> Mapping[str, str]:
    """Answer the page of every cause, and their list, by path."""
    every = {f"{FOLDER}/{cause.slug}.md": _page(cause) for cause in CAUSES.values()}
    return {f"{FOLDER}/index.md": _index(), **every}


def link(slug: str, *, folder: str = FOLDER + "/") -> str:
    """Answer a link to the page of a cause."""
    return f"[{slug}]({folder}{slug}.md)"


def _index() -> str:
    lines = [
        "# Root causes",
        "",
        "What a finding can name as its cause. Each has a page: what it means, the evidence that shows it, what to do,",
        "and the runbook's step. On the command line: `deeplearn-checks explain CAUSE`.",
    ]
    by_section: dict[str, list[Cause]] = defaultdict(list)
    for cause in CAUSES.values():
        by_section[runbook.section_slug(cause.runbook)].append(cause)
    for slug, section in runbook.SECTIONS.items():
        lines += ["", f"## {section.title}", "", "| cause | what it means |", "| --- | --- |"] * bool(by_section[slug])
        lines += [f"| {link(cause.slug, folder='')} | {literal(cause.meaning)} |" for cause in by_section[slug]]
    return "\n".join(lines) + "\n"


def _page(cause: Cause) -> str:
    remedy = cause.remedy.format(api="$DEEPLEARN_API_BASE_URL", pages="$DEEPLEARN_PAGES_BASE_URL")
    prevention = [f"- {kind}: {literal(action)}" for kind, action in cause.prevention.actions()]
    lines = [f"# {cause.slug}", "", literal(cause.meaning), "", *_evidence(cause), "", "## Remedy", ""]
    lines += [*_remedies(remedy), "", "## Runbook", "", *_runbook(cause)]
    lines += ["", "## Prevention", "", "What a review proposes, so that it does not come back:", "", *prevention]
    return "\n".join(lines) + "\n"


def _remedies(remedy: str) -> Iterable[str]:
    """Answer a remedy as it is printed, a line for each part that stands on its own."""
    yield from block("\n".join(remedy.split(" ; ")))
    if "$DEEPLEARN_" in remedy:
        yield ""
        yield "`$DEEPLEARN_API_BASE_URL` and `$DEEPLEARN_PAGES_BASE_URL` stand for the target."


def _runbook(cause: Cause) -> Iterable[str]:
    yield step(cause.runbook, up="../")
    if lines := runbook.step_lines(cause.runbook):
        yield ""
        yield from (f"- {literal(line)}" for line in lines)


def _evidence(cause: Cause) -> Sequence[str]:
    seen = [(name, one) for name, one in _examples() if one.cause == cause.slug]
    broken = [rule for rule in _rules() if rule.cause == cause.slug]
    lines = ["## Evidence"]
    for name, one in seen:
        lines += ["", *_seen(name, one)]
    if broken:
        lines += ["", "Rules of an [audit](../audit.md) that answer the rows it hits:", ""]
        lines += [f"- [`{rule.id}`](../audit-rules.md#{rule.id}): {literal(rule.meaning)}" for rule in broken]
    if not seen and not broken:
        lines += ["", "No fault of the sandbox and no rule of an audit shows it. The finding that names it carries the"]
        lines += ["requests that it stands on: `deeplearn-checks run --html-report FILE` shows them."]
    return lines


def _seen(name: str, one: Example) -> Iterable[str]:
    """Answer what a run against the sandbox with a fault said."""
    level = "" if one.effects == "none" else f" --effects {one.effects}"
    environment = f" --environment {one.environment}" if one.environment else ""
    yield f"[`{one.found_by}`](../diagnostics.md#{one.found_by}) asks: {_titles()[one.found_by]}"
    yield f"With the sandbox's fault `{name}` ({one.title.rstrip('.')}) it answers:"
    yield ""
    yield from block(one.summary)
    if one.evidence:
        yield ""
        yield f"Facts that it names: {', '.join(f'`{fact}`' for fact in one.evidence)}."
    yield ""
    yield "See it:"
    yield ""
    yield from block(f"deeplearn-checks run --sandbox --fault {name}{level}{environment} --only {one.found_by}")


@cache
def _examples() -> Sequence[tuple[str, Example]]:
    """Answer every example with its fault, those first that any run sees."""
    kept = examples().items()
    return [(name, one) for level in Effects for name, one in kept if one.effects == level.label]


@cache
def _rules() -> Sequence[Rule]:
    """Answer the rules of the audit, read once: each is checked as it is read."""
    return rules()


@cache
def _titles() -> Mapping[str, str]:
    """Answer the rule of every diagnostic by its id."""
    return {one.id: one.title for one in CATALOG}
