"""On which line of a TOML file each key stands: `tomllib` reads values only, and tomlkit keeps no lines either."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers of elements from 0."""


def line_of(text: str, path: Path) -> int:
    """Answer the line, from 1, of the key at *path* in a TOML text that can be read; of the nearest thing around it."""
    lines = _lines(text)
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)


def _lines(text: str) -> Mapping[Path, int]:
    """Answer the first line of every key and table."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for line, statement in _statements(text):
        read = tomllib.loads(statement)
        if statement.startswith("["):
            table = _table(_way(read), counts, is_element=statement.startswith("[["))
            _note(found, table, line)
        else:
            _note(found, (*table, *_way(read)), line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Answer each table's header and each key with its value, which may go over several lines, and its first line."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        held, first = (f"{held}\n{line}", first) if held else (line.lstrip(), number)
        if _is_whole(held):
            yield first, held
            held = ""


def _is_whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _way(read: object) -> tuple[str, ...]:
    """Follow the only key of each table down, to the value that one statement sets."""
    way: list[str] = []
    while isinstance(read, dict) and len(read) == 1:
        way += read
        read = next(iter(read.values()))
    return tuple(way)


def _table(way: tuple[str, ...], counts: dict[Path, int], *, is_element: bool) -> Path:
    """Answer the path of a table that a header opens, with the number of each element on the way."""
    path: Path = ()
    for depth, key in enumerate(way, 1):
        path = (*path, key)
        if is_element and depth == len(way):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _note(found: dict[Path, int], path: Path, line: int) -> None:
    """Keep the line of a key and of all that it opens on the way."""
    for end in range(1, len(path) + 1):
        found.setdefault(path[:end], line)
