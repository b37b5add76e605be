"""JSON that may be larger than the memory: a listing's entries one by one, in whatever wrapping it comes.

Known wrappings: an array; an object with the array under a known name; one value a line (or after another), each an
entry or such an object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

CHUNK = 1 << 16
_BLANK = " \t\r\n"
_LARGEST = 8 * 1024 * 1024
"""The longest single value that is read, in characters; an entry has a few hundred."""


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


@dataclass(slots=True)
class JsonEntries:
    """Reads the entries of a file; `lists` are the names under which an object holds them.

    `beside` keeps what else the last object said beside its list. Every method raises ConfigurationError, naming file
    and line, for what is no such JSON.
    """

    file: TextIO
    name: str
    lists: frozenset[str]
    beside: dict[str, object] = field(default_factory=dict)
    line: int = 1
    _text: str = ""
    _at: int = 0
    _ended: bool = False

    def __iter__(self) -> Iterator[tuple[int, object]]:
        """Give each entry with the line on which it begins."""
        while self._peek():
            if self._peek() == "[":
                yield from self._array()
            elif self._peek() == "{":
                yield from self._object()
            else:
                self._wrong("is neither an object nor an array")

    def _wrong(self, what: str) -> NoReturn:
        raise ConfigurationError(f"{self.name} line {self.line}: {what}; give a listing as JSON")

    # -- characters -------------------------------------------------------------------------

    def _more(self) -> bool:
        """Read on; what was read over is let go."""
        piece = "" if self._ended else self.file.read(max(CHUNK, len(self._text) - self._at))
        self._ended = not piece
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def _pass(self, until: int) -> None:
        self.line += self._text.count("\n", self._at, until)
        self._at = until

    def _peek(self) -> str:
        """Answer the next character that is not blank; none at the end."""
        while True:
            end = self._at
            while end < len(self._text) and self._text[end] in _BLANK:
                end += 1
            self._pass(end)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            self._wrong(f"{wanted!r} is missing")
        self._pass(self._at + 1)

    def _took(self, wanted: str) -> bool:
        if self._peek() != wanted:
            return False
        self._pass(self._at + 1)
        return True

    def _value(self) -> object:
        """Read one whole value."""
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                self._wrong("is nested too deeply")
            except ValueError as problem:
                if len(self._text) - self._at > _LARGEST or not self._more():
                    self._wrong(f"is no JSON ({getattr(problem, 'msg', problem)})")
            else:
                if end < len(self._text) or not self._more():
                    self._pass(end)
                    return value

    # -- wrappings --------------------------------------------------------------------------

    def _array(self) -> Iterator[tuple[int, object]]:
        self._take("[")
        if self._took("]"):
            return
        while True:
            self._peek()
            line = self.line
            yield line, self._value()
            if self._took("]"):
                return
            self._take(",")

    def _object(self) -> Iterator[tuple[int, object]]:
        """Give the entries of an object that holds a list of them, else the object itself."""
        line, listed, held = self.line, False, dict[str, object]()
        self._take("{")
        while not self._took("}"):
            if held or listed:
                self._take(",")
            name = self._value()
            if not isinstance(name, str):
                self._wrong("has a name that is no text")
            self._take(":")
            if name in self.lists and self._peek() == "[":
                listed = True
                yield from self._array()
            else:
                held[name] = self._value()
        if listed:
            self.beside = held
        else:
            yield line, held


def as_object(name: str, line: int, entry: object) -> Mapping[str, object]:
    """Answer an entry that is an object; raises ConfigurationError."""
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{name} line {line}: is no object; give a listing as JSON")
    return entry
