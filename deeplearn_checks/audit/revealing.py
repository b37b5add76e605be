"""The real keys of what an audit found, in a file for the operator alone: never in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.audit.keeping import KeyFile

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.rule import Rule


class Reveal(KeyFile):
    """Writes `{rule id: [key, ...]}` with every rule that was judged, sorted by key, and complete.

    A key of one column is its value, of several the list of them; all as texts, null where there is none.
    """

    _is_single = True

    def __init__(self, file: Path) -> None:
        super().__init__(file, "--reveal")

    def begin(self, rule: Rule) -> None:
        """Begin the list of one rule."""
        self._is_single = len(rule.key) == 1
        self.begin_list(rule.id)

    def add(self, key: str) -> None:
        """Write one key."""
        self.add_item(key[1:-1] if self._is_single else key)
