"""The `.env` file: ours are written, what else stands there stays, line by line."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = ".env"


def differing(before: str, values: Mapping[str, str]) -> list[str]:
    """Name the variables that the file holds with another value."""
    held = dotenv_values(stream=io.StringIO(before))
    return [name for name, value in values.items() if held.get(name) and held[name] != value]


def merged(before: str, values: Mapping[str, str]) -> str:
    """Answer the file with our variables set, or without those that are empty; all other lines as they were.

    Raises ConfigurationError for a value that no `.env` file gives back as it was, which is named by its variable.
    """
    kept = [binding.original.string for binding in parse_stream(io.StringIO(before)) if binding.key not in values]
    text = "".join(kept)
    text += "\n" if text and not text.endswith("\n") else ""
    whole = text + "".join(f"{name}={_quoted(value)}\n" for name, value in values.items() if value)
    _refuse_changed(whole, values)
    return whole


def _quoted(value: str) -> str:
    """Quote a value so that shells and readers of `.env` files take it literally."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _refuse_changed(text: str, values: Mapping[str, str]) -> None:
    read = dotenv_values(stream=io.StringIO(text))
    changed: Sequence[str] = [name for name, value in values.items() if (read.get(name) or "") != value]
    if changed:
        raise ConfigurationError(
            f"{changed[0]} holds what {NAME} files read otherwise (such as ${{...}}): set it in the environment instead"
        )
