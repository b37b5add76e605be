"""What is wrong with the monitor's file, in one line: the file, the line, the key, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NoReturn

from pydantic import BaseModel

from deeplearn_checks.monitor.config_shape import MonitorFile, PolicyOf
from deeplearn_checks.monitor.toml_lines import line_of
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path as FilePath

    from pydantic import ValidationError

    from deeplearn_checks.monitor.toml_lines import Path

_KINDS: Mapping[str, str] = {
    "string_type": "is no text; write it in quotes",
    "int_type": "is no whole number; write one without quotes",
    "bool_type": "is neither true nor false; write one of them, without quotes",
    "tuple_type": "is no list; write ['...', '...']",
    "model_type": "is no table; write its keys under a header of its own",
    "model_attributes_type": "is no table; write its keys under a header of its own",
    "dict_type": "is no table; write its keys under a header of its own",
    "too_short": "is empty; write at least one, or leave the key out",
    "string_too_short": "is empty; write something, or leave the key out",
    "is_instance_of": "is no word of its list; write it in quotes",
    "enum": "is no word of its list; write it in quotes",
}
"""What to say of each kind of complaint of pydantic's that does not say what to do."""
_BRANCH = re.compile(r"(?:function-|literal\[|(?:str|int|float)$)")
_NAME = "is no name; write letters, digits, '.', '_' and '-', at most 64, a letter or a digit first"
_WORD = "holds a character that has no place in it; write letters, digits and '_'"


def near(word: str, known: Iterable[str]) -> str:
    """Suggest what may have been meant, else say where all are listed."""
    found = get_close_matches(word, list(known), n=1)
    return f"did you mean {found[0]!r}?" if found else "write one of those that there are"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is read: its path and its text."""

    file: FilePath
    text: str

    def refuse(self, path: Path, message: str) -> NoReturn:
        """Refuse the value at *path*; *message* says why, and what to write instead."""
        raise ConfigurationError(f"{self.file}:{line_of(self.text, path)}: {_key(path)}: {message}") from None

    def refuse_unknown(self, path: Path, word: str, known: Iterable[str], kind: str) -> NoReturn:
        """Refuse a word that is none of those known, with the nearest of them."""
        self.refuse(path, f"there is no {kind} {word!r}; {near(word, known)}")

    def hold_targets(self, path: Path, patterns: Iterable[str], names: Sequence[str]) -> None:
        """Refuse a pattern that fits no target."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                self.refuse_unknown(path, pattern, names, "target")

    def refuse_first(self, problem: ValidationError) -> NoReturn:
        """Refuse the first thing that the shape of the file does not allow."""
        first = problem.errors(include_url=False, include_input=False)[0]
        path = _in_file(first["loc"])
        if first["type"] == "extra_forbidden":
            self.refuse(path, f"there is no such key; {_among(str(path[-1]), _keys(path[:-1]))}")
        if first["type"] == "missing":
            self.refuse(path, "is missing; write it")
        message = first["msg"].removeprefix("Value error, ")
        key, colon, rest = message.partition(": ")
        if colon and key in _keys(path):
            self.refuse((*path, key), rest)
        self.refuse(path, _KINDS.get(first["type"], _plain(first["type"], message, path)))


def _plain(kind: str, message: str, path: Path) -> str:
    """Say what pydantic says, with what to do where it says only what should be."""
    if kind == "value_error":
        return message
    if kind == "string_pattern_mismatch":
        return _NAME if {"name", "all"} & {*path} else _WORD
    return f"{message[:1].lower()}{message[1:]}; write it so"


def _in_file(location: tuple[int | str, ...]) -> Path:
    """Answer the part of a location that the file has: pydantic names the branch of a union too."""
    return tuple(step for step in location if isinstance(step, int) or not _BRANCH.match(step))


def _among(word: str, keys: Sequence[str]) -> str:
    found = get_close_matches(word, keys, n=1)
    return f"did you mean {found[0]!r}?" if found else f"write one of {', '.join(keys)}"


def _keys(path: Path) -> tuple[str, ...]:
    """Answer the keys that the table at *path* may have, none where it is no table of ours."""
    table = _table(path)
    return tuple(field.alias or name for name, field in table.model_fields.items()) if table is not None else ()


def _table(path: Path) -> type[BaseModel] | None:
    """Answer the shape of the table at *path*, None where it is no table of ours."""
    table: type[BaseModel] | None = MonitorFile
    for step in path:
        if isinstance(step, int):
            continue
        table = _field(table, step) if table is not None else None
    return table


def _field(table: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Answer the shape of the table, or of each of the tables, under a key."""
    if table is PolicyOf:  # one by id, below `diagnostics`
        return table
    field = table.model_fields.get(key)
    return _model(field.annotation) if field is not None else None


def _model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    within = (_model(one) for one in getattr(annotation, "__args__", ()))
    return next((one for one in within if one is not None), None)


def _key(path: Path) -> str:
    """Answer a path as people read it: elements from 1."""
    words: list[str] = []
    for step in path:
        if isinstance(step, int) and words:
            words[-1] += f"[{step + 1}]"
        else:
            words.append(str(step) if "." not in str(step) else f'"{step}"')
    return ".".join(words) or "the file"
