"""The pages that are tables: diagnostics, rules of an audit, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from deeplearn_checks.audit.rule import rules
from deeplearn_checks.audit.views import views
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.extending import VARIABLE as EXTEND
from deeplearn_checks.reference.cause_pages import link
from deeplearn_checks.reference.markup import anchored, literal, step
from deeplearn_checks.settings import VARIABLES, Part, Settings, variable

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def diagnostics() -> str:
    """Answer the page of every question."""
    lines = [
        "# Diagnostics",
        "",
        "Every question that is asked, in the order of reports. Those with effects `none` are always asked: they read,",
        "or send what the service is known to ignore. [What a run may do to its target](effects.md) says what the",
        "others send. `deeplearn-checks explain ID` tells more of one.",
        "",
        "| id | severity | effects | rule | runbook | stands on |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in CATALOG:
        requires = ", ".join(f"[`{other.id}`](#{other.id})" for other in one.requires)
        cells = (f"{anchored(one.id)} | {one.severity.label} | {one.effects.label}", one.title, step(one.runbook))
        lines.append(f"| {' | '.join((*cells, requires))} |")
    return "\n".join(lines) + "\n"


def audit_rules() -> str:
    """Answer the page of the audit's rules."""
    lines = [
        "# Rules of an audit",
        "",
        "Each is one file in `deeplearn_checks/audit/rules/`: what it answers should not be. [Audits](audit.md)",
        "says how they are run, and how to add one.",
        "",
        "| rule | severity | meaning | key | cause | runbook | tables |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule in rules():
        key, tables = (", ".join(f"`{name}`" for name in names) for names in (rule.key, rule.tables))
        head = (anchored(rule.id), rule.severity.label, literal(rule.meaning), key)
        cells = (*head, link(rule.cause), step(rule.runbook), tables)
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## Views",
        "",
        "What several rules ask is asked once: a rule reads it by name, as it reads a table.",
        "",
        "| view | columns | meaning | tables |",
        "| --- | --- | --- | --- |",
    ]
    for view in views().values():
        columns, tables = (", ".join(f"`{name}`" for name in names) for names in (view.columns, view.tables))
        lines.append(f"| {anchored(view.name)} | {columns} | {literal(view.meaning)} | {tables} |")
    return "\n".join(lines) + "\n"


_ENVIRONMENT = (
    f"| `{EXTEND}` | Modules of your own, separated by commas, for every command ([extending.md](extending.md)). |",
    "| `DEEPLEARN_CHECKS_RUNBOOK_URL` | Where people read the runbook: Allure's report links its steps there. |",
    "| `NO_COLOR` | Set to anything, nothing is coloured. |",
)
"""Variables that are no settings: neither `.env` nor the file is asked for them."""


def configuration() -> str:
    """Answer the page of every setting and every part."""
    lines = [
        "# Configuration",
        "",
        "A flag beats the environment, which beats `.env`, which beats `deeplearn-checks.toml`, which beats the",
        "default.",
        "",
        "The file holds what is no secret, under the names of the last column; `[environments.NAME]` overlays it when",
        "`--environment NAME` selects it.",
        "",
        "| variable | meaning | default | in the file |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        filed = "" if isinstance(field.default, SecretStr) and name != "known_lead" else f"`{name}`"
        lines.append(f"| `{variable(name)}` | {field.description} | {_default(field)} | {filed} |")
    lines += ["", "## In the environment alone", "", "| variable | meaning |", "| --- | --- |", *_ENVIRONMENT]
    lines += ["", "## Parts that may be left out (`--without`)", "", "| part | needs |", "| --- | --- |"]
    for part in Part:
        needs = ", ".join(f"`{name}`" for name in VARIABLES.get(part, ())) or "nothing: asked unless left out"
        lines.append(f"| `{part}` | {needs} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    """Write a default as it would be given."""
    default: object = field.default
    if default is PydanticUndefined:
        return "(needed)"
    if isinstance(default, SecretStr | frozenset) or default == "":
        return ""
    label = getattr(default, "label", default)
    return f"`{label:g}`" if isinstance(label, float) else f"`{label}`"
