"""The operators' reference, written from the code (catalogue, causes, settings, commands), so that it cannot go stale.

`python -m deeplearn_checks.reference DIR` writes its pages; a test holds the ones in `docs/` to it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from deeplearn_checks.audit.rule import rules
from deeplearn_checks.causes import CAUSES
from deeplearn_checks.cli.manual import manual
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.settings import VARIABLES, Part, Settings, variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo


def pages() -> Mapping[str, str]:
    """Answer every page by its file name."""
    return {
        "root-causes.md": _root_causes(),
        "diagnostics.md": _diagnostics(),
        "configuration.md": _configuration(),
        "audit-rules.md": _audit_rules(),
        "deeplearn-checks.1": manual(),
    }


def _root_causes() -> str:
    lines = [
        "# Root causes",
        "",
        "What a finding can name as its cause, what that means, and what to do. `$DEEPLEARN_API_BASE_URL` and",
        "`$DEEPLEARN_PAGES_BASE_URL` stand for the target. On the command line: `deeplearn-checks explain CAUSE`.",
    ]
    for cause in CAUSES.values():
        remedy = cause.remedy.format(api="$DEEPLEARN_API_BASE_URL", pages="$DEEPLEARN_PAGES_BASE_URL")
        lines += ["", f"## {cause.slug}", "", cause.meaning, "", f"**Remedy.** {_literal(remedy)}"]
        prevention = [f"- {kind}: {_literal(action)}" for kind, action in cause.prevention.actions()]
        lines += ["", "**Prevention**, as a review proposes it:", "", *prevention] if prevention else []
        lines += ["", f"Runbook: `{cause.runbook}`"]
    return "\n".join(lines) + "\n"


def _diagnostics() -> str:
    lines = [
        "# Diagnostics",
        "",
        "Every question that is asked, in the order of reports. All of them have effects `none`: they read, or send",
        "what the service is known to ignore.",
        "",
        "| id | severity | rule | runbook | stands on |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in CATALOG:
        requires = ", ".join(f"`{other.id}`" for other in one.requires)
        lines.append(f"| `{one.id}` | {one.severity.label} | {one.title} | `{one.runbook}` | {requires} |")
    return "\n".join(lines) + "\n"


def _audit_rules() -> str:
    lines = [
        "# Rules of an audit",
        "",
        "Each is one file in `deeplearn_checks/audit/rules/`: what it answers should not be. [docs/audit.md](audit.md)",
        "says how they are run, and how to add one.",
        "",
        "| rule | severity | meaning | key | cause | runbook | tables |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule in rules():
        key, tables = (", ".join(f"`{name}`" for name in names) for names in (rule.key, rule.tables))
        cause = f"[{rule.cause}](root-causes.md#{rule.cause})"
        cells = (f"`{rule.id}`", rule.severity.label, _literal(rule.meaning), key, cause, f"`{rule.runbook}`", tables)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _configuration() -> str:
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


def _literal(text: str) -> str:
    """Keep Markdown from reading a remedy as anything but text."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def main() -> None:
    """Write the pages into the folder that is named."""
    for name, page in pages().items():
        Path(sys.argv[1], name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
