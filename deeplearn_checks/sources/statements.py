"""Splits an SQL dump into its statements as it is read; no more than one of them and a piece is ever held.

The rules are those of SQLite's tokenizer (sqlite.org/c3ref/complete.html): a semicolon in a string, in a quoted name or
in a comment ends nothing, and a trigger ends with the semicolon after its END.
"""

from __future__ import annotations

import codecs
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 256 * 1024
"""Bytes that are read at first; twice as many each time where a statement has not ended yet."""
LONGEST = 64 * 1024 * 1024
"""The longest statement that is read, in characters. D1 itself takes 100 KB."""

_COMMENT = r"--[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/"
_BLANK = rf"(?:\s++|{_COMMENT})*+"
_STATEMENT = re.compile(rf"""(?:[^;'"`\[/-]++|'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]|{_COMMENT}|-(?!-)|/(?!\*))*+;""")
"""A doubled quote inside a string reads as two strings side by side, which end at the same place."""
_WORDS = re.compile(rf"{_BLANK}(\w*+){_BLANK}(\w*+){_BLANK}(\w*+)")
_TRIGGER = re.compile(rf"(?i){_BLANK}CREATE\b{_BLANK}(?:TEMP(?:ORARY)?\b{_BLANK})?TRIGGER\b")
_UNREAD = re.compile(r"""'[^']*+'|"[^"]*+"|\bInfinity\b""")
_NOTHING = re.compile(rf"{_BLANK}(?:--[^\n]*+)?\Z")


class TruncatedError(Exception):
    """The dump ends before a statement does; the text says where that began."""


class UnreadableError(Exception):
    """The dump is not what a dump can be; the text says why, without quoting it."""


class Readable(Protocol):
    """What bytes are read from, possibly inflated meanwhile."""

    def read(self, size: int, /) -> bytes:
        """Answer at most so many bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its semicolon and what stands before it, which begins in the line `after`, from 1."""

    text: str
    after: int

    @property
    def line(self) -> int:
        """The line in which its first word stands."""
        found = _WORDS.match(self.text)
        return self.after + self.text.count("\n", 0, found.start(1) if found else 0)

    @property
    def words(self) -> tuple[str, str, str]:
        """The first three words in capitals, empty where there are none."""
        found = _WORDS.match(self.text)
        first, second, third = found.groups() if found else ("", "", "")
        return first.upper(), second.upper(), third.upper()

    @property
    def sql(self) -> str:
        """The text with rows that SQLite reads: wrangler writes null characters as such, and 4.86 infinity."""
        strange = "\0" in self.text or "Infinity" in self.text
        return _UNREAD.sub(_readable, self.text) if strange and self.words[0] == "INSERT" else self.text


def _readable(found: re.Match[str]) -> str:
    return "9e999" if found[0] == "Infinity" else found[0].replace("\0", "'||char(0)||'")


def statements(source: Readable) -> Iterator[Statement]:
    """Answer the statements of a dump (UTF-8) in their order.

    Raises TruncatedError where it ends within one, UnreadableError where it is no text or a statement has no end, and
    what *source* raises.
    """
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    held, line, size = "", 1, PIECE
    while piece := source.read(size):
        try:
            held += decode(piece)
        except UnicodeDecodeError:
            raise UnreadableError(f"after line {line} it is no text in UTF-8") from None
        end = 0
        while found := _next(held, end):
            text = held[end:found]
            yield Statement(text, line)
            line += text.count("\n")
            end = found
        held, size = held[end:], PIECE if end else 2 * size
        if len(held) > LONGEST:
            raise UnreadableError(f"the statement at line {line} has no end within {LONGEST >> 20} MiB")
    try:
        held += decode(b"", final=True)
    except UnicodeDecodeError:
        raise TruncatedError(f"it ends within the statement at line {line}") from None
    if not _NOTHING.match(held):
        raise TruncatedError(f"it ends within the statement at line {line}")


def _next(held: str, start: int) -> int:
    """Answer where the statement that begins at *start* ends; 0 where its end is not held."""
    found = _STATEMENT.match(held, start)
    if found is not None and _TRIGGER.match(found[0]):
        while found is not None and not sqlite3.complete_statement(held[start : found.end()]):
            found = _STATEMENT.match(held, found.end())
    return 0 if found is None else found.end()
