"""Every page that comes from the code, and their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.cli.manual import manual
from deeplearn_checks.reference import tables
from deeplearn_checks.reference.cause_pages import FOLDER, cause_pages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def pages() -> Mapping[str, str]:
    """Answer every page by its path below `docs/`."""
    return {
        "diagnostics.md": tables.diagnostics(),
        "configuration.md": tables.configuration(),
        "audit-rules.md": tables.audit_rules(),
        **cause_pages(),
        "deeplearn-checks.1": manual(),
    }


def write(folder: Path) -> None:
    """Write the pages into *folder*, and remove the pages of causes that there are no more."""
    written = pages()
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for page in (folder / FOLDER).glob("*.md"):
        if f"{FOLDER}/{page.name}" not in written:
            page.unlink()
    for name, page_text in written.items():
        (folder / name).write_text(page_text, encoding="utf-8")
