"""A JSON file of texts by rule that is written while an audit runs: for its owner only, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType


class KeyFile:
    """Writes `{rule id: [...]}` beside *file* under another name, and gives it its name when all is written.

    Created with mode 0600; what ends the audit before, a Ctrl-C too, leaves nothing. `opening` and `ending` stand
    around the object. *option* is what the operator called the file by, for what goes wrong.
    """

    def __init__(self, file: Path, option: str, opening: str = "", ending: str = "\n") -> None:
        self._file, self._option = file, option
        self._opening, self._ending = opening, ending
        self._between = self._before = ""

    def __enter__(self) -> Self:
        """Begin; raises ConfigurationError where nothing can be written there."""
        if self._file.is_dir():
            raise ConfigurationError(f"{self._option} {self._file} is a folder; give a file")
        try:
            handle, self._part = tempfile.mkstemp(prefix=f".{self._file.name}.", dir=self._file.parent)
        except OSError as problem:
            raise self._unwritable(problem) from None
        self._written: TextIO = os.fdopen(handle, "w", encoding="utf-8")
        self._put(f"{self._opening}{{")
        return self

    def begin_list(self, rule: str) -> None:
        """Begin the list of one rule."""
        self._put(f'{self._between}"{rule}": [')
        self._between, self._before = "],\n", "\n"

    def add_item(self, json_text: str) -> None:
        """Write one item, which is JSON already."""
        self._put(self._before + json_text)
        self._before = ",\n"

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the file its name, or leave nothing; raises ConfigurationError where it cannot be written."""
        try:
            if kind is None:
                self.finish()
                self._put(("]" if self._between else "") + "}" + self._ending)
                self._give_name()
        finally:
            with suppress(OSError):
                self._written.close()
            with suppress(FileNotFoundError):
                Path(self._part).unlink()

    def finish(self) -> None:
        """Write what is left, before the end."""

    def _put(self, text: str) -> None:
        try:
            self._written.write(text)
        except OSError as problem:
            raise self._unwritable(problem) from None

    def _give_name(self) -> None:
        try:
            self._written.flush()
            os.fsync(self._written.fileno())
            Path(self._part).replace(self._file)
        except OSError as problem:
            raise self._unwritable(problem) from None

    def _unwritable(self, problem: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"{self._option} {self._file} cannot be written: {problem.strerror}; give a file in a folder with room"
        )
